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
# What indices choose: the case, what it is called, its entry and size. "sparse" is the peers' form of gradients.
LOOKUPS = {
    "lookup-step": ("training step, Embedding 20000×128 of 32×32 tokens, mean, Linear, SGD", "Lookup.train_step", 32),
    "lookup-sparse-step": ("the same, sparse gradients in PyTorch", "Lookup.train_step", 32),
    "lookup-wide-step": ("training step, Embedding 50000×256 of 32×32 tokens, mean, Linear, SGD", "Wide.train_step", 32),
    "lookup-wide-sparse-step": ("the same, sparse gradients in PyTorch", "Wide.train_step", 32),
    "lookup-adam-step": ("training step, Embedding 20000×128 of 32×32 tokens, mean, Linear, Adam", "Moments.train_step", 32),
    "rows_at": ("1024 rows of 20000×128", "rows_at", None),
    "columns_at": ("512 columns of 1024×1024", "columns_at", None),
    "elements_at": ("256 elements of each row of 1024×1024", "elements_at", None),
    "slope_of_rows": ("gradient of 1024 rows of 20000×128", "slope_of_rows", None),
    "slope_of_elements": ("gradient of 256 elements of each row of 1024×1024", "slope_of_elements", None),
}


def torch_case(torch, compiled, name):
    """A call of the case in PyTorch, or None."""
    functional = torch.nn.functional
    if name in LOOKUPS:
        return torch_step(torch, compiled, name) if name.endswith("step") else torch_lookup(torch, compiled, name)
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


def torch_step(torch, compiled, name):
    rows, width = (50000, 256) if "wide" in name else (20000, 128)
    table, head = torch.nn.Embedding(rows, width, sparse="sparse" in name), torch.nn.Linear(width, 10)
    optimizers = {True: torch.optim.Adam, False: torch.optim.SGD}
    optimizer = optimizers["adam" in name]([*table.parameters(), *head.parameters()], lr=0.1)
    x, t = torch.randint(0, rows, (32, 32)), torch.randint(0, 10, (32,))
    forward, update = compiled(lambda: head(table(x).mean(1))), compiled(optimizer.step)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(forward(), t)
        loss.backward()
        update()
        return loss

    return step


def torch_lookup(torch, compiled, name):
    table, x = torch.rand(20000, 128), torch.rand(1024, 1024)
    rows, columns = torch.randint(0, 20000, (1024,)), torch.randint(0, 1024, (512,))
    elements, weights = torch.randint(0, 1024, (1024, 256)), torch.rand(1024, 256)
    row_weights = torch.rand(1024, 128)

    def slope(of, value):
        def call():
            leaf = value.detach().requires_grad_()
            of(leaf).sum().backward()
            return leaf.grad

        return call

    calls = {
        "rows_at": lambda: table[rows],
        "columns_at": lambda: torch.index_select(x, 1, columns),
        "elements_at": lambda: torch.gather(x, 1, elements),
        "slope_of_rows": slope(lambda leaf: leaf[rows] * row_weights, table),
        "slope_of_elements": slope(lambda leaf: torch.gather(leaf, 1, elements) * weights, x),
    }
    return compiled(calls[name])
