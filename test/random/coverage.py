# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every built-in of the compiler's tables is used by the programs of the tests: a new one without a rule is an error.
#
#   coverage.py SOURCES FIRST:LAST     the folder of the tables, the seeds of the tests
import glob
import os
import re
import sys

from generate import generate

# What brings data to a train block has tests with files of its own (test/unit/Data, test/Integration).
DATA = {"idx", "npy", "npz", "cifar10", "TensorDataset", "ToTensor", "Normalize", "Compose"}


def builtins(folder):
    """The names in the tables: rows of families, and the objects of train blocks."""
    names = set()
    for path in glob.glob(os.path.join(folder, "*.cpp")):
        if os.path.basename(path) == "Reference.cpp":
            continue  # describes syntax beside the tables
        with open(path) as file:
            text = file.read()
        names |= set(re.findall(r'\{"(\w+)(?:\(|" SINTER_)', text))
    return names - DATA


def main():
    folder, seeds = sys.argv[1], range(*map(int, sys.argv[2].split(":")))
    known = builtins(folder)
    if len(known) < 250:
        sys.exit(f"expected the tables of built-ins in {folder}, but found {len(known)} names")
    used = set()
    for seed in seeds:
        used |= set(re.findall(r"\b(\w+)\(", generate(seed)))
    missing = sorted(known - used)
    if missing:
        sys.exit("no random program uses " + ", ".join(missing) + ": add a rule to test/random")
    print(f"all {len(known)} built-ins are used")


if __name__ == "__main__":
    main()
