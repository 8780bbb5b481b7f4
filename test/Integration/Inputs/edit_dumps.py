#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Edits the dumps of a model and runs what they become: it must give the numbers of the model edited likewise.

edit_dumps.py FOLDER MODEL TEXT NEW-TEXT PATTERN REPLACEMENT PHASES ARGUMENT…

Replaces TEXT in the model, and PATTERN (a regular expression) in the dumps of PHASES (a list with commas). ARGUMENTs are those of `run`.
"""
import os
import re
import shutil
import subprocess
import sys


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    folder, model, text, new_text, pattern, replacement, phases, *arguments = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    written = os.path.join(folder, os.path.basename(model))
    with open(model) as source, open(written, "w") as target:
        target.write(source.read().replace(text, new_text))
    wanted = output(["sinter", "run", written, *arguments])
    if wanted == output(["sinter", "run", model, *arguments]):
        sys.exit("the edit of the model changes nothing")
    print(wanted, end="")
    dumps = os.path.join(folder, "dumps")
    output(["sinter", "compile", model, f"--dump-phases={dumps}"])
    failed = False
    for name in sorted(os.listdir(dumps)):
        phase = re.match(r"\d+-(\w+)\.", name)[1]
        if phase not in phases.split(","):
            continue
        edited, program = os.path.join(folder, name), os.path.join(folder, phase)
        with open(os.path.join(dumps, name)) as source, open(edited, "w") as target:
            result, count = re.subn(pattern, replacement, source.read())
            target.write(result)
        output(["sinter", "compile", edited, f"--start-from={phase}", "--emit=exe", "-o", program])
        got = output([program, "run", *arguments])
        same = count > 0 and got == wanted
        print(f"{phase}: {'same numbers' if same else f'{count} edits, and other numbers: {got}'}")
        failed |= not same
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
