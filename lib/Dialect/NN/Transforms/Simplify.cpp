// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds the graph, removes duplicates, and brings operands into the forms that
// kernels read best.

#include "JoinScatters.h"
#include "MovesOfProducts.h"
#include "mlir/IR/Dominance.h"
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

struct Simplify : public sinter::nn::impl::NNSimplifyBase<Simplify> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet own(context);
    own.add<Unbroadcast, PowerOfConstant>(context);
    populateMovesOfProductsPatterns(own);
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
