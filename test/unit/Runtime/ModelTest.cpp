// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Look-ups in a model's tables and the layout of the argument structs.
#include "sinter/Runtime/Model.h"
#include "sinter/Runtime/AlignedBuffer.h"
#include <gtest/gtest.h>

using namespace sinter;

TEST(Model, NamesAndSizes) {
  EXPECT_STREQ(nameOf(DType::F64), "f64");
  EXPECT_STREQ(nameOf(DType::BF16), "bf16");
  EXPECT_STREQ(nameOf(DType::Bool), "bool");
  EXPECT_EQ(sizeOf(DType::F16), 2u);
  EXPECT_EQ(sizeOf(DType::I64), 8u);
  EXPECT_EQ((TensorSpec{"", DType::F32, {}}).elements(), 1);
  EXPECT_EQ((TensorSpec{"", DType::F32, {3, 0}}).elements(), 0);
  EXPECT_EQ((TensorSpec{"", DType::F64, {3, 5}}).bytes(), 120u);
}

TEST(Model, StatusTexts) {
  EXPECT_STREQ(sinter_status_text(SINTER_STATUS_COUNT), "unknown status");
  EXPECT_STREQ(sinter_status_text(-1), "unknown status");
  for (int32_t status = 0; status < SINTER_STATUS_COUNT; ++status)
    EXPECT_STRNE(sinter_status_text(status), "unknown status");
}

TEST(Model, Finds) {
  Model model;
  model.states = {
      {"Mlp",
       64,
       {{{"0.weight", DType::F32, {2}}, SegmentKind::Parameter, 0}}}};
  model.entries.resize(2);
  model.entries[1].name = "Mlp.forward";
  EXPECT_EQ(model.findEntry("Mlp.forward"), &model.entries[1]);
  EXPECT_EQ(model.findEntry("Mlp"), nullptr);
  ASSERT_NE(model.findState("Mlp"), nullptr);
  EXPECT_NE(model.findState("Mlp")->find("0.weight"), nullptr);
  EXPECT_EQ(model.findState("Mlp")->find("weight"), nullptr);
}

TEST(Model, InstanceForShapes) {
  Entry entry;
  entry.instances = {{{64}, {{"x", DType::F32, {64, 3}}}, {}},
                     {{32}, {{"x", DType::F32, {32, 3}}}, {}}};
  EXPECT_EQ(entry.instanceFor({{32, 3}}), &entry.instances[1]);
  EXPECT_EQ(entry.instanceFor({{16, 3}}), nullptr);
  EXPECT_EQ(entry.instanceFor({}), nullptr);
  EXPECT_EQ(entry.instanceFor({{32, 3}, {32}}), nullptr);
}

/// A hand-written entry: out.sum = a + b, and row = n.
static int32_t addEntry(const sinter_ctx *, void *state, const void *in,
                        void *out, void *) {
  struct In {
    const float *a, *b;
    int64_t n;
  };
  struct Out {
    float *sum;
    int64_t row;
  };
  auto *arguments = static_cast<const In *>(in);
  auto *results = static_cast<Out *>(out);
  *results->sum = *arguments->a + *arguments->b;
  results->row = arguments->n;
  return state ? SINTER_OK : SINTER_INDEX_OUT_OF_RANGE;
}

TEST(Model, CallEntryPassesStructs) {
  Entry entry;
  entry.function = addEntry;
  entry.dims = {"N"};
  entry.instances = {{{7}, {{"a"}, {"b"}}, {{"sum"}}}};
  float a = 1, b = 2, sum = 0;
  int64_t row = -1;
  EXPECT_EQ(callEntry(entry, entry.instances[0], nullptr, &a, {&a, &b}, {&sum},
                      nullptr, &row),
            SINTER_OK);
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(row, -1);
  EXPECT_EQ(callEntry(entry, entry.instances[0], nullptr, nullptr, {&a, &b},
                      {&sum}, nullptr, &row),
            SINTER_INDEX_OUT_OF_RANGE);
  EXPECT_EQ(row, 7);
  EXPECT_EQ(
      callEntry(entry, entry.instances[0], nullptr, &a, {&a}, {&sum}, nullptr),
      SINTER_NULL_ARGUMENT);
  EXPECT_EQ(callEntry(Entry(), entry.instances[0], nullptr, &a, {&a, &b},
                      {&sum}, nullptr),
            SINTER_NULL_ARGUMENT);
}

TEST(AlignedBuffer, ZeroedAlignedAndDeep) {
  AlignedBuffer buffer(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % SINTER_ALIGNMENT, 0u);
  for (size_t i = 0; i < 100; ++i)
    EXPECT_EQ(buffer.as<char>()[i], 0);
  AlignedBuffer copy = buffer;
  copy.as<char>()[0] = 1;
  EXPECT_EQ(buffer.as<char>()[0], 0);
  AlignedBuffer moved = std::move(copy);
  EXPECT_EQ(moved.as<char>()[0], 1);
  EXPECT_EQ(copy.size(), 0u);
  EXPECT_NE(AlignedBuffer(0).data(), nullptr);
  EXPECT_THROW(AlignedBuffer(SIZE_MAX), std::bad_alloc);
}
