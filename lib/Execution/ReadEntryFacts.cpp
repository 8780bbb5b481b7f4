// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Index limits and source lines of an entry, read off its ops.

#include "ReadEntryFacts.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace sinter {

/// "file:line:column" of the op that computes `value`; empty if unknown.
static std::string sourceOf(Value value) {
  std::string text;
  value.getLoc()->walk([&](Location part) {
    auto place = dyn_cast<FileLineColLoc>(part);
    if (!place)
      return WalkResult::advance();
    llvm::raw_string_ostream(text)
        << place.getFilename().strref() << ":" << place.getLine() << ":"
        << place.getColumn();
    return WalkResult::interrupt();
  });
  return text;
}

namespace {
/// An argument, element by element, less a number.
struct ShiftedArgument {
  BlockArgument argument; ///< may be null
  int64_t shift = 0;
};
} // namespace

/// The argument that `value` is a view of, less a constant; null if there is
/// none.
static ShiftedArgument argumentBehind(Value value) {
  int64_t shift = 0;
  while (Operation *op = value.getDefiningOp()) {
    DenseIntElementsAttr constant;
    if (isa<nn::SubOp>(op) &&
        matchPattern(op->getOperand(1), m_Constant(&constant)) &&
        constant.isSplat()) {
      shift += constant.getSplatValue<APInt>().getSExtValue();
      value = op->getOperand(0);
      continue;
    }
    auto from = op->getNumOperands() == 1
                    ? dyn_cast<RankedTensorType>(op->getOperand(0).getType())
                    : RankedTensorType();
    auto to = dyn_cast<RankedTensorType>(value.getType());
    if (!from || !to || from.getElementType() != to.getElementType() ||
        isa<nn::GetSegmentOp>(op) || op->hasTrait<nn::ElementwiseTrait>())
      return {};
    value = op->getOperand(0);
  }
  return {dyn_cast<BlockArgument>(value), shift};
}

/// The argument whose neighbours `value` is the differences of; null if there
/// is none.
static BlockArgument argumentOfDifferences(Value value) {
  auto difference = value.getDefiningOp<nn::SubOp>();
  if (!difference)
    return {};
  BlockArgument before = argumentBehind(difference->getOperand(0)).argument,
                after = argumentBehind(difference->getOperand(1)).argument;
  return before == after ? before : BlockArgument();
}

/// Takes over the limits of every nn.check_index of an argument.
static void readIndexRanges(func::FuncOp entry, EntryFacts &facts) {
  llvm::SmallVector<int> inputOf(entry.getNumArguments(), -1);
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    if (entry.getArgAttr(i, "nn.name") && !entry.getArgAttr(i, "nn.inout")) {
      inputOf[i] = static_cast<int>(facts.inputs.size());
      facts.inputs.emplace_back();
    }
  auto rangeOf = [&](BlockArgument argument) {
    int input = argument ? inputOf[argument.getArgNumber()] : -1;
    return input < 0 ? nullptr : &facts.inputs[input];
  };
  entry.walk([&](nn::CheckIndexOp check) {
    if (IndexRange *range = rangeOf(argumentOfDifferences(check.getIndices())))
      range->isDescending = true;
    ShiftedArgument checked = argumentBehind(check.getIndices());
    IndexRange *known = rangeOf(checked.argument);
    if (!known)
      return;
    IndexRange &range = *known;
    range.first = std::max(range.first, checked.shift);
    int64_t limit = check.getLimit() + checked.shift;
    std::optional<int64_t> ignored = check.getIgnore();
    // Of several checks all must pass.
    if (range.limit && range.ignored != ignored)
      ignored.reset();
    range.limit = range.limit ? std::min(*range.limit, limit) : limit;
    range.ignored = ignored;
  });
}

static void readSources(func::FuncOp entry, EntryFacts &facts) {
  Operation *end = entry.front().getTerminator();
  for (auto [i, value] : llvm::enumerate(end->getOperands()))
    if (auto name = entry.getResultAttrOfType<StringAttr>(i, "nn.name"))
      facts.resultSources[name.str()] = sourceOf(value);
  for (Operation &op : entry.front()) {
    if (auto set = dyn_cast<nn::SetSegmentOp>(op)) {
      facts.stateSources[set.getKey().str()] = sourceOf(set.getValue());
    } else if (auto set = dyn_cast<nn::SetRunOp>(op)) {
      auto state = SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(
          set, set.getStateAttr());
      if (state)
        for (nn::SegmentOp segment : state.getRunSegments(set.getRun()))
          facts.stateSources[segment.getKey().str()] = sourceOf(set.getValue());
    }
  }
}

EntryFacts readEntryFacts(func::FuncOp entry) {
  EntryFacts facts;
  if (entry.isExternal())
    return facts;
  readIndexRanges(entry, facts);
  readSources(entry, facts);
  return facts;
}

} // namespace sinter
