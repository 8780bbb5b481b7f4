#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a model twice, then continues from the dump of each phase: all bundles must have the same bytes.

resume_dumps.py FOLDER MODEL [OPTION…]

OPTIONs that only the capture of a model reads (--entry, --dim, --dtype) go to compilations of text, the others (such as
-O0) to none that starts from a dump: it carries its own settings.
"""
import os
import re
import shutil
import subprocess
import sys


def compile_bundle(folder, arguments):
    """The files that `sinter compile ARGUMENTS` writes, by name."""
    subprocess.run(["sinter", "compile", *arguments, "-o", folder], check=True)
    files = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    shutil.rmtree(folder)
    return files


def main():
    folder, model, *options = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    dumps = os.path.join(folder, "dumps")
    bundle = os.path.join(folder, os.path.splitext(os.path.basename(model))[0])
    whole = compile_bundle(bundle, [model, *options])
    failed = False

    def compare(name, arguments):
        nonlocal failed
        files = compile_bundle(bundle, arguments)
        different = sorted(set(whole) ^ set(files)) + sorted(name for name in set(whole) & set(files) if whole[name] != files[name])
        print(f"{name}: {'other ' + ' '.join(different) if different else 'same bytes'}")
        failed |= bool(different)

    compare("again", [model, *options, f"--dump-phases={dumps}"])
    for name in sorted(os.listdir(dumps)):
        phase = re.match(r"\d+-(\w+)\.", name)[1]
        # Code of the last phases runs for weights only where it is trusted.
        more = options if phase == "source" else ["--trust"] if phase in ("loops", "llvm") else []
        compare(phase, [os.path.join(dumps, name), f"--start-from={phase}", *more])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
