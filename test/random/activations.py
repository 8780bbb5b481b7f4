# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for activations, dropout and layers with state.
import math

from builder import broadcast, number, text_of
from rules import rule

# Function, layer, options to draw from, bounds of the argument, largest slope.
ACTIVATIONS = [
    ("relu", "ReLU", [{}, {"inplace": True}], 99, 1),
    ("leaky_relu", "LeakyReLU", [{}, {"negative_slope": 0.2}], 99, 1),
    ("elu", "ELU", [{}, {"alpha": 0.7}], 20, 1),
    ("selu", "SELU", [{}], 20, 2),
    ("celu", "CELU", [{}, {"alpha": 1.3}], 20, 1.1),
    ("gelu", "GELU", [{}, {"approximate": '"tanh"'}, {"approximate": '"none"'}], 20, 1.2),
    ("softplus", "Softplus", [{}, {"beta": 2}, {"beta": 3, "threshold": 1}], 30, 1),
    ("silu", "SiLU", [{}], 30, 1.1),
    ("mish", "Mish", [{}], 30, 1.1),
    ("softsign", "Softsign", [{}], 99, 1),
    ("tanhshrink", "Tanhshrink", [{}], 99, 1),
    ("logsigmoid", "LogSigmoid", [{}], 60, 1),
    ("hardtanh", "Hardtanh", [{}, {"min_val": -0.4, "max_val": 0.6}], 99, 1),
    ("relu6", "ReLU6", [{}], 99, 1),
    ("hardsigmoid", "Hardsigmoid", [{}], 99, 0.2),
    ("hardswish", "Hardswish", [{}], 30, 1.5),
    ("hardshrink", "Hardshrink", [{}, {"lambd": 0.21}], 99, 1),
    ("softshrink", "Softshrink", [{}, {"lambd": 0.13}], 99, 1),
    ("sigmoid", "Sigmoid", [{}], 60, 0.3),
    ("tanh", "Tanh", [{}], 60, 1),
]
BY_NAME = {name: row for row in ACTIVATIONS for name in row[:2]}


@rule(*(name for row in ACTIVATIONS for name in row[:2]))
def activation(f, name):
    function, layer, options, bound, slope = BY_NAME[name]
    x = f.within(f.pick(empty=True), -bound, bound)
    chosen = f.choice(options)
    if name == layer:
        text = ", ".join(f"{key}={text_of(value)}" for key, value in chosen.items())
        text = f"{f.layer(f'{layer}({text})')}({x})"
    else:
        text = f.call(name, x, **{key: value for key, value in chosen.items()})
    reach = 1.8 * max(1.0, x.magnitude)
    return f.like(text, x, -reach, reach, slope * x.slope)


@rule("threshold", "Threshold")
def threshold(f, name):
    x = f.pick(empty=True)
    limit, value = f.offset(), f.uniform(-1, 1)
    text = f.call(name, x, limit, value) if name == "threshold" else \
        f"{f.layer(f'Threshold({limit!r}, {number(value)})')}({x})"
    return f.like(text, x, min(x.low, value), max(x.high, value))


@rule("prelu")
def prelu(f, name):
    x = f.pick(rank=(1, 5))
    count = x.shape[1] if x.rank > 1 and f.chance(0.5) else 1
    w = f.within(f.pick(shape=(count,)), -2, 2)
    if w.dtype != x.dtype:
        x, w = f.f32(x), f.f32(w)
    return f.like(f.call(name, x, w), x, -2 * x.magnitude, 2 * x.magnitude, 2 * x.slope + w.slope * x.magnitude)


@rule("PReLU", module=True)
def prelu_layer(f, name):
    x = f.f32(f.pick(rank=(2, 5)))
    layer = f.layer(f"PReLU({f.choice(['', '1', str(x.shape[1])])})")
    return f.like(f"{layer}({x})", x, -2 * x.magnitude, 2 * x.magnitude, 2 * x.slope + x.magnitude)


@rule("glu", "GLU")
def glu(f, name):
    x = f.pick(rank=(1, 4), ok=lambda v: any(extent % 2 == 0 for extent in v.shape))
    dim = f.choice([dim for dim, extent in enumerate(x.shape) if extent % 2 == 0])
    text = f.call(name, x, dim=dim) if name == "glu" else f"{f.layer(f'GLU({dim - x.rank})')}({x})"
    shape = x.shape[:dim] + (x.shape[dim] // 2,) + x.shape[dim + 1:]
    return f.like(text, x, -x.magnitude, x.magnitude, x.slope * (1 + x.magnitude), shape)


@rule("dropout", "Dropout")
def dropout(f, name):
    x = f.pick(empty=True)
    p = f.choice([0.5, 0.2, 0.75, 0.0])
    text = f"{f.layer(f'Dropout({p})')}({x})" if name == "Dropout" else \
        f"dropout({x}, p={p}{f.choice([', training=training', ', training=false', ''])})"
    return f.like(text, x, min(0, x.low) / (1 - p), max(0, x.high) / (1 - p), x.slope / (1 - p))


@rule("alpha_dropout", "AlphaDropout", "feature_alpha_dropout", "FeatureAlphaDropout")
def alpha_dropout(f, name):
    x = f.pick(rank=(2, 4) if "eature" in name else (0, 4), empty=True)
    p = f.choice([0.5, 0.2, 0.0])
    text = f"{f.layer(f'{name}({p})')}({x})" if name[0].isupper() else f"{name}({x}, {p}, {f.choice(['true', 'training'])})"
    return f.like(text, x, 1.6 * min(0, x.low) - 2, 1.6 * max(0, x.high) + 2, 1.6 * x.slope)


@rule("Identity")
def identity(f, name):
    x = f.pick(f.choice(["float", "int"]), empty=True)
    return f.like(f"{f.layer('Identity()')}({x})", x)


@rule("Linear", module=True)
def linear_layer(f, name):
    x = f.f32(f.within(f.pick(rank=(1, 4)), -3, 3))
    inner, out = x.shape[-1], f.choice([n for n in (1, 2, 3, 4, 5, 8, 17, 33, 65) if n * x.shape[-1] <= 2 * f.room] or [1])
    bias = f.choice(["", "", ", bias=false"])
    reach = x.magnitude * inner + 1
    return f.let(f"{f.layer(f'Linear({inner}, {out}{bias})')}({x})", "f32", x.shape[:-1] + (out,), -reach, reach,
                 inner * (x.slope + x.magnitude) + 1)


@rule("Sequential", module=True)
def sequential(f, name):
    x = f.f32(f.within(f.pick(rank=(1, 3)), -2, 2))
    inner = x.shape[-1]
    middle, out = f.choice([1, 3, 5, 8]), f.choice([1, 2, 7])
    if inner > 40:
        return linear_layer(f, "Linear")
    between = f.choice(["ReLU()", "Tanh()", "Dropout(0.3)", "GELU()", "Identity()", "LeakyReLU(0.1)"])
    parts = [f"Linear({inner}, {middle})", between, f"Linear({middle}, {out})"]
    if f.chance(0.3):
        parts = [f"{key}={part}" for key, part in zip(("first", "act", "last"), parts)]
    field = f.layer(f"Sequential({', '.join(parts)})", keep=True)
    reach = (x.magnitude * inner + 1) * middle + 1
    shape = x.shape[:-1] + (out,)
    if f.chance(0.2) and "first=" not in parts[0]:  # its parts one by one
        return f.let(f"{field}[2]({field}[0]({x}))", "f32", shape, -reach, reach, 50)
    return f.let(f"{field}({x})", "f32", shape, -reach, reach, 50)


def eps_of(f, x, count):
    """A normalization's eps: large where the variance may be almost 0."""
    return f.choice([0.1, 0.25]) if count < 12 or not x.leaf else f.choice([1e-5, 0.1])


@rule("LayerNorm", module=True)
def layer_norm(f, name):
    x = f.f32(f.within(f.pick(rank=(1, 4)), -8, 8))
    shape = x.shape[x.rank - f.random.randint(1, x.rank):]
    options = f.choice(["", ", elementwise_affine=false", ", bias=false"])
    layer = f.layer(f"LayerNorm({text_of(list(shape))}, eps={eps_of(f, x, math.prod(shape))}{options})")
    return normalized(f, f"{layer}({x})", x)


def normalized(f, text, x):
    reach = 3 * math.sqrt(max(1, x.elements)) + 3
    return f.like(text, x, -reach, reach, 12 * x.slope + 3)


@rule("GroupNorm", module=True)
def group_norm(f, name):
    x = f.f32(f.within(f.pick(rank=(2, 5)), -8, 8))
    channels = x.shape[1]
    groups = f.choice([n for n in range(1, channels + 1) if channels % n == 0])
    options = f.choice(["", ", affine=false"])
    layer = f.layer(f"GroupNorm({groups}, {channels}, eps={eps_of(f, x, x.elements // x.shape[0] // groups)}{options})")
    return normalized(f, f"{layer}({x})", x)


@rule("batch_norm", "instance_norm")
def batch_norm_function(f, name):
    of_images = name == "instance_norm"
    x = f.f32(f.within(f.pick(rank=(3 if of_images else 2, 4), ok=lambda v: v.elements > v.shape[1] * (v.shape[0] if of_images else 1)), -8, 8))
    channels = x.shape[1]
    running = f.chance(0.4)
    mean, variance = f"linspace(-1.0, 1.0, {channels})", f"linspace(0.5, 2.0, {channels})"
    options = f.choice(["", f", weight=linspace(0.5, 1.5, {channels})", f", bias=linspace(-1.0, 1.0, {channels})"])
    if running:
        flag = ", use_input_stats=false" if of_images else ""
        return f.like(f"{name}({x}, {mean}, {variance}{options}{flag})", x, -30, 30, 3 * x.slope)
    count = x.elements // channels // (x.shape[0] if of_images else 1)
    flag = "" if of_images else ", training=true"
    return normalized(f, f"{name}({x}, none, none{options}{flag}, eps={eps_of(f, x, count)})", x)


@rule("Softmax2d")
def softmax_of_channels(f, name):
    x = f.f32(f.within(f.pick(rank=(3, 4)), -8, 8))
    return f.like(f"{f.layer('Softmax2d()')}({x})", x, 0, 1, x.slope)


@rule("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", module=True)
def batch_norm(f, name):
    least = {"BatchNorm1d": 2, "InstanceNorm1d": 3}.get(name, 2 + int(name[-2]))
    x = f.f32(f.within(f.pick(rank=(least, max(3, least)), ok=lambda v: v.shape[1] < v.elements), -8, 8))
    channels = x.shape[1]
    count = x.elements // channels if name.startswith("Batch") else x.elements // channels // x.shape[0]
    options = f.choice(["", ", affine=false", ", track_running_stats=false", ", momentum=0.3", ", momentum=none"])
    if name.startswith("Instance"):
        options = f.choice(["", ", affine=true", ", track_running_stats=true"])
    if name.startswith("Instance") and count < 2:
        return f.like(f"{x} * 1.5", x, -12, 12, 1.5 * x.slope)
    layer = f.layer(f"{name}({channels}, eps={eps_of(f, x, count)}{options})")
    return normalized(f, f"{layer}({x})", x)


assert broadcast((3,), (1,)) == (3,)
