// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `sinter inspect` knows, as JSON.
#include "InspectJson.h"
#include "sinter/Data/ModelDescription.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter::driver {

using nlohmann::ordered_json;

static ordered_json toJson(const KernelInfo &kernel) {
  ordered_json loops = ordered_json::array();
  for (const LoopInfo &loop : kernel.loops)
    loops.push_back({{"number", loop.number},
                     {"steps", loop.steps},
                     {"reverse", loop.reverse}});
  return {{"name", kernel.name},       {"flops", kernel.flops},
          {"bytes", kernel.bytes},     {"launches", kernel.launches()},
          {"sources", kernel.sources}, {"loops", std::move(loops)},
          {"fusion", kernel.fusion}};
}

static ordered_json toJson(const MemoryInfo &memory) {
  return {{"inputs", memory.inputs},
          {"results", memory.results},
          {"workspace", memory.workspace},
          {"histories", memory.histories},
          {"saved", memory.saved}};
}

/// Adds memory and kernels of each instance to what the description says.
static void addCosts(ordered_json &described, const Entry &entry,
                     const Compiler &compiler) {
  for (size_t i = 0; i < entry.instances.size(); ++i) {
    const std::vector<int64_t> &dims = entry.instances[i].dims;
    ordered_json &instance = described["instances"][i];
    instance["memory"] = toJson(compiler.memoryOf(entry.name, dims));
    instance["kernels"] = ordered_json::array();
    for (const KernelInfo &kernel : compiler.kernelsOf(entry.name, dims))
      instance["kernels"].push_back(toJson(kernel));
  }
}

void printInspection(const Model &model, const std::vector<Entry> &entries,
                     const Compiler *compiler) {
  Model shown = model;
  shown.entries = entries;
  ordered_json description = ordered_json::parse(describeModel(shown));
  if (compiler)
    for (size_t i = 0; i < entries.size(); ++i)
      addCosts(description["entries"][i], entries[i], *compiler);
  fmt::print("{}\n", description.dump(2, ' ', false,
                                      ordered_json::error_handler_t::replace));
}

} // namespace sinter::driver
