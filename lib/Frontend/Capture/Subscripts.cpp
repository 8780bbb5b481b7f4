// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Subscripts of tensors and sequences.
#include "Interpreter.h"
#include "mlir/IR/Matchers.h"

namespace sinter::capturing {

namespace {
/// A subscript of a tensor in progress: slices of its dims, then the shape
/// without indexed dims and with new ones.
struct TensorSubscript {
  Shape starts, limits, strides;
  Shape shape;
  int64_t dim = 0;

  explicit TensorSubscript(Tensor tensor)
      : starts(rankOf(tensor), 0), limits(shapeOf(tensor)),
        strides(rankOf(tensor), 1) {}

  void keep() { shape.push_back(limits[dim++]); }
  void pick(int64_t index) {
    starts[dim] = index;
    limits[dim++] = index + 1;
  }
  void slice(int64_t start, int64_t stop, int64_t step) {
    starts[dim] = start;
    limits[dim] = std::max(start, stop);
    strides[dim++] = step;
    shape.push_back(stop > start ? (stop - start - 1) / step + 1 : 0);
  }
};
} // namespace

/// Python's bounds of a slice: counted from the end if negative, then clamped.
static int64_t clampBound(int64_t bound, int64_t extent) {
  bound += bound < 0 ? extent : 0;
  return std::min(std::max<int64_t>(bound, 0), extent);
}

/// The item of a sequence at an index, negative ones from the end.
static const Value *itemAt(const Sequence &sequence, int64_t index) {
  int64_t size = sequence.items->size();
  index += index < 0 ? size : 0;
  return index >= 0 && index < size ? &(*sequence.items)[index] : nullptr;
}

Value Interpreter::subscriptSequence(const Sequence &sequence,
                                     const ast::SubscriptExpr &expr) {
  if (expr.indices.size() != 1 ||
      expr.indices[0].kind == ast::IndexKind::Ellipsis)
    return poison(expr.range, "expected one index or slice of a sequence");
  const ast::Index &index = expr.indices[0];
  if (index.kind == ast::IndexKind::Value) {
    Value value = evaluate(*index.value);
    if (auto *time = value.as<LoopTime>())
      return itemAtStep(sequence, *time, expr.range);
    auto number = toInteger(value, index.range, "an index of a sequence");
    if (!number)
      return Poison{};
    if (const Value *item = itemAt(sequence, *number))
      return *item;
    return poison(index.range, "expected an index into a sequence of " +
                                   llvm::Twine(sequence.items->size()) +
                                   ", but got " + llvm::Twine(*number));
  }
  auto bounds = evaluateSlice(index, sequence.items->size());
  if (!bounds)
    return Poison{};
  std::vector<Value> items;
  for (int64_t i = (*bounds)[0]; i < (*bounds)[1]; i += (*bounds)[2])
    items.push_back((*sequence.items)[i]);
  return makeSequence(std::move(items), sequence.isList);
}

/// Begin, end and step of a slice; nullopt after an error.
std::optional<std::array<int64_t, 3>>
Interpreter::evaluateSlice(const ast::Index &index, int64_t extent) {
  auto bound = [&](const ast::Expr *expr,
                   int64_t missing) -> std::optional<int64_t> {
    if (!expr)
      return missing;
    Value value = evaluate(*expr);
    if (value.is<None>())
      return missing;
    if (auto *integer = value.as<int64_t>())
      return *integer;
    if (!value.isPoison())
      session.error(expr->range, "expected an integer that is known while "
                                 "compiling as a bound of a slice, but got " +
                                     value.describe());
    return std::nullopt;
  };
  auto start = bound(index.start, 0), stop = bound(index.stop, extent);
  auto step = bound(index.step, 1);
  if (!start || !stop || !step)
    return std::nullopt;
  if (*step < 1) {
    session.error(index.step->range,
                  "expected a positive step of a slice, but got " +
                      llvm::Twine(*step));
    return std::nullopt;
  }
  // A longer step reaches no other element.
  return std::array<int64_t, 3>{clampBound(*start, extent),
                                clampBound(*stop, extent),
                                std::min(*step, std::max<int64_t>(extent, 1))};
}

Value Interpreter::subscript(const ast::SubscriptExpr &expr) {
  Value object = evaluate(*expr.object);
  if (object.isPoison())
    return object;
  if (auto *sequence = object.as<Sequence>())
    return subscriptSequence(*sequence, expr);
  if (auto *collected = object.as<Collected>())
    return subscriptCollected(*collected, expr);
  if (auto *instance = object.as<ModulePointer>())
    return subscriptModule(**instance, expr);
  Tensor tensor = toTensor(object, expr.object->range);
  return tensor ? subscriptTensor(tensor, expr) : Value();
}

/// `layers[0]`: a member of a Sequential by position.
Value Interpreter::subscriptModule(const ModuleInstance &instance,
                                   const ast::SubscriptExpr &expr) {
  std::vector<Value> items;
  for (auto &member : instance.members)
    items.push_back(member.second);
  if (instance.decl || instance.layer || items.empty())
    return poison(expr.range, "expected a Sequential or tensor before '[', "
                              "but got a module " +
                                  instance.typeName);
  return subscriptSequence({std::make_shared<std::vector<Value>>(items)}, expr);
}

/// Evaluates the indices and checks how many dims they take; nullopt after an
/// error.
std::optional<std::vector<Value>>
Interpreter::evaluateIndices(Tensor tensor, const ast::SubscriptExpr &expr,
                             int64_t &used) {
  unsigned ellipses = 0;
  std::vector<Value> values;
  for (const ast::Index &index : expr.indices) {
    bool isValue = index.kind == ast::IndexKind::Value;
    Value value = isValue ? evaluate(*index.value) : Value(None{});
    if (value.isPoison())
      return std::nullopt;
    ellipses += index.kind == ast::IndexKind::Ellipsis;
    used +=
        index.kind == ast::IndexKind::Slice || (isValue && !value.is<None>());
    values.push_back(std::move(value));
  }
  if (ellipses > 1) {
    session.error(expr.range, "expected at most one '...' in a subscript");
    return std::nullopt;
  }
  if (used > rankOf(tensor)) {
    session.error(expr.range,
                  "expected at most " + llvm::Twine(rankOf(tensor)) +
                      " indices of a tensor " + describeType(tensor.getType()) +
                      ", but got " + llvm::Twine(used));
    return std::nullopt;
  }
  return values;
}

/// One index that is a value: none adds a dim, an integer picks from one.
/// False after an error.
static bool applyValue(Session &session, TensorSubscript &result,
                       const ast::Index &index, const Value &value) {
  if (value.is<None>()) {
    result.shape.push_back(1);
    return true;
  }
  auto *number = value.as<int64_t>();
  if (!number) {
    session.error(index.range, "expected an integer, a slice, none or '...' as "
                               "one of several indices, but got " +
                                   value.describe());
    return false;
  }
  int64_t extent = result.limits[result.dim];
  int64_t position = *number + (*number < 0 ? extent : 0);
  if (position < 0 || position >= extent) {
    session.error(index.range, "expected an index into a dim of extent " +
                                   llvm::Twine(extent) + ", but got " +
                                   llvm::Twine(*number));
    return false;
  }
  result.pick(position);
  return true;
}

/// Dims that the number of a loop's step picks from: the tensor gets their
/// slices, of extent 1, and the index counts in them. False after an error.
bool Interpreter::pickSteps(Tensor &tensor, const ast::SubscriptExpr &expr,
                            int64_t used, std::vector<Value> &values) {
  int64_t dim = 0;
  for (auto [index, value] : llvm::zip(expr.indices, values)) {
    std::optional<LoopTime> time = stepOfSlice(index);
    if (auto *own = value.as<LoopTime>())
      time = *own;
    if (time) {
      Tensor slice = sliceAtStep(tensor, dim, *time, index.range);
      if (!slice)
        return false;
      tensor = graph.unsqueeze(slice, dim);
      value = int64_t(0);
    }
    bool isEllipsis = index.kind == ast::IndexKind::Ellipsis;
    bool isNew = index.kind == ast::IndexKind::Value && value.is<None>();
    dim += isEllipsis ? rankOf(tensor) - used : isNew ? 0 : 1;
  }
  return true;
}

Value Interpreter::subscriptTensor(Tensor tensor,
                                   const ast::SubscriptExpr &expr) {
  int64_t rank = rankOf(tensor), used = 0;
  auto values = evaluateIndices(tensor, expr, used);
  if (!values)
    return Poison{};
  if (values->size() == 1 &&
      (values->front().is<Tensor>() || values->front().is<Sequence>()))
    return subscriptByTensor(tensor, values->front(), expr);
  if (loop && !pickSteps(tensor, expr, used, *values))
    return Poison{};
  TensorSubscript result(tensor);
  for (auto [index, value] : llvm::zip(expr.indices, *values)) {
    if (index.kind == ast::IndexKind::Ellipsis) {
      for (int64_t skipped = rank - used; skipped > 0; --skipped)
        result.keep();
    } else if (index.kind == ast::IndexKind::Slice && value.is<int64_t>()) {
      result.keep(); // a step's
    } else if (index.kind == ast::IndexKind::Slice) {
      auto bounds = evaluateSlice(index, result.limits[result.dim]);
      if (!bounds)
        return Poison{};
      result.slice((*bounds)[0], (*bounds)[1], (*bounds)[2]);
    } else if (!applyValue(session, result, index, value)) {
      return Poison{};
    }
  }
  while (result.dim < rank)
    result.keep();
  Tensor part = tensor;
  if (result.starts != Shape(rank, 0) ||
      result.limits != Shape(shapeOf(tensor)) ||
      result.strides != Shape(rank, 1))
    part = graph.create<nn::SliceOp>(tensor, result.starts, result.limits,
                                     result.strides);
  return graph.reshape(part, result.shape);
}

/// `x[i]` where i is a tensor or list of indices into dim 0.
Value Interpreter::subscriptByTensor(Tensor tensor, const Value &index,
                                     const ast::SubscriptExpr &expr) {
  SourceRange range = expr.indices[0].range;
  Tensor indices = toTensor(index, range);
  if (!indices)
    return Poison{};
  if (!elementOf(indices).isInteger(64) && !elementOf(indices).isInteger(32))
    return poison(range, "expected a tensor of indices (i64), but got " +
                             Value(indices).describe());
  if (rankOf(tensor) == 0)
    return poison(range, "expected a tensor with dims before '['");
  Tensor fromStart = countFromStart(indices, shapeOf(tensor)[0], range);
  return fromStart ? Value(Tensor(graph.create<nn::TakeOp>(tensor, fromStart)))
                   : Value();
}

/// Indices from 0 on for ones that count from the end if they are negative;
/// null after an error.
Tensor Interpreter::countFromStart(Tensor indices, int64_t extent,
                                   SourceRange range) {
  if (!checkIndices(indices, -extent, extent, range))
    return {};
  mlir::DenseIntElementsAttr known;
  if (mlir::matchPattern(indices, mlir::m_Constant(&known)))
    return graph.create<nn::ConstantOp>(
        known.mapValues(elementOf(indices), [&](const llvm::APInt &index) {
          return index.isNegative() ? index + uint64_t(extent) : index;
        }));
  Tensor isNegative = graph.compare(nn::ComparePredicate::lt, indices, 0.0);
  return graph.select(isNegative, graph.add(indices, double(extent)), indices);
}

bool Interpreter::checkIndices(Tensor indices, int64_t first, int64_t limit,
                               SourceRange range) {
  mlir::DenseIntElementsAttr known;
  if (mlir::matchPattern(indices, mlir::m_Constant(&known))) {
    for (const llvm::APInt &index : known.getValues<llvm::APInt>())
      if (index.slt(first) || index.sge(limit)) {
        session.error(range, "expected indices from " + llvm::Twine(first) +
                                 " to " + llvm::Twine(limit - 1) +
                                 ", but got " +
                                 llvm::Twine(index.getSExtValue()));
        return false;
      }
    return true;
  }
  capturing::checkIndices(graph, indices, "indices", limit, first);
  return true;
}

} // namespace sinter::capturing
