// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Updates parameters one by one where the gradient of one is scattered, so that
// this gradient needs no memory: its sums go into the update's kernel.

#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNSPLITUPDATES
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Whether each element of the result is computed from the elements there.
static bool isElementwise(Operation *op) {
  return op->hasTrait<ElementwiseTrait>() ||
         isa<SgdOp, AdamOp, RmspropOp, AdagradOp>(op);
}

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

static bool isScalar(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank() == 0;
}

/// Whether a gradient, which nothing else reads, is made of sums that indices
/// select, with fewer updates than there are elements, at least `least`.
static bool isScattered(Value gradient, int64_t least) {
  while (Operation *op = gradient.getDefiningOp()) {
    if (!gradient.hasOneUse())
      return false;
    if (auto scatter = dyn_cast<ScatterAddOp>(op))
      return elementsOf(scatter) >= least &&
             elementsOf(scatter.getUpdates()) < elementsOf(scatter);
    bool isOfElements =
        isa<ReshapeOp>(op) ||
        (isElementwise(op) &&
         llvm::all_of(llvm::drop_begin(op->getOperands()), isScalar));
    if (!isOfElements)
      return false;
    gradient = op->getOperand(0);
  }
  return false;
}

namespace {
/// The computation of new runs from the gradient and old runs, element by
/// element: what nn.set_run writes, down to nn.pack_run, nn.get_run and
/// scalars.
class RunUpdate {
public:
  explicit RunUpdate(PackRunOp gradient)
      : gradient(gradient), state(SymbolTable::lookupNearestSymbolFrom<StateOp>(
                                gradient, gradient.getStateAttr())) {}

  /// Whether runs alone are made of the gradient, and each element of them of
  /// the elements there and scalars.
  bool canSplit() {
    llvm::SmallSetVector<Operation *, 8> users;
    users.insert(gradient);
    for (unsigned next = 0; next < users.size(); ++next) {
      Operation *op = users[next];
      if (auto set = dyn_cast<SetRunOp>(op)) {
        sets.push_back(set);
        continue;
      }
      if (op != gradient && !isOfRuns(op, users))
        return false;
      users.insert(op->user_begin(), op->user_end());
    }
    for (Operation &op : *gradient->getBlock())
      if (users.contains(&op) && isElementwise(&op))
        updates.push_back(&op);
    return !sets.empty();
  }

  void split() {
    OpBuilder builder(gradient->getBlock()->getTerminator());
    for (unsigned part = 0; part < gradient.getInputs().size(); ++part)
      buildPart(part, builder);
    for (SetRunOp set : sets)
      set.erase();
    for (Operation *op : llvm::reverse(updates))
      op->erase();
    gradient.erase();
  }

private:
  bool isOfRuns(Operation *op,
                const llvm::SmallSetVector<Operation *, 8> &users) {
    return isElementwise(op) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return isScalar(operand) || operand.getDefiningOp<GetRunOp>() ||
                    (operand.getType() == gradient.getType() &&
                     users.contains(operand.getDefiningOp()));
           });
  }

  /// The segment of a run that holds a part of it.
  SegmentOp segmentOf(StringRef run, unsigned part) {
    SmallVector<SegmentOp> &segments = segmentsOfRun[run];
    if (segments.empty())
      segments = state.getRunSegments(run);
    return segments[part];
  }

  void buildPart(unsigned part, OpBuilder &builder) {
    IRMapping parts;
    parts.map(gradient.getResult(), gradient.getInputs()[part]);
    for (Operation *op : updates) {
      for (Value operand : op->getOperands())
        if (auto run = operand.getDefiningOp<GetRunOp>();
            run && !parts.contains(operand)) {
          SegmentOp segment = segmentOf(run.getRun(), part);
          parts.map(operand, builder.create<GetSegmentOp>(
                                 run.getLoc(), segment.getType(),
                                 state.getSymName(), segment.getKey()));
        }
      Operation *clone = builder.clone(*op, parts);
      for (Value result : clone->getResults())
        if (!isScalar(result))
          result.setType(gradient.getInputs()[part].getType());
    }
    for (SetRunOp set : sets)
      builder.create<SetSegmentOp>(set.getLoc(), state.getSymName(),
                                   segmentOf(set.getRun(), part).getKey(),
                                   parts.lookup(set.getValue()));
  }

  PackRunOp gradient;
  StateOp state;
  SmallVector<SetRunOp> sets;
  SmallVector<Operation *> updates; ///< in order
  llvm::StringMap<SmallVector<SegmentOp>> segmentsOfRun;
};

struct SplitUpdates
    : public sinter::nn::impl::NNSplitUpdatesBase<SplitUpdates> {
  using Base::Base;

  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (auto gradient : llvm::to_vector(block.getOps<PackRunOp>())) {
        RunUpdate update(gradient);
        bool isWanted =
            llvm::any_of(gradient.getInputs(), [&](Value parameter) {
              return isScattered(parameter, minElements);
            });
        if (isWanted && update.canSplit())
          update.split();
      }
  }
};
} // namespace
