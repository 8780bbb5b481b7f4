#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a model twice, then continues from each of its dumps; all must give the same object: resume_dumps.py FOLDER MODEL [OPTION…]

The dumps carry their own settings, so OPTIONs (such as -O0) are given to the first compilations alone.
"""
import os
import shutil
import subprocess
import sys

PHASES = ["graph", "grad", "fused", "kernels", "linalg", "loops", "llvm"]


def compile_object(folder, arguments):
    """The bytes of the object that `sinter compile ARGUMENTS` writes."""
    path = os.path.join(folder, "code.o")
    if os.path.exists(path):
        os.remove(path)
    done = subprocess.run(["sinter", "compile", *arguments, "--emit=obj", "-o", path], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"sinter compile {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
    with open(path, "rb") as file:
        return file.read()


def main():
    folder, model, *options = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    whole = compile_object(folder, [model, *options])
    dumps = os.path.join(folder, "dumps")
    failed = compile_object(folder, [model, *options, f"--dump-phases={dumps}"]) != whole
    print(f"again: {'other bytes' if failed else 'same bytes'}")
    for number, phase in enumerate(PHASES, 1):
        dump = os.path.join(dumps, f"0{number}-{phase}.mlir")
        same = compile_object(folder, [dump, f"--start-from={phase}"]) == whole
        print(f"{phase}: {'same bytes' if same else 'other bytes'}")
        failed |= not same
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
