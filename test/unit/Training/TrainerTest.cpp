// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The training loop over a model written by hand: numbers, resuming,
// interruption and bad input.
#include "sinter/Training/Trainer.h"
#include "FakeModel.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Npy.h"
#include "sinter/Data/Safetensors.h"
#include "sinter/Training/Interrupt.h"
#include <cmath>
#include <csignal>
#include <functional>

using namespace sinter;
using namespace sinter::test;

namespace {
/// Keeps what it is told; may interrupt or look into things at a step.
struct Recorder : TrainingObserver {
  std::vector<EpochReport> epochs;
  std::vector<StepReport> reports, validations;
  int steps = 0, saved = 0, interruptions = 0;
  std::function<void(int)> atStep = [](int) {};

  void onStep(const StepReport &) override { atStep(++steps); }
  void onReport(const StepReport &report) override {
    reports.push_back(report);
  }
  void onValidation(const StepReport &report, const Evaluation &) override {
    validations.push_back(report);
  }
  void onEpoch(const EpochReport &report) override { epochs.push_back(report); }
  void onSaved(const std::string &, bool) override { ++saved; }
  void onInterrupted(const StepReport &) override { ++interruptions; }
};

/// 10 rows, labels 0 and 1, in a folder.
class Trainer : public ::testing::Test {
protected:
  Trainer() {
    for (int i = 0; i < 10; ++i) {
      x.push_back(0.1f * float(i) + 0.05f);
      y.push_back(i % 3 == 0);
    }
    store();
    options.dataDirectory = folder.file("");
  }

  void store() {
    writeNpy(folder.file("x.npy"),
             {{"", DType::F32, {int64_t(x.size()), 1}}, x.data()});
    writeNpy(folder.file("y.npy"),
             {{"", DType::I64, {int64_t(y.size())}}, y.data()});
  }

  /// A block of 4 rows a batch with more settings.
  static std::string block(const std::string &more = "") {
    return R"({"module":"Fake","data":{"kind":"npy","files":["x.npy","y.npy"]},"batch_size":4,"lr":0.1)" +
           (more.empty() ? "" : "," + more) + "}";
  }
  static constexpr const char *validated =
      R"("validate":{"kind":"npy","files":["x.npy","y.npy"]},"metric":"accuracy")";

  TrainingResult run(const std::string &settings,
                     const std::vector<int64_t> &batchSizes = {4, 2}) {
    model = fakeModel(settings, batchSizes);
    recorder.steps = 0;
    return train(model, options, recorder);
  }

  static const FakeState &stateOf(const TrainingResult &result) {
    return *result.state.as<FakeState>();
  }

  TestFolder folder;
  std::vector<float> x;
  std::vector<int64_t> y;
  TrainingOptions options;
  Model model;
  Recorder recorder;
};
} // namespace

TEST_F(Trainer, MatchesAPlainLoop) {
  TrainingResult result = run(block(
      R"("epochs":3,"seed":4,"schedule":{"kind":"ExponentialLR","gamma":0.5})"));
  FakeState state{0, 4, 0, {}, 0};
  fakeInit(nullptr, &state, nullptr, nullptr, nullptr);
  for (int epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    state.lr = 0.1 * std::pow(0.5, epoch);
    for (int64_t first = 0; first < 10; first += 4) {
      float loss, predictions[8];
      FakeIn in{&x[first], &y[first], std::min<int64_t>(4, 10 - first)};
      FakeOut out{&loss, predictions, 0};
      fakeTrainStep(nullptr, &state, &in, &out, nullptr);
      sum += loss;
    }
    EXPECT_NEAR(recorder.epochs[epoch].loss, sum / 3, 1e-12);
  }
  EXPECT_EQ(stateOf(result).w, state.w);
  EXPECT_EQ(stateOf(result).step, 9);
  EXPECT_EQ(stateOf(result).lr, 0.025);
  EXPECT_EQ(result.outcome, TrainingOutcome::Done);
}

TEST_F(Trainer, ReportKinds) {
  double mean = (run(block(R"("lr":0)")), recorder.epochs.back().loss);
  double weighted = (run(block(R"("lr":0,"report":"weighted")")),
                     recorder.epochs.back().loss);
  double sum =
      (run(block(R"("lr":0,"report":"sum")")), recorder.epochs.back().loss);
  double last =
      (run(block(R"("lr":0,"report":"last")")), recorder.epochs.back().loss);
  EXPECT_NEAR(sum / 3, mean, 1e-12);
  double all = 0, end = 0;
  for (int i = 0; i < 10; ++i) {
    float difference = 0.01f * x[i] - float(y[i]);
    all += difference * difference / 10;
    end += i < 8 ? 0 : difference * difference / 2;
  }
  EXPECT_NEAR(weighted, all, 1e-6);
  EXPECT_NEAR(last, end, 1e-6);
}

TEST_F(Trainer, DropLastNeedsNoRemainder) {
  TrainingResult result = run(block(R"("drop_last":true,"epochs":2)"), {4});
  EXPECT_EQ(stateOf(result).step, 4);
}

TEST_F(Trainer, AccumulatesMeans) {
  // One step of all three batches; the mean of their gradients, not of rows.
  TrainingResult result = run(block(R"("accumulate":3,"shuffle":false)"));
  FakeState state{0, 0, 0, {}, 0.01f};
  float sum = 0, gradient, loss, predictions[8];
  int64_t row;
  for (int64_t first = 0; first < 10; first += 4) {
    fakeForward(state, &x[first], &y[first], std::min<int64_t>(4, 10 - first),
                &loss, predictions, &row, gradient);
    sum += float(1.0 / 3) * gradient;
  }
  EXPECT_FLOAT_EQ(stateOf(result).w, 0.01f - 0.1f * sum);
  EXPECT_EQ(stateOf(result).step, 1);
  // Two batches, then the one that remains.
  EXPECT_EQ(stateOf(run(block(R"("accumulate":2)"))).step, 2);
  EXPECT_EQ(recorder.steps, 2);
}

TEST_F(Trainer, Validation) {
  run(block(std::string(validated) +
            R"(,"epochs":2,"lr":0,"validate_every":2,"report_every":2)"));
  ASSERT_EQ(recorder.epochs.size(), 2u);
  ASSERT_TRUE(recorder.epochs[0].validation);
  // w x stays below 0.5: every row is predicted as 0, and 6 of 10 are.
  EXPECT_DOUBLE_EQ(*recorder.epochs[0].validation->accuracy, 0.6);
  double all = 0;
  for (int i = 0; i < 10; ++i)
    all += std::pow(0.01f * x[i] - float(y[i]), 2) / 10;
  EXPECT_NEAR(recorder.epochs[0].validation->loss, all, 1e-6);
  ASSERT_EQ(recorder.validations.size(), 3u); // of six steps
  EXPECT_EQ(recorder.validations[1].epoch, 2);
  ASSERT_EQ(recorder.reports.size(), 2u); // the second of each epoch
  EXPECT_EQ(recorder.reports[1].step, 2);
}

TEST_F(Trainer, TrainingAccuracyWithoutValidation) {
  run(block(R"("metric":"accuracy","lr":0)"));
  EXPECT_DOUBLE_EQ(recorder.epochs[0].accuracy.value_or(0), 0.6);
}

TEST_F(Trainer, ResumesWithTheSameBits) {
  const std::string settings =
      block(std::string(validated) + R"(,"epochs":4,"shuffle":true,"seed":3)");
  options.save = folder.file("whole");
  TrainingResult whole = run(settings);
  EXPECT_EQ(recorder.saved, 4);
  volatile std::sig_atomic_t stop = 0;
  options.interrupt = &stop;
  for (int stopAt = 1; stopAt <= 12; ++stopAt) {
    options.save = folder.file("part");
    options.resume.clear();
    stop = 0;
    recorder.atStep = [&](int step) { stop = step == stopAt; };
    TrainingResult part = run(settings);
    EXPECT_EQ(part.outcome, TrainingOutcome::Interrupted);
    EXPECT_EQ(stateOf(part).step, stopAt);
    recorder.atStep = [](int) {};
    stop = 0;
    options.resume = options.save;
    TrainingResult resumed = run(settings);
    EXPECT_EQ(recorder.steps, 12 - stopAt);
    EXPECT_EQ(std::memcmp(resumed.state.data(), whole.state.data(),
                          whole.state.size()),
              0)
        << stopAt;
    EXPECT_EQ(readFile(folder.file("part")), readFile(folder.file("whole")))
        << stopAt;
  }
  EXPECT_EQ(recorder.interruptions, 12);
}

TEST_F(Trainer, ResumeErrors) {
  options.save = folder.file("c");
  run(block(R"("epochs":1)"));
  options.resume = options.save;
  options.seed = 9;
  EXPECT_ERROR(run(block(R"("epochs":2)")),
               "expected the checkpoint's seed 0, but got 9");
  options.seed.reset();
  TensorMap tensors = readSafetensors(options.resume);
  *tensors.at("trainer.position").as<int64_t>() = 3;
  std::vector<TensorView> views;
  for (auto &[name, tensor] : tensors)
    views.push_back(viewOf(tensor, name));
  writeSafetensors(options.resume, views);
  EXPECT_ERROR(run(block(R"("epochs":2)")),
               "in steps of 4, but got position 3");
  options.resume = folder.file("none");
  EXPECT_ERROR(run(block()), "none: cannot open");
}

TEST_F(Trainer, InitTakesWeights) {
  float w = 0.75f;
  writeSafetensors(folder.file("w"), {{{"w", DType::F32, {1}}, &w}});
  options.init = folder.file("w");
  EXPECT_EQ(stateOf(run(block(R"("lr":0)"))).w, 0.75f);
  options.init.clear();
  options.seed = 5;
  EXPECT_EQ(stateOf(run(block(R"("lr":0,"seed":1)"))).w, 0.01f * 6);
}

TEST_F(Trainer, NanStopsAndKeepsTheCheckpoint) {
  x[9] = std::nanf("");
  store();
  options.save = folder.write("c", "the last good one");
  EXPECT_ERROR(run(block(R"("epochs":2)")), "got NaN in epoch 1, step 3");
  EXPECT_EQ(readFile(options.save), "the last good one");
}

TEST_F(Trainer, LabelsOutOfRange) {
  y[6] = 2;
  store();
  // The table has no limit: the compiled step tells, through a permutation.
  std::string message = errorOf([&] { run(block(R"("shuffle":true)")); });
  EXPECT_NE(message.find("Fake.train_step: expected labels, lengths and "
                         "indices within their range (row 6)"),
            std::string::npos)
      << message;
}

TEST_F(Trainer, DataThatDoesNotFit) {
  EXPECT_ERROR(run(block(), {4}), "Fake.train_step: expected (x: f32[4, 1], y: "
                                  "i64[4]), but the data gives (");
  EXPECT_ERROR(run(block(R"("batch_size":16,"drop_last":true)"), {16}),
               "expected at least 16 rows");
  EXPECT_ERROR(run(R"({"module":"Fake","lr":0.1})"),
               "train Fake: expected an entry data, but the block has none");
  EXPECT_ERROR(run(R"({"module":"Other","lr":0.1})"),
               "expected a state Other in the model");
  EXPECT_ERROR(run(block(R"("validate":{"kind":"npy","files":["none.npy"]})")),
               "none.npy: cannot open");
  std::vector<double> wide(10);
  writeNpy(folder.file("x.npy"), {{"", DType::F64, {10, 1}}, wide.data()});
  EXPECT_ERROR(run(block()), "x.npy: f64[4, 1]");
}

TEST_F(Trainer, Blocks) {
  options.block = "None";
  EXPECT_ERROR(run(block()), "expected a train block of Fake, but got None");
  Model two = fakeModel(block(), {4, 2});
  two.trainBlocks["Second"] = block();
  options.block.clear();
  EXPECT_ERROR(train(two, options, recorder), "one of Fake, Second");
  options.block = "Second";
  train(two, options, recorder);
}

TEST_F(Trainer, SaveFails) {
  options.save = folder.file("none/c");
  EXPECT_ERROR(run(block()), "expected a folder that can be written");
  EXPECT_EQ(recorder.steps, 0);
  if (::access("/dev/full", W_OK) == 0) {
    options.save = "/dev/full";
    EXPECT_ERROR(run(block()), "cannot write: No space left on device");
  }
}

static int32_t makeRows(const sinter_ctx *, void *, const void *, void *out,
                        void *) {
  struct Out {
    float *x;
    int64_t *y;
  };
  auto *results = static_cast<Out *>(out);
  for (int i = 0; i < 6; ++i) {
    results->x[i] = 1;
    results->y[i] = 1;
  }
  return SINTER_OK;
}

TEST_F(Trainer, TensorsOfAnEntry) {
  Model tensors = fakeModel(
      R"({"module":"Fake","data":{"kind":"tensors","entry":"rows"},"batch_size":4,"lr":0.1})",
      {4, 2});
  EXPECT_ERROR(train(tensors, options, recorder),
               "expected a compiled entry rows without inputs");
  Entry &entry = tensors.entries.emplace_back();
  entry.name = "rows";
  entry.function = makeRows;
  entry.instances = {
      {{}, {}, {{"x", DType::F32, {6, 1}}, {"y", DType::I64, {6}}}}};
  EXPECT_EQ(stateOf(train(tensors, options, recorder)).step, 2);
}

TEST_F(Trainer, CarriesStartAgainEveryEpoch) {
  for (bool byEpoch : {false, true}) {
    model = fakeModel(block(R"("epochs":3,"lr":0.1,"carry_reset":)" +
                            std::string(byEpoch ? R"("epoch")" : R"("run")")),
                      {4, 2});
    // The weight counts as a carry, so that a reset shows.
    model.states[0].segments.back().kind = SegmentKind::Carry;
    TrainingResult result = train(model, options, recorder);
    model = fakeModel(block(R"("epochs":1,"lr":0.1)"), {4, 2});
    TrainingResult once = train(model, options, recorder);
    EXPECT_EQ(stateOf(result).w == stateOf(once).w, byEpoch);
  }
}

TEST(Interrupt, SignalsSetTheFlag) {
  for (int signal : {SIGINT, SIGTERM}) {
    InterruptGuard guard;
    EXPECT_EQ(InterruptGuard::flag(), 0);
    std::raise(signal);
    EXPECT_EQ(InterruptGuard::flag(), 1);
  }
}
