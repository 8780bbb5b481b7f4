// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass that expands math functions; the families are in files of their own.
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_EXPANDMATH
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

namespace {

struct ExpandMath : sinter::impl::ExpandMathBase<ExpandMath> {
  FrozenRewritePatternSet logistic, patterns;

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet first(context), set(context);
    sinter::populateExpandLogisticPatterns(first);
    logistic = std::move(first);
    sinter::populateExpandExpLogPatterns(set);
    sinter::populateExpandTrigonometryPatterns(set);
    sinter::populateExpandPowerPatterns(set);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    // The logistic function is seen as a whole before its exp is expanded.
    if (failed(applyPatternsAndFoldGreedily(getOperation(), logistic)) ||
        failed(applyPatternsAndFoldGreedily(getOperation(), patterns)))
      signalPassFailure();
  }
};

} // namespace
