// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The nn dialect: ops, attributes and the helpers that capture, gradients and
// decompositions share.
#ifndef SINTER_DIALECT_NN_IR_NN_H
#define SINTER_DIALECT_NN_IR_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "sinter/Interfaces/Interfaces.h"

namespace sinter::nn {
/// TimeBatchableOpInterface for any elementwise op.
llvm::FailureOr<llvm::SmallVector<mlir::Value>>
buildElementwiseOverTime(mlir::Operation *op, mlir::OpBuilder &builder,
                         mlir::ValueRange operands,
                         llvm::ArrayRef<bool> stacked);

/// Each result element comes from the operands' elements at the same,
/// broadcast, index.
template <typename ConcreteType>
class ElementwiseTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, ElementwiseTrait> {
public:
  llvm::FailureOr<llvm::SmallVector<mlir::Value>>
  buildOverTime(mlir::OpBuilder &builder, mlir::ValueRange operands,
                llvm::ArrayRef<bool> stacked) {
    return buildElementwiseOverTime(this->getOperation(), builder, operands,
                                    stacked);
  }
};
class ScanYieldOp;
class SegmentOp;
} // namespace sinter::nn

#include "sinter/Dialect/NN/IR/NNDialect.h.inc"
#include "sinter/Dialect/NN/IR/NNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "sinter/Dialect/NN/IR/NNAttributes.h.inc"

#define GET_OP_CLASSES
#include "sinter/Dialect/NN/IR/NNOps.h.inc"

#endif
