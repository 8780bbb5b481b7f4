# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules of recurrent layers, their cells and packed sequences.
from rules import rule


def options_of(f, layers=True):
    options = f.choice(["", "", ", bias=false"])
    if layers:
        options += f.choice(["", ", num_layers=2"]) + f.choice(["", ", batch_first=true"])
    return options


def sequence(f, rank):
    """A small input: [T, N, features], or [T, features]."""
    return f.f32(f.within(f.pick(rank=rank, ok=lambda v: v.elements <= 200 and v.shape[-1] <= 8), -2, 2))


@rule("RNN", "GRU", "LSTM", module=True, rare=True)
def recurrent(f, name):
    x = sequence(f, (2, 3))
    hidden, both = f.choice([1, 2, 3]), f.chance(0.3)
    options = options_of(f) + (", bidirectional=true" if both else "")
    layer = f.layer(f"{name}({x.shape[-1]}, {hidden}{options})")
    return f.let(f"{layer}({x})[0]", "f32", x.shape[:-1] + (hidden * (1 + both),), -1, 1, 20 * x.slope + 20)


@rule("RNNCell", "GRUCell", "LSTMCell", module=True, rare=True)
def cell(f, name):
    x = sequence(f, (1, 2))
    hidden = f.choice([1, 2, 5])
    layer = f.layer(f"{name}({x.shape[-1]}, {hidden}{options_of(f, layers=False)})")
    first = "[0]" if name == "LSTMCell" else ""
    return f.let(f"{layer}({x}){first}", "f32", x.shape[:-1] + (hidden,), -1, 1, 10 * x.slope + 10)


@rule("pack_padded_sequence", "pad_packed_sequence", module=True, rare=True)
def packed(f, name):
    x = sequence(f, (3, 3))
    steps, rows, features = x.shape
    lengths = [f.random.randint(1, steps) for _ in range(rows)]
    hidden = f.choice([1, 3])
    layer = f.layer(f"{f.choice(['RNN', 'GRU', 'LSTM'])}({features}, {hidden}, bidirectional=true)")
    text = f"pack_padded_sequence({x}, tensor({lengths}), enforce_sorted=false)"
    return f.let(f"pad_packed_sequence({layer}({text})[0])[0]", "f32", (steps, rows, 2 * hidden), -1, 1, 20 * x.slope + 20)
