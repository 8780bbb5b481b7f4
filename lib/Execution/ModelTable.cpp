// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads state tables, entries and settings of blocks off the IR.

#include "sinter/Execution/ModelTable.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Frontend/Capture/SettingsJson.h"

using namespace mlir;

namespace sinter {

std::optional<DType> dtypeOf(Type type) {
  if (type.isF64())
    return DType::F64;
  if (type.isF32())
    return DType::F32;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (type.isUnsignedInteger(8))
    return DType::U8;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  switch (integer.getWidth()) {
  case 1:
    return DType::Bool;
  case 8:
    return DType::I8;
  case 16:
    return DType::I16;
  case 32:
    return DType::I32;
  case 64:
    return DType::I64;
  default:
    return std::nullopt;
  }
}

static TensorSpec specOf(llvm::StringRef name, Type type) {
  auto shaped = cast<ShapedType>(type);
  TensorSpec spec;
  spec.name = name.str();
  spec.dtype = dtypeOf(shaped.getElementType()).value_or(DType::F32);
  spec.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
  return spec;
}

static StateTable stateTableOf(nn::StateOp state) {
  StateTable table;
  table.name = state.getSymName().str();
  table.bytes = state.getBytes();
  for (auto op : state.getBody().getOps<nn::SegmentOp>()) {
    Segment segment;
    segment.tensor = specOf(op.getKey(), op.getType());
    segment.kind = static_cast<SegmentKind>(op.getKind());
    segment.offset = op.getOffset();
    table.segments.push_back(std::move(segment));
  }
  return table;
}

/// Adds `function` as an instance of its entry.
static void addInstance(Model &model, func::FuncOp function) {
  auto name = function->getAttrOfType<StringAttr>("nn.entry");
  if (!name)
    return;
  Entry *entry = nullptr;
  for (Entry &candidate : model.entries)
    if (candidate.name == name.getValue())
      entry = &candidate;
  auto dims = function->getAttrOfType<DictionaryAttr>("nn.dims");
  if (!entry) {
    entry = &model.entries.emplace_back();
    entry->name = name.str();
    if (auto state = function->getAttrOfType<FlatSymbolRefAttr>("nn.state"))
      entry->state = state.getValue().str();
    if (dims)
      for (NamedAttribute dim : dims)
        entry->dims.push_back(dim.getName().str());
  }
  Instance instance;
  if (dims)
    for (NamedAttribute dim : dims)
      instance.dims.push_back(cast<IntegerAttr>(dim.getValue()).getInt());
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto argument = function.getArgAttrOfType<StringAttr>(index, "nn.name");
    if (argument && !function.getArgAttr(index, "nn.inout"))
      instance.inputs.push_back(specOf(argument.getValue(), type));
  }
  for (auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    auto result = function.getResultAttrOfType<StringAttr>(index, "nn.name");
    instance.results.push_back(
        specOf(result ? result.getValue() : "result", type));
  }
  entry->instances.push_back(std::move(instance));
}

Model buildModelTable(ModuleOp module) {
  Model model;
  if (auto name = module->getAttrOfType<StringAttr>("nn.model"))
    model.name = name.str();
  for (Operation &op : module.getBody()->getOperations()) {
    if (auto state = dyn_cast<nn::StateOp>(op))
      model.states.push_back(stateTableOf(state));
    else if (auto function = dyn_cast<func::FuncOp>(op))
      addInstance(model, function);
    else if (auto block = dyn_cast<nn::BlockOp>(op))
      if (auto name = block.getSettings().getAs<StringAttr>("name"))
        model.trainBlocks[name.str()] = toJson(block.getSettings());
  }
  return model;
}

} // namespace sinter
