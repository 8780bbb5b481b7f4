#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes sequences.npz and two-sequences.npy beside this file: the same bytes at every run.

Twenty sequences of 3 to 12 steps; what lies behind their ends is NaN, so that code which reads it shows at once. The
target of a sequence is a mean of its steps that weighs late ones more.
"""
import math
import random
import struct
import zipfile
from pathlib import Path

ROWS, STEPS, FEATURES, TARGETS = 20, 12, 10, 20


def npy(dtype, dims, values):
    header = f"{{'descr': '<{dtype}', 'fortran_order': False, 'shape': {dims}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = struct.pack(f"<{len(values)}{'f' if dtype == 'f4' else 'q'}", *values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def target_of(sequence):
    weights = [2.0**step for step in range(len(sequence))]
    means = [sum(w * step[feature] for w, step in zip(weights, sequence)) / sum(weights) for feature in range(FEATURES)]
    return [math.tanh(means[at % FEATURES] * (1 if at < FEATURES else -1)) for at in range(TARGETS)]


def padded(sequence, steps):
    return [value for step in sequence for value in step] + [math.nan] * (steps - len(sequence)) * FEATURES


def main():
    here, draw = Path(__file__).resolve().parent, random.Random(1)
    lengths = [draw.randint(3, STEPS) for _ in range(ROWS)]
    x, y = [], []
    for length in lengths:
        sequence = [[draw.uniform(-1, 1) for _ in range(FEATURES)] for _ in range(length)]
        x += padded(sequence, STEPS)
        y += target_of(sequence)
    members = {"x": npy("f4", (ROWS, STEPS, FEATURES), x), "lengths": npy("i8", (ROWS,), lengths),
               "y": npy("f4", (ROWS, TARGETS), y)}
    with zipfile.ZipFile(here / "sequences.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content)
    two = [[[draw.uniform(-1, 1) for _ in range(FEATURES)] for _ in range(length)] for length in (3, 1)]
    (here / "two-sequences.npy").write_bytes(npy("f4", (2, 3, FEATURES), padded(two[0], 3) + padded(two[1], 3)))


if __name__ == "__main__":
    main()
