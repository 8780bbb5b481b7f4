// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter inspect`: what a model file compiles to, or what an object is.

#include "Session.h"
#include "sinter/Data/File.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Execution/ObjectFile.h"
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter::driver {

static void printState(const StateTable &table) {
  int64_t parameters = 0;
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Parameter)
      parameters += segment.tensor.elements();
  fmt::print("state {}: {} bytes, {} parameters\n", table.name, table.bytes,
             parameters);
  for (const Segment &segment : table.segments)
    fmt::print("  {:>10}  {:<10} {} : {}\n", segment.offset,
               nameOf(segment.kind), segment.tensor.name,
               typeText(segment.tensor));
}

static std::string signatureOf(const Instance &instance) {
  std::string text = "(";
  for (const TensorSpec &spec : instance.inputs)
    text += (text.size() > 1 ? ", " : "") + spec.name + ": " + typeText(spec);
  text += ") -> (";
  bool first = true;
  for (const TensorSpec &spec : instance.results) {
    text += (first ? "" : ", ") + spec.name + ": " + typeText(spec);
    first = false;
  }
  return text + ")";
}

/// Bytes of a state's segments of one kind.
static int64_t bytesOf(const StateTable *state, SegmentKind kind) {
  int64_t bytes = 0;
  if (state)
    for (const Segment &segment : state->segments)
      if (segment.kind == kind)
        bytes += segment.tensor.bytes();
  return bytes;
}

/// What a call needs: of its state the parameters, and what it changes of the
/// optimizer's memory and of carries; and how many times as much that is as
/// what it reads and what its loops over time keep.
static void printMemory(const MemoryInfo &memory, const Entry &entry,
                        const StateTable *state) {
  auto changed = [&](SegmentKind kind) {
    return std::count(entry.writes.begin(), entry.writes.end(), kind)
               ? bytesOf(state, kind)
               : 0;
  };
  const int64_t parameters = bytesOf(state, SegmentKind::Parameter),
                optimizer = changed(SegmentKind::Optimizer),
                carries = changed(SegmentKind::Carry);
  const int64_t read = parameters + memory.inputs + optimizer + carries,
                total = read + memory.results + memory.workspace,
                kept = read + memory.histories + memory.saved;
  std::string more;
  if (optimizer)
    more += fmt::format(", optimizer {}", optimizer);
  if (carries)
    more += fmt::format(", carries {}", carries);
  fmt::print("    memory {} bytes: parameters {}, inputs {}, results {}, "
             "workspace {}{}\n",
             total, parameters, memory.inputs, memory.results, memory.workspace,
             more);
  if (memory.histories + memory.saved == 0)
    return;
  fmt::print("    {:.2f} times the {} bytes of parameters {}, inputs {}, "
             "histories {} and saved values {}{}\n",
             double(total) / double(kept), kept, parameters, memory.inputs,
             memory.histories, memory.saved, more);
}

/// The entry's tables; `more` prints what else there is about an instance.
template <typename More>
static void printEntry(const Entry &entry, const More &more) {
  fmt::print("entry {}: workspace {} bytes, C name {}\n", entry.name,
             entry.workspaceBytes, entry.symbol);
  for (const Instance &instance : entry.instances) {
    fmt::print("  {}\n", signatureOf(instance));
    more(instance);
  }
}

static void printStates(const Model &model) {
  fmt::print("model {}\n\n", model.name);
  for (const StateTable &table : model.states)
    printState(table);
  fmt::print("\n");
}

/// Kernels in the order of the schedule, those of a loop below its line.
static void printKernels(const std::vector<KernelInfo> &kernels) {
  int64_t flops = 0;
  std::string lines;
  std::vector<LoopInfo> open;
  for (const KernelInfo &kernel : kernels) {
    for (size_t depth = 0; depth < kernel.loops.size(); ++depth) {
      const LoopInfo &loop = kernel.loops[depth];
      if (depth < open.size() && open[depth].number == loop.number)
        continue;
      open.resize(depth);
      open.push_back(loop);
      lines += fmt::format("    {:{}}{} steps{}:\n", "", 2 * depth, loop.steps,
                           loop.reverse ? ", the last time first" : "");
    }
    open = kernel.loops;
    flops += kernel.flops;
    lines += fmt::format("    {:<44} {:>12} flop {:>10} bytes  {}\n",
                         std::string(2 * open.size(), ' ') + kernel.name,
                         kernel.flops, kernel.bytes,
                         fmt::join(kernel.sources, ", "));
  }
  fmt::print("    {:.3f} MFLOP in these kernels:\n{}", flops * 1e-6, lines);
}

/// The tables that an object carries: those of the model file.
static void inspectObject(const CommonOptions &common,
                          const std::string &bytes) {
  std::string description, error;
  if (!readObjectDescription(bytes, description, error))
    throw Error(fmt::format("{}: {}", common.file, error));
  Model model;
  try {
    model = parseModelDescription(description);
  } catch (const Error &problem) {
    throw Error(fmt::format("{}: {}", common.file, problem.what()));
  }
  printStates(model);
  ModelSession session(model, /*threads=*/1);
  for (const Entry &entry : session.entries(common.entry))
    printEntry(entry, [](const Instance &) {});
}

/// The file's bytes if it is an object, an archive or a program.
static std::optional<std::string> readObject(const std::string &file) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(file, code))
    return std::nullopt; // the compiler says what is wrong
  std::string bytes = readFile(file);
  if (!isObjectFile(bytes))
    return std::nullopt;
  return bytes;
}

static void inspectKernel(Compiler &compiler, const std::string &kernel) {
  std::string text;
  if (!compiler.explainKernel(kernel, text))
    throw Reported();
  fmt::print("{}", text);
}

static const StateTable *stateOf(const Model &model, const Entry &entry) {
  for (const StateTable &table : model.states)
    if (table.name == entry.state)
      return &table;
  return nullptr;
}

/// Tables, kernels and fusion of a model file. Nothing is run, so that the
/// target may be any machine.
static void inspectModel(Compiler &compiler, const std::string &wanted) {
  const Model *model = compiler.describe();
  if (!model)
    throw Reported();
  printStates(*model);
  ModelSession session(*model, /*threads=*/1);
  for (const Entry &entry : session.entries(wanted))
    printEntry(entry, [&](const Instance &instance) {
      printMemory(compiler.memoryOf(entry.name, instance.dims), entry,
                  stateOf(*model, entry));
      printKernels(compiler.kernelsOf(entry.name, instance.dims));
    });
  fmt::print("\nfusion\n");
  for (const FusionRemark &remark : compiler.remarks())
    fmt::print("  {}: {}\n", remark.location, remark.text);
}

int inspect(const CommonOptions &common, const InspectOptions &options) {
  if (std::optional<std::string> object = readObject(common.file)) {
    if (!options.kernel.empty())
      throw UsageError("--kernel: expected a model file, but got an object");
    inspectObject(common, *object);
    return Done;
  }
  std::unique_ptr<Compiler> compiler =
      Compiler::create(common.compilerOptions());
  if (!compiler)
    throw Reported();
  if (options.kernel.empty())
    inspectModel(*compiler, common.entry);
  else
    inspectKernel(*compiler, options.kernel);
  return Done;
}

} // namespace sinter::driver
