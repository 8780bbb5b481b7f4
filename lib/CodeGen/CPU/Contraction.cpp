// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognition of products, and what their builders share.

#include "Contraction.h"
#include "Reduction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace sinter::cpu {

/// The only reduction of a kernel, if there is exactly one.
static linalg::GenericOp getOnlyReduction(const Kernel &kernel) {
  linalg::GenericOp only;
  func::FuncOp function = kernel.function;
  for (auto op : function.getOps<linalg::GenericOp>()) {
    if (op.getNumReductionLoops() == 0 || op->use_empty())
      continue;
    if (only)
      return {};
    only = op;
  }
  return only;
}

static void collectInputs(linalg::GenericOp op, Value value,
                          SmallVectorImpl<OpOperand *> &inputs) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    inputs.push_back(op.getMatchingOpOperand(argument));
    return;
  }
  Operation *definition = value.getDefiningOp();
  if (definition->getBlock() == op.getBlock())
    for (Value operand : definition->getOperands())
      collectInputs(op, operand, inputs);
}

/// Whether a factor depends on a loop of the product.
static bool dependsOn(linalg::GenericOp op, Value factor, unsigned loop) {
  SmallVector<OpOperand *> inputs;
  collectInputs(op, factor, inputs);
  return llvm::any_of(inputs, [&](OpOperand *input) {
    return op.getMatchingIndexingMap(input).isFunctionOfDim(loop);
  });
}

/// Whether a factor reads, along some dimension, windows that one loop places
/// and another one walks along.
static bool readsWindows(linalg::GenericOp op, Value factor, unsigned place,
                         unsigned tap) {
  SmallVector<OpOperand *> inputs;
  collectInputs(op, factor, inputs);
  return llvm::any_of(inputs, [&](OpOperand *input) {
    return llvm::any_of(
        op.getMatchingIndexingMap(input).getResults(), [&](AffineExpr expr) {
          return expr.isFunctionOfDim(place) && expr.isFunctionOfDim(tap);
        });
  });
}

/// Whether `expr` is the loop, its place in a panel, or its place in a window.
static bool isLoopOrRest(AffineExpr expr, unsigned loop) {
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    AffineExpr own = sum.getLHS(), other = sum.getRHS();
    if (!own.isFunctionOfDim(loop))
      std::swap(own, other);
    return !other.isFunctionOfDim(loop) && isLoopOrRest(own, loop);
  }
  if (expr.getKind() == AffineExprKind::Mod)
    expr = cast<AffineBinaryOpExpr>(expr).getLHS();
  auto dim = dyn_cast<AffineDimExpr>(expr);
  return dim && dim.getPosition() == loop;
}

/// Whether each operand of a factor that varies with a loop does so in its last
/// dimension alone, with a buffer behind it. Panels count: only their number
/// varies elsewhere.
static bool isContiguous(linalg::GenericOp op, Value factor, unsigned loop) {
  SmallVector<OpOperand *> inputs;
  collectInputs(op, factor, inputs);
  return llvm::all_of(inputs, [&](OpOperand *input) {
    AffineMap map = op.getMatchingIndexingMap(input);
    if (!map.isFunctionOfDim(loop))
      return true;
    // A trailing dimension of size one separates no elements.
    auto shape = cast<ShapedType>(input->get().getType()).getShape();
    unsigned used = map.getNumResults();
    while (used > 1 && shape[used - 1] == 1)
      --used;
    AffineExpr last = map.getResult(used - 1);
    return isLoopOrRest(last, loop) &&
           llvm::none_of(map.getResults().take_front(used - 1),
                         [&](AffineExpr expr) {
                           return expr.isFunctionOfDim(loop) &&
                                  (last.getKind() != AffineExprKind::Mod ||
                                   expr.getKind() != AffineExprKind::FloorDiv);
                         });
  });
}

/// Chooses the dimensions of the rows: the one with most of them in a tile, and
/// the last other one if these are few.
static void chooseRows(const Kernel &kernel, Contraction &product) {
  SmallVector<int64_t> candidates;
  for (int64_t dim = 0; dim < kernel.getRank(); ++dim) {
    unsigned loop = product.loopOfDim[dim];
    if (dim != product.columnDim && kernel.domain[dim] > 1 &&
        dependsOn(product.op, product.lhs, loop) &&
        !dependsOn(product.op, product.rhs, loop))
      candidates.push_back(dim);
  }
  for (int64_t dim : candidates)
    if (!product.rowDim ||
        kernel.tileSizes[dim] >= kernel.tileSizes[*product.rowDim])
      product.rowDim = dim;
  if (!product.rowDim ||
      kernel.tileSizes[*product.rowDim] >= RegisterTile::fullRows)
    return;
  for (int64_t dim : candidates)
    if (dim != *product.rowDim && kernel.tileSizes[dim] > 1)
      product.outerRowDim = dim;
}

/// Chooses the columns and the rows among the dimensions of the domain.
static bool classify(const Kernel &kernel, Contraction &product) {
  std::optional<int64_t> column;
  for (int64_t dim = kernel.getRank(); dim-- > 0 && !column;)
    if (kernel.domain[dim] > 1)
      column = dim;
  if (!column)
    return false;
  product.columnDim = *column;
  unsigned loop = product.loopOfDim[*column];
  if (dependsOn(product.op, product.lhs, loop))
    std::swap(product.lhs, product.rhs);
  if (dependsOn(product.op, product.lhs, loop) ||
      !dependsOn(product.op, product.rhs, loop))
    return false;
  chooseRows(kernel, product);
  product.windows.resize(product.reductionLoops.size());
  for (Value factor : {product.lhs, product.rhs}) {
    SmallVector<OpOperand *> inputs;
    collectInputs(product.op, factor, inputs);
    if (inputs.size() != 1)
      continue;
    auto found =
        findPaddedWindows(product.op, *inputs[0], product.reductionLoops);
    for (auto [window, own] : llvm::zip_equal(product.windows, found))
      if (own)
        window = own;
  }
  unsigned last = product.reductionLoops.back();
  product.hasOverlappingRows =
      product.rowDim && readsWindows(product.op, product.lhs,
                                     product.loopOfDim[*product.rowDim], last);
  product.hasContiguousColumns = isContiguous(product.op, product.rhs, loop);
  product.hasContiguousReduction =
      isContiguous(product.op, product.lhs, last) &&
      isContiguous(product.op, product.rhs, last);
  return true;
}

/// Where slices of the domain's shape read the result, in order; 0 if all of
/// it has that shape, nothing if it is read in another way.
static SmallVector<int64_t> findGates(const Kernel &kernel, Value result) {
  auto shape = cast<RankedTensorType>(result.getType()).getShape();
  if (shape == ArrayRef(kernel.domain))
    return {0};
  llvm::SmallSetVector<int64_t, 8> gates;
  for (Operation *user : result.getUsers()) {
    auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
    if (!slice || slice.getType().getShape() != ArrayRef(kernel.domain) ||
        shape.size() != kernel.domain.size() || !slice.hasUnitStride() ||
        shape.drop_back() != ArrayRef(kernel.domain).drop_back())
      return {};
    gates.insert(slice.getStaticOffsets().back());
  }
  SmallVector<int64_t> sorted = gates.takeVector();
  llvm::sort(sorted);
  return sorted;
}

std::optional<Contraction> Contraction::match(const Kernel &kernel) {
  linalg::GenericOp op = getOnlyReduction(kernel);
  if (!op || kernel.hasReducedDims() || op.getNumResults() != 1 ||
      op.hasIndexSemantics())
    return std::nullopt;
  SmallVector<int64_t> gates = findGates(kernel, op.getResult(0));
  if (gates.empty())
    return std::nullopt;
  std::optional<Combiner> combiner = Combiner::match(op, 0);
  if (!combiner || !isa<arith::AddFOp, arith::AddIOp>(combiner->op))
    return std::nullopt;
  Operation *product = combiner->contribution.getDefiningOp();
  if (!product || product->getBlock() != op.getBlock() ||
      !isa<arith::MulFOp, arith::MulIOp>(product))
    return std::nullopt;
  Contraction result{op,
                     product->getOperand(0),
                     product->getOperand(1),
                     combiner->op,
                     {},
                     {},
                     op.getStaticLoopRanges(),
                     {},
                     0,
                     std::nullopt,
                     std::nullopt,
                     gates,
                     false,
                     false,
                     false};
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return std::nullopt;
    result.loopOfDim.push_back(dim.getPosition());
  }
  op.getReductionDims(result.reductionLoops);
  if (result.loopOfDim.size() + result.reductionLoops.size() !=
          map.getNumDims() ||
      !classify(kernel, result))
    return std::nullopt;
  // Gates lie along the last dimension, which is no column if it is of one.
  if (gates != SmallVector<int64_t>{0} &&
      result.columnDim + 1 != kernel.getRank())
    return std::nullopt;
  return result;
}

Evaluator::Frame Contraction::getFrame(const Index &point,
                                       ArrayRef<AffineExpr> reduction,
                                       const IndexSpace &space) const {
  Evaluator::Frame frame;
  frame.op = op;
  frame.iteration.assign(extents.size(), space.getConstant(0));
  for (auto [loop, expr] : llvm::zip_equal(loopOfDim, point))
    if (extents[loop] != 1)
      frame.iteration[loop] = expr;
  for (auto [loop, expr] : llvm::zip_equal(reductionLoops, reduction))
    frame.iteration[loop] = expr;
  return frame;
}

const PaddedWindow *Contraction::getWindowAlong(int64_t dim) const {
  for (const std::optional<PaddedWindow> &window : windows)
    if (window && window->placeLoop == loopOfDim[dim])
      return &*window;
  return nullptr;
}

bool Contraction::prefersDots(int64_t lanes) const {
  if (!hasContiguousReduction || !isa<arith::AddFOp>(sum))
    return false;
  // Where both lie side by side, as in windows: the one that fills vectors.
  int64_t columns = extents[loopOfDim[columnDim]],
          terms = extents[reductionLoops.back()];
  return !hasContiguousColumns || columns * llvm::divideCeil(terms, lanes) <
                                      terms * llvm::divideCeil(columns, lanes);
}

Index Contraction::getResultIndex(const Index &point,
                                  const IndexSpace &space) const {
  Index index(point);
  auto shape = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  for (auto [expr, size] : llvm::zip_equal(index, shape))
    if (size == 1)
      expr = space.getConstant(0);
  return index;
}

} // namespace sinter::cpu
