// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One attempt to capture the body of a loop for all its steps. Names that the
// body binds anew, and state that it changes, are carries.
#include "Loop.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace sinter::capturing {

/// Whether two values that are no tensors are the same.
static bool isSame(const Value &a, const Value &b) {
  auto equal = [&](auto *left, auto *right) {
    return left && right && *left == *right;
  };
  if (a.is<None>() || a.is<Namespace>())
    return b.is<None>() == a.is<None>() &&
           b.is<Namespace>() == a.is<Namespace>();
  auto *packed = a.as<PackedSequence>(), *other = b.as<PackedSequence>();
  if (packed && other)
    return packed->data == other->data && packed->lengths == other->lengths;
  return equal(a.as<int64_t>(), b.as<int64_t>()) ||
         equal(a.as<double>(), b.as<double>()) ||
         equal(a.as<bool>(), b.as<bool>()) ||
         equal(a.as<std::string>(), b.as<std::string>()) ||
         equal(a.as<DType>(), b.as<DType>()) ||
         equal(a.as<ModulePointer>(), b.as<ModulePointer>());
}

namespace {
/// The pairs of a carry and what the next step has in its place; nullopt if the
/// values differ in more.
using CarryPairs = std::vector<std::pair<Tensor, Tensor>>;
} // namespace

static bool pairUp(const Value &before, const Value &after, CarryPairs &pairs) {
  if (auto *tensor = before.as<Tensor>()) {
    auto *next = after.as<Tensor>();
    if (!next || next->getType() != tensor->getType())
      return false;
    pairs.emplace_back(*tensor, *next);
    return true;
  }
  auto *sequence = before.as<Sequence>(), *next = after.as<Sequence>();
  if (!sequence || !next)
    return isSame(before, after);
  if (sequence->items->size() != next->items->size() ||
      sequence->isList != next->isList)
    return false;
  for (auto [item, other] : llvm::zip(*sequence->items, *next->items))
    if (!pairUp(item, other, pairs))
      return false;
  return true;
}

/// The value with other tensors in the place of its own.
template <typename Function>
static Value mapTensors(const Value &value, Function function) {
  if (auto *tensor = value.as<Tensor>())
    return function(*tensor);
  auto mapAll = [&](const std::vector<Value> &items) {
    std::vector<Value> mapped;
    for (const Value &item : items)
      mapped.push_back(mapTensors(item, function));
    return mapped;
  };
  if (auto *sequence = value.as<Sequence>())
    return makeSequence(mapAll(*sequence->items), sequence->isList);
  if (auto *collected = value.as<Collected>()) {
    if (!collected->items)
      return Collected{nullptr, function(collected->stacked)};
    return Collected{
        std::make_shared<const std::vector<Value>>(mapAll(*collected->items)),
        {}};
  }
  if (auto *packed = value.as<PackedSequence>())
    return PackedSequence{function(packed->data), function(packed->lengths)};
  return value;
}

/// The value with the loop's time at one step.
static Value atStep(const Value &value, const LoopBody &body, int64_t step) {
  if (auto *time = value.as<LoopTime>(); time && time->loop == &body)
    return time->at(step);
  auto *sequence = value.as<Sequence>();
  if (!sequence)
    return value;
  std::vector<Value> items;
  for (const Value &item : *sequence->items)
    items.push_back(atStep(item, body, step));
  return makeSequence(std::move(items), sequence->isList);
}

class BodyCapture {
public:
  using Outcome = ForLoop::Outcome;

  BodyCapture(ForLoop &loop, int64_t first)
      : loop(loop), in(loop.in), first(first),
        body(in.graph, in.loop, loop.end - first) {
    body.errorsBefore = in.session.numErrorsMet();
  }

  Outcome run() {
    bindCarries();
    runBody();
    if (in.session.numErrorsMet() != body.errorsBefore || in.frame->returned ||
        !in.unboundDim.empty() || !isSupported())
      return Outcome::StepsDiffer;
    if (findChangedState())
      return Outcome::StateChanges;
    if (!checkNames())
      return Outcome::NamesChange;
    setCarries();
    finish();
    return Outcome::Captured;
  }

private:
  struct CarriedName {
    std::string name;
    Value before, inside; ///< the same with carries as tensors
  };

  void bindCarries();
  void runBody();
  bool isSupported();
  bool findChangedState();
  bool checkNames();
  void setCarries();
  void finish();
  void giveYields();
  void need(const Value &value);
  Value lastOf(const Value &value);
  Tensor slotOf(Tensor stacked, int64_t position) {
    return in.graph.squeeze(in.graph.slice(stacked, 0, position, position + 1),
                            0);
  }

  ForLoop &loop;
  Interpreter &in;
  const int64_t first;
  LoopBody body;
  std::vector<CarriedName> carried;
  std::vector<std::vector<Value>> given; ///< yields of the step
  llvm::DenseMap<Tensor, unsigned> ys;   ///< of the body, by their numbers
  llvm::DenseMap<Tensor, unsigned> carries;
  nn::ScanOp scan;
};

/// Names from outside that the body binds anew, and state that it changes.
void BodyCapture::bindCarries() {
  auto carry = [&](Tensor init) {
    Tensor inside = body.scan.addCarry(init);
    carries[inside] = body.scan.carries.size() - 1;
    return inside;
  };
  body.frame = in.frame;
  for (const std::string &name : loop.bound) {
    auto local = in.frame->locals.find(name);
    if (local == in.frame->locals.end())
      continue;
    Value before = local->second;
    local->second = mapTensors(before, carry);
    carried.push_back({name, before, local->second});
    body.unbound.insert(name);
  }
  for (const std::string &key : loop.changedState)
    in.segments[key] = carry(in.readSegment(key));
}

void BodyCapture::runBody() {
  llvm::SaveAndRestore<OpBuilder> at(in.graph.builder, body.scan.atEnd());
  llvm::SaveAndRestore<LoopBody *> inside(in.loop, &body);
  llvm::SaveAndRestore<DrawTime> time(
      in.drawTime,
      loop.drawTime(first - loop.begin, body.scan.time(), in.graph));
  llvm::SaveAndRestore<std::vector<std::vector<Value>> *> collect(
      in.frame->yields, &given);
  in.randomCounts = loop.drawsBefore;
  in.frame->locals[loop.stmt.variable.name.str()] = LoopTime{&body, 1, first};
  in.run(loop.stmt.body);
}

/// A scan holds no gradient, and every step yields once.
bool BodyCapture::isSupported() {
  if (llvm::any_of(body.scan.body(), llvm::IsaPred<nn::GradientOp>))
    return false;
  bool isFirst = first == loop.begin;
  return llvm::all_of(given,
                      [](const auto &values) { return values.size() == 1; }) &&
         (isFirst || given.size() == loop.yields.size());
}

bool BodyCapture::findChangedState() {
  size_t before = loop.changedState.size();
  for (auto &[key, value] : in.segments)
    if (body.isInside(value) && !llvm::is_contained(loop.changedState, key))
      loop.changedState.push_back(key);
  return loop.changedState.size() != before;
}

/// Leaves names that a step reads before it binds them: they must have one type
/// and kind in all steps.
bool BodyCapture::checkNames() {
  for (const CarriedName &name : carried)
    if (body.unbound.count(name.name))
      in.frame->locals[name.name] = name.before;
  llvm::erase_if(carried, [&](const CarriedName &name) {
    return !body.carried.count(name.name) || body.unbound.count(name.name);
  });
  return llvm::all_of(carried, [&](const CarriedName &name) {
    CarryPairs pairs;
    return pairUp(name.inside, in.frame->locals[name.name], pairs);
  });
}

void BodyCapture::setCarries() {
  for (auto &[inside, number] : carries)
    body.scan.setCarry(number, inside);
  for (const CarriedName &name : carried) {
    CarryPairs pairs;
    pairUp(name.inside, in.frame->locals[name.name], pairs);
    for (auto [inside, next] : pairs)
      body.scan.setCarry(carries[inside], next);
  }
  unsigned number = carries.size() - loop.changedState.size();
  for (const std::string &key : loop.changedState)
    body.scan.setCarry(number++, in.segments[key]);
}

/// The tensors of the value will be wanted after the loop.
void BodyCapture::need(const Value &value) {
  mapTensors(value, [&](Tensor tensor) {
    if (body.isInside(tensor) && !ys.count(tensor))
      ys[tensor] = body.scan.addY(tensor);
    return tensor;
  });
}

/// What a value of the body was in the last step.
Value BodyCapture::lastOf(const Value &value) {
  return atStep(mapTensors(value,
                           [&](Tensor tensor) {
                             auto y = ys.find(tensor);
                             return y == ys.end()
                                        ? tensor
                                        : slotOf(scan.getYs()[y->second],
                                                 body.steps - 1);
                           }),
                body, body.steps - 1);
}

void BodyCapture::finish() {
  std::map<std::string, Value> &locals = in.frame->locals;
  std::vector<std::string> others;
  for (const std::string &name : loop.bound) {
    if (body.carried.count(name) || body.unbound.count(name) ||
        !locals.count(name))
      continue;
    bool isWanted =
        in.frame->givesLocals || !in.frame->function ||
        isReadOutside(in.session, *in.frame->function, loop.stmt.body, name);
    if (isWanted)
      others.push_back(name), need(locals[name]);
    else
      locals.erase(name);
  }
  for (auto &values : given)
    if (auto *tensor = values.front().as<Tensor>();
        tensor && !ys.count(*tensor))
      ys[*tensor] = body.scan.addY(*tensor);
    else
      need(values.front());
  scan = body.create();
  for (const CarriedName &name : carried)
    in.bind(name.name, mapTensors(name.inside, [&](Tensor carry) {
              return slotOf(scan.getHistories()[carries[carry]], body.steps);
            }));
  for (const std::string &name : others)
    in.bind(name, lastOf(locals[name]));
  in.bind(loop.stmt.variable.name, loop.end - 1);
  unsigned number = carries.size() - loop.changedState.size();
  for (const std::string &key : loop.changedState)
    in.segments[key] = slotOf(scan.getHistories()[number++], body.steps);
  giveYields();
}

void BodyCapture::giveYields() {
  loop.countDraws();
  loop.yields.resize(given.size());
  loop.stacked.resize(given.size());
  for (auto [values, items, stacked] :
       llvm::zip(given, loop.yields, loop.stacked)) {
    if (auto *tensor = values.front().as<Tensor>()) {
      stacked = scan.getYs()[ys[*tensor]];
      continue;
    }
    for (int64_t step = 0; step < body.steps; ++step)
      items.push_back(atStep(
          mapTensors(values.front(),
                     [&](Tensor tensor) {
                       auto y = ys.find(tensor);
                       return y == ys.end()
                                  ? tensor
                                  : slotOf(scan.getYs()[y->second], step);
                     }),
          body, step));
  }
}

ForLoop::Outcome ForLoop::captureRest(int64_t first) {
  Interpreter::Snapshot before = in.save();
  for (;;) {
    Outcome outcome = BodyCapture(*this, first).run();
    if (outcome == Outcome::Captured)
      return outcome;
    in.restore(before);
    if (outcome != Outcome::StateChanges)
      return outcome;
  }
}

} // namespace sinter::capturing
