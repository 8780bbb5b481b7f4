// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel reads and reduces, seen from a point of its domain: the strides
// of its accesses decide the lanes, its row reductions the stages.

#ifndef SINTER_LIB_CODEGEN_CPU_ACCESSANALYSIS_H
#define SINTER_LIB_CODEGEN_CPU_ACCESSANALYSIS_H

#include "IndexSpace.h"
#include "Kernel.h"
#include "Reduction.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace sinter::cpu {

/// A read or a write of a buffer at a point of the domain.
struct Access {
  mlir::Value tensor; ///< the operand that is read; null for a write
  Index index;        ///< in the variables of the analysis
  /// Elements from a point to its neighbour, per dimension of the domain.
  llvm::SmallVector<std::optional<int64_t>> strides;
  /// Whether index and strides hold at every point, not in the interior alone.
  bool isEverywhere = true;
  /// Whether the loops of a sum at the point choose among several elements.
  bool isSummed = false;

  /// Whether squares of elements can be loaded along another dimension than the
  /// lanes and transposed.
  bool canTranspose() const { return tensor && isEverywhere && !isSummed; }
};

/// A reduction over all reduced dimensions, needed once per row.
struct RowReduction {
  mutable mlir::linalg::GenericOp op; // MLIR accessors are not const.
  Index index;     ///< of its results, in the variables of the analysis
  int64_t depth;   ///< of how many others in a row it needs the results
  Index iteration; ///< at a point, in the variables of the analysis
};

/// A generic that goes along a row and gives an element at each point.
struct Cumulation {
  mutable mlir::linalg::GenericOp op; // MLIR accessors are not const.
  Index iteration; ///< at a point, in the variables of the analysis
};

/// A value of each point that is dear to compute and needed in several stages
/// of a row. A stage is the depth of a reduction; the stores are one more.
struct RepeatedValue {
  mlir::Value tensor;
  Index index;
  int64_t firstStage, lastStage;
};

/// A value of a region, in an iteration given in the variables of the analysis.
struct RegionValue {
  mutable mlir::linalg::GenericOp op; // MLIR accessors are not const.
  Index iteration;
  mlir::Value value;
};

/// A row reduction that adds, for each row, the updates whose number is the
/// row's coordinate along `rowDim`.
struct SelectedSum {
  const RowReduction *reduction;
  Combiner combiner;
  int64_t rowDim;
  RegionValue number, update; ///< the same for all rows
};

class AccessAnalysis {
public:
  AccessAnalysis(const Kernel &kernel, mlir::OpBuilder &builder);

  /// Walks from the outputs to the operands; errors are located.
  mlir::LogicalResult run();

  llvm::ArrayRef<Access> getAccesses() const { return accesses; }
  llvm::ArrayRef<RowReduction> getRowReductions() const { return reductions; }
  llvm::ArrayRef<Cumulation> getCumulations() const { return cumulations; }
  /// The number of stages of a row that reduce.
  int64_t getDepth() const;
  llvm::SmallVector<RepeatedValue> findRepeatedValues();
  /// The sum that the kernel's rows are made of, if it is one of updates that
  /// indices select.
  std::optional<SelectedSum> findSelectedSum();
  /// If a row that no update selects keeps what the outputs' buffers hold (a
  /// sum of +0 changes nothing), as long as +0 times each of some values is +0:
  /// these values, which are the same in the whole kernel.
  std::optional<llvm::SmallVector<RegionValue>>
  findRestingRows(const SelectedSum &sum);
  /// The value that an element of a tensor is, as far as it is computed in the
  /// kernel: through views, at an index in the variables of the analysis.
  std::optional<RegionValue> getElement(mlir::Value tensor, Index index);
  /// Follows a value through operands that are computed in the kernel, as long
  /// as they only pass elements on or are what an elementwise region yields.
  RegionValue trace(RegionValue value);
  /// The index at which a region reads the tensor of its argument.
  Index getIndex(const RegionValue &argument) const;
  /// Whether a value may differ along a dimension of the domain.
  bool dependsOn(const RegionValue &value, int64_t dim) const;
  /// Operations on a point of the domain, reductions and the arithmetic of
  /// indices aside.
  int64_t getOperationCount() const { return operationCount; }
  /// Where dimension `dim` falls into parts, since comparisons of indices come
  /// out otherwise from there on; sorted.
  llvm::ArrayRef<int64_t> getBreakpoints(int64_t dim) const {
    return breakpoints[dim];
  }
  /// An index of the analysis at a point given by the coordinates of the
  /// domain.
  Index substitute(llvm::ArrayRef<mlir::AffineExpr> index,
                   llvm::ArrayRef<mlir::AffineExpr> point) const;
  /// The dimension whose neighbours make the best vectors; nullopt if the
  /// domain has a single point.
  std::optional<int64_t> chooseLaneDimension(int64_t lanes) const;

private:
  using Depth = mlir::FailureOr<int64_t>;
  using OperandBody = llvm::function_ref<mlir::LogicalResult(
      mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index)>;

  Depth visit(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index);
  Depth visitOp(mlir::Operation *op, mlir::Value tensor,
                llvm::ArrayRef<mlir::AffineExpr> index);
  Depth visitGeneric(mlir::linalg::GenericOp op, unsigned result,
                     llvm::ArrayRef<mlir::AffineExpr> index);
  /// Calls `body` for every tensor that a region reads, with the index.
  mlir::LogicalResult forEachOperand(mlir::linalg::GenericOp op,
                                     llvm::ArrayRef<mlir::AffineExpr> iteration,
                                     OperandBody body);
  bool isRowReduction(mlir::linalg::GenericOp op,
                      llvm::ArrayRef<mlir::AffineExpr> index) const;
  void findRepeated(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index,
                    int64_t stage, llvm::SmallVectorImpl<RepeatedValue> &found);
  std::optional<int64_t> getCoordinate(const RegionValue &value) const;
  void findBreakpoints(mlir::linalg::GenericOp op,
                       llvm::ArrayRef<mlir::AffineExpr> iteration);
  void limitBreakpoints();
  Index getOutputIndex(const KernelOutput &output) const;
  void addAccess(mlir::Value tensor, llvm::ArrayRef<mlir::AffineExpr> index,
                 llvm::ArrayRef<int64_t> shape);
  bool isRowIndex(llvm::ArrayRef<mlir::AffineExpr> index) const;
  double getAccessCost(const Access &access, int64_t dim, int64_t lanes) const;
  double getCost(int64_t dim, int64_t lanes) const;

  const Kernel &kernel;
  mlir::OpBuilder &builder;
  IndexSpace space;
  Index domainVariables;
  llvm::SmallVector<Access> accesses;
  llvm::SmallVector<RowReduction> reductions;
  llvm::SmallVector<Cumulation> cumulations;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, int64_t> depths;
  /// The stage that `findRepeated` saw a value in last.
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, int64_t> seenIn;
  llvm::SmallVector<llvm::SmallVector<int64_t>> breakpoints;
  int64_t operationCount = 0;
  unsigned unknownCount = 0;
  bool inInterior = false; ///< the walk passed a choice that is not known
  unsigned domainVariableEnd = 1;
};

} // namespace sinter::cpu

#endif // SINTER_LIB_CODEGEN_CPU_ACCESSANALYSIS_H
