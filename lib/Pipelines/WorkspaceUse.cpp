// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Follows the bytes of the workspace, and what lasts, through a schedule.

#include "WorkspaceUse.h"
#include "MovingRange.h"
#include "sinter/Dialect/NN/Transforms/OverlapIndex.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter;

namespace {
/// A value, or one per step of a loop.
struct Written {
  MovingRange::Slots left; ///< what is left of it
  ByteRange whole;         ///< all of it, where there is one
  Operation *op;
};

/// What was written to the workspace so far.
class WorkspaceUse {
public:
  explicit WorkspaceUse(Value workspace) : workspace(workspace) {}

  /// Values made by `op`. What they cover is gone; of what they touch, the rest
  /// remains but is no value any more.
  void write(const MovingRange::Slots &slots, Operation *op) {
    if (slots.first.base != workspace || slots.first.begin == slots.first.end)
      return;
    SmallVector<Written> kept;
    ByteRange hull = hullOf(slots);
    values.takeEach(hull.begin, hull.end,
                    [&](const Written &old) { keepRest(old, slots, kept); });
    kept.push_back({slots, slots.first, op});
    for (Written &value : kept) {
      ByteRange left = hullOf(value.left);
      values.insert(left.begin, left.end, std::move(value));
    }
  }

  /// All of `range` holds values, which lie in it or which it is a part of.
  LogicalResult read(const ByteRange &range, Operation *op);

private:
  static int64_t bytesOf(const MovingRange::Slots &slots) {
    return slots.first.end - slots.first.begin;
  }
  static ByteRange slot(const MovingRange::Slots &slots, int64_t number) {
    int64_t moved = number * slots.stride;
    return {slots.first.base, slots.first.begin + moved,
            slots.first.end + moved};
  }
  /// From the first slot to the last.
  static ByteRange hullOf(const MovingRange::Slots &slots) {
    ByteRange hull = slots.first;
    hull.end += (slots.count - 1) * slots.stride;
    return hull;
  }
  /// Bytes of `range` that `value` covers, which lies in it or which it is a
  /// part of; nothing after an error.
  static std::optional<int64_t> covered(const Written &value,
                                        const ByteRange &range, Operation *op);
  static std::pair<int64_t, int64_t> touched(const MovingRange::Slots &slots,
                                             const ByteRange &range);
  static void keepRest(const Written &old, const MovingRange::Slots &slots,
                       SmallVector<Written> &kept);

  Value workspace;
  nn::OverlapIndex<Written> values;
};
} // namespace

/// The numbers of the slots that overlap a range; the first is above the last
/// where there is none.
std::pair<int64_t, int64_t>
WorkspaceUse::touched(const MovingRange::Slots &slots, const ByteRange &range) {
  if (slots.count == 1)
    return {0, slots.first.overlaps(range) ? 0 : -1};
  int64_t first = llvm::divideFloorSigned(range.begin - slots.first.end,
                                          slots.stride) +
                  1,
          last = llvm::divideCeilSigned(range.end - slots.first.begin,
                                        slots.stride) -
                 1;
  return {std::max<int64_t>(first, 0), std::min(last, slots.count - 1)};
}

void WorkspaceUse::keepRest(const Written &old, const MovingRange::Slots &slots,
                            SmallVector<Written> &kept) {
  ByteRange hull = hullOf(slots);
  auto [first, last] = touched(old.left, hull);
  if (first > last) {
    kept.push_back(old);
    return;
  }
  if (slots.count > 1 && old.left.count == 1) {
    auto [begin, end] = touched(slots, old.left.first);
    if (begin > end)
      kept.push_back(old);
    return;
  }
  if (slots.count > 1) {
    // Side by side in each step, or else gone.
    int64_t apart = slots.first.begin - old.left.first.begin,
            stride = slots.stride, rest = (apart % stride + stride) % stride;
    if (stride == old.left.stride && rest >= bytesOf(old.left) &&
        rest + bytesOf(slots) <= stride)
      kept.push_back(old);
    return;
  }
  auto keep = [&](const MovingRange::Slots &left) {
    if (left.count > 0 && left.first.begin < left.first.end)
      kept.push_back(
          {left, old.left.count == 1 ? old.whole : left.first, old.op});
  };
  if (old.left.count == 1) {
    ByteRange before = old.left.first, after = old.left.first;
    before.end = std::min(before.end, hull.begin);
    after.begin = std::max(after.begin, hull.end);
    keep({before});
    keep({after});
    return;
  }
  keep({old.left.first, old.left.stride, first});
  keep({slot(old.left, last + 1), old.left.stride, old.left.count - 1 - last});
}

std::optional<int64_t> WorkspaceUse::covered(const Written &value,
                                             const ByteRange &range,
                                             Operation *op) {
  auto [first, last] = touched(value.left, range);
  if (first > last)
    return 0;
  SmallVector<int64_t> ends{first};
  if (first != last)
    ends.push_back(last);
  // All slots between the two are whole.
  int64_t bytes = std::max<int64_t>(last - first - 1, 0) * bytesOf(value.left);
  for (int64_t number : ends) {
    ByteRange part = slot(value.left, number);
    bytes += std::min(part.end, range.end) - std::max(part.begin, range.begin);
    ByteRange whole = value.left.count == 1 ? value.whole : part;
    // Slots without gaps between them are one tensor, of which any part may be
    // read.
    bool isPart = value.left.count > 1 &&
                  value.left.stride == bytesOf(value.left) &&
                  hullOf(value.left).contains(range);
    if (range.contains(whole) || whole.contains(range) || isPart)
      continue;
    InFlightDiagnostic error = op->emitError(
        "expected slots of the workspace that do not overlap while both are "
        "in use, but got bytes ");
    error << range.begin << " to " << range.end << " and " << whole.begin
          << " to " << whole.end;
    error.attachNote(value.op->getLoc()) << "the other one is written here";
    return std::nullopt;
  }
  return bytes;
}

LogicalResult WorkspaceUse::read(const ByteRange &range, Operation *op) {
  if (range.base != workspace)
    return success();
  std::optional<int64_t> bytes = 0;
  values.forEach(range.begin, range.end, [&](const Written &value) {
    if (!bytes)
      return; // one error is enough
    std::optional<int64_t> more = covered(value, range, op);
    bytes = more ? std::optional(*bytes + *more) : std::nullopt;
  });
  if (!bytes || *bytes == range.end - range.begin)
    return success(bytes.has_value());
  return op->emitError("expected a slot of the workspace that was written "
                       "before it is read, but got bytes ")
         << range.begin << " to " << range.end;
}

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
      } else if (failed(verify(&op))) {
        return failure();
      }
    }
    return success();
  }

private:
  /// A launch or a loop.
  LogicalResult verify(Operation *op) {
    if (auto launch = dyn_cast<nn::LaunchOp>(op))
      return verifyLaunch(launch);
    if (auto loop = dyn_cast<nn::LoopOp>(op))
      return verifyLoop(loop);
    return success();
  }

  LogicalResult verifyCheck(nn::CheckIndexOp check) {
    if (failed(use.read(rangeOf(check.getIndices()).at(steps), check)))
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

  LogicalResult verifyLaunch(nn::LaunchOp launch) {
    for (Value operand :
         launch.getOperands().take_front(inputsOf(launch, true)))
      if (failed(use.read(rangeOf(operand).at(steps), launch)))
        return failure();
    for (Value operand :
         launch.getOperands().drop_front(inputsOf(launch, false))) {
      ByteRange range = rangeOf(operand).at(steps);
      use.write({range}, launch);
      if (range.base != workspace)
        lasting = launch;
    }
    return success();
  }

  /// Two steps say what all others do: each reads what the one before wrote.
  LogicalResult verifyLoop(nn::LoopOp loop) {
    for (int64_t step = 0; step < std::min<int64_t>(loop.getSteps(), 2);
         ++step) {
      steps[loop] = step;
      for (Operation &op : loop.getBody().front())
        if (failed(verify(&op)))
          return failure();
    }
    steps.erase(loop);
    if (loop.getSteps() == 0)
      return success();
    // Afterwards there is what all steps wrote.
    loop.walk([&](nn::LaunchOp launch) {
      for (Value operand :
           launch.getOperands().drop_front(inputsOf(launch, false)))
        use.write(rangeOf(operand).over(loop, steps), launch);
    });
    return success();
  }

  func::FuncOp entry;
  SymbolTable &symbols;
  Value workspace;
  WorkspaceUse use;
  Steps steps; ///< of the loops around what is verified
  Operation *lasting = nullptr;
};
} // namespace

LogicalResult sinter::verifyWorkspaceUse(func::FuncOp entry,
                                         SymbolTable &symbols) {
  return ScheduleUse(entry, symbols).run();
}
