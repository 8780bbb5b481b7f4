// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter`, the driver.

#include "Commands.h"

int main(int argc, char **argv) {
  return sinter::driver::runDriver(argc, argv, {});
}
