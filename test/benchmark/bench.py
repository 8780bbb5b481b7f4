#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark of `./dev bench`: products, layers, forwards and training steps, on one thread and on two.

    bench.py --sinter=PROGRAM [--peers[=torch,jax,…]] [--rounds=N] [--threads=1,2] [--cases=step,…] [--epochs]

Each round measures every case with `sinter bench`, then with every peer, so that all of them see the same machine; the
medians over the rounds are printed as tables in Markdown. A share is of what the machine can do at most, measured beside
each sample (see docs/performance.md). --epochs adds whole epochs of `sinter train`. Peers need this Python to have their
packages (PYTHON=… ./dev bench --peers); those that it lacks are left out. docs/performance.md says what is compared.
--cases=growth measures the compiler: its time and memory for programs of 100 and of 3,200 layers, parts or steps (minutes).
"""
import argparse
import datetime
import gzip
import importlib.util
import json
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import growth
from moves import LOOKUPS, MOVES
from networks import network_of

HERE = Path(__file__).resolve().parent
MLP = HERE.parents[1] / "python-free-examples" / "01-mlp-images" / "mlp.sinter"
DENSE = HERE / "dense.sinter"
MOVING = HERE / "moves.sinter"


class Case:
    """`goal` is the least share on one thread, `scaling` that of the limit's own ratio of two threads to one, `lead` how many
    times as fast as the fastest RUNTIME to be."""

    def __init__(self, what, file, entry, size=None, goal=None, scaling=None, lead=None):
        self.what, self.file, self.entry, self.size = what, file, entry, size
        self.goal, self.scaling, self.lead = goal, scaling, lead


CASES = {
    "step": Case("training step of the MLP, batch 64", MLP, "Mlp.train_step", 64, 0.70, 0.75),
    "layer": Case("linear + ReLU, 64×784→128", DENSE, "Layer.forward", 64, 0.80),
    "layer4": Case("linear + ReLU, 4×784→128", DENSE, "Layer.forward", 4),
    "product512": Case("product, 512×512×512", DENSE, "product", 512, 0.85),
    "product1024": Case("product, 1024×1024×1024", DENSE, "product", 1024, 0.85, 0.90),
    "forward64": Case("forward of the MLP, batch 64", MLP, "Mlp.forward", 64),
    "forward1": Case("forward of the MLP, batch 1", MLP, "Mlp.forward", 1, 0.60),
}
NETWORK_GOALS = {
    "rows-step": dict(goal=0.60, scaling=0.8),
    "rows-forward": dict(goal=0.65, scaling=0.8),
    "wave-step": dict(goal=0.45),
    "wave-forward": dict(goal=0.42),
    "deep-step": dict(goal=0.58, scaling=0.8),
    "deep-forward": dict(goal=0.60, scaling=0.8),
    "few-step": {},
    "few-forward": {},
    "lenet-64-step": dict(goal=0.80, scaling=0.9),
    "lenet-64-forward": dict(scaling=0.9),
    "lenet-1-forward": dict(lead=1.2),
    "cifar-64-step": dict(goal=1.0, scaling=0.9),
    "cifar-1-step": dict(goal=0.90),
    "cifar-1-forward": dict(lead=1.2),
    "resnet8-32-step": dict(goal=0.80, scaling=0.9),
    "resnet8-32-forward": dict(scaling=0.9),
    "resnet8-1-forward": dict(lead=1.2),
    "resnet18-1-forward": dict(lead=1.0),
    "conv64-1-forward": dict(goal=0.97),
    "conv512-1-forward": dict(goal=1.11),
    "pixels256-1-forward": dict(goal=0.95),
    "pixels256-32-forward": dict(goal=0.88),
    "depth128-1-forward": dict(goal=0.95),
    "up64-32-forward": {},
}
for name, goals in NETWORK_GOALS.items():
    family, network, training = network_of(name)
    kind, entry = ("training step", "train_step") if training else ("forward", "forward")
    CASES[name] = Case(f"{kind}, {network.what}", family.FILE, f"{network.module}.{entry}", network.batch, **goals)
for name, (what, _) in MOVES.items():
    CASES[name] = Case(what, MOVING, name)
for name, (what, entry, size) in LOOKUPS.items():
    CASES[name] = Case(what, MOVING, entry, size)
PEERS = {"torch": "torch", "torch.compile": "torch", "jax": "jax", "onnxruntime": "onnxruntime", "openvino": "openvino"}
RUNTIMES = ("onnxruntime", "openvino")


class Peer:
    """A process that measures the cases in another framework, on a fixed number of threads."""

    def __init__(self, name, threads):
        command = [sys.executable, str(HERE / "peers.py"), name, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)

    def ask(self, question):
        """A number, or the reason why there is none."""
        print(question, file=self.process.stdin, flush=True)
        text = self.process.stdout.readline().strip()
        return (None, text.lstrip("- ") or "ended") if not text or text.startswith("-") else (float(text), None)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def sinter(options, name, threads):
    """The report of the entry of a case: seconds, share, bound, …"""
    case = CASES[name]
    dims = ["--dim", f"N={case.size}"] if case.size else []
    report = output(options.sinter, "bench", case.file, f"--entry={case.entry}", *dims, f"--threads={threads}", "--json",
                    f"--data-dir={options.data_dir}")
    entry = next(entry for entry in json.loads(report)["entries"] if entry["dims"].get("N") == case.size)
    found = network_of(name)
    if found and entry["bound"] == "fma":
        # The floor is that of the network, whatever else the compiled code multiplies (or adds, if it has no product).
        _, network, training = found
        entry["share"] *= network.flops(training) / (entry["product_flops"] or entry["flops"])
    return entry


def measure(options, peers, notes):
    """Medians over the rounds: {(case, threads): report of sinter}, {(case, threads, peer): seconds}."""
    ours, theirs = {}, {}
    for _ in range(options.rounds):
        for name in options.cases:
            for threads in options.threads:
                ours.setdefault((name, threads), []).append(sinter(options, name, threads))
                for (peer, count), process in peers.items():
                    if count != threads or (name, threads, peer) in notes:
                        continue
                    seconds, why = process.ask(name)
                    if why:
                        notes[name, threads, peer] = why
                    else:
                        theirs.setdefault((name, threads, peer), []).append(seconds)
                    time.sleep(0.2)  # what its threads do after a call is over
    middle = lambda reports, key: statistics.median(report[key] for report in reports)
    ours = {key: {**reports[0], **{what: middle(reports, what) for what in ("seconds", "share", "fma_rate", "read_rate")}}
            for key, reports in ours.items()}
    return ours, {key: statistics.median(values) for key, values in theirs.items()}


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows = [rows[0], ["-" * width for width in widths]] + rows[1:]
    for row in rows:
        cells = (cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths)))
        print("| " + " | ".join(cells) + " |")
    print()


def number(value, digits=2):
    return "" if value is None else f"{value:.{digits}f}"


def print_shares(options, ours):
    one, two = (1 in options.threads), (2 in options.threads)
    head = ["case"] + (["µs", "GF/s", "GB/s", "limit", "share", "goal"] if one else [])
    head += ["µs, 2 threads", "share, 2 threads"] if two else []
    head += ["scaling", "goal"] if one and two else []
    rows = [head]
    for name in options.cases:
        case, row = CASES[name], [CASES[name].what]
        if one:
            report = ours[name, 1]
            seconds = report["seconds"]
            row += [number(seconds * 1e6, 1), number(report["flops"] / seconds * 1e-9, 1),
                    number(report["bytes"] / seconds * 1e-9, 1), "reads" if report["bound"] == "read" else "products",
                    number(report["share"]), number(case.goal)]
        if two:
            row += [number(ours[name, 2]["seconds"] * 1e6, 1), number(ours[name, 2]["share"])]
        if one and two:
            row += [number(ours[name, 2]["share"] / ours[name, 1]["share"]), number(case.scaling)]
        rows.append(row)
    table(rows)


def print_moves(options, ours):
    """Times of a copy of as many elements."""
    rows = [["case"] + [f"{threads} thread{'s'[:threads > 1]}, times a copy" for threads in options.threads] + ["at most"]]
    for name, (what, most) in MOVES.items():
        if most and name in options.cases and "copied" in options.cases:
            rows.append([what] + [number(ours[name, threads]["seconds"] / ours["copied", threads]["seconds"])
                                  for threads in options.threads] + [number(most)])
    if len(rows) > 1:
        table(rows)


def print_peers(options, ours, theirs, names):
    """Microseconds of all, the fastest of a row in bold type."""
    notes = []
    for threads in options.threads:
        rows = [[f"µs, {threads} thread{'s'[:threads > 1]}", "sinter"] + names]
        for name in options.cases:
            times = [ours[name, threads]["seconds"]] + [theirs.get((name, threads, peer)) for peer in names]
            fastest = min(value for value in times if value is not None)
            rows.append([CASES[name].what] + ["–" if value is None else f"**{value * 1e6:.1f}**" if value == fastest
                                              else f"{value * 1e6:.1f}" for value in times])
            notes += [f"{peer} is ahead on {threads} thread{'s'[:threads > 1]}: {CASES[name].what}, {times[0] / value:.2f} times"
                      for peer, value in zip(names, times[1:]) if value is not None and value < times[0]]
            runtimes = {peer: value for peer, value in zip(names, times[1:]) if value is not None and peer in RUNTIMES}
            if CASES[name].lead and runtimes and threads == 1:
                peer = min(runtimes, key=runtimes.get)
                notes.append(f"{CASES[name].what}: {runtimes[peer] / times[0]:.2f} times as fast as {peer} "
                             f"(goal {CASES[name].lead:.1f})")
        table(rows)
    for line in notes:
        print(f"- {line}")


def print_epochs(options, peers):
    report = output(options.sinter, "train", MLP, f"--data-dir={options.data_dir}", "--threads=1")
    rates = [float(rate) for rate in re.findall(r"([\d.]+) samples/s$", report, re.MULTILINE)]
    with gzip.open(Path(options.data_dir) / "train-labels-idx1-ubyte.gz") as file:
        rows = int.from_bytes(file.read(8)[4:], "big")
    print(report + f"{len(rates)} epochs of {rows} images: sinter {sum(rows / rate for rate in rates):.2f} s", end="")
    if ("torch", 1) in peers:
        seconds, why = peers["torch", 1].ask(f"epochs {options.data_dir} {len(rates)}")
        print(f", torch {why or format(seconds, '.2f') + ' s'}", end="")
    print()


def print_machine(options, names):
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = model[1] if model else platform.machine()
    print(f"{datetime.date.today()}, {processor}, {options.rounds} rounds; f32")
    if names:
        from importlib.metadata import version
        print("peers: " + ", ".join(f"{name} {version(PEERS[name])}" for name in names))
    print()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")
    parser.add_argument("--sinter", required=True)
    parser.add_argument("--data-dir", default=MLP.parent / "data")
    parser.add_argument("--peers", type=words, nargs="?", const=list(PEERS), default=[])
    parser.add_argument("--cases", type=words, default=list(CASES))
    parser.add_argument("--threads", type=lambda text: [int(word) for word in words(text)], default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", action="store_true")
    options = parser.parse_args()
    for given, known, what in ((options.peers, PEERS, "peers"), (options.cases, [*CASES, "growth"], "cases")):
        unknown = [word for word in given if word not in known]
        if unknown:
            parser.error(f"unknown {what}: {', '.join(unknown)}; known: {', '.join(known)}")
    return options


def main():
    options = parse()
    names = [name for name in options.peers if importlib.util.find_spec(PEERS[name])]
    peers = {(name, threads): Peer(name, threads) for name in names for threads in options.threads}
    notes = {}
    print_machine(options, names)
    if "growth" in options.cases:
        options.cases.remove("growth")
        table(list(growth.rows(options.sinter, growth.FAMILIES, (100, 3200))))
    if not options.cases:
        return
    ours, theirs = measure(options, peers, notes)
    print_shares(options, ours)
    print_moves(options, ours)
    if names:
        print_peers(options, ours, theirs, names)
    for name in sorted(set(options.peers) - set(names)):
        print(f"- {name} is left out: this Python has no package '{PEERS[name]}'")
    for (name, threads, peer), why in notes.items():
        if "not a case" not in why:
            print(f"- {peer}, {threads} thread{'s'[:threads > 1]}, {CASES[name].what}: {why}")
    if options.epochs:
        print_epochs(options, peers)
    for peer in peers.values():
        peer.close()


if __name__ == "__main__":
    main()
