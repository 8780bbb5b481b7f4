// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect of mistakes and the registration of its passes.

#include "Mistakes.h"
#include "Passes.h"
#include "Register.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

#include "MistakesDialect.cpp.inc"

#define GET_OP_CLASSES
#include "Mistakes.cpp.inc"

using namespace mlir;

namespace sinter::mistake {
void registerPasses() { registerMistakesPasses(); }

std::vector<std::string> differentiableOps() {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  auto *dialect = context.getOrLoadDialect<nn::NNDialect>();
  std::vector<std::string> names;
  for (RegisteredOperationName op : context.getRegisteredOperations())
    if (&op.getDialect() == dialect &&
        op.hasInterface<DifferentiableOpInterface>())
      names.push_back(op.getStringRef().str());
  llvm::sort(names);
  return names;
}

void MistakeDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "Mistakes.cpp.inc"
      >();
}

OpFoldResult NegateGradientOp::fold(FoldAdaptor) { return getOperand(); }

LogicalResult
NegateGradientOp::buildGradients(OpBuilder &builder, ValueRange resultGradients,
                                 MutableArrayRef<Value> operandGradients) {
  // For those who ask whether the mistake has an influence at all.
  emitWarning("a gradient of the wrong sign");
  operandGradients[0] =
      builder.create<nn::NegOp>(getLoc(), resultGradients.front());
  return success();
}

} // namespace sinter::mistake
