// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check --steps=K`: K steps of a train block against golden numbers.

#include "Golden.h"
#include "sinter/Training/Settings.h"
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

namespace {

/// A train block under comparison.
class TrainingCheck {
public:
  TrainingCheck(const CommonOptions &common, const CheckOptions &options)
      : golden(options.golden, options.tolerance), steps(options.steps),
        session(common.compilerOptions(), common.threads),
        settings(settingsOf(session.model())),
        gradientsEntry(session.entry(settings.state, EntryRole::Gradients)),
        updateEntry(session.entry(settings.state, EntryRole::Update)),
        table(session.tableOf(gradientsEntry)),
        state(session.makeState(gradientsEntry, 0)) {
    session.initialize(gradientsEntry.state, state);
    golden.loadInto(table, state);
  }

  int run();

private:
  static Settings settingsOf(const Model &model);
  /// Slice `index` of the golden inputs, in the order of step's parameters.
  std::vector<Tensor> batch(int64_t index) const;
  /// Gradients of one optimizer step, over all its slices, into `results`,
  /// whose losses add up.
  std::vector<Tensor> gradients(int64_t step, AlignedBuffer &on, double &loss);
  void checkFirstStep();
  void checkGradientSegment(const std::string &prefix, const Tensor &gradient);
  double trainStep(int64_t step);
  void checkFinalState(const AlignedBuffer &before);

  Golden golden;
  int64_t steps;
  Session session;
  Settings settings;
  const Entry &gradientsEntry, &updateEntry;
  const StateTable &table;
  AlignedBuffer state;
  std::vector<double> gradNorms;
};

} // namespace

Settings TrainingCheck::settingsOf(const Model &model) {
  if (model.trainBlocks.size() != 1)
    throw Error(fmt::format("--steps: expected one train block, but got {}",
                            model.trainBlocks.size()));
  return parseSettings(model.trainBlocks.begin()->second);
}

std::vector<Tensor> TrainingCheck::batch(int64_t index) const {
  std::vector<Tensor> inputs;
  for (const TensorSpec &spec : gradientsEntry.instances.front().inputs) {
    if (!spec.role.empty())
      break; // what follows the step's own parameters
    const Tensor *all = golden.find("input." + spec.name);
    if (!all)
      all = &golden.get("target." + spec.name);
    TensorSpec slice = all->spec;
    slice.name = spec.name;
    if (slice.shape.empty() || index >= slice.shape.front())
      throw Error(
          fmt::format("golden input '{}' has no slice {}", spec.name, index));
    slice.shape.erase(slice.shape.begin());
    Tensor &tensor = inputs.emplace_back(slice);
    std::memcpy(tensor.bytes.data(),
                static_cast<const char *>(all->bytes.data()) +
                    index * slice.bytes(),
                slice.bytes());
  }
  return inputs;
}

static std::vector<const Tensor *> pointers(const std::vector<Tensor> &all) {
  std::vector<const Tensor *> result;
  for (const Tensor &tensor : all)
    result.push_back(&tensor);
  return result;
}

static double scalar(const Tensor &tensor) {
  return elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), 0);
}

std::vector<Tensor> TrainingCheck::gradients(int64_t step, AlignedBuffer &on,
                                             double &loss) {
  const int64_t slices = settings.accumulate;
  std::vector<Tensor> results;
  loss = 0;
  for (int64_t i = 0; i < slices; ++i) {
    std::vector<Tensor> inputs = batch(step * slices + i);
    const Instance &instance = gradientsEntry.instances.front();
    Tensor scale(instance.inputs[inputs.size()]);
    if (scale.spec.dtype == DType::F64)
      *scale.as<double>() = 1.0 / slices;
    else
      *scale.as<float>() = 1.0f / slices;
    Tensor accumulate(TensorSpec{"accumulate", DType::Bool, {}});
    *accumulate.as<uint8_t>() = i > 0;
    inputs.push_back(std::move(scale));
    inputs.push_back(std::move(accumulate));
    std::vector<Tensor> passed(instance.results.size());
    if (i > 0)
      passed.back() = std::move(results.back());
    std::vector<Tensor> now =
        session.call(gradientsEntry, on, pointers(inputs), std::move(passed));
    loss += scalar(now.front()) / slices;
    if (i == 0) {
      results = std::move(now);
      continue;
    }
    results.back() = std::move(now.back());
  }
  return results;
}

void TrainingCheck::checkGradientSegment(const std::string &prefix,
                                         const Tensor &gradient) {
  const char *base = static_cast<const char *>(gradient.bytes.data());
  uint64_t start = ~uint64_t(0);
  for (const Segment &segment : table.segments) {
    if (segment.kind != SegmentKind::Parameter)
      continue;
    start = std::min(start, segment.offset);
    Tensor part(segment.tensor);
    std::memcpy(part.bytes.data(), base + (segment.offset - start),
                segment.tensor.bytes());
    golden.compare(prefix + segment.tensor.name, part);
  }
}

/// Outputs, loss and gradients of the first step, on a copy of the state.
void TrainingCheck::checkFirstStep() {
  AlignedBuffer copy = state;
  double loss = 0;
  std::vector<Tensor> results = gradients(0, copy, loss);
  Tensor total(results.front().spec);
  if (total.spec.dtype == DType::F64)
    *total.as<double>() = loss;
  else
    *total.as<float>() = static_cast<float>(loss);
  golden.compare("loss", total);
  for (size_t i = 1; i + 1 < results.size(); ++i)
    golden.compare("output." + results[i].spec.name, results[i]);
  checkGradientSegment("grad.", results.back());
  std::vector<Tensor> inOut(updateEntry.instances.front().results.size());
  inOut.front() = std::move(results.back());
  std::vector<Tensor> updated =
      session.call(updateEntry, copy, {}, std::move(inOut));
  checkGradientSegment("clipped.", updated.front());
}

/// One optimizer step on the state; returns its loss.
double TrainingCheck::trainStep(int64_t step) {
  double loss = 0;
  std::vector<Tensor> results;
  const Entry *whole =
      session.model().findEntry(settings.state, EntryRole::TrainStep);
  if (settings.accumulate == 1 && whole) {
    results = session.call(*whole, state, pointers(batch(step)));
    loss = scalar(results.front());
  } else {
    std::vector<Tensor> inOut(updateEntry.instances.front().results.size());
    inOut.front() = std::move(gradients(step, state, loss).back());
    results = session.call(updateEntry, state, {}, std::move(inOut));
  }
  for (const Tensor &result : results)
    if (result.spec.role == "grad_norm")
      gradNorms.push_back(scalar(result));
  return loss;
}

void TrainingCheck::checkFinalState(const AlignedBuffer &before) {
  for (const Segment &segment : table.segments) {
    Tensor now = loadSegment(state, segment);
    const std::string &key = segment.tensor.name;
    if (isParameter(segment.kind)) {
      golden.compare("after.param." + key, now);
      golden.compareMoved("after.param." + key, now,
                          loadSegment(before, segment));
    } else if (segment.kind == SegmentKind::Buffer) {
      golden.compare("after.buffer." + key, now);
    } else if (segment.kind == SegmentKind::Optimizer) {
      golden.compare("state." + key.substr(sizeof("optimizer.") - 1), now);
    } else if (segment.kind == SegmentKind::Carry) {
      golden.compare("after." + key, now);
    }
  }
  // PyTorch counts steps per parameter, in f32; here one counter serves all.
  Tensor count(TensorSpec{"step", DType::F32, {}});
  *count.as<float>() = static_cast<float>(
      scalar(loadSegment(state, *table.find("trainer.step"))));
  for (const std::string &key : golden.namesAfter("state.step."))
    golden.compare("state.step." + key, count);
}

/// A golden list of numbers, one per step.
static void compareSeries(Golden &golden, const std::string &name,
                          const std::vector<double> &values) {
  const Tensor *want = golden.find(name);
  if (!want)
    return;
  TensorSpec spec{name, want->spec.dtype, {int64_t(values.size())}};
  Tensor got(spec);
  for (size_t i = 0; i < values.size(); ++i) {
    if (spec.dtype == DType::F64)
      got.as<double>()[i] = values[i];
    else
      got.as<float>()[i] = static_cast<float>(values[i]);
  }
  golden.compare(name, got);
}

int TrainingCheck::run() {
  AlignedBuffer before = state;
  checkFirstStep();
  std::vector<double> losses, rates;
  const Segment *lr = table.find("trainer.lr");
  for (int64_t step = 0; step < steps; ++step) {
    rates.push_back(learningRate(settings, step));
    storeSegment(state, *lr, &rates.back());
    losses.push_back(trainStep(step));
  }
  compareSeries(golden, "losses", losses);
  compareSeries(golden, "lrs", rates);
  compareSeries(golden, "grad_norms", gradNorms);
  checkFinalState(before);
  if (!golden.namesAfter("eval.output.").empty()) {
    const Entry &evaluate = session.entry(settings.state, EntryRole::Evaluate);
    for (const Tensor &got : session.call(evaluate, state, pointers(batch(0))))
      golden.compare("eval.output." + got.spec.name, got);
  }
  return golden.finish();
}

int checkTraining(const CommonOptions &common, const CheckOptions &options) {
  return TrainingCheck(common, options).run();
}

} // namespace sinter::driver
