// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Computes what follows a convolution in the order in which the convolution
// stores its result.

#include "FewChannels.h"
#include "StoredOrder.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNCHOOSELAYOUTS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

namespace {
struct ChooseLayouts
    : public sinter::nn::impl::NNChooseLayoutsBase<ChooseLayouts> {
  using Base::Base;

  void runOnOperation() override {
    stored.clear(); // of another function
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      visit(op);
  }

  void visit(Operation *op) {
    if (auto correlate = dyn_cast<CorrelateOp>(op))
      return visitCorrelate(correlate);
    std::optional<unsigned> from = leadingOperand(op);
    if (!from)
      return;
    TensorBuilder b(OpBuilder(op), op->getLoc());
    std::optional<Stored> result =
        buildInOrder(b, op, *from, *orderOf(op->getOperand(*from)));
    if (!result) {
      // Moved into a form of its own, which may have channels last again.
      if (isa<ReshapeOp>(op) && fillsVector(tensorType(op->getResult(0))))
        stored.insert(op->getResult(0));
      return;
    }
    Value reordered = reorder(b, result->value, result->order);
    stored.insert(result->value);
    if (!reordered.getDefiningOp<TransposeOp>())
      stored.insert(reordered);
    op->getResult(0).replaceAllUsesWith(reordered);
    op->erase();
  }

  /// A product is stored with its channels last, or, if these are few, in
  /// PyTorch's order.
  void visitCorrelate(CorrelateOp op) {
    TensorBuilder b(OpBuilder(op), op.getLoc());
    int64_t bits = op.getType().getElementTypeBitWidth();
    CorrelateOp ordered = buildForFewChannels(
        b, op, vectorBytes * 8 / std::max<int64_t>(bits, 32));
    if (ordered) {
      stored.insert(ordered.getResult());
      op.replaceAllUsesWith(
          reorder(b, ordered, invertPermutationVector(op.getResultOrder())));
      op.erase();
    } else if (fillsVector(op.getType())) {
      stored.insert(op.getResult());
    }
  }

  /// Whether the last dimension has elements for all lanes: otherwise what
  /// follows has longer loops in PyTorch's order.
  bool fillsVector(RankedTensorType type) const {
    return type.getRank() > 0 &&
           type.getShape().back() * type.getElementTypeBitWidth() / 8 >=
               vectorBytes;
  }

  /// How a value that follows a convolution is stored.
  std::optional<Stored> orderOf(Value value) const {
    if (stored.contains(value))
      return Stored{value, allDims(tensorType(value).getRank())};
    auto transpose = value.getDefiningOp<TransposeOp>();
    if (transpose && stored.contains(transpose.getInput()))
      return Stored{transpose.getInput(), Shape(transpose.getPermutation())};
    return std::nullopt;
  }

  /// The operand in whose order an op is computed: the largest one, and of
  /// these one that follows a convolution.
  std::optional<unsigned> leadingOperand(Operation *op) const {
    if (op->getNumResults() != 1)
      return std::nullopt;
    std::optional<unsigned> leading;
    int64_t most = 0;
    for (OpOperand &operand : op->getOpOperands()) {
      int64_t elements = tensorType(operand.get()).getNumElements();
      if (elements < most)
        continue;
      bool follows = orderOf(operand.get()).has_value();
      if (elements > most)
        leading = std::nullopt;
      most = elements;
      if (follows && !leading)
        leading = operand.getOperandNumber();
    }
    return leading;
  }

  /// Results of convolutions, and what is computed in their order.
  DenseSet<Value> stored;
};
} // namespace
