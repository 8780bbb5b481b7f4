// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A state block in C: a struct whose members lie where the segments are, and a
// table to save and load it by.
#include "HeaderWriter.h"
#include "sinter/Data/Tensor.h"
#include <fmt/format.h>

using namespace sinter;

/// "trainer.lr" is the member lr, "layers.0.weight" layers_0_weight.
static std::string memberName(const Segment &segment) {
  const std::string &key = segment.tensor.name;
  size_t dot = key.find('.');
  bool isHeader =
      segment.kind == SegmentKind::Header && dot != std::string::npos;
  return isHeader ? key.substr(dot + 1) : key;
}

/// What the members mean that every state has.
static std::string meaningOf(const Segment &segment) {
  static const std::map<std::string, const char *> meanings = {
      {"trainer.step", "steps of the optimizer so far"},
      {"trainer.seed", "key of all random draws; set it before init"},
      {"trainer.batch", "batches so far: random draws differ by batch"},
      {"trainer.lr", "learning rate of the next update; init sets the first"},
      {"prepared.valid", "set by prepare, 0 after changes of parameters"}};
  auto found = meanings.find(segment.tensor.name);
  return found == meanings.end() ? "" : found->second;
}

static std::string memberOf(const Segment &segment, Names &members) {
  std::string declaration = fmt::format("{} {}", infoOf(segment.tensor.dtype).c,
                                        members.add(memberName(segment)));
  for (int64_t extent : segment.tensor.shape)
    declaration += fmt::format("[{}]", extent);
  std::string meaning = meaningOf(segment);
  return memberLine(declaration,
                    fmt::format("byte {}: {} {}, {}{}", segment.offset,
                                nameOf(segment.kind), segment.tensor.name,
                                typeText(segment.tensor),
                                meaning.empty() ? "" : "; " + meaning));
}

static std::string stateStruct(const StateTable &table,
                               const std::string &type) {
  Names members;
  std::string text = "typedef struct {\n";
  uint64_t at = 0;
  int paddings = 0;
  auto padTo = [&](uint64_t offset) {
    if (offset > at)
      text += fmt::format("  unsigned char {}[{}];\n",
                          members.add(fmt::format("padding_{}", ++paddings)),
                          offset - at);
    at = offset;
  };
  for (const Segment &segment : table.segments) {
    if (segment.tensor.bytes() == 0)
      continue; // C has no arrays without elements
    padTo(segment.offset);
    text += memberOf(segment, members);
    at += segment.tensor.bytes();
  }
  padTo(table.bytes);
  return text + "} " + type + ";\n";
}

/// Where the kinds of segments lie that form runs.
static std::string runConstants(const StateTable &table,
                                const std::string &prefix, HeaderNames &names) {
  uint64_t begin = 0, end = 0;
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Parameter) {
      begin = end ? begin : segment.offset;
      end = segment.offset + segment.tensor.bytes();
    }
  if (!end)
    return "";
  std::string name = names.scope.add(prefix + "_PARAMETERS_OFFSET");
  return blockComment({"The first byte of the parameters, but for frozen ones. "
                       "They follow each other, each aligned to 64 bytes; a "
                       "gradient is laid out like them."}) +
         fmt::format("#define {} {}\n", name, begin);
}

static std::string segmentRow(const Segment &segment, const std::string &name,
                              size_t firstExtent) {
  const TensorSpec &spec = segment.tensor;
  std::string key;
  for (char c : name)
    key += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return fmt::format(
      "    {{\"{}\", SINTER_{}, SINTER_{}, {}, {}, {}, {}}},\n", key,
      upperCase(nameOf(segment.kind)), upperCase(nameOf(spec.dtype)),
      spec.shape.size(),
      spec.shape.empty() ? "0" : fmt::format("extents + {}", firstExtent),
      segment.offset, spec.bytes());
}

static std::string segmentTable(const StateTable &table,
                                const std::string &type,
                                const std::string &prefix, HeaderNames &names) {
  std::string extents, rows;
  size_t count = 0, kept = 0;
  for (const Segment &segment : table.segments) {
    if (segment.kind == SegmentKind::Prepared)
      continue;
    rows += segmentRow(segment, segment.tensor.name, count);
    for (const std::string &alias : segment.aliases)
      rows += segmentRow(segment, alias, count);
    kept += 1 + segment.aliases.size();
    for (int64_t extent : segment.tensor.shape)
      extents += fmt::format("{}{}", count++ ? ", " : "", extent);
  }
  std::string number = names.scope.add(prefix + "_SEGMENTS");
  std::string text =
      blockComment({fmt::format("The {} segments of {}, in order of their "
                                "offsets: what a checkpoint holds.",
                                number, type)});
  text += fmt::format("#define {} {}\n", number, kept);
  text += fmt::format("static inline const sinter_segment *{}(void) {{\n",
                      names.scope.add(type + "_segments"));
  if (count)
    text +=
        fmt::format("  static const int64_t extents[] = {{{}}};\n", extents);
  return text + "  static const sinter_segment segments[] = {\n" + rows +
         "  };\n  return segments;\n}\n\n";
}

/// "Mlp", or what has the state that belongs to no module.
static std::string ownerOf(const Model &model, const StateTable &table) {
  for (const Entry &entry : model.entries)
    if (entry.state == table.name && entry.name.find('.') == std::string::npos)
      return "the functions outside of modules";
  return table.name;
}

std::string sinter::emitState(const Model &model, const StateTable &table,
                              HeaderNames &names) {
  if (!table.bytes || table.segments.empty())
    return "";
  const std::string &type = names.typeOf(table);
  std::string prefix = upperCase(type);
  std::string bytes = names.scope.add(prefix + "_BYTES");
  const Entry *init = model.findEntry(table.name, EntryRole::Init);
  std::string text = blockComment(
      {fmt::format("The state of {}: {} bytes, aligned to SINTER_ALIGNMENT. "
                   "Padding is zero and stays so.{}",
                   ownerOf(model, table), bytes,
                   init ? fmt::format(" To start, zero it, set its seed and "
                                      "call {}, or copy the segments of a "
                                      "checkpoint to their offsets.",
                                      init->symbol)
                        : "")});
  text += stateStruct(table, type);
  text += fmt::format("#define {} {}\n", bytes, table.bytes);
  // Compilers agree on the layout, or refuse the header.
  text +=
      fmt::format("typedef char {}\n    [sizeof({}) == {} ? 1 : -1];\n",
                  names.scope.add(type + "_has_the_right_size"), type, bytes);
  return text + runConstants(table, prefix, names) +
         segmentTable(table, type, prefix, names);
}
