# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Flips the sign of each gradient in turn and shows that a gradient check notices.

    run.py [--bin=DIR] [--ops=nn.exp,…] [FILE …]

For every differentiable op of the dialect and every operand of floats, `sinter-test` plants the wrong gradient and checks
the entries of FILES (by default test/Integration/Gradients) that hold the op, small ones first, until one fails. Exit code
1 if a flipped gradient goes unnoticed, or if no entry holds the op.
"""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MOST_OPERANDS = 6
MOST_ENTRIES = 12  # that are tried for one gradient
# Running means and variances are buffers: nothing flows through them, as in PyTorch.
WITHOUT_GRADIENT = {("nn.batch_norm", 3), ("nn.batch_norm", 4)}


def run(command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


class Mutations:
    def __init__(self, folder, files):
        self.sinter = folder / "sinter"
        self.test = folder / "sinter-test"
        self.places = collections.defaultdict(list)  # op -> (ops in the entry, file, entry)
        self.inner = set()  # ops that gradients alone consist of
        self.passing = {}  # (file, entry) -> whether the check passes as it is
        for file in files:
            self.find_places(file, "graph")
        outer = set(self.places)
        for file in files:
            self.find_places(file, "grad", without=outer)
        self.inner = set(self.places) - outer

    def find_places(self, file, phase, without=()):
        """The entries of a file that hold each op."""
        result = run([self.sinter, "compile", file, f"--emit={phase}", *self.dims(file)])
        if result.returncode:
            sys.exit(f"{file}: cannot be compiled:\n{result.stderr}")
        for function in result.stdout.split("func.func ")[1:]:
            entry = re.search(r'nn\.entry = "([^"]*)"', function)
            ops = re.findall(r"\bnn\.[a-z_0-9]+(?= %)", function)
            if entry and not entry[1].endswith(".init"):
                for op in set(ops) - set(without):
                    self.places[op].append((len(ops), str(file), entry[1]))

    @staticmethod
    def dims(file):
        """Extents for the dims of a file that give none."""
        names = re.findall(r"^dim ([A-Z]\w*)$", pathlib.Path(file).read_text(), re.M)
        return [f"--dim={name}=3" for name in names]

    def driver(self, op, operand, *arguments):
        return run([self.test, f"mistake-negate-gradient{{op={op} operand={operand}}}", "nn-verify-graph", *arguments])

    def passes(self, file, entry):
        if (file, entry) not in self.passing:
            result = run([self.sinter, "check", file, "--gradients", f"--entry={entry}", *self.dims(file)])
            self.passing[file, entry] = result.returncode == 0
        return self.passing[file, entry]

    def driver(self, op, operand, *arguments):
        options = f"op={op} operand={operand} inner={str(op in self.inner).lower()}"
        return run([self.test, f"mistake-negate-gradient{{{options}}}", "nn-verify-graph", *arguments])

    def is_float(self, op, operand):
        """Whether the operand is one of floats anywhere."""
        for _, file, entry in sorted(self.places[op])[:MOST_ENTRIES]:
            result = self.driver(op, operand, "compile", file, "--emit=graph", f"--entry={entry}", *self.dims(file))
            if "mistake.negate_gradient" in result.stdout:
                return True
        return False

    def notice(self, op, operand, *how):
        """Where the flipped gradient is noticed; "" if nowhere, None if no gradient reaches the operand."""
        reached = False
        for _, file, entry in sorted(self.places[op])[:MOST_ENTRIES]:
            if not self.passes(file, entry):
                continue
            result = self.driver(op, operand, "check", file, f"--entry={entry}", *how, *self.dims(file))
            if result.returncode not in (0, 3):
                sys.exit(f"{file}: {entry}: exit code {result.returncode}\n{result.stderr}")
            if "a gradient of the wrong sign" not in result.stderr:
                continue
            if result.returncode == 3:
                return f"{pathlib.Path(file).name}: {entry}"
            reached = True
        return "" if reached else None

    def notice_all(self, op):
        """(operand, where it is noticed) of every operand of floats."""
        found = []
        for operand in range(MOST_OPERANDS):
            if (op, operand) in WITHOUT_GRADIENT:
                continue
            where = self.notice(op, operand, "--gradients")
            if where is None and self.is_float(op, operand):
                # f64 leaves no trace of a cast to f64: -O0 in f64 is without it.
                where = self.notice(op, operand) or ""
            if where is not None:
                found.append((operand, where))
        return found


def main():
    parser = argparse.ArgumentParser()
    found = shutil.which("sinter-test")
    folder = pathlib.Path(found).parent if found else HERE.parents[1] / "build" / "dev" / "bin"
    parser.add_argument("--bin", type=pathlib.Path, default=folder, help="folder of the drivers")
    parser.add_argument("--ops", default="", help="only these")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    files = options.files or sorted((HERE.parent / "Integration" / "Gradients").glob("*.sinter"))
    mutations = Mutations(options.bin, files)
    every = run([options.bin / "sinter-test", "--differentiable-ops"]).stdout.split()
    ops = options.ops.split(",") if options.ops else every
    unknown = [op for op in ops if op not in every]
    if unknown:
        sys.exit(f"no differentiable op: {', '.join(unknown)}")
    missed = 0
    for op in ops:
        noticed = mutations.notice_all(op)
        for operand, where in noticed:
            print(f"{op} operand {operand}: {'noticed by ' + where if where else 'UNNOTICED'}", flush=True)
            missed += not where
        if not noticed:
            print(f"{op}: IN NO ENTRY", flush=True)
            missed += 1
    print(f"{len(ops)} ops, {missed} unnoticed")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
