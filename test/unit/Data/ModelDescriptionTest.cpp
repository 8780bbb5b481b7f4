// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Descriptions come back as they went out, and damaged ones are refused.
#include "sinter/Data/ModelDescription.h"
#include "TestFiles.h"

using namespace sinter;
using namespace sinter::test;

static Model exampleModel() {
  Model model;
  model.name = "net.v2";
  model.symbol = "net_v2";
  StateTable table;
  table.name = "Net";
  table.bytes = 192;
  table.segments = {{{"trainer.step", DType::I64, {}}, SegmentKind::Header, 0},
                    {{"w", DType::F32, {2, 3}}, SegmentKind::Parameter, 64},
                    {{"m", DType::BF16, {0}}, SegmentKind::Buffer, 128}};
  model.states.push_back(table);
  Entry entry;
  entry.name = "Net.forward";
  entry.symbol = "net_v2_forward";
  entry.state = "Net";
  entry.writes = {SegmentKind::Header, SegmentKind::Buffer};
  entry.dims = {"N"};
  entry.workspaceBytes = 640;
  for (int64_t rows : {4, 6}) {
    Instance instance;
    instance.dims = {rows};
    instance.inputs = {{"x", DType::F32, {rows, 2}}, {"y", DType::I64, {rows}}};
    instance.results = {{"result", DType::Bool, {}}};
    instance.inOuts = {0};
    IndexLimit labels, computed;
    labels.input = 1;
    labels.limit = 10;
    labels.ignored = -100;
    computed.limit = 3;
    instance.limits = {labels, computed};
    entry.instances.push_back(instance);
  }
  model.entries.push_back(entry);
  model.trainBlocks["Net"] = R"({"lr":0.003,"name":"Net"})";
  return model;
}

TEST(ModelDescription, ComesBack) {
  std::string text = describeModel(exampleModel());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  Model model = parseModelDescription(text);
  EXPECT_EQ(describeModel(model), text);
  EXPECT_EQ(model.name, "net.v2");
  ASSERT_EQ(model.states.size(), 1u);
  EXPECT_EQ(model.states[0].find("w")->offset, 64u);
  EXPECT_EQ(model.states[0].find("m")->tensor.dtype, DType::BF16);
  const Entry *entry = model.findEntry("Net.forward");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->symbol, "net_v2_forward");
  EXPECT_EQ(entry->writes.size(), 2u);
  ASSERT_EQ(entry->instances.size(), 2u);
  EXPECT_EQ(entry->instances[1].inputs[0].shape, (std::vector<int64_t>{6, 2}));
  EXPECT_EQ(entry->instances[1].limits[0].input, 1u);
  EXPECT_EQ(entry->instances[1].limits[0].ignored, -100);
  EXPECT_EQ(entry->instances[1].limits[1].input, std::nullopt);
  EXPECT_EQ(model.trainBlocks.at("Net"), R"({"lr":0.003,"name":"Net"})");
  EXPECT_EQ(descriptionSymbol(model), "net_v2_description");
}

/// The message of parsing the example with `from` replaced by `to`.
static std::string errorAfter(const std::string &from, const std::string &to) {
  std::string text = describeModel(exampleModel());
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return errorOf([&] { parseModelDescription(text); });
}

TEST(ModelDescription, RefusesWhatDoesNotFit) {
  auto expectError = [](const std::string &from, const std::string &to,
                        const std::string &part) {
    std::string message = errorAfter(from, to);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expectError("\"sinter_model\":1", "\"sinter_model\":2", "expected format 1");
  expectError("\"symbol\"", "\"sybol\"", "key 'symbol' not found");
  expectError("\"bytes\":192", "\"bytes\":100", "within the 100 bytes of Net");
  expectError("\"offset\":64", "\"offset\":4", "'w' behind the segment before");
  expectError("\"offset\":64", "\"offset\":66", "aligned");
  expectError("\"offset\":64", "\"offset\":-64",
              "expected offset to be a size");
  expectError("\"dtype\":\"f32\"", "\"dtype\":\"f33\"", "got 'f33'");
  expectError("\"shape\":[2,3]", "\"shape\":[-2,3]",
              "expected a shape for 'w'");
  expectError("\"kind\":\"buffer\"", "\"kind\":\"x\"", "got 'x'");
  expectError("\"state\":\"Net\"", "\"state\":\"Nut\"",
              "expected a state 'Nut'");
  expectError("\"role\":\"function\"", "\"role\":\"x\"", "expected a role of");
  expectError("\"dims\":[4]", "\"dims\":[4,4]", "expected 1 dims");
  expectError("\"in_outs\":[0]", "\"in_outs\":[1]", "in-out below 1");
  expectError("\"input\":1", "\"input\":2", "input below 2");
  expectError("{\"sinter_model\"", "{{\"sinter_model\"", "expected the JSON");
  std::string error;
  EXPECT_EQ(tryParseModelDescription(std::string(100000, '['), error),
            std::nullopt);
  EXPECT_NE(error.find("description of a model"), std::string::npos) << error;
}

TEST(ModelDescription, IdentifiersOfC) {
  EXPECT_EQ(cIdentifier("layers.0.weight"), "layers_0_weight");
  EXPECT_EQ(cIdentifier("0"), "_0");
  EXPECT_EQ(cIdentifier(""), "_");
  EXPECT_EQ(cIdentifier("\xc3\xa9-x"), "___x");
  for (const char *word : {"alignas", "int", "double", "class", "linux",
                           "xor_eq", "while", "char8_t", "co_await", "unix"})
    EXPECT_EQ(cIdentifier(word), std::string(word) + "_");
  EXPECT_EQ(cIdentifier("integer"), "integer");
}
