# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for statements: loops, branches, calls of the program's functions and modules.
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
    names = [v.text for v in f.values if v.text.isidentifier() and not (f.module and v.text.startswith("w"))]
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
    name, result = f.name(), {}
    f.line(f"{name} = for i in 0..{count} {{")

    def body():
        value = f.like(f"{x}[i]" + f.choice(["", f" * {x}[i + 1]", f" - 0.5 * {x}[{extent - 1} - i]"]), x, -4, 4,
                       4 * x.slope, x.shape[1:])
        result["value"] = step(f, f.within(value, -3, 3)) if f.chance(0.5) else value
        f.line(f"yield {result['value']}")
    inner(f, body)
    f.line("}")
    value = result["value"]
    use = f.choice([name, f"stack({name}, dim=0)", f"cat({name}, dim=0)"] if value.rank else [name, f"stack({name})"])
    shape = (count,) + value.shape
    if use.startswith("cat"):
        shape = (count * value.shape[0],) + value.shape[1:]
    return f.like(f"1.0 * {use}", value, shape=shape)


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
