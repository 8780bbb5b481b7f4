# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Prints the carries of a checkpoint.
import json
import struct
import sys

data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
for key, tensor in sorted(json.loads(data[8:8 + size]).items()):
    if key.startswith("carry."):
        begin, end = tensor["data_offsets"]
        bytes_ = data[8 + size + begin:8 + size + end]
        value = struct.unpack("<q", bytes_)[0] if tensor["dtype"] == "I64" else "nonzero" if any(bytes_) else "zero"
        print(key, tensor["dtype"], tensor["shape"], value)
