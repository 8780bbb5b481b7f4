#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mean_difference.py FILE A B MOST: fails if the mean of |A - B|, f32 tensors of a safetensors file, is above MOST."""
import struct
import sys

from compare import read

tensors = read(sys.argv[1])
a, b = ([value for value, in struct.iter_unpack("<f", tensors[name][2])] for name in sys.argv[2:4])
mean = sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)
print(f"mean difference of {len(a)} elements: {mean:.4f}")
sys.exit(mean > float(sys.argv[4]))
