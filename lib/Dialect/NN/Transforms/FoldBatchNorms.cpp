// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiplies weights by the scales of batch norms behind their products.

#include "Preparation.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNFOLDBATCHNORMS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// The name under which reports speak of the new weights.
static constexpr StringLiteral foldedName = "nn.batch_norm in the weights";

namespace {
/// A layer [N, channels, …] whose weight is [channels, …].
struct Product {
  explicit Product(Operation *op) : op(op) {
    if (auto convolution = dyn_cast_or_null<ConvolutionOp>(op)) {
      weight = convolution.getWeight();
      bias = convolution.getBias();
    } else if (auto linear = dyn_cast_or_null<LinearOp>(op)) {
      weight = linear.getWeight();
      bias = linear.getBias();
    }
  }

  /// Gives it other ones.
  void assign(Value newWeight, Value newBias) {
    llvm::TypeSwitch<Operation *>(op).Case<ConvolutionOp, LinearOp>(
        [&](auto layer) {
          layer.getWeightMutable().assign(newWeight);
          layer.getBiasMutable().assign(newBias);
        });
  }

  Operation *op;
  Value weight, bias;
};

struct FoldBatchNorms
    : public sinter::nn::impl::NNFoldBatchNormsBase<FoldBatchNorms> {
  void runOnOperation() override {
    Parameters parameters(getOperation());
    bool isAny = false;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      ParameterValues values(function, parameters);
      function.walk([&](BatchNormOp norm) {
        if (norm.getTraining())
          return;
        isAny = true;
        if (StringRef reason = whyNot(norm, values); !reason.empty())
          warnOnce(norm, reason);
        else
          fold(norm);
      });
    }
    if (!isAny)
      getOperation().emitWarning("--fold has no effect: no entry evaluates a "
                                 "batch norm by its running statistics");
  }

private:
  /// Why the norm stays; empty if it can go.
  static StringRef whyNot(BatchNormOp norm, const ParameterValues &values) {
    Product product(norm.getInput().getDefiningOp());
    if (!product.weight)
      return "its input is no result of a convolution or a linear layer";
    if (!norm.getInput().hasOneUse())
      return "its input has other readers";
    if (isa<LinearOp>(product.op) && norm.getInput().getType().getRank() != 2)
      return "its channels are not those of the linear layer";
    for (Value result : llvm::drop_begin(norm->getResults()))
      if (!result.use_empty())
        return "a gradient needs its input";
    SmallVector<Value> read(llvm::drop_begin(norm->getOperands()));
    read.push_back(product.weight);
    if (product.bias)
      read.push_back(product.bias);
    for (Value value : read)
      if (!values.contains(value) && !isSplat(value.getDefiningOp()))
        return "what it is made of changes in evaluation";
    return "";
  }

  /// Instances of an entry say the same.
  void warnOnce(BatchNormOp norm, StringRef reason) {
    if (places.insert(norm.getLoc()).second)
      norm.emitWarning("--fold has no effect here: ") << reason;
  }

  /// ((W x + b) - m) s + c is (s W) x + (b - m) s + c.
  static void fold(BatchNormOp norm) {
    Product product(norm.getInput().getDefiningOp());
    // What is made of the state may come later than the product.
    product.op->moveBefore(norm);
    OpBuilder builder(product.op);
    TensorBuilder b(builder, NameLoc::get(builder.getStringAttr(foldedName),
                                          norm.getLoc()));
    Value scale = b.div(1, b.sqrt(b.add(norm.getRunningVariance(),
                                        norm.getEps().convertToDouble())));
    if (norm.getWeight())
      scale = b.mul(scale, norm.getWeight());
    Value shift = product.bias ? b.sub(product.bias, norm.getRunningMean())
                               : b.neg(norm.getRunningMean());
    shift = b.mul(shift, scale);
    if (norm.getBias())
      shift = b.add(shift, norm.getBias());
    Shape perRow(tensorType(product.weight).getRank(), 1);
    perRow[0] = tensorType(scale).getDimSize(0);
    product.assign(b.mul(product.weight, b.reshape(scale, perRow)), shift);
    norm.getResult().replaceAllUsesWith(product.op->getResult(0));
    norm.erase();
  }

  DenseSet<Location> places;
};
} // namespace
