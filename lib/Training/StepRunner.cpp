// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls of compiled entries on batches.
#include "StepRunner.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/IndexErrors.h"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace sinter;

BoundEntry::BoundEntry(const Model &model, const std::string &state,
                       EntryRole role)
    : compiled(model.findEntry(state, role)) {
  if (!compiled)
    throw Error(fmt::format("expected a compiled {} of {}, but got none",
                            nameOf(role), state));
}

static std::string inputsText(const std::vector<TensorSpec> &specs) {
  std::vector<std::string> types;
  for (const TensorSpec &spec : specs)
    types.push_back(spec.name.empty() ? typeText(spec)
                                      : spec.name + ": " + typeText(spec));
  return fmt::format("({})", fmt::join(types, ", "));
}

static bool sameTypes(const std::vector<TensorSpec> &a,
                      const std::vector<TensorSpec> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const TensorSpec &x, const TensorSpec &y) {
                      return x.dtype == y.dtype && x.shape == y.shape;
                    });
}

BoundEntry::Call &BoundEntry::callFor(const std::vector<TensorSpec> &inputs,
                                      AlignedBuffer &gradient) {
  std::vector<std::vector<int64_t>> shapes;
  for (const TensorSpec &input : inputs)
    shapes.push_back(input.shape);
  Call &call = calls[shapes];
  if (call.instance)
    return call;
  const Instance *instance = compiled->instanceFor(shapes);
  if (!instance || !sameTypes(instance->inputs, inputs)) {
    std::vector<std::string> known;
    for (const Instance &candidate : compiled->instances)
      known.push_back(inputsText(candidate.inputs));
    throw Error(
        fmt::format("{}: expected {}, but the data gives {}", compiled->name,
                    known.empty() ? "a compiled instance"
                                  : fmt::format("{}", fmt::join(known, " or ")),
                    inputsText(inputs)));
  }
  call.instance = instance;
  for (const TensorSpec &result : instance->results) {
    bool shared = result.role == "gradient";
    if (shared && (!gradient.data() || gradient.size() < result.bytes()))
      gradient = AlignedBuffer(result.bytes());
    Tensor &tensor = call.results.emplace_back();
    tensor.spec = result;
    if (!shared)
      tensor = Tensor(result);
    call.pointers.push_back(shared ? gradient.data() : tensor.bytes.data());
  }
  return call;
}

StepRunner::StepRunner(const Model &model, const Settings &settings,
                       ThreadChoice threads, AlignedBuffer &state)
    : model(model), settings(settings), threads(std::move(threads)),
      state(state) {}

BoundEntry &StepRunner::bound(EntryRole role) {
  auto [place, isNew] = entries.try_emplace(role, model, settings.state, role);
  if (isNew)
    reserveWorkspace(place->second);
  return place->second;
}

void StepRunner::reserveWorkspace(const BoundEntry &entry) {
  if (workspace.size() < entry.entry().workspaceBytes || !workspace.data())
    workspace = AlignedBuffer(entry.entry().workspaceBytes);
}

BoundEntry &StepRunner::training() {
  return bound(settings.accumulate > 1 ? EntryRole::Gradients
                                       : EntryRole::TrainStep);
}

BoundEntry::Call &StepRunner::bind(BoundEntry &entry,
                                   std::vector<TensorSpec> inputs,
                                   bool scaled) {
  if (scaled) {
    // In the precision that the block was compiled in.
    DType dtype = DType::F32;
    for (const Instance &instance : entry.entry().instances)
      for (const TensorSpec &input : instance.inputs)
        if (input.role == "scale")
          dtype = input.dtype;
    inputs.push_back({"scale", dtype, {}});
    inputs.push_back({"accumulate", DType::Bool, {}});
  }
  return entry.callFor(inputs, gradient);
}

void StepRunner::checkTraining(const Dataset &dataset, int64_t rows) {
  BoundEntry &entry = training();
  const BoundEntry::Call &call =
      bind(entry, dataset.batch(rows), settings.accumulate > 1);
  if (call.results.empty() || call.results[0].spec.elements() != 1 ||
      !isFloat(call.results[0].spec.dtype))
    throw Error(fmt::format(
        "{}: expected a loss of one number as first "
        "result, but got {}",
        entry.entry().name,
        call.results.empty() ? "none" : typeText(call.results[0].spec)));
  dataset.checkIndices(*call.instance);
}

void StepRunner::checkEvaluation(const Dataset &dataset, int64_t rows) {
  const BoundEntry::Call &call =
      bind(bound(EntryRole::Evaluate), dataset.batch(rows), false);
  dataset.checkIndices(*call.instance);
}

void StepRunner::checkTrainingTypes(const std::vector<TensorSpec> &batch) {
  bind(training(), batch, settings.accumulate > 1);
}

void StepRunner::checkEvaluationTypes(const std::vector<TensorSpec> &batch) {
  bind(bound(EntryRole::Evaluate), batch, false);
}

void StepRunner::call(BoundEntry &entry, BoundEntry::Call &call,
                      const std::vector<const void *> &inputs,
                      const Batch *batch, const BatchSource *source) {
  int64_t row = -1;
  int32_t status =
      callEntry(entry.entry(), *call.instance, threads.context(), state.data(),
                inputs, call.pointers, workspace.data(), &row);
  if (status == SINTER_OK)
    return;
  const std::string &name = entry.entry().name;
  if (status != SINTER_INDEX_OUT_OF_RANGE)
    throw Error(fmt::format("{}: {}", name, sinter_status_text(status)));
  auto placeOf = [&](size_t input, int64_t at) {
    bool isOfBatch = batch && input < source->dataset->fields() && at >= 0 &&
                     at < batch->rows;
    if (!isOfBatch)
      return std::make_pair(call.instance->inputs[input].name, at);
    return std::make_pair(source->dataset->row(input).name,
                          (*source->order)[batch->first + at]);
  };
  throw Error(
      fmt::format("{}: {}", name,
                  describeIndexError(*call.instance, inputs, row, placeOf)));
}

/// Rows whose first largest prediction over dim 1 is at the label.
static int64_t countCorrectRows(const Tensor &predictions, const Batch &batch,
                                const TensorSpec &labels) {
  const std::vector<int64_t> &shape = predictions.spec.shape;
  int64_t classes = shape[1], correct = 0;
  auto value = [&](int64_t i) {
    return elementAsDouble(predictions.spec.dtype, predictions.bytes.data(), i);
  };
  for (int64_t row = 0; row < batch.rows; ++row) {
    int64_t best = 0;
    for (int64_t i = 1; i < classes; ++i)
      if (value(row * classes + i) > value(row * classes + best))
        best = i;
    correct += double(best) ==
               elementAsDouble(labels.dtype, batch.fields.back().data(), row);
  }
  return correct;
}

StepResult StepRunner::run(BoundEntry &entry, const Batch &batch,
                           const BatchSource &source, bool scaled,
                           bool countCorrect) {
  BoundEntry::Call &bound =
      bind(entry, source.dataset->batch(batch.rows), scaled);
  std::vector<const void *> inputs;
  for (const AlignedBuffer &field : batch.fields)
    inputs.push_back(field.data());
  float narrowScale = float(scale);
  if (scaled) {
    bool narrow = bound.instance->inputs[inputs.size()].dtype != DType::F64;
    inputs.push_back(narrow ? static_cast<const void *>(&narrowScale) : &scale);
    inputs.push_back(&accumulate);
  }
  call(entry, bound, inputs, &batch, &source);
  StepResult result;
  result.call = &bound;
  const Tensor &loss = bound.results[0];
  result.loss = elementAsDouble(loss.spec.dtype, loss.bytes.data(), 0);
  if (!countCorrect)
    return result;
  TensorSpec labels =
      source.dataset->batch(source.dataset->fields() - 1, batch.rows);
  if (bound.results.size() < 2 || bound.results[1].spec.shape.size() != 2 ||
      bound.results[1].spec.shape[0] != batch.rows ||
      bound.results[1].spec.shape[1] < 1 || labels.shape.size() != 1)
    throw Error(fmt::format("{}: expected predictions [N, classes] as second "
                            "result and labels [N] as last input for the "
                            "metric accuracy",
                            entry.entry().name));
  result.correct = countCorrectRows(bound.results[1], batch, labels);
  return result;
}

StepResult StepRunner::runTimed(BoundEntry &entry, const Batch &batch,
                                const BatchSource &source, bool scaled,
                                bool countCorrect) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  StepResult result = run(entry, batch, source, scaled, countCorrect);
  threads.record(std::chrono::duration<double>(Clock::now() - start).count());
  return result;
}

StepResult StepRunner::trainStep(const Batch &batch, const BatchSource &source,
                                 bool countCorrect) {
  return runTimed(bound(EntryRole::TrainStep), batch, source, false,
                  countCorrect);
}

StepResult StepRunner::gradients(const Batch &batch, const BatchSource &source,
                                 int64_t index, int64_t count,
                                 bool countCorrect) {
  scale = 1.0 / double(count);
  accumulate = index > 0;
  return runTimed(bound(EntryRole::Gradients), batch, source, true,
                  countCorrect);
}

void StepRunner::update() {
  BoundEntry &entry = bound(EntryRole::Update);
  call(entry, entry.callFor({}, gradient), {}, nullptr, nullptr);
}

void StepRunner::prepare() {
  if (!model.findEntry(settings.state, EntryRole::Prepare))
    return;
  BoundEntry &entry = bound(EntryRole::Prepare);
  call(entry, entry.callFor({}, gradient), {}, nullptr, nullptr);
}

StepResult StepRunner::evaluate(const Batch &batch, const BatchSource &source,
                                bool countCorrect) {
  return run(bound(EntryRole::Evaluate), batch, source, false, countCorrect);
}
