# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check_loops.py REPORT: what `sinter bench --json` says about the training step of steps.sinter."""
import json
import sys

N, T, I, H, C = 4, 5, 8, 16, 3
entry, = json.load(open(sys.argv[1]))["entries"]
kernels = entry["kernels"]

# Forward, weights, what reaches the step before; the layer behind it, once each. Nothing reaches the input.
recurrent = 2 * N * T * 4 * H * ((I + H) + (I + H) + H)
assert entry["product_flops"] == recurrent + 3 * 2 * N * H * C, entry["product_flops"]
assert entry["product_flops"] == sum(kernel["product_flops"] for kernel in kernels)
assert entry["flops"] > entry["product_flops"]

looped = [kernel for kernel in kernels if kernel["launches"] == T]
assert {kernel["launches"] for kernel in kernels} == {1, T}, kernels
assert sum(kernel["product_flops"] for kernel in looped) == 2 * N * T * 4 * H * (H + H), looped

assert all(kernel["seconds"] > 0 for kernel in kernels), kernels
