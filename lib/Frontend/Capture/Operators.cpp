// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic and comparison with PyTorch's promotion and broadcasting.
#include "Loop.h"
#include "Tables.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"
#include <cmath>

namespace sinter::capturing {

using ast::BinaryOp;

Value Interpreter::unaryOperator(ast::UnaryOp op, const Value &operand,
                                 SourceRange range) {
  if (auto integer = operand.toInteger()) {
    int64_t result = *integer;
    if (op == ast::UnaryOp::Minus &&
        llvm::SubOverflow(int64_t(0), *integer, result))
      return poison(range, "integer overflow in a calculation while compiling");
    return result;
  }
  if (operand.isPoison() || op == ast::UnaryOp::Plus)
    return operand;
  if (operand.is<LoopTime>())
    return loopArithmetic(BinaryOp::Subtract, int64_t(0), operand, range);
  if (auto *number = operand.as<double>())
    return -*number;
  Tensor x = toTensor(operand, range);
  if (!x)
    return Poison{};
  if (isBool(x))
    return poison(range, "expected a tensor of numbers after '-', but got " +
                             operand.describe());
  return graph.neg(x);
}

Value Interpreter::evaluateBinary(const ast::BinaryExpr &expr) {
  if (expr.op == BinaryOp::And || expr.op == BinaryOp::Or) {
    auto left = evaluateCondition(*expr.lhs);
    if (!left)
      return Poison{};
    if (*left == (expr.op == BinaryOp::Or))
      return *left;
    auto right = evaluateCondition(*expr.rhs);
    return right ? Value(*right) : Value();
  }
  Value left = evaluate(*expr.lhs), right = evaluate(*expr.rhs);
  // The operator's own place tells ops of one line apart.
  llvm::SaveAndRestore<mlir::Location> at(graph.location,
                                          session.location(expr.opRange));
  return binaryOperator(expr.op, left, right, expr.range);
}

static bool isComparison(BinaryOp op) {
  return op >= BinaryOp::Equal && op <= BinaryOp::Greater;
}

static std::optional<nn::ComparePredicate> predicateOf(BinaryOp op) {
  switch (op) {
  case BinaryOp::Equal:
    return nn::ComparePredicate::eq;
  case BinaryOp::NotEqual:
    return nn::ComparePredicate::ne;
  case BinaryOp::LessEqual:
    return nn::ComparePredicate::le;
  case BinaryOp::GreaterEqual:
    return nn::ComparePredicate::ge;
  case BinaryOp::Less:
    return nn::ComparePredicate::lt;
  case BinaryOp::Greater:
    return nn::ComparePredicate::gt;
  default:
    return std::nullopt;
  }
}

/// Concatenation and repetition of sequences; nullopt for other operands.
std::optional<Value> Interpreter::sequenceOperator(BinaryOp op,
                                                   const Value &left,
                                                   const Value &right,
                                                   SourceRange range) {
  auto *first = left.as<Sequence>();
  auto *second = right.as<Sequence>();
  auto *count = right.as<int64_t>();
  bool joins = second && op == BinaryOp::Add;
  if (!first || (!joins && (!count || op != BinaryOp::Multiply)))
    return std::nullopt;
  constexpr uint64_t maxItems = 1 << 20;
  uint64_t size = first->items->size();
  if (joins ? size + second->items->size() > maxItems
            : *count > 0 && size > maxItems / uint64_t(*count))
    return poison(range, "expected a sequence of at most " +
                             llvm::Twine(maxItems) + " items");
  std::vector<Value> all;
  for (int64_t i = 0, n = joins ? 1 : *count; i < n && size; ++i)
    all.insert(all.end(), first->items->begin(), first->items->end());
  if (joins)
    all.insert(all.end(), second->items->begin(), second->items->end());
  return makeSequence(std::move(all), first->isList);
}

Value Interpreter::binaryOperator(BinaryOp op, const Value &left,
                                  const Value &right, SourceRange range) {
  if (left.isPoison() || right.isPoison())
    return Poison{};
  if (isComparison(op))
    return compareValues(op, left, right, range);
  if (left.isNumber() && right.isNumber())
    return foldBinary(op, left, right, range);
  auto isTensor = [](const Value &value) {
    return value.is<Tensor>() || value.is<Collected>();
  };
  bool withStep = left.is<LoopTime>() || right.is<LoopTime>();
  if (withStep &&
      (op == BinaryOp::Power || !(isTensor(left) || isTensor(right))))
    return loopArithmetic(op, left, right, range);
  if (auto result = sequenceOperator(op, left, right, range))
    return *result;
  if (op == BinaryOp::Power)
    return power(left, right, range);
  if (op == BinaryOp::MatMul) {
    const Builtin *matmul = findBuiltin("matmul");
    return callBuiltin(*matmul, {{{}, left, range}, {{}, right, range}}, range);
  }
  mlir::Type element = promote({left, right});
  if (op == BinaryOp::Divide && element && !mlir::isa<mlir::FloatType>(element))
    element = session.defaultFloat();
  Tensor a = toTensor(left, range, element),
         b = toTensor(right, range, element);
  if (!a || !b)
    return Poison{};
  if (!broadcastShapes(shapeOf(a), shapeOf(b)))
    return poison(range, "expected shapes that broadcast, but got " +
                             describeType(a.getType()) + " and " +
                             describeType(b.getType()));
  for (const Value *side : {&left, &right}) {
    bool refuses =
        op == BinaryOp::Subtract ||
        (isBool(a) && op != BinaryOp::Multiply && op != BinaryOp::Add);
    auto *tensor = side->as<Tensor>();
    if (refuses && (side->is<bool>() || (tensor && isBool(*tensor))))
      return poison(range, "expected numbers, but got " + side->describe());
  }
  bool divides = op == BinaryOp::FloorDivide || op == BinaryOp::Modulo;
  if (divides && !isFloat(a) && right.isNumber() && right.toDouble() == 0)
    return poison(range, "expected a divisor of integers other than 0");
  switch (op) {
  case BinaryOp::Add:
    return isBool(a) ? Tensor(graph.create<nn::LogicalOrOp>(a, b))
                     : graph.add(a, b);
  case BinaryOp::Subtract:
    return graph.sub(a, b);
  case BinaryOp::Multiply:
    return isBool(a) ? Tensor(graph.create<nn::LogicalAndOp>(a, b))
                     : graph.mul(a, b);
  case BinaryOp::Divide:
    return graph.div(a, b);
  case BinaryOp::FloorDivide:
    return Tensor(graph.create<nn::FloorDivideOp>(a, b));
  default:
    return Tensor(graph.create<nn::RemainderOp>(a, b));
  }
}

template <typename T> static bool holds(BinaryOp op, const T &a, const T &b) {
  switch (op) {
  case BinaryOp::Equal:
    return a == b;
  case BinaryOp::NotEqual:
    return !(a == b);
  case BinaryOp::LessEqual:
    return a <= b;
  case BinaryOp::GreaterEqual:
    return a >= b;
  case BinaryOp::Less:
    return a < b;
  default:
    return a > b;
  }
}

Value Interpreter::compareValues(BinaryOp op, const Value &left,
                                 const Value &right, SourceRange range) {
  if (left.isNumber() && right.isNumber())
    return holds(op, left.toExact(), right.toExact());
  if (left.is<std::string>() && right.is<std::string>())
    return holds(op, *left.as<std::string>(), *right.as<std::string>());
  bool equality = op == BinaryOp::Equal || op == BinaryOp::NotEqual;
  if (equality && (left.is<None>() || right.is<None>()))
    return (left.is<None>() && right.is<None>()) == (op == BinaryOp::Equal);
  if (equality && left.is<DType>() && right.is<DType>())
    return (*left.as<DType>() == *right.as<DType>()) == (op == BinaryOp::Equal);
  auto *first = left.as<Sequence>(), *second = right.as<Sequence>();
  if (equality && first && second) {
    bool equal = first->items->size() == second->items->size();
    for (size_t i = 0; equal && i < first->items->size(); ++i) {
      Value same = compareValues(BinaryOp::Equal, (*first->items)[i],
                                 (*second->items)[i], range);
      auto *truth = same.as<bool>();
      if (!truth)
        return Poison{};
      equal = *truth;
    }
    return equal == (op == BinaryOp::Equal);
  }
  mlir::Type element = promote({left, right});
  Tensor a = toTensor(left, range, element),
         b = toTensor(right, range, element);
  if (!a || !b)
    return Poison{};
  if (!broadcastShapes(shapeOf(a), shapeOf(b)))
    return poison(range, "expected shapes that broadcast, but got " +
                             describeType(a.getType()) + " and " +
                             describeType(b.getType()));
  return graph.compare(*predicateOf(op), a, b);
}

/// Product of `count` ≥ 1 factors.
static Tensor repeatedProduct(Graph &graph, Tensor x, int64_t count) {
  Tensor result = x;
  for (int64_t i = 1; i < count; ++i)
    result = graph.mul(result, x);
  return result;
}

Value Interpreter::power(const Value &base, const Value &exponent,
                         SourceRange range) {
  mlir::Type element = promote({base, exponent});
  Tensor x = toTensor(base, range, element);
  if (!x)
    return Poison{};
  bool isInteger = !mlir::isa<mlir::FloatType>(element);
  if (exponent.isNumber()) {
    double n = exponent.toDouble();
    if (isBool(x))
      x = graph.cast(x, graph.builder.getI64Type());
    if (n == std::floor(n) && n >= 1 && n <= 4)
      return repeatedProduct(graph, x, int64_t(n));
    if (isInteger && n >= 0 && n <= 64)
      return n == 0 ? graph.splat(1, typeOf(x))
                    : repeatedProduct(graph, x, int64_t(n));
    if (isInteger)
      return poison(range, "expected a power of integers between 0 and 64");
    if (n == 0.5)
      return graph.sqrt(x);
    // The square of the reciprocal: its gradient is right at 0 and infinity.
    if (n == -1 || n == -2)
      return repeatedProduct(graph, graph.div(1.0, x), int64_t(-n));
  }
  if (isInteger)
    return poison(range, "powers of integer tensors with tensors as exponents "
                         "are not supported yet");
  Tensor y = toTensor(exponent, range, element);
  if (!y)
    return Poison{};
  if (!broadcastShapes(shapeOf(x), shapeOf(y)))
    return poison(range, "expected shapes that broadcast, but got " +
                             describeType(x.getType()) + " and " +
                             describeType(y.getType()));
  return Tensor(graph.create<nn::PowOp>(x, y));
}

} // namespace sinter::capturing
