#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Removes the lines with a text from dumps, compiles what is left, and prints the errors.

edit_lines.py DUMPS TEXT FOLDER PHASES: fails unless every compilation ends with exit code 1.
"""
import os
import re
import subprocess
import sys

dumps, text, folder, phases = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
for name in sorted(os.listdir(dumps)):
    phase = re.match(r"\d+-(\w+)\.", name)[1]
    if phase not in phases.split(","):
        continue
    edited = os.path.join(folder, name)
    with open(os.path.join(dumps, name)) as source, open(edited, "w") as target:
        target.writelines(line for line in source if text not in line)
    command = ["sinter", "compile", edited, f"--start-from={phase}", "--emit=obj", "-o", edited + ".o"]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stderr, end="")
    if done.returncode != 1:
        sys.exit(f"{name}: expected exit code 1, but got {done.returncode}")
