// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function of the graph phase while it is built: arguments, results, state
// and random draws.
#include "Loop.h"
#include "State.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace sinter::capturing {

Interpreter::Interpreter(Session &session, DimBinding dims,
                         const StateLayout *state, bool training)
    : session(session), dims(std::move(dims)), state(state), training(training),
      graph(OpBuilder(&session.context), session.location({})) {}

void Interpreter::beginFunction(llvm::StringRef name, Location location) {
  function = func::FuncOp::create(location, name,
                                  FunctionType::get(&session.context, {}, {}));
  graph.builder.setInsertionPointToStart(function.addEntryBlock());
  graph.location = location;
  argumentAttributes.clear();
  results.clear();
  resultAttributes.clear();
  segments.clear();
  changedSegments.clear();
  constants.clear();
  randomCounts.clear();
  randomIds = {};
}

static NamedAttrList interfaceAttributes(Builder &builder, llvm::StringRef name,
                                         llvm::StringRef role = "",
                                         bool inout = false) {
  NamedAttrList attributes;
  attributes.set("nn.name", builder.getStringAttr(name));
  if (!role.empty())
    attributes.set("nn.generated", builder.getStringAttr(role));
  if (inout)
    attributes.set("nn.inout", builder.getUnitAttr());
  return attributes;
}

Tensor Interpreter::insertArgument(Type type, NamedAttrList attributes) {
  argumentAttributes.push_back(std::move(attributes));
  return function.getBody().addArgument(type, graph.location);
}

Tensor Interpreter::addArgument(Type type, llvm::StringRef name) {
  return insertArgument(type, interfaceAttributes(graph.builder, name));
}

void Interpreter::addResult(Tensor value, llvm::StringRef name) {
  results.push_back(value);
  resultAttributes.push_back(interfaceAttributes(graph.builder, name));
}

StringAttr Interpreter::argumentName(unsigned number) const {
  return cast<StringAttr>(argumentAttributes[number].get("nn.name"));
}

std::string Interpreter::freeName(llvm::StringRef role) const {
  llvm::StringSet<> taken;
  for (const auto *all : {&argumentAttributes, &resultAttributes})
    for (const NamedAttrList &attributes : *all)
      taken.insert(cast<StringAttr>(attributes.get("nn.name")).getValue());
  std::string name = role.str();
  while (taken.contains(name))
    name += "_";
  return name;
}

Tensor Interpreter::addGenerated(Type type, llvm::StringRef role, bool inout) {
  return insertArgument(
      type, interfaceAttributes(graph.builder, freeName(role), role, inout));
}

void Interpreter::addGenerated(Tensor result, llvm::StringRef role,
                               bool inout) {
  std::string name = inout ? "" : freeName(role);
  // What is one buffer has one name.
  for (const NamedAttrList &attributes : argumentAttributes)
    if (auto own = dyn_cast_or_null<StringAttr>(attributes.get("nn.generated"));
        inout && own && own.getValue() == role)
      name = cast<StringAttr>(attributes.get("nn.name")).str();
  results.push_back(result);
  resultAttributes.push_back(
      interfaceAttributes(graph.builder, name, role, inout));
}

std::vector<std::pair<std::string, Tensor>> Interpreter::namedResults() const {
  std::vector<std::pair<std::string, Tensor>> named;
  for (auto [result, attributes] : llvm::zip(results, resultAttributes))
    named.emplace_back(cast<StringAttr>(attributes.get("nn.name")).str(),
                       result);
  return named;
}

func::FuncOp Interpreter::endFunction() {
  for (const std::string &key : changedSegments)
    graph.create<nn::SetSegmentOp>(state->name, key,
                                   segments.find(key)->second);
  graph.create<func::ReturnOp>(results);
  // All at once: types and attributes are unique and stay for good.
  llvm::SmallVector<Type> types;
  for (Tensor result : results)
    types.push_back(result.getType());
  function.setFunctionType(FunctionType::get(
      &session.context, function.getBody().getArgumentTypes(), types));
  auto dictionaries = [&](llvm::ArrayRef<NamedAttrList> all) {
    return llvm::map_to_vector(all, [&](const NamedAttrList &attributes) {
      return attributes.getDictionary(&session.context);
    });
  };
  function.setAllArgAttrs(dictionaries(argumentAttributes));
  function.setAllResultAttrs(dictionaries(resultAttributes));
  nameCheckedInputs();
  return function;
}

/// Builds before all loops that are captured.
Graph &Interpreter::graphBeforeLoops() {
  Graph *before = &graph;
  for (LoopBody *body = loop; body; body = body->around)
    before = &body->outside;
  return *before;
}

Tensor Interpreter::readSegment(llvm::StringRef key) {
  auto known = segments.find(key);
  if (known != segments.end())
    return known->second;
  const SegmentLayout *segment = state->find(key);
  assert(segment && "a segment that the layout does not have");
  // State is read before loops: what they change is a carry.
  Tensor value = graphBeforeLoops().create<nn::GetSegmentOp>(segment->type,
                                                             state->name, key);
  segments.emplace(key.str(), value);
  return value;
}

void Interpreter::writeSegment(llvm::StringRef key, Tensor value) {
  segments[key.str()] = value;
  changedSegments.insert(key.str());
}

/// Whether the tensor has a place in the state; false after an error.
bool Interpreter::isInState(const TensorSlot &slot, SourceRange range) {
  const SegmentLayout *segment =
      state && !slot.key.empty() ? state->find(slot.key) : nullptr;
  if (!segment)
    session.error(range, "expected a place where the module's tensors exist: "
                         "inside a fn that an entry calls");
  else if (segment->type != slot.type)
    session.error(slot.range, "expected one shape for all instances, but '" +
                                  slot.key + "' would be " +
                                  describeType(segment->type) + " and " +
                                  describeType(slot.type));
  else
    return true;
  return false;
}

Value Interpreter::readTensor(const TensorSlot &slot, SourceRange range) {
  return isInState(slot, range) ? Value(readSegment(slot.key)) : Value();
}

void Interpreter::writeTensor(const TensorSlot &slot, Tensor value,
                              SourceRange range) {
  if (isInState(slot, range))
    writeSegment(slot.key, value);
}

/// FNV-1a: the same on every machine and in every version.
static int64_t stableHash(llvm::StringRef text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return int64_t(hash & 0x7fffffffffffffff);
}

int64_t Interpreter::nextRandomId(llvm::StringRef kind) {
  std::string place = path + "#" + kind.str();
  place += "#" + std::to_string(randomCounts[place]++);
  // Steps of a loop draw at one place, at several times.
  auto [known, isNew] = randomIds.byPlace.try_emplace(place);
  if (isNew) {
    std::string text = place;
    while (!randomIds.taken.insert(stableHash(text)).second)
      text += "'";
    known->second = stableHash(text);
  }
  return known->second;
}

Tensor Interpreter::seed() {
  if (currentConst || !state)
    return graph.integer(session.seed, graph.builder.getI64Type());
  return readSegment("trainer.seed");
}

Tensor Interpreter::batch() {
  mlir::Type i64 = graph.builder.getI64Type();
  constexpr int64_t upperHalf = int64_t(1) << 32;
  bool isFixed = currentConst || !state || initializing;
  Tensor batch = isFixed ? graph.integer(0, i64) : readSegment("trainer.batch");
  if (drawTime.computed)
    return graph.add(
        batch, graph.mul(drawTime.computed, graph.integer(upperHalf, i64)));
  if (drawTime.constant)
    return graph.add(batch, graph.integer(drawTime.constant * upperHalf, i64));
  return batch;
}

Tensor Interpreter::randomUniform(RankedTensorType type, int64_t id) {
  return graph.create<nn::RandomUniformOp>(type, seed(), batch(),
                                           /*draw=*/Tensor(), uint64_t(id));
}

Tensor Interpreter::randomNormal(RankedTensorType type, int64_t id) {
  return graph.create<nn::RandomNormalOp>(type, seed(), batch(),
                                          /*draw=*/Tensor(), uint64_t(id));
}

} // namespace sinter::capturing
