#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the event files of a folder for TensorBoard, after it has compared all their checksums: read_events.py FOLDER [FILE_NUMBER…]

A line for each event: "step 10 loss/train 0.5", "step 10 before 274x138", "step 10 fc.weight 20 values", "step 10 start"."""
import os
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def check(data, stored):
    crc = crc32c(data)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    if masked != struct.unpack("<I", stored)[0]:
        sys.exit("wrong checksum")


def records(path):
    with open(path, "rb") as file:
        while head := file.read(12):
            check(head[:8], head[8:])
            size = struct.unpack("<Q", head[:8])[0]
            content, stored = file.read(size), file.read(4)
            if size < 4096:  # this is slow
                check(content, stored)
            yield content


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    """Number and value of all fields of a message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            value, at = struct.unpack("<d" if kind == 1 else "<f", data[at:at + size])[0], at + size
        yield key >> 3, value


def describe(value):
    parts = dict(fields(value))
    tag = parts[1].decode()
    if 4 in parts:
        image = dict(fields(parts[4]))
        if not image[4].startswith(b"\x89PNG"):
            sys.exit("expected a PNG file")
        return f"{tag} {image[2]}x{image[1]}"
    if 5 in parts:
        histogram = dict(fields(parts[5]))
        counts = struct.unpack(f"<{len(histogram[7]) // 8}d", histogram[7])
        if sum(counts) != histogram[3] or len(histogram[6]) != len(histogram[7]):
            sys.exit("wrong counts")
        return f"{tag} {histogram[3]:g} values"
    return f"{tag} {parts.get(2, 0.0):.6g}"


def main():
    folder = sys.argv[1]
    names = sorted(os.listdir(folder))
    for name in [names[int(number)] for number in sys.argv[2:]] or names:
        for record in records(os.path.join(folder, name)):
            event = dict(fields(record))
            step = event.get(2, 0)
            if 3 in event:
                print("version", event[3].decode())
            if 7 in event:
                print(f"step {step} start")
            for _, value in fields(event.get(5, b"")):
                print(f"step {step} {describe(value)}")


if __name__ == "__main__":
    main()
