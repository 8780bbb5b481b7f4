// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs from files or literals, the call, and results to the terminal or
// files.
#include "sinter/Driver/RunCommand.h"
#include "ResultCurves.h"
#include "sinter/Data/Npy.h"
#include "sinter/Driver/ResultFile.h"
#include "sinter/Training/Checkpoint.h"
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace sinter::driver {

using nlohmann::json;

/// The shape of a nested list; throws Error if it is ragged.
static std::vector<int64_t> literalShape(const json &value,
                                         const std::string &text) {
  if (!value.is_array())
    return {};
  std::vector<int64_t> inner;
  for (size_t i = 0; i < value.size(); ++i) {
    std::vector<int64_t> shape = literalShape(value[i], text);
    if (i && shape != inner)
      throw Error(fmt::format("--input: expected rows of one length, but got "
                              "'{}'",
                              text));
    inner = shape;
  }
  inner.insert(inner.begin(), static_cast<int64_t>(value.size()));
  return inner;
}

static RunInput parseInput(const std::string &text) {
  RunInput input;
  size_t equals = text.find('=');
  bool named = equals != std::string::npos && text.find_first_of("@[") > equals;
  input.name = named ? text.substr(0, equals) : "";
  std::string value = named ? text.substr(equals + 1) : text;
  if (!value.empty() && value[0] == '@') {
    input.file = value.substr(1);
    TensorSpec spec = readNpyHeader(input.file);
    input.shape = std::move(spec.shape);
    input.dtype = spec.dtype;
    return input;
  }
  json literal = json::parse(value, nullptr, false);
  if (literal.is_discarded())
    throw UsageError(
        fmt::format("--input: expected @FILE.npy, a number or a nested "
                    "list of numbers, but got '{}'",
                    value));
  input.literal = value;
  input.shape = literalShape(literal, value);
  return input;
}

std::vector<RunInput> parseInputs(const std::vector<std::string> &texts) {
  std::vector<RunInput> inputs;
  for (const std::string &text : texts)
    inputs.push_back(parseInput(text));
  return inputs;
}

/// Whether the number is one of T, up to rounding of floats. 2.0 is an integer.
template <typename T> static bool fits(const json &value, DType dtype) {
  double number = value.get<double>();
  if constexpr (std::is_floating_point_v<T>)
    return std::fabs(number) <= double(std::numeric_limits<T>::max());
  if (dtype == DType::Bool)
    return number == 0 || number == 1;
  if (value.is_number_unsigned())
    return value.get<uint64_t>() <= uint64_t(std::numeric_limits<T>::max());
  if (value.is_number_integer())
    return value.get<int64_t>() >= int64_t(std::numeric_limits<T>::min()) &&
           value.get<int64_t>() <= int64_t(std::numeric_limits<T>::max());
  // Bounds of i64 are powers of two as floats.
  double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
  return std::trunc(number) == number && number < end &&
         number >= (std::is_signed_v<T> ? -end : 0.0);
}

template <typename T> static void fill(const json &value, DType dtype, T *&to) {
  if (value.is_array()) {
    for (const json &element : value)
      fill(element, dtype, to);
  } else if (value.is_boolean()) {
    *to++ = static_cast<T>(value.get<bool>());
  } else if (value.is_number() && fits<T>(value, dtype)) {
    *to++ = value.get<T>();
  } else {
    throw Error(fmt::format("--input: expected {} of {}, but got {}",
                            isFloat(dtype) ? "a number" : "a value",
                            nameOf(dtype), value.dump()));
  }
}

/// The literal as a tensor of the dtype that the entry expects.
static Tensor literalTensor(const RunInput &input, DType dtype) {
  Tensor tensor({input.name, dtype, input.shape});
  const json literal = json::parse(input.literal);
  auto fillAs = [&](auto *to) { fill(literal, dtype, to); };
  switch (dtype) {
  case DType::F64:
    fillAs(tensor.as<double>());
    break;
  case DType::F32:
    fillAs(tensor.as<float>());
    break;
  case DType::I64:
    fillAs(tensor.as<int64_t>());
    break;
  case DType::I32:
    fillAs(tensor.as<int32_t>());
    break;
  case DType::I16:
    fillAs(tensor.as<int16_t>());
    break;
  case DType::I8:
    fillAs(tensor.as<int8_t>());
    break;
  case DType::U8:
  case DType::Bool:
    fillAs(tensor.as<uint8_t>());
    break;
  default:
    throw Error(fmt::format("--input: {} literals are not supported yet",
                            nameOf(dtype)));
  }
  return tensor;
}

/// The parameter that `input` is for; throws Error if there is none left.
static size_t parameterFor(const RunInput &input, const Entry &entry,
                           const std::vector<bool> &bound) {
  const std::vector<TensorSpec> &specs = entry.instances.front().inputs;
  size_t at = 0;
  while (at < specs.size() &&
         (input.name.empty() ? bool(bound[at]) : specs[at].name != input.name))
    ++at;
  if (at == specs.size() && input.name.empty())
    throw Error(fmt::format("'{}' has {} parameters, but got more inputs",
                            entry.name, specs.size()));
  if (at == specs.size())
    throw Error(fmt::format("'{}' has no parameter for input '{}'", entry.name,
                            input.name));
  if (bound[at])
    throw Error(
        fmt::format("'{}': input '{}' is given twice", entry.name, input.name));
  return at;
}

/// Puts the inputs into the order of the entry's parameters: those with names
/// first, the others where there is none yet.
static std::vector<const RunInput *>
orderInputs(const Entry &entry, const std::vector<RunInput> &given) {
  const std::vector<TensorSpec> &specs = entry.instances.front().inputs;
  std::vector<const RunInput *> ordered(specs.size());
  std::vector<bool> bound(specs.size());
  for (bool named : {true, false})
    for (const RunInput &input : given) {
      if (input.name.empty() == named)
        continue;
      size_t at = parameterFor(input, entry, bound);
      ordered[at] = &input;
      bound[at] = true;
    }
  for (size_t i = 0; i < specs.size(); ++i)
    if (!bound[i])
      throw Error(fmt::format("'{}' needs input '{}: {}'", entry.name,
                              specs[i].name, typeText(specs[i])));
  return ordered;
}

/// The instance of the entry for these inputs; throws Error if there is none.
static const Instance &
instanceFor(const Entry &entry, const std::vector<const RunInput *> &inputs) {
  std::vector<TensorSpec> types;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorSpec &wanted = entry.instances.front().inputs[i];
    types.push_back({wanted.name,
                     inputs[i]->file.empty() ? wanted.dtype : inputs[i]->dtype,
                     inputs[i]->shape});
  }
  return ModelSession::instanceFor(entry, types);
}

static std::vector<Tensor>
readInputs(const Instance &instance,
           const std::vector<const RunInput *> &inputs) {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i)
    tensors.push_back(inputs[i]->file.empty()
                          ? literalTensor(*inputs[i], instance.inputs[i].dtype)
                          : readNpy(inputs[i]->file));
  return tensors;
}

void giveResults(const std::vector<Tensor> &results,
                 const std::string &output) {
  if (output.empty()) {
    for (const Tensor &result : results)
      fmt::print("{}: {} = {}\n", result.spec.name, typeText(result.spec),
                 valueText(result));
    return;
  }
  writeResults(output, results);
}

/// Whether the compiler made it beside the functions of the file.
static bool isOfCompiler(const Entry &entry) {
  static const std::set<std::string> names = {
      "init", "train_step", "gradients", "update", "evaluate", "step"};
  const size_t dot = entry.name.rfind('.');
  return dot != std::string::npos && names.count(entry.name.substr(dot + 1));
}

/// The entry to call where none is named; throws UsageError if there are
/// several.
static const Entry &onlyEntry(const Model &model) {
  std::string names;
  const Entry *found = nullptr;
  for (const Entry &entry : model.entries) {
    if (isOfCompiler(entry))
      continue;
    names += (found ? ", " : "") + entry.name;
    found = &entry;
  }
  if (!found)
    throw UsageError("expected a fn to call, with types of all its parameters");
  if (names != found->name)
    throw UsageError(fmt::format("expected --entry=NAME or a run block: the "
                                 "entries are {}",
                                 names));
  return *found;
}

void runEntry(ModelSession &session, const std::string &name,
              const std::vector<RunInput> &inputs, const RunOptions &options) {
  const Entry &entry =
      name.empty() ? onlyEntry(session.model()) : session.entry(name);
  std::optional<Picture> picture;
  if (!options.plot.empty())
    picture.emplace(options.plot);
  std::vector<const RunInput *> ordered = orderInputs(entry, inputs);
  const Instance &instance = instanceFor(entry, ordered);
  if (!options.output.empty())
    checkResultTypes(options.output, instance.results);
  std::vector<Tensor> tensors = readInputs(instance, ordered);
  AlignedBuffer state = session.makeState(entry, options.seed);
  session.initialize(entry.state, state);
  if (!options.weights.empty())
    loadState(session.tableOf(entry), state, options.weights,
              StateContent::Weights);
  std::vector<const Tensor *> pointers;
  for (const Tensor &tensor : tensors)
    pointers.push_back(&tensor);
  std::vector<Tensor> results = session.call(entry, state, pointers);
  giveResults(results, options.output);
  if (picture)
    drawResults(*picture, entry.name, results);
}

} // namespace sinter::driver
