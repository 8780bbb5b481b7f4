// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `run` with a run block: batches of data through its step, one after the
// other, carries included.
#include "ResultCurves.h"
#include "TensorBoard.h"
#include "sinter/Data/Printable.h"
#include "sinter/Driver/Picture.h"
#include "sinter/Driver/ResultFile.h"
#include "sinter/Driver/RunCommand.h"
#include "sinter/Training/BatchLoader.h"
#include "sinter/Training/Checkpoint.h"
#include "sinter/Training/Settings.h"
#include "sinter/Training/Trainer.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>

namespace sinter::driver {

bool wantsBlock(const Model &model, const std::string &entry,
                const RunOptions &options) {
  return !options.block.empty() || (entry.empty() && options.inputs.empty() &&
                                    model.runBlocks.size() == 1);
}

static Settings settingsOf(const Model &model, const std::string &name) {
  if (name.empty() && model.runBlocks.size() == 1)
    return parseSettings(model.runBlocks.begin()->second);
  auto block = model.runBlocks.find(name);
  if (block != model.runBlocks.end())
    return parseSettings(block->second);
  std::string names;
  for (auto &[candidate, settings] : model.runBlocks)
    names += (names.empty() ? "" : ", ") + candidate;
  throw Error(fmt::format("there is no run block '{}'; there {}; --entry=NAME "
                          "calls an entry",
                          name, names.empty() ? "are none" : "is " + names));
}

namespace {
/// The results of all batches so far.
class JoinedResults {
public:
  void add(const std::vector<Tensor> &results);
  std::vector<Tensor> take();

private:
  struct Part {
    TensorSpec spec;
    std::string bytes;
  };
  std::vector<Part> parts;
};
} // namespace

void JoinedResults::add(const std::vector<Tensor> &results) {
  parts.resize(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    Part &part = parts[i];
    TensorSpec spec = results[i].spec;
    if (spec.shape.empty())
      spec.shape.push_back(1);
    if (part.spec.shape.empty()) {
      part.spec = spec;
    } else if (!std::equal(spec.shape.begin() + 1, spec.shape.end(),
                           part.spec.shape.begin() + 1,
                           part.spec.shape.end())) {
      throw Error(fmt::format("result {}: expected the shapes of all batches "
                              "to be equal but for dim 0, but got {} and {}",
                              spec.name, typeText(part.spec), typeText(spec)));
    } else {
      part.spec.shape[0] += spec.shape[0];
    }
    part.bytes.append(static_cast<const char *>(results[i].bytes.data()),
                      spec.bytes());
  }
}

std::vector<Tensor> JoinedResults::take() {
  std::vector<Tensor> results;
  for (const Part &part : parts) {
    Tensor &tensor = results.emplace_back(part.spec);
    std::memcpy(tensor.bytes.data(), part.bytes.data(), part.bytes.size());
  }
  return results;
}

/// Whether batches of the fields, given with all rows, are inputs of the step:
/// its first parameters.
static void checkTypes(const Entry &step, std::vector<TensorSpec> fields,
                       const Settings &settings) {
  size_t count = step.instances.front().inputs.size();
  if (fields.size() < count)
    throw Error(fmt::format("'{}' takes {} inputs, but the data has {} fields",
                            step.name, count, fields.size()));
  int64_t rows = std::min(fields[0].shape[0], settings.batchSize);
  fields.resize(count);
  for (TensorSpec &field : fields)
    field.shape[0] = rows;
  if (rows == settings.batchSize || !settings.dropLast)
    ModelSession::instanceFor(step, fields);
}

/// The batch as inputs of the step.
static std::vector<Tensor> inputsOf(const Dataset &data, const Batch &batch,
                                    const Entry &step) {
  size_t count = step.instances.front().inputs.size();
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < count; ++i) {
    Tensor &input = inputs.emplace_back(data.batch(i, batch.rows));
    input.spec.name = step.instances.front().inputs[i].name;
    std::memcpy(input.bytes.data(), batch.fields[i].data(), input.spec.bytes());
  }
  return inputs;
}

namespace {
/// Where the results of the batches go: to TensorBoard, and joined to the
/// terminal, a file or a picture.
class RunOutput {
public:
  RunOutput(const Settings &settings, const RunOptions &options)
      : settings(settings), options(options) {
    if (!options.plot.empty())
      picture.emplace(options.plot);
  }

  /// Makes the file for TensorBoard; throws Error.
  void start() {
    if (!settings.tensorboard.empty())
      openEventFile(writer, "run " + settings.name, settings);
  }
  void add(const std::vector<Tensor> &inputs, std::vector<Tensor> results);
  void finish();

private:
  void addSummaries(const std::vector<Tensor> &inputs,
                    const std::vector<Tensor> &results);
  bool isShownAsImage(const std::string &name) const {
    return writer &&
           std::count(settings.images.begin(), settings.images.end(), name);
  }

  const Settings &settings;
  const RunOptions &options;
  std::optional<Picture> picture;
  std::optional<SummaryWriter> writer;
  JoinedResults joined;
  int64_t batches = 0;
};
} // namespace

void RunOutput::addSummaries(const std::vector<Tensor> &inputs,
                             const std::vector<Tensor> &results) {
  std::vector<TensorView> views;
  for (const std::vector<Tensor> *tensors : {&inputs, &results})
    for (const Tensor &tensor : *tensors)
      views.push_back(viewOf(tensor, tensor.spec.name));
  addNamedImages(*writer, settings.images, views, batches);
  for (const Tensor &result : results)
    if (result.spec.shape.empty())
      writer->addScalar(
          result.spec.name,
          elementAsDouble(result.spec.dtype, result.bytes.data(), 0), batches);
  writer->flush();
}

/// What is shown as images is on the terminal only noise.
void RunOutput::add(const std::vector<Tensor> &inputs,
                    std::vector<Tensor> results) {
  if (writer)
    addSummaries(inputs, results);
  ++batches;
  if (options.output.empty() && !picture)
    results.erase(std::remove_if(results.begin(), results.end(),
                                 [&](const Tensor &result) {
                                   return isShownAsImage(result.spec.name);
                                 }),
                  results.end());
  joined.add(results);
}

void RunOutput::finish() {
  std::vector<Tensor> results = joined.take();
  giveResults(results, options.output);
  if (writer)
    fmt::print("wrote {} batch{} to {}\n", batches, batches == 1 ? "" : "es",
               printable(settings.tensorboard));
  if (picture)
    drawResults(*picture, settings.name, results);
}

static Dataset openData(ModelSession &session, const Entry &step,
                        const Settings &settings, int64_t seed,
                        const std::string &dataDirectory) {
  return Dataset::open(
      *settings.data, dataDirectory,
      [&](const std::string &entry) {
        return callForTensors(session.model(), entry, seed, session.context());
      },
      [&](const std::vector<TensorSpec> &fields) {
        checkTypes(step, fields, settings);
      });
}

/// The state that the step runs on.
static AlignedBuffer stateFor(ModelSession &session, const Entry &step,
                              int64_t seed, const std::string &weights) {
  AlignedBuffer state = session.makeState(step, seed);
  session.initialize(step.state, state);
  if (!weights.empty())
    loadState(session.tableOf(step), state, weights, StateContent::Weights);
  session.prepare(step.state, state);
  return state;
}

void runBlock(ModelSession &session, const std::string &dataDirectory,
              const RunOptions &options) {
  const Settings settings = settingsOf(session.model(), options.block);
  if (!options.inputs.empty())
    throw UsageError(fmt::format("--input: expected none with the run block "
                                 "{}, whose data are its inputs",
                                 settings.name));
  if (!settings.data)
    throw Error(fmt::format("run {}: expected an entry data, but the block has "
                            "none",
                            settings.name));
  RunOutput output(settings, options);
  int64_t seed = options.seed ? options.seed : settings.seed;
  const Entry &step = session.entry(settings.state, EntryRole::Step);
  Dataset data = openData(session, step, settings, seed, dataDirectory);
  if (!options.output.empty())
    checkResultTypes(options.output, step.instances.front().results);
  AlignedBuffer state = stateFor(session, step, seed, options.weights);
  for (const Instance &instance : step.instances)
    data.checkIndices(instance);
  output.start();
  std::vector<int64_t> order =
      epochOrder(data.rows(), settings.shuffle, seed, 0);
  BatchLoader loader(data, order, 0, settings.batchSize, settings.dropLast);
  while (const Batch *batch = loader.next()) {
    std::vector<Tensor> inputs = inputsOf(data, *batch, step);
    std::vector<const Tensor *> pointers;
    for (const Tensor &input : inputs)
      pointers.push_back(&input);
    output.add(inputs, session.call(step, state, pointers));
  }
  output.finish();
}

} // namespace sinter::driver
