// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Placing shared arrays: those of the module and of functions first, then those
// of each entry.
#include "ModuleContext.h"
#include "llvm/Support/MathExtras.h"

using namespace sinter::ptx;

void SharedLayout::place(const Variable &variable, uint32_t &end) {
  uint32_t alignment = variable.alignment;
  if (variable.isExternal) {
    dynamic = std::max(dynamic, alignment);
    return;
  }
  end = llvm::alignTo(end, alignment);
  if (end % (2 * alignment) == 0)
    end += alignment;
  offsets[&variable] = end;
  end += variable.size;
}

SharedLayout::SharedLayout(const Module &module) : module(module) {
  auto placeAll = [&](const std::vector<Variable> &variables, uint32_t &end) {
    for (const Variable &variable : variables)
      if (variable.space == Space::Shared)
        place(variable, end);
  };
  placeAll(module.variables, moduleEnd);
  for (const Function &function : module.functions)
    if (!function.isEntry)
      placeAll(function.variables, moduleEnd);
  for (const Function &function : module.functions)
    if (uint32_t end = moduleEnd; function.isEntry)
      placeAll(function.variables, end);
}

template <typename Visit>
void SharedLayout::forArrays(const Function &entry, Visit visit) const {
  auto visitAll = [&](const std::vector<Variable> &variables) {
    for (const Variable &variable : variables)
      if (variable.space == Space::Shared && !variable.isExternal)
        visit(offset(variable) - sharedBase, variable.size);
  };
  visitAll(module.variables);
  for (const Function &function : module.functions)
    if (!function.isEntry || &function == &entry)
      visitAll(function.variables);
}

uint32_t SharedLayout::bytes(const Function &entry) const {
  uint32_t end = 0;
  forArrays(entry, [&](uint32_t offset, uint64_t size) {
    end = std::max<uint32_t>(end, offset + size);
  });
  return end;
}

std::vector<uint8_t> SharedLayout::map(const Function &entry) const {
  std::vector<uint8_t> result((bytes(entry) + 3) / 4);
  forArrays(entry, [&](uint32_t offset, uint64_t size) {
    for (uint64_t at = offset / 4; at * 4 < offset + size; ++at)
      result[at] = 1;
  });
  return result;
}
