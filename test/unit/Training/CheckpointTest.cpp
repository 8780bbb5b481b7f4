// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// State blocks to files and back, and what is told of wrong ones.
#include "sinter/Training/Checkpoint.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Safetensors.h"

using namespace sinter;
using namespace sinter::test;

static StateTable exampleTable() {
  return {"Mlp",
          256,
          {{{"trainer.step", DType::I64, {}}, SegmentKind::Header, 0},
           {{"trainer.seed", DType::I64, {}}, SegmentKind::Header, 8},
           {{"trainer.lr", DType::F64, {}}, SegmentKind::Header, 16},
           {{"0.weight", DType::F32, {2, 2}}, SegmentKind::Parameter, 64},
           {{"1.running_mean", DType::F32, {2}}, SegmentKind::Buffer, 128},
           {{"optimizer.exp_avg.0.weight", DType::F32, {2, 2}},
            SegmentKind::Optimizer,
            192}}};
}

static AlignedBuffer exampleState() {
  AlignedBuffer state = makeState(exampleTable(), 42);
  for (int i = 0; i < 4; ++i) {
    state.as<float>()[16 + i] = float(i) + 0.5f;
    state.as<float>()[48 + i] = -float(i);
  }
  state.as<float>()[32] = 9;
  headerInteger(exampleTable(), state, "trainer.step") = 17;
  headerReal(exampleTable(), state, "trainer.lr") = 0.25;
  return state;
}

static bool same(const AlignedBuffer &a, const AlignedBuffer &b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

TEST(Checkpoint, RoundTrip) {
  TestFolder folder;
  AlignedBuffer state = exampleState(), again = makeState(exampleTable(), 0);
  saveCheckpoint(exampleTable(), state, folder.file("c"), {3, 640});
  LoopPosition position =
      loadCheckpoint(exampleTable(), again, folder.file("c"));
  EXPECT_EQ(position.epoch, 3);
  EXPECT_EQ(position.position, 640);
  EXPECT_TRUE(same(state, again));
  TensorMap tensors = readSafetensors(folder.file("c"));
  EXPECT_EQ(tensors.size(), 8u);
  EXPECT_EQ(*tensors.at("trainer.seed").as<int64_t>(), 42);
}

TEST(Checkpoint, WeightsPassOverTheRest) {
  TestFolder folder;
  AlignedBuffer state = exampleState(), again = makeState(exampleTable(), 1);
  saveCheckpoint(exampleTable(), state, folder.file("c"), {});
  loadState(exampleTable(), again, folder.file("c"), StateContent::Weights);
  EXPECT_EQ(again.as<float>()[17], 1.5f);
  EXPECT_EQ(again.as<float>()[32], 9);
  EXPECT_EQ(again.as<float>()[49], 0);
  EXPECT_EQ(headerInteger(exampleTable(), again, "trainer.seed"), 1);
  EXPECT_EQ(headerInteger(exampleTable(), again, "trainer.step"), 0);
  saveState(exampleTable(), state, folder.file("w"), StateContent::Weights);
  EXPECT_EQ(readSafetensors(folder.file("w")).size(), 2u);
}

TEST(Checkpoint, ListsAllProblemsAndKeepsTheState) {
  TestFolder folder;
  float values[6] = {1, 1, 1, 1, 1, 1};
  writeSafetensors(folder.file("w"),
                   {{{"0.weight", DType::F32, {3, 2}}, values},
                    {{"2.bias", DType::F32, {1}}, values}});
  AlignedBuffer state = exampleState();
  std::string message = errorOf([&] {
    loadState(exampleTable(), state, folder.file("w"), StateContent::Weights);
  });
  for (const char *part :
       {"w: expected the weights of Mlp, but got",
        "0.weight: expected f32[2, 2], but got f32[3, 2]",
        "missing: 1.running_mean: f32[2]", "not in the model: 2.bias: f32[1]"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_TRUE(same(state, exampleState()));
}

TEST(Checkpoint, WeightsAreNoCheckpoint) {
  TestFolder folder;
  AlignedBuffer state = exampleState();
  saveState(exampleTable(), state, folder.file("w"), StateContent::Weights);
  EXPECT_ERROR(loadCheckpoint(exampleTable(), state, folder.file("w")),
               "expected a checkpoint with trainer.epoch: i64");
  EXPECT_ERROR(loadState(exampleTable(), state, folder.file("w"),
                         StateContent::Everything),
               "missing: optimizer.exp_avg.0.weight");
}

TEST(Checkpoint, HeaderFields) {
  StateTable table{"Empty", 0, {}};
  AlignedBuffer state = makeState(table, 3);
  EXPECT_ERROR(headerInteger(table, state, "trainer.step"),
               "state Empty: expected a header field trainer.step of i64");
  AlignedBuffer other = exampleState();
  EXPECT_ERROR(headerReal(exampleTable(), other, "trainer.step"),
               "trainer.step of f64");
}
