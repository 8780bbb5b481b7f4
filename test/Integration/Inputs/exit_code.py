#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command and fails unless it exits with the code wanted: exit_code.py CODE COMMAND…"""
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
sys.exit(0 if code == int(sys.argv[1]) else f"expected exit code {sys.argv[1]}, but got {code}")
