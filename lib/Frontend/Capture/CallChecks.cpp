// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks of the arguments of a built-in beside each other.
#include "Call.h"

namespace sinter::capturing {

bool Call::checkOneDType(llvm::ArrayRef<Tensor> operands) {
  Tensor first = operands.front();
  for (Tensor operand : operands)
    if (operand && elementOf(operand) != elementOf(first)) {
      error(range, "expected tensors of one dtype in '" + signature.name +
                       "', but got " + describeType(first.getType()) + " and " +
                       describeType(operand.getType()));
      return false;
    }
  return true;
}

bool Call::checkIndices(Tensor indices, llvm::StringRef name, int64_t limit) {
  hasFailed |= !interpreter.checkIndices(indices, 0, limit, rangeOf(name));
  return !failed();
}

bool Call::checkBroadcast(llvm::ArrayRef<Tensor> operands) {
  Shape shape;
  for (Tensor operand : operands) {
    auto next = broadcastShapes(shape, shapeOf(operand));
    if (!next) {
      error(range, "expected shapes that broadcast in '" + signature.name +
                       "', but got " + describeShape(shape) + " and " +
                       describeShape(shapeOf(operand)));
      return false;
    }
    shape = *next;
  }
  return true;
}

bool Call::checkBroadcastsTo(llvm::StringRef name, Tensor operand,
                             llvm::ArrayRef<int64_t> shape) {
  if (!operand)
    return true;
  auto both = broadcastShapes(shapeOf(operand), shape);
  if (both && llvm::ArrayRef<int64_t>(*both) == shape)
    return true;
  error(name, "expected a shape that broadcasts to " + describeShape(shape) +
                  " as that of argument '" + name + "' of '" + signature.name +
                  "', but got " + describeShape(shapeOf(operand)));
  return false;
}

} // namespace sinter::capturing
