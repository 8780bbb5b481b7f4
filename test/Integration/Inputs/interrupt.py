#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Interrupts a training after one epoch, as Ctrl-C does: interrupt.py COMMAND… Fails unless it exits with 130."""
import signal
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
sent = False
for line in process.stdout:
    print(line, end="")
    if line.startswith("epoch ") and not sent:
        process.send_signal(signal.SIGINT)
        sent = True
code = process.wait(timeout=60)
sys.exit(0 if code == 130 else f"expected exit code 130, but got {code}")
