// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives big reductions partials, so that they have tiles to share among
// threads.

#include "FusionGraph.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNSPLITREDUCTIONS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Partials of one result: at most this many, at least the smaller number.
static constexpr int64_t maxChunks = 64, minChunks = 8;

/// Elements of a sum in each chunk, and in all chunks of all sums, from which
/// chunks that lie in one piece of memory are worth it: what several sums read
/// stays in a cache then.
static constexpr int64_t minChunkElements = 16, minAllElements = 65536;

/// The number of chunks that `extent` elements split into, or 0 if none divides
/// it.
static int64_t chunksOf(int64_t extent) {
  for (int64_t chunks = maxChunks; chunks >= minChunks; --chunks)
    if (extent % chunks == 0)
      return chunks;
  return 0;
}

/// Elementwise ops in a row that move into the kernel of a reduction.
static constexpr unsigned maxDepth = 32;

/// `value` in another shape. Reshapes what an elementwise op reads instead of
/// what it gives, where only this reads it, so that the op can be part of the
/// reduction's kernel.
static Value reshape(OpBuilder &builder, Value value, ArrayRef<int64_t> shape,
                     unsigned depth = 0) {
  auto type = cast<RankedTensorType>(value.getType());
  auto target = RankedTensorType::get(shape, type.getElementType());
  Operation *op = value.getDefiningOp();
  auto fits = [&](Value operand) {
    auto operandType = cast<RankedTensorType>(operand.getType());
    return operandType.getRank() == 0 ||
           operandType.getShape() == type.getShape();
  };
  if (!op || depth == maxDepth || !op->hasTrait<ElementwiseTrait>() ||
      !value.hasOneUse() || !llvm::all_of(op->getOperands(), fits))
    return builder.create<ReshapeOp>(value.getLoc(), target, value);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    if (cast<RankedTensorType>(operand.getType()).getRank() != 0 &&
        !mapping.contains(operand))
      mapping.map(operand, reshape(builder, operand, shape, depth + 1));
  Operation *clone = builder.clone(*op, mapping);
  clone->getResult(0).setType(target);
  return clone->getResult(0);
}

/// Replaces `op`, a reduction over `dims`, by one over all but the first of
/// them and one over the first.
template <typename ReductionOp> static void splitAtFirst(ReductionOp op) {
  OpBuilder builder(op);
  ArrayRef<int64_t> dims = op.getDims();
  Value partials = builder.create<ReductionOp>(
      op.getLoc(), op.getInput(), dims.drop_front(), op.getKeepdim());
  Value result = builder.create<ReductionOp>(
      op.getLoc(), partials, dims.take_front(), op.getKeepdim());
  op.replaceAllUsesWith(result);
  op.erase();
}

/// Replaces `op`, a reduction of all elements, by one of `chunks` chunks and
/// one of their results.
template <typename ReductionOp>
static void splitIntoChunks(ReductionOp op, int64_t chunks) {
  OpBuilder builder(op);
  auto type = cast<RankedTensorType>(op.getInput().getType());
  Value rows =
      reshape(builder, op.getInput(), {chunks, type.getNumElements() / chunks});
  Value partials =
      builder.create<ReductionOp>(op.getLoc(), rows, ArrayRef<int64_t>{1});
  Value result =
      builder.create<ReductionOp>(op.getLoc(), partials, ArrayRef<int64_t>{0});
  auto resultType = cast<RankedTensorType>(op.getType());
  if (result.getType() != resultType)
    result = builder.create<ReshapeOp>(op.getLoc(), resultType, result);
  op.replaceAllUsesWith(result);
  op.erase();
}

namespace {
struct SplitReductions
    : public sinter::nn::impl::NNSplitReductionsBase<SplitReductions> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (auto sum = dyn_cast<SumOp>(op))
        split(sum);
      else if (auto prod = dyn_cast<ProdOp>(op))
        split(prod);
      else if (auto amax = dyn_cast<AmaxOp>(op))
        split(amax);
      else if (auto amin = dyn_cast<AminOp>(op))
        split(amin);
    });
  }

  template <typename ReductionOp> void split(ReductionOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    int64_t results = cast<RankedTensorType>(op.getType()).getNumElements();
    ArrayRef<int64_t> dims = op.getDims();
    if (results == 0 || dims.empty() || isSelectedSum(op))
      return;
    int64_t first = type.getDimSize(dims.front());
    if (results >= minChunks) {
      // Sums of columns, whose lanes run along these.
      if (dims.size() > 1 && dims.front() == 0 && first >= minChunks &&
          dims.back() + 1 < type.getRank() &&
          type.getNumElements() >= minAllElements &&
          type.getNumElements() / results / first >= minChunkElements)
        splitAtFirst(op);
      return;
    }
    if (type.getNumElements() / results < minElements)
      return;
    // The rows of the first dimension are chunks already, unless they are too
    // few.
    if (dims.size() > 1 && first >= minChunks)
      return splitAtFirst(op);
    if (results == 1)
      if (int64_t chunks = chunksOf(type.getNumElements()))
        splitIntoChunks(op, chunks);
  }
};
} // namespace
