#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes PyTorch's numbers for training on 70 rows at batch 64 (a remainder of 6), 3 epochs, unshuffled.

    python generate.py        # needs torch, numpy, safetensors; writes beside this file, the same bytes at every run

Files: the data as IDX (70 images of 4x5 bytes, 5 classes); per case CASE.init.safetensors, the parameters and buffers by
state_dict key, and CASE.after.safetensors, the same after training with the optimizer's state by the keys of a
checkpoint and `losses` [epoch, batch]. PyTorch computes in float32, one thread.
"""
import struct
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

ROWS, BATCH, EPOCHS, CLASSES, HEIGHT, WIDTH = 70, 64, 3, 5, 4, 5
HERE = Path(__file__).resolve().parent


def mlp():
    return nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, CLASSES), nn.LogSoftmax(dim=1))


def batch_norm():
    # No bias before the norm: its gradient is rounding noise alone, which an optimizer may blow up.
    return nn.Sequential(nn.Linear(20, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, CLASSES), nn.LogSoftmax(dim=1))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


# name: model, optimizer, clip_grad_norm
CASES = {
    "plain": (mlp, sgd, None),
    "batch_norm": (batch_norm, sgd, None),
    "clip": (mlp, adam, 0.25),
    "batch_norm_clip": (batch_norm, adam, 0.25),
}


def write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(numpy.uint8).tobytes())


def make_data():
    """Images whose rows brighten with their class, under noise: learnable, but not at once."""
    random = numpy.random.default_rng(1)
    labels = random.integers(0, CLASSES, ROWS)
    images = random.integers(0, 160, (ROWS, HEIGHT, WIDTH))
    images[numpy.arange(ROWS), :, labels] += 95
    return images, labels


def train(model, optimizer, clip, x, y):
    losses = torch.zeros(EPOCHS, (ROWS + BATCH - 1) // BATCH)
    for epoch in range(EPOCHS):
        for batch, begin in enumerate(range(0, ROWS, BATCH)):
            loss = nn.functional.nll_loss(model(x[begin : begin + BATCH].flatten(1)), y[begin : begin + BATCH])
            optimizer.zero_grad()
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses[epoch, batch] = loss.detach()
    return losses


def tensors(model):
    return {key: value.detach().clone().contiguous() for key, value in model.state_dict().items()}


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    images, labels = make_data()
    write_idx(HERE / "images-idx3-ubyte", images)
    write_idx(HERE / "labels-idx1-ubyte", labels)
    x = torch.tensor(images[:, None], dtype=torch.uint8).to(torch.float32).div(255)
    y = torch.tensor(labels)
    for name, (make_model, make_optimizer, clip) in CASES.items():
        torch.manual_seed(1)
        model = make_model()
        save_file(tensors(model), HERE / f"{name}.init.safetensors")
        optimizer = make_optimizer(model.parameters())
        losses = train(model, optimizer, clip, x, y)
        after = {**tensors(model), "losses": losses}
        for key, parameter in model.named_parameters():
            for kind, value in optimizer.state[parameter].items():
                if value.dim() or kind != "step":
                    after[f"optimizer.{kind}.{key}"] = value.detach().clone()
        save_file(after, HERE / f"{name}.after.safetensors")
        print(name, losses.mean(dim=1).tolist())


if __name__ == "__main__":
    main()
