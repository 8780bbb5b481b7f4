// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check --gradients`: compiled gradients against finite differences in
// f64, for every input and parameter.

#include "Golden.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

namespace {

/// Central differences of f(x) = sum(output * cotangent) at random points.
class GradientCheck {
public:
  GradientCheck(Session &session, const Entry &entry);
  /// The number of gradients compared; prints each that misses.
  int64_t run();
  bool failed() const { return missed; }

private:
  /// sum(output * cotangent) at the current inputs and parameters.
  double objective();
  std::vector<Tensor> call();
  /// The elements of an input or parameter; null if there is none.
  double *variable(const std::string &name);
  /// Compares one tensor's gradient; false if an element misses.
  bool checkTensor(const std::string &name, const Tensor &gradient);
  bool checkElement(const std::string &name, int64_t index, double analytic);
  double differenceQuotient(const std::string &name, int64_t index);
  double random() { return draws() * 2.0 - 1.0; }
  double draws();

  Session &session;
  const Entry &entry;
  const StateTable &table;
  AlignedBuffer initial, state;
  std::vector<Tensor> inputs;
  uint32_t counter = 0;
  bool missed = false;
};

} // namespace

static CompilerOptions optionsFor(const CommonOptions &common, bool eval) {
  CompilerOptions options = common.compilerOptions();
  options.check = true;
  options.evalMode = eval;
  options.dtype = "f64";
  options.cotangents = {"*"};
  return options;
}

double GradientCheck::draws() {
  // A small generator is enough: the points must only be in general position.
  counter = counter * 1664525u + 1013904223u;
  return (counter >> 8) * 0x1p-24;
}

/// Parameters and inputs are spread over [-1, 1] and buffers over [0.5, 1.5]
/// (variances are positive); integers are 0 or 1: rows of any table.
GradientCheck::GradientCheck(Session &session, const Entry &entry)
    : session(session), entry(entry), table(session.tableOf(entry)),
      initial(session.makeState(entry, 1)) {
  for (const Segment &segment : table.segments) {
    auto *values = reinterpret_cast<double *>(
        static_cast<char *>(initial.data()) + segment.offset);
    bool parameter = segment.kind == SegmentKind::Parameter;
    if (segment.tensor.dtype == DType::F64 &&
        (parameter || segment.kind == SegmentKind::Buffer))
      for (int64_t i = 0; i < segment.tensor.elements(); ++i)
        values[i] = parameter ? random() : 0.5 + draws();
  }
  for (const TensorSpec &spec : entry.instances.front().inputs) {
    Tensor &tensor = inputs.emplace_back(spec);
    for (int64_t i = 0; i < spec.elements(); ++i) {
      if (spec.dtype == DType::F64)
        tensor.as<double>()[i] = random();
      else
        tensor.as<char>()[i * sizeOf(spec.dtype)] = draws() < 0.5;
    }
  }
}

std::vector<Tensor> GradientCheck::call() {
  state = initial; // every call sees the same buffers and the same draws
  std::vector<const Tensor *> pointers;
  for (const Tensor &tensor : inputs)
    pointers.push_back(&tensor);
  return session.call(entry, state, pointers);
}

double GradientCheck::objective() {
  double sum = 0;
  for (const Tensor &result : call()) {
    const std::string prefix = "output.";
    if (result.spec.name.compare(0, prefix.size(), prefix) != 0)
      continue;
    std::string name = "cotangent." + result.spec.name.substr(prefix.size());
    const Tensor *cotangent = findTensor(inputs, name);
    for (int64_t i = 0; cotangent && i < result.spec.elements(); ++i)
      sum += result.as<double>()[i] * cotangent->as<double>()[i];
  }
  return sum;
}

double *GradientCheck::variable(const std::string &name) {
  for (Tensor &input : inputs)
    if ("input." + input.spec.name == name)
      return input.as<double>();
  const Segment *segment = table.find(name);
  return segment ? reinterpret_cast<double *>(
                       static_cast<char *>(initial.data()) + segment->offset)
                 : nullptr;
}

double GradientCheck::differenceQuotient(const std::string &name,
                                         int64_t index) {
  const double step = 1e-5; // error of about step² and of 1e-16 / step
  double *at = variable(name) + index, saved = *at;
  *at = saved + step;
  double above = objective();
  *at = saved - step;
  double below = objective();
  *at = saved;
  return (above - below) / (2 * step);
}

bool GradientCheck::checkElement(const std::string &name, int64_t index,
                                 double analytic) {
  double numeric = differenceQuotient(name, index);
  double scale = std::max({std::fabs(numeric), std::fabs(analytic), 1.0});
  if (std::fabs(numeric - analytic) <= 1e-6 * scale)
    return true;
  fmt::print(stderr,
             "{}: gradient of {}: element {} is {:.9g}, but finite differences "
             "give {:.9g}\n",
             entry.name, name, index, analytic, numeric);
  return false;
}

bool GradientCheck::checkTensor(const std::string &name,
                                const Tensor &gradient) {
  if (!variable(name))
    throw Error(fmt::format("gradient '{}' belongs to no input", name));
  const int64_t count = gradient.spec.elements();
  const int64_t stride = std::max<int64_t>(1, count / 64);
  for (int64_t i = 0; i < count; i += stride)
    if (!checkElement(name, i, gradient.as<double>()[i]))
      return false;
  return true;
}

int64_t GradientCheck::run() {
  int64_t checked = 0;
  const std::string prefix = "grad.";
  for (const Tensor &result : call()) {
    if (result.spec.name.compare(0, prefix.size(), prefix) != 0)
      continue;
    missed |= !checkTensor(result.spec.name.substr(prefix.size()), result);
    ++checked;
  }
  return checked;
}

int checkGradients(const CommonOptions &common, bool eval) {
  Session session(optionsFor(common, eval), common.threads);
  bool good = true, any = false;
  for (const Entry &entry : session.model().entries) {
    GradientCheck check(session, entry);
    int64_t checked = check.run();
    any |= checked > 0;
    good &= !check.failed();
    if (!checked)
      fmt::print("{}: no gradients\n", entry.name);
    else if (!check.failed())
      fmt::print("{}: {} {} with finite differences\n", entry.name, checked,
                 checked == 1 ? "gradient agrees" : "gradients agree");
  }
  if (!any)
    throw Error("there are no gradients to check");
  return good ? Done : CheckFailed;
}

} // namespace sinter::driver
