// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indexes as affine expressions over run-time variables: what makes the value
// of a tensor "at an index" a key that can be compared, simplified and emitted.

#ifndef SINTER_LIB_CODEGEN_CPU_INDEXSPACE_H
#define SINTER_LIB_CODEGEN_CPU_INDEXSPACE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"

namespace sinter::cpu {

/// An index into a tensor: one expression per dimension.
using Index = llvm::SmallVector<mlir::AffineExpr, 4>;

/// The smallest and the largest value of an expression.
struct Range {
  int64_t minimum, maximum;
};

/// A range that is known of an expression where some condition holds.
struct Fact {
  mlir::AffineExpr expr;
  Range range;
};

/// An expression as what all lanes share and what each lane adds to it.
struct LaneOffsets {
  mlir::AffineExpr base;
  llvm::SmallVector<int64_t, 16> offsets; ///< one per lane
};

/// The run-time variables that index expressions are made of. Variable 0 is the
/// lane: it stands for 0 … lanes-1 at once. An expression that depends on it,
/// or on a variable whose value is a vector, varies; any other is uniform.
class IndexSpace {
public:
  IndexSpace(mlir::OpBuilder &builder, mlir::Block &entry, int64_t lanes);

  int64_t getLanes() const { return lanes; }
  mlir::AffineExpr getLane() const;
  mlir::AffineExpr getConstant(int64_t value) const;

  /// A new variable with the run-time value `value` (index or vector of
  /// index), a multiple of `multiple` in [minimum, maximum].
  mlir::AffineExpr addVariable(mlir::Value value, int64_t maximum,
                               int64_t multiple = 1, int64_t minimum = 0);

  /// A new variable in [0, maximum] for expressions that are only reasoned
  /// about.
  mlir::AffineExpr addSymbolicVariable(int64_t maximum);

  bool isVarying(mlir::AffineExpr expr) const;
  /// The change of `expr` from lane to lane, or nullopt if it is not constant.
  std::optional<int64_t> getLaneStride(mlir::AffineExpr expr) const;

  /// The change per lane if `expr` is not affine in the lane either: nullopt if
  /// it is not known when compiling.
  std::optional<LaneOffsets> getLaneOffsets(mlir::AffineExpr expr) const;

  /// An upper bound of `expr`, which must have one.
  int64_t getMaximum(mlir::AffineExpr expr) const;
  /// The range of an expression of known bounds, facts included.
  std::optional<Range> getRange(mlir::AffineExpr expr) const;
  /// `expr` as a sum of a constant and the rest.
  std::pair<mlir::AffineExpr, int64_t>
  splitConstant(mlir::AffineExpr expr) const;

  /// What is known between push and pop, beyond the bounds of variables.
  void pushFacts(llvm::ArrayRef<Fact> facts);
  void popFacts(size_t count) { knownFacts.pop_back_n(count); }

  /// floor(expr / divisor) and expr mod divisor for expr ≥ 0, simplified with
  /// the bounds of the variables.
  mlir::AffineExpr floorDiv(mlir::AffineExpr expr, int64_t divisor) const;
  mlir::AffineExpr mod(mlir::AffineExpr expr, int64_t divisor) const;
  /// `map` at `index`, simplified likewise.
  Index apply(mlir::AffineMap map,
              llvm::ArrayRef<mlir::AffineExpr> index) const;
  /// sum of index[i] * strides of a row-major tensor of this shape.
  mlir::AffineExpr linearize(llvm::ArrayRef<mlir::AffineExpr> index,
                             llvm::ArrayRef<int64_t> shape) const;
  Index delinearize(mlir::AffineExpr linear,
                    llvm::ArrayRef<int64_t> shape) const;

  /// The value of `expr` in lane 0 (index).
  mlir::Value emit(mlir::AffineExpr expr);
  /// The value of `expr` in every lane (vector of index).
  mlir::Value emitLanes(mlir::AffineExpr expr);

  /// A constant, made once, in the entry block.
  mlir::Value materialize(mlir::TypedAttr value);
  mlir::Value getIndex(int64_t value);

  /// Code that is emitted between push and pop does not dominate what follows.
  void pushScope() { scopes.emplace_back(); }
  void popScope() { scopes.pop_back(); }

private:
  struct Variable {
    mlir::Value value;
    Range range;
    int64_t multiple = 1;
  };
  using Emitted = llvm::DenseMap<mlir::AffineExpr, mlir::Value>;

  /// Splits a sum into what `divisor` divides and the rest.
  std::pair<mlir::AffineExpr, mlir::AffineExpr> split(mlir::AffineExpr expr,
                                                      int64_t divisor) const;
  /// Quotient and remainder of a sum of variables, where what is no multiple of
  /// the divisor falls into its gaps.
  std::pair<mlir::AffineExpr, mlir::AffineExpr> divide(mlir::AffineExpr expr,
                                                       int64_t divisor) const;
  /// A number that divides every value of `expr`; 0 for the constant 0.
  int64_t getMultiple(mlir::AffineExpr expr) const;
  mlir::AffineExpr substitute(mlir::AffineExpr expr,
                              llvm::ArrayRef<mlir::AffineExpr> index) const;
  std::optional<Range> getRangeOfBinary(mlir::AffineBinaryOpExpr expr) const;
  mlir::Value emitBinary(mlir::AffineBinaryOpExpr expr, bool lanes);
  mlir::Value emitVariable(unsigned number, bool lanes);
  mlir::Value emitExpr(mlir::AffineExpr expr, bool lanes);

  mlir::OpBuilder &builder;
  mlir::Block &entry;
  int64_t lanes;
  llvm::SmallVector<Variable> variables;
  llvm::SmallVector<Fact> knownFacts;
  llvm::SmallVector<std::pair<Emitted, Emitted>> scopes;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_INDEXSPACE_H
