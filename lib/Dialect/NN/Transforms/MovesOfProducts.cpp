// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves of elements before products become a way of reading, those after them
// come after the elementwise ops that can be part of the product's kernel.

#include "MovesOfProducts.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/Views.h"

using namespace mlir;
using namespace sinter::nn;

namespace {
/// nn.matmul of an nn.transpose of the last two dimensions: a flag says the
/// same.
struct FoldTransposeIntoMatmul : public OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = swappedSource(op.getLhs()), rhs = swappedSource(op.getRhs());
    if (!lhs && !rhs)
      return rewriter.notifyMatchFailure(
          op, "no operand swaps its last two dimensions");
    rewriter.modifyOpInPlace(op, [&] {
      if (lhs) {
        op.getLhsMutable().assign(lhs);
        op.setTransposeA(!op.getTransposeA());
      }
      if (rhs) {
        op.getRhsMutable().assign(rhs);
        op.setTransposeB(!op.getTransposeB());
      }
    });
    return success();
  }

  /// What `value` transposes, if only the last two dimensions swap.
  static Value swappedSource(Value value) {
    auto transpose = value.getDefiningOp<TransposeOp>();
    if (!transpose)
      return nullptr;
    SmallVector<int64_t> permutation(transpose.getPermutation());
    std::swap(permutation[permutation.size() - 1],
              permutation[permutation.size() - 2]);
    return llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size()))
               ? transpose.getInput()
               : Value();
  }
};

static ArrayRef<int64_t> shapeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getShape();
}

/// As many ops are looked at to know what a value is made of.
static constexpr size_t maxOpsBefore = 32;

/// Whether an op for which `isFound` holds is among those that `value` is made
/// of; `addOperands` says through which operands of an op to look.
static bool isMadeOf(
    Value value, function_ref<bool(Operation *)> isFound,
    function_ref<void(Operation *, function_ref<void(Value)>)> addOperands) {
  llvm::SmallSetVector<Operation *, 8> ops;
  auto add = [&](Value operand) {
    if (Operation *op = operand.getDefiningOp();
        op && ops.size() < maxOpsBefore)
      ops.insert(op);
  };
  add(value);
  for (size_t next = 0; next < ops.size(); ++next) {
    if (isFound(ops[next]))
      return true;
    addOperands(ops[next], add);
  }
  return false;
}

/// Whether a value is a product, one with its dims transposed, or elementwise
/// ops after that.
static bool followsProduct(Value source) {
  return isMadeOf(
      source, [](Operation *op) { return isa<ContractionOpInterface>(op); },
      [](Operation *op, function_ref<void(Value)> add) {
        if (isa<TransposeOp>(op))
          add(op->getOperand(0));
        if (op->hasTrait<ElementwiseTrait>())
          for (Value operand : op->getOperands())
            if (shapeOf(operand) == shapeOf(op->getResult(0)))
              add(operand);
      });
}

/// Whether a value is made of what some op reduces, as the statistics of a
/// batch are: such numbers come after a product and cannot join its kernel.
static bool followsReduction(Value value) {
  return isMadeOf(
      value, [](Operation *op) { return op->hasTrait<ReducesElementsTrait>(); },
      [](Operation *op, function_ref<void(Value)> add) {
        llvm::for_each(op->getOperands(), add);
      });
}

/// What `value` reshapes, if that follows a product.
static Value reshapedProduct(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  return reshape && followsProduct(reshape.getInput()) ? reshape.getInput()
                                                       : Value();
}

/// What `value` reshapes, if that is made of the rows of a product that
/// something reduces.
static Value reshapedRows(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (!reshape || !isUnitReshape(reshape))
    return nullptr;
  bool isOfRows = isMadeOf(
      reshape.getInput(),
      [](Operation *op) {
        return op->hasTrait<ReducesElementsTrait>() &&
               followsProduct(op->getOperand(0));
      },
      [](Operation *op, function_ref<void(Value)> add) {
        if (op->hasTrait<ElementwiseTrait>())
          llvm::for_each(op->getOperands(), add);
      });
  return isOfRows ? reshape.getInput() : Value();
}

/// For each dimension of `from` longer than 1 the one of `to` that it becomes,
/// -1 for the others; nothing if the shapes differ in more than dimensions of
/// extent 1: a tensor of one is a view in the other.
static std::optional<SmallVector<int64_t>> matchDims(ArrayRef<int64_t> from,
                                                     ArrayRef<int64_t> to) {
  SmallVector<int64_t> dims(from.size(), -1);
  size_t next = 0;
  auto skipUnits = [&] {
    while (next < to.size() && to[next] == 1)
      ++next;
  };
  for (auto [dim, extent] : llvm::enumerate(from)) {
    if (extent == 1)
      continue;
    skipUnits();
    if (next == to.size() || to[next] != extent)
      return std::nullopt;
    dims[dim] = next++;
  }
  skipUnits();
  return next == to.size() ? std::optional(dims) : std::nullopt;
}

/// An elementwise op on the reshaped result of a product: on the result itself,
/// where it is part of the product's kernel, reshaped afterwards.
struct SinkReshapeOfProduct : public OpTraitRewritePattern<ElementwiseTrait> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op->getNumOperands() == 0)
      return rewriter.notifyMatchFailure(op, "not one result of operands");
    IRMapping sources;
    RankedTensorType type;
    SmallVector<Value> others;
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    for (Value operand : op->getOperands()) {
      Value source = reshapedProduct(operand);
      if (source && (!type || shapeOf(source) == type.getShape())) {
        type = cast<RankedTensorType>(source.getType());
        sources.map(operand, source);
      } else if (!shapeOf(operand).empty()) {
        others.push_back(operand);
      }
    }
    if (!type || type.getNumElements() != result.getNumElements())
      return rewriter.notifyMatchFailure(op, "nothing is reshaped");
    SmallVector<SmallVector<int64_t>> shapes;
    for (Value operand : others) {
      std::optional<SmallVector<int64_t>> shape =
          shapeBeside(operand, type.getShape(), result.getShape());
      if (!shape)
        return rewriter.notifyMatchFailure(
            op, "an operand has no shape beside the product's");
      shapes.push_back(*shape);
    }
    TensorBuilder b(rewriter, op->getLoc());
    for (auto [operand, shape] : llvm::zip_equal(others, shapes))
      sources.map(operand, b.reshape(operand, shape));
    Operation *clone = rewriter.clone(*op, sources);
    clone->getResult(0).setType(type.clone(result.getElementType()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, clone->getResult(0));
    return success();
  }

private:
  /// The shape in which an operand broadcasts to a product's shape as it did to
  /// the result's. Of two products each would be seen in the other's shape, in
  /// turns: there is none.
  static std::optional<SmallVector<int64_t>>
  shapeBeside(Value operand, ArrayRef<int64_t> product,
              ArrayRef<int64_t> result) {
    ArrayRef<int64_t> shape = shapeOf(operand);
    if (followsProduct(operand) || reshapedProduct(operand))
      return std::nullopt;
    auto dims = matchDims(result, product);
    // A bias: one element per column, in either shape.
    if (ShapedType::getNumElements(shape) == shape.back() && !product.empty() &&
        product.back() == result.back() && (dims || !followsReduction(operand)))
      return SmallVector<int64_t>{shape.back()};
    if (!dims)
      return std::nullopt;
    SmallVector<int64_t> own(product.size(), 1);
    size_t offset = result.size() - shape.size();
    for (auto [dim, extent] : llvm::enumerate(shape))
      if (extent != 1)
        own[(*dims)[dim + offset]] = extent;
    return own;
  }
};

/// An elementwise op on rows that a reduction left, and on numbers.
struct SinkReshapeOfRows : public OpTraitRewritePattern<ElementwiseTrait> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "not one result");
    IRMapping sources;
    RankedTensorType type;
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    for (Value operand : op->getOperands()) {
      if (shapeOf(operand).empty())
        continue;
      Value source = reshapedRows(operand);
      if (!source || shapeOf(operand) != result.getShape() ||
          (type && shapeOf(source) != type.getShape()))
        return rewriter.notifyMatchFailure(op, "not of rows of one shape");
      type = cast<RankedTensorType>(source.getType());
      sources.map(operand, source);
    }
    if (!type)
      return rewriter.notifyMatchFailure(op, "nothing is reshaped");
    Operation *clone = rewriter.clone(*op, sources);
    clone->getResult(0).setType(type.clone(result.getElementType()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, clone->getResult(0));
    return success();
  }
};

/// A reduction of the reshaped result of a product, likewise.
template <typename ReductionOp>
struct SinkReshapeBehindReduction : public OpRewritePattern<ReductionOp> {
  using OpRewritePattern<ReductionOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(ReductionOp op,
                                PatternRewriter &rewriter) const override {
    Value source = reshapedProduct(op.getInput());
    auto dims = source ? matchDims(shapeOf(op.getInput()), shapeOf(source))
                       : std::nullopt;
    if (!dims)
      return rewriter.notifyMatchFailure(op, "no product's view is reduced");
    SmallVector<int64_t> reduced;
    for (int64_t dim : op.getDims())
      if ((*dims)[dim] >= 0)
        reduced.push_back((*dims)[dim]);
    if (reduced.empty())
      return rewriter.notifyMatchFailure(op, "nothing is reduced");
    auto type = cast<RankedTensorType>(op.getType());
    Value rows = rewriter.create<ReductionOp>(op.getLoc(), source, reduced,
                                              /*keepdim=*/false);
    rewriter.replaceOp(
        op,
        TensorBuilder(rewriter, op.getLoc()).reshape(rows, type.getShape()));
    return success();
  }
};

/// A convolution reads its input in any order.
struct FoldTransposeIntoCorrelate : public OpRewritePattern<CorrelateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CorrelateOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "the input is not transposed");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(transpose.getInput());
      op.setInputOrder(
          applyPermutation(transpose.getPermutation(), op.getInputOrder()));
    });
    return success();
  }
};

/// A slice of a transposed tensor: what is not read is not moved.
struct SliceBeforeTranspose : public OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "no slice of a transposed tensor");
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    auto permuted = [inverse = invertPermutationVector(permutation)](
                        ArrayRef<int64_t> values) {
      return applyPermutation(values, inverse);
    };
    Value slice = rewriter.create<SliceOp>(
        op.getLoc(), transpose.getInput(), permuted(op.getStarts()),
        permuted(op.getLimits()), permuted(op.getStrides()));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, slice, permutation);
    return success();
  }
};
} // namespace

void sinter::nn::populateMovesOfProductsPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldTransposeIntoMatmul, FoldTransposeIntoCorrelate,
               SinkReshapeOfProduct, SinkReshapeOfRows,
               SinkReshapeBehindReduction<SumOp>,
               SinkReshapeBehindReduction<AmaxOp>,
               SinkReshapeBehindReduction<AminOp>, SliceBeforeTranspose>(
      patterns.getContext());
}
