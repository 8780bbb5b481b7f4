#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes an NPZ archive of zeros, deflated: write_archive.py FILE NAME=DTYPE:SHAPE…, such as x=<f4:70,5; DTYPE! has a header alone."""
import struct
import sys
import zipfile

CHUNK = bytes(1 << 20)

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    for argument in sys.argv[2:]:
        name, text = argument.split("=")
        dtype, extents = text.split(":")
        shape = tuple(int(extent) for extent in extents.split(","))
        header = f"{{'descr': '{dtype.rstrip('!')}', 'fortran_order': False, 'shape': {shape}, }}"
        header += " " * (63 - (10 + len(header)) % 64) + "\n"
        rest = 0 if dtype.endswith("!") else int(dtype[2])
        for extent in shape:
            rest *= extent
        with archive.open(name + ".npy", "w", force_zip64=True) as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
            while rest > 0:
                file.write(CHUNK[:min(rest, len(CHUNK))])
                rest -= len(CHUNK)
