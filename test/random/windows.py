# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for convolutions and pooling.
import math

from builder import Value, number, text_of
from rules import rule


def image(f, spatial, channels=None):
    """A small input [N, C, S…], or one without a batch."""
    fits = lambda v: 0 < v.elements <= 200 and (channels is None or v.shape[v.rank - spatial - 1] == channels)  # noqa: E731
    return f.f32(f.within(f.pick(rank=(spatial + 1, spatial + 2), ok=fits), -2, 2))


def per_dim(f, numbers):
    """One number for all dims where that is the same, or all of them."""
    return text_of(numbers[0] if len(set(numbers)) == 1 and f.chance(0.7) else list(numbers))


def windows(f, extents, dilated=True, most_padding=None, whole_rank=0):
    """Sizes, strides, paddings, dilations of windows that fit, and how many there are; inputs of `whole_rank` dims hold whole windows."""
    lines = []
    for extent in extents:
        size = f.choice([1, 2, 2, 3, 3, 4])
        dilation = f.choice([1, 1, 1, 2, 3]) if dilated and size > 1 else 1
        span = dilation * (size - 1) + 1
        padding = f.choice([0, 0, 1, 2]) if most_padding is None else f.choice([0, most_padding(size)])
        room = extent if len(extents) == whole_rank else extent + 2 * padding
        while room < span and size > 1:
            size -= 1
            span = dilation * (size - 1) + 1
            padding = min(padding, padding if most_padding is None else most_padding(size))
            room = extent if len(extents) == whole_rank else extent + 2 * padding
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


def untied(f, x):
    """A value of the shape of another one without ties: elements differ by more than a step of the differences."""
    ramp = f"linspace(0.0, 0.9, {x.elements}).reshape({', '.join(map(str, x.shape))})"
    return f.let(f"tanh({x}) * 0.001 + {ramp}", "f32", x.shape, -0.01, 0.91, 0.001 * x.slope)


def with_indices(f, text, y, shape):
    """The maxima that a call with return_indices gives; its indices are a value, too."""
    values, places = f.name(), f.name()
    f.line(f"{values}, {places} = {text}")
    f.add(Value(places, "i64", shape, 0, y.elements))
    return f.add(Value(values, y.dtype, shape, y.low, y.high, y.slope))


@rule("max_pool1d", "max_pool2d", "max_pool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d")
def max_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    y = untied(f, x)
    sizes, strides, padding, dilations, counts = windows(f, x.shape[-spatial:], most_padding=lambda size: size // 2)
    indices = f.chance(0.3)
    text = pool_text(f, name, y, spatial, sizes, strides, f", padding={per_dim(f, padding)}, dilation={per_dim(f, dilations)}" +
                     (", return_indices=true" if indices else ""))
    if indices:
        return with_indices(f, text, y, x.shape[:x.rank - spatial] + counts)
    return f.like(text, y, shape=x.shape[:x.rank - spatial] + counts)


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d")
def average_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    sizes, strides, padding, _, counts = windows(f, x.shape[-spatial:], dilated=False, most_padding=lambda size: size // 2, whole_rank=3)
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
    is_max = "max" in name.lower()
    if is_max:
        x = untied(f, x)
    counts = tuple(f.choice([1, 2, 3, extent]) for extent in x.shape[-spatial:])
    sizes = per_dim(f, counts)
    indices = is_max and f.chance(0.3)
    if indices:
        sizes += ", return_indices=true"
    text = f"{f.layer(f'{name}({sizes})')}({x})" if name[0] == "A" else f"{name}({x}, {sizes})"
    if indices:
        return with_indices(f, text, x, x.shape[:x.rank - spatial] + counts)
    return f.like(text, x, shape=x.shape[:x.rank - spatial] + counts)


@rule("max_unpool1d", "max_unpool2d", "max_unpool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
def max_unpool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    sizes, strides = zip(*[f.choice([(2, 2), (2, 1), (3, 2), (1, 1)]) for _ in range(spatial)])
    counts = tuple((extent - 1) * stride + size for extent, size, stride in zip(x.shape[-spatial:], sizes, strides))
    volume, plane = math.prod(counts), math.prod(x.shape[-spatial:])
    # Different indices within a plane, or some equal ones.
    step = f.choice([1, volume // plane, 3])
    text = f"(arange({x.elements}).reshape({', '.join(map(str, x.shape))}) * {step}) % {volume}"
    places = f.let(text, "i64", x.shape, 0, volume - 1)
    options = f"{per_dim(f, sizes)}, stride={per_dim(f, strides)}"
    call = f"{f.layer(f'{name}({options})')}({x}, {places})" if name[0] == "M" else f"{name}({x}, {places}, {options})"
    return f.let(call, "f32", x.shape[:x.rank - spatial] + counts, min(x.low, 0), max(x.high, 0), x.slope)


def patches(f, extents):
    """Arguments of patches of a picture, and how many there are of how many elements."""
    sizes, strides, padding, dilations, counts = windows(f, extents)
    options = f"{per_dim(f, sizes)}, dilation={per_dim(f, dilations)}, padding={per_dim(f, padding)}, stride={per_dim(f, strides)}"
    return options, math.prod(sizes), math.prod(counts)


@rule("Unfold")
def unfold_patches(f, name):
    x = image(f, 2)
    options, size, count = patches(f, x.shape[-2:])
    text = f"{f.layer(f'Unfold({options})')}({x})" if f.chance(0.7) else f"F.unfold({x}, {options})"
    lead = x.shape[:x.rank - 3] + (x.shape[-3] * size, count)
    return f.let(text, "f32", lead, min(x.low, 0), max(x.high, 0), x.slope)


@rule("fold", "Fold")
def fold(f, name):
    extents = (f.choice([2, 3, 5]), f.choice([1, 3, 4]))
    options, size, count = patches(f, extents)
    shape = f.choice([(), (2,)]) + (f.choice([1, 2]) * size, count)
    x = f.f32(f.within(f.fresh("float", shape), -2, 2))
    options = f"{text_of(list(extents))}, {options}"
    text = f"{f.layer(f'Fold({options})')}({x})" if name == "Fold" else f"fold({x}, {options})"
    result = shape[:-2] + (shape[-2] // size,) + extents
    return f.let(text, "f32", result, -size * x.magnitude, size * x.magnitude, size * x.slope)


@rule("pixel_shuffle", "PixelShuffle", "pixel_unshuffle", "PixelUnshuffle")
def pixel_shuffle(f, name):
    factor, (channels, height, width) = f.choice([1, 2, 3]), (f.choice([1, 2]), f.choice([1, 2, 3]), f.choice([1, 2]))
    lead = f.choice([(), (2,), (1, 2)])
    deep, wide = (channels * factor * factor, height, width), (channels, height * factor, width * factor)
    before, after = (wide, deep) if "nshuffle" in name else (deep, wide)
    x = f.fresh("float", lead + before)
    text = f"{f.layer(f'{name}({factor})')}({x})" if name[0] == "P" else f"{name}({x}, {factor})"
    return f.like(text, x, shape=lead + after)


@rule("channel_shuffle", "ChannelShuffle")
def channel_shuffle(f, name):
    x = f.pick(rank=(3, 5))
    groups = f.choice([n for n in range(1, x.shape[1] + 1) if x.shape[1] % n == 0])
    text = f"{f.layer(f'{name}({groups})')}({x})" if name[0] == "C" else f"{name}({x}, {groups})"
    return f.like(text, x)


@rule("ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "ReflectionPad1d", "ReflectionPad2d",
      "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "CircularPad1d", "CircularPad2d", "CircularPad3d")
def pad_layer(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    limit = {"Ref": 1, "Cir": 0}.get(name[:3], -2)
    amounts, shape = [], list(x.shape)
    for dim in range(x.rank - 1, x.rank - 1 - spatial, -1):
        pair = [f.choice([n for n in (-1, 0, 1, 2) if n <= x.shape[dim] - limit and n + x.shape[dim] > 0]) for _ in range(2)]
        left = x.shape[dim] + sum(min(n, 0) for n in pair)  # what circles go around
        if sum(pair) + x.shape[dim] < 1 or (name[:3] == "Cir" and max(pair) > left):
            pair = [0, 0]
        shape[dim] += sum(pair)
        amounts += pair
    value = f.choice([0.0, 0.5, -1.5])
    rest = f", {number(value)}" if name[0:3] == "Con" else ""
    low, high = min(x.low, value, 0), max(x.high, value, 0)
    return f.let(f"{f.layer(f'{name}({per_dim(f, amounts)}{rest})')}({x})", "f32", shape, low, high, x.slope)


@rule("dropout1d", "dropout2d", "dropout3d", "Dropout1d", "Dropout2d", "Dropout3d")
def channel_dropout(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    p = f.choice([0.0, 0.25, 0.5])
    text = f"{f.layer(f'{name}({number(p)})')}({x})" if name[0] == "D" else f"{name}({x}, {number(p)})"
    return f.like(text, x, min(x.low * 2, 0), max(x.high * 2, 0), x.slope * 2)


@rule("local_response_norm", "LocalResponseNorm")
def response_norm(f, name):
    x = f.f32(f.within(f.pick(rank=(3, 5), ok=lambda v: 0 < v.elements <= 200), -2, 2))
    options = f"{f.choice([1, 2, 3, 5])}, alpha={number(f.choice([1e-4, 0.5]))}, beta={number(f.choice([0.75, 0.5]))}, k=1.0"
    text = f"{f.layer(f'{name}({options})')}({x})" if name[0] == "L" else f"{name}({x}, {options})"
    return f.like(text, x, -x.magnitude, x.magnitude, x.slope * (1 + 2 * x.magnitude ** 2))


@rule("interpolate", "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
def resampled(f, name):
    spatial = 2 if name[-1] == "d" else f.choice([1, 2, 3])
    x = f.f32(f.within(f.pick(rank=(spatial + 2, spatial + 2), ok=lambda v: 0 < v.elements <= 200), -2, 2))
    smooth = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[spatial]
    mode = "nearest" if name[-1] == "d" else f.choice(["nearest", "nearest-exact", "area"] + smooth)
    extents = x.shape[-spatial:]
    if f.chance(0.5):
        counts = tuple(f.choice([1, 2, 3, 5, 2 * extent]) for extent in extents)
        options = f"size={per_dim(f, counts)}"
    else:
        factors = [f.choice([1.0, 2.0, 1.5, 0.5 if extent > 1 else 3.0]) for extent in extents]
        counts = tuple(math.floor(extent * factor) for extent, factor in zip(extents, factors))
        options = f"scale_factor={per_dim(f, factors)}"
    if name[-1] != "d":
        options += f', mode="{mode}"'
    if name[-1] != "d" and mode in smooth and f.chance(0.5):
        options += ", align_corners=true"
    text = f"{f.layer(f'{name}({options})')}({x})" if name[0] == "U" else f"{name}({x}, {options})"
    reach = x.magnitude * (2 if mode == "bicubic" else 1)
    return f.let(text, "f32", x.shape[:2] + counts, -reach, reach, x.slope * (2 if mode == "bicubic" else 1))
