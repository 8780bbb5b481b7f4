// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter inspect`: what a model file compiles to.

#include "Session.h"
#include <fmt/format.h>

namespace sinter::driver {

static const char *kindName(SegmentKind kind) {
  switch (kind) {
  case SegmentKind::Header:
    return "header";
  case SegmentKind::Parameter:
    return "parameter";
  case SegmentKind::Buffer:
    return "buffer";
  case SegmentKind::Optimizer:
    return "optimizer";
  case SegmentKind::Carry:
    return "carry";
  }
  return "";
}

static void printState(const StateTable &table) {
  int64_t parameters = 0;
  for (const Segment &segment : table.segments)
    if (segment.kind == SegmentKind::Parameter)
      parameters += segment.tensor.elements();
  fmt::print("state {}: {} bytes, {} parameters\n", table.name, table.bytes,
             parameters);
  for (const Segment &segment : table.segments)
    fmt::print("  {:>10}  {:<10} {} : {}\n", segment.offset,
               kindName(segment.kind), segment.tensor.name,
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

static void printEntry(Compiler &compiler, const Entry &entry) {
  fmt::print("entry {}: workspace {} bytes\n", entry.name,
             entry.workspaceBytes);
  for (const Instance &instance : entry.instances) {
    fmt::print("  {}\n", signatureOf(instance));
    int64_t flops = 0;
    std::string lines;
    for (const KernelInfo &kernel :
         compiler.kernelsOf(entry.name, instance.dims)) {
      flops += kernel.flops;
      std::string sources;
      for (const std::string &source : kernel.sources)
        sources += (sources.empty() ? "" : ", ") + source;
      lines += fmt::format("    {:<44} {:>12} flop {:>10} bytes  {}\n",
                           kernel.name, kernel.flops, kernel.bytes, sources);
    }
    fmt::print("    {:.3f} MFLOP in these kernels:\n{}", flops * 1e-6, lines);
  }
}

int inspect(const CommonOptions &common) {
  Session session(common.compilerOptions(), common.threads);
  fmt::print("model {}\n\n", session.model().name);
  for (const StateTable &table : session.model().states)
    printState(table);
  fmt::print("\n");
  for (const Entry &entry : session.entries(common.entry))
    printEntry(session.compiler(), entry);
  fmt::print("\nfusion\n");
  for (const FusionRemark &remark : session.compiler().remarks())
    fmt::print("  {}: {}\n", remark.location, remark.text);
  return Done;
}

} // namespace sinter::driver
