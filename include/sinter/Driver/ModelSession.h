// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that can be called, with what calls need: threads, a workspace, state
// blocks.
#ifndef SINTER_DRIVER_MODELSESSION_H
#define SINTER_DRIVER_MODELSESSION_H

#include "sinter/Data/Tensor.h"
#include "sinter/Runtime/ThreadPool.h"

namespace sinter::driver {

/// Calls the entries of a model; does not care where its functions come from.
class ModelSession {
public:
  /// `model` must outlive the session.
  ModelSession(const Model &model, int threads);

  const Model &model() const { return table; }
  const sinter_ctx *context() const { return &ctx; }

  /// The entry of that full name, or the only one whose last part it is;
  /// throws Error with the list of entries.
  const Entry &entry(const std::string &name) const;
  /// What the compiler added for a state. Throws Error if it is not compiled.
  const Entry &entry(const std::string &state, EntryRole role) const;
  /// The entry of that name alone, or all if the name is empty: capture adds
  /// what a wanted entry needs, such as init.
  std::vector<Entry> entries(const std::string &name) const;
  /// The state table of an entry; throws Error if it has none.
  const StateTable &tableOf(const Entry &entry) const;
  /// A zeroed state block of an entry with the seed in its header.
  AlignedBuffer makeState(const Entry &entry, int64_t seed) const;
  /// Calls the module's `init` on `state`, if there is one.
  void initialize(const std::string &module, AlignedBuffer &state);
  /// Prepares a state of the module, if its entries gain from that.
  void prepare(const std::string &module, AlignedBuffer &state);

  /// The instance of `entry` for inputs of these types; throws Error if there
  /// is none.
  static const Instance &instanceFor(const Entry &entry,
                                     const std::vector<TensorSpec> &inputs);

  /// Calls the instance of `entry` that fits the inputs; throws Error if none
  /// does or if the call fails. `results` with elements are passed as they are
  /// (in-outs), others are made.
  std::vector<Tensor> call(const Entry &entry, AlignedBuffer &state,
                           const std::vector<const Tensor *> &inputs,
                           std::vector<Tensor> results = {});

  /// Space for a call of `entry`.
  void *workspaceFor(const Entry &entry);

private:
  const Model &table;
  ThreadPool pool;
  sinter_ctx ctx;
  AlignedBuffer workspace;
};

/// The tensor of `results` with this name, or null.
const Tensor *findTensor(const std::vector<Tensor> &results,
                         const std::string &name);

/// Copies between a segment of a state block and a tensor of its type.
void storeSegment(AlignedBuffer &state, const Segment &segment,
                  const void *from);
Tensor loadSegment(const AlignedBuffer &state, const Segment &segment);

} // namespace sinter::driver
#endif
