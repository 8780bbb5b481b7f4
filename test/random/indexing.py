# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for look-ups by index, triangles and products of matrices.
import math

from builder import broadcast, text_of
from rules import rule, structure


def indices(f, limit, shape):
    """Integers below a limit, of a shape."""
    def fits(v):
        return v.kind == "int" and v.low >= 0 and v.high < limit and v.shape == tuple(shape)
    found = [v for v in f.values if fits(v)]
    if found and f.chance(0.6):
        return f.choice(found)
    if limit >= 2 and len(f.inputs) < f.max_inputs and f.chance(0.5):
        value = f.fresh("int", shape)
        return value if fits(value) else f.let(f"{value} % {limit}", "i64", shape, 0, limit - 1)
    same = [v for v in f.values if v.kind == "int" and v.shape == tuple(shape)]
    if same and f.chance(0.5):
        return f.let(f"{f.choice(same)} % {limit}", same[-1].dtype if len(same) == 1 else "i64", shape, 0, limit - 1) \
            if len(same) == 1 else f.let(f"{same[0]} % {limit}", same[0].dtype, shape, 0, limit - 1)
    return f.let(f"randint({limit}, size=[{', '.join(map(str, shape))}])", "i64", shape, 0, limit - 1)


@rule("gather")
def gather(f, name):
    x = f.pick("float" if f.chance(0.85) else "int", rank=(1, 4))
    dim = f.random.randrange(x.rank)
    shape = [f.random.randint(1, 4) if at == dim else f.random.randint(1, extent) for at, extent in enumerate(x.shape)]
    return f.like(f.call(name, x, dim, indices(f, x.shape[dim], shape)), x, shape=shape)


@rule("index_select")
def index_select(f, name):
    x = f.pick("float" if f.chance(0.85) else "int", rank=(1, 4))
    dim, count = f.random.randrange(x.rank), f.random.randint(1, 6)
    at = indices(f, x.shape[dim], [count])
    return f.like(f.call(name, x, dim, at), x, shape=x.shape[:dim] + (count,) + x.shape[dim + 1:])


@structure("index by a tensor")
def take(f):
    x = f.pick("float" if f.chance(0.85) else "int", rank=(1, 3))
    if f.chance(0.3):
        places = [f.random.randrange(-x.shape[0], x.shape[0]) for _ in range(f.random.randint(1, 4))]
        return f.like(f"{x}[{f.choice([text_of(places), f'tensor({text_of(places)})'])}]", x,
                      shape=(len(places),) + x.shape[1:])
    at = indices(f, x.shape[0], f.shape(0, 2, 12, empty=0))
    from_end = f" - {x.shape[0]}" if f.chance(0.3) else ""
    return f.like(f"{x}[{at}{from_end}]", x, shape=at.shape + x.shape[1:])


def padding(f, rows):
    """Now and then a row without gradient."""
    return f", padding_idx={f.random.randint(-rows, rows - 1)}" if f.chance(0.3) else ""


@rule("embedding")
def embedding(f, name):
    table = f.f32(f.pick(rank=(2, 2)))
    at = indices(f, table.shape[0], f.shape(0, 3, 12, empty=0))
    return f.like(f"embedding({at}, {table}{padding(f, table.shape[0])})", table, shape=at.shape + table.shape[1:])


@rule("Embedding", module=True)
def embedding_layer(f, name):
    rows, width = f.choice([2, 3, 5, 7]), f.choice([1, 3, 4, 9])
    at = indices(f, rows, f.shape(0, 3, 12, empty=0))
    layer = f.layer(f"Embedding({rows}, {width}{padding(f, rows)})")
    return f.let(f"{layer}({at})", "f32", at.shape + (width,), -1, 1, 1)


@rule("one_hot")
def one_hot(f, name):
    classes = f.choice([1, 2, 3, 5])
    at = indices(f, classes, f.shape(0, 3, 20, empty=0))
    return f.let(f.call(name, at, classes), "i64", at.shape + (classes,), 0, 1)


@rule("tril", "triu")
def triangle(f, name):
    x = f.pick(rank=(2, 4), empty=True)
    options = {"diagonal": f.random.randint(-2, 3)} if f.chance(0.5) else {}
    return f.like(f.call(name, x, **options), x, min(0, x.low), max(0, x.high))


def product(f, text, a, b, inner, shape):
    reach = a.magnitude * b.magnitude * max(1, inner)
    return f.let(text, "f32", shape, -reach, reach, max(1, inner) * (a.slope * b.magnitude + b.slope * a.magnitude))


def factor(f, shape=None, rank=(1, 4)):
    return f.f32(f.within(f.pick(shape=shape, rank=rank, empty=shape is None and rank[0] == 2), -3, 3))


def limit(f, extents, room):
    if f.large:
        extents, room = extents + [15, 32, 33, 50, 65], 30 * room
    return f.choice([extent for extent in extents if extent <= max(1, room)] or [1])


@rule("matmul")
def matmul(f, name):
    a = factor(f)
    k = a.shape[-1]
    rank = f.choice([1, 2, 2, 2, 3])
    columns = limit(f, [1, 2, 3, 5, 7, 9, 17], 120 // max(1, k))
    shape = {1: (k,), 2: (k, columns), 3: (f.choice([1] + list(a.shape[-3:-2])), k, columns)}[rank]
    b = factor(f, shape)
    left, right = a.shape[:-2], b.shape[:-2]
    rows = a.shape[-2:-1] if a.rank > 1 else ()
    result = broadcast(left, right) + rows + (b.shape[-1:] if rank > 1 else ())
    if math.prod(result) > 4 * f.room:
        return f.let(f"{a} * 0.5", "f32", a.shape, a.low / 2, a.high / 2, a.slope / 2)
    text = f.call(name, a, b) if f.names_it(name, 0.4) else f"{a} @ {b}"
    return product(f, text, a, b, k, result)


@rule("mm", "bmm", "mv", "dot", "outer")
def ranked(f, name):
    if name in ("dot", "outer"):
        a = factor(f, rank=(1, 1))
        shape = a.shape if name == "dot" else (limit(f, [1, 3, 4, 8], 240 // a.elements),)
        b = factor(f, shape)
        if name == "dot":
            return product(f, f.call(name, a, b), a, b, a.elements, ())
        return product(f, f.call(name, a, b), a, b, 1, a.shape + b.shape)
    rank = 3 if name == "bmm" else 2
    a = factor(f, rank=(rank, rank))
    columns = limit(f, [1, 2, 4, 7, 16], 120 // max(1, a.shape[-1]))
    shape = a.shape[:rank - 2] + a.shape[-1:] + (() if name == "mv" else (columns,))
    b = factor(f, shape)
    return product(f, f.call(name, a, b), a, b, a.shape[-1], a.shape[:-1] + (() if name == "mv" else (columns,)))


@rule("addmm", "baddbmm")
def added(f, name):
    rank = 3 if name == "baddbmm" else 2
    a = factor(f, rank=(rank, rank))
    columns = limit(f, [1, 2, 4, 7, 16], 120 // max(1, a.shape[-1]))
    b = factor(f, a.shape[:rank - 2] + (a.shape[-1], columns))
    shape = a.shape[:-1] + (columns,)
    c = factor(f, shape if f.chance(0.6) else shape[-1:])
    options = f.choice([{}, {}, {"beta": 0.5}, {"alpha": -1.5}, {"beta": 2, "alpha": 0.5}])
    value = product(f, f"{name}({', '.join([str(c), str(a), str(b)] + [f'{k}={v}' for k, v in options.items()])})", a, b,
                    a.shape[-1] * 2, shape)
    value.low, value.high, value.slope = value.low - 2 * c.magnitude, value.high + 2 * c.magnitude, value.slope + 2 * c.slope
    return value


@rule("linear")
def linear(f, name):
    x = factor(f)
    out = limit(f, [1, 2, 3, 5, 8, 17, 33], 200 // max(1, x.shape[-1]))
    w = factor(f, (out, x.shape[-1]))
    if f.chance(0.3):
        return product(f, f.call(name, x, w), x, w, x.shape[-1], x.shape[:-1] + (out,))
    b = factor(f, (out,))
    value = product(f, f.call(name, x, w, b), x, w, x.shape[-1], x.shape[:-1] + (out,))
    value.low, value.high, value.slope = value.low - b.magnitude, value.high + b.magnitude, value.slope + b.slope
    return value


@rule("grad")
def gradient(f, name):
    """A gradient as a value; bounded again, for nothing is known of it."""
    x = f.within(f.pick(), -2, 2, slope=4)
    if not x.text.isidentifier():
        x = keep(f, x)
    y = f.within(f.partner(x), -2, 2, slope=4)
    z = f.choice([f"sum(tanh({x} * {y}) * {y})", f"sum({x} * {x} * sin({x}))", f"sum({x} ** 3 + exp({x}) * {y})",
                  f"sum(sigmoid({x} * {y}))", f"mean(relu({x} * {y}) * {x})", f"sum(exp({x}))"])
    if f.chance(0.3) and y.text.isidentifier() and y.text != x.text:
        a, b = f.name(), f.name()
        f.line(f"{a}, {b} = grad({z} + sum({y} * {y}), [{x}, {y}])")
        f.line(f"{a} = tanh({a} * 0.05)")
        f.line(f"{b} = tanh({b} * 0.05)")
        f.add(type(x)(b, y.dtype, y.shape, -1, 1, 3))
        return f.add(type(x)(a, x.dtype, x.shape, -1, 1, 3))
    return f.let(f"tanh(grad({z}, {x}) * 0.05)", x.dtype, x.shape, -1, 1, 3)


def keep(f, x):
    """The value under a name of its own."""
    name = f.name()
    f.line(f"{name} = {x}")
    return f.add(type(x)(name, x.dtype, x.shape, x.low, x.high, x.slope))
