// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which entries a command is about. No LLVM here.
#ifndef SINTER_FRONTEND_SKIPPEDNOTES_H
#define SINTER_FRONTEND_SKIPPEDNOTES_H

namespace sinter {

/// An entry without extents is left out. Whose notes say so:
enum class SkippedNotes {
  All,      ///< everything was asked for
  OfBlocks, ///< a train or run block was
  OfCall    ///< a call of one function was, or of the run block
};

} // namespace sinter
#endif
