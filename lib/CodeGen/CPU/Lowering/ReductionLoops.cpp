// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loop nest per reduction: the rows outside, the reduced dimensions inside,
// in order.

#include "ReductionLoops.h"
#include "../Reduction.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace sinter {

namespace {
class ReductionLoops {
public:
  ReductionLoops(linalg::GenericOp op, bool wideSums)
      : op(op), wideSums(wideSums), builder(op), loc(op.getLoc()),
        indices(op.getNumLoops(), Value()) {
    op.getReductionDims(reducedDims);
    for (auto [number, init] : llvm::enumerate(op.getDpsInitsMutable())) {
      AffineMap map = op.getMatchingIndexingMap(&init);
      bool isRow = llvm::none_of(
          reducedDims, [&](unsigned dim) { return map.isFunctionOfDim(dim); });
      if (isRow)
        addAccumulator(number, init);
    }
  }

  void emit() {
    SmallVector<unsigned> rowDims;
    op.getParallelDims(rowDims);
    emitRows(rowDims);
    op.erase();
    for (const Accumulator &accumulator : accumulators)
      if (linalg::FillOp fill = accumulator.fill) {
        Operation *scratch = fill.getOutputs()[0].getDefiningOp();
        fill.erase();
        if (scratch->use_empty())
          scratch->erase();
      }
  }

private:
  /// A result of one element per row.
  struct Accumulator {
    unsigned number;
    OpOperand *init;
    /// Of a sum that is accumulated in f64.
    std::optional<cpu::Combiner> wideSum;
    /// Fills a buffer that nothing else reads; or null.
    linalg::FillOp fill;
  };

  void addAccumulator(unsigned number, OpOperand &init) {
    Accumulator accumulator{number, &init, cpu::Combiner::match(op, number),
                            findFill(init.get())};
    std::optional<cpu::Combiner> &sum = accumulator.wideSum;
    if (sum && !(wideSums && isa<arith::AddFOp>(sum->op) &&
                 sum->op->hasOneUse() && sum->neutral.getType().isF32()))
      sum.reset();
    accumulators.push_back(accumulator);
  }

  linalg::FillOp findFill(Value buffer) {
    if (!buffer.getDefiningOp<memref::AllocOp>())
      return {};
    linalg::FillOp fill;
    for (Operation *user : buffer.getUsers()) {
      if (auto filling = dyn_cast<linalg::FillOp>(user))
        fill = filling;
      else if (user != op)
        return {};
    }
    return fill;
  }

  scf::ForOp makeLoop(unsigned dim, ValueRange carried = {}) {
    auto constant = [&](int64_t value) -> Value {
      return builder.create<arith::ConstantIndexOp>(loc, value);
    };
    auto loop = builder.create<scf::ForOp>(
        loc, constant(0), constant(op.getStaticLoopRanges()[dim]), constant(1),
        carried);
    builder.setInsertionPointToStart(loop.getBody());
    indices[dim] = loop.getInductionVar();
    return loop;
  }

  void emitRows(ArrayRef<unsigned> dims) {
    OpBuilder::InsertionGuard guard(builder);
    if (!dims.empty()) {
      makeLoop(dims.front());
      return emitRows(dims.drop_front());
    }
    SmallVector<Value> initial;
    for (const Accumulator &accumulator : accumulators)
      initial.push_back(startOf(accumulator));
    SmallVector<Value> results = emitReduced(reducedDims, initial);
    for (auto [accumulator, value] : llvm::zip_equal(accumulators, results))
      if (!accumulator.fill)
        store(accumulator.wideSum ? builder.create<arith::TruncFOp>(
                                        loc, builder.getF32Type(), value)
                                  : value,
              *accumulator.init);
  }

  Value startOf(const Accumulator &accumulator) {
    linalg::FillOp fill = accumulator.fill;
    Value start = fill ? fill.getInputs()[0] : load(*accumulator.init);
    if (accumulator.wideSum)
      start = builder.create<arith::ExtFOp>(loc, builder.getF64Type(), start);
    return start;
  }

  SmallVector<Value> emitReduced(ArrayRef<unsigned> dims, ValueRange carried) {
    if (dims.empty())
      return emitPoint(carried);
    OpBuilder::InsertionGuard guard(builder);
    scf::ForOp loop = makeLoop(dims.front(), carried);
    SmallVector<Value> next =
        emitReduced(dims.drop_front(), loop.getRegionIterArgs());
    if (!next.empty())
      builder.create<scf::YieldOp>(loc, next);
    return SmallVector<Value>(loop.getResults());
  }

  /// The region at one point; gives the new accumulators.
  SmallVector<Value> emitPoint(ValueRange carried) {
    IRMapping values;
    for (OpOperand &operand : op->getOpOperands()) {
      BlockArgument argument = op.getMatchingBlockArgument(&operand);
      auto *own = llvm::find_if(accumulators, [&](const Accumulator &one) {
        return one.init == &operand;
      });
      if (own != accumulators.end())
        values.map(argument, carried[own - accumulators.begin()]);
      else if (!argument.use_empty())
        values.map(argument, load(operand));
    }
    for (Operation &inner : op.getBlock()->without_terminator())
      if (auto index = dyn_cast<linalg::IndexOp>(inner))
        values.map(index.getResult(), indices[index.getDim()]);
      else if (!isWideSum(&inner))
        builder.clone(inner, values);
    SmallVector<Value> next;
    for (auto [accumulator, before] : llvm::zip_equal(accumulators, carried))
      next.push_back(step(accumulator, before, values));
    for (OpOperand &init : op.getDpsInitsMutable())
      if (llvm::none_of(accumulators, [&](const Accumulator &one) {
            return one.init == &init;
          }))
        store(values.lookup(yieldOf(init)), init);
    return next;
  }

  Value step(const Accumulator &accumulator, Value before, IRMapping &values) {
    if (!accumulator.wideSum)
      return values.lookup(yieldOf(*accumulator.init));
    Value term = builder.create<arith::ExtFOp>(
        loc, builder.getF64Type(),
        values.lookupOrDefault(accumulator.wideSum->contribution));
    return builder.create<arith::AddFOp>(loc, before, term);
  }

  Value yieldOf(OpOperand &init) {
    unsigned number = init.getOperandNumber() - op.getNumDpsInputs();
    return op.getBlock()->getTerminator()->getOperand(number);
  }

  bool isWideSum(Operation *inner) {
    return llvm::any_of(accumulators, [&](const Accumulator &accumulator) {
      return accumulator.wideSum && accumulator.wideSum->op == inner;
    });
  }

  SmallVector<Value> placeOf(OpOperand &operand) {
    SmallVector<Value> place;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    SmallVector<OpFoldResult> loops;
    for (Value index : indices)
      loops.push_back(index ? OpFoldResult(index)
                            : OpFoldResult(builder.getIndexAttr(0)));
    for (AffineExpr expr : map.getResults()) {
      AffineMap one = AffineMap::get(map.getNumDims(), 0, expr);
      OpFoldResult at =
          affine::makeComposedFoldedAffineApply(builder, loc, one, loops);
      place.push_back(getValueOrCreateConstantIndexOp(builder, loc, at));
    }
    return place;
  }

  Value load(OpOperand &operand) {
    if (!isa<MemRefType>(operand.get().getType()))
      return operand.get();
    return builder.create<memref::LoadOp>(loc, operand.get(), placeOf(operand));
  }

  void store(Value value, OpOperand &operand) {
    builder.create<memref::StoreOp>(loc, value, operand.get(),
                                    placeOf(operand));
  }

  linalg::GenericOp op;
  bool wideSums;
  OpBuilder builder;
  Location loc;
  SmallVector<Value> indices; ///< of the loops that are open
  SmallVector<unsigned> reducedDims;
  SmallVector<Accumulator> accumulators;
};
} // namespace

LogicalResult lowerReductions(func::FuncOp kernel, bool wideSums) {
  SmallVector<linalg::GenericOp> reductions;
  IRRewriter rewriter(kernel.getContext());
  SmallVector<linalg::LinalgOp> named;
  kernel.walk([&](linalg::LinalgOp op) {
    if (op.getNumReductionLoops() > 0 && !isa<linalg::GenericOp>(op))
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    if (failed(linalg::generalizeNamedOp(rewriter, op)))
      return op->emitOpError("expected an op with a region of scalars");
  }
  kernel.walk([&](linalg::GenericOp op) {
    if (op.getNumReductionLoops() > 0)
      reductions.push_back(op);
  });
  for (linalg::GenericOp op : reductions)
    ReductionLoops(op, wideSums).emit();
  return success();
}

} // namespace sinter
