// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// State blocks as files, and their header fields.
#include "sinter/Training/Checkpoint.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Safetensors.h"
#include <fmt/format.h>
#include <fmt/ranges.h>

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
  if (content == StateContent::Everything)
    return kind != SegmentKind::Prepared;
  return kind == SegmentKind::Parameter || kind == SegmentKind::Buffer;
}

/// Keys of a checkpoint that are no weights.
static bool isTrainingKey(const std::string &key) {
  for (const char *prefix : {"trainer.", "optimizer.", "carry.", "prepared."})
    if (key.rfind(prefix, 0) == 0)
      return true;
  return false;
}

static std::vector<std::string> findProblems(const StateTable &table,
                                             const TensorMap &tensors,
                                             StateContent content) {
  std::vector<std::string> problems;
  for (const Segment &segment : table.segments) {
    if (!isContained(segment.kind, content))
      continue;
    const TensorSpec &spec = segment.tensor;
    auto found = tensors.find(spec.name);
    if (found == tensors.end())
      problems.push_back(
          fmt::format("missing: {}: {}", spec.name, typeText(spec)));
    else if (found->second.spec.dtype != spec.dtype ||
             found->second.spec.shape != spec.shape)
      problems.push_back(fmt::format("{}: expected {}, but got {}", spec.name,
                                     typeText(spec),
                                     typeText(found->second.spec)));
  }
  for (auto &[key, tensor] : tensors) {
    bool passedOver = content == StateContent::Weights && isTrainingKey(key);
    const Segment *segment = table.find(key);
    if (!passedOver && !(segment && isContained(segment->kind, content)))
      problems.push_back(
          fmt::format("not in the model: {}: {}", key, typeText(tensor.spec)));
  }
  return problems;
}

static void store(const StateTable &table, AlignedBuffer &state,
                  const std::string &file, const TensorMap &tensors,
                  StateContent content) {
  std::vector<std::string> problems = findProblems(table, tensors, content);
  if (!problems.empty())
    throw Error(
        fmt::format("{}: expected the {} of {}, but got\n  {}", file,
                    content == StateContent::Weights ? "weights" : "checkpoint",
                    table.name, fmt::join(problems, "\n  ")));
  if (state.size() < table.bytes)
    throw Error(fmt::format("state {}: expected {} bytes, but got {}",
                            table.name, table.bytes, state.size()));
  for (const Segment &segment : table.segments)
    if (isContained(segment.kind, content))
      std::memcpy(segmentData(state, segment),
                  tensors.at(segment.tensor.name).bytes.data(),
                  segment.tensor.bytes());
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
  for (const Segment &segment : table.segments)
    if (isContained(segment.kind, content))
      views.push_back({segment.tensor, state.as<char>() + segment.offset});
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
