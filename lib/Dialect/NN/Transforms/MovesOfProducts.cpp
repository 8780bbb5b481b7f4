// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves of elements before products become a way of reading, those after them
// come after the elementwise ops that can be part of the product's kernel.

#include "MovesOfProducts.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Builders.h"

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

/// Whether a value is a product, one with its dims transposed, or elementwise
/// ops after that.
static bool followsProduct(Value source) {
  while (Operation *op = source.getDefiningOp()) {
    if (isa<ContractionOpInterface>(op))
      return true;
    if (auto transpose = dyn_cast<TransposeOp>(op)) {
      source = transpose.getInput();
      continue;
    }
    auto isOfShape = [&](Value operand) {
      return shapeOf(operand) == shapeOf(source) && operand.getDefiningOp();
    };
    if (!op->hasTrait<ElementwiseTrait>() ||
        llvm::none_of(op->getOperands(), isOfShape))
      return false;
    source = *llvm::find_if(op->getOperands(), isOfShape);
  }
  return false;
}

/// As many ops as a row of numbers is looked at for what it is made of.
static constexpr size_t maxOpsOfRow = 32;

/// Whether a value is made of what some op reduces, as the statistics of a
/// batch are: such numbers come after a product and cannot join its kernel.
static bool followsReduction(Value value) {
  SmallVector<Operation *> ops;
  auto add = [&](Value operand) {
    if (Operation *op = operand.getDefiningOp(); op && ops.size() < maxOpsOfRow)
      ops.push_back(op);
  };
  add(value);
  for (size_t next = 0; next < ops.size(); ++next) {
    if (ops[next]->hasTrait<ReducesElementsTrait>())
      return true;
    llvm::for_each(ops[next]->getOperands(), add);
  }
  return false;
}

/// What `value` reshapes, if that follows a product.
static Value reshapedProduct(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  return reshape && followsProduct(reshape.getInput()) ? reshape.getInput()
                                                       : Value();
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
    for (Value operand : others)
      if (!isRow(operand, type, result) && !isWhole(operand, type, result))
        return rewriter.notifyMatchFailure(
            op, "an operand is neither a row nor of the product's shape");
    TensorBuilder b(rewriter, op->getLoc());
    for (Value operand : others) {
      ArrayRef<int64_t> row = shapeOf(operand).back();
      sources.map(operand, b.reshape(operand, isRow(operand, type, result)
                                                  ? row
                                                  : type.getShape()));
    }
    Operation *clone = rewriter.clone(*op, sources);
    clone->getResult(0).setType(type.clone(result.getElementType()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, clone->getResult(0));
    return success();
  }

private:
  /// Of two products each would be seen in the other's shape, in turns.
  static bool isOfProduct(Value operand) {
    return followsProduct(operand) || reshapedProduct(operand);
  }

  /// A bias: one element per column, in either shape.
  static bool isRow(Value operand, RankedTensorType product,
                    RankedTensorType result) {
    ArrayRef<int64_t> shape = shapeOf(operand);
    return !isOfProduct(operand) && !followsReduction(operand) &&
           ShapedType::getNumElements(shape) == shape.back() &&
           !product.getShape().empty() &&
           product.getShape().back() == result.getShape().back();
  }

  /// A tensor of all elements, where a product's shape differs from it by
  /// dimensions of extent 1 alone: it is a view in either shape.
  static bool isWhole(Value operand, RankedTensorType product,
                      RankedTensorType result) {
    if (isOfProduct(operand))
      return false;
    auto isLong = [](int64_t extent) { return extent != 1; };
    return shapeOf(operand) == result.getShape() &&
           llvm::equal(llvm::make_filter_range(product.getShape(), isLong),
                       llvm::make_filter_range(result.getShape(), isLong));
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
               SinkReshapeOfProduct, SliceBeforeTranspose>(
      patterns.getContext());
}
