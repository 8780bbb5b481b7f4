# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies a safetensors file with other keys: rename_tensors.py IN OUT OLD=NEW …; `OLD=` leaves a tensor out, and
`KEY~` flips the last byte of one."""
import json
import struct
import sys

data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + size])
tensors = {key: (entry, data[8 + size:][slice(*entry["data_offsets"])]) for key, entry in header.items()}
for change in sys.argv[3:]:
    if change.endswith("~"):
        entry, bytes_ = tensors[change[:-1]]
        tensors[change[:-1]] = entry, bytes_[:-1] + bytes([bytes_[-1] ^ 1])
        continue
    old, new = change.split("=")
    tensor = tensors.pop(old)
    if new:
        tensors[new] = tensor
body, header = b"", {}
for key, (entry, bytes_) in tensors.items():
    header[key] = {**entry, "data_offsets": [len(body), len(body) + len(bytes_)]}
    body += bytes_
text = json.dumps(header).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + body)
