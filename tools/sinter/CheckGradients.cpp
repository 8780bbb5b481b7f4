// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check --gradients`: compiled gradients against finite differences in
// f64, for every input and parameter; for a gradient that differs, the op whose
// own gradient does.

#include "FiniteDifferences.h"
#include "Golden.h"
#include <fmt/format.h>

namespace sinter::driver {

namespace {

class GradientCheck {
public:
  GradientCheck(const CommonOptions &common, const CheckOptions &options);

  int run();

private:
  GradientReport checkInstance(const Entry &entry, size_t instance);
  GradientReport withoutStops(const Entry &entry, size_t instance,
                              const Point &point, const GradientReport &report);
  /// A point where everything is finite, if one of the ranges has one.
  Point choosePoint(const Entry &entry, size_t instance);
  Point randomPoint(const Entry &entry, size_t instance,
                    const FloatRange &range, bool smallestIntegers);
  /// Prints the ops of an instance whose own gradients differ.
  void findOps(const Entry &entry, size_t instance, const Point &point);
  bool checkOp(Session &isolated, const Entry &op, const std::string &name,
               const std::vector<Tensor> &values);

  CompilerOptions options;
  int threads;
  Session session;
  std::unique_ptr<Session> throughStops; ///< made when it is needed
  RandomStream random;
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

/// Warnings have been printed before.
static CompilerOptions quietly(CompilerOptions options) {
  options.warnings = false;
  return options;
}

GradientCheck::GradientCheck(const CommonOptions &common,
                             const CheckOptions &options)
    : options(quietly(optionsFor(common, options.eval))),
      threads(common.threads), session(this->options, threads),
      random(uint64_t(options.seed)) {}

/// Parameters are spread over [-1, 1] and buffers over [0.5, 1.5]: variances
/// are positive.
Point GradientCheck::randomPoint(const Entry &entry, size_t instance,
                                 const FloatRange &range,
                                 bool smallestIntegers) {
  Point point;
  point.state = session.makeState(entry, 1);
  for (const Segment &segment : session.tableOf(entry).segments) {
    bool parameter = isParameter(segment.kind);
    if (!isFloat(segment.tensor.dtype) || !isWeight(segment.kind))
      continue;
    Tensor values(segment.tensor);
    fillRandomly(values, parameter ? FloatRange{-1, 1} : FloatRange{0.5, 1.5},
                 {}, random);
    storeSegment(point.state, segment, values.bytes.data());
  }
  const Instance &types = entry.instances[instance];
  EntryFacts facts = session.compiler().factsOf(entry.name, types.dims);
  for (const TensorSpec &spec : types.inputs) {
    IndexRange legal = facts.rangeOf(point.inputs.size());
    Tensor &tensor = point.inputs.emplace_back(spec);
    bool cotangent = spec.name.rfind("cotangent.", 0) == 0;
    fillRandomly(tensor, cotangent ? FloatRange{-1, 1} : range,
                 smallestIntegers ? legal.smallest() : legal, random);
  }
  return point;
}

Point GradientCheck::choosePoint(const Entry &entry, size_t instance) {
  std::optional<Point> first;
  std::string refusal;
  for (bool smallestIntegers : {false, true}) {
    for (const FloatRange &range :
         {FloatRange{-1, 1}, FloatRange{0.1, 0.9}, FloatRange{1.1, 3}}) {
      Point point = randomPoint(entry, instance, range, smallestIntegers);
      try {
        if (FiniteDifferences(session, entry, point).isFinite())
          return point;
        if (!first)
          first = std::move(point);
      } catch (const Error &error) {
        refusal = error.what(); // an index out of range: 0 mostly is legal
        break;
      }
    }
    if (first)
      return *first;
  }
  throw Error(refusal);
}

/// Checks one op at the values that its operands have in the entry; operand
/// "2.value7" is the entry's result "value7".
bool GradientCheck::checkOp(Session &isolated, const Entry &op,
                            const std::string &name,
                            const std::vector<Tensor> &values) {
  Point point;
  point.state = isolated.makeState(op, 1);
  for (const TensorSpec &spec : op.instances.front().inputs) {
    const Tensor *value =
        findTensor(values, spec.name.substr(spec.name.rfind('.') + 1));
    Tensor &tensor = point.inputs.emplace_back(spec);
    if (value)
      tensor = converted(*value, spec);
    else
      fillRandomly(tensor, {-1, 1}, {}, random);
  }
  GradientReport report =
      FiniteDifferences(isolated, op, std::move(point)).run();
  EntryFacts facts = isolated.compiler().factsOf(op.name, {});
  std::string source = facts.resultSources.empty()
                           ? ""
                           : facts.resultSources.begin()->second + ": ";
  for (const GradientMiss &miss : report.misses) {
    // "input.2.value7"
    std::string operand = miss.variable.substr(miss.variable.find('.') + 1);
    fmt::print(stderr,
               "{}the gradient of {} with respect to operand {} is wrong: "
               "element {} is {:.9g}, but finite differences of this op give "
               "{:.9g}\n",
               source, name, operand.substr(0, operand.find('.')), miss.index,
               miss.analytic, miss.numeric);
  }
  return report.misses.empty();
}

void GradientCheck::findOps(const Entry &entry, size_t instance,
                            const Point &point) {
  CompilerOptions isolating = options;
  isolating.entry = entry.name;
  isolating.isolateOps = true;
  isolating.warnings = false;
  Session isolated(isolating, threads);
  const Entry &whole = isolated.entry(entry.name);
  AlignedBuffer state = point.state;
  std::vector<const Tensor *> inputs;
  for (const Tensor &tensor : point.inputs)
    inputs.push_back(&tensor);
  std::vector<Tensor> values = isolated.call(whole, state, inputs);
  // "Net.forward.op0.12.nn.relu" is op 12 of instance 0.
  const std::string prefix = fmt::format("{}.op{}.", entry.name, instance);
  bool found = false;
  for (const Entry &op : isolated.model().entries)
    if (op.name.rfind(prefix, 0) == 0)
      found |= !checkOp(isolated, op,
                        op.name.substr(op.name.find('.', prefix.size()) + 1),
                        values);
  if (!found)
    fmt::print(stderr,
               "{}: the gradient of each op by itself is right: what differs "
               "is where gradients stop (detach, comparisons, rounding, "
               "indices) or how they add up\n",
               entry.name);
}

/// Difference quotients know nothing of `detach` and padding_idx: where they
/// differ, a compilation without such stops is compared in their place.
GradientReport GradientCheck::withoutStops(const Entry &entry, size_t instance,
                                           const Point &point,
                                           const GradientReport &report) {
  if (!throughStops) {
    CompilerOptions through = options;
    through.throughStops = true;
    through.warnings = false;
    throughStops = std::make_unique<Session>(through, threads);
  }
  const Entry &same = throughStops->entry(entry.name);
  FiniteDifferences stopped(session, entry, point);
  FiniteDifferences whole(*throughStops, same, point);
  GradientReport other = whole.run();
  other.stopped = stopped.countDifferent(whole);
  // A model without stops has the same misses once more.
  return other.stopped > 0 && other.misses.empty() ? other : report;
}

GradientReport GradientCheck::checkInstance(const Entry &entry,
                                            size_t instance) {
  Point point = choosePoint(entry, instance);
  GradientReport report = FiniteDifferences(session, entry, point).run();
  if (!report.misses.empty())
    report = withoutStops(entry, instance, point, report);
  for (const GradientMiss &miss : report.misses)
    fmt::print(stderr,
               "{}: gradient of {}: element {} is {:.9g}, but finite "
               "differences give {:.9g}\n",
               entry.name, miss.variable, miss.index, miss.analytic,
               miss.numeric);
  try {
    if (!report.misses.empty())
      findOps(entry, instance, point);
  } catch (const Reported &) {
    fmt::print(stderr, "{}: its ops cannot be compiled one by one\n",
               entry.name);
  }
  return report;
}

static std::string elements(int64_t count) {
  return fmt::format("{} element{}", count, count == 1 ? "" : "s");
}

static std::string describe(const Entry &entry, const GradientReport &report) {
  if (!report.gradients)
    return fmt::format("{}: no gradients", entry.name);
  const size_t missed = report.misses.size();
  std::string text =
      missed ? fmt::format("{}: {} of {} gradients differ from finite "
                           "differences",
                           entry.name, missed, report.gradients)
             : fmt::format(
                   "{}: {} with finite differences", entry.name,
                   report.gradients == 1
                       ? "1 gradient agrees"
                       : fmt::format("{} gradients agree", report.gradients));
  if (report.kinks)
    text += fmt::format("; {} at kinks", elements(report.kinks));
  if (report.stopped)
    text += fmt::format("; {} behind detach or padding_idx",
                        elements(report.stopped));
  if (report.unclear)
    text += fmt::format("; {} without a finite difference quotient",
                        elements(report.unclear));
  return text;
}

int GradientCheck::run() {
  bool good = true, any = false;
  for (const Entry &entry : session.model().entries) {
    for (size_t i = 0; i < entry.instances.size(); ++i) {
      GradientReport report;
      try {
        report = checkInstance(entry, i);
      } catch (const Error &error) {
        fmt::print("{}: not checked: {}\n", entry.name, error.what());
        continue;
      }
      any |= report.gradients > 0;
      good &= report.misses.empty();
      fmt::print("{}\n", describe(entry, report));
    }
  }
  if (!any)
    throw Error("there are no gradients to check");
  return good ? Done : CheckFailed;
}

/// Captures the model in the types that are written, which its errors speak of.
static void checkAsWritten(const CommonOptions &common, bool eval) {
  CompilerOptions options = optionsFor(common, eval);
  options.dtype = common.dtype;
  std::unique_ptr<Compiler> compiler = Compiler::create(options);
  std::string graph;
  if (!compiler || !compiler->emit("graph", graph))
    throw Reported();
}

int checkGradients(const CommonOptions &common, const CheckOptions &options) {
  checkAsWritten(common, options.eval);
  return GradientCheck(common, options).run();
}

} // namespace sinter::driver
