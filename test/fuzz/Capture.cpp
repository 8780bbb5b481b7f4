// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fuzzed front end up to the graph phase: a model is captured to a module
// that verifies, or errors are reported.
#include "sinter/Frontend/Capture/Capture.h"
#include "Targets.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Frontend/Parser.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

namespace sinter::fuzz {

void fuzzCapture(const uint8_t *data, size_t size) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<mlir::func::FuncDialect, nn::NNDialect>();
  Source source("fuzz.sinter",
                std::string(reinterpret_cast<const char *>(data), size));
  Diagnostics diagnostics(source);
  auto program = parseProgram(source, diagnostics);
  if (diagnostics.hasErrors())
    return;
  for (bool gradients : {false, true}) {
    CaptureOptions options;
    options.dims = {{"N", {3}}};
    options.gradientEntries = gradients;
    Diagnostics problems(source);
    auto module = capture(*program, context, options, problems);
    llvm::raw_null_ostream nowhere;
    problems.print(nowhere);
    if (module && !problems.hasErrors() && failed(mlir::verify(*module)))
      std::abort();
  }
}

} // namespace sinter::fuzz
