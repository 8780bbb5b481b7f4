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

/// Throws sinter::Error that lists the problems, if there are any.
static void failFor(const std::vector<std::string> &problems,
                    const StateTable &table, const std::string &file,
                    StateContent content) {
  if (!problems.empty())
    throw Error(
        fmt::format("{}: expected the {} of {}, but got\n  {}", file,
                    content == StateContent::Weights ? "weights" : "checkpoint",
                    table.name, fmt::join(problems, "\n  ")));
}

/// The keys of a file that the state takes, all of them of the right types.
/// `others` are keys that belong to no segment. Throws sinter::Error that lists
/// what is missing, misshapen or unknown.
static std::set<std::string> chooseKeys(const StateTable &table,
                                        const std::string &file,
                                        StateContent content,
                                        const SpecMap &specs,
                                        const std::set<std::string> &others) {
  std::vector<std::string> problems;
  std::set<std::string> known = others;
  for (const Segment &segment : table.segments) {
    if (!isContained(segment.kind, content))
      continue;
    const TensorSpec &wanted = segment.tensor;
    bool isThere = false;
    for (const std::string &key : keysOf(segment)) {
      known.insert(key);
      auto found = specs.find(key);
      if (found == specs.end())
        continue;
      isThere = true;
      const TensorSpec &spec = found->second;
      if (spec.dtype != wanted.dtype || spec.shape != wanted.shape)
        problems.push_back(fmt::format("{}: expected {}, but got {}", key,
                                       typeText(wanted), typeText(spec)));
    }
    if (!isThere)
      problems.push_back(
          fmt::format("missing: {}: {}", wanted.name, typeText(wanted)));
  }
  for (auto &[key, spec] : specs) {
    bool passedOver =
        content == StateContent::Weights && !reservedPrefixOf(key).empty();
    if (!passedOver && !known.count(key))
      problems.push_back(
          fmt::format("not in the model: {}: {}", key, typeText(spec)));
  }
  failFor(problems, table, file, content);
  return known;
}

/// What the file has for each segment that it must have.
using FoundTensors = std::vector<std::pair<const Segment *, const Tensor *>>;

/// The tensors of the segments, by any of their keys. Throws sinter::Error that
/// lists keys whose value is not that of the others.
static FoundTensors findTensors(const StateTable &table,
                                const std::string &file, StateContent content,
                                const TensorMap &tensors) {
  std::vector<std::string> problems;
  FoundTensors found;
  for (const Segment &segment : table.segments) {
    if (!isContained(segment.kind, content))
      continue;
    const Tensor *first = nullptr;
    for (const std::string &key : keysOf(segment)) {
      auto tensor = tensors.find(key);
      if (tensor == tensors.end())
        continue;
      if (first && std::memcmp(first->bytes.data(), tensor->second.bytes.data(),
                               segment.tensor.bytes()) != 0)
        problems.push_back(
            fmt::format("{}: expected the value of {}, with which "
                        "it is shared, but got another",
                        key, first->spec.name));
      else if (!first)
        first = &tensor->second;
    }
    found.emplace_back(&segment, first);
  }
  failFor(problems, table, file, content);
  return found;
}

static void store(const StateTable &table, AlignedBuffer &state,
                  const std::string &file, const TensorMap &tensors,
                  StateContent content) {
  if (state.size() < table.bytes)
    throw Error(fmt::format("state {}: expected {} bytes, but got {}",
                            table.name, table.bytes, state.size()));
  for (auto [segment, tensor] : findTensors(table, file, content, tensors))
    std::memcpy(segmentData(state, *segment), tensor->bytes.data(),
                segment->tensor.bytes());
  // What was prepared belongs to other parameters.
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Prepared)
      std::memset(segmentData(state, segment), 0, segment.tensor.bytes());
}

void sinter::loadState(const StateTable &table, AlignedBuffer &state,
                       const std::string &file, StateContent content) {
  auto choose = [&](const SpecMap &specs) {
    return chooseKeys(table, file, content, specs, {});
  };
  store(table, state, file, readSafetensors(file, choose), content);
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

[[noreturn]] static void failAt(const std::string &file, const std::string &key,
                                const std::string &got) {
  throw Error(fmt::format(
      "{}: expected a checkpoint with {}: i64 to resume from, but got {}", file,
      key, got));
}

/// One of the position's keys, which no segment has.
static int64_t positionAt(const TensorMap &tensors, const std::string &file,
                          const std::string &key) {
  int64_t value = *tensors.at(key).as<int64_t>();
  if (value < 0)
    failAt(file, key, std::to_string(value));
  return value;
}

LoopPosition sinter::loadCheckpoint(const StateTable &table,
                                    AlignedBuffer &state,
                                    const std::string &file) {
  const std::set<std::string> keys = {"trainer.epoch", "trainer.position"};
  auto choose = [&](const SpecMap &specs) {
    for (const std::string &key : keys) {
      auto found = specs.find(key);
      if (found == specs.end())
        failAt(file, key, "none");
      if (found->second.dtype != DType::I64 || !found->second.shape.empty())
        failAt(file, key, typeText(found->second));
    }
    return chooseKeys(table, file, StateContent::Everything, specs, keys);
  };
  TensorMap tensors = readSafetensors(file, choose);
  LoopPosition position{positionAt(tensors, file, "trainer.epoch"),
                        positionAt(tensors, file, "trainer.position")};
  store(table, state, file, tensors, StateContent::Everything);
  return position;
}
