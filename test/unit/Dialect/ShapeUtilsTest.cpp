// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shape rules of PyTorch's broadcasting.

#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include <gtest/gtest.h>

using namespace sinter::nn;

TEST(ShapeUtils, BroadcastAlignsLastDimensions) {
  EXPECT_EQ(broadcastShapes({3, 1, 5}, {4, 1}), Shape({3, 4, 5}));
  EXPECT_EQ(broadcastShapes({4}, {2, 3, 4}), Shape({2, 3, 4}));
  EXPECT_EQ(broadcastShapes({}, {2, 3}), Shape({2, 3}));
  EXPECT_EQ(broadcastShapes({0, 3}, {1, 3}), Shape({0, 3}));
  EXPECT_EQ(broadcastShapes({3, 4}, {3}), std::nullopt);
}

TEST(ShapeUtils, BroadcastsToExactlyTheTarget) {
  EXPECT_TRUE(broadcastsTo({3, 1}, {2, 3, 4}));
  EXPECT_FALSE(broadcastsTo({2, 3, 4}, {3, 4}));
  EXPECT_FALSE(broadcastsTo({3}, {1}));
}

TEST(ShapeUtils, ReducedShapeKeepsOrDropsDimensions) {
  EXPECT_EQ(reducedShape({2, 3, 4}, {0, 2}, /*keepdim=*/false), Shape({3}));
  EXPECT_EQ(reducedShape({2, 3, 4}, {0, 2}, /*keepdim=*/true),
            Shape({1, 3, 1}));
  EXPECT_EQ(shapeText({64, 10}), "[64, 10]");
}
