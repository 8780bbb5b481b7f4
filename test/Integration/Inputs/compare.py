#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares two safetensors files: every tensor of WANT (but those named by --skip) must be in GOT, with the same numbers.

    compare.py GOT WANT [--tolerance=T] [--exact] [--skip=NAME,…]

A float tensor is met if max|got - want| <= T * max(max|want|, 1e-6); others must be equal. --exact asks for the same bits.
"""
import argparse
import json
import struct
import sys

FLOATS = {"F32": "f", "F64": "d"}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    offsets = {name: [8 + size + offset for offset in entry["data_offsets"]] for name, entry in header.items()}
    return {n: (e["dtype"], e["shape"], data[offsets[n][0] : offsets[n][1]]) for n, e in header.items()}


def difference(got, want, tolerance, exact):
    """What is wrong with `got`, or none."""
    if got[:2] != want[:2]:
        return f"expected {want[0]} {want[1]}, but got {got[0]} {got[1]}"
    if got[2] == want[2]:
        return None
    if exact or want[0] not in FLOATS:
        return "the bytes differ"
    form = FLOATS[want[0]]
    numbers = [struct.unpack(f"<{len(t[2]) // struct.calcsize(form)}{form}", t[2]) for t in (got, want)]
    error = max(abs(a - b) if a == a and b == b else (float("inf") if a == a or b == b else 0) for a, b in zip(*numbers))
    limit = tolerance * max(max(abs(b) for b in numbers[1]), 1e-6)
    return None if error <= limit else f"differs by {error:g}, more than {limit:g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("got")
    parser.add_argument("want")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--skip", default="")
    options = parser.parse_args()
    got, want = read(options.got), read(options.want)
    failed = 0
    for name in want:
        if name in options.skip.split(","):
            continue
        wrong = difference(got[name], want[name], options.tolerance, options.exact) if name in got else "is missing"
        if wrong:
            print(f"{name}: {wrong}")
            failed += 1
    print(f"{len(want) - failed} tensors agree" if not failed else f"{failed} tensors differ")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
