// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// List scheduling without a model of the machine: sequences take turns.

#include "OperationInterleaver.h"

using namespace mlir;

namespace sinter::cpu {

/// Sequences side by side: more would not leave each enough registers.
static constexpr size_t maxParallel = 6;
/// Shorter chains overlap anyway.
static constexpr size_t minLength = 32;

using Sequence = SmallVector<Operation *>;

static Operation *lastOf(Block &block, Block::iterator end) {
  return end == block.begin() ? nullptr : &*std::prev(end);
}

void OperationInterleaver::startSequence() {
  lastBefore.push_back(
      lastOf(*builder.getInsertionBlock(), builder.getInsertionPoint()));
}

/// Puts `sequences` before `end`, an op at a time from each, as soon as its
/// operands are there.
static void takeTurns(ArrayRef<Sequence> sequences, Block &block,
                      Block::iterator end) {
  DenseSet<Operation *> waiting;
  for (const Sequence &sequence : sequences)
    waiting.insert(sequence.begin(), sequence.end());
  SmallVector<size_t> next(sequences.size(), 0);
  while (!waiting.empty())
    for (auto [sequence, position] : llvm::zip(sequences, next)) {
      if (position == sequence.size() ||
          llvm::any_of(sequence[position]->getOperands(), [&](Value operand) {
            return waiting.contains(operand.getDefiningOp());
          }))
        continue;
      Operation *op = sequence[position++];
      op->moveBefore(&block, end);
      waiting.erase(op);
    }
}

void OperationInterleaver::interleave() {
  Block *block = builder.getInsertionBlock();
  Block::iterator end = builder.getInsertionPoint();
  lastBefore.push_back(lastOf(*block, end));
  SmallVector<Sequence> sequences;
  for (auto [before, last] : llvm::zip(ArrayRef(lastBefore).drop_back(),
                                       ArrayRef(lastBefore).drop_front())) {
    Sequence &sequence = sequences.emplace_back();
    for (Operation *op = before; op != last;) {
      op = op ? op->getNextNode() : &block->front();
      // Values of nested regions are not operands.
      if (op->getNumRegions() > 0)
        return;
      sequence.push_back(op);
    }
  }
  if (sequences.front().size() < minLength)
    return;
  size_t groups = llvm::divideCeil(sequences.size(), maxParallel),
         size = llvm::divideCeil(sequences.size(), groups);
  for (size_t first = 0; first < sequences.size(); first += size) {
    size_t count = std::min(size, sequences.size() - first);
    takeTurns(ArrayRef(sequences).slice(first, count), *block, end);
  }
}

} // namespace sinter::cpu
