#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the golden cases that pass, for passing.txt, and a summary of the others on stderr. Exit code 1 if any is wrong.

    PYTHONPATH=/usr/lib/llvm-19/build/utils/lit list_passing.py --sinter=build/release/bin/sinter > passing.txt
"""
import argparse
import concurrent.futures
import os
import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import golden_format


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sinter", required=True)
    parser.add_argument("--only", default="", help="regular expression on family/name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    golden = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        commands = golden_format.write_cases(golden, Path(folder))
        names = [name for name in commands if re.search(options.only, name)]
        runs = pool.map(lambda name: golden_format.run_case(options.sinter, commands[name]), names)
        results = dict(zip(names, runs))
    for name, (code, text) in results.items():
        if code == 0:
            print(name)
        else:
            first = text.splitlines()[0][:200] if text else ""
            print(f"{'refused' if code == 1 else 'WRONG'} {name} ({code}): {first}", file=sys.stderr)
    wrong = sum(code not in (0, 1) for code, _ in results.values())
    passed = sum(code == 0 for code, _ in results.values())
    print(f"{passed} passed, {len(results) - passed - wrong} refused, {wrong} wrong", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
