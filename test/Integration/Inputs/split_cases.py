#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles each case of a file and prints what it says with its exit code: split_cases.py FILE FOLDER

A case begins with a line `=== NAME [OPTION…]`; the lines that follow are its model, but those that begin with CHECK.
"""
import os
import subprocess
import sys


def cases(path):
    """(name, options, model text) of each case in the file."""
    with open(path, encoding="utf-8") as file:
        parts = file.read().split("\n=== ")[1:]
    for part in parts:
        head, *lines = part.split("\n")
        name, *options = head.split()
        yield name, options, "\n".join(line for line in lines if not line.startswith("CHECK")) + "\n"


def main():
    source, folder = sys.argv[1:]
    for name, options, text in cases(source):
        model = os.path.join(folder, f"{name}.sinter")
        with open(model, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(["sinter", "compile", model, "--emit=graph", *options], capture_output=True, text=True)
        print(f"{name}: exit code {done.returncode}, {len(done.stdout)} bytes of IR")
        print(done.stderr, end="")


if __name__ == "__main__":
    main()
