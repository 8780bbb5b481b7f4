// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hoists out of and sinks from scans what does not take part in the
// recurrence, so that it is done for all steps at once.

#include "MoveOutOfScans.h"

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNMOVEOUTOFSCANS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

namespace {
struct MoveOutOfScans
    : public sinter::nn::impl::NNMoveOutOfScansBase<MoveOutOfScans> {
  void runOnOperation() override {
    // Inner scans first: what leaves them may leave the outer one as well.
    SmallVector<ScanOp> scans;
    // With lengths, what a y is in ended rows would have to be kept.
    auto collect = [&](ScanOp scan) {
      if (!scan.getLengths())
        scans.push_back(scan);
    };
    getOperation().walk(collect);
    for (ScanOp scan : scans)
      hoistFromScan(scan);
    scans.clear();
    getOperation().walk(collect);
    for (ScanOp scan : scans)
      sinkFromScan(scan);
  }
};
} // namespace
