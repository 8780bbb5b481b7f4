# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The suite of GoogleTest programs: all that the build put into bin/unit.
import os

import lit.formats

config.name = "sinter-unit"
config.test_source_root = os.path.join(config.sinter_binary_root, "bin", "unit")
os.makedirs(config.test_source_root, exist_ok=True)
os.makedirs(config.test_exec_root, exist_ok=True)
config.test_format = lit.formats.GoogleTest(".", "")
