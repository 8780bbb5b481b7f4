#!/usr/bin/env python3
"""Reads what `sinter inspect` prints of one entry from stdin and checks its arithmetic and its ratio.

memory_ratio.py LIMIT: the memory is at most LIMIT times what the entry reads and what its loops keep.
"""
import re
import sys

text = sys.stdin.read()
MORE = r"(?:, optimizer (\d+))?(?:, carries (\d+))?"
total = re.search(r"memory (\d+) bytes: parameters (\d+), inputs (\d+), results (\d+), workspace (\d+)" + MORE, text)
kept = re.search(r"([\d.]+) times the (\d+) bytes of parameters (\d+), inputs (\d+), histories (\d+) and saved values (\d+)" + MORE, text)
if not total or not kept:
    sys.exit("expected the memory of an entry, but got:\n" + text)
total = [int(number or 0) for number in total.groups()]
ratio, kept = float(kept.group(1)), [int(number or 0) for number in kept.groups()[1:]]
if total[0] != sum(total[1:]) or kept[0] != sum(kept[1:]) or abs(ratio - total[0] / kept[0]) > 0.005:
    sys.exit(f"expected sums and their ratio, but got {total}, {kept} and {ratio}")
if min(kept[:5]) <= 0 or total[0] > float(sys.argv[1]) * kept[0]:
    sys.exit(f"expected at most {sys.argv[1]} times as much, but got {total[0]} bytes for {kept[0]}")
