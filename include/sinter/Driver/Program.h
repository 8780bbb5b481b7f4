// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The main function of programs that `sinter compile --emit=exe` makes. The
// compiler writes the table and a `main` that calls sinter_program_main with
// it.
#ifndef SINTER_DRIVER_PROGRAM_H
#define SINTER_DRIVER_PROGRAM_H

#include "sinter/Runtime/ABI.h"

extern "C" {

/// What a program has of its model: the description that its object exports,
/// and the functions of its entries in the order of the description.
struct sinter_program {
  const char *description;
  const sinter_entry *entries;
};

/// The command line `PROGRAM train|run …`; returns the exit code.
int sinter_program_main(int argc, char **argv, const sinter_program *program);
}
#endif
