# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Writes random well-typed programs: the same text for the same seed. Each seed has built-ins of its own that it must
# use, so that any hundred programs in a row use all.
#
#   generate.py SEED [SEED…]     prints programs that can stand in one file
import random
import sys

import activations  # noqa: F401  (rules register themselves)
import control  # noqa: F401
import elementwise  # noqa: F401
import indexing  # noqa: F401
import losses  # noqa: F401
import recurrent  # noqa: F401
import reductions  # noqa: F401
import shapes  # noqa: F401
import sampling  # noqa: F401
import windows  # noqa: F401
from blocks import write_block
from builder import Function, Value
from rules import FUNCTIONS, NEEDS_MODULE, RARE, SETTINGS, STRUCTURE

NAMES = sorted(FUNCTIONS)
STATEFUL = sorted(NEEDS_MODULE - RARE)
FEATURED = 4


class Callable:
    """A function of the program as its callers see it."""

    def __init__(self, name, parameters, results, typed):
        self.name, self.parameters, self.results, self.typed = name, parameters, results, typed


class Module:
    """A module that is being written."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.fields, self.texts, self.inner, self.functions = [], {}, [], []
        self.weights = []

    def parameter(self, shape):
        name = f"w{len(self.fields)}"
        sizes = f"[{', '.join(map(str, shape))}]" if shape else ""
        start = f" = {'ones(' + ', '.join(map(str, shape)) + ')' if shape else '1'}"
        self.fields.append(f"parameter {name}: f32{sizes}{start}")
        return Value(name, "f32", shape, -1, 1, 1.0, leaf=True)

    def buffer(self, dtype, shape):
        """The name of a tensor that its functions may assign to."""
        name = f"b{len(self.fields)}"
        sizes = ", ".join(map(str, shape))
        self.fields.append(f"buffer {name}: {dtype}[{sizes}] = zeros({sizes})" if shape else f"buffer {name}: {dtype} = 0")
        return name

    def weight(self):
        """The weight of a layer that may be called as well: tied."""
        if not self.weights or self.program.random.random() < 0.3:
            rows, columns = self.program.random.choice([1, 2, 3, 5]), self.program.random.choice([1, 3, 4, 8])
            name = self.submodule(f"Linear({columns}, {rows})")
            self.weights.append(Value(f"{name}.weight", "f32", (rows, columns), -1, 1, 1.0, leaf=True))
        return self.program.random.choice(self.weights)

    def submodule(self, text):
        shared = self.texts.setdefault(text, [])
        if shared and self.program.random.random() < 0.5:
            return self.program.random.choice(shared)
        name = f"l{len(self.fields)}"
        self.fields.append(f"{name} = {text}")
        shared.append(name)
        return name

    def use(self, function):
        """Another module as a submodule, perhaps under two names."""
        name = f"m{len(self.fields)}"
        self.fields.append(f"{name} = {function.name}()")
        self.inner.append(Callable(name, function.parameters, function.results, True))
        if self.program.random.random() < 0.3:
            self.fields.append(f"again{name} = {name}")
            self.inner.append(Callable("again" + name, function.parameters, function.results, True))

    def text(self):
        return "\n".join([f"module {self.name} {{"] + [f"  {field}" for field in self.fields] + self.functions + ["}"])


class Program:
    """The items of one seed, with names of their own."""

    def __init__(self, seed):
        self.random, self.seed = random.Random(seed), seed
        self.items, self.dims, self.functions = [], {}, []
        self.large = self.random.random() < 0.15
        self.featured = [NAMES[(seed * FEATURED + at) % len(NAMES)] for at in range(FEATURED)]

    def dim(self, extent):
        """The name of a dim or a constant of this extent."""
        name = f"N{self.seed}_{extent}"
        self.dims[extent] = name
        return name

    def text(self):
        header = [f"dim {name} = {extent}" for extent, name in self.dims.items()]
        return "\n".join([f"# seed {self.seed}"] + header + self.items) + "\n"

    def fill(self, function, names, count):
        """Writes statements: calls of the named built-ins among others."""
        names = list(names)
        function.input("float", function.shape())
        available = [name for name in NAMES if name not in RARE and (function.module or name not in NEEDS_MODULE)]
        while names or count > 0:
            count -= 1
            draw = self.random.random()
            if draw < 0.2:
                STRUCTURE[self.random.choice(sorted(STRUCTURE))](function)
                continue
            if names and draw < 0.5 + 0.5 * (count <= 0):
                name = names.pop()
            elif function.module and draw > 0.85:
                name = self.random.choice(STATEFUL)
            else:
                name = self.random.choice(available)
            try:
                FUNCTIONS[name](function, name)
            except LookupError:  # no value fits, and no new one was found
                names += [name] if name in self.featured else []

    def finish(self, function, name, indent=""):
        """Writes the end of a function and its head; gives it as its callers see it."""
        results = [v for v in function.values if not v.used and not v.leaf][-5:]
        floats = [v for v in function.values if v.slope and not v.leaf and v not in results]
        if not any(v.slope for v in results) and floats:
            results.append(self.random.choice(floats))
        if not any(v.slope for v in results):
            steep = [v for v in function.values if v.slope and v.elements]
            x = function.within(self.random.choice(steep or [function.input("float", (3,))]), -2, 2)
            results.append(function.like(f"{x} * {x}", x, -4, 4, 4 * x.slope))
        returned = []
        for at, value in enumerate(results):
            taken = function.chance(0.2) or value.text in [v.text for v in results[:at]]
            returned.append(f"r{at} = {value}" if taken else str(value))
        function.line(f"return {', '.join(returned)}")
        head = f"fn {name}({function.signature()}){self.result_types(function, results)}"
        body = [indent + line for line in function.lines]
        parameters = [Value(n, dtype, shape) for n, dtype, shape in function.inputs]
        return "\n".join([f"{indent}{head} {{"] + body + [indent + "}"]), \
            Callable(name, parameters, results, function.typed)

    @staticmethod
    def result_types(function, results):
        """Half of the functions say what their results are."""
        if function.chance(0.5):
            return ""
        types = [function.type(value.dtype, value.shape) for value in results]
        return f" -> {types[0]}" if len(types) == 1 else f" -> ({', '.join(types)})"

    def function(self, name, names, count, typed=True):
        function = Function(self, typed=typed)
        if not typed:
            function.max_inputs = 3
        self.fill(function, names, count)
        text, known = self.finish(function, name)
        self.items.append(text)
        return known

    def module(self, name, names, count, inner=()):
        module = Module(self, name)
        for known in inner:
            module.use(known)
        forward = Function(self, module)
        self.fill(forward, names, count)
        text, known = self.finish(forward, "forward", "  ")
        module.functions.append(text)
        if self.random.random() < 0.4:
            extra = Function(self, module)
            self.fill(extra, [], self.random.randint(1, 4))
            module.functions.append(self.finish(extra, "extra", "  ")[0])
        self.items.append(module.text())
        return Callable(name, known.parameters, known.results, True)


def generate(seed):
    """The text of a program."""
    program = Program(seed)
    draw = program.random.random
    stateful = [name for name in program.featured if name in NEEDS_MODULE]
    others = [name for name in program.featured if name not in NEEDS_MODULE]
    for at in range(program.random.choice([0, 0, 1, 2])):
        names = [others.pop()] if others and draw() < 0.5 else []
        program.functions.append(program.function(f"h{seed}_{at}", names, program.random.randint(1, 3), draw() < 0.5))
    count = program.random.randint(5, 13)
    if stateful or draw() < 0.35:
        inner = [program.module(f"I{seed}", [], program.random.randint(1, 4))] if draw() < 0.4 else []
        program.module(f"P{seed}", stateful + others, count, inner)
    else:
        program.function(f"p{seed}", others, count)
    if seed % 5 == 0:
        write_block(program)
    return program.text()


if __name__ == "__main__":
    assert SETTINGS
    print("\n".join(generate(int(seed)) for seed in sys.argv[1:]), end="")
