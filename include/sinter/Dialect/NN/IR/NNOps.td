// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All of the nn dialect.
#ifndef SINTER_NN_OPS
#define SINTER_NN_OPS
include "sinter/Dialect/NN/IR/Elementwise.td"
include "sinter/Dialect/NN/IR/Reduction.td"
include "sinter/Dialect/NN/IR/Shape.td"
include "sinter/Dialect/NN/IR/Convolution.td"
include "sinter/Dialect/NN/IR/Layers.td"
include "sinter/Dialect/NN/IR/Recurrent.td"
include "sinter/Dialect/NN/IR/Structure.td"
#endif
