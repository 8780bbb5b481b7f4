# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes an NPY file of f32 or i64: write_npy.py FILE SHAPE VALUE…, such as 8,4 and values that repeat; i64 without a point."""
import itertools
import struct
import sys

shape = tuple(int(extent) for extent in sys.argv[2].split(","))
integers = not any("." in value for value in sys.argv[3:])
count = 1
for extent in shape:
    count *= extent
values = list(itertools.islice(itertools.cycle(int(value) if integers else float(value) for value in sys.argv[3:]), count))
header = f"{{'descr': '{'<i8' if integers else '<f4'}', 'fortran_order': False, 'shape': {shape}, }}"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open(sys.argv[1], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack(f"<{count}{'q' if integers else 'f'}", *values))
