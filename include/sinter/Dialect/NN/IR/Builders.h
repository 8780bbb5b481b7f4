// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short ways to build nn ops, shared by capture, gradients and decompositions.
#ifndef SINTER_DIALECT_NN_IR_BUILDERS_H
#define SINTER_DIALECT_NN_IR_BUILDERS_H

#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

namespace sinter::nn {

/// The type of a tensor value.
mlir::RankedTensorType tensorType(mlir::Value value);

/// 0, 1, … rank - 1.
Shape allDims(int64_t rank);

/// Whether `op`, which may be null, is a constant of equal elements.
bool isSplat(mlir::Operation *op);

/// Builds ops at a place and a location; each method is the op of its name.
/// Operands broadcast and have one element type, numbers take that of the
/// tensor beside them. What the model text may get wrong is checked before,
/// with messages about that text.
class TensorBuilder {
public:
  using Value = mlir::Value;

  TensorBuilder(const mlir::OpBuilder &builder, mlir::Location location)
      : builder(builder), location(location) {}

  /// An op of any kind; converts to a value if it has one result.
  template <typename Op, typename... Arguments>
  Op create(Arguments &&...arguments) {
    return builder.create<Op>(location, std::forward<Arguments>(arguments)...);
  }
  template <typename Op> Value unary(Value x) { return create<Op>(x); }

  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape,
                              mlir::Type elementType) {
    return mlir::RankedTensorType::get(shape, elementType);
  }
  /// A constant with all elements equal, rounded to the element type; integers
  /// are exact below 2^53.
  Value splat(double number, mlir::RankedTensorType type);
  /// A rank-0 constant of an element type, or of that of `like`.
  Value scalar(double number, mlir::Type elementType) {
    return splat(number, type({}, elementType));
  }
  Value scalar(double number, Value like) {
    return scalar(number, tensorType(like).getElementType());
  }
  /// A rank-0 constant of an exact integer.
  Value integer(int64_t number, mlir::Type elementType);
  /// Index along `dim` in a tensor of this shape and of the integer type
  /// `elementType` (i64 unless given).
  Value iota(llvm::ArrayRef<int64_t> shape, int64_t dim,
             mlir::Type elementType = {});
  /// Conversion to an element type; `x` itself if it has it.
  Value cast(Value x, mlir::Type elementType);

  Value neg(Value x) { return create<NegOp>(x); }
  Value abs(Value x) { return create<AbsOp>(x); }
  Value exp(Value x) { return create<ExpOp>(x); }
  Value log(Value x) { return create<LogOp>(x); }
  Value sqrt(Value x) { return create<SqrtOp>(x); }
  Value detach(Value x) { return create<StopGradientOp>(x); }
  Value add(Value a, Value b) { return create<AddOp>(a, b); }
  Value sub(Value a, Value b) { return create<SubOp>(a, b); }
  Value mul(Value a, Value b) { return create<MulOp>(a, b); }
  Value div(Value a, Value b) { return create<DivOp>(a, b); }
  Value pow(Value a, Value b) { return create<PowOp>(a, b); }
  Value add(Value a, double b) { return add(a, scalar(b, a)); }
  Value sub(Value a, double b) { return sub(a, scalar(b, a)); }
  Value mul(Value a, double b) { return mul(a, scalar(b, a)); }
  Value div(Value a, double b) { return div(a, scalar(b, a)); }
  Value pow(Value a, double b) { return pow(a, scalar(b, a)); }
  Value sub(double a, Value b) { return sub(scalar(a, b), b); }
  Value div(double a, Value b) { return div(scalar(a, b), b); }
  Value maximum(Value a, Value b) { return create<MaximumOp>(a, b); }
  Value minimum(Value a, Value b) { return create<MinimumOp>(a, b); }
  Value maximum(Value a, double b) { return maximum(a, scalar(b, a)); }
  Value minimum(Value a, double b) { return minimum(a, scalar(b, a)); }
  Value compare(ComparePredicate predicate, Value a, Value b) {
    return create<CompareOp>(predicate, a, b);
  }
  Value compare(ComparePredicate predicate, Value a, double b) {
    return compare(predicate, a, scalar(b, a));
  }
  Value select(Value condition, Value a, Value b) {
    return create<SelectOp>(condition, a, b);
  }
  Value select(Value condition, double a, Value b) {
    return select(condition, scalar(a, b), b);
  }
  Value select(Value condition, Value a, double b) {
    return select(condition, a, scalar(b, a));
  }
  /// `value` where the condition holds, an exact 0 elsewhere.
  Value selectOrZero(Value condition, Value value) {
    return select(condition, value, 0.0);
  }
  /// An exact 0 where the condition holds, `value` elsewhere.
  Value zeroWhere(Value condition, Value value) {
    return select(condition, 0.0, value);
  }

  Value sum(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false) {
    return create<SumOp>(x, dims, keepdim);
  }
  Value amax(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false) {
    return create<AmaxOp>(x, dims, keepdim);
  }
  /// The mean over `dims` (sorted, unique); NaN over no elements.
  Value mean(Value x, llvm::ArrayRef<int64_t> dims, bool keepdim = false);
  Value sumAll(Value x) { return sum(x, allDims(tensorType(x).getRank())); }
  Value meanAll(Value x) { return mean(x, allDims(tensorType(x).getRank())); }
  /// The p-norm over `dims`.
  Value norm(Value x, double p, llvm::ArrayRef<int64_t> dims,
             bool keepdim = false) {
    return create<VectorNormOp>(x, llvm::APFloat(p), dims, keepdim);
  }
  /// The squared deviations from `meanKept`, a mean with its dims kept, summed
  /// and divided by count - correction.
  Value variance(Value x, Value meanKept, llvm::ArrayRef<int64_t> dims,
                 double correction, bool keepdim);
  /// The sum of `x` over the dimensions along which `type` broadcasts to it:
  /// the gradient of a broadcast.
  Value sumTo(Value x, mlir::RankedTensorType type);
  /// Product of matrices of rank 2 or more.
  Value matmul(Value a, Value b, bool transposeA = false,
               bool transposeB = false) {
    return create<MatmulOp>(a, b, transposeA, transposeB);
  }

  // These give `x` itself where nothing changes.
  Value reshape(Value x, llvm::ArrayRef<int64_t> shape);
  Value broadcast(Value x, llvm::ArrayRef<int64_t> shape);
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation);
  /// Swaps two dims.
  Value swap(Value x, int64_t first, int64_t second);
  /// Elements begin, begin + stride, … below end of one dim.
  Value slice(Value x, int64_t dim, int64_t begin, int64_t end,
              int64_t stride = 1);
  Value concat(llvm::ArrayRef<Value> parts, int64_t dim);

  Value reverse(Value x, llvm::ArrayRef<int64_t> dims) {
    return create<ReverseOp>(x, dims);
  }
  /// Inserts a dim of extent 1 before `dim`.
  Value unsqueeze(Value x, int64_t dim);
  /// Removes a dim of extent 1.
  Value squeeze(Value x, int64_t dim);
  /// `x`, a reduction's result over `dims`, with 1 in their places, so that it
  /// broadcasts to `shape`.
  Value restoreDims(Value x, llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<int64_t> dims);

  mlir::OpBuilder builder;
  mlir::Location location;
};

} // namespace sinter::nn
#endif
