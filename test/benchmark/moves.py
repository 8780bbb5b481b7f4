# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Moves of elements and rows that indices choose, for bench.py and peers.py."""

# The case, what it is called, and how many times a copy it may take at most.
MOVES = {
    "copied": ("1024×1024 plus 1", None),
    "padded": ("pad by 1, plus 1", 1.3),
    "reflected": ("pad by 1 with reflections, plus 1", 1.3),
    "flipped": ("flip of rows, plus 1", 1.3),
    "rolled": ("roll along rows, plus 1", 1.3),
    "halved": ("every second element of 512×2048, plus 1", 1.3),
    "joined": ("500 beside 524 columns, plus 1", 1.3),
    "slope_of_slice": ("gradient of a sum of squares of a slice", 1.3),
}
LOOKUP = "lookup-step"


def torch_case(torch, compiled, name):
    """A call of the case in PyTorch, or None."""
    functional = torch.nn.functional
    if name == LOOKUP:
        return torch_lookup(torch, compiled)
    if name not in MOVES:
        return None
    x, wide = torch.rand(1024, 1024), torch.rand(512, 2048)
    parts = torch.rand(1024, 500), torch.rand(1024, 524)

    def slope_of_slice():
        leaf = x.detach().requires_grad_()
        (leaf[1:, 1:] * leaf[1:, 1:]).sum().backward()
        return leaf.grad

    calls = {
        "copied": lambda: x + 1,
        "padded": lambda: functional.pad(x, (1, 1, 1, 1)) + 1,
        "reflected": lambda: functional.pad(x[None], (1, 1), mode="reflect") + 1,
        "flipped": lambda: torch.flip(x, [1]) + 1,
        "rolled": lambda: torch.roll(x, 1, 1) + 1,
        "halved": lambda: wide[:, ::2] + 1,
        "joined": lambda: torch.cat(parts, 1) + 1,
        "slope_of_slice": slope_of_slice,
    }
    return compiled(calls[name])


def torch_lookup(torch, compiled):
    table, head = torch.nn.Embedding(20000, 128), torch.nn.Linear(128, 10)
    optimizer = torch.optim.SGD([*table.parameters(), *head.parameters()], lr=0.1)
    x, t = torch.randint(0, 20000, (32, 32)), torch.randint(0, 10, (32,))
    forward, update = compiled(lambda: head(table(x).mean(1))), compiled(optimizer.step)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(forward(), t)
        loss.backward()
        update()
        return loss

    return step
