#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes images in the form of CIFAR-10's binary version: write_cifar10.py FOLDER TRAIN_ROWS TEST_ROWS, a folder of the six files,
or FILE.tar.gz for the archive as it is published. The classes differ in color, so that networks have something to learn."""
import io
import os
import random
import sys
import tarfile

BATCHES = 5
ORDER = ["data_batch_1.bin", "batches.meta.txt", "data_batch_3.bin", "data_batch_4.bin", "test_batch.bin", "readme.html",
         "data_batch_5.bin", "data_batch_2.bin"]


def record(rng):
    label = rng.randrange(10)
    planes = b""
    for channel in range(3):
        level = (label * (37 + 50 * channel)) % 200
        planes += bytes(level + rng.randrange(56) for _ in range(1024))
    return bytes([label]) + planes


def files(train, test):
    rng = random.Random(train * 1000 + test)
    counts = {f"data_batch_{i + 1}.bin": train // BATCHES + (i < train % BATCHES) for i in range(BATCHES)}
    counts["test_batch.bin"] = test
    contents = {name: b"".join(record(rng) for _ in range(count)) for name, count in counts.items()}
    contents["batches.meta.txt"] = b"airplane\nautomobile\n"
    contents["readme.html"] = b"<html></html>\n"
    return contents


def main():
    target = sys.argv[1]
    contents = files(int(sys.argv[2]), int(sys.argv[3]))
    if not target.endswith(".tar.gz"):
        os.makedirs(target, exist_ok=True)
        for name, content in contents.items():
            with open(os.path.join(target, name), "wb") as file:
                file.write(content)
        return
    with tarfile.open(target, "w:gz") as archive:
        folder = tarfile.TarInfo("cifar-10-batches-bin")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name in ORDER:
            entry = tarfile.TarInfo("cifar-10-batches-bin/" + name)
            entry.size = len(contents[name])
            archive.addfile(entry, io.BytesIO(contents[name]))


if __name__ == "__main__":
    main()
