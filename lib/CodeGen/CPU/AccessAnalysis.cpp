// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk from the outputs of a kernel to its operands.

#include "AccessAnalysis.h"
#include "RegionIndex.h"
#include "Views.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/Support/SaveAndRestore.h"

#include <cmath>

using namespace mlir;

namespace sinter::cpu {

AccessAnalysis::AccessAnalysis(const Kernel &kernel, OpBuilder &builder)
    : kernel(kernel), builder(builder),
      space(builder, kernel.function->getRegion(0).front(), 1) {
  for (int64_t size : kernel.domain)
    domainVariables.push_back(size == 1 ? space.getConstant(0)
                                        : space.addSymbolicVariable(size - 1));
  breakpoints.resize(kernel.domain.size());
  // Variable 0 is the lane.
  domainVariableEnd =
      1 + llvm::count_if(kernel.domain, [](int64_t size) { return size != 1; });
}

Index AccessAnalysis::getOutputIndex(const KernelOutput &output) const {
  Index index;
  for (auto [dim, expr] : llvm::enumerate(domainVariables)) {
    if (!output.isRow || !kernel.isReduced[dim])
      index.push_back(expr);
    else if (output.keepsReducedDims)
      index.push_back(space.getConstant(0));
  }
  return index;
}

LogicalResult AccessAnalysis::run() {
  for (const KernelOutput &output : kernel.outputs) {
    Index index = getOutputIndex(output);
    if (failed(visit(output.tensor, index)))
      return failure();
    // Neighbours along the last dimension are neighbours in panels too.
    addAccess(Value(), index,
              output.layout
                  ? ArrayRef(kernel.domain)
                  : cast<ShapedType>(output.buffer.getType()).getShape());
  }
  limitBreakpoints();
  return success();
}

/// Each combination of parts has a copy of the body. Where these would be too
/// many, the dimensions of the most parts stay whole, and their choices are
/// made when running.
void AccessAnalysis::limitBreakpoints() {
  constexpr int64_t kMaximumOperations = 1 << 15, kOperationsOfLoop = 8;
  auto getSize = [&] {
    int64_t size = operationCount + kOperationsOfLoop;
    for (const auto &ofDim : breakpoints)
      size = llvm::SaturatingMultiply<uint64_t>(size, ofDim.size() + 1);
    return uint64_t(size);
  };
  for (auto &ofDim : breakpoints) {
    llvm::sort(ofDim);
    ofDim.erase(llvm::unique(ofDim), ofDim.end());
  }
  while (getSize() > kMaximumOperations &&
         llvm::any_of(breakpoints, [](auto &ofDim) { return !ofDim.empty(); }))
    llvm::max_element(breakpoints, [](const auto &a, const auto &b) {
      return a.size() < b.size();
    })->clear();
}

void AccessAnalysis::findBreakpoints(linalg::GenericOp op,
                                     ArrayRef<AffineExpr> iteration) {
  RegionIndex indices(space, op, iteration, /*inInterior=*/true);
  for (Breakpoint breakpoint : indices.getBreakpoints())
    for (auto [dim, variable] : llvm::enumerate(domainVariables))
      if (auto own = dyn_cast<AffineDimExpr>(variable);
          own && own.getPosition() == breakpoint.variable &&
          breakpoint.position > 0 && breakpoint.position < kernel.domain[dim])
        breakpoints[dim].push_back(breakpoint.position);
}

/// Whether a tensor is one in memory, as it is or seen otherwise.
static bool isInMemory(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  while (op && isView(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<bufferization::ToTensorOp, arith::ConstantOp>(op);
}

/// Whether an op of a region only says where to read.
static bool isAddressing(Operation &op) {
  return isa<linalg::IndexOp, tensor::ExtractOp>(op) ||
         llvm::any_of(op.getOperandTypes(), llvm::IsaPred<IndexType>) ||
         llvm::any_of(op.getResultTypes(), llvm::IsaPred<IndexType>);
}

int64_t AccessAnalysis::getDepth() const {
  int64_t depth = 0;
  for (const RowReduction &reduction : reductions)
    depth = std::max(depth, reduction.depth + 1);
  return depth;
}

Index AccessAnalysis::substitute(ArrayRef<AffineExpr> index,
                                 ArrayRef<AffineExpr> point) const {
  // The position of a variable is the order of its creation, lane first.
  SmallVector<AffineExpr> replacements = {space.getConstant(0)};
  for (auto [variable, expr] : llvm::zip_equal(domainVariables, point))
    if (isa<AffineDimExpr>(variable))
      replacements.push_back(expr ? expr : space.getConstant(0));
  Index result;
  for (AffineExpr expr : index)
    result.push_back(expr.replaceDims(replacements));
  return result;
}

static std::optional<int64_t> getStride(AffineExpr expr, unsigned position) {
  if (!expr.isFunctionOfDim(position))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return 1;
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<int64_t> lhs = getStride(binary.getLHS(), position);
  std::optional<int64_t> rhs = getStride(binary.getRHS(), position);
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (lhs && rhs && expr.getKind() == AffineExprKind::Add)
    return *lhs + *rhs;
  if (lhs && factor && expr.getKind() == AffineExprKind::Mul)
    return *lhs * factor.getValue();
  return std::nullopt;
}

void AccessAnalysis::addAccess(Value tensor, ArrayRef<AffineExpr> index,
                               ArrayRef<int64_t> shape) {
  AffineExpr linear = space.linearize(index, shape);
  bool isUnknown = false; // A symbol stands for an index that is data.
  Access access{tensor, Index(index), {}, !inInterior};
  linear.walk([&](AffineExpr part) {
    isUnknown |= isa<AffineSymbolExpr>(part);
    auto dim = dyn_cast<AffineDimExpr>(part);
    access.isSummed |= dim && dim.getPosition() >= domainVariableEnd;
  });
  for (AffineExpr variable : domainVariables) {
    auto dim = dyn_cast<AffineDimExpr>(variable);
    if (!dim)
      access.strides.push_back(0);
    else if (isUnknown)
      access.strides.push_back(std::nullopt);
    else
      access.strides.push_back(getStride(linear, dim.getPosition()));
  }
  accesses.push_back(std::move(access));
}

FailureOr<int64_t> AccessAnalysis::visit(Value tensor,
                                         ArrayRef<AffineExpr> index) {
  auto key = std::make_pair(
      tensor, AffineMap::get(1u << 24, 1u << 24, index, builder.getContext()));
  if (auto known = depths.find(key); known != depths.end())
    return known->second;
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return emitError(
        tensor.getLoc(),
        "expected a tensor made in the kernel, but got an argument");
  FailureOr<int64_t> depth = visitOp(op, tensor, index);
  if (succeeded(depth))
    depths[key] = *depth;
  return depth;
}

FailureOr<int64_t> AccessAnalysis::visitOp(Operation *op, Value tensor,
                                           ArrayRef<AffineExpr> index) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return visitGeneric(generic, cast<OpResult>(tensor).getResultNumber(),
                        index);
  if (isView(op)) {
    FailureOr<ViewSource> source = getViewSource(op, index, space);
    if (failed(source))
      return failure();
    return visit(source->tensor, source->index);
  }
  if (isa<bufferization::ToTensorOp>(op))
    addAccess(tensor, index, cast<ShapedType>(tensor.getType()).getShape());
  return 0;
}

/// Whether an index is the same for all points of a row, and known.
bool AccessAnalysis::isRowIndex(ArrayRef<AffineExpr> index) const {
  SmallVector<bool> isRowVariable(domainVariableEnd, false);
  for (auto [variable, reduced] :
       llvm::zip_equal(domainVariables, kernel.isReduced))
    if (auto dim = dyn_cast<AffineDimExpr>(variable))
      isRowVariable[dim.getPosition()] = !reduced;
  bool isRow = true;
  for (AffineExpr expr : index)
    expr.walk([&](AffineExpr part) {
      isRow &= !isa<AffineSymbolExpr>(part);
      if (auto dim = dyn_cast<AffineDimExpr>(part))
        isRow &= dim.getPosition() < domainVariableEnd &&
                 isRowVariable[dim.getPosition()];
    });
  return isRow;
}

/// Whether a generic reduces exactly the reduced dimensions, once per row.
bool AccessAnalysis::isRowReduction(linalg::GenericOp op,
                                    ArrayRef<AffineExpr> index) const {
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  SmallVector<int64_t> extents = op.getStaticLoopRanges(), own, reduced;
  for (unsigned dim : dims)
    own.push_back(extents[dim]);
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim)
    if (kernel.isReduced[dim])
      reduced.push_back(kernel.domain[dim]);
  return !dims.empty() && own == reduced && isRowIndex(index);
}

FailureOr<int64_t> AccessAnalysis::visitGeneric(linalg::GenericOp op,
                                                unsigned result,
                                                ArrayRef<AffineExpr> index) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
  Index iteration(map.getNumDims(), space.getConstant(0));
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;

  bool cumulates = isCumulation(op, result);
  bool isRow = !cumulates && isRowReduction(op, index);
  if (cumulates && llvm::none_of(cumulations, [&](const Cumulation &other) {
        return other.op == op;
      }))
    cumulations.push_back({op, iteration});
  Index reducedVariables;
  for (auto [variable, reduced] :
       llvm::zip_equal(domainVariables, kernel.isReduced))
    if (reduced)
      reducedVariables.push_back(variable);
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  for (auto [number, dim] : llvm::enumerate(dims)) {
    if (cumulates)
      continue;
    iteration[dim] =
        isRow ? reducedVariables[number]
              : space.addSymbolicVariable(op.getStaticLoopRanges()[dim] - 1);
  }

  int64_t depth = 0;
  for (Operation &inner : op.getBlock()->without_terminator())
    operationCount += !isAddressing(inner);
  findBreakpoints(op, iteration);
  LogicalResult visited =
      forEachOperand(op, iteration, [&](Value tensor, ArrayRef<AffineExpr> at) {
        FailureOr<int64_t> own = visit(tensor, at);
        depth = std::max(depth, own.value_or(0));
        return success(succeeded(own));
      });
  if (failed(visited))
    return failure();
  if (!isRow)
    return depth;
  auto isSame = [&](const RowReduction &other) {
    return other.op == op && other.index == Index(index);
  };
  if (llvm::none_of(reductions, isSame))
    reductions.push_back({op, Index(index), depth, iteration});
  return depth + 1;
}

LogicalResult AccessAnalysis::forEachOperand(linalg::GenericOp op,
                                             ArrayRef<AffineExpr> iteration,
                                             OperandBody body) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType()) ||
        (op.getMatchingBlockArgument(&operand).use_empty()))
      continue;
    if (failed(
            body(operand.get(),
                 space.apply(op.getMatchingIndexingMap(&operand), iteration))))
      return failure();
  }
  for (auto extract : op.getBlock()->getOps<tensor::ExtractOp>()) {
    // A value that is computed must exist at every index that is named here.
    RegionIndex known(space, op, iteration, isInMemory(extract.getTensor()));
    Index index;
    for (Value value : extract.getIndices()) {
      AffineExpr expr = known.getExpr(value);
      index.push_back(expr ? expr
                           : builder.getAffineSymbolExpr(unknownCount++));
    }
    llvm::SaveAndRestore<bool> saved(inInterior,
                                     inInterior || known.hasAssumed());
    if (failed(body(extract.getTensor(), index)))
      return failure();
  }
  return success();
}

/// Vectors that one access takes if the lanes run along `dim`. An operand that
/// is contiguous elsewhere can be transposed where nothing is reduced; other
/// accesses across the lanes go element by element.
double AccessAnalysis::getAccessCost(const Access &access, int64_t dim,
                                     int64_t lanes) const {
  std::optional<int64_t> stride = access.strides[dim];
  if (stride && (*stride == 0 || *stride == 1))
    return 1;
  // Close neighbours are loads and shuffles.
  if (stride && access.tensor && std::abs(*stride) <= 2)
    return 2 * std::abs(*stride);
  bool canTranspose = stride && access.tensor && !access.isSummed &&
                      !kernel.hasReducedDims() &&
                      llvm::is_contained(access.strides, 1);
  return canTranspose ? 4 : access.tensor ? lanes : 2 * lanes;
}

/// The work of one dimension's vectors relative to that of ideal ones. A
/// reduction that cannot be split among lanes costs as much as its elements.
double AccessAnalysis::getCost(int64_t dim, int64_t lanes) const {
  double cost = 1;
  for (const Access &access : accesses)
    // What is written must not decide in which order a row is summed.
    if (access.tensor || reductions.empty())
      cost += getAccessCost(access, dim, lanes);
  if (kernel.isReduced[dim])
    for (RowReduction reduction : reductions)
      for (unsigned i = 0; i < reduction.op.getNumResults(); ++i)
        if (!Combiner::match(reduction.op, i))
          cost += 4 * lanes;
  double extent = kernel.isReduced[dim]
                      ? kernel.domain[dim]
                      : std::min(kernel.domain[dim], kernel.tileSizes[dim]);
  double vectors = std::ceil(extent / lanes);
  double horizontal = kernel.isReduced[dim] ? 2.0 * reductions.size() : 0.0;
  return (cost * vectors + horizontal) / extent;
}

std::optional<int64_t>
AccessAnalysis::chooseLaneDimension(int64_t lanes) const {
  std::optional<int64_t> best;
  for (int64_t dim = kernel.getRank(); dim-- > 0;)
    if (kernel.domain[dim] > 1 &&
        !(kernel.isReduced[dim] && !cumulations.empty()) &&
        (!best || getCost(dim, lanes) < getCost(*best, lanes) * 0.999))
      best = dim;
  // Rows that are cumulated one by one wait for each of their sums, but read
  // and write one element after the other.
  constexpr double sequentialCost = 4;
  if (best && !cumulations.empty() && getCost(*best, lanes) > sequentialCost)
    return std::nullopt;
  return best;
}

} // namespace sinter::cpu
