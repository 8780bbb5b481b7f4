#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Breaks the dumps of a model in random ways and compiles them: the outcome must be an object or a located error.

mutate_dumps.py FOLDER MODEL [--seed N] [--count N] [--phases graph,grad] [--jobs N] [--option=-O0]… [--run]

With --run, what is accepted of a phase up to linalg is called between pages that it must not touch (call_guarded.py); later
phases are trusted. Dumps that are not taken as they should be are kept in FOLDER with a number, and listed. OPTIONS go to the
compilation that writes the dumps. What an edit costs is mostly code generation, so that the models beside this script, of one kind
of program each, are small. By hand, 20,000 edits with run code: --run --count 320 with each of these.
"""
import argparse
import concurrent.futures
import os
import random
import re
import resource
import shutil
import subprocess
import sys

PHASES = ["graph", "grad", "fused", "kernels", "linalg", "loops", "llvm"]
SAFE_PHASES = PHASES[: PHASES.index("linalg") + 1]
LIMIT_SECONDS = 60  # of the processor, whatever else the machine does
LIMIT_WAITING = 600
LIMIT_BYTES = 8 << 30

# What a line of a dump is made of. A type ends before the `loc` that follows it.
TOKENS = {
    "number": re.compile(r"(?<![\w.#%@])-?\d+(?:\.\d+)?(?:e[+-]\d+)?(?![\w.])"),
    "extent": re.compile(r"(?<=[<x])\d+(?=x)|(?<=<)\d+(?=>)"),
    "type": re.compile(r"(?:tensor|memref|vector)<[^<>]*>|!llvm\.\w+|\b(?:[iuf](?:1|8|16|32|64)|index)\b"),
    "symbol": re.compile(r"@[\w.$]+"),
    "value": re.compile(r"%[\w#]+"),
    "operation": re.compile(r"\b(?:nn|arith|math|linalg|tensor|memref|vector|scf|llvm|func|bufferization)\.[\w.]+"),
    "string": re.compile(r'"[^"\n]*"'),
    "word": re.compile(r"\b[a-z_]{3,}\b"),
    "attribute": re.compile(r"[\w.]+ = [^,{}\[\]]+(?:\[[^\]]*\])?(?:, )?|\b(?:nn|sinter)\.[\w.]+ = [^,}]*(?:, )?"),
}
NUMBERS = ["0", "1", "-1", "2", "7", "63", "65", "4096", "2147483648", "9223372036854775807", "-9223372036854775808", "1.5"]


def replace(text, span, new):
    return text[: span[0]] + new + text[span[1] :]


def change_token(text, kind, source):
    """Another token of the same kind in one place, or everywhere."""
    spans = [match.span() for match in TOKENS[kind].finditer(text)]
    if not spans:
        return text
    span = source.choice(spans)
    old = text[span[0] : span[1]]
    if kind == "attribute":
        new = source.choice(["", old.replace(" = ", "x = ", 1)])
    elif kind in ("number", "extent") and source.random() < 0.8:
        number = int(old) if old.lstrip("-").isdigit() else 0
        new = source.choice(NUMBERS + [str(number + 1), str(number - 1), str(number * 2)])
    else:
        other = source.choice(spans)
        new = text[other[0] : other[1]]
        if source.random() < 0.1:
            new = new[:-1] + source.choice(["", "x", "0", '"'])
    if kind in ("type", "symbol", "operation", "string") and source.random() < 0.4:
        return text.replace(old, new)
    return replace(text, span, new)


def change_lines(text, source):
    """Deletes, doubles, swaps or moves lines, or ends the text early."""
    lines = text.split("\n")
    at, other = source.randrange(len(lines)), source.randrange(len(lines))
    what = source.randrange(6)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(other, lines[at])
    elif what == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif what == 3:
        near = min(at + 1, len(lines) - 1)
        lines[at], lines[near] = lines[near], lines[at]
    elif what == 4:
        del lines[at : at + source.randrange(2, 12)]
    else:
        return text[: source.randrange(len(text))]
    return "\n".join(lines)


def mutate(text, source):
    for _ in range(1 if source.random() < 0.8 else 2):
        if source.random() < 0.2:
            text = change_lines(text, source)
        else:
            kinds = ["number", "extent", "attribute"] * 2 + list(TOKENS)
            text = change_token(text, source.choice(kinds), source)
    return text


def limit_resources():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_verdict(path):
    """What is wrong with the functions of the object at `path`; None if nothing is."""
    guarded = os.path.join(os.path.dirname(os.path.abspath(__file__)), "call_guarded.py")
    try:
        done = subprocess.run([sys.executable, guarded, path], capture_output=True, text=True, timeout=LIMIT_WAITING)
    except subprocess.TimeoutExpired:
        return f"its code does not end in {LIMIT_WAITING} s"
    if done.returncode == 0:
        return None
    return f"its code leaves its buffers: exit code {done.returncode} {(done.stdout + done.stderr).strip()[-300:]}"


def verdict(path, phase, run):
    """What is wrong with how Sinter took the dump at `path`; None if nothing is."""
    command = ["sinter", "compile", path, f"--start-from={phase}", "--emit=obj", "-o", path + ".o"]
    limits = None if os.environ.get("ASAN_OPTIONS") else limit_resources
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LIMIT_WAITING, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return f"does not end in {LIMIT_WAITING} s"
    wrong = run_verdict(path + ".o") if done.returncode == 0 and run and phase in SAFE_PHASES else None
    if os.path.exists(path + ".o"):
        os.remove(path + ".o")
    if done.returncode == 0:
        return wrong
    message = (done.stderr.strip() or "no message").split("\n")[-1 if done.returncode < 0 else 0]
    if done.returncode != 1:
        return f"exit code {done.returncode}: {message}"
    if not re.search(r":\d+:\d+\)?: error: |^(?:\S+\.mlir: error: |sinter: error: .*holds no entry)", done.stderr, re.M):
        return f"error without a place: {message}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10, help="mutations of each phase")
    parser.add_argument("--phases", default=",".join(PHASES))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--run", action="store_true", help="call what is accepted of phases up to linalg")
    parser.add_argument("--option", action="append", default=[], help="of the compilation that writes the dumps")
    given = parser.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    dumps = os.path.join(given.folder, "dumps")
    subprocess.run(["sinter", "compile", given.model, f"--dump-phases={dumps}", *given.option], check=True)

    def attempt(phase, number):
        with open(os.path.join(dumps, f"0{PHASES.index(phase) + 1}-{phase}.mlir")) as file:
            text = file.read()
        path = os.path.join(given.folder, f"{phase}-{number}.mlir")
        with open(path, "w") as file:
            file.write(mutate(text, random.Random(f"{given.seed} {phase} {number}")))
        wrong = verdict(path, phase, given.run)
        if wrong:
            print(f"{path}: {wrong}", flush=True)
        else:
            os.remove(path)
        return wrong is not None

    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        tasks = [pool.submit(attempt, phase, number) for phase in given.phases.split(",") for number in range(given.count)]
        failures = sum(task.result() for task in tasks)
    print(f"{len(tasks)} broken dumps: {failures} not taken as they should be")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
