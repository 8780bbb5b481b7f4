// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Typed access to the arguments of a built-in.
#include "Call.h"
#include "llvm/ADT/StringExtras.h"

namespace sinter::capturing {

const BoundArgument &Call::argument(llvm::StringRef name) const {
  int index = signature.indexOf(name);
  assert(index >= 0 && "a built-in reads a parameter it does not have");
  return arguments[index];
}

const Value &Call::value(llvm::StringRef name) const {
  return argument(name).value;
}
SourceRange Call::rangeOf(llvm::StringRef name) const {
  return argument(name).range;
}
bool Call::isGiven(llvm::StringRef name) const {
  return signature.indexOf(name) >= 0 && argument(name).given;
}

Value Call::error(SourceRange at, const llvm::Twine &message) {
  hasFailed = true;
  return interpreter.poison(at, message);
}

Value Call::expected(llvm::StringRef name, const llvm::Twine &what) {
  hasFailed = true;
  if (value(name).isPoison())
    return Poison{};
  return error(name, "expected " + what + " as argument '" + name + "' of '" +
                         signature.name + "', but got " +
                         value(name).describe());
}

Tensor Call::tensor(llvm::StringRef name) {
  if (Tensor tensor = interpreter.toTensor(value(name), rangeOf(name)))
    return tensor;
  hasFailed = true;
  return graph.scalar(0, interpreter.session.defaultFloat());
}

Tensor Call::floatTensor(llvm::StringRef name) {
  Tensor x = tensor(name);
  return isFloat(x) ? x : graph.cast(x, interpreter.session.defaultFloat());
}

Tensor Call::floats(llvm::StringRef name) {
  Tensor x = tensor(name);
  if (!isFloat(x) && !value(name).isNumber() && !failed())
    expected(name, "a tensor of floats");
  return isFloat(x) ? x : graph.cast(x, interpreter.session.defaultFloat());
}

Tensor Call::indexTensor(llvm::StringRef name) {
  Tensor x = tensor(name);
  if (!elementOf(x).isInteger(64) && !elementOf(x).isInteger(32) && !failed())
    expected(name, "a tensor of indices (i64)");
  return x;
}

Tensor Call::filling(llvm::StringRef name, mlir::Type element) {
  const Value &given = value(name);
  if (element && given.isNumber() && !fitsElement(given, element))
    expected(name, "a number that fits in " + describeType(element));
  Tensor x = interpreter.toTensor(given, rangeOf(name), element);
  if (x && rankOf(x) == 0)
    return x;
  if (!x)
    hasFailed = true;
  else
    expected(name, "a number or a tensor of rank 0");
  return graph.scalar(0, interpreter.session.defaultFloat());
}

Tensor Call::optionalTensor(llvm::StringRef name) {
  return isNone(name) ? Tensor() : tensor(name);
}

std::vector<Tensor> Call::tensors(llvm::StringRef name) {
  std::vector<Tensor> all;
  const Value &given = value(name);
  auto *sequence = given.as<Sequence>();
  Value list;
  if (auto *collected = given.as<Collected>()) {
    list = makeSequence(itemsOf(interpreter, *collected, rangeOf(name)), true);
    sequence = list.as<Sequence>();
  }
  if (!sequence) {
    expected(name, "a list of tensors");
    return all;
  }
  mlir::Type element = interpreter.promote(*sequence->items);
  for (const Value &item : *sequence->items) {
    if (Tensor tensor = interpreter.toTensor(item, rangeOf(name)))
      all.push_back(element ? graph.cast(tensor, element) : tensor);
    else
      hasFailed = true;
  }
  if (all.empty() && !failed())
    expected(name, "at least one tensor");
  return all;
}

std::vector<Tensor> Call::promoted(llvm::ArrayRef<llvm::StringRef> names) {
  std::vector<Value> values;
  for (llvm::StringRef name : names)
    values.push_back(value(name));
  mlir::Type element = interpreter.promote(values);
  std::vector<Tensor> all;
  for (llvm::StringRef name : names) {
    Tensor x = interpreter.toTensor(value(name), rangeOf(name), element);
    hasFailed |= !x;
    all.push_back(x ? x : graph.scalar(0, interpreter.session.defaultFloat()));
  }
  if (!failed())
    checkBroadcast(all);
  return all;
}

bool Call::mayMakeParts(int64_t count) {
  hasFailed |= !interpreter.session.mayRun(range, count);
  return !hasFailed;
}

int64_t Call::integer(llvm::StringRef name) {
  if (auto *integer = value(name).as<int64_t>())
    return *integer;
  expected(name, "an integer");
  return 0;
}

double Call::number(llvm::StringRef name) {
  if (value(name).isNumber())
    return value(name).toDouble();
  expected(name, "a number");
  return 0;
}

std::optional<double> Call::optionalNumber(llvm::StringRef name) {
  if (isNone(name))
    return std::nullopt;
  return number(name);
}

bool Call::flag(llvm::StringRef name) {
  if (auto *flag = value(name).as<bool>())
    return *flag;
  if (auto *integer = value(name).as<int64_t>())
    return *integer != 0;
  expected(name, "true or false");
  return false;
}

std::string Call::string(llvm::StringRef name) {
  if (auto *text = value(name).as<std::string>())
    return *text;
  expected(name, "a string");
  return "";
}

std::string Call::choice(llvm::StringRef name,
                         llvm::ArrayRef<llvm::StringRef> choices) {
  std::string text = string(name);
  if (!failed() && !llvm::is_contained(choices, text))
    expected(name, "one of \"" + llvm::join(choices, "\", \"") + "\"");
  return failed() ? choices.front().str() : text;
}

Shape Call::integers(llvm::StringRef name) {
  Shape all;
  const Value *list = &value(name);
  if (auto *sequence = list->as<Sequence>())
    if (sequence->items->size() == 1 && sequence->items->front().is<Sequence>())
      list = &sequence->items->front();
  for (const Value &item : elementsOf(*list)) {
    if (auto *integer = item.as<int64_t>())
      all.push_back(*integer);
    else if (item.isPoison())
      hasFailed = true;
    else
      error(name, "expected integers as argument '" + name + "' of '" +
                      signature.name + "', but got " + item.describe());
  }
  return all;
}

Shape Call::extents(llvm::StringRef name) {
  Shape shape = integers(name);
  if (!failed() && llvm::any_of(shape, [](int64_t size) { return size < 0; }))
    error(name, "expected extents that are not negative, but got " +
                    describeShape(shape));
  if (failed())
    return {};
  std::string excess =
      describeExcess(graph.type(shape, interpreter.session.defaultFloat()));
  if (!excess.empty())
    error(name, excess);
  return failed() ? Shape() : shape;
}

static bool normalizeDim(int64_t &dim, int64_t rank) {
  // PyTorch lets rank 0 count as rank 1 here.
  int64_t limit = std::max<int64_t>(rank, 1);
  if (dim < -limit || dim >= limit)
    return false;
  dim += dim < 0 ? limit : 0;
  return true;
}

int64_t Call::dim(llvm::StringRef name, int64_t rank) {
  int64_t result = integer(name);
  if (!failed() && !normalizeDim(result, rank))
    error(name, "expected a dim of a tensor of rank " + llvm::Twine(rank) +
                    ", but got " + llvm::Twine(result));
  return failed() ? 0 : result;
}

Shape Call::dims(llvm::StringRef name, int64_t rank) {
  if (isNone(name))
    return allDims(rank);
  Shape result = integers(name);
  if (failed() || result.empty())
    return allDims(rank);
  for (int64_t &dim : result)
    if (!normalizeDim(dim, rank)) {
      error(name, "expected dims of a tensor of rank " + llvm::Twine(rank) +
                      ", but got " + llvm::Twine(dim));
      return {};
    }
  llvm::sort(result);
  if (std::adjacent_find(result.begin(), result.end()) != result.end())
    error(name, "expected different dims, but one is given twice");
  return rank ? result : Shape();
}

mlir::Type Call::element(llvm::StringRef name) {
  if (isNone(name))
    return {};
  if (auto *dtype = value(name).as<DType>()) {
    mlir::Type type = interpreter.session.elementType(*dtype, rangeOf(name));
    hasFailed |= !type;
    return type;
  }
  if (auto *builtin = value(name).as<BuiltinValue>())
    if (auto dtype = torchDType(nameOf(*builtin->builtin))) {
      error(name, llvm::Twine("expected '") + nameOf(*dtype) +
                      "' as argument '" + name + "' of '" + signature.name +
                      "', but got " + value(name).describe());
      return {};
    }
  expected(name, "a dtype");
  return {};
}

Tensor Call::stopGradient(Tensor tensor) {
  return interpreter.session.options.throughStops ? tensor
                                                  : graph.detach(tensor);
}

Call Call::options() const {
  const Signature &signature = self->layer->signature;
  std::vector<BoundArgument> bound;
  for (const SignatureParameter &parameter : signature.parameters)
    bound.push_back({true, self->options.at(parameter.name), range});
  return Call(interpreter, signature, std::move(bound), range, self);
}

void Call::addTensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                     Initializer init, bool isBuffer, mlir::Type element) {
  if (failed())
    return;
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; })) {
    error(range, "expected sizes that are not negative, but '" + name +
                     "' would be " + describeShape(shape));
    return;
  }
  auto type =
      graph.type(shape, element ? element : interpreter.session.defaultFloat());
  if (std::string excess = describeExcess(type); !excess.empty())
    error(range, excess + " for '" + name + "'");
  hasFailed |= !interpreter.mayAddModule(range);
  if (failed())
    return;
  auto slot = std::make_shared<TensorSlot>();
  slot->type = type;
  slot->init = init;
  slot->isBuffer = isBuffer;
  slot->range = range;
  slot->owner = self;
  self->tensors.insert({name.str(), std::move(slot)});
}

Tensor Call::own(llvm::StringRef name) {
  TensorSlot *slot = self->tensor(name);
  if (!slot)
    return {};
  Value value = interpreter.readTensor(*slot, range);
  if (auto *tensor = value.as<Tensor>())
    return *tensor;
  hasFailed = true;
  return graph.splat(0, slot->type);
}

} // namespace sinter::capturing
