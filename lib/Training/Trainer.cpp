// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What happens before the first step: data, checks and the state to start from.
#include "sinter/Training/Trainer.h"
#include "TrainingLoop.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <fmt/format.h>

using namespace sinter;

static const StateTable &stateOf(const Model &model, const Settings &settings) {
  if (const StateTable *table = model.findState(settings.state))
    return *table;
  throw Error(fmt::format("train {}: expected a state {} in the model, but got "
                          "none",
                          settings.name, settings.state));
}

TrainingLoop::TrainingLoop(const Model &model, Settings blockSettings,
                           const TrainingOptions &options,
                           TrainingObserver &observer)
    : model(model), settings(std::move(blockSettings)), options(options),
      observer(observer), table(stateOf(model, settings)),
      runner(model, settings,
             ThreadChoice(options.context, options.choosesThreads), state),
      epochLoss(settings.report), intervalLoss(settings.report) {}

std::vector<Tensor> sinter::callForTensors(const Model &model,
                                           const std::string &name,
                                           int64_t seed,
                                           const sinter_ctx *context) {
  const Entry *entry = model.findEntry(name);
  if (!entry || entry->instances.size() != 1 ||
      !entry->instances[0].inputs.empty())
    throw Error(fmt::format(
        "expected a compiled entry {} without inputs for the data", name));
  const StateTable *table = model.findState(entry->state);
  AlignedBuffer state = table ? makeState(*table, seed) : AlignedBuffer(0);
  AlignedBuffer workspace(entry->workspaceBytes);
  std::vector<Tensor> results;
  std::vector<void *> pointers;
  for (const TensorSpec &result : entry->instances[0].results) {
    results.emplace_back(result);
    pointers.push_back(results.back().bytes.data());
  }
  int32_t status = callEntry(*entry, entry->instances[0], context, state.data(),
                             {}, pointers, workspace.data());
  if (status != SINTER_OK)
    throw Error(fmt::format("{}: {}", name, sinter_status_text(status)));
  return results;
}

Dataset TrainingLoop::openData(const DataSource &source, bool isForTraining) {
  auto provide = [this](const std::string &entry) {
    return callForTensors(model, entry, options.seed.value_or(settings.seed),
                          options.context);
  };
  auto check = [&](std::vector<TensorSpec> fields) {
    int64_t rows = std::min(fields[0].shape[0], settings.batchSize);
    for (TensorSpec &field : fields)
      field.shape[0] = rows;
    if (!isForTraining)
      return runner.checkEvaluationTypes(fields);
    checkRows(rows);
    runner.checkTrainingTypes(fields);
  };
  return Dataset::open(source, options.dataDirectory, provide, check);
}

void TrainingLoop::checkRows(int64_t rows) const {
  if (settings.dropLast && rows < settings.batchSize)
    throw Error(fmt::format("train {}: expected at least {} rows (batch_size, "
                            "drop_last), but got {}",
                            settings.name, settings.batchSize, rows));
}

/// Everything that can be wrong with the data is told before the first step.
void TrainingLoop::checkData() {
  int64_t size = settings.batchSize, rest = data.rows() % size;
  checkRows(data.rows());
  if (data.rows() >= size)
    runner.checkTraining(data, size);
  if (rest && !settings.dropLast)
    runner.checkTraining(data, rest);
  if (!validation)
    return;
  if (validation->rows() >= size)
    runner.checkEvaluation(*validation, size);
  if (int64_t last = validation->rows() % size)
    runner.checkEvaluation(*validation, last);
}

void TrainingLoop::startState() {
  state = makeState(table, options.seed.value_or(settings.seed));
  if (const Entry *init = model.findEntry(table.name, EntryRole::Init)) {
    AlignedBuffer workspace(init->workspaceBytes);
    if (init->instances.empty())
      throw Error(fmt::format("{}: expected a compiled instance", init->name));
    int32_t status = callEntry(*init, init->instances[0], options.context,
                               state.data(), {}, {}, workspace.data());
    if (status != SINTER_OK)
      throw Error(
          fmt::format("{}: {}", init->name, sinter_status_text(status)));
  }
  if (!options.init.empty())
    loadState(table, state, options.init, StateContent::Weights);
  initialState = carriesOfTraining = state;
  if (options.resume.empty())
    return;
  position = loadCheckpoint(table, state, options.resume);
  takeHyperparameters();
  int64_t seed = headerInteger(table, state, "trainer.seed");
  if (options.seed && *options.seed != seed)
    throw Error(fmt::format("{}: expected the checkpoint's seed {}, but got {}",
                            options.resume, seed, *options.seed));
  int64_t rowsPerStep = settings.batchSize * settings.accumulate;
  if (position.position % rowsPerStep || position.position >= data.rows())
    throw Error(fmt::format("{}: expected a checkpoint within {} rows in steps "
                            "of {}, but got position {}",
                            options.resume, data.rows(), rowsPerStep,
                            position.position));
}

/// Hyperparameters are those of the block, which may have changed since the
/// checkpoint was written.
void TrainingLoop::takeHyperparameters() {
  int64_t lastEpoch = position.epoch - (position.position == 0);
  for (const Segment &segment : table.segments) {
    const std::string &key = segment.tensor.name;
    if (segment.kind != SegmentKind::Header ||
        segment.tensor.dtype != DType::F64)
      continue;
    double &before = headerReal(table, state, key);
    double now = key == "trainer.lr"
                     ? learningRate(settings, std::max<int64_t>(lastEpoch, 0))
                     : headerReal(table, initialState, key);
    if (before != now)
      observer.onNote(fmt::format(
          "{}: {} was {} and is {} from here on, as the block says",
          options.resume, key.substr(key.find('.') + 1), before, now));
    before = now;
  }
}

TrainingResult TrainingLoop::run() {
  if (!settings.data)
    throw Error(fmt::format("train {}: expected an entry data, but the block "
                            "has none",
                            settings.name));
  if (!options.save.empty())
    checkWritable(options.save);
  data = openData(*settings.data, true);
  if (settings.validate)
    validation = openData(*settings.validate, false);
  checkData();
  startState();
  StartReport start{
      settings.name,   0,   data.rows(), batches(), settings.batchSize,
      settings.epochs, this};
  for (const Segment &segment : table.segments)
    if (isParameter(segment.kind))
      start.parameters += segment.tensor.elements();
  observer.onStart(start);
  if (!options.resume.empty() && position.epoch >= settings.epochs) {
    observer.onFinishedBefore(settings.epochs);
    save(true);
  }
  while (position.epoch < settings.epochs) {
    bool finished = runEpoch();
    save(!finished || position.epoch == settings.epochs);
    if (!finished)
      return {TrainingOutcome::Interrupted, std::move(state)};
  }
  return {TrainingOutcome::Done, std::move(state)};
}

static const std::string &textOfBlock(const Model &model,
                                      const std::string &name) {
  auto block = model.trainBlocks.find(name);
  if (block != model.trainBlocks.end())
    return block->second;
  std::string names;
  for (auto &[candidate, settings] : model.trainBlocks)
    names += (names.empty() ? "" : ", ") + candidate;
  if (!name.empty())
    throw Error(fmt::format("expected a train block of {}, but got {}",
                            names.empty() ? "none in the model" : names, name));
  if (model.trainBlocks.size() != 1)
    throw Error(fmt::format("expected the name of a train block, one of {}",
                            names.empty() ? "none in the model" : names));
  return model.trainBlocks.begin()->second;
}

Settings sinter::trainSettings(const Model &model, const std::string &block) {
  return parseSettings(textOfBlock(model, block));
}

TrainingResult sinter::train(const Model &model, const TrainingOptions &options,
                             TrainingObserver &observer) {
  return TrainingLoop(model, trainSettings(model, options.block), options,
                      observer)
      .run();
}
