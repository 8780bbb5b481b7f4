#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes shapes.tar.gz: colored drawings of ten shapes in the form of CIFAR-10's binary version, 1500 to train with and 300 to test."""
import gzip
import io
import random
import tarfile

SIDE = 32


def inside(shape, x, y, size):
    """Whether a place, from the center of the shape, belongs to it."""
    radius = (x * x + y * y) ** 0.5
    largest = max(abs(x), abs(y))
    return {
        0: radius < size,  # disc
        1: 0.6 * size < radius < size,  # ring
        2: largest < size,  # square
        3: 0.6 * size < largest < size,  # frame
        4: abs(x) + abs(y) < size,  # diamond
        5: largest < size and min(abs(x), abs(y)) < 0.25 * size,  # plus
        6: largest < size and abs(abs(x) - abs(y)) < 0.35 * size,  # cross
        7: -size < y < size and abs(x) < (y + size) / 2,  # triangle
        8: largest < size and int(y + 16) % 4 < 2,  # lines
        9: largest < size and int(x + 16) % 4 < 2,  # columns
    }[shape]


def record(rng, shape):
    size = rng.uniform(6, 11)
    center = [rng.uniform(size, SIDE - size) for _ in range(2)]
    while True:
        colors = [[rng.randrange(256) for _ in range(3)] for _ in range(2)]
        if sum(abs(a - b) for a, b in zip(*colors)) > 200:
            break
    mask = [inside(shape, x - center[0], y - center[1], size) for y in range(SIDE) for x in range(SIDE)]
    return bytes([shape]) + b"".join(bytes(colors[here][channel] for here in mask) for channel in range(3))


def main():
    rng = random.Random(0)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, rows in [(f"data_batch_{i}.bin", 300) for i in range(1, 6)] + [("test_batch.bin", 300)]:
            content = b"".join(record(rng, row % 10) for row in range(rows))
            entry = tarfile.TarInfo("cifar-10-batches-bin/" + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with open("shapes.tar.gz", "wb") as file:
        file.write(gzip.compress(packed.getvalue(), mtime=0))


if __name__ == "__main__":
    main()
