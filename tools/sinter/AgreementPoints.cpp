// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where `sinter check` compares: legal inputs, a state as training leaves it,
// and points beside them.

#include "Agreement.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

EntryFacts Agreement::factsOf(const Entry &entry, size_t instance) {
  Session &session = plain();
  return session.compiler().factsOf(entry.name, entry.instances[instance].dims);
}

Point Agreement::makePoint(const Entry &entry, size_t instance, size_t range,
                           bool smallestIntegers) {
  const Instance &types = entry.instances[instance];
  const Model &model = plain().model();
  Point point;
  EntryFacts facts = factsOf(entry, instance);
  for (size_t i = 0; i < types.inputs.size(); ++i) {
    Tensor &tensor = point.inputs.emplace_back(types.inputs[i]);
    IndexRange legal = facts.rangeOf(i);
    fillRandomly(tensor, floatRanges[range],
                 smallestIntegers ? legal.smallest() : legal, random);
  }
  point.results.resize(types.results.size());
  if (int gradient = gradientResult(types); gradient >= 0) {
    Tensor &tensor = point.results[gradient] = Tensor(types.results[gradient]);
    forEachGradient(*model.findState(entry.state),
                    [&](const TensorSpec &part, uint64_t offset) {
                      Tensor values(part);
                      fillRandomly(values, floatRanges[range], {}, random);
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
  const Entry *step =
      session.model().findEntry(entry.state, EntryRole::TrainStep);
  if (!step)
    return;
  EntryFacts facts = factsOf(*step, 0);
  for (int repetition = 0; repetition < 2; ++repetition) {
    std::vector<Tensor> inputs;
    for (const TensorSpec &spec : step->instances.front().inputs)
      fillRandomly(inputs.emplace_back(spec), floatRanges[range],
                   facts.inputs[inputs.size() - 1], random);
    std::vector<const Tensor *> pointers;
    for (const Tensor &tensor : inputs)
      pointers.push_back(&tensor);
    session.call(*step, state, pointers);
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
    bool parameter = isParameter(segment.kind);
    if (!isFloat(values.spec.dtype) || !isWeight(segment.kind))
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

} // namespace sinter::driver
