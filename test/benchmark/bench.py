#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark of `./dev bench`: one training step of the MLP, and its epochs over the whole data, on one thread.

    bench.py --sinter=PROGRAM [--data-dir=FOLDER] [--peers=torch]

The step is measured by `sinter bench` on a batch in memory. The epochs are those of `sinter train`, loading included,
compiling and validation excluded. --peers=torch measures PyTorch eager beside it (this Python needs torch and numpy).
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "python-free-examples" / "01-mlp-images" / "mlp.sinter"


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def sinter_step(options):
    """Microseconds of a step at batch 64, and the report it is from."""
    report = output(options.sinter, "bench", MODEL, "--entry=Mlp.train_step", "--dim", "N=64", "--threads=1",
                    f"--data-dir={options.data_dir}")
    match = re.search(r"^Mlp\.train_step\b.*?([\d.]+) us", report, re.MULTILINE)
    return float(match[1]) if match else None, report


def sinter_epochs(options):
    """Seconds of the epochs, from the rate of each; and their number."""
    report = output(options.sinter, "train", MODEL, f"--data-dir={options.data_dir}", "--threads=1")
    rates = [float(rate) for rate in re.findall(r"([\d.]+) samples/s$", report, re.MULTILINE)]
    return sum(options.rows / rate for rate in rates), len(rates), report


def rows_of(folder):
    import gzip
    with gzip.open(Path(folder) / "train-labels-idx1-ubyte.gz") as file:
        return int.from_bytes(file.read(8)[4:], "big")


def torch_number(*arguments):
    return float(output(sys.executable, HERE / "torch_mlp.py", *arguments))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sinter", required=True)
    parser.add_argument("--data-dir", default=MODEL.parent / "data")
    parser.add_argument("--peers", choices=["torch"])
    options = parser.parse_args()
    options.rows = rows_of(options.data_dir)
    step, report = sinter_step(options)
    print(report, end="")
    seconds, epochs, report = sinter_epochs(options)
    print(report, end="")
    print(f"sinter: step {step:.1f} us, {epochs} epochs of {options.rows} images {seconds:.2f} s" if step else
          f"sinter: {epochs} epochs of {options.rows} images {seconds:.2f} s")
    if options.peers:
        peer_step = torch_number("step")
        peer_seconds = torch_number("epochs", options.data_dir, f"--epochs={epochs}")
        print(f"torch:  step {peer_step:.1f} us, {epochs} epochs of {options.rows} images {peer_seconds:.2f} s")
        if step:
            print(f"torch / sinter: step {peer_step / step:.2f}, epochs {peer_seconds / seconds:.2f}")


if __name__ == "__main__":
    main()
