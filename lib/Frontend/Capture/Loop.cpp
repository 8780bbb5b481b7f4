// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `for`: its steps one by one, or all at once where they are alike.
#include "Loop.h"
#include "Limits.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace sinter::capturing {

ForLoop::ForLoop(Interpreter &in, const ast::ForStmt &stmt, int64_t begin,
                 int64_t end)
    : in(in), stmt(stmt), begin(begin), end(std::max(begin, end)),
      bound(namesBoundIn(stmt.body)), outerTime(in.drawTime),
      drawsBefore(in.randomCounts) {}

/// Steps of this loop within a step of the loops around it.
DrawTime ForLoop::drawTime(int64_t step, Tensor inner, Graph &graph) const {
  DrawTime time;
  time.constant = outerTime.constant * (end - begin) + step;
  Tensor outer = outerTime.computed;
  if (!outer && !inner)
    return time;
  auto number = [&](int64_t value) {
    return graph.integer(value, graph.builder.getI64Type());
  };
  if (outer)
    outer = graph.mul(outer, number(end - begin));
  time.computed = outer && inner ? graph.add(outer, inner)
                  : outer        ? outer
                                 : inner;
  if (time.constant)
    time.computed = graph.add(time.computed, number(time.constant));
  return time;
}

/// The next step draws at the places where this one did.
void ForLoop::countDraws() {
  for (auto &[place, count] : in.randomCounts)
    drawsAfter[place] = std::max(drawsAfter[place], count);
}

void ForLoop::runStep(int64_t number) {
  llvm::SaveAndRestore<DrawTime> time(in.drawTime,
                                      drawTime(number - begin, {}, in.graph));
  llvm::SaveAndRestore<std::vector<std::vector<Value>> *> collect(
      in.frame->yields, &yields);
  in.randomCounts = drawsBefore;
  in.bind(stmt.variable.name, number);
  in.run(stmt.body);
  countDraws();
}

Value ForLoop::run() {
  llvm::SaveAndRestore<mlir::Location> at(in.graph.location,
                                          in.session.location(stmt.range));
  bool mayCapture = true;
  int64_t next = begin;
  while (next < end && !in.frame->returned && !in.hasFailed()) {
    if (mayCapture && end - next > 1) {
      Outcome outcome = captureRest(next);
      if (outcome == Outcome::Captured)
        break;
      // After one step names may be what they stay: `h = none` before a loop.
      mayCapture = outcome == Outcome::NamesChange && next == begin;
    }
    if (end - next > maxUnrolledSteps && !mayCapture)
      return in.poison(stmt.range,
                       "loops of more than " + llvm::Twine(maxUnrolledSteps) +
                           " steps are not supported yet where steps differ in "
                           "more than the values of tensors");
    if (!in.session.mayRun(stmt.range))
      break;
    runStep(next++);
  }
  for (auto &[place, count] : drawsAfter)
    in.randomCounts[place] = std::max(in.randomCounts[place], count);
  return result();
}

/// Tensors that a loop yields at one place are stacked, so they have one shape.
static Value reportShapes(Interpreter &in, SourceRange range,
                          llvm::ArrayRef<int64_t> first,
                          llvm::ArrayRef<int64_t> other, size_t step) {
  return in.poison(range,
                   "expected one shape in all steps of the loop, but got " +
                       describeShape(first) + " in the first and " +
                       describeShape(other) + " in step " + llvm::Twine(step));
}

/// What single steps gave at one place, followed by what the others did.
Value ForLoop::collected(std::vector<Value> &items, Tensor rest) {
  if (rest && items.empty())
    return Collected{nullptr, rest};
  if (auto *first = rest ? items.front().as<Tensor>() : nullptr) {
    auto type = nn::sliceType(rest.getType());
    if (first->getType() == type)
      return Collected{
          nullptr, in.graph.concat({in.graph.unsqueeze(*first, 0), rest}, 0)};
    if (shapeOf(*first) != type.getShape())
      return reportShapes(in, stmt.range, shapeOf(*first), type.getShape(), 2);
  }
  if (rest)
    llvm::append_range(items, itemsOf(in, {nullptr, rest}, stmt.range));
  return Collected{std::make_shared<const std::vector<Value>>(items), {}};
}

Value ForLoop::result() {
  std::vector<Value> all;
  stacked.resize(yields.size());
  for (auto [items, rest] : llvm::zip(yields, stacked))
    all.push_back(collected(items, rest));
  return all.size() == 1 ? all.front() : makeSequence(std::move(all), true);
}

std::vector<Value> itemsOf(Interpreter &in, const Collected &collected,
                           SourceRange range) {
  if (collected.items)
    return *collected.items;
  Graph &graph = in.graph;
  std::vector<Value> items;
  if (!in.session.mayRun(range, shapeOf(collected.stacked)[0]))
    return items;
  for (int64_t i = 0; i < shapeOf(collected.stacked)[0]; ++i)
    items.push_back(
        graph.squeeze(graph.slice(collected.stacked, 0, i, i + 1), 0));
  return items;
}

void Interpreter::runFor(const ast::ForStmt &stmt) {
  if (TensorSlot *buffer = bufferNamed(stmt.variable.name))
    return session.reportHiddenBuffer(stmt.variable, buffer->range);
  auto begin = evaluateInteger(*stmt.begin, "a bound of a loop");
  auto end = evaluateInteger(*stmt.end, "a bound of a loop");
  Value result = Poison{};
  int64_t steps = 0;
  if (begin && end &&
      (llvm::SubOverflow(*end, *begin, steps) || steps > maxLoopSteps))
    result = poison(stmt.range, "expected a loop of at most 2^" +
                                    llvm::Twine(llvm::Log2_64(maxLoopSteps)) +
                                    " steps");
  else if (begin && end)
    result = ForLoop(*this, stmt, *begin, *end).run();
  if (stmt.target)
    assign(*stmt.target, result, stmt.range);
}

void Interpreter::runYield(const ast::YieldStmt &stmt) {
  if (!frame->yields) {
    session.error(stmt.range, "expected 'yield' inside a 'for'");
    return;
  }
  if (frame->yields->size() < stmt.values.size())
    frame->yields->resize(stmt.values.size());
  for (auto [list, argument] : llvm::zip(*frame->yields, stmt.values)) {
    Value value = evaluate(*argument.value);
    auto *first = list.empty() ? nullptr : list.front().as<Tensor>();
    auto *tensor = value.as<Tensor>();
    if (first && tensor && shapeOf(*first) != shapeOf(*tensor))
      value = reportShapes(*this, argument.value->range, shapeOf(*first),
                           shapeOf(*tensor), list.size() + 1);
    list.push_back(value);
  }
}

} // namespace sinter::capturing
