# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Writes sequences of different lengths as an NPZ archive: write_sequences.py FILE ROWS [LENGTH_OF_ROW_0].
import math
import struct
import sys
import zipfile


def npy(descr, code, shape, values):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}{code}", *values)


rows, steps = int(sys.argv[2]), 7
lengths = [1 + row * 3 % steps for row in range(rows)]
lengths[0] = int(sys.argv[3]) if len(sys.argv) > 3 else lengths[0]
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("x.npy", npy("<f4", "f", (rows, steps, 10), [math.sin(i) for i in range(rows * steps * 10)]))
    archive.writestr("lengths.npy", npy("<i8", "q", (rows,), lengths))
    archive.writestr("y.npy", npy("<f4", "f", (rows, 20), [math.cos(i) / 4 for i in range(rows * 20)]))
