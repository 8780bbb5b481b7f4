// Part of the Sinter project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for the ops that rules of differentiation are made of.
#ifndef SINTER_LIB_DIALECT_NN_IR_ARITHMETIC_H
#define SINTER_LIB_DIALECT_NN_IR_ARITHMETIC_H

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/NN.h"

namespace sinter::nn {

/// Builds arithmetic at one place of the program.
class Arithmetic {
public:
  using Value = mlir::Value;

  Arithmetic(mlir::OpBuilder &builder, mlir::Operation *op)
      : builder(builder), location(op->getLoc()) {}

  template <typename Op, typename... Args> Value make(Args &&...args) {
    return builder.create<Op>(location, std::forward<Args>(args)...);
  }
  static mlir::RankedTensorType typeOf(Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }

  Value add(Value a, Value b) { return make<AddOp>(a, b); }
  Value sub(Value a, Value b) { return make<SubOp>(a, b); }
  Value mul(Value a, Value b) { return make<MulOp>(a, b); }
  Value div(Value a, Value b) { return make<DivOp>(a, b); }
  Value neg(Value a) { return make<NegOp>(a); }
  Value exp(Value a) { return make<ExpOp>(a); }
  Value compare(ComparePredicate predicate, Value a, Value b) {
    return make<CompareOp>(predicate, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return make<SelectOp>(condition, a, b);
  }
  /// A scalar of the element type of `like`; broadcasts.
  Value number(double value, Value like) {
    auto type = mlir::RankedTensorType::get({}, typeOf(like).getElementType());
    return splat(builder, location, value, type);
  }
  Value zeros(mlir::Type type) {
    return splat(builder, location, 0.0,
                 mlir::cast<mlir::RankedTensorType>(type));
  }
  Value sum(Value a, llvm::ArrayRef<int64_t> dims, bool keepdim) {
    return make<SumOp>(a, dims, keepdim);
  }
  Value reshape(Value a, llvm::ArrayRef<int64_t> shape) {
    return make<ReshapeOp>(
        mlir::RankedTensorType::get(shape, typeOf(a).getElementType()), a);
  }
  /// Undoes the broadcast of an operand.
  Value reduceTo(Value gradient, Value operand) {
    return sumTo(builder, location, gradient, typeOf(operand));
  }
  Value broadcastTo(Value value, mlir::Type type) {
    return value.getType() == type ? value : make<BroadcastOp>(type, value);
  }

  mlir::OpBuilder &builder;
  mlir::Location location;
};

} // namespace sinter::nn
#endif
