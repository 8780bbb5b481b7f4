# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints keys and elements of a safetensors file of f32, f64 and i64: print_tensors.py FILE [PREFIX]"""
import json
import struct
import sys

data = open(sys.argv[1], "rb").read()
prefix = sys.argv[2] if len(sys.argv) > 2 else ""
size = struct.unpack("<Q", data[:8])[0]
for key, tensor in sorted(json.loads(data[8:8 + size]).items()):
    if key == "__metadata__" or not key.startswith(prefix):
        continue
    begin, end = (8 + size + offset for offset in tensor["data_offsets"])
    code, width, form = {"F32": ("f", 4, "{:.5f}"), "F64": ("d", 8, "{:.5f}"), "I64": ("q", 8, "{}")}[tensor["dtype"]]
    values = struct.unpack(f"<{(end - begin) // width}{code}", data[begin:end])
    print(f"{key}:", *map(form.format, values))
