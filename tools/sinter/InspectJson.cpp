// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `sinter inspect` knows, as JSON.
#include "InspectJson.h"
#include "sinter/Data/Tensor.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter::driver {

using nlohmann::ordered_json;

static ordered_json toJson(const TensorSpec &spec) {
  return {{"name", spec.name},
          {"dtype", nameOf(spec.dtype)},
          {"shape", spec.shape}};
}

static ordered_json toJson(const std::vector<TensorSpec> &specs) {
  ordered_json all = ordered_json::array();
  for (const TensorSpec &spec : specs)
    all.push_back(toJson(spec));
  return all;
}

static ordered_json toJson(const StateTable &table) {
  ordered_json segments = ordered_json::array();
  for (const Segment &segment : table.segments) {
    ordered_json one = toJson(segment.tensor);
    one["kind"] = nameOf(segment.kind);
    one["offset"] = segment.offset;
    segments.push_back(std::move(one));
  }
  return {{"name", table.name},
          {"bytes", table.bytes},
          {"segments", std::move(segments)}};
}

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

static ordered_json toJson(const Entry &entry, const Compiler *compiler) {
  ordered_json instances = ordered_json::array();
  for (const Instance &instance : entry.instances) {
    ordered_json dims = ordered_json::object();
    for (size_t i = 0; i < instance.dims.size(); ++i)
      dims[entry.dims[i]] = instance.dims[i];
    ordered_json one = {{"dims", std::move(dims)},
                        {"inputs", toJson(instance.inputs)},
                        {"results", toJson(instance.results)}};
    if (compiler) {
      one["memory"] = toJson(compiler->memoryOf(entry.name, instance.dims));
      one["kernels"] = ordered_json::array();
      for (const KernelInfo &kernel :
           compiler->kernelsOf(entry.name, instance.dims))
        one["kernels"].push_back(toJson(kernel));
    }
    instances.push_back(std::move(one));
  }
  return {{"name", entry.name},
          {"symbol", entry.symbol},
          {"state", entry.state},
          {"workspace", entry.workspaceBytes},
          {"instances", std::move(instances)}};
}

void printInspection(const Model &model, const std::vector<Entry> &entries,
                     const Compiler *compiler) {
  ordered_json states = ordered_json::array(), all = ordered_json::array();
  for (const StateTable &table : model.states)
    states.push_back(toJson(table));
  for (const Entry &entry : entries)
    all.push_back(toJson(entry, compiler));
  ordered_json text = {{"model", model.name},
                       {"states", std::move(states)},
                       {"entries", std::move(all)}};
  fmt::print("{}\n",
             text.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

} // namespace sinter::driver
