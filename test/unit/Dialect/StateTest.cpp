// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-ups in state tables.

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace sinter::nn;

namespace {
class State : public testing::Test {
protected:
  State() {
    context.loadDialect<NNDialect>();
    module = parseSourceString<ModuleOp>(R"mlir(
      nn.state @Net bytes 448 {
        nn.segment "trainer.step" header : tensor<i64> at 0
        nn.segment "weight" parameter : tensor<5x5xf32> at 64
        nn.segment "bias" parameter : tensor<5xf32> at 192
        nn.segment "optimizer.exp_avg.weight" optimizer : tensor<5x5xf32> at 256
        nn.segment "optimizer.exp_avg.bias" optimizer : tensor<5xf32> at 384
      })mlir",
                                         &context);
    state = *module->getOps<StateOp>().begin();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  StateOp state;
};
} // namespace

TEST_F(State, LooksUpSegmentsByKey) {
  mlir::SymbolTable segments(state);
  ASSERT_TRUE(segments.lookup<SegmentOp>("bias"));
  EXPECT_EQ(segments.lookup<SegmentOp>("bias").getOffset(), 192u);
  EXPECT_FALSE(segments.lookup<SegmentOp>("bia"));
}

TEST_F(State, RunsSpanTheirSegmentsWithPadding) {
  // 64 to 212 is 148 bytes, rounded up to 192: 48 floats.
  FailureOr<std::pair<int64_t, int64_t>> parameters = state.getRun("parameter");
  ASSERT_TRUE(succeeded(parameters));
  EXPECT_EQ(*parameters, std::make_pair(int64_t(64), int64_t(48)));
  FailureOr<std::pair<int64_t, int64_t>> average =
      state.getRun("optimizer.exp_avg");
  ASSERT_TRUE(succeeded(average));
  EXPECT_EQ(*average, std::make_pair(int64_t(256), int64_t(48)));
  EXPECT_EQ(state.getRunSegments("optimizer.exp_avg").size(), 2u);
  EXPECT_TRUE(failed(state.getRun("optimizer.exp")));
}
