// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for building nn ops: what functions and layers are composed of.
// Operands of one op must have one element type and shapes that broadcast;
// callers check that before, with messages about the model text.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_GRAPH_H
#define SINTER_LIB_FRONTEND_CAPTURE_GRAPH_H

#include "mlir/IR/Builders.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include <optional>

namespace sinter::capturing {

using Tensor = mlir::Value;
using Shape = llvm::SmallVector<int64_t>;

inline mlir::RankedTensorType typeOf(Tensor tensor) {
  return mlir::cast<mlir::RankedTensorType>(tensor.getType());
}
inline llvm::ArrayRef<int64_t> shapeOf(Tensor tensor) {
  return typeOf(tensor).getShape();
}
inline int64_t rankOf(Tensor tensor) { return typeOf(tensor).getRank(); }
inline mlir::Type elementOf(Tensor tensor) {
  return typeOf(tensor).getElementType();
}
inline bool isFloat(Tensor tensor) {
  return mlir::isa<mlir::FloatType>(elementOf(tensor));
}
inline bool isBool(Tensor tensor) { return elementOf(tensor).isInteger(1); }

/// Number of elements of a shape; nullopt if it does not fit.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);
/// PyTorch's broadcasting; nullopt if the shapes do not fit together.
std::optional<Shape> broadcastOf(llvm::ArrayRef<int64_t> left,
                                 llvm::ArrayRef<int64_t> right);
/// 0, 1, …, rank - 1.
Shape allDims(int64_t rank);

class Graph {
public:
  Graph(mlir::OpBuilder builder, mlir::Location location)
      : builder(builder), location(location) {}

  template <typename Op, typename... Args> auto make(Args &&...args) {
    return builder.create<Op>(location, std::forward<Args>(args)...);
  }
  template <typename Op> Tensor unary(Tensor x) {
    return make<Op>(x)->getResult(0);
  }

  mlir::RankedTensorType type(llvm::ArrayRef<int64_t> shape,
                              mlir::Type element) {
    return mlir::RankedTensorType::get(shape, element);
  }
  /// A constant with all elements equal; integers are exact below 2^53.
  Tensor splat(double value, mlir::RankedTensorType type);
  /// A constant of rank 0.
  Tensor number(double value, mlir::Type element) {
    return splat(value, type({}, element));
  }
  Tensor integer(int64_t value, mlir::Type element);
  /// A constant of rank 0 with the element type of `tensor`.
  Tensor like(Tensor tensor, double value) {
    return number(value, elementOf(tensor));
  }
  Tensor iota(llvm::ArrayRef<int64_t> shape, int64_t dim);
  Tensor cast(Tensor x, mlir::Type element);

  Tensor add(Tensor a, Tensor b) { return make<nn::AddOp>(a, b); }
  Tensor sub(Tensor a, Tensor b) { return make<nn::SubOp>(a, b); }
  Tensor mul(Tensor a, Tensor b) { return make<nn::MulOp>(a, b); }
  Tensor div(Tensor a, Tensor b) { return make<nn::DivOp>(a, b); }
  Tensor maximum(Tensor a, Tensor b) { return make<nn::MaximumOp>(a, b); }
  Tensor minimum(Tensor a, Tensor b) { return make<nn::MinimumOp>(a, b); }
  Tensor add(Tensor a, double b) { return add(a, like(a, b)); }
  Tensor sub(Tensor a, double b) { return sub(a, like(a, b)); }
  Tensor mul(Tensor a, double b) { return mul(a, like(a, b)); }
  Tensor div(Tensor a, double b) { return div(a, like(a, b)); }
  Tensor sub(double a, Tensor b) { return sub(like(b, a), b); }
  Tensor div(double a, Tensor b) { return div(like(b, a), b); }
  Tensor neg(Tensor x) { return unary<nn::NegOp>(x); }
  Tensor abs(Tensor x) { return unary<nn::AbsOp>(x); }
  Tensor exp(Tensor x) { return unary<nn::ExpOp>(x); }
  Tensor log(Tensor x) { return unary<nn::LogOp>(x); }
  Tensor sqrt(Tensor x) { return unary<nn::SqrtOp>(x); }
  Tensor detach(Tensor x) { return unary<nn::StopGradientOp>(x); }

  Tensor compare(nn::ComparePredicate predicate, Tensor a, Tensor b) {
    return make<nn::CompareOp>(predicate, a, b);
  }
  Tensor compare(nn::ComparePredicate predicate, Tensor a, double b) {
    return compare(predicate, a, like(a, b));
  }
  Tensor select(Tensor condition, Tensor a, Tensor b) {
    return make<nn::SelectOp>(condition, a, b);
  }
  Tensor select(Tensor condition, double a, Tensor b) {
    return select(condition, like(b, a), b);
  }
  Tensor select(Tensor condition, Tensor a, double b) {
    return select(condition, a, like(a, b));
  }

  Tensor reshape(Tensor x, llvm::ArrayRef<int64_t> shape);
  Tensor broadcast(Tensor x, llvm::ArrayRef<int64_t> shape);
  Tensor transpose(Tensor x, llvm::ArrayRef<int64_t> permutation);
  /// Swaps two dims.
  Tensor swap(Tensor x, int64_t first, int64_t second);
  /// Inserts a dim of extent 1 before `dim`.
  Tensor unsqueeze(Tensor x, int64_t dim);
  /// Removes a dim of extent 1.
  Tensor squeeze(Tensor x, int64_t dim);
  /// Elements begin, begin + stride, … below end of one dim.
  Tensor slice(Tensor x, int64_t dim, int64_t begin, int64_t end,
               int64_t stride = 1);
  Tensor concat(llvm::ArrayRef<Tensor> parts, int64_t dim);
  Tensor reverse(Tensor x, llvm::ArrayRef<int64_t> dims);

  Tensor sum(Tensor x, llvm::ArrayRef<int64_t> dims, bool keepdim = false);
  Tensor amax(Tensor x, llvm::ArrayRef<int64_t> dims, bool keepdim = false) {
    return make<nn::AmaxOp>(x, dims, keepdim);
  }
  /// Sum divided by the count.
  Tensor mean(Tensor x, llvm::ArrayRef<int64_t> dims, bool keepdim = false);
  /// Mean of squared deviations, or sum divided by count - correction.
  Tensor variance(Tensor x, Tensor meanKept, llvm::ArrayRef<int64_t> dims,
                  double correction, bool keepdim);
  Tensor sumAll(Tensor x) { return sum(x, allDims(rankOf(x))); }
  Tensor meanAll(Tensor x) { return mean(x, allDims(rankOf(x))); }
  /// Product of matrices; operands of rank 1 as PyTorch's matmul takes them.
  Tensor matmul(Tensor a, Tensor b);

  mlir::OpBuilder builder;
  mlir::Location location;
};

} // namespace sinter::capturing
#endif
