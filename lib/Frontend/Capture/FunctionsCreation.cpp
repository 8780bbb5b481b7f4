// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that make tensors, and conversions between dtypes.
#include "Call.h"
#include <cmath>

namespace sinter::capturing {

static mlir::Type elementOr(Call &call, mlir::Type fallback) {
  mlir::Type element = call.element("dtype");
  return element ? element : fallback;
}

static Value filled(Call &call, double value) {
  Shape shape = call.extents("size");
  mlir::Type element = elementOr(call, call.interpreter.session.defaultFloat());
  if (call.failed())
    return {};
  return call.graph.splat(value, call.graph.type(shape, element));
}
static Value zeros(Call &call) { return filled(call, 0); }
static Value ones(Call &call) { return filled(call, 1); }

static Value full(Call &call) {
  Shape shape = call.extents("size");
  mlir::Type element = call.element("dtype");
  Tensor value = call.filling("fill_value", element);
  if (call.failed())
    return {};
  if (auto constant = value.getDefiningOp<nn::ConstantOp>())
    if (auto dense =
            mlir::dyn_cast<mlir::DenseElementsAttr>(constant.getValue()))
      return Tensor(
          call.graph.create<nn::ConstantOp>(mlir::DenseElementsAttr::get(
              call.graph.type(shape, elementOf(value)),
              dense.getSplatValue<mlir::Attribute>())));
  return call.graph.broadcast(value, shape);
}

static mlir::RankedTensorType typeLike(Call &call) {
  Tensor x = call.tensor("input");
  return call.graph.type(shapeOf(x), elementOr(call, elementOf(x)));
}

template <int value> static Value filledLike(Call &call) {
  mlir::RankedTensorType type = typeLike(call);
  return call.failed() ? Value() : Value(call.graph.splat(value, type));
}

static Value fullLike(Call &call) {
  mlir::RankedTensorType type = typeLike(call);
  Tensor value = call.filling("fill_value", type.getElementType());
  return call.failed() ? Value()
                       : Value(call.graph.broadcast(value, type.getShape()));
}

static Value eye(Call &call) {
  int64_t rows = call.integer("n");
  int64_t columns = call.isNone("m") ? rows : call.integer("m");
  mlir::Type element = elementOr(call, call.interpreter.session.defaultFloat());
  if (call.failed() || rows < 0 || columns < 0)
    return call.failed() ? Value() : call.expected("n", "an extent");
  Graph &g = call.graph;
  Tensor same = g.compare(nn::ComparePredicate::eq, g.iota({rows, columns}, 0),
                          g.iota({rows, columns}, 1));
  return g.cast(same, element);
}

/// A constant of `count` numbers, integers exact.
static Tensor constantOf(Graph &g, int64_t count,
                         llvm::function_ref<Value(int64_t)> numberAt,
                         llvm::ArrayRef<int64_t> shape, mlir::Type element) {
  llvm::SmallVector<mlir::Attribute> attributes;
  for (int64_t i = 0; i < count; ++i)
    attributes.push_back(numberAttribute(numberAt(i), element));
  return g.create<nn::ConstantOp>(
      mlir::DenseElementsAttr::get(g.type(shape, element), attributes));
}

/// Longer sequences would make the file of a dump huge.
constexpr int64_t maxConstantElements = 1 << 20;

/// How many numbers there are from `begin` on before `end`.
static double countSteps(const Value &begin, const Value &end,
                         const Value &step) {
  auto from = begin.toInteger(), to = end.toInteger(), by = step.toInteger();
  if (!from || !to || !by)
    return std::ceil((end.toDouble() - begin.toDouble()) / step.toDouble());
  __int128 distance = __int128(*to) - *from, size = *by;
  if (size == 0 || (distance < 0) != (size < 0))
    return distance == 0 && size != 0 ? 0 : -1;
  return double((distance + size - (size < 0 ? -1 : 1)) / size);
}

static Value arange(Call &call) {
  bool single = call.isNone("end");
  for (llvm::StringRef name : {"start", "end", "step"})
    if (!single || name != "end")
      call.number(name);
  Value begin = single ? Value(int64_t(0)) : call.value("start");
  Value end = call.value(single ? "start" : "end"), step = call.value("step");
  bool integers = begin.toInteger() && end.toInteger() && step.toInteger();
  Graph &g = call.graph;
  mlir::Type element =
      elementOr(call, integers ? mlir::Type(g.builder.getI64Type())
                               : call.interpreter.session.defaultFloat());
  if (call.failed())
    return {};
  double count = countSteps(begin, end, step);
  if (!(count >= 0 && count <= maxConstantElements))
    return call.error(call.range, "expected a range of at most 2^20 numbers "
                                  "that its step can reach");
  auto numberAt = [&](int64_t i) -> Value {
    if (integers)
      return *begin.toInteger() + i * *step.toInteger();
    return begin.toDouble() + double(i) * step.toDouble();
  };
  return constantOf(g, int64_t(count), numberAt, {int64_t(count)}, element);
}

/// From both ends, as PyTorch, so that the last one is exact.
static Value linspace(Call &call) {
  double begin = call.number("start"), end = call.number("end");
  int64_t count = call.integer("steps");
  mlir::Type element = elementOr(call, call.interpreter.session.defaultFloat());
  if (call.failed())
    return {};
  if (count < 0 || count > maxConstantElements)
    return call.expected("steps", "at most 2^20 steps");
  double step = count > 1 ? (end - begin) / double(count - 1) : 0;
  auto numberAt = [&](int64_t i) -> Value {
    if (count == 1)
      return begin;
    return i < count / 2 ? begin + step * double(i)
                         : end - step * double(count - 1 - i);
  };
  return constantOf(call.graph, count, numberAt, {count}, element);
}

/// Appends the numbers of nested lists and sets their shape; false if they are
/// ragged or hold something else.
static bool flattenNumbers(const Value &value, size_t depth, Shape &shape,
                           std::vector<const Value *> &numbers) {
  if (value.isNumber()) {
    numbers.push_back(&value);
    return depth == shape.size() && numbers.size() <= maxConstantElements;
  }
  auto *sequence = value.as<Sequence>();
  if (!sequence)
    return false;
  int64_t size = sequence->items->size();
  if (depth == shape.size() && numbers.empty())
    shape.push_back(size);
  if (depth >= shape.size() || shape[depth] != size)
    return false;
  for (const Value &item : *sequence->items)
    if (!flattenNumbers(item, depth + 1, shape, numbers))
      return false;
  return true;
}

static Value tensorOf(Call &call, mlir::Type element) {
  const Value &data = call.value("data");
  if (data.is<Tensor>()) {
    Tensor x = call.tensor("data");
    return element ? call.graph.cast(x, element) : x;
  }
  Shape shape;
  std::vector<const Value *> numbers;
  if (!flattenNumbers(data, 0, shape, numbers)) {
    if (numbers.size() > maxConstantElements)
      return call.expected("data", "at most 2^20 numbers");
    // Lists of tensors stack.
    Tensor x = call.interpreter.toTensor(data, call.rangeOf("data"), element);
    return x ? Value(x) : Value();
  }
  if (!element)
    element = call.interpreter.promote({data});
  if (!element)
    element = call.interpreter.session.defaultFloat();
  for (const Value *number : numbers)
    if (!fitsElement(*number, element))
      return call.error("data", "expected numbers that fit in " +
                                    describeType(element) + ", but got " +
                                    number->describe());
  return constantOf(
      call.graph, numbers.size(), [&](int64_t i) { return *numbers[i]; }, shape,
      element);
}

static Value tensorLiteral(Call &call) {
  mlir::Type element = call.element("dtype");
  return call.failed() ? Value() : tensorOf(call, element);
}
static Value floatTensorLiteral(Call &call) {
  return tensorOf(call, call.interpreter.session.defaultFloat());
}

static Value random(Call &call, mlir::RankedTensorType type, bool normal) {
  if (call.failed())
    return {};
  if (!mlir::isa<mlir::FloatType>(type.getElementType()))
    return call.error(call.range, "expected a float dtype of random numbers");
  Interpreter &in = call.interpreter;
  int64_t id = in.nextRandomId(normal ? "randn" : "rand");
  return normal ? in.randomNormal(type, id) : in.randomUniform(type, id);
}

template <bool normal> static Value randomOf(Call &call) {
  Shape shape = call.extents("size");
  mlir::Type element = elementOr(call, call.interpreter.session.defaultFloat());
  return random(call, call.graph.type(shape, element), normal);
}
template <bool normal> static Value randomLike(Call &call) {
  return random(call, typeLike(call), normal);
}

static Value randomIntegers(Call &call) {
  bool single = call.isNone("high");
  int64_t low = single ? 0 : call.integer("low");
  int64_t high = call.integer(single ? "low" : "high");
  Shape shape = call.extents("size");
  if (call.failed() || high <= low)
    return call.failed() ? Value()
                         : call.error(call.range, "expected low below high");
  Interpreter &in = call.interpreter;
  Graph &g = call.graph;
  Tensor uniform = in.randomUniform(g.type(shape, g.builder.getF64Type()),
                                    in.nextRandomId("randint"));
  Tensor scaled = g.unary<nn::FloorOp>(g.mul(uniform, double(high - low)));
  return g.cast(g.add(scaled, double(low)), g.builder.getI64Type());
}

static Value bernoulli(Call &call) {
  Tensor p = call.floatTensor("input");
  if (call.failed())
    return {};
  Interpreter &in = call.interpreter;
  Tensor uniform = in.randomUniform(typeOf(p), in.nextRandomId("bernoulli"));
  Tensor hit = call.graph.compare(nn::ComparePredicate::lt, uniform, p);
  return call.graph.cast(hit, elementOf(p));
}

llvm::ArrayRef<FunctionRow> creationFunctions() {
  static const FunctionRow rows[] = {
      {"zeros(*size, dtype=none)", zeros, "torch.zeros", "zeros of a shape"},
      {"ones(*size, dtype=none)", ones, "torch.ones", "ones of a shape"},
      {"empty(*size, dtype=none)", zeros, "torch.empty",
       "zeros of a shape: PyTorch leaves the elements undefined"},
      {"full(size, fill_value, *, dtype=none)", full, "torch.full",
       "fill_value in a shape"},
      {"zeros_like(input, *, dtype=none)", filledLike<0>, "torch.zeros_like",
       "zeros of the input's shape and dtype"},
      {"ones_like(input, *, dtype=none)", filledLike<1>, "torch.ones_like",
       "ones of the input's shape and dtype"},
      {"full_like(input, fill_value, *, dtype=none)", fullLike,
       "torch.full_like", "fill_value in the input's shape and dtype"},
      {"eye(n, m=none, *, dtype=none)", eye, "torch.eye",
       "a matrix with ones on its diagonal"},
      {"arange(start, end=none, step=1, *, dtype=none)", arange, "torch.arange",
       "start, start + step, …, below end"},
      {"linspace(start, end, steps, *, dtype=none)", linspace, "torch.linspace",
       "steps numbers from start to end, evenly spaced"},
      {"tensor(data, *, dtype=none, requires_grad=false)", tensorLiteral,
       "torch.tensor", "a tensor of the numbers of nested lists"},
      {"as_tensor(data, dtype=none)", tensorLiteral, "torch.as_tensor",
       "a tensor of the numbers of nested lists, or a tensor in another dtype"},
      {"Tensor(data)", floatTensorLiteral, "torch.Tensor",
       "an f32 tensor of the numbers of nested lists", "shapes: use zeros(…)"},
      {"rand(*size, dtype=none)", randomOf<false>, "torch.rand",
       "uniform draws from [0, 1)"},
      {"randn(*size, dtype=none)", randomOf<true>, "torch.randn",
       "normal draws with mean 0 and variance 1"},
      {"rand_like(input, *, dtype=none)", randomLike<false>, "torch.rand_like",
       "uniform draws from [0, 1) in the input's shape and dtype"},
      {"randn_like(input, *, dtype=none)", randomLike<true>, "torch.randn_like",
       "normal draws in the input's shape and dtype"},
      {"randint(low, high=none, size=none)", randomIntegers, "torch.randint",
       "uniform integers from low to high - 1", "dtype: i64 always"},
      {"bernoulli(input)", bernoulli, "torch.bernoulli",
       "1 with the probability of each element, else 0", "p"},
  };
  return rows;
}

} // namespace sinter::capturing
