# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The registry of rules: which rule writes a call of which built-in.

FUNCTIONS = {}  # name of a function or layer → rule(function, name)
STRUCTURE = {}  # name of a language feature → rule(function)
NEEDS_MODULE = set()  # layers with state
RARE = set()  # those that take long to compile: written where a program is to use them, and nowhere else
SETTINGS = set()  # optimizers and schedules: written by train blocks


def rule(*names, module=False, rare=False):
    """Registers a function of a rule for built-ins."""
    def register(build):
        for name in names:
            FUNCTIONS[name] = build
            if module:
                NEEDS_MODULE.add(name)
            if rare:
                RARE.add(name)
        return build
    return register


def structure(name):
    def register(build):
        STRUCTURE[name] = build
        return build
    return register
