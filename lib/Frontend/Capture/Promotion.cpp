// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PyTorch's promotion of types, and numbers and lists as tensors.
#include "Loop.h"
#include "Tables.h"
#include <cmath>

namespace sinter::capturing {

int promotionRank(mlir::Type type) {
  if (type.isF64())
    return 11;
  if (type.isF32())
    return 10;
  if (mlir::isa<mlir::FloatType>(type))
    return 9;
  unsigned width = type.getIntOrFloatBitWidth();
  return width == 1    ? 0
         : width == 8  ? 1
         : width == 16 ? 2
         : width == 32 ? 3
                       : 4;
}

/// 0: bool, 1: integer, 2: float.
static int categoryOf(mlir::Type type) {
  int rank = promotionRank(type);
  return rank == 0 ? 0 : rank < 9 ? 1 : 2;
}

static mlir::Type wider(mlir::Type a, mlir::Type b) {
  if (!a || !b)
    return a ? a : b;
  return promotionRank(a) >= promotionRank(b) ? a : b;
}

mlir::Type Interpreter::promote(llvm::ArrayRef<Value> operands) {
  // Tensors with dims decide; others only raise the category.
  mlir::Type levels[3];
  mlir::Builder &builder = graph.builder;
  for (const Value &operand : operands) {
    if (auto *tensor = operand.as<Tensor>()) {
      mlir::Type &level = levels[rankOf(*tensor) ? 0 : 1];
      level = wider(level, elementOf(*tensor));
    } else if (operand.is<double>())
      levels[2] = wider(levels[2], session.defaultFloat());
    else if (operand.is<int64_t>() || operand.is<LoopTime>())
      levels[2] = wider(levels[2], builder.getI64Type());
    else if (operand.is<bool>())
      levels[2] = wider(levels[2], builder.getI1Type());
    else if (auto *sequence = operand.as<Sequence>())
      levels[0] = wider(levels[0], promote(*sequence->items));
    else if (auto *collected = operand.as<Collected>())
      levels[0] =
          wider(levels[0], collected->items ? promote(*collected->items)
                                            : elementOf(collected->stacked));
  }
  mlir::Type result = levels[0];
  for (mlir::Type level : {levels[1], levels[2]})
    if (!result || (level && categoryOf(level) > categoryOf(result)))
      result = level;
  return result;
}

std::vector<Value> elementsOf(const Value &value) {
  if (auto *sequence = value.as<Sequence>())
    return *sequence->items;
  return {value};
}

Tensor Interpreter::toTensor(const Value &value, SourceRange range,
                             mlir::Type element) {
  if (auto *tensor = value.as<Tensor>())
    return element ? graph.cast(*tensor, element) : *tensor;
  if (value.isNumber()) {
    mlir::Type type = element ? element : promote({value});
    return graph.create<nn::ConstantOp>(mlir::DenseElementsAttr::get(
        graph.type({}, type), numberAttribute(value, type)));
  }
  if (auto *time = value.as<LoopTime>(); time && element)
    return graph.cast(time->loop->timeOf(graph, *time), element);
  auto *collected = value.as<Collected>();
  if (collected && collected->stacked)
    return toTensor(collected->stacked, range, element);
  auto *sequence = value.as<Sequence>();
  auto items = collected  ? collected->items
               : sequence ? sequence->items
                          : nullptr;
  if (items && !items->empty()) {
    std::vector<Tensor> parts;
    mlir::Type common = element ? element : promote(*items);
    auto isNumber = [](const Value &item) { return item.isNumber(); };
    if (common && llvm::all_of(*items, isNumber)) {
      llvm::SmallVector<mlir::Attribute> numbers;
      for (const Value &item : *items)
        numbers.push_back(numberAttribute(item, common));
      return graph.create<nn::ConstantOp>(mlir::DenseElementsAttr::get(
          graph.type({int64_t(numbers.size())}, common), numbers));
    }
    for (const Value &item : *items) {
      Tensor part;
      if (session.mayRun(range)) // lists in lists multiply
        part = toTensor(item, range, common);
      if (!part)
        return {};
      if (!parts.empty() && shapeOf(part) != shapeOf(parts.front())) {
        session.error(range, "expected equal shapes to stack, but got " +
                                 describeShape(shapeOf(parts.front())) +
                                 " and " + describeShape(shapeOf(part)));
        return {};
      }
      parts.push_back(part);
    }
    for (Tensor &part : parts)
      part = graph.unsqueeze(part, 0);
    return graph.concat(parts, 0);
  }
  if (!value.isPoison())
    session.error(range, "expected a tensor, but got " + value.describe());
  return {};
}

} // namespace sinter::capturing
