// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops applied to all steps of a scan at once: each takes the time axis as its
// dimension 0.

#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

using Stacked = FailureOr<SmallVector<Value>>;

static int64_t stepsOf(ValueRange operands, ArrayRef<bool> stacked) {
  const auto *first = llvm::find(stacked, true);
  return tensorType(operands[first - stacked.begin()]).getDimSize(0);
}

/// A stacked tensor whose slices get leading unit dimensions up to `rank`.
static Value withRank(OpBuilder &builder, Location location, Value stacked,
                      int64_t rank) {
  ArrayRef<int64_t> shape = tensorType(stacked).getShape();
  Shape wider{shape.front()};
  wider.append(rank + 1 - shape.size(), 1);
  llvm::append_range(wider, shape.drop_front());
  return TensorBuilder(builder, location).reshape(stacked, wider);
}

/// `amounts` with one for the time axis before them.
static SmallVector<int64_t> withTime(ArrayRef<int64_t> amounts, int64_t time) {
  SmallVector<int64_t> result{time};
  llvm::append_range(result, amounts);
  return result;
}

/// Dimension numbers, one further.
static SmallVector<int64_t> shifted(ArrayRef<int64_t> dims) {
  return llvm::map_to_vector(dims, [](int64_t dim) { return dim + 1; });
}

Stacked sinter::nn::buildElementwiseOverTime(Operation *op, OpBuilder &builder,
                                             ValueRange operands,
                                             ArrayRef<bool> stacked) {
  int64_t rank = tensorType(op->getResult(0)).getRank();
  SmallVector<Value> aligned;
  for (auto [operand, isStacked] : llvm::zip(operands, stacked))
    aligned.push_back(isStacked ? withRank(builder, op->getLoc(), operand, rank)
                                : operand);
  Operation *all = builder.clone(*op);
  all->setOperands(aligned);
  int64_t steps = stepsOf(operands, stacked);
  for (Value result : all->getResults())
    result.setType(stackedType(result.getType(), steps));
  return SmallVector<Value>(all->getResults());
}

/// One matrix times another for each step; a matrix that is the same in all
/// steps meets all rows at once.
Stacked MatmulOp::buildOverTime(OpBuilder &builder, ValueRange operands,
                                ArrayRef<bool> stacked) {
  TensorBuilder ops(builder, getLoc());
  Value lhs = operands[0], rhs = operands[1];
  int64_t rank = getType().getRank(), steps = stepsOf(operands, stacked);
  bool meetsAllRows = rank == 2 && stacked[0] && !stacked[1] &&
                      !getTransposeA() && tensorType(lhs).getRank() == 3;
  if (meetsAllRows) {
    ArrayRef<int64_t> shape = tensorType(lhs).getShape();
    Value rows = ops.reshape(lhs, {steps * shape[1], shape[2]});
    Value product = ops.matmul(rows, rhs, false, getTransposeB());
    return SmallVector<Value>{
        ops.reshape(product, stackedType(getType(), steps).getShape())};
  }
  if (stacked[0])
    lhs = withRank(builder, getLoc(), lhs, rank);
  if (stacked[1])
    rhs = withRank(builder, getLoc(), rhs, rank);
  return SmallVector<Value>{
      ops.matmul(lhs, rhs, getTransposeA(), getTransposeB())};
}

template <typename Reduction>
static Stacked reduceOverTime(Reduction op, OpBuilder &builder, Value input) {
  return SmallVector<Value>{builder.create<Reduction>(
      op.getLoc(), input, shifted(op.getDims()), op.getKeepdim())};
}
template <typename Reduction>
static Stacked findOverTime(Reduction op, OpBuilder &builder, Value input) {
  return SmallVector<Value>{builder.create<Reduction>(
      op.getLoc(), input, op.getDim() + 1, op.getKeepdim())};
}

#define OVER_TIME(Op)                                                          \
  Stacked Op::buildOverTime(OpBuilder &builder, ValueRange operands,           \
                            ArrayRef<bool> stacked)

OVER_TIME(SumOp) { return reduceOverTime(*this, builder, operands[0]); }
OVER_TIME(ProdOp) { return reduceOverTime(*this, builder, operands[0]); }
OVER_TIME(AmaxOp) { return reduceOverTime(*this, builder, operands[0]); }
OVER_TIME(AminOp) { return reduceOverTime(*this, builder, operands[0]); }
OVER_TIME(ArgmaxOp) { return findOverTime(*this, builder, operands[0]); }
OVER_TIME(ArgminOp) { return findOverTime(*this, builder, operands[0]); }

template <typename Cumulation>
static Stacked cumulateOverTime(Cumulation op, OpBuilder &builder,
                                Value input) {
  return SmallVector<Value>{builder.create<Cumulation>(
      op.getLoc(), op.getKind(), input, op.getDim() + 1)};
}
OVER_TIME(CumulateOp) { return cumulateOverTime(*this, builder, operands[0]); }
OVER_TIME(CumulatedIndexOp) {
  return cumulateOverTime(*this, builder, operands[0]);
}

OVER_TIME(ReshapeOp) {
  auto type = stackedType(getType(), stepsOf(operands, stacked));
  return SmallVector<Value>{
      TensorBuilder(builder, getLoc()).reshape(operands[0], type.getShape())};
}

OVER_TIME(BroadcastOp) {
  auto type = stackedType(getType(), stepsOf(operands, stacked));
  Value aligned = withRank(builder, getLoc(), operands[0], getType().getRank());
  return SmallVector<Value>{
      TensorBuilder(builder, getLoc()).broadcast(aligned, type.getShape())};
}

OVER_TIME(TransposeOp) {
  SmallVector<int64_t> permutation = withTime(shifted(getPermutation()), 0);
  return SmallVector<Value>{
      builder.create<TransposeOp>(getLoc(), operands[0], permutation)};
}

OVER_TIME(SliceOp) {
  return SmallVector<Value>{
      builder.create<SliceOp>(getLoc(), operands[0], withTime(getStarts(), 0),
                              withTime(getLimits(), stepsOf(operands, stacked)),
                              withTime(getStrides(), 1))};
}

OVER_TIME(PadOp) {
  return SmallVector<Value>{builder.create<PadOp>(
      getLoc(), operands[0], withTime(getLow(), 0), withTime(getHigh(), 0),
      withTime(getInterior(), 0), getValue())};
}

OVER_TIME(ConcatOp) {
  SmallVector<Value> inputs;
  TensorBuilder ops(builder, getLoc());
  int64_t steps = stepsOf(operands, stacked);
  for (auto [operand, isStacked] : llvm::zip(operands, stacked))
    inputs.push_back(
        isStacked
            ? operand
            : ops.broadcast(operand,
                            stackedType(operand.getType(), steps).getShape()));
  return SmallVector<Value>{
      builder.create<ConcatOp>(getLoc(), inputs, getDim() + 1)};
}

OVER_TIME(ReverseOp) {
  return SmallVector<Value>{
      builder.create<ReverseOp>(getLoc(), operands[0], shifted(getDims()))};
}

OVER_TIME(TakeOp) {
  if (stacked[0])
    return failure();
  return SmallVector<Value>{
      builder.create<TakeOp>(getLoc(), operands[0], operands[1])};
}
