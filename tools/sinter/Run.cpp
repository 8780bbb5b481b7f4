// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter run`: calls an entry on tensors from files or literals.

#include "Session.h"
#include "sinter/Data/Npy.h"
#include "sinter/Data/Safetensors.h"
#include "sinter/Training/Checkpoint.h"
#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter::driver {

namespace {

/// One --input: a tensor, or a literal that takes the parameter's dtype.
struct Input {
  std::string name;
  Tensor tensor;
  nlohmann::json literal;
  std::vector<int64_t> shape;
  bool isLiteral = false;
};

} // namespace

/// The shape of a nested list; throws Error if it is ragged.
static std::vector<int64_t> literalShape(const nlohmann::json &value,
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

static Input parseInput(const std::string &text) {
  Input input;
  size_t equals = text.find('=');
  bool named = equals != std::string::npos && text.find_first_of("@[") > equals;
  input.name = named ? text.substr(0, equals) : "";
  std::string value = named ? text.substr(equals + 1) : text;
  if (!value.empty() && value[0] == '@') {
    input.tensor = readNpy(value.substr(1));
    input.shape = input.tensor.spec.shape;
    return input;
  }
  input.literal = nlohmann::json::parse(value, nullptr, false);
  if (input.literal.is_discarded())
    throw UsageError(
        fmt::format("--input: expected @FILE.npy, a number or a nested "
                    "list of numbers, but got '{}'",
                    value));
  input.isLiteral = true;
  input.shape = literalShape(input.literal, value);
  return input;
}

template <typename T> static void fill(const nlohmann::json &value, T *&to) {
  if (value.is_array()) {
    for (const nlohmann::json &element : value)
      fill(element, to);
  } else if (value.is_boolean()) {
    *to++ = static_cast<T>(value.get<bool>());
  } else if (value.is_number()) {
    *to++ = value.get<T>();
  } else {
    throw Error(
        fmt::format("--input: expected a number, but got {}", value.dump()));
  }
}

/// The literal as a tensor of the dtype that the entry expects.
static Tensor literalTensor(const Input &input, DType dtype) {
  Tensor tensor({input.name, dtype, input.shape});
  auto fillAs = [&](auto *to) { fill(input.literal, to); };
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

/// Puts the inputs into the order of the entry's parameters.
static std::vector<Tensor> orderInputs(const Entry &entry,
                                       std::vector<Input> &given) {
  const std::vector<TensorSpec> &specs = entry.instances.front().inputs;
  std::vector<Tensor> ordered(specs.size());
  std::vector<bool> bound(specs.size());
  for (Input &input : given) {
    size_t at = 0;
    while (
        at < specs.size() &&
        (input.name.empty() ? bool(bound[at]) : specs[at].name != input.name))
      ++at;
    if (at == specs.size() || bound[at])
      throw Error(fmt::format(at == specs.size()
                                  ? "'{}' has no parameter for input '{}'"
                                  : "'{}': input '{}' is given twice",
                              entry.name, input.name));
    ordered[at] = input.isLiteral ? literalTensor(input, specs[at].dtype)
                                  : std::move(input.tensor);
    bound[at] = true;
  }
  for (size_t i = 0; i < specs.size(); ++i)
    if (!bound[i])
      throw Error(fmt::format("'{}' needs input '{}: {}'", entry.name,
                              specs[i].name, typeText(specs[i])));
  return ordered;
}

/// Prints, or writes one NPY file or one safetensors file of all results.
static void giveResults(const std::vector<Tensor> &results,
                        const std::string &output) {
  if (output.empty()) {
    for (const Tensor &result : results)
      fmt::print("{}: {} = {}\n", result.spec.name, typeText(result.spec),
                 valueText(result));
    return;
  }
  bool npy = output.size() > 4 && output.substr(output.size() - 4) == ".npy";
  if (npy && results.size() != 1)
    throw Error(fmt::format("-o: expected a .safetensors file for {} results, "
                            "but got '{}'",
                            results.size(), output));
  std::vector<TensorView> views;
  for (const Tensor &result : results)
    views.push_back(viewOf(result, result.spec.name));
  if (npy)
    writeNpy(output, views.front());
  else
    writeSafetensors(output, views);
}

int run(const CommonOptions &common, const RunOptions &options) {
  CompilerOptions compilerOptions = common.compilerOptions();
  std::vector<Input> inputs;
  for (const std::string &text : options.inputs)
    inputs.push_back(parseInput(text));
  for (const Input &input : inputs)
    if (!input.name.empty())
      compilerOptions.inputShapes[input.name] = input.shape;
  Session session(compilerOptions, common.threads);
  if (common.entry.empty() && session.model().entries.size() != 1)
    throw UsageError(
        "expected --entry=NAME, since the file has several entries");
  const Entry &entry = common.entry.empty() ? session.model().entries.front()
                                            : session.entry(common.entry);
  std::vector<Tensor> ordered = orderInputs(entry, inputs);
  AlignedBuffer state = session.makeState(entry, options.seed);
  session.initialize(entry.state, state);
  if (!options.weights.empty())
    loadState(session.tableOf(entry), state, options.weights,
              StateContent::Weights);
  std::vector<const Tensor *> pointers;
  for (const Tensor &tensor : ordered)
    pointers.push_back(&tensor);
  giveResults(session.call(entry, state, pointers), options.output);
  return Done;
}

} // namespace sinter::driver
