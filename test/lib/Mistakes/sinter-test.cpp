// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The driver with a mistake in its pipeline: sinter-test PASS AFTER arguments
// of `sinter`… runs PASS after every pass called AFTER. --differentiable-ops
// lists what has gradients.

#include "Commands.h"
#include "Register.h"
#include <cstdio>
#include <cstring>

int main(int argc, char **argv) {
  if (argc == 2 && std::strcmp(argv[1], "--differentiable-ops") == 0) {
    for (const std::string &op : sinter::mistake::differentiableOps())
      std::printf("%s\n", op.c_str());
    return sinter::driver::Done;
  }
  if (argc < 4) {
    std::fprintf(stderr, "usage: sinter-test PASS AFTER COMMAND FILE ...\n");
    return sinter::driver::WrongUsage;
  }
  sinter::mistake::registerPasses();
  sinter::driver::CommonOptions presets;
  presets.insertPass = argv[1];
  presets.insertAfter = argv[2];
  argv[2] = argv[0];
  return sinter::driver::runDriver(argc - 2, argv + 2, presets);
}
