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

/// Takes over the limits of every nn.check_index of an argument.
static void readIndexRanges(func::FuncOp entry, EntryFacts &facts) {
  llvm::StringMap<size_t> positions;
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    if (auto name = entry.getArgAttrOfType<StringAttr>(i, "nn.name");
        name && !entry.getArgAttr(i, "nn.inout")) {
      positions[name] = facts.inputs.size();
      facts.inputs.emplace_back();
    }
  entry.walk([&](nn::CheckIndexOp check) {
    auto position = positions.find(check.getInput().value_or(""));
    if (position == positions.end())
      return;
    IndexRange &range = facts.inputs[position->second];
    range.isDescending |= check.getDescending();
    range.first = std::max(range.first, check.getFirstIndex());
    int64_t limit = check.getLimit();
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
