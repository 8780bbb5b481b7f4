// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled model as data and training see it: a table of C functions and a
// table of the state block. No LLVM here.
#ifndef SINTER_RUNTIME_MODEL_H
#define SINTER_RUNTIME_MODEL_H

#include "sinter/Runtime/ABI.h"
#include "sinter/Runtime/DType.h"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

/// Name, element type and static shape of one argument or result.
struct TensorSpec {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  /// What it is for if the compiler added it: "scale", "accumulate", "gradient"
  /// or "grad_norm"; empty for the user's.
  std::string role = {};

  /// Number of elements; 1 for rank 0.
  int64_t elements() const;
  /// Size in bytes.
  size_t bytes() const { return elements() * sizeOf(dtype); }
};

enum class SegmentKind : uint8_t {
  Header,
  Parameter,
  Buffer,
  Optimizer,
  Carry,
  Prepared,
  Frozen
};

/// "header", "parameter", "buffer", "optimizer", "carry", "prepared" or
/// "frozen".
const char *nameOf(SegmentKind kind);
/// The kind of that name, if there is one.
std::optional<SegmentKind> segmentKindNamed(const std::string &name);

/// Whether it is a parameter of a module, changed by updates or not.
inline bool isParameter(SegmentKind kind) {
  return kind == SegmentKind::Parameter || kind == SegmentKind::Frozen;
}
/// Whether a state_dict has it: parameters and buffers.
inline bool isWeight(SegmentKind kind) {
  return isParameter(kind) || kind == SegmentKind::Buffer;
}

/// One tensor of a state block. Keys are PyTorch's state_dict keys for
/// parameters and buffers, `optimizer.NAME.<key>`, `carry.<name>` and
/// `trainer.<name>` (step, seed, lr, …: Header) for the rest.
struct Segment {
  TensorSpec tensor; ///< name is the key
  SegmentKind kind = SegmentKind::Parameter;
  uint64_t offset = 0; ///< bytes from the start of the block, a multiple of 64
                       ///< except in the header
  std::vector<std::string> aliases; ///< other keys of a shared tensor
};

/// What keys begin with, up to a dot, that are none of a state_dict.
inline constexpr std::string_view reservedPrefixes[] = {"trainer", "optimizer",
                                                        "carry", "prepared"};

/// The reserved prefix that a key has; empty if it is a state_dict's.
inline std::string_view reservedPrefixOf(std::string_view key) {
  const std::string_view first = key.substr(0, key.find('.'));
  for (std::string_view prefix : reservedPrefixes)
    if (first == prefix)
      return prefix;
  return {};
}

/// The table of one state block: a header, then segments in order of their
/// offsets.
struct StateTable {
  std::string name; ///< the module's name
  uint64_t bytes = 0;
  std::vector<Segment> segments;

  /// The segment with this key, or null.
  const Segment *find(const std::string &key) const;
};

/// What an entry requires of every element of an index tensor: first <= element
/// < limit, or `ignored`.
struct IndexLimit {
  std::optional<size_t> input; ///< position in Instance::inputs; nothing where
                               ///< the entry computes the indices
  bool isPart = false;         ///< some elements of the input, not all
  int64_t first = 0, limit = 0;
  std::optional<int64_t> ignored;
  bool isDescending = false;    ///< no row may be above the one before
  std::string what = "indices"; ///< "labels", "lengths" or "indices"
};

/// One compilation of an entry for concrete dims.
struct Instance {
  std::vector<int64_t> dims; ///< values of Entry::dims, in that order
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> results;
  std::vector<size_t> inOuts; ///< positions of results that are read, too
  std::vector<IndexLimit> limits;
};

/// A sinter_entry, or what passes its arguments on to one elsewhere.
using EntryFunction =
    std::function<int32_t(const sinter_ctx *ctx, void *state, const void *in,
                          void *out, void *workspace)>;

/// What an entry is: a `fn` of the user's, or what the compiler adds.
enum class EntryRole : uint8_t {
  Function,
  Init,      ///< gives a state its first values
  TrainStep, ///< of a train block, like those that follow
  Gradients,
  Update,
  Evaluate,
  Step,   ///< of a run block
  Prepare ///< lays out parameters as other entries use them
};

/// "function", "init", "train_step", "gradients", "update", "evaluate", "step",
/// "prepare".
const char *nameOf(EntryRole role);
/// The role of that name, if there is one.
std::optional<EntryRole> entryRoleNamed(const std::string &name);

/// A callable function of a compiled model.
struct Entry {
  std::string name;   ///< "Mlp.forward", "Mlp.train_step", "autograd"
  std::string symbol; ///< of the C function: "mlp_train_step"
  EntryRole role = EntryRole::Function;
  std::string state;               ///< name of its StateTable
  std::vector<SegmentKind> writes; ///< kinds of segments it may change
  std::vector<std::string>
      dims; ///< symbolic dims, in the order of the in-struct
  std::vector<Instance> instances;
  uint64_t workspaceBytes = 0;
  EntryFunction function;

  /// The instance compiled for these inputs' shapes, or null.
  const Instance *
  instanceFor(const std::vector<std::vector<int64_t>> &inputShapes) const;
};

/// A compiled file.
struct Model {
  std::string name;
  std::string symbol; ///< the name as a C identifier; all C names start so
  std::vector<StateTable> states;
  std::vector<Entry> entries;
  /// Blocks by name: their settings as JSON (Training/Settings.h).
  std::map<std::string, std::string> trainBlocks, runBlocks;

  const Entry *findEntry(const std::string &name) const;
  /// What the compiler added for a state, or null.
  const Entry *findEntry(const std::string &state, EntryRole role) const;
  const StateTable *findState(const std::string &name) const;
};

/// Calls `entry` on buffers in the order of the instance's inputs and results.
/// Returns the status; `row` is set with SINTER_INDEX_OUT_OF_RANGE if not null.
int32_t callEntry(const Entry &entry, const Instance &instance,
                  const sinter_ctx *ctx, void *state,
                  const std::vector<const void *> &inputs,
                  const std::vector<void *> &results, void *workspace,
                  int64_t *row = nullptr);

} // namespace sinter
#endif
