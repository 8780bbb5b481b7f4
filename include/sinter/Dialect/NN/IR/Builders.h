// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short ways to build nn ops, shared by capture, gradients and decompositions.
#ifndef SINTER_DIALECT_NN_IR_BUILDERS_H
#define SINTER_DIALECT_NN_IR_BUILDERS_H

#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

namespace sinter::nn {

/// A tensor all of whose elements are `number`, rounded to the element type.
mlir::Value splat(mlir::OpBuilder &builder, mlir::Location location,
                  double number, mlir::RankedTensorType type);

/// A splat of the type of `like`.
mlir::Value constantLike(mlir::OpBuilder &builder, mlir::Location location,
                         double number, mlir::Value like);

/// The sum of `value` over the dimensions along which `type` broadcasts to it:
/// the gradient of a broadcast.
mlir::Value sumTo(mlir::OpBuilder &builder, mlir::Location location,
                  mlir::Value value, mlir::RankedTensorType type);

/// The mean over `dims` (sorted, unique); NaN over no elements.
mlir::Value mean(mlir::OpBuilder &builder, mlir::Location location,
                 mlir::Value value, llvm::ArrayRef<int64_t> dims, bool keepdim);

/// The type of a tensor value.
mlir::RankedTensorType tensorType(mlir::Value value);

/// 0, 1, … rank - 1.
Shape allDims(int64_t rank);

/// A rank-0 constant of an element type, or of that of `like`.
mlir::Value scalar(mlir::OpBuilder &builder, mlir::Location location,
                   double number, mlir::Type elementType);
mlir::Value scalarLike(mlir::OpBuilder &builder, mlir::Location location,
                       double number, mlir::Value like);

/// `value` in another shape or element type; `value` itself if it has it.
mlir::Value reshapeTo(mlir::OpBuilder &builder, mlir::Location location,
                      mlir::Value value, llvm::ArrayRef<int64_t> shape);
mlir::Value castTo(mlir::OpBuilder &builder, mlir::Location location,
                   mlir::Value value, mlir::Type elementType);

/// A vector as a tensor of `rank` dimensions, all 1 but `dim`.
mlir::Value alignVector(mlir::OpBuilder &builder, mlir::Location location,
                        mlir::Value vector, int64_t dim, int64_t rank);

/// Builds ops at one location; each method is the op of its name. Operands
/// broadcast, numbers take the element type of the tensor beside them.
class TensorBuilder {
public:
  using Value = mlir::Value;

  TensorBuilder(mlir::OpBuilder &builder, mlir::Location location)
      : builder(builder), location(location) {}

  /// A rank-0 constant of the element type of `like`.
  Value scalar(double number, Value like);
  Value splat(double number, mlir::RankedTensorType type) {
    return nn::splat(builder, location, number, type);
  }

  Value neg(Value x) { return create<NegOp>(x); }
  Value abs(Value x) { return create<AbsOp>(x); }
  Value exp(Value x) { return create<ExpOp>(x); }
  Value log(Value x) { return create<LogOp>(x); }
  Value sqrt(Value x) { return create<SqrtOp>(x); }
  Value add(Value a, Value b) { return create<AddOp>(a, b); }
  Value sub(Value a, Value b) { return create<SubOp>(a, b); }
  Value mul(Value a, Value b) { return create<MulOp>(a, b); }
  Value div(Value a, Value b) { return create<DivOp>(a, b); }
  Value pow(Value a, Value b) { return create<PowOp>(a, b); }
  Value add(Value a, double b) { return add(a, scalar(b, a)); }
  Value sub(double a, Value b) { return sub(scalar(a, b), b); }
  Value mul(Value a, double b) { return mul(a, scalar(b, a)); }
  Value div(double a, Value b) { return div(scalar(a, b), b); }
  Value maximum(Value a, Value b) { return create<MaximumOp>(a, b); }
  Value minimum(Value a, Value b) { return create<MinimumOp>(a, b); }
  Value compare(ComparePredicate predicate, Value a, Value b) {
    return create<CompareOp>(predicate, a, b);
  }
  Value compare(ComparePredicate predicate, Value a, double b) {
    return compare(predicate, a, scalar(b, a));
  }
  Value select(Value condition, Value a, Value b) {
    return create<SelectOp>(condition, a, b);
  }
  /// `value` where the condition holds, an exact 0 elsewhere.
  Value selectOrZero(Value condition, Value value) {
    return select(condition, value, scalar(0, value));
  }
  /// An exact 0 where the condition holds, `value` elsewhere.
  Value zeroWhere(Value condition, Value value) {
    return select(condition, scalar(0, value), value);
  }

  /// Conversion to an element type; `x` itself if it has it.
  Value cast(Value x, mlir::Type elementType);
  /// Index along `dim` in a tensor of this shape and of the integer type
  /// `elementType`.
  Value iota(llvm::ArrayRef<int64_t> shape, int64_t dim,
             mlir::Type elementType);
  Value sum(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false);
  Value amax(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false);
  Value mean(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false) {
    return nn::mean(builder, location, x, dims, keepdim);
  }
  Value sumTo(Value x, mlir::RankedTensorType type) {
    return nn::sumTo(builder, location, x, type);
  }
  Value matmul(Value a, Value b, bool transposeA = false,
               bool transposeB = false);

  /// These give `x` itself where nothing changes.
  Value reshape(Value x, llvm::ArrayRef<int64_t> shape);
  Value broadcast(Value x, llvm::ArrayRef<int64_t> shape);
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation);
  /// `x`, a reduction's result over `dims`, with 1 in their places, so that it
  /// broadcasts to `shape`.
  Value unsqueeze(Value x, llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<int64_t> dims);

  /// An op that has no method here.
  template <typename Op, typename... Arguments>
  Value create(Arguments &&...arguments) {
    return builder.create<Op>(location, std::forward<Arguments>(arguments)...);
  }

private:
  mlir::OpBuilder &builder;
  mlir::Location location;
};

} // namespace sinter::nn
#endif
