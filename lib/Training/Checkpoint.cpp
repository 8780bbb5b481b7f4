// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// State blocks as files, and their header fields.
#include "sinter/Training/Checkpoint.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Safetensors.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

using namespace sinter;

static void *segmentData(AlignedBuffer &state, const Segment &segment) {
  return state.as<char>() + segment.offset;
}

static void *headerField(const StateTable &table, AlignedBuffer &state,
                         const std::string &key, DType dtype) {
  const Segment *segment = table.find(key);
  if (!segment || segment->tensor.dtype != dtype ||
      segment->tensor.elements() != 1)
    throw Error(fmt::format("state {}: expected a header field {} of {}",
                            table.name, key, nameOf(dtype)));
  return segmentData(state, *segment);
}

int64_t &sinter::headerInteger(const StateTable &table, AlignedBuffer &state,
                               const std::string &key) {
  return *static_cast<int64_t *>(headerField(table, state, key, DType::I64));
}

double &sinter::headerReal(const StateTable &table, AlignedBuffer &state,
                           const std::string &key) {
  return *static_cast<double *>(headerField(table, state, key, DType::F64));
}

AlignedBuffer sinter::makeState(const StateTable &table, int64_t seed) {
  AlignedBuffer state(table.bytes);
  if (table.find("trainer.seed"))
    headerInteger(table, state, "trainer.seed") = seed;
  return state;
}

static bool isContained(SegmentKind kind, StateContent content) {
  return content == StateContent::Everything ? kind != SegmentKind::Prepared
                                             : isWeight(kind);
}

/// All keys of a segment, its own first.
static std::vector<std::string> keysOf(const Segment &segment) {
  std::vector<std::string> keys = {segment.tensor.name};
  keys.insert(keys.end(), segment.aliases.begin(), segment.aliases.end());
  return keys;
}

/// The tensor by any of the segment's keys, or null. What does not fit, or
/// differs between its keys, is added to `problems`.
static const Tensor *findTensorOf(const Segment &segment,
                                  const TensorMap &tensors,
                                  std::vector<std::string> &problems) {
  const TensorSpec &spec = segment.tensor;
  const Tensor *first = nullptr;
  for (const std::string &key : keysOf(segment)) {
    auto found = tensors.find(key);
    if (found == tensors.end())
      continue;
    const Tensor &tensor = found->second;
    if (tensor.spec.dtype != spec.dtype || tensor.spec.shape != spec.shape)
      problems.push_back(fmt::format("{}: expected {}, but got {}", key,
                                     typeText(spec), typeText(tensor.spec)));
    else if (first && std::memcmp(first->bytes.data(), tensor.bytes.data(),
                                  spec.bytes()) != 0)
      problems.push_back(fmt::format("{}: expected the value of {}, with which "
                                     "it is shared, but got another",
                                     key, first->spec.name));
    else if (!first)
      first = &tensor;
  }
  return first;
}

/// What the file has for each segment that it must have.
using FoundTensors = std::vector<std::pair<const Segment *, const Tensor *>>;

static std::vector<std::string> findProblems(const StateTable &table,
                                             const TensorMap &tensors,
                                             StateContent content,
                                             FoundTensors &found) {
  std::vector<std::string> problems;
  std::set<std::string> known;
  for (const Segment &segment : table.segments) {
    if (!isContained(segment.kind, content))
      continue;
    std::vector<std::string> keys = keysOf(segment);
    known.insert(keys.begin(), keys.end());
    size_t before = problems.size();
    if (const Tensor *tensor = findTensorOf(segment, tensors, problems))
      found.emplace_back(&segment, tensor);
    else if (problems.size() == before)
      problems.push_back(fmt::format("missing: {}: {}", segment.tensor.name,
                                     typeText(segment.tensor)));
  }
  for (auto &[key, tensor] : tensors) {
    bool passedOver =
        content == StateContent::Weights && !reservedPrefixOf(key).empty();
    if (!passedOver && !known.count(key))
      problems.push_back(
          fmt::format("not in the model: {}: {}", key, typeText(tensor.spec)));
  }
  return problems;
}

static void store(const StateTable &table, AlignedBuffer &state,
                  const std::string &file, const TensorMap &tensors,
                  StateContent content) {
  FoundTensors found;
  std::vector<std::string> problems =
      findProblems(table, tensors, content, found);
  if (!problems.empty())
    throw Error(
        fmt::format("{}: expected the {} of {}, but got\n  {}", file,
                    content == StateContent::Weights ? "weights" : "checkpoint",
                    table.name, fmt::join(problems, "\n  ")));
  if (state.size() < table.bytes)
    throw Error(fmt::format("state {}: expected {} bytes, but got {}",
                            table.name, table.bytes, state.size()));
  for (auto [segment, tensor] : found)
    std::memcpy(segmentData(state, *segment), tensor->bytes.data(),
                segment->tensor.bytes());
  // What was prepared belongs to other parameters.
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Prepared)
      std::memset(segmentData(state, segment), 0, segment.tensor.bytes());
}

void sinter::loadState(const StateTable &table, AlignedBuffer &state,
                       const std::string &file, StateContent content) {
  store(table, state, file, readSafetensors(file), content);
}

static std::vector<TensorView> viewsOf(const StateTable &table,
                                       const AlignedBuffer &state,
                                       StateContent content) {
  std::vector<TensorView> views;
  for (const Segment &segment : table.segments) {
    if (!isContained(segment.kind, content))
      continue;
    for (std::string &key : keysOf(segment)) {
      TensorSpec spec = segment.tensor;
      spec.name = std::move(key);
      views.push_back({std::move(spec), state.as<char>() + segment.offset});
    }
  }
  return views;
}

void sinter::saveState(const StateTable &table, const AlignedBuffer &state,
                       const std::string &file, StateContent content) {
  writeSafetensors(file, viewsOf(table, state, content));
}

void sinter::addState(FileSet &files, const StateTable &table,
                      const AlignedBuffer &state, const std::string &file,
                      StateContent content) {
  addSafetensors(files, file, viewsOf(table, state, content));
}

void sinter::saveCheckpoint(const StateTable &table, const AlignedBuffer &state,
                            const std::string &file, LoopPosition position) {
  std::vector<TensorView> views =
      viewsOf(table, state, StateContent::Everything);
  views.push_back({{"trainer.epoch", DType::I64, {}}, &position.epoch});
  views.push_back({{"trainer.position", DType::I64, {}}, &position.position});
  writeSafetensors(file, views);
}

/// Takes an i64 scalar out of the map.
static int64_t takeInteger(TensorMap &tensors, const std::string &file,
                           const std::string &key) {
  auto found = tensors.find(key);
  if (found == tensors.end() || found->second.spec.dtype != DType::I64 ||
      !found->second.spec.shape.empty() || *found->second.as<int64_t>() < 0)
    throw Error(fmt::format(
        "{}: expected a checkpoint with {}: i64 to resume from, but got {}",
        file, key,
        found == tensors.end() ? "none" : typeText(found->second.spec)));
  int64_t value = *found->second.as<int64_t>();
  tensors.erase(found);
  return value;
}

LoopPosition sinter::loadCheckpoint(const StateTable &table,
                                    AlignedBuffer &state,
                                    const std::string &file) {
  TensorMap tensors = readSafetensors(file);
  LoopPosition position;
  position.epoch = takeInteger(tensors, file, "trainer.epoch");
  position.position = takeInteger(tensors, file, "trainer.position");
  store(table, state, file, tensors, StateContent::Everything);
  return position;
}
