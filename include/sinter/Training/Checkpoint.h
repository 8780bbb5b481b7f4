// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// State blocks: their header fields, and how they are saved and loaded as
// safetensors.
#ifndef SINTER_TRAINING_CHECKPOINT_H
#define SINTER_TRAINING_CHECKPOINT_H

#include "sinter/Runtime/AlignedBuffer.h"
#include "sinter/Runtime/Model.h"
#include <string>

namespace sinter {

class FileSet;

/// A block of zeros of the table's size. `seed` goes to its trainer.seed, if
/// there is one.
AlignedBuffer makeState(const StateTable &table, int64_t seed);

/// A header field of i64 ("trainer.step") or f64 ("trainer.lr"). Throws
/// sinter::Error if the table has none such.
int64_t &headerInteger(const StateTable &table, AlignedBuffer &state,
                       const std::string &key);
double &headerReal(const StateTable &table, AlignedBuffer &state,
                   const std::string &key);

/// Which segments a file must have.
enum class StateContent : uint8_t {
  Weights, ///< parameters and buffers; the rest of a checkpoint is passed over
  Everything ///< all segments: a checkpoint
};

/// Where training continues: completed epochs, and rows of the next one that
/// were used already.
struct LoopPosition {
  int64_t epoch = 0, position = 0;
};

/// Loads a safetensors file into the block; a tensor that has several keys by
/// any of them. All missing, extra and misshapen keys, and those of one tensor
/// whose values differ, are listed in one sinter::Error; the block is untouched
/// then.
void loadState(const StateTable &table, AlignedBuffer &state,
               const std::string &file, StateContent content);

/// Saves the segments atomically, by all keys that the table has for them.
/// Throws sinter::Error; the old file stays then.
void saveState(const StateTable &table, const AlignedBuffer &state,
               const std::string &file, StateContent content);

/// The same as one file of several.
void addState(FileSet &files, const StateTable &table,
              const AlignedBuffer &state, const std::string &file,
              StateContent content);

/// Saves and loads everything and the position of the loop (trainer.epoch,
/// trainer.position).
void saveCheckpoint(const StateTable &table, const AlignedBuffer &state,
                    const std::string &file, LoopPosition position);
LoopPosition loadCheckpoint(const StateTable &table, AlignedBuffer &state,
                            const std::string &file);

} // namespace sinter
#endif
