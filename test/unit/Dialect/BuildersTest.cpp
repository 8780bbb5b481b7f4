// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builders that gradients and decompositions share.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace sinter::nn;

namespace {
class Builders : public testing::Test {
protected:
  Builders() : build(OpBuilder(&context), UnknownLoc::get(&context)) {
    context.loadDialect<NNDialect>();
    module = ModuleOp::create(build.location);
    build.builder.setInsertionPointToStart(module->getBody());
  }

  RankedTensorType floats(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, build.builder.getF32Type());
  }

  MLIRContext context;
  TensorBuilder build;
  OwningOpRef<ModuleOp> module;
};
} // namespace

TEST_F(Builders, SplatRoundsToTheElementType) {
  Value tenth = build.splat(0.1, floats({2}));
  auto value =
      cast<SplatElementsAttr>(tenth.getDefiningOp<ConstantOp>().getValue());
  EXPECT_EQ(value.getSplatValue<float>(), 0.1f);
  auto integers = RankedTensorType::get({2}, build.builder.getI64Type());
  Value minus = build.splat(-3, integers);
  EXPECT_EQ(
      cast<SplatElementsAttr>(minus.getDefiningOp<ConstantOp>().getValue())
          .getSplatValue<APInt>()
          .getSExtValue(),
      -3);
}

TEST_F(Builders, SumToUndoesBroadcasts) {
  Value value = build.splat(1, floats({2, 3, 4}));
  Value sum = build.sumTo(value, floats({3, 1}));
  EXPECT_EQ(sum.getType(), floats({3, 1}));
  auto reshape = sum.getDefiningOp<ReshapeOp>();
  ASSERT_TRUE(reshape);
  auto reduction = reshape.getInput().getDefiningOp<SumOp>();
  ASSERT_TRUE(reduction);
  EXPECT_EQ(reduction.getDims(), ArrayRef<int64_t>({0, 2}));
  EXPECT_EQ(build.sumTo(value, floats({2, 3, 4})), value);
}

TEST_F(Builders, NothingIsBuiltWhereNothingChanges) {
  Value value = build.splat(1, floats({2, 3}));
  EXPECT_EQ(build.reshape(value, {2, 3}), value);
  EXPECT_EQ(build.broadcast(value, {2, 3}), value);
  EXPECT_EQ(build.cast(value, build.builder.getF32Type()), value);
}
