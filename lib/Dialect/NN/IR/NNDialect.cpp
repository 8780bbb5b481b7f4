// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The nn dialect: registration, constants, types that gradients are made of.

#include "mlir/IR/DialectImplementation.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

#include "sinter/Dialect/NN/IR/NNDialect.cpp.inc"
#include "sinter/Dialect/NN/IR/NNEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "sinter/Dialect/NN/IR/NNAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "sinter/Dialect/NN/IR/NNOps.cpp.inc"

namespace {
struct TensorAddition
    : AdditiveTypeInterface::ExternalModel<TensorAddition, RankedTensorType> {
  Value buildZero(Type type, OpBuilder &builder, Location location) const {
    auto tensor = cast<RankedTensorType>(type);
    return builder.create<ConstantOp>(
        location, tensor, cast<ElementsAttr>(builder.getZeroAttr(tensor)));
  }
  Value buildSum(Type, OpBuilder &builder, Location location, Value left,
                 Value right) const {
    return builder.create<AddOp>(location, left, right);
  }
};
} // namespace

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "sinter/Dialect/NN/IR/NNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "sinter/Dialect/NN/IR/NNOps.cpp.inc"
      >();
  RankedTensorType::attachInterface<TensorAddition>(*getContext());
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                          Type type, Location location) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements && elements.getType() == type
             ? builder.create<ConstantOp>(location, type, elements)
             : nullptr;
}
