// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that are made of parameters alone.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_PREPARATION_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_PREPARATION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "sinter/Dialect/NN/IR/Preparation.h"

namespace sinter::nn {

/// What training alone changes of a module's states: the parameters, and
/// buffers but for those that other entries set.
class Parameters {
public:
  explicit Parameters(mlir::ModuleOp module);
  /// What an instance for prepared states reads of them, as its attribute
  /// says.
  explicit Parameters(mlir::func::FuncOp prepared);

  /// Whether `op` gives the value of one.
  bool isRead(mlir::Operation *op) const;
  /// Whether `op` gives one another value.
  bool isSet(mlir::Operation *op) const;
  /// The keys of those that a function reads.
  mlir::ArrayAttr readIn(mlir::func::FuncOp function) const;

private:
  llvm::DenseSet<std::pair<mlir::Attribute, mlir::Attribute>> keys;
};

/// The values of a function that are made of parameters and constants alone.
class ParameterValues {
public:
  ParameterValues(mlir::func::FuncOp function, const Parameters &parameters);

  /// Whether `value` is one, or an invariant of loops that is one outside.
  bool contains(mlir::Value value) const;

private:
  bool isMadeOfThem(mlir::Operation *op) const;

  llvm::DenseSet<mlir::Value> values, constants;
};

/// The value that an argument of a scan's body is in every step; `value` itself
/// if it is none.
mlir::Value outsideOfScans(mlir::Value value);

} // namespace sinter::nn

#endif // SINTER_LIB_DIALECT_NN_TRANSFORMS_PREPARATION_H
