// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Follows the bytes of the workspace, and what lasts, through a schedule.

#include "WorkspaceUse.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter;

/// The offset of a view that moves, in one step.
static int64_t offsetOf(nn::StepViewOp view, int64_t step) {
  auto loop = cast<nn::LoopOp>(view->getParentOp());
  bool followsTime = view.getIndex() == loop.getTime();
  if (followsTime && loop.getReverse())
    step = loop.getSteps() - 1 - step;
  return view.getOffset() + step * view.getStride();
}

ByteRange sinter::rangeOf(Value buffer, int64_t step) {
  ByteRange range;
  range.end = nn::byteSize(buffer.getType());
  while (Operation *op = buffer.getDefiningOp()) {
    int64_t offset;
    if (auto view = dyn_cast<nn::BufferViewOp>(op))
      offset = view.getOffset();
    else if (auto view = dyn_cast<nn::StepViewOp>(op))
      offset = offsetOf(view, step);
    else
      break;
    range.begin += offset;
    range.end += offset;
    buffer = op->getOperand(0);
  }
  range.base = buffer;
  return range;
}

namespace {
/// What was written to the workspace so far.
class WorkspaceUse {
public:
  explicit WorkspaceUse(Value workspace) : workspace(workspace) {}

  /// A value in `range`, made by `op`. What it covers is gone; of what it
  /// touches, the rest remains but is no value any more.
  void write(const ByteRange &range, Operation *op) {
    if (range.base != workspace || range.begin == range.end)
      return;
    SmallVector<Written> kept;
    for (const Written &old : values) {
      if (!old.bytes.overlaps(range)) {
        kept.push_back(old);
        continue;
      }
      ByteRange before = old.bytes, after = old.bytes;
      before.end = std::min(before.end, range.begin);
      after.begin = std::max(after.begin, range.end);
      for (const ByteRange &rest : {before, after})
        if (rest.begin < rest.end)
          kept.push_back({rest, old.whole, old.op});
    }
    kept.push_back({range, range, op});
    values = std::move(kept);
  }

  /// All of `range` holds values, which lie in it or which it is a part of.
  LogicalResult read(const ByteRange &range, Operation *op) const {
    if (range.base != workspace)
      return success();
    int64_t covered = 0;
    for (const Written &value : values) {
      if (!value.bytes.overlaps(range))
        continue;
      covered += std::min(value.bytes.end, range.end) -
                 std::max(value.bytes.begin, range.begin);
      if (range.contains(value.whole) || value.whole.contains(range))
        continue;
      InFlightDiagnostic error = op->emitError(
          "expected slots of the workspace that do not overlap while both are "
          "in use, but got bytes ");
      error << range.begin << " to " << range.end << " and "
            << value.whole.begin << " to " << value.whole.end;
      error.attachNote(value.op->getLoc()) << "the other one is written here";
      return error;
    }
    if (covered == range.end - range.begin)
      return success();
    return op->emitError("expected a slot of the workspace that was written "
                         "before it is read, but got bytes ")
           << range.begin << " to " << range.end;
  }

private:
  struct Written {
    ByteRange bytes, whole; ///< what is left of it, and all of it
    Operation *op;
  };
  Value workspace;
  SmallVector<Written> values;
};
} // namespace

static Value workspaceOf(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments()) {
    auto role =
        entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.role");
    if (role && role.getValue() == "workspace")
      return argument;
  }
  return nullptr;
}

namespace {
/// Follows one schedule.
class ScheduleUse {
public:
  ScheduleUse(func::FuncOp entry, SymbolTable &symbols)
      : entry(entry), symbols(symbols), workspace(workspaceOf(entry)),
        use(workspace) {}

  LogicalResult run() {
    for (Operation &op : entry.getOps()) {
      if (auto check = dyn_cast<nn::CheckIndexOp>(op)) {
        if (failed(verifyCheck(check)))
          return failure();
      } else if (auto launch = dyn_cast<nn::LaunchOp>(op)) {
        if (failed(verifyLaunch(launch, 0)))
          return failure();
      } else if (auto loop = dyn_cast<nn::LoopOp>(op)) {
        if (failed(verifyLoop(loop)))
          return failure();
      }
    }
    return success();
  }

private:
  LogicalResult verifyCheck(nn::CheckIndexOp check) {
    if (failed(use.read(rangeOf(check.getIndices()), check)))
      return failure();
    if (!lasting)
      return success();
    InFlightDiagnostic error =
        check.emitError("expected checks before what lasts is written");
    error.attachNote(lasting->getLoc()) << "written here";
    return error;
  }

  size_t inputsOf(nn::LaunchOp launch, bool withInouts) {
    auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
    auto count = [&](StringRef name) {
      return size_t(kernel->getAttrOfType<IntegerAttr>(name).getInt());
    };
    return count("sinter.inputs") + (withInouts ? count("sinter.inouts") : 0);
  }

  LogicalResult verifyLaunch(nn::LaunchOp launch, int64_t step) {
    for (Value operand :
         launch.getOperands().take_front(inputsOf(launch, true)))
      if (failed(use.read(rangeOf(operand, step), launch)))
        return failure();
    for (Value operand :
         launch.getOperands().drop_front(inputsOf(launch, false))) {
      ByteRange range = rangeOf(operand, step);
      use.write(range, launch);
      if (range.base != workspace)
        lasting = launch;
    }
    return success();
  }

  /// Two steps say what all others do: each reads what the one before wrote.
  /// After the loop the slots that it wrote are one value.
  LogicalResult verifyLoop(nn::LoopOp loop) {
    int64_t steps = loop.getSteps();
    for (int64_t step = 0; step < std::min<int64_t>(steps, 2); ++step)
      for (auto launch : loop.getBody().getOps<nn::LaunchOp>())
        if (failed(verifyLaunch(launch, step)))
          return failure();
    if (steps == 0)
      return success();
    for (auto launch : loop.getBody().getOps<nn::LaunchOp>())
      for (Value operand :
           launch.getOperands().drop_front(inputsOf(launch, false))) {
        ByteRange first = rangeOf(operand, 0),
                  last = rangeOf(operand, steps - 1);
        use.write({first.base, std::min(first.begin, last.begin),
                   std::max(first.end, last.end)},
                  launch);
      }
    return success();
  }

  func::FuncOp entry;
  SymbolTable &symbols;
  Value workspace;
  WorkspaceUse use;
  Operation *lasting = nullptr;
};
} // namespace

LogicalResult sinter::verifyWorkspaceUse(func::FuncOp entry,
                                         SymbolTable &symbols) {
  return ScheduleUse(entry, symbols).run();
}
