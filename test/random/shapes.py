# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for functions that move, join and pick elements.
import math

from builder import broadcast, text_of
from rules import rule, structure


def anything(f, rank=(0, 5), empty=True):
    return f.pick(f.choice(["float", "float", "float", "float", "int", "bool"]), rank=rank, empty=empty)


def moved(f, text, x, shape):
    return f.let(text, x.dtype, shape, x.low, x.high, x.slope)


def factors(f, count):
    """Extents with a product."""
    shape = []
    while count > 1 and len(shape) < 4 and not f.chance(0.2):
        divisor = f.choice([n for n in range(1, count + 1) if count % n == 0])
        shape.append(divisor)
        count //= divisor
    shape.append(count)
    f.random.shuffle(shape)
    return shape


@rule("reshape", "view", "reshape_as", "view_as")
def reshape(f, name):
    x = anything(f)
    if name.endswith("_as"):
        like = f.choice([v for v in f.values if v.elements == x.elements])
        if like is x:
            like = f.fresh("float", factors(f, x.elements) if x.elements else [0])
        return moved(f, f.call(name, x, like), x, like.shape)
    shape = factors(f, x.elements) if x.elements else [0, f.choice([1, 3])]
    sizes = [f.extent(extent) for extent in shape]
    if x.elements and f.chance(0.4):
        sizes[f.random.randrange(len(sizes))] = "-1"
    return moved(f, f"{x}.{name}({', '.join(sizes)})" if f.chance(0.6) else f"{name}({x}, {text_of(sizes)})", x, shape)


@rule("flatten", "Flatten")
def flatten(f, name):
    x = anything(f, rank=(1, 5) if name == "flatten" else (2, 5))
    first = f.random.randrange(x.rank) if name == "flatten" else 1
    last = f.random.randrange(first, x.rank)
    shape = x.shape[:first] + (math.prod(x.shape[first:last + 1]),) + x.shape[last + 1:]
    if name == "Flatten":
        return moved(f, f"{f.layer(f'Flatten(1, {last})')}({x})", x, shape)
    return moved(f, f.call(name, x, start_dim=first, end_dim=last - x.rank * f.chance(0.5)), x, shape)


@rule("unflatten")
def unflatten(f, name):
    x = anything(f, rank=(1, 4), empty=False)
    dim = f.random.randrange(x.rank)
    sizes = factors(f, x.shape[dim])[:3]
    if math.prod(sizes) != x.shape[dim]:
        sizes = [x.shape[dim], 1]
    return moved(f, f"{name}({x}, {dim}, {', '.join(map(str, sizes))})", x, x.shape[:dim] + tuple(sizes) + x.shape[dim + 1:])


@rule("squeeze", "unsqueeze")
def units(f, name):
    x = anything(f)
    if name == "unsqueeze":
        dim = f.random.randrange(x.rank + 1)
        if x.rank == 5:
            return moved(f, f"{x}[0, none]", x, (1,) + x.shape[1:]) if x.elements else x
        return moved(f, f.call(name, x, dim - (x.rank + 1) * f.chance(0.4)), x, x.shape[:dim] + (1,) + x.shape[dim:])
    if x.rank == 0 or f.chance(0.4):
        return moved(f, f.call(name, x), x, [extent for extent in x.shape if extent != 1])
    ones = [dim for dim, extent in enumerate(x.shape) if extent == 1] or [0]
    dim = f.choice(ones)
    shape = x.shape[:dim] + x.shape[dim + 1:] if x.shape[dim] == 1 else x.shape
    return moved(f, f.call(name, x, dim=dim), x, shape)


@rule("transpose", "swapaxes", "t", "permute", "movedim", "moveaxis")
def permutation(f, name):
    x = anything(f, rank=(0, 2) if name == "t" else (1, 5))
    order = list(range(x.rank))
    if name == "t":
        return moved(f, f.call(name, x), x, x.shape[::-1])
    if name == "permute":
        f.random.shuffle(order)
        text = f"{x}.permute({', '.join(map(str, order))})" if f.chance(0.6) else f"permute({x}, {order})"
    else:
        a, b = f.random.randrange(x.rank), f.random.randrange(x.rank)
        text = f.call(name, x, a - x.rank * f.chance(0.3), b)
        if name in ("transpose", "swapaxes"):
            order[a], order[b] = order[b], order[a]
        else:
            order.remove(a)
            order.insert(b, a)
    return moved(f, text, x, [x.shape[dim] for dim in order])


@rule("expand", "broadcast_to", "expand_as", "repeat")
def spread(f, name):
    x = anything(f, rank=(0, 3), empty=False)
    if name == "repeat":
        x = f.pick(ok=lambda v: v.rank <= 3 and v.elements <= 60)
        counts = [f.choice([1, 2, 3]) for _ in range(x.rank + f.chance(0.3))] or [3]
        shape = [c * e for c, e in zip(counts, (1,) * (len(counts) - x.rank) + x.shape)]
        return moved(f, f"{x}.repeat({', '.join(map(str, counts))})", x, shape)
    shape = [f.choice([1, 2, 3, 5]) if extent == 1 else extent for extent in x.shape]
    shape = [f.choice([1, 2, 4])] * f.chance(0.5) + shape
    if not shape or math.prod(shape) > 4 * f.room:
        shape = [1] + list(x.shape)
    if name == "expand_as":
        like = f.let(f"zeros({', '.join(map(str, shape))})", "f32", shape, 0, 0)
        return moved(f, f.call(name, x, like), x, shape)
    sizes = [str(extent) for extent in shape]
    if x.rank and f.chance(0.3):
        sizes[-1] = "-1" if shape[-1] == x.shape[-1] else sizes[-1]
    return moved(f, f"{x}.{name}({', '.join(sizes)})", x, shape)


@rule("contiguous", "clone", "detach")
def same(f, name):
    x = anything(f)
    return moved(f, f.call(name, x), x, x.shape)


@rule("size", "dim", "numel", "len")
def extents(f, name):
    x = anything(f, rank=(1, 5), empty=False)
    y = f.within(f.pick(), -9, 9)
    dim = f.random.randrange(x.rank)
    text, value = {"size": (f"size({x}, {dim})", x.shape[dim]), "dim": (f"{x}.dim()", x.rank),
                   "numel": (f.call("numel", x), x.elements), "len": (f"len({x})", x.shape[0])}[name]
    return f.like(f"{y} / {text}", y, y.low / value, y.high / value, y.slope / value)


@structure("subscript")
def subscript(f):
    x = anything(f, rank=(1, 5))
    indices, shape = [], []
    for dim in range(f.random.randint(1, x.rank)):
        extent = x.shape[dim]
        if f.chance(0.1):
            indices.append("none")
            shape.append(1)
        if extent and f.chance(0.3):
            indices.append(str(f.random.randrange(-extent, extent)))
            continue
        first, last = sorted((f.random.randint(0, extent), f.random.randint(0, extent)))
        if first == last and extent and f.chance(0.9):
            first, last = 0, extent
        step = f.choice([1, 1, 1, 2, 3])
        begin = "" if first == 0 and f.chance(0.7) else str(first - extent if first < extent and f.chance(0.3) else first)
        end = "" if last == extent and f.chance(0.7) else str(last)
        indices.append(f"{begin}:{end}" + (f":{step}" if step > 1 or f.chance(0.1) else ""))
        shape.append(max(0, -(-(last - first) // step)))
    rest = list(x.shape[len([i for i in indices if i != "none"]):])
    if f.chance(0.2):
        indices.append("...")
    if len(shape + rest) > 5:
        return moved(f, f"{x}[...]", x, x.shape)
    return moved(f, f"{x}[{', '.join(indices)}]", x, shape + rest)


@structure("sliced window")
def window(f):
    """Neighbours: overlapping slices of one value."""
    x = f.within(f.pick(rank=(1, 3), ok=lambda v: v.shape[0] >= 3), -4, 4)
    return f.like(f"{x}[1:-1] * {x}[2:] - 2 * {x}[:-2]", x, -24, 24, x.slope * 10, (x.shape[0] - 2,) + x.shape[1:])


@rule("cat", "concat", "concatenate")
def cat(f, name):
    x = anything(f, rank=(1, 4))
    dim = f.random.randrange(x.rank)
    parts = [x]
    for _ in range(f.random.randint(0, 2)):
        fitting = [v for v in f.values if v.dtype == x.dtype and v.rank == x.rank
                   and v.shape[:dim] + v.shape[dim + 1:] == x.shape[:dim] + x.shape[dim + 1:]]
        if f.chance(0.3) and x.kind == "float" and len(f.inputs) < f.max_inputs and x.dtype == "f32":
            part = f.fresh("float", x.shape[:dim] + (f.choice([1, 2, 3]),) + x.shape[dim + 1:])
            fitting = [part] if part.dtype == x.dtype else fitting
        parts.append(f.choice(fitting))
    shape = x.shape[:dim] + (sum(v.shape[dim] for v in parts),) + x.shape[dim + 1:]
    text = f"{name}({text_of(parts)}, dim={dim - x.rank * f.chance(0.3)})"
    return f.let(text, x.dtype, shape, min(v.low for v in parts), max(v.high for v in parts),
                 max(v.slope for v in parts))


@rule("stack")
def stack(f, name):
    x = anything(f, rank=(0, 4))
    parts = [x] + [f.choice([v for v in f.values if v.dtype == x.dtype and v.shape == x.shape])
                   for _ in range(f.random.randint(0, 2))]
    dim = f.random.randrange(x.rank + 1)
    return f.let(f"stack({text_of(parts)}, dim={dim})", x.dtype, x.shape[:dim] + (len(parts),) + x.shape[dim:],
                 min(v.low for v in parts), max(v.high for v in parts), max(v.slope for v in parts))


@rule("split", "chunk", "unbind")
def apart(f, name):
    x = f.pick(rank=(1, 5), ok=lambda v: any(2 <= extent <= 7 for extent in v.shape))
    dim = f.choice([dim for dim, extent in enumerate(x.shape) if 2 <= extent <= 7])
    extent = x.shape[dim]
    if name == "unbind":
        sizes, text = [1] * extent, f.call(name, x, dim=dim)
    elif name == "chunk":
        count = f.random.randint(1, extent)
        size = -(-extent // count)
        sizes = [min(size, extent - at) for at in range(0, extent, size)]
        text = f.call(name, x, count, dim=dim)
    elif f.chance(0.5):
        size = f.random.randint(1, extent)
        sizes = [min(size, extent - at) for at in range(0, extent, size)]
        text = f.call(name, x, size, dim=dim)
    else:
        first = f.random.randint(1, extent - 1)
        sizes, text = [first, extent - first], f.call(name, x, [first, extent - first], dim=dim)
    names = [f.name() for _ in sizes]
    f.line(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {text}" if len(names) > 1 else f"{names[0]} = {text}[0]")
    for part, size in zip(names, sizes):
        shape = x.shape[:dim] + (() if name == "unbind" else (size,)) + x.shape[dim + 1:]
        value = f.add(type(x)(part, x.dtype, shape, x.low, x.high, x.slope))
    return value


@rule("narrow", "select")
def part(f, name):
    x = anything(f, rank=(1, 5), empty=False)
    dim = f.random.randrange(x.rank)
    extent = x.shape[dim]
    if name == "select":
        text = f.call(name, x, dim, f.random.randrange(-extent, extent))
        return moved(f, text, x, x.shape[:dim] + x.shape[dim + 1:])
    start = f.random.randrange(extent)
    length = f.random.randint(1, extent - start)
    return moved(f, f.call(name, x, dim, start, length), x, x.shape[:dim] + (length,) + x.shape[dim + 1:])


@rule("flip", "roll")
def turned(f, name):
    x = anything(f, rank=(1, 5))
    dims = f.random.sample(range(x.rank), f.random.randint(1, x.rank))
    if name == "flip":
        return moved(f, f"{x}.flip({', '.join(map(str, dims))})", x, x.shape)
    if f.chance(0.3):
        return moved(f, f.call(name, x, f.random.randint(-9, 9)), x, x.shape)
    return moved(f, f.call(name, x, f.random.randint(-5, 5), dims=dims[0]), x, x.shape)


@rule("unfold")
def unfold(f, name):
    x = anything(f, rank=(1, 4), empty=False)
    dim = f.random.randrange(x.rank)
    size = f.random.randint(1, min(4, x.shape[dim]))
    step = f.random.randint(1, 3)
    shape = x.shape[:dim] + ((x.shape[dim] - size) // step + 1,) + x.shape[dim + 1:] + (size,)
    return moved(f, f.call(name, x, dim, size, step), x, shape)


@rule("pad")
def pad(f, name):
    x = f.pick(rank=(1, 4))
    mode = f.choice(["constant", "constant", "reflect", "replicate", "circular"]) if x.rank > 1 else "constant"
    amounts, shape, value = [], list(x.shape), f.uniform(-1, 1)
    count = f.random.randint(1, min(3, x.rank)) if mode == "constant" else f.choice([n for n in (x.rank - 1, x.rank - 2) if n > 0])
    for at in range(count):
        extent = x.shape[x.rank - 1 - at]
        wide = f.choice([3, 3, 3, 9]) if x.elements * 19 < f.room else 3
        most = {"reflect": min(wide, extent - 1), "circular": min(wide, extent)}.get(mode, wide)
        low = f.random.randint(-1 if extent > 2 and mode == "constant" else 0, most)
        high = f.random.randint(-1 if extent > 2 and mode == "constant" else 0, most)
        amounts += [low, high]
        shape[x.rank - 1 - at] += low + high
    options = {"mode": f'"{mode}"'} if mode != "constant" else {"value": value} if f.chance(0.5) else {}
    value = options.get("value", 0.0)
    return f.like(f.call(name, x, amounts, **options), x, min(x.low, value), max(x.high, value), shape=shape)


@structure("arithmetic of views")
def views(f):
    """A value with a transposed or flipped copy of itself."""
    x = f.within(f.pick(rank=(2, 2), ok=lambda v: v.shape[0] == v.shape[1] or v.elements < 60), -4, 4)
    other = f"{x}.t()" if x.shape[0] == x.shape[1] else f"{x}.flip(0)"
    return f.like(f"{x} * {other} + {x}", x, -20, 20, 9 * x.slope)


assert broadcast((2, 1), (3,)) == (2, 3)
