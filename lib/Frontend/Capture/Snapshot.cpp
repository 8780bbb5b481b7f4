// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an attempt to capture a loop changes, and the way back from it.
#include "Loop.h"

namespace sinter::capturing {

Interpreter::Snapshot Interpreter::save() const {
  std::vector<LoopBodyMark> bodies;
  for (LoopBody *body = loop; body; body = body->around)
    bodies.push_back(body->mark());
  mlir::Block *block = graph.builder.getInsertionBlock();
  return {*frame,
          segments,
          changedSegments,
          constants,
          randomCounts,
          randomIds,
          unboundDim,
          block->empty() ? nullptr : &block->back(),
          std::move(bodies),
          session.mark()};
}

void Interpreter::restore(const Snapshot &snapshot) {
  *frame = snapshot.frame;
  segments = snapshot.segments;
  changedSegments = snapshot.changedSegments;
  constants = snapshot.constants;
  randomCounts = snapshot.randomCounts;
  randomIds = snapshot.randomIds;
  unboundDim = snapshot.unboundDim;
  LoopBody *body = loop;
  for (LoopBodyMark mark : snapshot.bodies)
    body = std::exchange(body, body->around), body->rollBack(mark);
  session.rollBack(snapshot.session);
  mlir::Block *block = graph.builder.getInsertionBlock();
  while (!block->empty() && &block->back() != snapshot.lastOp)
    block->back().erase();
}

/// Whether an attempt to capture a loop has met an error: the rest is of no
/// use.
bool Interpreter::hasFailed() const {
  return loop && session.numErrorsMet() != loop->errorsBefore;
}

} // namespace sinter::capturing
