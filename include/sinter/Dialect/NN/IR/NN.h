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

/// What ops are to their cost: see the records of the same names.
template <typename ConcreteType>
class DivisionTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, DivisionTrait> {};
template <typename ConcreteType>
class TranscendentalTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, TranscendentalTrait> {};
template <typename ConcreteType>
class ReducesElementsTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, ReducesElementsTrait> {};
template <typename ConcreteType>
class MovesElementsTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, MovesElementsTrait> {};
template <typename ConcreteType>
class DrawnAgainTrait
    : public mlir::OpTrait::TraitBase<ConcreteType, DrawnAgainTrait> {};

/// CostOpInterface for ops whose traits say all.
int64_t defaultFlops(mlir::Operation *op);
int64_t defaultNonzeroElements(mlir::Operation *op);
int64_t defaultWorkPerElement(mlir::Operation *op);
bool isRepeatableByDefault(mlir::Operation *op);

/// The loops of a product: those of the result first, then those that it sums
/// over.
struct ContractionLoops {
  llvm::SmallVector<int64_t> extents;
  mlir::AffineMap lhs, rhs, result;

  /// How many products make one element of the result.
  int64_t getDepth() const {
    return mlir::ShapedType::getNumElements(
        llvm::ArrayRef(extents).drop_front(result.getNumResults()));
  }
};

class ScanYieldOp;
class SegmentOp;
} // namespace sinter::nn

#include "sinter/Dialect/NN/IR/Contractions.h.inc"
#include "sinter/Dialect/NN/IR/Costs.h.inc"
#include "sinter/Dialect/NN/IR/NNDialect.h.inc"
#include "sinter/Dialect/NN/IR/NNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "sinter/Dialect/NN/IR/NNAttributes.h.inc"

#define GET_OP_CLASSES
#include "sinter/Dialect/NN/IR/NNOps.h.inc"

#endif
