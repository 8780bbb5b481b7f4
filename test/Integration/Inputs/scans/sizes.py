#!/usr/bin/env python3
"""Compares the sizes of the files of folders, name by name.

sizes.py PERCENT FOLDER FOLDER…: all files of the first folder must be in the others, up to PERCENT smaller or larger.
"""
import pathlib
import sys

percent = float(sys.argv[1])
first, *others = map(pathlib.Path, sys.argv[2:])
wrong = 0
names = sorted(path.name for path in first.iterdir())
if not names:
    sys.exit(f"expected files in {first}")
for name in names:
    size = (first / name).stat().st_size
    for folder in others:
        other = (folder / name).stat().st_size
        if abs(other - size) > size * percent / 100:
            wrong += 1
            print(f"{name}: expected {size} bytes within {percent} percent, but got {other} in {folder.name}")
sys.exit(1 if wrong else 0)
