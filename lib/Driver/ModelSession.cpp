// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-ups in a model and calls of its entries on tensors.
#include "sinter/Driver/ModelSession.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/IndexErrors.h"
#include "sinter/Training/Checkpoint.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

ModelSession::ModelSession(const Model &model, int threads)
    : table(model), pool(threads), ctx(pool.context()) {}

const Entry &ModelSession::entry(const std::string &name) const {
  const Entry *found = table.findEntry(name);
  std::string all;
  for (const Entry &candidate : table.entries) {
    all += (all.empty() ? "" : ", ") + candidate.name;
    if (!found && candidate.name.substr(candidate.name.rfind('.') + 1) == name)
      found = &candidate;
  }
  if (!found)
    throw Error(fmt::format("no entry '{}' is compiled; there {} {}", name,
                            all.empty() ? "are" : "is",
                            all.empty() ? "none" : all));
  return *found;
}

const Entry &ModelSession::entry(const std::string &state,
                                 EntryRole role) const {
  if (const Entry *found = table.findEntry(state, role))
    return *found;
  throw Error(fmt::format("expected a compiled {} of {}, but got none",
                          nameOf(role), state));
}

std::vector<Entry> ModelSession::entries(const std::string &name) const {
  if (name.empty())
    return table.entries;
  return {entry(name)};
}

const StateTable &ModelSession::tableOf(const Entry &entry) const {
  if (const StateTable *state = table.findState(entry.state))
    return *state;
  throw Error(fmt::format("entry '{}' has no state table", entry.name));
}

AlignedBuffer ModelSession::makeState(const Entry &entry, int64_t seed) const {
  return sinter::makeState(tableOf(entry), seed);
}

void ModelSession::initialize(const std::string &name, AlignedBuffer &state) {
  if (const Entry *init = table.findEntry(name, EntryRole::Init))
    call(*init, state, {});
}

void ModelSession::prepare(const std::string &module, AlignedBuffer &state) {
  if (const Entry *preparation = table.findEntry(module, EntryRole::Prepare))
    call(*preparation, state, {});
}

void *ModelSession::workspaceFor(const Entry &entry) {
  if (workspace.size() < entry.workspaceBytes || !workspace.size())
    workspace = AlignedBuffer(entry.workspaceBytes);
  return workspace.data();
}

/// Says what the call got and what is compiled.
static Error noInstance(const Entry &entry,
                        const std::vector<TensorSpec> &inputs) {
  std::string got, compiled;
  for (const TensorSpec &input : inputs)
    got += (got.empty() ? "" : ", ") + typeText(input);
  for (const Instance &instance : entry.instances) {
    compiled += compiled.empty() ? "(" : ", (";
    for (const TensorSpec &spec : instance.inputs)
      compiled += (&spec == &instance.inputs.front() ? "" : ", ") + spec.name +
                  ": " + typeText(spec);
    compiled += ")";
  }
  return Error(fmt::format("'{}' is compiled for {}, but the inputs are ({})",
                           entry.name, compiled, got));
}

/// Whether the inputs are those of `instance`, element types included.
static bool fits(const Instance &instance,
                 const std::vector<TensorSpec> &inputs) {
  return std::equal(
      instance.inputs.begin(), instance.inputs.end(), inputs.begin(),
      inputs.end(), [](const TensorSpec &one, const TensorSpec &other) {
        return one.shape == other.shape && one.dtype == other.dtype;
      });
}

const Instance &
ModelSession::instanceFor(const Entry &entry,
                          const std::vector<TensorSpec> &inputs) {
  for (const Instance &candidate : entry.instances)
    if (fits(candidate, inputs))
      return candidate;
  throw noInstance(entry, inputs);
}

std::vector<Tensor>
ModelSession::call(const Entry &entry, AlignedBuffer &state,
                   const std::vector<const Tensor *> &inputs,
                   std::vector<Tensor> results) {
  std::vector<TensorSpec> types;
  for (const Tensor *input : inputs)
    types.push_back(input->spec);
  const Instance *instance = &instanceFor(entry, types);
  results.resize(instance->results.size());
  std::vector<const void *> in;
  std::vector<void *> out;
  for (const Tensor *input : inputs)
    in.push_back(input->bytes.data());
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].bytes.size())
      results[i] = Tensor(instance->results[i]);
    out.push_back(results[i].bytes.data());
  }
  int64_t row = -1;
  int32_t status = callEntry(entry, *instance, &ctx, state.data(), in, out,
                             workspaceFor(entry), &row);
  auto placeOf = [&](size_t input, int64_t at) {
    return std::make_pair(instance->inputs[input].name, at);
  };
  if (status == SINTER_INDEX_OUT_OF_RANGE)
    throw Error(fmt::format("'{}': {}", entry.name,
                            describeIndexError(*instance, in, row, placeOf)));
  if (status != SINTER_OK)
    throw Error(
        fmt::format("'{}': {}", entry.name, sinter_status_text(status)));
  return results;
}

const Tensor *findTensor(const std::vector<Tensor> &results,
                         const std::string &name) {
  for (const Tensor &tensor : results)
    if (tensor.spec.name == name)
      return &tensor;
  return nullptr;
}

void storeSegment(AlignedBuffer &state, const Segment &segment,
                  const void *from) {
  std::memcpy(static_cast<char *>(state.data()) + segment.offset, from,
              segment.tensor.bytes());
}

Tensor loadSegment(const AlignedBuffer &state, const Segment &segment) {
  Tensor tensor(segment.tensor);
  std::memcpy(tensor.bytes.data(),
              static_cast<const char *>(state.data()) + segment.offset,
              segment.tensor.bytes());
  return tensor;
}

} // namespace sinter::driver
