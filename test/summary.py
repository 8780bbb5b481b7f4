# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what lit's results come to as one line, "N passed, N failed", and fails if a test failed or none ran.

    summary.py RESULTS.json

Cases that are refused as they should be (XFAIL) and tests for other machines (UNSUPPORTED, SKIPPED) count as neither.
"""
import collections
import json
import sys

NEITHER = {"XFAIL", "UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def main():
    try:
        with open(sys.argv[1]) as file:
            tests = json.load(file)["tests"]
    except (OSError, ValueError) as error:
        sys.exit(f"no test results: {error}")
    codes = collections.Counter(test["code"] for test in tests)
    passed = codes["PASS"] + codes["FLAKYPASS"]
    failed = sum(count for code, count in codes.items() if code not in NEITHER) - passed
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
