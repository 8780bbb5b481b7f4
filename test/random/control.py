# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for statements: loops, branches, calls of the program's functions and modules.
from builder import Value
from rules import structure


def inner(f, build):
    """Runs a rule on a deeper line; what it binds is forgotten after it."""
    saved = list(f.values)
    plain, f.plain = f.plain, True
    f.depth += 1
    result = build()
    f.depth -= 1
    f.plain = plain
    f.values = saved
    return result


def step(f, x):
    """A value of the shape and the dtype of another one, made of it."""
    kind = f.random.randrange(4)
    if kind == 0:
        return f.like(f"tanh({x} * 1.5 + 0.1)", x, -1, 1, 1.5 * x.slope)
    if kind == 1:
        others = [v for v in f.values if v.dtype == x.dtype and v.shape in (x.shape, ()) and v.elements] or [x]
        y = f.within(f.choice(others), -2, 2)
        return f.like(f"{x} * {y} + 0.25 * {x}", x, -x.magnitude * 2.3, x.magnitude * 2.3,
                      x.slope * 2.3 + y.slope * x.magnitude)
    if kind == 2 and x.rank:
        dim = f.random.randrange(x.rank)
        return f.like(f"{x} - softmax({x}, dim={dim})", x, x.low - 1, x.high, 2 * x.slope)
    return f.like(f"{x} * exp(-{x} * {x}) + 0.3", x, -1, 1, 2 * x.slope)


@structure("binding anew")
def rebind(f):
    """A name gets a new value, which may be made of its old one."""
    names = [v.text for v in f.values if v.text.isidentifier() and not (f.module and v.text[0] in "wb")]
    name = f.choice(names)
    x = f.choice([v for v in f.values if v.text == name]) if f.chance(0.5) else f.pick()
    if x.kind != "float":
        return x
    low, high = 0.75 * x.low + 0.1, 0.75 * x.high + 0.1
    f.line(f"{name} = {f.choice([f'{x} * 0.75 + 0.1', f'0.1 + {x}.mul(0.75)'])}")
    value = type(x)(name, x.dtype, x.shape, low, high, 0.75 * x.slope)
    f.forget(name)
    return f.add(value)


@structure("loop")
def loop(f):
    x = f.within(f.pick(), -1, 1, slope=3)
    carry = f.name()
    f.line(f"{carry} = {x}")
    counter = f.choice(["i", "j", "k"])
    begin, count = f.choice([0, 0, 1]), f.choice([1, 2, 3, 4])
    f.line(f"for {counter} in {begin}..{f.extent(begin + count)} {{")

    def body():
        value = type(x)(carry, x.dtype, x.shape, -1, 1, x.slope)
        for _ in range(f.random.randint(1, 2)):
            value = f.within(step(f, value), -1, 1, slope=1.2 * max(1, x.slope))
        extra = f" + {counter} * 0.03" if f.chance(0.4) else ""
        f.line(f"{carry} = {value} * 0.9{extra}")

    def nested():
        f.line(f"for n in 0..{f.choice([2, 3])} {{")
        inner(f, body)
        f.line("}")
        if f.chance(0.5):
            body()
    inner(f, nested if f.chance(0.3) else body)
    f.line("}")
    return f.add(type(x)(carry, x.dtype, x.shape, -1.1, 1.1, 2 * max(1, x.slope)))


@structure("yielding loop")
def yielding(f):
    x = f.within(f.pick(rank=(1, 3), ok=lambda v: v.shape[0] >= 2), -2, 2)
    extent = x.shape[0]
    count = min(extent - 1, f.random.randint(1, 5))
    name, second, result = f.name(), f.name() if f.chance(0.3) else None, {}
    f.line(f"{name}{', ' + second if second else ''} = for i in 0..{count} {{")

    def body():
        value = f.like(f"{x}[i]" + f.choice(["", f" * {x}[i + 1]", f" - 0.5 * {x}[{extent - 1} - i]"]), x, -4, 4,
                       4 * x.slope, x.shape[1:])
        result["value"] = step(f, f.within(value, -3, 3)) if f.chance(0.5) else value
        f.line(f"yield {result['value']}{f', 0.5 * {x}[i]' if second else ''}")
    inner(f, body)
    f.line("}")
    if second:
        f.like(f"{second} - 0.5", x, x.low / 2 - 0.5, x.high / 2, shape=(count,) + x.shape[1:])
    return joined(f, name, count, result["value"])


def joined(f, name, count, value):
    """What becomes of a sequence: itself, an item, or some of its items side by side."""
    if f.chance(0.2):
        return f.like(f"1.0 * {name}[{f.random.randrange(-count, count)}]", value)
    items = name
    if f.chance(0.5):
        first, last = sorted((f.random.randint(0, count - 1), f.random.randint(1, count)))
        last += first == last
        begin = "" if first == 0 and f.chance(0.5) else str(first - count if f.chance(0.3) else first)
        end = "" if last == count else str(last - count if f.chance(0.3) else last)
        items, count = f"{name}[{begin}:{end}]", last - first
    case = f.random.randrange(4)
    if case == 0 and value.rank:
        dim = f.random.randrange(value.rank)
        shape = value.shape[:dim] + (count * value.shape[dim],) + value.shape[dim + 1:]
        return f.like(f"1.0 * cat({items}, dim={dim})", value, shape=shape)
    if case == 1:
        dim = f.random.randint(0, value.rank)
        return f.like(f"1.0 * stack({items}, dim={dim})", value,
                      shape=value.shape[:dim] + (count,) + value.shape[dim:])
    if case == 2:
        return f.like(f"1.0 * stack([{items}, {items}])", value, shape=(2, count) + value.shape)
    return f.like(f"1.0 * {items}", value, shape=(count,) + value.shape)


@structure("assignment to a buffer")
def assign(f):
    """A counter, or a moving average of a value."""
    if not f.module:
        return loop(f)
    if f.chance(0.3):
        name = f.module.buffer("i64", ())
        f.line(f"{name} = {name} + {f.random.randint(1, 3)}")
        return f.add(Value(name, "i64", (), 0, 9))
    x = f.f32(f.within(f.pick(), -2, 2, slope=3))
    name, share = f.module.buffer("f32", x.shape), f.choice([0.1, 0.25, 0.5])
    for _ in range(f.choice([1, 1, 2])):
        f.line(f.choice([f"{name} = {1 - share} * {name} + {share} * {x}", f"{name} = lerp({name}, {x}, {share})"]))
    return f.add(type(x)(name, "f32", x.shape, -2, 2, x.slope))


@structure("weight of a layer")
def tied(f):
    """A layer's weight, as a value beside the layer's own use of it."""
    if not f.module:
        return loop(f)
    w = f.module.weight()
    x = f.f32(f.within(f.pick(ok=lambda v: v.rank >= 1 and v.shape[-1] == w.shape[0], shape=(3, w.shape[0])), -2, 2))
    y = f.let(f"{x} @ {w}", "f32", x.shape[:-1] + w.shape[1:], -2 * w.shape[0], 2 * w.shape[0],
              w.shape[0] * (x.slope + 2))
    if f.chance(0.5):
        layer = w.text.split(".", maxsplit=1)[0]
        return f.let(f"{layer}({f.within(y, -2, 2)})", "f32", x.shape[:-1] + w.shape[:1], -9, 9, 9 * y.slope + 9)
    return y


@structure("branch")
def branch(f):
    x = f.pick()
    condition = f.choice(["training", "not training", "true", f"{f.program.dim(3)} == 3", "1 > 2 or training"])
    if f.chance(0.4):
        y = f.within(f.pick(ok=lambda v: v.shape == x.shape, shape=x.shape), -50, 50)
        if y.dtype == x.dtype:
            return f.like(f"{x} if {condition} else {y}", x, min(x.low, y.low), max(x.high, y.high),
                          max(x.slope, y.slope))
    x = f.within(x, -3, 3)
    name = f.name()
    f.line(f"{name} = {x}")
    f.line(f"if {condition} {{")
    inner(f, lambda: f.line(f"{name} = {step(f, x)}"))
    if f.chance(0.5):
        f.line("} else {")
        inner(f, lambda: f.line(f"{name} = {step(f, x)}"))
    f.line("}")
    return f.add(type(x)(name, x.dtype, x.shape, -8, 8, 3 * x.slope + 3))


@structure("call")
def call(f):
    """A function of the program, or a module of it."""
    known = list(f.program.functions) + (f.module.inner if f.module else [])
    if not known:
        return loop(f)
    function = f.choice(known)
    arguments = []
    for parameter in function.parameters:
        if parameter.kind == "float":
            value = f.within(f.pick(shape=parameter.shape), -1, 1)
            value = f.f32(value) if function.typed else value
            value = value if value.dtype == parameter.dtype else f.let(
                f"{value}.to({parameter.dtype})", parameter.dtype, value.shape, value.low, value.high, value.slope)
        else:
            value = f.let(f"{f.pick(parameter.kind, shape=parameter.shape)} % 2", "i64", parameter.shape, 0, 1) \
                if parameter.kind == "int" else f.pick("bool", shape=parameter.shape)
            if value.dtype != parameter.dtype:
                value = f.let(f"{value}.long()", "i64", value.shape, 0, 1)
        arguments.append(value)
    slope = max([value.slope for value in arguments] + [1.0])
    text = f"{function.name}({', '.join(map(str, arguments))})"
    if len(function.results) > 1:
        names = [f.name() for _ in function.results]
        f.line(f"{', '.join(names)} = {text}")
        for name, r in zip(names, function.results):
            last = f.add(type(r)(name, r.dtype, r.shape, r.low, r.high, r.slope * slope))
        return last
    result = function.results[0]
    return f.let(text, result.dtype, result.shape, result.low, result.high, result.slope * slope)
