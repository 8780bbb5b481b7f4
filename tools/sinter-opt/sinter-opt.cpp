// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs single passes and phases on IR in text form, for tests and for the
// curious.

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "sinter/Pipelines/Pipelines.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  sinter::registerDialects(registry);
  sinter::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Sinter's pass driver\n", registry));
}
