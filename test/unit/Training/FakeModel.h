// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiled model written by hand: one weight, pred = w * x, squared error
// against a label of 0 or 1, plain SGD.
#ifndef SINTER_TEST_UNIT_TRAINING_FAKEMODEL_H
#define SINTER_TEST_UNIT_TRAINING_FAKEMODEL_H

#include "sinter/Runtime/Model.h"
#include <string>
#include <vector>

namespace sinter::test {

/// The state block as the entries see it.
struct FakeState {
  int64_t step, seed;
  double lr;
  char padding[40];
  float w;
};

struct FakeIn {
  const float *x;
  const int64_t *y;
  int64_t n;
};

struct FakeScaledIn {
  const float *x;
  const int64_t *y;
  const float *scale;
  const uint8_t *accumulate;
  int64_t n;
};

/// Loss, predictions [n, 2] and d loss / d w.
inline int32_t fakeForward(const FakeState &state, const float *x,
                           const int64_t *y, int64_t n, float *loss,
                           float *predictions, int64_t *row, float &gradient) {
  for (int64_t i = 0; i < n; ++i)
    if (y[i] < 0 || y[i] > 1) {
      *row = i;
      return SINTER_INDEX_OUT_OF_RANGE;
    }
  float sum = 0;
  gradient = 0;
  for (int64_t i = 0; i < n; ++i) {
    float prediction = state.w * x[i], difference = prediction - float(y[i]);
    sum += difference * difference;
    gradient += 2 * difference * x[i] / float(n);
    predictions[2 * i] = 1 - prediction;
    predictions[2 * i + 1] = prediction;
  }
  *loss = sum / float(n);
  return SINTER_OK;
}

struct FakeOut {
  float *loss, *predictions;
  int64_t row;
};

inline int32_t fakeInit(const sinter_ctx *, void *state, const void *, void *,
                        void *) {
  auto *block = static_cast<FakeState *>(state);
  block->w = 0.01f * float(block->seed + 1);
  return SINTER_OK;
}

inline int32_t fakeTrainStep(const sinter_ctx *, void *state, const void *in,
                             void *out, void *) {
  auto *block = static_cast<FakeState *>(state);
  auto *arguments = static_cast<const FakeIn *>(in);
  auto *results = static_cast<FakeOut *>(out);
  float gradient;
  if (int32_t status = fakeForward(
          *block, arguments->x, arguments->y, arguments->n, results->loss,
          results->predictions, &results->row, gradient))
    return status;
  block->w -= float(block->lr) * gradient;
  ++block->step;
  return SINTER_OK;
}

inline int32_t fakeEvaluate(const sinter_ctx *, void *state, const void *in,
                            void *out, void *) {
  auto *arguments = static_cast<const FakeIn *>(in);
  auto *results = static_cast<FakeOut *>(out);
  float gradient;
  return fakeForward(*static_cast<FakeState *>(state), arguments->x,
                     arguments->y, arguments->n, results->loss,
                     results->predictions, &results->row, gradient);
}

inline int32_t fakeGradients(const sinter_ctx *, void *state, const void *in,
                             void *out, void *) {
  struct Out {
    float *loss, *predictions, *gradient;
    int64_t row;
  };
  auto *arguments = static_cast<const FakeScaledIn *>(in);
  auto *results = static_cast<Out *>(out);
  float gradient;
  if (int32_t status =
          fakeForward(*static_cast<FakeState *>(state), arguments->x,
                      arguments->y, arguments->n, results->loss,
                      results->predictions, &results->row, gradient))
    return status;
  *results->gradient = (*arguments->accumulate ? *results->gradient : 0) +
                       *arguments->scale * gradient;
  return SINTER_OK;
}

inline int32_t fakeUpdate(const sinter_ctx *, void *state, const void *,
                          void *out, void *) {
  auto *block = static_cast<FakeState *>(state);
  block->w -= float(block->lr) * **static_cast<float **>(out);
  ++block->step;
  return SINTER_OK;
}

inline Model fakeModel(const std::string &settings,
                       const std::vector<int64_t> &batchSizes) {
  Model model;
  model.trainBlocks["Fake"] = settings;
  auto segment = [](const char *key, DType dtype, SegmentKind kind,
                    uint64_t offset) {
    return Segment{{key, dtype,
                    kind == SegmentKind::Header ? std::vector<int64_t>()
                                                : std::vector<int64_t>{1}},
                   kind,
                   offset};
  };
  model.states = {{"Fake",
                   128,
                   {segment("trainer.step", DType::I64, SegmentKind::Header, 0),
                    segment("trainer.seed", DType::I64, SegmentKind::Header, 8),
                    segment("trainer.lr", DType::F64, SegmentKind::Header, 16),
                    segment("w", DType::F32, SegmentKind::Parameter, 64)}}};
  auto add = [&](const char *name, sinter_entry function) -> Entry & {
    Entry &entry = model.entries.emplace_back();
    entry.name = std::string("Fake.") + name;
    entry.role = *entryRoleNamed(name);
    entry.state = "Fake";
    entry.function = function;
    return entry;
  };
  auto addBatched = [&](const char *name, sinter_entry function, bool scaled) {
    Entry &entry = add(name, function);
    entry.dims = {"N"};
    for (int64_t n : batchSizes) {
      Instance instance{
          {n},
          {{"x", DType::F32, {n, 1}}, {"y", DType::I64, {n}}},
          {{"loss", DType::F32, {}}, {"pred", DType::F32, {n, 2}}}};
      if (scaled) {
        instance.inputs.push_back({"scale", DType::F32, {}, "scale"});
        instance.inputs.push_back(
            {"accumulate", DType::Bool, {}, "accumulate"});
        instance.results.push_back({"gradient", DType::F32, {1}, "gradient"});
      }
      entry.instances.push_back(instance);
    }
  };
  add("init", fakeInit).instances.resize(1);
  addBatched("train_step", fakeTrainStep, false);
  addBatched("evaluate", fakeEvaluate, false);
  addBatched("gradients", fakeGradients, true);
  add("update", fakeUpdate).instances = {
      {{}, {}, {{"gradient", DType::F32, {1}, "gradient"}}}};
  return model;
}

} // namespace sinter::test
#endif
