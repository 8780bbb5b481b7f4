# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Calls everything that the reference lists with arguments of any kind and size: what comes out is a value or a located
# error. Prints the programs that end in anything else.
#
#   calls.py [--sinter=sinter] [--seeds=0:1] [--emit=kernels]     a seed is one call of each function and layer
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

INPUTS = ["x: f32[2, 4, 5, 6]", "v: f32[4]", "m: f32[3, 4]", "s: f32", "i: i64[2, 3]", "t: f32[2, 4, 7]", "b: bool[3, 4]",
          "e: f32[2, 0, 3]", "n: f32[0, 4, 0, 6]", "h: f32[1, 2147483647, 1, 2]", "d: f64[3, 4]", "w: f32[4, 2, 3, 3]"]
TENSORS = [declared.split(":")[0] for declared in INPUTS]
NUMBERS = ["0", "1", "2", "3", "-1", "4", "7", "46341", "65536", "1048577", "2147483646", "2147483647", "2147483648", "1099511627776",
           "3037000500", "4611686018427387904", "9223372036854775807", "-9223372036854775807"]
FLOATS = ["0.5", "0.0", "-1.0", "1e-320", "1e38", "1e308"]
OTHERS = ["none", "true", "false", '"same"', '"x"', "[]", "()", "f32", "i64"]
# What an argument of a name mostly is.
TYPICAL = {
    "dim": ["0", "1", "-1", "[0, 1]", "2"],
    "reduction": ['"none"', '"sum"', '"mean"'],
    "mode": ['"nearest"', '"linear"', '"bilinear"', '"bicubic"', '"area"', '"reflect"', '"circular"', '"replicate"'],
    "padding_mode": ['"zeros"', '"reflect"', '"replicate"', '"circular"'],
    "dtype": ["f32", "f64", "i64", "bool", "i8"],
    "tensors": ["[x, x]", "[m, m, m]", "[t]"],
    "weight": ["w", "v", "m"],
    "index": ["i", "i"],
    "indices": ["i"],
    "target": ["x", "m", "v", "i"],
}
SIZES = {"kernel_size", "stride", "padding", "dilation", "output_padding", "groups", "output_size", "size", "num_layers", "steps", "chunks",
         "upscale_factor", "downscale_factor", "shifts", "in_channels", "out_channels", "num_features", "hidden_size", "input_size", "pad"}
# `bool` is a dtype, which methods alone may be called.
SKIPPED = {"Sequential", "bool"}


def signatures(sinter):
    """(name, parameters, whether it is a layer) of what the reference lists."""
    text = subprocess.run([sinter, "list", "--markdown"], stdout=subprocess.PIPE, text=True, check=True).stdout
    text = text[text.index("## Elementwise functions"):text.index("## Optimizers")]
    found = []
    for name, parameters in re.findall(r"^\| `(\w+)\((.*?)\)` \|", text, re.M):
        names = [re.split(r"[=:]", part)[0].strip() for part in parameters.split(",")]
        found.append((name, [part for part in names if re.fullmatch(r"\*?\w+", part)], name[0].isupper()))
    return found


def number(source):
    return source.choice(NUMBERS[:7] if source.random() < 0.6 else NUMBERS)


def listed(source):
    return "[" + ", ".join(number(source) for _ in range(source.choice([1, 2, 2, 3, 4]))) + "]"


def anything(source):
    kind = source.random()
    if kind < 0.4:
        return number(source)
    if kind < 0.55:
        return source.choice(TENSORS)
    return source.choice([listed(source), source.choice(FLOATS), source.choice(OTHERS)])


def argument(source, name):
    if source.random() < 0.15:
        return anything(source)
    if name in TYPICAL:
        return source.choice(TYPICAL[name])
    if name in SIZES:
        return listed(source) if source.random() < 0.3 else number(source)
    return source.choice([number(source), source.choice(FLOATS), source.choice(TENSORS[:7]), "true", "false"])


def arguments(source, parameters):
    """The first ones by position, some of the others by name."""
    texts = []
    for at, name in enumerate(parameters):
        if name.startswith("*"):
            texts += [number(source) for _ in range(source.randrange(4))]
        elif name in ("input", "self") or at == 0 and name in ("a", "x", "input1", "x1"):
            texts.append(source.choice(TENSORS if source.random() < 0.5 else ["x"]))
        elif at < 2 or source.random() < 0.5:
            texts.append(f"{name}={argument(source, name)}")
    return ", ".join(texts)


def item(source, number, signature):
    """A function or module on one line that makes a call, and its gradient if `slope`."""
    name, parameters, is_layer = signature
    head = f"({', '.join(INPUTS)})"
    call = f"{name}({arguments(source, parameters)})"
    if is_layer:
        given = source.choice(["x", "x", "t", "m", "i", "n", "h", "x, i", "m, m", "m, b"])
        return f"module M{number} {{ l = {call}; fn forward{head} {{ y = l({given}); return r = y }} }}"
    return f"fn call{number}{head} {{ y = {call}; return r = y }}"


def compile_items(options, folder, items):
    """Exit code and messages."""
    path = os.path.join(folder, "calls.sinter")
    with open(path, "w") as file:
        file.write("\n".join(items) + "\n")
    command = [options.sinter, "compile", path, f"--emit={options.emit}", "-o", os.path.join(folder, "out")]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", timeout=600)
    except subprocess.TimeoutExpired:
        return -1, "no end after 600 s"
    return done.returncode, done.stderr


def wrong(code, messages):
    return code not in (0, 1) or "runtime error" in messages or (code == 1 and not re.search(r"calls\.sinter:\d+:\d+: error: ", messages))


def check(options, folder, items):
    """Compiles all together, then those that no error was about; gives those that do not end as they should."""
    code, messages = compile_items(options, folder, items)
    if wrong(code, messages):
        if len(items) == 1:
            return [(items[0], code, messages)]
        half = len(items) // 2
        return check(options, folder, items[:half]) + check(options, folder, items[half:])
    bad = {int(line) for line in re.findall(r"calls\.sinter:(\d+):\d+: error: ", messages)}
    rest = [text for at, text in enumerate(items, 1) if at not in bad]
    return check(options, folder, rest) if bad and rest else []


def with_gradient(text):
    return text.replace("return r = y", "return r = y, g = grad(sum(y * y), x)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sinter", default="sinter")
    parser.add_argument("--seeds", default="0:1")
    parser.add_argument("--emit", default="kernels")
    options = parser.parse_args()
    known = signatures(options.sinter)
    failed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(*map(int, options.seeds.split(":"))):
            source = random.Random(seed)
            items = [item(source, at, signature) for at, signature in enumerate(known) if signature[0] not in SKIPPED]
            count += len(items)
            for texts in (items, [with_gradient(text) for text in items]):
                for text, code, messages in check(options, folder, texts):
                    failed += 1
                    print(f"seed {seed}: exit code {code}\n{text}\n{messages[-400:]}", flush=True)
    print(f"{count} calls: {failed} not taken as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
