# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The suites of shell tests: test/ and python-free-examples/. `sinter`, `sinter-opt`, `FileCheck` and `not` are found
# through PATH. Substitutions: %root (the sources), %build, %golden, %data (Fashion-MNIST as IDX files), %llvm-lib, and
# %sinter where PATH is not to be asked.
import os
import shutil
import subprocess

import lit.formats

config.name = "sinter-" + os.path.basename(config.test_source_root)
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".sinter", ".test", ".ptx"]
if os.path.basename(config.test_source_root) == "python-free-examples":
    config.suffixes = [".test"]  # their models hold nothing but the model
# Suites of their own, and folders of files that tests read.
config.excludes = ["golden", "unit", "benchmark", "programs", "Inputs", "data"]

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.sinter_binary_root, "bin"), config.llvm_tools, os.environ.get("PATH", "")])
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

example_data = os.path.join(config.sinter_source_root, "python-free-examples", "01-mlp-images", "data")
config.substitutions += [
    ("%root", config.sinter_source_root),
    ("%golden", os.path.join(config.sinter_source_root, "test", "golden")),
    ("%data", example_data),
    ("%llvm-lib", config.llvm_libraries),
    ("%build", config.sinter_binary_root),
    ("%sinter", os.path.join(config.sinter_binary_root, "bin", "sinter")),
]


def cpu_flags():
    """What the CPU can, as Linux names it; empty elsewhere."""
    try:
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return line.split(":")[1].split()
    except OSError:
        pass
    return []


config.available_features |= {name for name in ("avx2", "avx512f", "fma") if name in cpu_flags()}
if "-fsanitize" in config.sinter_flags:
    config.available_features.add("sanitized")
    # LLVM's libraries are not instrumented: they use arenas that code inlined from their headers poisons.
    config.environment.setdefault("ASAN_OPTIONS", "allow_user_poisoning=0:detect_leaks=0")
if os.path.exists("/dev/full"):
    config.available_features.add("dev-full")
if os.path.exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"):
    config.available_features.add("fashion-mnist")
# Other machines: their compilers and emulators.
for machine in ("aarch64", "riscv64"):
    if shutil.which(f"{machine}-linux-gnu-gcc") and shutil.which(f"qemu-{machine}"):
        config.available_features.add(machine)
config.available_features |= {tool for tool in ("gdb", "gnuplot", "valgrind") if shutil.which(tool)}
# An interpreter that has the package `tensorboard`: PYTHON names another than python3.
python = os.environ.get("PYTHON", "python3")
if subprocess.run([python, "-c", "import tensorboard"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
    config.available_features.add("tensorboard")
    config.substitutions.append(("%{python-tensorboard}", python))
