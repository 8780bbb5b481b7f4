// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Follows the bytes of the workspace, and what lasts, through a schedule.

#include "WorkspaceUse.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter;

ByteRange sinter::rangeOf(Value buffer) {
  ByteRange range;
  range.end = nn::byteSize(buffer.getType());
  while (auto view = buffer.getDefiningOp<nn::BufferViewOp>()) {
    range.begin += view.getOffset();
    range.end += view.getOffset();
    buffer = view.getSource();
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

LogicalResult sinter::verifyWorkspaceUse(func::FuncOp entry,
                                         SymbolTable &symbols) {
  Value workspace = workspaceOf(entry);
  WorkspaceUse use(workspace);
  Operation *lasting = nullptr;
  for (Operation &op : entry.getOps()) {
    if (auto check = dyn_cast<nn::CheckIndexOp>(op)) {
      if (failed(use.read(rangeOf(check.getIndices()), check)))
        return failure();
      if (lasting) {
        InFlightDiagnostic error =
            check.emitError("expected checks before what lasts is written");
        error.attachNote(lasting->getLoc()) << "written here";
        return error;
      }
    }
    auto launch = dyn_cast<nn::LaunchOp>(op);
    if (!launch)
      continue;
    auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
    auto count = [&](StringRef name) {
      return size_t(kernel->getAttrOfType<IntegerAttr>(name).getInt());
    };
    size_t inputs = count("sinter.inputs"),
           reads = inputs + count("sinter.inouts");
    for (Value operand : launch.getOperands().take_front(reads))
      if (failed(use.read(rangeOf(operand), launch)))
        return failure();
    for (Value operand : launch.getOperands().drop_front(inputs)) {
      ByteRange range = rangeOf(operand);
      use.write(range, launch);
      if (range.base != workspace)
        lasting = launch;
    }
  }
  return success();
}
