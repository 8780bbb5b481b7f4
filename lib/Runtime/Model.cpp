// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-ups in the tables of a compiled model, and the call of one of its
// entries.
#include "sinter/Runtime/Model.h"
#include <algorithm>
#include <cstring>

using namespace sinter;

static_assert(sizeof(void *) == sizeof(int64_t),
              "the argument structs are arrays of 64-bit words");

static const char *const kindNames[] = {"header",    "parameter", "buffer",
                                        "optimizer", "carry",     "prepared",
                                        "frozen"};

static const char *const roleNames[] = {"function",  "init",   "train_step",
                                        "gradients", "update", "evaluate",
                                        "step",      "prepare"};

template <size_t count>
static const char *nameIn(const char *const (&names)[count], size_t index) {
  return index < count ? names[index] : "unknown";
}

template <typename Enum, size_t count>
static std::optional<Enum> findIn(const char *const (&names)[count],
                                  const std::string &name) {
  auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names))
    return std::nullopt;
  return Enum(found - std::begin(names));
}

const char *sinter::nameOf(SegmentKind kind) {
  return nameIn(kindNames, size_t(kind));
}

std::optional<SegmentKind> sinter::segmentKindNamed(const std::string &name) {
  return findIn<SegmentKind>(kindNames, name);
}

const char *sinter::nameOf(EntryRole role) {
  return nameIn(roleNames, size_t(role));
}

std::optional<EntryRole> sinter::entryRoleNamed(const std::string &name) {
  return findIn<EntryRole>(roleNames, name);
}

int64_t TensorSpec::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

/// The element of `range` whose name (as `nameIn` gives it) is `name`, or null.
template <typename Range, typename NameIn>
static auto findByName(const Range &range, const std::string &name,
                       NameIn nameIn) -> decltype(&range[0]) {
  auto found =
      std::find_if(range.begin(), range.end(), [&](const auto &element) {
        return nameIn(element) == name;
      });
  return found == range.end() ? nullptr : &*found;
}

const Segment *StateTable::find(const std::string &key) const {
  return findByName(segments, key,
                    [](const Segment &segment) -> const std::string & {
                      return segment.tensor.name;
                    });
}

const Entry *Model::findEntry(const std::string &entry) const {
  return findByName(entries, entry,
                    [](const Entry &candidate) -> const std::string & {
                      return candidate.name;
                    });
}

const Entry *Model::findEntry(const std::string &state, EntryRole role) const {
  for (const Entry &entry : entries)
    if (entry.role == role && entry.state == state)
      return &entry;
  return nullptr;
}

const StateTable *Model::findState(const std::string &state) const {
  return findByName(states, state,
                    [](const StateTable &candidate) -> const std::string & {
                      return candidate.name;
                    });
}

const Instance *
Entry::instanceFor(const std::vector<std::vector<int64_t>> &inputShapes) const {
  for (const Instance &instance : instances) {
    auto sameShape = [](const TensorSpec &input,
                        const std::vector<int64_t> &shape) {
      return input.shape == shape;
    };
    if (std::equal(instance.inputs.begin(), instance.inputs.end(),
                   inputShapes.begin(), inputShapes.end(), sameShape))
      return &instance;
  }
  return nullptr;
}

namespace {
/// One word of an argument struct: a pointer, a dim or the row.
union Word {
  const void *input;
  void *result;
  int64_t number;
};
} // namespace

int32_t sinter::callEntry(const Entry &entry, const Instance &instance,
                          const sinter_ctx *ctx, void *state,
                          const std::vector<const void *> &inputs,
                          const std::vector<void *> &results, void *workspace,
                          int64_t *row) {
  if (!entry.function || inputs.size() != instance.inputs.size() ||
      results.size() != instance.results.size())
    return SINTER_NULL_ARGUMENT;
  std::vector<Word> in(inputs.size() + instance.dims.size()),
      out(results.size() + 1);
  for (size_t i = 0; i < inputs.size(); ++i)
    in[i].input = inputs[i];
  for (size_t i = 0; i < instance.dims.size(); ++i)
    in[inputs.size() + i].number = instance.dims[i];
  for (size_t i = 0; i < results.size(); ++i)
    out[i].result = results[i];
  out.back().number = -1;
  Word empty{};
  int32_t status = entry.function(ctx, state, in.empty() ? &empty : in.data(),
                                  out.data(), workspace);
  if (row && status == SINTER_INDEX_OUT_OF_RANGE)
    *row = out.back().number;
  return status;
}
