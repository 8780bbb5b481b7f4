# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Checks random programs: gradients against finite differences in f64, in training and in eval mode, optimized code
# against the reference, and that the canonical text of a program is one of itself. Prints the seeds that fail with the
# command that repeats each.
#
#   run.py [--sinter=sinter] [--seeds=0:200] [--chunk=20] [--jobs=1] [--keep=FOLDER] [--reduce]
import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile

from generate import generate

CHECKS = {
    "gradients": ["check", "--gradients"],
    "gradients in eval mode": ["check", "--gradients", "--eval"],
    "optimized code": ["check"],
}


def call(sinter, command, path, seconds=600):
    """Exit code and output; a crash has a negative code."""
    try:
        done = subprocess.run([sinter, command[0], path, *command[1:]], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds, text=True, errors="replace", check=False)
    except subprocess.TimeoutExpired:
        return -1, f"no end after {seconds} s\n"
    return done.returncode, done.stdout


def check_text(sinter, path):
    """The canonical text parses to the same canonical text."""
    code, first = call(sinter, ["compile", "--emit=source"], path)
    if code:
        return code, first
    again = path + ".canonical.sinter"
    with open(again, "w") as file:
        file.write(first)
    code, second = call(sinter, ["compile", "--emit=source"], again)
    os.remove(again)
    return (code, second) if code or first == second else (3, "the canonical text is not one of itself\n")


def failures(sinter, text, folder, name, only=None):
    """The checks that a text fails: {check: (exit code, output)}."""
    path = os.path.join(folder, f"{name}.sinter")
    with open(path, "w") as file:
        file.write(text)
    found = {}
    for check, command in CHECKS.items():
        if only in (None, check):
            code, output = call(sinter, command, path)
            if code:
                found[check] = code, output
    if only in (None, "canonical text"):
        code, output = check_text(sinter, path)
        if code:
            found["canonical text"] = code, output
    return found


def check_seeds(options, folder, seeds):
    """Checks programs together, and one by one if they fail: {seed: failures}."""
    texts = {}
    for seed in seeds:
        texts[seed] = generate(seed)
    together = failures(options.sinter, "\n".join(texts.values()), folder, f"{seeds[0]}-{seeds[-1]}")
    if not together:
        return {}
    alone = {seed: failures(options.sinter, text, folder, str(seed)) for seed, text in texts.items()}
    alone = {seed: found for seed, found in alone.items() if found}
    return alone or {f"{seeds[0]}:{seeds[-1] + 1}": together}


def reduce_program(options, folder, text, check, code):
    """Deletes lines while the same check fails in the same way."""
    lines = text.splitlines()

    def fails(some):
        found = failures(options.sinter, "\n".join(some) + "\n", folder, "reduced", check)
        return check in found and found[check][0] == code
    size = max(1, len(lines) // 2)
    while size:
        at = 0
        while at < len(lines):
            fewer = lines[:at] + lines[at + size:]
            if fewer and fails(fewer):
                lines = fewer
            else:
                at += size
        size //= 2
    return "\n".join(lines)


def report(options, folder, seed, found):
    for check, (code, output) in found.items():
        print(f"seed {seed}: {check}: exit code {code}")
        lines = [line for line in output.splitlines() if "agree" not in line]
        print("\n".join("  " + line for line in lines[:12]))
        if options.reduce and isinstance(seed, int):
            print(reduce_program(options, folder, generate(seed), check, code))
    seeds = f"{seed}:{seed + 1}" if isinstance(seed, int) else seed
    print(f"  repeat with: python3 test/random/run.py --seeds={seeds} --keep=FOLDER --reduce")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sinter", default="sinter")
    parser.add_argument("--seeds", default="0:200")
    parser.add_argument("--chunk", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep")
    parser.add_argument("--reduce", action="store_true")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split(":"))
    chunks = [list(range(at, min(last, at + options.chunk))) for at in range(first, last, options.chunk)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.keep:
            folder = options.keep
            os.makedirs(folder, exist_ok=True)
        for result in pool.map(lambda seeds: check_seeds(options, folder, seeds), chunks):
            for seed, found in result.items():
                failed += 1
                report(options, folder, seed, found)
    print(f"{last - first} programs, {failed} failed")
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
