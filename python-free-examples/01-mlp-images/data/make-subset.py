#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the first images of Fashion-MNIST beside this file: the same bytes at every run.

    make-subset.py FOLDER        # of the four .gz files, for example Debian's /usr/share/datasets/fashion-mnist
"""
import gzip
import struct
import sys
from pathlib import Path

COUNTS = {"train": 3000, "t10k": 500}


def idx(dims, data):
    return struct.pack(f">HBB{len(dims)}I", 0, 8, len(dims), *dims) + data


def first_rows(path, rows):
    """The first rows of an IDX file of bytes: (dims, data)."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    dims = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
    row = 1
    for dim in dims[1:]:
        row *= dim
    begin = 4 + 4 * rank
    return (rows, *dims[1:]), content[begin : begin + rows * row]


def npy(dims, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {dims}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values)


def main():
    source, here = Path(sys.argv[1]), Path(__file__).resolve().parent
    for part, rows in COUNTS.items():
        for kind in ("images-idx3", "labels-idx1"):
            name = f"{part}-{kind}-ubyte.gz"
            (here / name).write_bytes(gzip.compress(idx(*first_rows(source / name, rows)), mtime=0))
    dims, data = first_rows(source / "t10k-images-idx3-ubyte.gz", 10)
    brightness = [byte / 255 for byte in data]
    (here / "ten-test-images.npy").write_bytes(npy((10, 1, *dims[1:]), brightness))
    (here / "ten-test-rows.npy").write_bytes(npy(dims, brightness))


if __name__ == "__main__":
    main()
