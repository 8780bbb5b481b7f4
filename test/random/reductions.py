# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for reductions, cumulations and normalization without state.
import math

from builder import number, text_of
from rules import rule


def count_of(value, dims):
    return math.prod(value.shape[dim] for dim in dims)


def options_of(dims, keep):
    options = {} if dims is None else {"dim": dims}
    if keep:
        options["keepdim"] = True
    return options


def dims_and_keep(f, x):
    dims, reduced = f.dims(x)
    return dims, reduced, f.chance(0.4) and dims is not None


@rule("sum", "mean", "prod")
def combined(f, name):
    if name != "mean" and f.chance(0.2):
        x = f.pick("int" if f.chance(0.6) else "bool", ok=lambda v: name == "sum" or v.elements <= 8, empty=True)
        dims, reduced, keep = dims_and_keep(f, x)
        count = count_of(x, reduced)
        if name == "prod" and x.magnitude > 4:
            return f.let(f"{x} % 3", x.dtype, x.shape, 0, 2)
        reach = max(1, x.magnitude * max(1, count) if name == "sum" else max(1, x.magnitude)**count)
        return f.let(f.call(name, x, **options_of(dims, keep)), "i64", f.reduced(x, reduced, keep), -reach, reach)
    x = f.pick(empty=name != "mean", ok=lambda v: name != "prod" or v.elements <= 40)
    dims, reduced, keep = dims_and_keep(f, x)
    count = count_of(x, reduced)
    if name == "prod":
        x = f.within(x, -1.2, 1.2) if count <= 12 else f.within(x, -0.9, 0.9)
        reach = max(1, x.magnitude**max(1, count))
        return f.like(f.call(name, x, **options_of(dims, keep)), x, -reach, reach, x.slope * reach * max(1, count),
                      f.reduced(x, reduced, keep))
    scale = max(1, count) if name == "sum" else 1
    low, high = min(0, x.low) * scale, max(0, x.high) * scale
    return f.like(f.call(name, x, **options_of(dims, keep)), x, low, high, x.slope * scale,
                  f.reduced(x, reduced, keep))


def spread(f, x):
    """The value, made so that no two of its elements are almost equal in general: no ties between different slopes."""
    if x.leaf or x.elements < 2:
        return x
    sizes = ", ".join(map(str, x.shape))
    ramp = f"linspace(0.013, {0.31 * x.elements:.4g}, {x.elements})" + (f".reshape({sizes})" if x.rank != 1 else "")
    x = f.within(x, -10, 10)
    return f.like(f"{x} + {ramp}", x, x.low, x.high + 0.31 * x.elements)


@rule("amax", "amin")
def extreme(f, name):
    x = f.pick("int" if f.chance(0.1) else "float")
    dims, reduced, keep = dims_and_keep(f, x)
    return f.like(f.call(name, x, **options_of(dims, keep)), x, shape=f.reduced(x, reduced, keep))


@rule("max", "min")
def maximum(f, name):
    x = f.pick(rank=(1, 5))
    case = f.random.randrange(3)
    if case == 0:
        return f.like(f.call(name, x), x, shape=())
    if case == 1:
        from elementwise import extremum
        extremum(f, "maximum" if name == "max" else "minimum")
        y = f.values[-1]
        return f.like(f.call(name, y, y), y)
    x = spread(f, x)
    dim, keep = f.random.randrange(-x.rank, x.rank), f.chance(0.4)
    shape = f.reduced(x, {dim % x.rank}, keep)
    a, b = f.name(), f.name()
    f.line(f"{a}, {b} = {f.call(name, x, dim=dim, **({'keepdim': True} if keep else {}))}")
    f.add(type(x)(b, "i64", shape, 0, x.shape[dim] - 1))
    return f.add(type(x)(a, x.dtype, shape, x.low, x.high, x.slope))


@rule("argmax", "argmin")
def arguments(f, name):
    x = spread(f, f.pick())
    if x.rank == 0 or f.chance(0.25):
        return f.let(f.call(name, x), "i64", (), 0, max(0, x.elements - 1))
    dim, keep = f.random.randrange(-x.rank, x.rank), f.chance(0.4)
    text = f.call(name, x, dim=dim, **({"keepdim": True} if keep else {}))
    return f.let(text, "i64", f.reduced(x, {dim % x.rank}, keep), 0, x.shape[dim] - 1)


@rule("var", "std")
def moments(f, name):
    x = spread(f, f.within(f.pick(ok=lambda v: v.elements >= 3), -3, 3))
    dims, reduced = f.dims(x)
    if count_of(x, reduced) < 3:
        dims, reduced = None, set(range(x.rank))
    options = options_of(dims, f.chance(0.3) and dims is not None)
    options.update(f.choice([{}, {}, {"unbiased": False}, {"correction": 0}]))
    reach = (x.high - x.low)**2
    return f.like(f.call(name, x, **options), x, 0, reach if name == "var" else x.high - x.low,
                  x.slope * (2 * (x.high - x.low) if name == "var" else 3),
                  f.reduced(x, reduced, "keepdim" in options))


@rule("logsumexp")
def log_sum_exp(f, name):
    x = f.within(f.pick(rank=(1, 5)), -30, 30)
    dims, reduced = f.dims(x, least=1)
    keep = f.chance(0.4)
    text = f.call(name, x, dims, **({"keepdim": True} if keep else {}))
    return f.like(text, x, x.low, x.high + math.log(count_of(x, reduced)), x.slope, f.reduced(x, reduced, keep))


@rule("norm", "vector_norm")
def norm(f, name):
    x = f.pick()
    x = x if x.leaf and x.elements >= 4 and x.kind == "float" else f.within(x, 0.3, 20)
    dims, reduced = f.dims(x)
    if x.low < 0:
        dims, reduced = None, set(range(x.rank))
    options = options_of(dims, f.chance(0.3) and dims is not None)
    order = f.choice([None, 0, 0.5, 1, 1.5, 2, 2.5, 3, "inf", "-inf", -1, -2.5, '"fro"' if name == "norm" else 2])
    if order is not None:
        options["p" if name == "norm" else "ord"] = order
    if order in (0, 0.5, "-inf", -1, -2.5):
        x = f.within(x, 0.3, 20)
    if order in ("inf", "-inf"):
        x = spread(f, x)
    count = count_of(x, reduced)
    scale = count**2 if order == 0.5 else max(1, count)
    return f.like(f.call(name, x, **options), x, 0, x.magnitude * scale, x.slope * scale,
                  f.reduced(x, reduced, "keepdim" in options))


def any_dim(f, x):
    dim = f.random.randrange(-x.rank, x.rank) if x.rank else 0
    return dim, x.shape[dim] if x.rank else 1


@rule("cumsum")
def running_sum(f, name):
    x = f.pick(f.choice(["float", "float", "float", "int", "bool"]), empty=True, ok=lambda v: v.elements)
    dim, scale = any_dim(f, x)
    dtype = x.dtype if x.kind == "float" else "i64"
    options = {}
    if f.chance(0.2) and not (x.kind == "float" and dtype == "f64"):
        dtype = f.choice(["f32", "f64"])
        options["dtype"] = dtype
    return f.let(f.call(name, x, dim, **options), dtype, x.shape, min(0, x.low) * scale, max(0, x.high) * scale, x.slope * scale)


@rule("cumprod")
def running_product(f, name):
    x = f.pick(ok=lambda v: v.elements)
    dim, count = any_dim(f, x)
    x = f.within(x, -1.2, 1.2) if count <= 12 else f.within(x, -0.9, 0.9)
    reach = max(1, x.magnitude**max(1, count))
    return f.like(f.call(name, x, dim), x, -reach, reach, x.slope * reach * max(1, count))


@rule("logcumsumexp")
def running_log(f, name):
    x = f.within(f.pick(ok=lambda v: v.elements), -30, 30)
    dim, count = any_dim(f, x)
    return f.like(f.call(name, x, dim), x, x.low, x.high + math.log(max(1, count)), x.slope)


@rule("cummax", "cummin")
def running_extreme(f, name):
    x = spread(f, f.pick(rank=(1, 5)))
    dim, count = any_dim(f, x)
    a, b = f.name(), f.name()
    f.line(f"{a}, {b} = {f.call(name, x, dim)}")
    f.add(type(x)(b, "i64", x.shape, 0, count - 1))
    return f.add(type(x)(a, x.dtype, x.shape, x.low, x.high, x.slope))


@rule("any", "all")
def quantifiers(f, name):
    x = f.pick("bool" if f.chance(0.8) else "int", empty=True)
    dims, reduced, keep = dims_and_keep(f, x)
    return f.let(f.call(name, x, **options_of(dims, keep)), "bool", f.reduced(x, reduced, keep), 0, 1)


@rule("layer_norm")
def layer_norm(f, name):
    x = f.f32(f.within(f.pick(rank=(1, 5)), -8, 8))
    count = f.random.randint(1, x.rank)
    shape, options = x.shape[x.rank - count:], {}
    if f.chance(0.5):
        options["weight"] = f.f32(f.within(f.pick(shape=shape), -3, 3))
    if "weight" in options and f.chance(0.6):
        options["bias"] = f.f32(f.within(f.pick(shape=shape), -3, 3))
    return normalized(f, f.call(name, x, list(shape), **options, eps=f.eps(x)), x, math.prod(shape))


def normalized(f, text, x, count):
    reach = 3 * math.sqrt(max(1, count)) + 3
    return f.like(text, x, -reach, reach, 12 * x.slope + 3)


@rule("group_norm")
def group_norm(f, name):
    x = f.f32(f.within(f.pick(rank=(2, 5)), -8, 8))
    groups = f.choice([n for n in range(1, x.shape[1] + 1) if x.shape[1] % n == 0])
    options = {}
    if f.chance(0.5):
        options["weight"] = f.f32(f.within(f.pick(shape=x.shape[1:2]), -3, 3))
        options["bias"] = f.f32(f.within(f.pick(shape=x.shape[1:2]), -3, 3))
    return normalized(f, f.call(name, x, groups, **options, eps=f.eps(x)), x, x.elements)


@rule("softmax", "log_softmax", "softmin")
def soft(f, name):
    x = f.within(f.pick(rank=(1, 5)), -12, 12)
    dim = f.random.randrange(-x.rank, x.rank)
    low, high = (-25 - math.log(x.shape[dim]), 0) if name == "log_softmax" else (0, 1)
    return f.like(f.call(name, x, dim=dim), x, low, high, 2 * x.slope)


@rule("Softmax", "LogSoftmax", "Softmin")
def soft_layer(f, name):
    x = f.within(f.pick(rank=(1, 5)), -12, 12)
    dim = f.random.randrange(-x.rank, x.rank)
    low, high = (-25 - math.log(x.shape[dim]), 0) if name == "LogSoftmax" else (0, 1)
    return f.like(f"{f.layer(f'{name}(dim={dim})')}({x})", x, low, high, 2 * x.slope)


@rule("zeros", "ones", "empty", "full", "eye", "arange", "linspace", "tensor", "as_tensor", "Tensor")
def creation(f, name):
    shape = f.shape(0, 3, 60)
    sizes = ", ".join(f.extent(extent) for extent in shape)
    if name == "eye":
        n, m = f.choice([1, 2, 3, 5]), f.choice([None, 1, 4])
        text = f"eye({n})" if m is None else f"eye({n}, {m})"
        return f.let(text, "f32", (n, m or n), 0, 1)
    if name == "arange":
        text, count, kind, high = f.choice([("arange(5)", 5, "i64", 4), ("arange(2, 9)", 7, "i64", 8),
                                            ("arange(0, 10, 3)", 4, "i64", 9), ("arange(0.5, 2.0, 0.5)", 3, "f32", 2),
                                            ("arange(4, dtype=f32)", 4, "f32", 3)])
        return f.let(text, kind, (count,), 0, high)
    if name == "linspace":
        n = f.choice([1, 2, 5, 9])
        return f.let(f"linspace(-1, {number(f.uniform(0, 2))}, {n})", "f32", (n,), -1, 2)
    if name == "full":
        c = f.uniform(-1, 1)
        return f.let(f"full({text_of(shape)}, {number(c)})", "f32", shape, c, c)
    if name in ("tensor", "as_tensor", "Tensor"):
        n = f.choice([1, 2, 3, 7])
        items = [f.uniform(-1, 1) for _ in range(n)]
        if f.chance(0.3):
            return f.let(f"{name}([{text_of(items)}, {text_of(items)}])", "f32", (2, n), -1, 1)
        return f.let(f"{name}({text_of(items)})", "f32", (n,), -1, 1)
    dtype = f.choice(["f32", "f32", "i64", "bool"])
    options = "" if dtype == "f32" else f", dtype={dtype}"
    text = f"{name}({sizes or '[]'}{options})"
    value = 1 if name == "ones" else 0
    return f.let(text, dtype, shape, value, value)


@rule("zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "rand", "randn", "randint", "bernoulli")
def alike(f, name):
    if name in ("rand", "randn"):
        shape = f.shape(1, 3, 60)
        low, high = (0, 1) if name == "rand" else (-6, 6)
        return f.let(f"{name}({', '.join(map(str, shape))})", "f32", shape, low, high)
    if name == "randint":
        shape = f.shape(0, 3, 60)
        return f.let(f"randint(-2, 9, {text_of(shape)})", "i64", shape, -2, 8)
    x = f.pick(empty=name != "bernoulli")
    if name == "bernoulli":
        inner = f.generic(x)[0]
        return f.let(f"bernoulli(sign({inner}) * 0.3 + 0.5)", f.float_of(x), x.shape, 0, 1)
    if name == "full_like":
        return f.let(f.call(name, x, f.uniform(-1, 1)), x.dtype, x.shape, -1, 1)
    low, high = {"zeros_like": (0, 0), "ones_like": (1, 1), "rand_like": (0, 1), "randn_like": (-6, 6)}[name]
    return f.let(f"{name}({x})", x.dtype, x.shape, low, high)
