#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kills a training at random moments, resumes it each time, and compares the end with a training that nobody killed.

kill_training.py FOLDER COUNT MODEL [OPTION]…

A checkpoint must always be whole, nothing else may be left in FOLDER, and the last bytes must be those of the undisturbed training.
COUNT kills are spread over as many trainings as it takes. By hand: COUNT 100.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time


def main():
    folder, count, model, *options = sys.argv[1:]
    count = int(count)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    whole, part = os.path.join(folder, "whole.safetensors"), os.path.join(folder, "part.safetensors")

    def command(save, *more):
        return ["sinter", "train", model, *options, f"--save={save}", *more]

    begin = time.monotonic()
    subprocess.run(command(whole), check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    with open(whole, "rb") as file:
        wanted = file.read()
    source = random.Random(count)
    kills = trainings = 0
    while kills < count:
        resumed = os.path.exists(part)
        process = subprocess.Popen(command(part, *([f"--resume={part}"] if resumed else [])), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            process.wait(timeout=source.uniform(0, 1.2 * seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        error = process.communicate()[1]
        if process.returncode != 0:
            sys.exit(f"expected the training to go on after {kills} kills, but got {process.returncode}: {error}")
        trainings += 1
        finish(part, wanted, folder)
    # What was killed last goes on undisturbed.
    subprocess.run(command(part, *([f"--resume={part}"] if os.path.exists(part) else [])), check=True, stdout=subprocess.DEVNULL)
    finish(part, wanted, folder)
    print(f"{kills} kills, {trainings + 1} trainings: the same bytes")


def finish(part, wanted, folder):
    """The checkpoint of a whole training, and nothing beside it; it goes, for another one to begin."""
    with open(part, "rb") as file:
        if file.read() != wanted:
            sys.exit("expected the bytes of the training that nobody killed")
    left = sorted(set(os.listdir(folder)) - {"whole.safetensors", "part.safetensors"})
    if left:
        sys.exit(f"expected no files of killed processes, but got {left}")
    os.remove(part)


if __name__ == "__main__":
    main()
