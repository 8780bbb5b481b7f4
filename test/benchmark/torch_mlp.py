#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The peer of `./dev bench --peers=torch`: PyTorch's eager step of the MLP, alone and over a whole data set.

    torch_mlp.py step [--samples=N]              # microseconds of one training step at batch 64, median
    torch_mlp.py epochs DATA_DIR [--epochs=5]    # seconds of the epochs, images in memory, after a warm-up step

One thread, float32. Prints one number. Needs torch and numpy.
"""
import argparse
import gzip
import statistics
import time

import numpy
import torch
from torch import nn


def make_model():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10), nn.LogSoftmax(dim=1))
    return model, torch.optim.SGD(model.parameters(), lr=0.003)


def train_step(model, optimizer, images, labels):
    optimizer.zero_grad()
    loss = nn.functional.nll_loss(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss


def step_time(samples):
    model, optimizer = make_model()
    images, labels = torch.randn(64, 784), torch.zeros(64, dtype=torch.int64)
    times = []
    for _ in range(samples + 20):
        start = time.perf_counter()
        train_step(model, optimizer, images, labels)
        times.append(time.perf_counter() - start)
    return statistics.median(times[20:]) * 1e6


def read_idx(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header)


def epochs_time(folder, epochs):
    model, optimizer = make_model()
    images = torch.from_numpy(read_idx(folder + "/train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(numpy.float32))
    images = images.div_(255).sub_(0.5).div_(0.5)
    labels = torch.from_numpy(read_idx(folder + "/train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
    train_step(model, optimizer, images[:64], labels[:64])
    start = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(64):
            train_step(model, optimizer, images[rows], labels[rows])
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    step = commands.add_parser("step")
    step.add_argument("--samples", type=int, default=200)
    whole = commands.add_parser("epochs")
    whole.add_argument("folder")
    whole.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(step_time(options.samples) if options.command == "step" else epochs_time(options.folder, options.epochs))


if __name__ == "__main__":
    main()
