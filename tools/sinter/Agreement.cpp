// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs entries of three compilations at the same points and compares.

#include "Agreement.h"
#include "CompareTensor.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

/// Mixed signs; what logarithms and arcsines take; what acosh takes.
static constexpr FloatRange ranges[] = {{-2, 2}, {0.1, 0.9}, {1.1, 3}};
static constexpr size_t usualRanges = 2; ///< the last is for what is NaN so far
static constexpr int neighbours = 16;

bool EntryAgreement::agrees() const {
  for (const TensorAgreement &tensor : tensors)
    if (tensor.worst.missed)
      return false;
  return true;
}

static std::unique_ptr<Session>
referenceFor(CompilerOptions options, const std::string &dtype, int threads) {
  options.optimize = false;
  options.dtype = dtype;
  options.warnings = false;
  options.insertAfter.clear();
  return std::make_unique<Session>(options, threads);
}

Agreement::Agreement(const CompilerOptions &options, int64_t seed, int threads)
    : compilerOptions(options), seed(seed), wideOnly(options.dtype == "f64"),
      random(uint64_t(seed)) {
  compilerOptions.gradientEntries = true;
  wide = referenceFor(compilerOptions, "f64", threads);
  if (!wideOnly)
    reference = referenceFor(compilerOptions, options.dtype, threads);
}

/// Takes ".check" off the name of an entry with gradients.
static bool consumeSuffix(std::string &name) {
  const std::string suffix = ".check";
  bool ends =
      name.size() > suffix.size() &&
      name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
  if (ends)
    name.resize(name.size() - suffix.size());
  return ends;
}

/// "Mlp.forward N=64"; the entry with gradients says so.
static std::string describe(const Entry &entry, const Instance &instance) {
  std::string text = entry.name;
  if (consumeSuffix(text))
    text += " in training";
  for (size_t i = 0; i < instance.dims.size(); ++i)
    text += fmt::format(" {}={}", entry.dims[i], instance.dims[i]);
  return text;
}

std::vector<EntryAgreement> Agreement::compare(Session &tested) {
  std::vector<EntryAgreement> results;
  for (const Entry &entry : plain().model().entries)
    for (size_t i = 0; i < entry.instances.size(); ++i)
      results.push_back(compareInstance(tested, entry, i));
  return results;
}

EntryAgreement Agreement::compareInstance(Session &tested, const Entry &entry,
                                          size_t instance) {
  EntryAgreement result;
  result.name = entry.name;
  consumeSuffix(result.name);
  result.entry = describe(entry, entry.instances[instance]);
  for (size_t range = 0; range < std::size(ranges); ++range) {
    auto isBlank = [](const TensorAgreement &tensor) {
      return !tensor.worst.anyNumber && tensor.spec.elements() > 0;
    };
    if (range >= usualRanges &&
        std::none_of(result.tensors.begin(), result.tensors.end(), isBlank))
      break;
    // Indices whose limits are computed may be out of range: 0 mostly is not.
    result.skipped.clear();
    for (bool zeroIntegers : {false, true}) {
      Case at{&entry, instance,
              makePoint(entry, instance, range, zeroIntegers)};
      if (comparePoint(tested, at, result))
        break;
    }
    if (!result.skipped.empty())
      break;
  }
  return result;
}

EntryFacts Agreement::factsOf(const Entry &entry, size_t instance) {
  Session &session = plain();
  return session.compiler().factsOf(entry.name, entry.instances[instance].dims);
}

Point Agreement::makePoint(const Entry &entry, size_t instance, size_t range,
                           bool zeroIntegers) {
  const Instance &types = entry.instances[instance];
  const Model &model = plain().model();
  Point point;
  EntryFacts facts = factsOf(entry, instance);
  for (size_t i = 0; i < types.inputs.size(); ++i) {
    Tensor &tensor = point.inputs.emplace_back(types.inputs[i]);
    IndexRange legal = i < facts.inputs.size() ? facts.inputs[i] : IndexRange();
    if (zeroIntegers)
      legal = {1, std::nullopt};
    fillRandomly(tensor, ranges[range], legal, random);
  }
  point.results.resize(types.results.size());
  if (int gradient = gradientResult(model, entry, types); gradient >= 0) {
    Tensor &tensor = point.results[gradient] = Tensor(types.results[gradient]);
    forEachGradient(*model.findState(entry.state),
                    [&](const TensorSpec &part, uint64_t offset) {
                      Tensor values(part);
                      fillRandomly(values, ranges[range], {}, random);
                      std::memcpy(tensor.bytes.as<char>() + offset,
                                  values.bytes.data(), part.bytes());
                    });
  }
  point.state = startingState(entry, range);
  return point;
}

/// Two steps of training, so that the state of the optimizer is plausible.
void Agreement::warmUp(const Entry &entry, size_t range, AlignedBuffer &state) {
  Session &session = plain();
  for (auto &[module, settings] : session.model().trainBlocks) {
    const Entry *step = session.model().findEntry(module + ".train_step");
    if (!step || step->state != entry.state)
      continue;
    EntryFacts facts = factsOf(*step, 0);
    for (int repetition = 0; repetition < 2; ++repetition) {
      std::vector<Tensor> inputs;
      for (const TensorSpec &spec : step->instances.front().inputs)
        fillRandomly(inputs.emplace_back(spec), ranges[range],
                     facts.inputs[inputs.size() - 1], random);
      std::vector<const Tensor *> pointers;
      for (const Tensor &tensor : inputs)
        pointers.push_back(&tensor);
      session.call(*step, state, pointers);
    }
  }
}

const AlignedBuffer &Agreement::startingState(const Entry &entry,
                                              size_t range) {
  Session &session = plain();
  const StateTable &table = session.tableOf(entry);
  auto [place, isNew] = states.try_emplace(
      fmt::format("{} {}", entry.state, range), AlignedBuffer());
  if (!isNew)
    return place->second;
  AlignedBuffer state = session.makeState(entry, seed);
  session.initialize(entry.state, state);
  // Biases start as 0 and scales as 1: away from that. Variances stay positive.
  for (const Segment &segment : table.segments) {
    Tensor values = loadSegment(state, segment);
    bool parameter = segment.kind == SegmentKind::Parameter;
    if (!isFloat(values.spec.dtype) ||
        (!parameter && segment.kind != SegmentKind::Buffer))
      continue;
    for (int64_t i = 0, n = values.spec.elements(); i < n; ++i)
      storeElement(
          values, i,
          elementAsDouble(values.spec.dtype, values.bytes.data(), i) +
              random.uniform(parameter ? -0.1 : 0.0, parameter ? 0.1 : 0.5));
    storeSegment(state, segment, values.bytes.data());
  }
  AlignedBuffer before = state;
  try {
    warmUp(entry, range, state);
  } catch (const Error &) {
    state = before; // no legal index was found: the state is good as it is
  }
  return place->second = std::move(state);
}

/// The tensors of a call: its results, with the gradient segment in parts, and
/// the state.
static std::vector<Tensor> listOutcome(std::vector<Tensor> results,
                                       int gradient, const StateTable &table,
                                       const AlignedBuffer &before,
                                       const AlignedBuffer &after) {
  std::vector<Tensor> all;
  for (size_t i = 0; i < results.size(); ++i) {
    if (int(i) != gradient) {
      all.push_back(std::move(results[i]));
      continue;
    }
    forEachGradient(table, [&](const TensorSpec &part, uint64_t offset) {
      Tensor &tensor = all.emplace_back(part);
      tensor.spec.name = "gradient." + part.name;
      std::memcpy(tensor.bytes.data(), results[i].bytes.as<char>() + offset,
                  part.bytes());
    });
  }
  for (const Segment &segment : table.segments)
    all.push_back(
        movement(loadSegment(before, segment), loadSegment(after, segment)));
  return all;
}

Agreement::Outcome Agreement::call(Session &session, const Case &at) const {
  const Entry &entry = session.entry(at.entry->name);
  const Instance &instance = entry.instances.at(at.instance);
  AlignedBuffer state = at.point.state;
  std::vector<const Tensor *> inputs;
  for (const Tensor &tensor : at.point.inputs)
    inputs.push_back(&tensor);
  std::vector<Tensor> results =
      session.call(entry, state, inputs, at.point.results);
  return listOutcome(std::move(results),
                     gradientResult(session.model(), entry, instance),
                     session.tableOf(entry), at.point.state, state);
}

Agreement::Outcome Agreement::callExact(const Case &at) {
  if (wideOnly)
    return call(*wide, at);
  const Entry &entry = wide->entry(at.entry->name);
  Case same{&entry, at.instance,
            converted(at.point, reference->tableOf(*at.entry),
                      wide->tableOf(entry), entry.instances.at(at.instance))};
  return call(*wide, same);
}

void Agreement::listTensors(const Case &at, const Outcome &got,
                            EntryAgreement &result) {
  const EntryFacts facts = factsOf(*at.entry, at.instance);
  const size_t results =
      got.size() - plain().tableOf(*at.entry).segments.size();
  for (size_t i = 0; i < got.size(); ++i) {
    TensorAgreement &tensor = result.tensors.emplace_back();
    tensor.name = got[i].spec.name;
    tensor.spec = got[i].spec;
    const bool isState = i >= results;
    const auto &sources = isState ? facts.stateSources : facts.resultSources;
    if (auto found = sources.find(tensor.name); found != sources.end())
      tensor.source = found->second;
    if (isState) {
      tensor.written = sources.count(tensor.name);
      tensor.name = "after." + tensor.name;
    }
  }
}

bool Agreement::comparePoint(Session &tested, const Case &at,
                             EntryAgreement &result) {
  Outcome exact, ofPlain, got;
  try {
    exact = callExact(at);
    ofPlain = wideOnly ? exact : call(*reference, at);
    got = call(tested, at);
  } catch (const Error &error) {
    result.skipped = error.what();
    return false;
  }
  result.skipped.clear();
  if (result.tensors.empty())
    listTensors(at, got, result);
  std::vector<TensorVerdict> verdicts;
  bool missed = false;
  for (size_t i = 0; i < got.size(); ++i) {
    verdicts.push_back(
        compareTensor(got[i], ofPlain[i], exact[i], floor(), {}));
    missed |= verdicts.back().missed > 0;
  }
  if (missed) {
    std::vector<Slack> slack = slackAt(at, exact, verdicts);
    for (size_t i = 0; i < got.size(); ++i)
      if (verdicts[i].missed)
        verdicts[i] =
            compareTensor(got[i], ofPlain[i], exact[i], floor(), slack[i]);
  }
  for (size_t i = 0; i < got.size(); ++i) {
    TensorAgreement &tensor = result.tensors[i];
    tensor.ties += verdicts[i].ties;
    bool anyNumber = tensor.worst.anyNumber || verdicts[i].anyNumber;
    if (verdicts[i].isWorseThan(tensor.worst))
      tensor.worst = verdicts[i];
    tensor.worst.anyNumber = anyNumber;
  }
  return true;
}

/// The point moved by rounding errors of different sizes.
Point Agreement::neighbour(const Case &at, int number) {
  const StateTable &table = plain().tableOf(*at.entry);
  const double epsilon = wideOnly ? 0x1p-52 : 0x1p-23;
  const double size = epsilon * std::exp2(number % 5);
  auto nudge = [&](Tensor &tensor) {
    for (int64_t i = 0, n = tensor.spec.elements();
         isFloat(tensor.spec.dtype) && i < n; ++i)
      storeElement(tensor, i,
                   elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), i) *
                       (1 + size * random.uniform(-1, 1)));
  };
  Point point = at.point;
  for (Tensor &input : point.inputs)
    nudge(input);
  for (Tensor &result : point.results)
    if (result.bytes.size())
      nudge(result);
  for (const Segment &segment : table.segments) {
    if (segment.kind == SegmentKind::Header)
      continue;
    Tensor values = loadSegment(point.state, segment);
    nudge(values);
    storeSegment(point.state, segment, values.bytes.data());
  }
  return point;
}

std::vector<Slack>
Agreement::slackAt(const Case &at, const Outcome &exact,
                   const std::vector<TensorVerdict> &verdicts) {
  std::vector<Slack> slack(exact.size());
  for (int number = 0; number < neighbours; ++number) {
    Case near{at.entry, at.instance, neighbour(at, number)};
    Outcome nearExact = callExact(near);
    Outcome nearPlain = wideOnly ? nearExact : call(*reference, near);
    for (size_t i = 0; i < exact.size(); ++i)
      if (verdicts[i].missed)
        slack[i].add(nearPlain[i], nearExact[i], exact[i]);
  }
  return slack;
}

} // namespace sinter::driver
