#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls every function of an object file on buffers between pages that nobody may touch.

call_guarded.py OBJECT [--seed N]

Each buffer ends, then begins, at such a page; what lies between it and the page must stay as it was. Indices are in their ranges in
a first call, and any numbers in a second one. A function that leaves its buffers ends this program with a signal or with 3.
"""
import argparse
import ctypes
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

PAGE = 4096
FILL = 0xA5
SIZES = {"f64": 8, "f32": 4, "f16": 2, "bf16": 2, "i64": 8, "i32": 4, "i16": 2, "i8": 1, "u8": 1, "bool": 1}
EXTREMES = [0, -1, 1, 7, -(1 << 63), (1 << 63) - 1, 1 << 40, 1 << 31, -5]

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Buffer:
    """`content` between two pages without access, at the end or at the begin of what is between them."""

    def __init__(self, content, alignment, at_end):
        self.size = len(content)
        room = -(-max(self.size, 1) // PAGE) * PAGE
        self.length = room + 2 * PAGE
        self.pages = libc.mmap(None, self.length, 3, 0x22, -1, 0)
        for guard in (self.pages, self.pages + PAGE + room):
            libc.mprotect(guard, PAGE, 0)
        self.begin = self.pages + PAGE
        self.end = self.begin + room
        self.address = self.begin
        if at_end:
            self.address = self.end - -(-self.size // alignment) * alignment
        ctypes.memset(self.begin, FILL, room)
        ctypes.memmove(self.address, bytes(content), self.size)

    def check(self, name):
        around = ctypes.string_at(self.begin, self.address - self.begin)
        around += ctypes.string_at(self.address + self.size, self.end - self.address - self.size)
        if around != bytes([FILL]) * len(around):
            print(f"{name}: bytes beside it changed")
            sys.exit(3)

    def content(self):
        return ctypes.string_at(self.address, self.size)

    def free(self):
        libc.munmap(self.pages, self.length)


def elements(spec, limit, source, in_range):
    """Random bytes of a tensor."""
    count = 1
    for extent in spec["shape"]:
        count *= extent
    kind = spec["dtype"]
    if kind in ("f32", "f64"):
        return struct.pack(f"<{count}{'f' if kind == 'f32' else 'd'}", *(source.gauss(0, 1) for _ in range(count)))
    if kind in ("i64", "i32"):
        bits = SIZES[kind] * 8
        half = 1 << (bits - 1)
        numbers = [source.randrange(max(limit, 1)) if in_range else (source.choice(EXTREMES) + half) % (2 * half) - half
                   for _ in range(count)]
        return struct.pack(f"<{count}{'q' if kind == 'i64' else 'i'}", *numbers)
    if kind == "bool":
        return bytes(source.randrange(2) for _ in range(count))
    return bytes(source.randrange(256) for _ in range(count * SIZES[kind]))


def call(function, entry, instance, state, source, in_range, at_end):
    """One call; gives the state's bytes after it."""
    limits = {limit["input"]: limit["limit"] for limit in instance["limits"] if "input" in limit}
    inputs = [Buffer(elements(spec, limits.get(number, 1), source, in_range), SIZES[spec["dtype"]], at_end)
              for number, spec in enumerate(instance["inputs"])]
    results = [Buffer(elements(spec, 1, source, True), SIZES[spec["dtype"]], at_end) for spec in instance["results"]]
    block, workspace = Buffer(state, 64, at_end), Buffer(bytes(entry["workspace_bytes"]), 64, at_end)
    words_in = (ctypes.c_int64 * (len(inputs) + len(instance["dims"]) + 1))(*[one.address for one in inputs], *instance["dims"])
    words_out = (ctypes.c_int64 * (len(results) + 1))(*[one.address for one in results])
    function(None, block.address, words_in, words_out, workspace.address)
    for name, buffers in (("input", inputs), ("result", results), ("state", [block]), ("workspace", [workspace])):
        for number, buffer in enumerate(buffers):
            buffer.check(f"{entry['name']}, {name} {number}")
    after = block.content()
    for buffer in inputs + results + [block, workspace]:
        buffer.free()
    return after


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("object")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with open(given.object, "rb") as file:
        text = re.search(rb'\{"sinter_model"[^\0]*', file.read())[0]
    model = json.loads(text)
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "model.so")
        subprocess.run(["cc", "-shared", "-o", library, given.object, "-lm"], check=True)
        code = ctypes.CDLL(library)
    source = random.Random(given.seed)
    states = {state["name"]: bytes(state["bytes"]) for state in model["states"]}
    entries = sorted(model["entries"], key=lambda entry: not entry["name"].endswith(".init"))
    for entry in entries:
        function = getattr(code, entry["symbol"])
        function.argtypes = [ctypes.c_void_p] * 5
        for instance in entry["instances"]:
            for in_range, at_end in ((True, True), (False, False), (False, True)):
                state = call(function, entry, instance, states.get(entry["state"], b""), source, in_range, at_end)
                if in_range:
                    states[entry["state"]] = state
    print(f"{len(entries)} functions stay in their buffers")


if __name__ == "__main__":
    main()
