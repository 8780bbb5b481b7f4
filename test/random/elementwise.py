# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for elementwise functions, arithmetic, comparison and conversion.
import math

from builder import broadcast, number
from rules import rule, structure

INF = math.inf
# Domain, image of an interval, largest slope over it.
UNARY = {
    "neg": (-INF, INF, lambda a, b: (-b, -a), lambda a, b: 1),
    "negative": (-INF, INF, lambda a, b: (-b, -a), lambda a, b: 1),
    "abs": (-INF, INF, lambda a, b: (0, max(-a, b)), lambda a, b: 1),
    "exp": (-4, 3, lambda a, b: (math.exp(a), math.exp(b)), lambda a, b: math.exp(b)),
    "expm1": (-4, 3, lambda a, b: (math.expm1(a), math.expm1(b)), lambda a, b: math.exp(b)),
    "exp2": (-4, 4, lambda a, b: (2**a, 2**b), lambda a, b: 2**b),
    "log": (0.2, 50, lambda a, b: (math.log(a), math.log(b)), lambda a, b: 1 / a),
    "log1p": (-0.7, 50, lambda a, b: (math.log1p(a), math.log1p(b)), lambda a, b: 1 / (1 + a)),
    "log2": (0.2, 50, lambda a, b: (math.log2(a), math.log2(b)), lambda a, b: 1.5 / a),
    "log10": (0.2, 50, lambda a, b: (math.log10(a), math.log10(b)), lambda a, b: 0.5 / a),
    "sqrt": (0.1, 50, lambda a, b: (math.sqrt(a), math.sqrt(b)), lambda a, b: 0.5 / math.sqrt(a)),
    "rsqrt": (0.2, 50, lambda a, b: (b**-0.5, a**-0.5), lambda a, b: 0.5 * a**-1.5),
    "sin": (-8, 8, lambda a, b: (-1, 1), lambda a, b: 1),
    "cos": (-8, 8, lambda a, b: (-1, 1), lambda a, b: 1),
    "tan": (-1.1, 1.1, lambda a, b: (math.tan(a), math.tan(b)), lambda a, b: 5),
    "tanh": (-INF, INF, lambda a, b: (-1, 1), lambda a, b: 1),
    "sigmoid": (-INF, INF, lambda a, b: (0, 1), lambda a, b: 0.25),
    "erf": (-INF, INF, lambda a, b: (-1, 1), lambda a, b: 1.2),
    "reciprocal": (0.3, 30, lambda a, b: (1 / b, 1 / a), lambda a, b: a**-2),
    "square": (-5, 5, lambda a, b: (0, max(a * a, b * b)), lambda a, b: 2 * max(-a, b)),
}
STEPS = {"sign": 1, "floor": 0, "ceil": 0, "round": 0, "trunc": 0, "fix": 0}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
ARITHMETIC = {"add": "+", "sub": "-", "subtract": "-", "mul": "*", "multiply": "*", "div": "/", "divide": "/",
              "true_divide": "/", "floor_divide": "//", "remainder": "%"}


@rule(*UNARY)
def unary(f, name):
    low, high, image, slope = UNARY[name]
    x = f.pick(empty=True)
    if name in ("neg", "negative", "abs", "square") and f.chance(0.15):
        x = f.pick("int")
        if x.magnitude <= 30:
            return f.let(f.call(name, x), x.dtype, x.shape, *image(x.low, x.high))
        x = f.pick()
    x = f.within(x, low, high)
    text = f"-{x}" if name == "neg" and f.chance(0.5) else f.call(name, x)
    return f.like(text, x, *image(x.low, x.high), x.slope * slope(x.low, x.high))


@rule(*STEPS)
def steps(f, name):
    if name == "sign" and f.chance(0.2):
        x = f.pick("int")
        return f.let(f.call(name, x), x.dtype, x.shape, -1, 1)
    x = f.pick(empty=True)
    text, low, high = f.generic(x)
    low, high = (-1, 1) if name == "sign" else (low - 1, high + 1)
    return f.let(f"{name}({text})", f.float_of(x), x.shape, low, high)


@rule("frac")
def fraction(f, name):
    x = f.pick(empty=True)
    text, low, high = f.generic(x)
    return f.let(f"{name}({text})", f.float_of(x), x.shape, -1, 1, 3 * x.slope)


def operand(f, value):
    """The second operand of an arithmetic operator: a number, an integer tensor or a float."""
    if f.chance(0.25):
        return None
    return f.partner(value, "int" if f.chance(0.12) else "float")


def ranges(sign, x, y):
    """The image and the slope of arithmetic on two values."""
    if sign in "+-":
        low, high = (x.low + y.low, x.high + y.high) if sign == "+" else (x.low - y.high, x.high - y.low)
        return low, high, x.slope + y.slope
    if sign == "*":
        corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
        return min(corners), max(corners), x.slope * y.magnitude + y.slope * x.magnitude
    corners = [a / b for a in (x.low, x.high) for b in (y.low, y.high)]
    return min(corners), max(corners), x.slope / y.low + y.slope * x.magnitude / y.low**2


@rule("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide")
def arithmetic(f, name):
    sign = ARITHMETIC[name]
    x = f.within(f.pick(empty=True), -20, 20)
    y = operand(f, x)
    if y is None:
        return scalar_arithmetic(f, name, x)
    y = f.within(y, 0.4, 8) if sign == "/" else f.within(y, -8, 8) if y.kind == "float" else y
    if y.kind == "int" and y.magnitude > 8:
        y = f.let(f"{y} % 5", y.dtype, y.shape, 0, 4)
    low, high, slope = ranges(sign, x, y)
    shape, dtype = broadcast(x.shape, y.shape), f.float_of(x, y)
    if name in ("add", "sub", "subtract") and y.kind == "float" and f.chance(0.2):
        return f.let(f.call(name, x, y, alpha=2), dtype, shape, low + min(y.low, -y.high), high + max(y.high, -y.low),
                     slope + y.slope)
    text = f.call(name, x, y) if f.names_it(name, 0.4) else f"{x} {sign} {y}"
    return f.let(text, dtype, shape, low, high, slope)


def scalar_arithmetic(f, name, x):
    sign = ARITHMETIC[name]
    c = f.choice([f.uniform(0.3, 2), float(f.choice([2, 3, 0.5]))])
    if sign == "/" and f.chance(0.5):
        x = f.within(x, 0.4, 20)
        return f.like(f"{number(c)} / {x}", x, c / x.high, c / x.low, x.slope * c / x.low**2)
    text = f"{number(c)} {sign} {x}" if sign != "/" and f.chance(0.4) else f"{x} {sign} {number(c)}"
    if f.names_it(name, 0.4):
        text = f.call(name, x, c)
    low, high = {"+": (x.low + c, x.high + c), "-": (-x.magnitude - c, x.magnitude + c),
                 "*": (x.low * c, x.high * c), "/": (x.low / c, x.high / c)}[sign]
    return f.like(text, x, low, high, x.slope * max(1.0, c, 1 / c))


@rule("floor_divide", "remainder")
def division(f, name):
    x = f.pick()
    text, low, high = f.generic(x)
    sign = ARITHMETIC[name]
    if f.chance(0.5):
        c = f.uniform(0.6, 1.7)
        text = f"{name}({text}, {number(c)})" if f.names_it(name, 0.5) else f"({text}) {sign} {number(c)}"
        if name == "remainder":
            return f.let(text, f.float_of(x), x.shape, 0, c, 3 * x.slope)
        return f.let(text, f.float_of(x), x.shape, low / c - 1, high / c)
    y = f.within(f.partner(x), 0.7, 3)
    shape, dtype = broadcast(x.shape, y.shape), f.float_of(x, y)
    low, high = -max(abs(low), abs(high)) / y.low - 1, max(abs(low), abs(high)) / y.low + 1
    text = f"{name}({text}, {y})" if f.names_it(name, 0.5) else f"({text}) {sign} {y}"
    if name == "remainder":
        return f.let(text, dtype, shape, 0, y.high, 3 * x.slope + high * y.slope)
    return f.let(text, dtype, shape, low, high)


@structure("integers")
def integers(f):
    x = f.pick("int", empty=True)
    sign = f.choice(["+", "-", "*", "//", "%", "**"])
    if x.magnitude > 100:
        x = f.let(f"{x} % 17", x.dtype, x.shape, 0, 16)
    if sign == "**":
        return f.let(f"{x} ** {f.choice([2, 3])}" if x.magnitude < 20 else f"{x} + 1", x.dtype, x.shape,
                     -max(101, x.magnitude**3), max(101, x.magnitude**3))
    if sign in ("//", "%"):
        c = f.choice([-5, -3, 2, 3, 7])
        low, high = (-x.magnitude - 1, x.magnitude + 1) if sign == "//" else (min(c, 0), max(c, 0))
        return f.let(f"{x} {sign} {c}", x.dtype, x.shape, low, high)
    y = f.partner(x, "int")
    if y.magnitude > 100:
        return f.let(f"{y} % 11", y.dtype, y.shape, 0, 10)
    low, high, _ = ranges(sign, x, y)
    dtype = max((v for v in (x, y) if v.rank), key=lambda v: v.dtype, default=x).dtype
    if x.rank == 0 and y.rank == 0:
        dtype = max(x.dtype, y.dtype)
    return f.let(f"{x} {sign} {y}", dtype, broadcast(x.shape, y.shape), low, high)


@rule("pow")
def power(f, name):
    x = f.within(f.pick(), 0.3, 2.5)
    case = f.random.randrange(5)
    if case == 0:
        n = f.choice([2, 3, 4, 5, -1, -2, 0.5, -0.5, 1.7, 0])
        x = f.within(f.pick(), -1.5, 1.5) if n in (2, 3, 4, 5) else x
        bound = 2.5**5 if n in (2, 3, 4, 5) else 12
        text = f.call(name, x, n) if f.names_it(name, 0.5) else f"{x} ** {n}"
        return f.like(text, x, -bound, bound, x.slope * 40)
    if case == 1 and not f.names_it(name, 0):
        y = f.within(f.pick(), -2, 2)
        return f.like(f"{f.uniform(0.5, 2)!r} ** {y}", y, 0, 4, y.slope * 4)
    y = f.within(f.partner(x), -2, 2)
    return f.let(f.call(name, x, y) if f.names_it(name, 0.5) else f"{x} ** {y}", f.float_of(x, y),
                 broadcast(x.shape, y.shape), 0, 12, x.slope * 25 + y.slope * 15)


@rule("maximum", "minimum")
def extremum(f, name):
    x = f.pick(empty=True)
    y = f.partner(x)
    low, high = (max, max) if name == "maximum" else (min, min)
    return f.let(f.call(name, x, y), f.float_of(x, y), broadcast(x.shape, y.shape), low(x.low, y.low),
                 high(x.high, y.high), max(x.slope, y.slope))


@rule("clamp", "clip")
def clamp(f, name):
    x = f.pick(empty=True)
    a, b = -f.offset(), f.offset() + 0.2
    options = f.choice([{"min": a}, {"max": b}, {"min": a, "max": b}])
    if f.chance(0.2) and x.elements:
        low, high = f.partner(x), f.partner(x)
        shape = broadcast(x.shape, low.shape, high.shape)
        if shape is not None and math.prod(shape) < 3 * f.room:
            return f.let(f"{name}({x}, min={low} - 1.00371, max={high} + 1.0137)", f.float_of(x, low, high), shape,
                         min(x.low, low.low - 1), max(x.high, high.high + 2, low.high), x.slope + low.slope + high.slope)
    low = max(x.low, options.get("min", x.low))
    high = min(x.high, options.get("max", x.high))
    return f.like(f.call(name, x, **options), x, min(low, high, a), max(low, high, b))


def condition(f, shape):
    """A bool value that broadcasts with a shape."""
    found = [v for v in f.values if v.kind == "bool" and broadcast(v.shape, shape) is not None
             and math.prod(broadcast(v.shape, shape)) < 3 * f.room]
    if found and not f.chance(0.4):
        return f.choice(found)
    x = f.within(f.pick(ok=lambda v: broadcast(v.shape, shape) == tuple(shape), shape=None)
                 if f.chance(0.7) else f.pick(shape=shape), -3, 3)
    return f.let(f"{x} > {f.offset():.5f}", "bool", x.shape, 0, 1)


@rule("where")
def where(f, name):
    x = f.pick(empty=True)
    mask = condition(f, x.shape)
    shape = broadcast(mask.shape, x.shape)
    if f.chance(0.3):
        c = f.uniform(-1, 1)
        return f.let(f.choice([f"where({mask}, {x}, {number(c)})", f"where({mask}, {number(c)}, {x})"]), x.dtype, shape,
                     min(x.low, c), max(x.high, c), x.slope)
    y = f.partner(x)
    if broadcast(shape, y.shape) is None:
        y = x
    return f.let(f"where({mask}, {x}, {y})", f.float_of(x, y), broadcast(shape, y.shape), min(x.low, y.low),
                 max(x.high, y.high), max(x.slope, y.slope))


@rule("masked_fill")
def masked_fill(f, name):
    x = f.pick()
    mask = condition(f, x.shape)
    if broadcast(mask.shape, x.shape) != x.shape:
        mask = f.let(f"{x} * 2 > {f.offset():.5f}", "bool", x.shape, 0, 1)
    c = f.uniform(-2, 2)
    return f.like(f.call(name, x, mask, c), x, min(x.low, c), max(x.high, c))


@rule("lerp")
def lerp(f, name):
    x = f.within(f.pick(), -9, 9)
    y = f.within(f.partner(x), -9, 9)
    shape, dtype = broadcast(x.shape, y.shape), f.float_of(x, y)
    if f.chance(0.4):
        return f.let(f.call(name, x, y, f.uniform(0.1, 0.9)), dtype, shape, min(x.low, y.low), max(x.high, y.high),
                     x.slope + y.slope)
    w = f.within(f.partner(f.values[-1] if f.values[-1].shape == shape else x), -2, 2)
    if broadcast(shape, w.shape) is None:
        w = x = f.within(x, -2, 2)
    reach = x.magnitude + (x.magnitude + y.magnitude) * 2
    return f.let(f.call(name, x, y, w), f.float_of(x, y, w), broadcast(shape, w.shape), -reach, reach,
                 3 * x.slope + 2 * y.slope + w.slope * (x.magnitude + y.magnitude))


@rule(*COMPARISONS)
def comparison(f, name):
    sign = COMPARISONS[name]
    is_equality = name in ("eq", "ne")
    if f.chance(0.4) or (is_equality and f.names_it(name, 0)):
        x = f.pick("int", empty=True)
        y = f.choice([f.random.randint(-1, 2), f.partner(x, "int")])
        text = f.call(name, x, y) if f.names_it(name, 0.5) else f"{x} {sign} {y}"
        return f.let(text, "bool", x.shape if isinstance(y, int) else broadcast(x.shape, y.shape), 0, 1)
    x = f.pick(empty=True)
    if is_equality and x.elements and x.rank:
        other = f"{x}.amax(dim={f.random.randrange(x.rank)}, keepdim=true)"
        return f.let(f"{x}.{name}({other})" if x.leaf else f"isnan({x})", "bool", x.shape, 0, 1)
    y = f.partner(x)
    limit = f"{y} + {f.offset():.5f}"
    text = f"{name}({x}, {limit})" if f.names_it(name, 0.5) else f"{x} {sign} {limit}"
    return f.let(text, "bool", broadcast(x.shape, y.shape), 0, 1)


@rule("isnan", "isinf", "isfinite")
def classes(f, name):
    x = f.pick(empty=True)
    return f.let(f.call(name, x), "bool", x.shape, 0, 1)


@rule("logical_and", "logical_or", "logical_not")
def logic(f, name):
    x = f.pick("bool" if f.chance(0.8) else "int", empty=True)
    if name == "logical_not":
        return f.let(f.call(name, x), "bool", x.shape, 0, 1)
    y = f.partner(x, "bool")
    text = f"{x} {'*' if name == 'logical_and' else '+'} {y}" if x.kind == "bool" and f.chance(0.3) else \
        f.call(name, x, y)
    return f.let(text, "bool", broadcast(x.shape, y.shape), 0, 1)


@rule("to", "type_as", "float", "double", "long", "int", "bool")
def conversion(f, name):
    kind = f.choice(["float", "float", "int", "bool"])
    x = f.pick(kind, empty=True)
    target = {"float": "f32", "double": "f64", "long": "i64", "int": "i32", "bool": "bool"}.get(name) or \
        f.choice(["f32", "f64", "i64", "i32", "bool"])
    text = x
    if kind == "float" and target[0] == "i":
        inner, low, high = f.generic(x)
        text, low, high = f"({inner})", low - 1, high + 1
    else:
        low, high = (0, 1) if target == "bool" else (x.low, x.high)
    slope = x.slope if target[0] == "f" else 0
    if name == "to":
        call = f"{text}.to({target})"
    elif name == "type_as":
        other = f.pick({"f": "float", "i": "int", "b": "bool"}[target[0]], empty=True)
        target, call = other.dtype, f"{text}.type_as({other})"
    else:
        call = f"{text}.{name}()"  # `torch.bool` is a dtype
    return f.let(call, target, x.shape, low, high, slope)
