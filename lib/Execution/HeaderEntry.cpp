// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry in C: structs of its arguments and results, and the function.
#include "HeaderWriter.h"
#include "sinter/Data/Tensor.h"
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace sinter;

namespace {

/// Writes the declarations of one entry.
class EntryWriter {
public:
  EntryWriter(const Model &model, const Entry &entry, HeaderNames &names)
      : model(model), entry(entry), first(entry.instances.front()),
        names(names), prefix(upperCase(entry.symbol)) {}

  std::string emit() {
    std::string text = argumentStruct() + resultStruct() + constants();
    return text + blockComment(describe()) + prototype() + "\n";
  }

private:
  /// The extents of a tensor over all instances: those that follow a dim have
  /// its name.
  std::string typeText(const std::vector<TensorSpec> Instance::*list,
                       size_t position) const;
  std::string extentText(const std::vector<TensorSpec> Instance::*list,
                         size_t position, size_t axis) const;
  std::string dimText(size_t dim) const;
  std::string meaningOf(const std::string &name) const;
  std::string rangeText(size_t input) const;
  std::string purpose() const;
  std::vector<std::string> describe() const;
  std::string statuses() const;
  std::string argumentStruct();
  std::string resultStruct();
  std::string constants();
  std::string prototype() const;
  bool isTrained() const;
  bool isInOut(size_t result) const {
    return std::count(first.inOuts.begin(), first.inOuts.end(), result);
  }

  const Model &model;
  const Entry &entry;
  const Instance &first;
  HeaderNames &names;
  std::string prefix, in, out, workspace;
};

} // namespace

std::string
EntryWriter::extentText(const std::vector<TensorSpec> Instance::*list,
                        size_t position, size_t axis) const {
  std::vector<int64_t> extents;
  for (const Instance &instance : entry.instances) {
    const std::vector<int64_t> &shape = (instance.*list)[position].shape;
    extents.push_back(axis < shape.size() ? shape[axis] : 0);
  }
  if (std::all_of(extents.begin(), extents.end(),
                  [&](int64_t extent) { return extent == extents.front(); }))
    return fmt::format("{}", extents.front());
  for (size_t dim = 0; dim < entry.dims.size(); ++dim) {
    bool follows = true;
    for (size_t i = 0; i < extents.size(); ++i)
      follows &= entry.instances[i].dims[dim] == extents[i];
    if (follows)
      return entry.dims[dim];
  }
  return fmt::format("{}", fmt::join(extents, "|"));
}

std::string EntryWriter::typeText(const std::vector<TensorSpec> Instance::*list,
                                  size_t position) const {
  const TensorSpec &spec = (first.*list)[position];
  std::vector<std::string> extents;
  for (size_t axis = 0; axis < spec.shape.size(); ++axis)
    extents.push_back(extentText(list, position, axis));
  return extents.empty() ? nameOf(spec.dtype)
                         : fmt::format("{}[{}]", nameOf(spec.dtype),
                                       fmt::join(extents, ", "));
}

/// `start`(parameters); in as many lines as it needs.
template <size_t count>
static std::string callWrapped(const std::string &start,
                               const std::string (&parameters)[count]) {
  std::string text, line = start + "(", indent(start.size() + 1, ' ');
  for (const std::string &parameter : parameters) {
    if (line.size() + parameter.size() + 4 > 80) {
      text += line + "\n";
      line = indent;
    }
    bool isLast = &parameter == &parameters[count - 1];
    line += (line.back() == ',' ? " " : "") + parameter + (isLast ? ");" : ",");
  }
  return text + line + "\n";
}

/// The values of a dim that the entry is compiled for.
std::string EntryWriter::dimText(size_t dim) const {
  std::vector<int64_t> values;
  for (const Instance &instance : entry.instances)
    if (!std::count(values.begin(), values.end(), instance.dims[dim]))
      values.push_back(instance.dims[dim]);
  return fmt::format("{}", fmt::join(values, " or "));
}

/// What an input or a result means, as far as training defines it.
std::string EntryWriter::meaningOf(const std::string &name) const {
  static const std::map<std::string, const char *> meanings = {
      {"scale", "factor of the loss before its gradients"},
      {"accumulate", "0 stores to the gradient, 1 adds to it"},
      {"gradient", "read and written, laid out like the parameters"},
      {"grad_norm", "norm of the gradient before it is clipped"}};
  auto found = meanings.find(name);
  return isTrained() && found != meanings.end()
             ? std::string("; ") + found->second
             : "";
}

/// What the elements of an input must be, if anything.
std::string EntryWriter::rangeText(size_t input) const {
  std::string text;
  for (const IndexLimit &limit : first.limits) {
    if (limit.input != input)
      continue;
    text += fmt::format("; each from 0 to {}", limit.limit - 1);
    if (limit.ignored)
      text += fmt::format(", or {} to be ignored", *limit.ignored);
  }
  return text;
}

bool EntryWriter::isTrained() const {
  return model.trainBlocks.count(entry.name.substr(0, entry.name.rfind('.')));
}

std::string EntryWriter::purpose() const {
  static const std::map<std::string, const char *> ofTraining = {
      {"train_step", "one step of training on a batch: its loss, the gradients "
                     "and the optimizer's update."},
      {"gradients",
       "the first half of a step: the gradient of the batch's loss "
       "times *scale, alone or on top of what is there. Between "
       "the halves a program can accumulate batches or exchange "
       "gradients."},
      {"update",
       "the second half of a step: the optimizer's update by a "
       "gradient, which is clipped in place first if the model clips."},
      {"evaluate", "the loss of a batch, in evaluation mode."}};
  std::string last = entry.name.substr(entry.name.rfind('.') + 1);
  auto known = ofTraining.find(last);
  if (known != ofTraining.end() && isTrained())
    return known->second;
  if (model.findPreparation(entry.state) == &entry)
    return "lays out the parameters of a state as other entries use them, "
           "which "
           "are faster then. They check that for themselves: what changes "
           "parameters here makes them do it in each call again. Who writes "
           "parameters into a prepared state calls this again, or sets "
           "prepared_valid to 0.";
  if (last == "init")
    return "sets a zeroed state to its initial values, drawn by its seed.";
  return "";
}

std::string EntryWriter::statuses() const {
  std::vector<std::string> list = {"SINTER_OK", "SINTER_NULL_ARGUMENT"};
  const StateTable *table = model.findState(entry.state);
  if (entry.workspaceBytes || (table && table->bytes) ||
      !first.inputs.empty() || !first.results.empty())
    list.push_back("SINTER_MISALIGNED");
  if (!first.results.empty() || entry.workspaceBytes || !entry.writes.empty())
    list.push_back("SINTER_OVERLAP");
  if (!entry.dims.empty())
    list.push_back(fmt::format("SINTER_UNCOMPILED_DIMS unless {}",
                               entry.dims.size() == 1
                                   ? entry.dims[0] + " is " + dimText(0)
                                   : "the dims are those of an instance"));
  if (!first.limits.empty())
    list.push_back("SINTER_INDEX_OUT_OF_RANGE with the first wrong row in "
                   "out->row");
  return fmt::format("Returns {}.", fmt::join(list, ", "));
}

std::vector<std::string> EntryWriter::describe() const {
  std::vector<std::string> lines = {entry.name};
  lines.back() += purpose().empty() ? "." : ": " + purpose();
  std::vector<std::string> kinds;
  bool prepares = model.findPreparation(entry.state) == &entry;
  for (SegmentKind kind : entry.writes)
    if (kind != SegmentKind::Prepared || prepares)
      kinds.push_back(nameOf(kind));
  const StateTable *table = model.findState(entry.state);
  if (table && table->bytes)
    lines.push_back(kinds.empty()
                        ? "Reads the state."
                        : fmt::format("Reads the state and writes its {} "
                                      "segments.",
                                      fmt::join(kinds, ", ")));
  for (const Instance &instance : entry.instances) {
    std::vector<std::string> dims;
    for (size_t i = 0; i < entry.dims.size(); ++i)
      dims.push_back(fmt::format("{} = {}", entry.dims[i], instance.dims[i]));
    if (dims.size() > 1) // a single one stands beside the member
      lines.push_back(fmt::format("Compiled for {}.", fmt::join(dims, ", ")));
  }
  lines.push_back(entry.workspaceBytes
                      ? fmt::format("Needs a workspace of {} bytes.", workspace)
                      : "Needs no workspace.");
  lines.push_back(statuses());
  return lines;
}

std::string EntryWriter::argumentStruct() {
  if (first.inputs.empty() && entry.dims.empty())
    return "";
  Names members;
  std::string text;
  for (size_t i = 0; i < first.inputs.size(); ++i) {
    const TensorSpec &spec = first.inputs[i];
    text += memberLine(fmt::format("const {} *{}", elementTypeName(spec.dtype),
                                   members.add(spec.name)),
                       typeText(&Instance::inputs, i) + meaningOf(spec.name) +
                           rangeText(i));
  }
  for (size_t i = 0; i < entry.dims.size(); ++i)
    text += memberLine("int64_t " + members.add(entry.dims[i]), dimText(i));
  in = names.scope.add(entry.symbol + "_in");
  return blockComment({fmt::format("Arguments of {}.", entry.name)}) +
         fmt::format("typedef struct {{\n{}}} {};\n", text, in);
}

std::string EntryWriter::resultStruct() {
  if (first.results.empty() && first.limits.empty())
    return "";
  Names members({"row"});
  std::string text;
  for (size_t i = 0; i < first.results.size(); ++i) {
    const TensorSpec &spec = first.results[i];
    bool isNumber =
        !spec.name.empty() && spec.name[0] >= '0' && spec.name[0] <= '9';
    text += memberLine(
        fmt::format("{} *{}", elementTypeName(spec.dtype),
                    members.add(isNumber ? "result_" + spec.name : spec.name)),
        typeText(&Instance::results, i) + (isInOut(i) && !isTrained()
                                               ? "; read and written"
                                               : meaningOf(spec.name)));
  }
  text += memberLine("int64_t row",
                     first.limits.empty()
                         ? "not written"
                         : "written with SINTER_INDEX_OUT_OF_RANGE alone");
  out = names.scope.add(entry.symbol + "_out");
  return blockComment({fmt::format("Results of {}.", entry.name)}) +
         fmt::format("typedef struct {{\n{}}} {};\n", text, out);
}

std::string EntryWriter::constants() {
  std::string text;
  for (size_t i : first.inOuts) {
    const TensorSpec &spec = first.results[i];
    text += fmt::format("#define {} {}\n",
                        names.scope.add(prefix + "_" +
                                        upperCase(cIdentifier(spec.name)) +
                                        "_ELEMENTS"),
                        spec.elements());
  }
  workspace = names.scope.add(prefix + "_WORKSPACE_BYTES");
  return text + fmt::format("#define {} {}\n", workspace, entry.workspaceBytes);
}

std::string EntryWriter::prototype() const {
  const StateTable *table = model.findState(entry.state);
  bool hasState = table && table->bytes && !table->segments.empty();
  const std::string parameters[] = {
      "const sinter_ctx *ctx",
      fmt::format("{}{} *state", entry.writes.empty() ? "const " : "",
                  hasState ? names.typeOf(*table) : "void"),
      fmt::format("const {} *in", in.empty() ? "void" : in),
      fmt::format("{} *out", out.empty() ? "void" : out), "void *workspace"};
  return callWrapped("int32_t " + entry.symbol, parameters);
}

std::string sinter::emitEntry(const Model &model, const Entry &entry,
                              HeaderNames &names) {
  return EntryWriter(model, entry, names).emit();
}
