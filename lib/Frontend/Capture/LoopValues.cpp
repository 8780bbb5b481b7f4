// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number of a loop's step in calculations and indices while the loop's body
// is captured for all steps. What is an error here makes the loop run step by
// step instead.
#include "Loop.h"
#include "llvm/Support/MathExtras.h"

namespace sinter::capturing {

using ast::BinaryOp;

/// a + sign · b.
static std::optional<LoopTime> addTimes(LoopTime a, LoopTime b, int64_t sign) {
  LoopTime sum;
  sum.loop = a.loop ? a.loop : b.loop;
  if ((b.loop && b.loop != sum.loop) ||
      llvm::MulOverflow(b.scale, sign, b.scale) ||
      llvm::MulOverflow(b.offset, sign, b.offset) ||
      llvm::AddOverflow(a.scale, b.scale, sum.scale) ||
      llvm::AddOverflow(a.offset, b.offset, sum.offset))
    return std::nullopt;
  return sum;
}

/// The product, where one factor is a number.
static std::optional<LoopTime> multiplyTimes(LoopTime a, LoopTime b) {
  if (a.scale)
    std::swap(a, b);
  LoopTime product;
  product.loop = b.loop;
  if (a.scale || llvm::MulOverflow(a.offset, b.scale, product.scale) ||
      llvm::MulOverflow(a.offset, b.offset, product.offset))
    return std::nullopt;
  return product;
}

Value Interpreter::loopArithmetic(BinaryOp op, const Value &left,
                                  const Value &right, SourceRange range) {
  auto timeOf = [](const Value &value) -> std::optional<LoopTime> {
    if (auto *time = value.as<LoopTime>())
      return *time;
    if (auto *number = value.as<int64_t>())
      return LoopTime{nullptr, 0, *number};
    return std::nullopt;
  };
  auto a = timeOf(left), b = timeOf(right);
  std::optional<LoopTime> result;
  if (a && b && op == BinaryOp::Add)
    result = addTimes(*a, *b, 1);
  else if (a && b && op == BinaryOp::Subtract)
    result = addTimes(*a, *b, -1);
  else if (a && b && op == BinaryOp::Multiply)
    result = multiplyTimes(*a, *b);
  if (!result)
    return poison(range, "expected a calculation with the number of a loop's "
                         "step that is the same in all steps");
  return result->scale ? Value(*result) : Value(result->offset);
}

/// The step of `t:t + 1`, a slice of one element.
std::optional<LoopTime> Interpreter::stepOfSlice(const ast::Index &index) {
  if (!loop || index.kind != ast::IndexKind::Slice || !index.start ||
      !index.stop || index.step)
    return std::nullopt;
  Value start = evaluate(*index.start), stop = evaluate(*index.stop);
  auto *first = start.as<LoopTime>(), *end = stop.as<LoopTime>();
  bool isOne = first && end && first->loop == end->loop &&
               first->scale == end->scale && first->offset + 1 == end->offset;
  return isOne ? std::optional(*first) : std::nullopt;
}

/// The tensor as one of the body of `around`; null if it depends on the steps
/// of loops in there.
Tensor Interpreter::hoistTo(LoopBody *around, Tensor tensor) {
  for (LoopBody *body = loop; tensor && body != around; body = body->around)
    tensor = body->hoist(tensor);
  return tensor;
}

Tensor Interpreter::sliceAtStep(Tensor tensor, int64_t dim, LoopTime time,
                                SourceRange range) {
  Tensor own = hoistTo(time.loop, tensor);
  Tensor slice = own ? time.loop->sliceAt(own, dim, time) : Tensor();
  if (!slice)
    session.error(range, "expected an index that picks from a tensor in the "
                         "same way in all steps");
  return slice;
}

/// Items of a list at a step: tensors of one type, which are stacked.
Value Interpreter::itemAtStep(const Sequence &list, LoopTime time,
                              SourceRange range) {
  std::vector<Tensor> items;
  for (const Value &item : *list.items) {
    auto *tensor = item.as<Tensor>();
    Tensor outside = tensor ? hoistTo(time.loop->around, *tensor) : Tensor();
    if (!outside ||
        outside.getType() != list.items->front().as<Tensor>()->getType())
      return poison(range, "expected a list of tensors of one type that do not "
                           "depend on the step");
    items.push_back(time.loop->outside.unsqueeze(outside, 0));
  }
  if (items.empty())
    return poison(range, "expected a list of tensors");
  Tensor slice =
      sliceAtStep(time.loop->outside.concat(items, 0), 0, time, range);
  return slice ? Value(slice) : Value();
}

/// An index or slice of what a loop gives, as of a list; more indices as of a
/// tensor.
Value Interpreter::subscriptCollected(const Collected &collected,
                                      const ast::SubscriptExpr &expr) {
  const ast::Index &index = expr.indices[0];
  bool isTensor =
      expr.indices.size() > 1 || index.kind == ast::IndexKind::Ellipsis;
  if (collected.items && !isTensor) {
    Value part = subscriptSequence({collected.items, true}, expr);
    if (auto *slice = part.as<Sequence>();
        slice && index.kind == ast::IndexKind::Slice)
      return Collected{slice->items, {}};
    return part;
  }
  Tensor tensor = toTensor(collected, expr.object->range);
  Value part = tensor ? subscriptTensor(tensor, expr) : Value();
  auto *slice = part.as<Tensor>();
  if (slice && !isTensor && index.kind == ast::IndexKind::Slice)
    return Collected{nullptr, *slice};
  return part;
}

} // namespace sinter::capturing
