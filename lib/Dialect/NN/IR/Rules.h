// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The heads of the methods that every op has: its types, its gradients.
#ifndef SINTER_LIB_DIALECT_NN_IR_RULES_H
#define SINTER_LIB_DIALECT_NN_IR_RULES_H

#include "sinter/Dialect/NN/IR/Builders.h"

/// A definition of `Op::inferReturnTypes`.
#define INFER(Op)                                                              \
  mlir::LogicalResult Op::inferReturnTypes(                                    \
      mlir::MLIRContext *context, std::optional<mlir::Location> location,      \
      mlir::ValueRange operands, mlir::DictionaryAttr attributes,              \
      mlir::OpaqueProperties properties, mlir::RegionRange regions,            \
      llvm::SmallVectorImpl<mlir::Type> &results)

/// A definition of `Op::buildGradients`.
#define GRADIENT(Op)                                                           \
  mlir::LogicalResult Op::buildGradients(                                      \
      mlir::OpBuilder &builder, mlir::ValueRange resultGradients,              \
      llvm::MutableArrayRef<mlir::Value> operandGradients)

namespace sinter::nn {

/// What inference appends its results to.
using Types = llvm::SmallVectorImpl<mlir::Type>;

/// Checks a dimension of a tensor of that rank.
inline llvm::LogicalResult checkDim(std::optional<mlir::Location> location,
                                    int64_t rank, int64_t dim) {
  if (dim >= 0 && dim < rank)
    return mlir::success();
  return mlir::emitOptionalError(location,
                                 "expected a dimension below the rank ", rank,
                                 ", but got ", dim);
}

/// Undoes the broadcast of an operand.
inline mlir::Value reduceTo(TensorBuilder &build, mlir::Value gradient,
                            mlir::Value operand) {
  return build.sumTo(gradient, tensorType(operand));
}

} // namespace sinter::nn
#endif
