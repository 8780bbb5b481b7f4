# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The suite of golden cases; see golden_format.py.
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(config.sinter_source_root, "test", "golden"))
import golden_format

config.name = "sinter-golden"
config.test_format = golden_format.GoldenFormat(
    os.path.join(config.sinter_source_root, "test", "golden"), os.path.join(config.sinter_binary_root, "bin", "sinter"))
