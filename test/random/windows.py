# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for convolutions and pooling.
import math

from builder import text_of
from rules import rule


def image(f, spatial, channels=None):
    """A small input [N, C, S…], or one without a batch."""
    fits = lambda v: 0 < v.elements <= 200 and (channels is None or v.shape[v.rank - spatial - 1] == channels)  # noqa: E731
    return f.f32(f.within(f.pick(rank=(spatial + 1, spatial + 2), ok=fits), -2, 2))


def per_dim(f, numbers):
    """One number for all dims where that is the same, or all of them."""
    return text_of(numbers[0] if len(set(numbers)) == 1 and f.chance(0.7) else list(numbers))


def windows(f, extents, dilated=True, most_padding=None):
    """Sizes, strides, paddings, dilations of windows that fit, and how many there are."""
    lines = []
    for extent in extents:
        size = f.choice([1, 2, 2, 3, 3, 4])
        dilation = f.choice([1, 1, 1, 2, 3]) if dilated and size > 1 else 1
        span = dilation * (size - 1) + 1
        padding = f.choice([0, 0, 1, 2]) if most_padding is None else f.choice([0, most_padding(size)])
        while extent + 2 * padding < span and size > 1:
            size -= 1
            span = dilation * (size - 1) + 1
            padding = min(padding, padding if most_padding is None else most_padding(size))
        stride = f.choice([1, 1, 2, 3])
        lines.append((size, stride, padding, dilation, (extent + 2 * padding - span) // stride + 1))
    return tuple(zip(*lines))


@rule("Conv1d", "Conv2d", "Conv3d", module=True)
def convolution_layer(f, name):
    spatial = int(name[4])
    x = image(f, spatial)
    channels = x.shape[x.rank - spatial - 1]
    groups = f.choice([n for n in range(1, channels + 1) if channels % n == 0])
    outputs = groups * f.choice([1, 2, 3])
    sizes, strides, padding, dilations, counts = windows(f, x.shape[-spatial:])
    options = f.choice(["", ", bias=false"])
    mode = f.choice(["zeros"] * 4 + ["replicate", "circular", "reflect"])
    limit = {"circular": 0, "reflect": 1}.get(mode)
    if limit is not None and any(p > extent - limit for p, extent in zip(padding, x.shape[-spatial:])):
        mode = "zeros"
    text = f"{name}({channels}, {outputs}, {per_dim(f, sizes)}, stride={per_dim(f, strides)}, padding={per_dim(f, padding)}, " \
           f"dilation={per_dim(f, dilations)}, groups={groups}, padding_mode=\"{mode}\"{options})"
    return convolved(f, f"{f.layer(text)}({x})", x, spatial, outputs, counts, channels // groups * math.prod(sizes))


def convolved(f, text, x, spatial, outputs, counts, fan):
    reach = math.sqrt(fan) * x.magnitude + 1
    shape = x.shape[:x.rank - spatial - 1] + (outputs,) + tuple(counts)
    return f.let(text, "f32", shape, -reach, reach, fan * (x.slope + x.magnitude) + 1)


@rule("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", module=True)
def transposed_layer(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    channels = x.shape[x.rank - spatial - 1]
    groups = f.choice([n for n in range(1, channels + 1) if channels % n == 0])
    outputs = groups * f.choice([1, 2])
    lines = []
    for extent in x.shape[-spatial:]:
        size, stride, dilation = f.choice([1, 2, 3]), f.choice([1, 2, 2, 3]), f.choice([1, 1, 2])
        more = f.random.randrange(max(stride, dilation))
        whole = (extent - 1) * stride + dilation * (size - 1) + 1 + more
        padding = f.choice([p for p in (0, 0, 1, 2) if 2 * p < whole])
        lines.append((size, stride, dilation, more, padding, whole - 2 * padding))
    sizes, strides, dilations, more, padding, counts = zip(*lines)
    text = f"{name}({channels}, {outputs}, {per_dim(f, sizes)}, stride={per_dim(f, strides)}, padding={per_dim(f, padding)}, " \
           f"output_padding={per_dim(f, more)}, groups={groups}, dilation={per_dim(f, dilations)})"
    return convolved(f, f"{f.layer(text)}({x})", x, spatial, outputs, counts, channels // groups * math.prod(sizes))


@rule("conv1d", "conv2d", "conv3d")
def convolution(f, name):
    spatial = int(name[4])
    x = image(f, spatial)
    channels = x.shape[x.rank - spatial - 1]
    sizes, strides, padding, dilations, counts = windows(f, x.shape[-spatial:])
    outputs = f.choice([1, 2, 5])
    weight = f.f32(f.within(f.fresh("float", (outputs, channels) + sizes), -2, 2))
    text = f"{name}({x}, {weight}, stride={per_dim(f, strides)}, padding={per_dim(f, padding)}, dilation={per_dim(f, dilations)})"
    fan = channels * math.prod(sizes)
    shape = x.shape[:x.rank - spatial - 1] + (outputs,) + counts
    reach = fan * x.magnitude * weight.magnitude
    return f.let(text, "f32", shape, -reach, reach, fan * (x.slope * weight.magnitude + x.magnitude * weight.slope))


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def transposed(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    channels, outputs = x.shape[x.rank - spatial - 1], f.choice([1, 3])
    sizes = tuple(f.choice([1, 2, 3]) for _ in range(spatial))
    stride = f.choice([1, 2, 3])
    weight = f.f32(f.within(f.fresh("float", (channels, outputs) + sizes), -2, 2))
    counts = tuple((extent - 1) * stride + size for extent, size in zip(x.shape[-spatial:], sizes))
    fan = channels * math.prod(sizes)
    reach = fan * x.magnitude * weight.magnitude
    return f.let(f"{name}({x}, {weight}, stride={stride})", "f32", x.shape[:x.rank - spatial - 1] + (outputs,) + counts, -reach, reach,
                 fan * (x.slope * weight.magnitude + x.magnitude * weight.slope))


def pool_text(f, name, x, spatial, sizes, strides, rest):
    options = f"stride={per_dim(f, strides)}{rest}"
    if name[0].isupper():
        return f"{f.layer(f'{name}({per_dim(f, sizes)}, {options})')}({x})"
    return f"{name}({x}, {per_dim(f, sizes)}, {options})"


@rule("max_pool1d", "max_pool2d", "max_pool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d")
def max_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    # No ties: elements differ by more than a step of the differences.
    ramp = f"linspace(0.0, 0.9, {x.elements}).reshape({', '.join(map(str, x.shape))})"
    y = f.let(f"tanh({x}) * 0.001 + {ramp}", "f32", x.shape, -0.01, 0.91, 0.001 * x.slope)
    sizes, strides, padding, dilations, counts = windows(f, x.shape[-spatial:], most_padding=lambda size: size // 2)
    text = pool_text(f, name, y, spatial, sizes, strides, f", padding={per_dim(f, padding)}, dilation={per_dim(f, dilations)}")
    return f.like(text, y, shape=x.shape[:x.rank - spatial] + counts)


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d")
def average_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    sizes, strides, padding, _, counts = windows(f, x.shape[-spatial:], dilated=False, most_padding=lambda size: size // 2)
    rest = f", padding={per_dim(f, padding)}" + f.choice(["", ", count_include_pad=false"])
    text = pool_text(f, name, x, spatial, sizes, strides, rest)
    return f.let(text, "f32", x.shape[:x.rank - spatial] + counts, min(x.low, 0), max(x.high, 0), x.slope)


@rule("lp_pool1d", "lp_pool2d", "lp_pool3d", "LPPool1d", "LPPool2d", "LPPool3d")
def power_pool(f, name):
    spatial = int(name[-2])
    x = f.f32(f.within(image(f, spatial), 0.5, 3))
    sizes, strides, _, _, counts = windows(f, x.shape[-spatial:], dilated=False, most_padding=lambda size: 0)
    p, options = f.choice([1.0, 2.0, 3.0]), f"{per_dim(f, sizes)}, stride={per_dim(f, strides)}"
    layer = f.layer(f"{name}({p}, {options})") if name[0] == "L" else ""
    text = f"{layer}({x})" if layer else f"{name}({x}, {p}, {options})"
    count = math.prod(sizes)
    return f.let(text, "f32", x.shape[:x.rank - spatial] + counts, 0, x.magnitude * count, x.slope * count)


@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d",
      "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d")
def adaptive_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    if "ax_pool" in name.lower() or "MaxPool" in name:
        ramp = f"linspace(0.0, 0.9, {x.elements}).reshape({', '.join(map(str, x.shape))})"
        x = f.let(f"tanh({x}) * 0.001 + {ramp}", "f32", x.shape, -0.01, 0.91, 0.001 * x.slope)
    counts = tuple(f.choice([1, 2, 3, extent]) for extent in x.shape[-spatial:])
    sizes = per_dim(f, counts)
    text = f"{f.layer(f'{name}({sizes})')}({x})" if name[0] == "A" else f"{name}({x}, {sizes})"
    return f.like(text, x, shape=x.shape[:x.rank - spatial] + counts)
