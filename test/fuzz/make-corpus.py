# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Writes small real files for every fuzz target, and a dictionary of the model language: make-corpus.py FOLDER
# FOLDER/TARGET/ is a corpus for fuzz-TARGET; what the project's own tests and examples hold is its source.
# make-corpus.py --without FOLDER removes from FOLDER/TARGET/ what it would write.
import glob
import gzip
import io
import os
import re
import struct
import sys
import tarfile
import tempfile
import zipfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "random"))
from generate import generate  # noqa: E402

DATA = os.path.join(TESTS, "..", "python-free-examples", "01-mlp-images", "data")
LARGEST = 20000


def read(path):
    with open(path, "rb") as file:
        return file.read()


def npy(dtype, shape, content, version=1):
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + \
        header + content


def write(folder, target, name, content):
    os.makedirs(os.path.join(folder, target), exist_ok=True)
    with open(os.path.join(folder, target, name), "wb") as file:
        file.write(content)


def data_files(folder):
    for path in glob.glob(os.path.join(DATA, "*-ubyte.gz")):
        content = gzip.decompress(read(path))
        rows = 3
        size = 16 + rows * 784 if "images" in path else 8 + rows
        part = content[:4] + struct.pack(">I", rows) + content[8:size]
        name = os.path.basename(path)
        write(folder, "idx", name[:-3], part)
        write(folder, "idx", name, gzip.compress(part, mtime=0))
        write(folder, "gzip", name, gzip.compress(part, mtime=0))
    arrays = {"f4": npy("<f4", (2, 3), struct.pack("<6f", *range(6))), "i8": npy("<i8", (3,), struct.pack("<3q", 1, 2, 3)),
              "b1": npy("|b1", (), b"\1"), "f8": npy(">f8", (1,), struct.pack(">d", 1.5)),
              "empty": npy("<f4", (0, 2), b""), "v2": npy("<u1", (2,), b"ab", 2)}
    for name, content in arrays.items():
        write(folder, "npy", name, content)
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        path = os.path.join(folder, "npz", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with zipfile.ZipFile(path, "w", method) as archive:
            for entry, content in arrays.items():
                archive.writestr(entry + ".npy", content)
    for path in glob.glob(os.path.join(TESTS, "**", "*.safetensors"), recursive=True):
        if os.path.getsize(path) < LARGEST:
            write(folder, "safetensors", os.path.basename(path), read(path))
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}'
    write(folder, "safetensors", "small", struct.pack("<Q", len(header)) + header + bytes(8))


def cifar10(folder):
    """Archives of records that are all zeros, which deflate well."""
    for name, mode, form in (("ustar.gz", "w:gz", tarfile.USTAR_FORMAT), ("pax.gz", "w:gz", tarfile.PAX_FORMAT),
                             ("gnu", "w", tarfile.GNU_FORMAT)):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode=mode, format=form) as archive:
            for batch in ["test_batch.bin"] + [f"data_batch_{i}.bin" for i in range(1, 6 if mode == "w:gz" else 1)]:
                entry = tarfile.TarInfo(("a" * 101 + "/" if form != tarfile.USTAR_FORMAT else "") + batch)
                entry.size = 3073
                archive.addfile(entry, io.BytesIO(bytes(3073)))
        content = packed.getvalue()
        # The time of writing.
        write(folder, "cifar10", name, content[:4] + bytes(4) + content[8:] if mode == "w:gz" else content)


def texts(folder):
    for path in glob.glob(os.path.join(TESTS, "**", "*.sinter"), recursive=True):
        content = read(path)
        if len(content) < LARGEST:
            for target in ("syntax", "capture"):
                write(folder, target, os.path.basename(path), content)
    cases = read(os.path.join(TESTS, "Integration", "Inputs", "bad_models.txt")).decode().split("=== ")
    for at, case in enumerate(cases[1:]):
        write(folder, "syntax", f"bad-{at}", case.split("\n", 1)[1].encode())
        write(folder, "capture", f"bad-{at}", case.split("\n", 1)[1].encode())
    for seed in range(60):
        for target in ("syntax", "capture"):
            write(folder, target, f"random-{seed}", generate(seed).encode())


def settings(folder):
    """The JSON texts of the unit tests of what reads them."""
    for target, path in (("settings", "Training/SettingsTest.cpp"), ("description", "Data/ModelDescriptionTest.cpp")):
        source = os.path.join(TESTS, "unit", path)
        text = read(source).decode() if os.path.exists(source) else ""
        for at, found in enumerate(re.findall(r'R"\w*\((.*?)\)\w*"', text, re.S)):
            write(folder, target, f"test-{at}", found.encode())
        write(folder, target, "empty", b"{}")


def dictionary(folder):
    words = set()
    for path in glob.glob(os.path.join(TESTS, "..", "lib", "Frontend", "Capture", "*.cpp")):
        words |= set(re.findall(r'\{"(\w+)\(', read(path).decode()))
    words |= {"dim ", "const ", "fn ", "module ", "train ", "run ", "parameter ", "buffer ", "return ", "yield ", "for ",
              " in ", "..", "if ", "else ", "none", "true", "false", "training", "f32", "f64", "i64", "bool", "->", "**",
              "//", "...", "9223372036854775807", "1e308", "-1", "0", "grad", "model", "optimizer", "batch_size", "[::2]"}
    with open(os.path.join(folder, "words.dict"), "w") as file:
        file.write("".join(f'"{word}"\n' for word in sorted(words)))


def corpus(folder):
    os.makedirs(folder, exist_ok=True)
    data_files(folder)
    cifar10(folder)
    texts(folder)
    settings(folder)
    dictionary(folder)


def remove_generated(folder):
    with tempfile.TemporaryDirectory() as own:
        corpus(own)
        known = {read(path) for path in glob.glob(os.path.join(own, "*", "*"))}
    for path in glob.glob(os.path.join(folder, "*", "*")):
        if read(path) in known:
            os.remove(path)


if __name__ == "__main__":
    if sys.argv[1] == "--without":
        remove_generated(sys.argv[2])
    else:
        corpus(sys.argv[1])
