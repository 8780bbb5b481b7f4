# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# A lit format: one test per golden case. A case that passing.txt lists must pass; one that it does not list must be
# refused with a located error (exit code 1), so that the list stays true and no number is ever wrong. Those that
# cross.txt lists run as code for other machines, too, as cross/MACHINE/family/name; where the compiler or the emulator
# of a machine is missing, they are unsupported.
import json
import os
import shutil
import subprocess
from pathlib import Path

import conformance
import lit.Test
import lit.formats

TIMEOUT = 120  # seconds
EMULATED = {  # machines: their architecture, further arguments of sinter and QEMU's name of the CPU
    "aarch64": ("aarch64", [], ""),
    "riscv64": ("riscv64", [], ""),
    "riscv64-vectors": ("riscv64", ["--mcpu=sifive-x280"], "rv64,v=true,vext_spec=v1.0,vlen=512,zba=true,zbb=true"),
}
NATIVE = {"x86-64": set(), "x86-64-v3": {"avx2", "fma"}}  # CPUs of this machine's kind, and what they need of it


def write_cases(golden, folder):
    """Writes every case as a program with its tensors; returns {family/name: arguments of `sinter check`}."""
    manifest, files, commands = json.loads((golden / "cases.json").read_text()), {}, {}
    for case in manifest["cases"]:
        if case["file"] not in files:
            files[case["file"]] = conformance.read_tensors(golden / case["file"])
        prefix = case["prefix"]
        tensors = {n[len(prefix):]: t for n, t in files[case["file"]].items() if n.startswith(prefix)}
        translate = conformance.training if "steps" in case else conformance.operation
        program, tensors, flags = translate(case, tensors)
        place = folder / case["family"] / case["name"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".sinter").write_text(program)
        conformance.write_tensors(place.with_suffix(".safetensors"), tensors)
        tolerance = ",".join(f"{kind}={value:g}" for kind, value in case["tolerance"].items())
        commands[f"{case['family']}/{case['name']}"] = [
            str(place.with_suffix(".sinter")), f"--golden={place.with_suffix('.safetensors')}",
            f"--tolerance={tolerance}", *flags]
    return commands


def read_list(path):
    """The names in a list of passing cases: one a line, # starts a comment."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return {line for line in lines if line}


def run_case(sinter, arguments, emulated_cpu=""):
    """(exit code, what was printed) of one case; 124 if it takes too long."""
    environment = {**os.environ, "QEMU_CPU": emulated_cpu} if emulated_cpu else None
    try:
        run = subprocess.run([sinter, "check", *arguments], capture_output=True, text=True, timeout=TIMEOUT,
                             errors="replace", env=environment)
    except subprocess.TimeoutExpired:
        return 124, f"no answer in {TIMEOUT} s"
    return run.returncode, (run.stdout + run.stderr).strip()


def read_cross(path):
    """[(name, further arguments)] of a list of cases for other machines."""
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return [(line[0], line[1:]) for line in lines if line]


def machine_arguments(golden):
    """{machine: (arguments of `sinter check`, QEMU's CPU)} of the machines for which code can run here."""
    machines = {}
    for name, (arch, arguments, cpu) in EMULATED.items():
        if shutil.which(f"{arch}-linux-gnu-gcc") and shutil.which(f"qemu-{arch}"):
            runner = golden.parent / "cross" / f"run-{arch}"
            machines[name] = [f"--target={arch}-linux-gnu", f"--runner={runner}", *arguments], cpu
    for name, needs in NATIVE.items():
        if os.uname().machine == "x86_64" and needs <= cpu_flags():
            machines[name] = [f"--mcpu={name}"], ""
    return machines


def cpu_flags():
    """What the CPU can, as Linux names it; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith("flags") for flag in line.split(":")[1].split()}


class GoldenFormat(lit.formats.TestFormat):
    def __init__(self, golden, sinter):
        self.golden, self.sinter = Path(golden), sinter
        self.passing = read_list(self.golden / "passing.txt")
        self.cross = {}
        for machine in (*EMULATED, *NATIVE):
            for name, arguments in read_cross(self.golden / "cross.txt"):
                self.cross["/".join(["cross", machine, name, *arguments])] = machine, name, arguments
        self.machines = machine_arguments(self.golden)

    def getTestsInDirectory(self, suite, path_in_suite, lit_config, config):
        if path_in_suite:
            return
        self.commands = write_cases(self.golden, Path(suite.getExecPath(())) / "cases")
        for name in sorted(self.passing - set(self.commands)):
            lit_config.error(f"passing.txt lists a case that does not exist: {name}")
        for machine, name, _ in self.cross.values():
            if name not in self.passing:
                lit_config.error(f"cross.txt lists a case that passing.txt does not: {name}")
        for name in [*self.commands, *self.cross]:
            yield lit.Test.Test(suite, tuple(name.split("/")), config)

    def execute_cross(self, machine, name, arguments):
        """One case as code for another machine."""
        if machine not in self.machines:
            return lit.Test.UNSUPPORTED, f"no compiler and emulator for {machine}"
        own, cpu = self.machines[machine]
        code, text = run_case(self.sinter, [*self.commands[name], *own, *arguments], cpu)
        return (lit.Test.FAIL, f"exit code {code}: {text}") if code else (lit.Test.PASS, "")

    def execute(self, test, lit_config):
        name = "/".join(test.path_in_suite)
        if name in self.cross:
            return self.execute_cross(*self.cross[name])
        code, text = run_case(self.sinter, self.commands[name])
        if code not in (0, 1):
            return lit.Test.FAIL, f"wrong (exit code {code}): {text}"
        if name in self.passing:
            return (lit.Test.PASS, "") if code == 0 else (lit.Test.FAIL, f"refused, but passing.txt lists it: {text}")
        if code == 0:
            return lit.Test.XPASS, "passes, but passing.txt does not list it: add it"
        return lit.Test.XFAIL, text
