# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What rules build programs with: values with what is known about them, and the body of one function. Every value
# carries bounds and a bound of its slope by the inputs, so that finite differences stay meaningful: no poles, no
# logarithms of almost 0, no overflow, and jumps only at places that no value lies on by construction.
import math
import re

EXTENTS = [1, 2, 2, 3, 3, 3, 4, 5, 5, 7, 8, 9, 11, 13, 16, 17, 31]
LARGE_EXTENTS = [1, 2, 3, 8, 15, 16, 33, 48, 64, 65, 100, 127]
LARGEST, LARGE = 120, 6000  # elements of most values, usually and in large programs
STEEPEST = 12.0


class Value:
    """A tensor of a program: text that names it, type, bounds, and a bound of its slope by any input."""

    def __init__(self, text, dtype, shape, low=-1.0, high=1.0, slope=0.0, leaf=False):
        self.text, self.dtype, self.shape = text, dtype, tuple(shape)
        self.low, self.high, self.slope, self.leaf = float(low), float(high), float(slope), leaf
        self.used = False

    @property
    def rank(self):
        return len(self.shape)

    @property
    def elements(self):
        return math.prod(self.shape)

    @property
    def kind(self):
        return {"f": "float", "i": "int", "b": "bool"}[self.dtype[0]]

    @property
    def magnitude(self):
        return max(abs(self.low), abs(self.high))

    def __str__(self):
        self.used = True
        return self.text


def number(value):
    """A literal; with a point, so that it is a float."""
    text = f"{value:.4g}"
    if "e" in text:
        text = f"{value:.4e}"
    return text if "." in text or "e" in text else text + ".0"


def text_of(argument):
    if isinstance(argument, bool):
        return "true" if argument else "false"
    if isinstance(argument, float):
        return number(argument)
    if isinstance(argument, (list, tuple)):
        return "[" + ", ".join(text_of(item) for item in argument) + "]"
    return "none" if argument is None else str(argument)


def broadcast(*shapes):
    """The common shape, or None."""
    rank = max(len(shape) for shape in shapes)
    result = []
    for dim in range(rank):
        extents = {shape[dim - rank + len(shape)] for shape in shapes if dim - rank + len(shape) >= 0} - {1}
        if len(extents) > 1:
            return None
        result.append(extents.pop() if extents else 1)
    return tuple(result)


class Function:
    """The body of a function that is being written."""

    def __init__(self, program, module=None, typed=True):
        self.program, self.module, self.random = program, module, program.random
        self.values, self.lines, self.inputs = [], [], []
        self.large = program.large
        self.room = LARGE if program.large else LARGEST
        self.typed, self.depth, self.names, self.max_inputs = typed, 1, 0, 6
        self.plain = False  # whether every value gets a name of its own

    # Randomness.
    def chance(self, probability):
        return self.random.random() < probability

    def choice(self, items):
        return self.random.choice(items)

    def uniform(self, low, high):
        return float(f"{self.random.uniform(low, high):.4g}")

    def offset(self):
        """A number that no constant of a program is near to."""
        return round(self.random.uniform(0.05, 0.45), 2) + 0.00371

    def shape(self, least=0, most=4, largest=None, empty=0.02):
        rank = self.choice([rank for rank in (0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5) if least <= rank <= most] or [least])
        shape = []
        for _ in range(rank):
            room = (largest or self.room) // max(1, math.prod(shape))
            extents = LARGE_EXTENTS if self.large and not largest else EXTENTS
            shape.append(self.choice([extent for extent in extents if extent <= room] or [1]))
        self.random.shuffle(shape)
        if shape and self.chance(empty):
            shape[self.random.randrange(rank)] = 0
        elif rank in (1, 2) and not largest and self.chance(0.03):
            shape[self.random.randrange(rank)] = self.choice([67, 128, 133, 200, 257])
        return tuple(shape)

    # Text.
    def line(self, text):
        self.lines.append("  " * self.depth + text)

    def name(self, letter="v"):
        self.names += 1
        return f"{letter}{self.names}"

    def call(self, function, *arguments, **options):
        """Text of a call, as a function or as a method."""
        texts = [text_of(argument) for argument in arguments]
        texts += [f"{name}={text_of(option)}" for name, option in options.items()]
        if isinstance(arguments[0], Value) and self.chance(0.4):
            return f"{texts[0]}.{function}({', '.join(texts[1:])})"
        prefix = self.choice(["", "", "", "", "F.", "torch."])
        if function == "unfold" and prefix == "F.":  # another function
            prefix = ""
        return f"{prefix}{function}({', '.join(texts)})"

    def names_it(self, name, probability):
        """Whether to call a function that has an operator, too: always where the program is to use it."""
        return self.chance(probability) or name in self.program.featured

    def extent(self, extent, of=None):
        """An integer that is known while compiling: a literal, a dim, a calculation, or what a tensor says of itself."""
        if extent > 0 and self.chance(0.15):
            return self.program.dim(extent)
        if self.chance(0.08):
            return self.calculation(extent)
        if of is not None and extent in of.shape and self.chance(0.2):
            dim = of.shape.index(extent)
            return self.choice([f"{of}.shape[{dim}]", f"{of}.size({dim})", f"size({of}, {dim - of.rank})"])
        return str(extent)

    def calculation(self, result):
        """A calculation that has this result in Python."""
        a, b = self.random.randint(-9, 9), self.choice([-7, -4, -3, -2, 2, 3, 5])
        x, y = self.choice([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.7]), self.choice([-0.7, -0.3, 0.1, 0.4])
        part = self.choice([f"{a} // {b}", f"{a} % {b}", f"{a} ** 2", f"-{abs(b)} ** 3", f"round({x})", f"floor({x})",
                            f"ceil({x})", f"trunc({x})", f"floor({x} // {y})", f"round({x} % {y} * 10)"])
        value = eval(part, {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc})  # pylint: disable=eval-used
        return f"({part} + {result - value})" if result >= value else f"({part} - {value - result})"

    # Values.
    def add(self, value):
        self.values.append(value)
        return value

    def let(self, text, dtype, shape, low, high, slope=0.0):
        """Binds an expression to a new name, or keeps it as a part of what will use it."""
        low, high = min(low, high), max(low, high)
        value = Value("", dtype, shape, low, high, slope)
        if not self.plain and len(text) < 50 and "rand" not in text and self.chance(0.2):
            value.text = f"({text})"
            return self.add(value)
        value.text = self.name()
        self.line(f"{value.text} = {text}")
        return self.add(value)

    def forget(self, name):
        """Drops the values that a new meaning of a name changes."""
        self.values = [v for v in self.values if not re.search(rf"\b{name}\b", v.text)]

    def like(self, text, value, low=None, high=None, slope=None, shape=None):
        return self.let(text, value.dtype, value.shape if shape is None else shape,
                        value.low if low is None else low, value.high if high is None else high,
                        value.slope if slope is None else slope)

    def input(self, kind, shape):
        """A new parameter of the function."""
        name = f"x{len(self.inputs)}"
        dtype = {"float": "f64" if self.chance(0.04) else "f32", "int": "i64", "bool": "bool"}[kind]
        self.inputs.append((name, dtype, shape))
        slope = 1.0 if kind == "float" else 0.0
        return self.add(Value(name, dtype, shape, -slope, 1, slope, leaf=True))

    def fresh(self, kind, shape):
        """A new input, parameter or constant."""
        shape = tuple(shape)
        if self.module and kind == "float" and self.chance(0.35):
            return self.add(self.module.parameter(shape))
        if len(self.inputs) < self.max_inputs and not self.chance(0.1):
            return self.input(kind, shape)
        sizes = ", ".join(str(extent) for extent in shape)
        if kind == "bool":
            return self.let(f"rand({text_of(shape)}) > {number(self.offset())}", "bool", shape, 0, 1)
        if kind == "int":
            return self.let(f"randint(-3, 4, {text_of(shape)})", "i64", shape, -3, 3)
        if shape and self.chance(0.5):
            return self.let(f"linspace(-0.9, 1.1, {math.prod(shape)}).reshape({sizes})", "f32", shape, -0.9, 1.1)
        return self.let(f"rand({sizes})" if shape else "rand([])", "f32", shape, 0, 1)

    def pick(self, kind="float", ok=None, shape=None, rank=(0, 5), empty=False):
        """A value of a kind, of this shape or of one that `ok` accepts; a new one if there is none."""
        def fits(v):
            return (v.kind == kind and (empty or v.elements) and rank[0] <= v.rank <= rank[1]
                    and (shape is None or v.shape == tuple(shape)) and (ok is None or ok(v)))
        found = [v for v in self.values if fits(v)]
        if not found or (self.chance(0.08) and len(self.inputs) < self.max_inputs):
            for _ in range(200):
                new = shape if shape is not None else self.shape(*rank, empty=0.02 if empty else 0)
                if ok is None or ok(Value("", "f32" if kind == "float" else "i64", new)):
                    return self.fresh(kind, new)
            raise LookupError("no shape fits")
        unused = [v for v in found if not v.used]
        return self.choice(unused if unused and self.chance(0.6) else found)

    def partner(self, value, kind="float"):
        """A value that broadcasts with another one, to at most a few hundred elements."""
        def fits(v):
            common = broadcast(v.shape, value.shape)
            return common is not None and math.prod(common) <= 2 * self.room
        found = [v for v in self.values if v.kind == kind and fits(v)]
        if found and not self.chance(0.2):
            return self.choice(found)
        drop = self.random.randrange(value.rank + 1) if self.chance(0.5) else 0
        return self.fresh(kind, [1 if self.chance(0.25) else extent for extent in value.shape[drop:]])

    # Keeping values where a function is tame.
    def within(self, value, low=-math.inf, high=math.inf, slope=STEEPEST):
        """The value, or a tamer one, within bounds and not too steep."""
        if value.slope > slope:
            factor = float(f"{slope / value.slope * 0.98:.3g}")
            value = self.like(f"{value} * {factor!r}", value, value.low * factor, value.high * factor,
                              value.slope * factor)
        if low <= value.low and value.high <= high:
            return value
        if value.high - value.low <= high - low and value.magnitude < 100:
            room = (high - low) - (value.high - value.low)
            if math.isinf(room):
                shift = low - value.low if math.isfinite(low) else high - value.high
            else:
                shift = low - value.low + room / 2
            shift = round(shift + 0.001 * (1 if math.isinf(high) else 0), 3)
            if low <= value.low + shift and value.high + shift <= high:
                return self.like(f"{value} + {number(shift)}", value, value.low + shift, value.high + shift)
        return self.squashed(value, low, high)

    def squashed(self, value, low, high):
        low, high = max(low, min(-2.0, high - 3)), min(high, max(2.0, low + 3))
        middle, half = (low + high) / 2, (high - low) / 2 * 0.97
        scale = float(f"{min(1.0, 2.0 / max(value.magnitude, 1e-3)):.2g}")
        squash = self.choice(["tanh", "sin", "erf", "softsign"])
        text = f"{squash}({value} * {scale!r}) * {half:.4g} + {number(middle)}"
        return self.let(text, self.float_of(value), value.shape, middle - half, middle + half,
                        value.slope * scale * half * (1.2 if squash == "erf" else 1))

    @staticmethod
    def float_of(*values):
        """The dtype of arithmetic of these: tensors with dims decide."""
        floats = [v for v in values if v.kind == "float"]
        if not floats:
            return "f32"
        level = [v for v in floats if v.rank] or floats
        return "f64" if any(v.dtype == "f64" for v in level) else "f32"

    def f32(self, value):
        """The value as f32."""
        if value.dtype == "f32":
            return value
        return self.let(f"{value}.float()", "f32", value.shape, value.low, value.high, value.slope)

    def generic(self, value, scale=3.0):
        """Text of an expression that has no values near integers by construction, and its bounds."""
        value = self.within(value, -3, 3)
        shift = self.offset()
        return f"{value} * {number(scale)} + {shift:.5f}", value.low * scale + shift, value.high * scale + shift

    def dims(self, value, least=0):
        """Some dims to reduce: the argument and the set; None for all."""
        every = list(range(value.rank))
        if not every or (least == 0 and self.chance(0.3)):
            return None, set(every)
        if self.chance(0.6):
            dim = self.choice(every)
            return dim - value.rank * self.chance(0.4), {dim}
        some = self.random.sample(every, self.random.randint(1, value.rank))
        return [dim - value.rank * self.chance(0.3) for dim in some], set(some)

    def reduced(self, value, dims, keep):
        return tuple(1 if dim in dims else extent for dim, extent in enumerate(value.shape) if keep or dim not in dims)

    def signature(self):
        if not self.typed:
            return ", ".join(name for name, _, _ in self.inputs)
        return ", ".join(f"{name}: {self.type(dtype, shape)}" for name, dtype, shape in self.inputs)

    def type(self, dtype, shape):
        if not shape:
            return dtype
        return f"{dtype}[{', '.join(self.extent(extent) for extent in shape)}]"

    # Layers.
    def eps(self, value):
        """A normalization's eps: large where the variance may be almost 0."""
        return self.choice([1e-5, 0.1]) if value.leaf and value.elements >= 12 else self.choice([0.1, 0.25])

    def layer(self, text, keep=False):
        """Text of a layer to call: made on the spot, or a submodule, which may be shared."""
        from rules import NEEDS_MODULE
        keep = keep or text.split("(")[0] in NEEDS_MODULE
        if self.module and not re.search(r"\b[vxc]\d", text) and (keep or self.chance(0.5)):
            return self.module.submodule(text)
        return text
