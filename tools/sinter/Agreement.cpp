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

static constexpr int neighbours = 16;

bool EntryAgreement::agrees() const {
  for (const TensorAgreement &tensor : tensors)
    if (tensor.worst.missed)
      return false;
  return true;
}

static std::unique_ptr<Session>
referenceFor(CompilerOptions options, const std::string &dtype, int threads) {
  options.fold = options.optimize = false;
  options.dtype = dtype;
  options.warnings = false;
  options.insertAfter.clear();
  return std::make_unique<Session>(options, threads);
}

Agreement::Agreement(const CompilerOptions &options, int64_t seed, int threads)
    : compilerOptions(options), seed(seed), wideOnly(options.dtype == "f64"),
      random(uint64_t(seed)) {
  compilerOptions.gradientEntries = true;
  // In this order, so that errors speak of the types that are written. What the
  // narrow one gets wrong is what rounding does: nothing in it may be exact.
  if (!wideOnly) {
    CompilerOptions narrow = compilerOptions;
    narrow.wideSums = false;
    reference = referenceFor(narrow, options.dtype, threads);
  }
  wide = referenceFor(compilerOptions, "f64", threads);
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
  for (size_t range = 0; range < std::size(floatRanges); ++range) {
    auto isBlank = [](const TensorAgreement &tensor) {
      return !tensor.worst.anyNumber && tensor.spec.elements() > 0;
    };
    if (range >= usualRanges &&
        std::none_of(result.tensors.begin(), result.tensors.end(), isBlank))
      break;
    // Indices whose limits are computed may be out of range: 0 mostly is not.
    result.skipped.clear();
    for (bool smallestIntegers : {false, true}) {
      Case at{&entry, instance,
              makePoint(entry, instance, range, smallestIntegers)};
      if (comparePoint(tested, at, result))
        break;
    }
    if (!result.skipped.empty())
      break;
  }
  return result;
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
    if (segment.kind != SegmentKind::Prepared)
      all.push_back(
          movement(loadSegment(before, segment), loadSegment(after, segment)));
  return all;
}

Agreement::Outcome Agreement::call(Session &session, const Case &at,
                                   bool prepared) const {
  const Entry &entry = session.entry(at.entry->name);
  const Instance &instance = entry.instances.at(at.instance);
  // Prepared segments, which only optimized code has, come last.
  AlignedBuffer state(session.tableOf(entry).bytes);
  std::memcpy(state.data(), at.point.state.data(),
              std::min(state.size(), at.point.state.size()));
  if (prepared)
    session.prepare(entry.state, state);
  std::vector<const Tensor *> inputs;
  for (const Tensor &tensor : at.point.inputs)
    inputs.push_back(&tensor);
  std::vector<Tensor> results =
      session.call(entry, state, inputs, at.point.results);
  return listOutcome(std::move(results), gradientResult(instance),
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
  compareOutcome(at, exact, ofPlain, got, result);
  if (tested.model().findEntry(at.entry->state, EntryRole::Prepare))
    compareOutcome(at, exact, ofPlain, call(tested, at, /*prepared=*/true),
                   result);
  return true;
}

void Agreement::compareOutcome(const Case &at, const Outcome &exact,
                               const Outcome &ofPlain, const Outcome &got,
                               EntryAgreement &result) {
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
