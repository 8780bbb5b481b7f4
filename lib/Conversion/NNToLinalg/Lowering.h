// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the lowerings of all families share: generics with broadcasting, scalar
// constants, kinds of numbers.
#ifndef SINTER_LIB_CONVERSION_NNTOLINALG_LOWERING_H
#define SINTER_LIB_CONVERSION_NNTOLINALG_LOWERING_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/DialectConversion.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// How the arithmetic of an element type works. The nn dialect tells unsigned
/// integers by their type; after this conversion only the ops do.
enum class NumberKind { Float, Signed, Unsigned, Bool };
NumberKind numberKind(mlir::Type elementType);

/// The element type of a tensor, as the nn dialect has it (an unsigned integer
/// is still one).
inline mlir::Type elementType(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value.getType());
}
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// An integer type without its sign; other types are returned as they are.
mlir::Type signlessType(mlir::Type type);

/// The tensor type to which `type` is converted.
mlir::RankedTensorType loweredType(mlir::Type type);

/// Scalar constants of a float or signless integer type.
mlir::Value floatConstant(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::Type type, double value);
mlir::Value integerConstant(mlir::OpBuilder &builder, mlir::Location location,
                            mlir::Type type, int64_t value);
/// `value` in `type`, rounded to the nearest or truncated.
mlir::Value numberConstant(mlir::OpBuilder &builder, mlir::Location location,
                           mlir::Type type, double value);

/// An uninitialised tensor, and one filled with a scalar.
mlir::Value emptyTensor(mlir::OpBuilder &builder, mlir::Location location,
                        mlir::RankedTensorType type);
mlir::Value filledTensor(mlir::OpBuilder &builder, mlir::Location location,
                         mlir::RankedTensorType type, mlir::Value scalar);

/// The map from `loops` (whose extents are `extents`) to an operand of the
/// given shape, aligned to the last loops: a unit dimension under a longer loop
/// reads index 0.
mlir::AffineMap broadcastMap(mlir::MLIRContext *context,
                             llvm::ArrayRef<int64_t> shape,
                             llvm::ArrayRef<int64_t> extents, unsigned loops);

/// Builds one scalar of a result from scalars of the operands.
using ScalarBody = llvm::function_ref<mlir::Value(
    mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A parallel generic over the result's shape whose operands are read through
/// `maps`. Operands that are constant splats reach `body` as scalar constants.
mlir::Value buildParallel(mlir::OpBuilder &builder, mlir::Location location,
                          mlir::RankedTensorType result,
                          mlir::ValueRange operands,
                          llvm::ArrayRef<mlir::AffineMap> maps,
                          ScalarBody body);

/// The same with operands that broadcast to the result.
mlir::Value buildElementwise(mlir::OpBuilder &builder, mlir::Location location,
                             mlir::RankedTensorType result,
                             mlir::ValueRange operands, ScalarBody body);

/// The loop indices of a generic of the given rank, built in its region.
mlir::SmallVector<mlir::Value>
loopIndices(mlir::OpBuilder &builder, mlir::Location location, int64_t rank);

/// The index into panels of `width` columns of element (row, column).
mlir::SmallVector<mlir::AffineExpr>
panelIndex(mlir::AffineExpr row, mlir::AffineExpr column, int64_t width);

/// Converts one scalar between element types by PyTorch's rules; `from` and
/// `to` are the nn dialect's types.
mlir::Value castScalar(mlir::OpBuilder &builder, mlir::Location location,
                       mlir::Value value, mlir::Type from, mlir::Type to);

/// Scalars of ops that need more than one instruction; `kind` is that of the
/// operands. Integer division by zero gives 0, and the smallest integer divided
/// by -1 wraps around: neither traps.
mlir::Value signScalar(mlir::OpBuilder &builder, mlir::Location location,
                       NumberKind kind, mlir::Value value);
mlir::Value absScalar(mlir::OpBuilder &builder, mlir::Location location,
                      NumberKind kind, mlir::Value value);
mlir::Value floorDivideScalar(mlir::OpBuilder &builder, mlir::Location location,
                              NumberKind kind, mlir::Value left,
                              mlir::Value right);
mlir::Value remainderScalar(mlir::OpBuilder &builder, mlir::Location location,
                            NumberKind kind, mlir::Value left,
                            mlir::Value right);
mlir::Value compareScalar(mlir::OpBuilder &builder, mlir::Location location,
                          NumberKind kind, ComparePredicate predicate,
                          mlir::Value left, mlir::Value right);

/// Arithmetic that every kind of number has: bools add to their disjunction and
/// multiply to their conjunction.
enum class Arithmetic { Add, Multiply, Maximum, Minimum };
mlir::Value arithmeticScalar(mlir::OpBuilder &builder, mlir::Location location,
                             Arithmetic arithmetic, NumberKind kind,
                             mlir::Value left, mlir::Value right);
/// What leaves every number as it is: 0, 1, the smallest, the largest.
mlir::Value neutralScalar(mlir::OpBuilder &builder, mlir::Location location,
                          Arithmetic arithmetic, NumberKind kind,
                          mlir::Type type);

/// Patterns, one set per family.
void populateElementwiseToLinalg(const mlir::TypeConverter &,
                                 mlir::RewritePatternSet &);
void populateReductionToLinalg(const mlir::TypeConverter &,
                               mlir::RewritePatternSet &);
void populateCumulationToLinalg(const mlir::TypeConverter &,
                                mlir::RewritePatternSet &);
void populateContractionToLinalg(const mlir::TypeConverter &,
                                 mlir::RewritePatternSet &);
void populateShapeToLinalg(const mlir::TypeConverter &,
                           mlir::RewritePatternSet &);
void populatePanelsToLinalg(const mlir::TypeConverter &,
                            mlir::RewritePatternSet &);
void populateGatherToLinalg(const mlir::TypeConverter &,
                            mlir::RewritePatternSet &);
void populateRandomToLinalg(const mlir::TypeConverter &,
                            mlir::RewritePatternSet &);

} // namespace sinter::nn

#endif
