#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Interrupts a training as Ctrl-C does, after its first epoch or within it: interrupt.py [--within=SECONDS] COMMAND…

Fails unless the command exits with 130.
"""
import signal
import subprocess
import sys
import time

command = sys.argv[1:]
seconds = 0
event = "epoch "
if command[0].startswith("--within="):
    seconds = float(command.pop(0).split("=")[1])
    event = "training "
process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
sent = False
for line in process.stdout:
    print(line, end="")
    if line.startswith(event) and not sent:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        sent = True
code = process.wait(timeout=60)
sys.exit(0 if code == 130 else f"expected exit code 130, but got {code}")
