// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds the graph, removes duplicates, and brings operands into the forms that
// kernels read best.

#include "JoinScatters.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include <cmath>

namespace sinter::nn {
#define GEN_PASS_DEF_NNSIMPLIFY
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// A value of lower rank that broadcasts to `operand`, or null.
static Value unbroadcast(Value operand, PatternRewriter &rewriter) {
  if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
    return broadcast.getInput();
  auto constant = operand.getDefiningOp<ConstantOp>();
  auto type = cast<RankedTensorType>(operand.getType());
  if (!constant || type.getRank() == 0)
    return nullptr;
  auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
  if (!splat)
    return nullptr;
  auto scalar = RankedTensorType::get({}, type.getElementType());
  return rewriter.create<ConstantOp>(
      constant.getLoc(), scalar,
      DenseElementsAttr::get(scalar, splat.getSplatValue<Attribute>()));
}

namespace {
/// Elementwise ops broadcast by themselves: whatever only repeats an operand
/// goes, if the result keeps its shape.
struct Unbroadcast : public OpTraitRewritePattern<ElementwiseTrait> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    auto inference = dyn_cast<InferTypeOpInterface>(op);
    if (!inference)
      return rewriter.notifyMatchFailure(
          op, "the result does not follow from the operands");
    for (OpOperand &operand : op->getOpOperands()) {
      Value small = unbroadcast(operand.get(), rewriter);
      if (!small)
        continue;
      SmallVector<Value> operands(op->getOperands());
      operands[operand.getOperandNumber()] = small;
      SmallVector<Type> types;
      if (failed(inference.inferReturnTypes(
              op->getContext(), std::nullopt, operands,
              op->getDiscardableAttrDictionary(), op->getPropertiesStorage(),
              {}, types)) ||
          types != SmallVector<Type>(op->getResultTypes())) {
        // A constant that was made to try is no change of the function.
        if (auto tried = small.getDefiningOp<ConstantOp>();
            tried && small.use_empty())
          rewriter.eraseOp(tried);
        continue;
      }
      rewriter.modifyOpInPlace(op, [&] { operand.set(small); });
      return success();
    }
    return rewriter.notifyMatchFailure(op,
                                       "no operand is a broadcast that can go");
  }
};

/// A power that other ops make in less time, with PyTorch's values at -infinity
/// and -0: those of the roots, but of pow at -1.5. Only after gradients are
/// ops, for the power's is another one there.
struct PowerOfConstant : public OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    Value exponent = op.getRhs();
    if (auto broadcast = exponent.getDefiningOp<BroadcastOp>())
      exponent = broadcast.getInput();
    SplatElementsAttr splat;
    if (op.getLhs().getType() != op.getType() ||
        !matchPattern(exponent, m_Constant(&splat)))
      return rewriter.notifyMatchFailure(op, "no constant exponent");
    double power = splat.getSplatValue<APFloat>().convertToDouble();
    if (power != 0.5 && power != -0.5 && power != -1.5)
      return rewriter.notifyMatchFailure(op, "no op has this exponent");
    rewriter.replaceOp(op, build(op, power, rewriter));
    return success();
  }

  static Value build(PowOp op, double power, PatternRewriter &rewriter) {
    TensorBuilder a(rewriter, op.getLoc());
    Value x = op.getLhs();
    if (power == 0.5)
      return a.sqrt(x);
    Value root = a.unary<RsqrtOp>(x);
    if (power == -0.5)
      return root;
    Value cube = a.mul(a.abs(root), a.mul(root, root));
    Value isLeast = a.compare(ComparePredicate::eq, x, -HUGE_VAL);
    return a.select(isLeast, 0.0, cube);
  }
};

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

/// Whether a value is a product, one with its dims transposed, or elementwise
/// ops after that.
static bool followsProduct(Value source) {
  auto shapeOf = [](Value tensor) {
    return cast<RankedTensorType>(tensor.getType()).getShape();
  };
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
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    bool hasRow = false;
    for (Value operand : op->getOperands()) {
      auto shape = cast<RankedTensorType>(operand.getType()).getShape();
      if (shape.empty())
        continue;
      // A bias: one element per column, in either shape.
      if (shape.size() == 1 && !reshapedProduct(operand)) {
        hasRow = true;
        continue;
      }
      Value source = reshapedProduct(operand);
      if (!source ||
          (type && type.getShape() !=
                       cast<RankedTensorType>(source.getType()).getShape()))
        return rewriter.notifyMatchFailure(
            op, "an operand is no reshaped product of the others' shape");
      type = cast<RankedTensorType>(source.getType());
      sources.map(operand, source);
    }
    if (!type || type.getNumElements() != result.getNumElements())
      return rewriter.notifyMatchFailure(op, "nothing is reshaped");
    if (hasRow && (type.getShape().empty() || result.getShape().empty() ||
                   type.getShape().back() != result.getShape().back()))
      return rewriter.notifyMatchFailure(op, "a row's elements change columns");
    Operation *clone = rewriter.clone(*op, sources);
    clone->getResult(0).setType(type.clone(result.getElementType()));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, clone->getResult(0));
    return success();
  }
};

/// An elementwise op of a transposed product and of numbers: on the product
/// itself, whose kernel it is part of then.
struct SinkTransposeOfProduct : public OpTraitRewritePattern<ElementwiseTrait> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    TransposeOp transpose;
    for (Value operand : op->getOperands()) {
      if (cast<RankedTensorType>(operand.getType()).getRank() == 0)
        continue;
      auto moved = operand.getDefiningOp<TransposeOp>();
      if (!moved || (transpose && moved != transpose))
        return rewriter.notifyMatchFailure(op, "not one transposed operand");
      transpose = moved;
    }
    if (!transpose || op->getNumResults() != 1 || !transpose->hasOneUse() ||
        !followsProduct(transpose.getInput()))
      return rewriter.notifyMatchFailure(op, "no transposed product");
    IRMapping sources;
    sources.map(transpose.getResult(), transpose.getInput());
    Operation *clone = rewriter.clone(*op, sources);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    clone->getResult(0).setType(
        transpose.getInput().getType().clone(type.getElementType()));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, clone->getResult(0),
                                             transpose.getPermutation());
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
    SmallVector<int64_t> order;
    for (int64_t dim : op.getOrder())
      order.push_back(transpose.getPermutation()[dim]);
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(transpose.getInput());
      op.setOrder(order);
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
    auto permuted = [&](ArrayRef<int64_t> values) {
      SmallVector<int64_t> result(values.size());
      for (auto [dim, source] : llvm::enumerate(permutation))
        result[source] = values[dim];
      return result;
    };
    Value slice = rewriter.create<SliceOp>(
        op.getLoc(), transpose.getInput(), permuted(op.getStarts()),
        permuted(op.getLimits()), permuted(op.getStrides()));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, slice, permutation);
    return success();
  }
};

struct Simplify : public sinter::nn::impl::NNSimplifyBase<Simplify> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet own(context);
    own.add<Unbroadcast, PowerOfConstant, FoldTransposeIntoMatmul,
            FoldTransposeIntoCorrelate, SinkReshapeOfProduct,
            SinkTransposeOfProduct, SliceBeforeTranspose>(context);
    populateJoinScattersPatterns(own);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      if (op.getDialectNamespace() == NNDialect::getDialectNamespace())
        op.getCanonicalizationPatterns(own, context);
    patterns = std::move(own);
    return success();
  }
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    // There are no branches.
    GreedyRewriteConfig config;
    config.enableRegionSimplification = GreedySimplifyRegionLevel::Disabled;
    if (failed(applyPatternsAndFoldGreedily(function, patterns, config)))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(function);
    eliminateCommonSubExpressions(rewriter, dominance, function);
    // Equal constants and reads merged: their users may fold once more.
    if (failed(applyPatternsAndFoldGreedily(function, patterns, config)))
      signalPassFailure();
  }
  FrozenRewritePatternSet patterns;
};
} // namespace
