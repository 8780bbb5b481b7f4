#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains LeNet-5 of example 8 with PyTorch and with Sinter, from the same initial weights and with the same settings (batches come in
other orders), and compares the accuracies on the test images:

    lenet.py --sinter=PROGRAM --data-dir=FOLDER [--seeds=1] [--epochs=10]

Fails if the means over the seeds are more than half a point apart. Says so and succeeds where there is no PyTorch.
"""
import argparse
import gzip
import os
import re
import struct
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(__file__), "..", "..", "python-free-examples", "08-lenet-images", "lenet.sinter")
MARGIN = 0.5  # points
BATCH_SIZE, RATE, MOMENTUM = 64, 0.02, 0.9


def read_idx(path):
    with gzip.open(path) as file:
        rank = file.read(4)[3]
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(shape)


def part(folder, name):
    images = read_idx(os.path.join(folder, f"{name}-images-idx3-ubyte.gz"))
    labels = read_idx(os.path.join(folder, f"{name}-labels-idx1-ubyte.gz"))
    return (images[:, None].float() / 255 - 0.286) / 0.353, labels.long()


def lenet():
    nn = torch.nn
    return nn.ModuleDict({
        "features": nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                                  nn.MaxPool2d(2)),
        "classifier": nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))})


def forward(model, images):
    return model["classifier"](model["features"](images))


def accuracy_of_torch(weights, folder, seed, epochs):
    torch.manual_seed(seed)
    model = lenet()
    model.load_state_dict(load_file(weights))
    (images, labels), (test_images, test_labels) = part(folder, "train"), part(folder, "t10k")
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(BATCH_SIZE):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(forward(model, images[rows]), labels[rows]).backward()
            optimizer.step()
        schedule.step()
    with torch.no_grad():
        return 100 * (forward(model, test_images).argmax(dim=1) == test_labels).float().mean().item()


def accuracy_of_sinter(sinter, model, weights, folder, seed):
    log = subprocess.run([sinter, "train", model, f"--data-dir={folder}", f"--init={weights}", f"--seed={seed}"], check=True,
                         capture_output=True, text=True).stdout
    return float(re.findall(r"accuracy ([0-9.]+)%", log)[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sinter", required=True)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    with open(MODEL, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"epochs( *)= \d+", rf"epochs\1= {options.epochs}", re.sub(r"T_max=\d+", f"T_max={options.epochs}", text))
    mine, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "lenet.sinter")
        for seed in range(options.seeds):
            with open(model, "w", encoding="utf-8") as file:
                file.write(re.sub(r"epochs( *)=", rf"seed\1= {seed}\n  epochs\1=", text))
            compiled = os.path.join(folder, str(seed))
            subprocess.run([options.sinter, "compile", model, "-o", os.path.join(compiled, "lenet"), f"--data-dir={options.data_dir}"],
                           check=True, stderr=subprocess.DEVNULL)
            weights = next(os.path.join(root, name) for root, _, names in os.walk(compiled) for name in names
                           if name.endswith(".safetensors") and "Features" not in name)
            mine.append(accuracy_of_sinter(options.sinter, model, weights, options.data_dir, seed))
            theirs.append(accuracy_of_torch(weights, options.data_dir, seed, options.epochs))
            print(f"seed {seed}: {mine[-1]:.2f}% with Sinter, {theirs[-1]:.2f}% with PyTorch", flush=True)
    difference = sum(mine) / len(mine) - sum(theirs) / len(theirs)
    print(f"means differ by {difference:+.2f} points")
    sys.exit(0 if abs(difference) <= MARGIN else 1)


if __name__ == "__main__":
    try:
        import torch
        from safetensors.torch import load_file
    except ImportError as error:
        print(f"skipped: {error}")
        sys.exit(0)
    main()
