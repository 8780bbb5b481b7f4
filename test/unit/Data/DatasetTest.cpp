// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Data sources, transforms and batches.
#include "sinter/Data/Dataset.h"
#include "TestFiles.h"
#include "sinter/Data/Npy.h"

using namespace sinter;
using namespace sinter::test;

static const char *const imagesAndLabels =
    R"({"kind":"idx","files":["images","labels"],
        "transforms":[{"kind":"to_tensor"},{"kind":"normalize","mean":[0.5],"std":[0.25]}]})";

static Dataset open(const TestFolder &folder, const std::string &json) {
  return Dataset::open(parseDataSource(json), folder.file(""));
}

TEST(Dataset, ImagesAndLabels) {
  TestFolder folder;
  folder.write("images",
               idx({3, 1, 2}, std::string({0, 51, 102, -103, -1, 7})));
  folder.write("labels", idx({3}, std::string({4, 5, 6})));
  Dataset dataset = open(folder, imagesAndLabels);
  EXPECT_EQ(dataset.rows(), 3);
  EXPECT_EQ(typeText(dataset.batch(0, 2)), "f32[2, 1, 1, 2]");
  EXPECT_EQ(typeText(dataset.batch(1, 2)), "i64[2]");
  float images[4];
  int64_t labels[2];
  const int64_t rows[2] = {2, 0};
  dataset.gather(rows, 2, {images, labels});
  const float wanted[4] = {(1.0f - 0.5f) / 0.25f, (7 / 255.0f - 0.5f) / 0.25f,
                           -2.0f, (51 / 255.0f - 0.5f) / 0.25f};
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(images[i], wanted[i]) << i;
  EXPECT_EQ(labels[0], 6);
  EXPECT_EQ(labels[1], 4);
}

TEST(Dataset, CountsMustAgree) {
  TestFolder folder;
  folder.write("images", idx({3, 1, 1}, "abc"));
  folder.write("labels", idx({2}, "ab"));
  std::string message = errorOf([&] { open(folder, imagesAndLabels); });
  EXPECT_NE(message.find("labels: expected 3 rows like"), std::string::npos)
      << message;
  EXPECT_NE(message.find("images, but got 2"), std::string::npos) << message;
  EXPECT_ERROR(fieldTypes(parseDataSource(imagesAndLabels), folder.file("")),
               "expected 3 rows");
}

TEST(Dataset, LimitTakesTheFirstRows) {
  TestFolder folder;
  folder.write("x", idx({5}, "abcde"));
  EXPECT_EQ(open(folder, R"({"kind":"idx","files":["x"],"limit":2})").rows(),
            2);
  EXPECT_EQ(open(folder, R"({"kind":"idx","files":["x"],"limit":9})").rows(),
            5);
  EXPECT_EQ(typeText(fieldTypes(
                parseDataSource(R"({"kind":"idx","files":["x"],"limit":2})"),
                folder.file(""))[0]),
            "u8[2]");
  EXPECT_ERROR(open(folder, R"({"kind":"idx","files":["x"],"limit":0})"),
               "expected a limit of at least 1 row, but got 0");
}

TEST(Dataset, TypesAreCheckedBeforeReading) {
  TestFolder folder;
  // Headers without elements: whatever reads those fails otherwise.
  folder.write("images", idx({70, 2, 3}, std::string(420, 'a')));
  folder.write("labels", idx({70}, std::string(70, 'a')));
  Tensor x(TensorSpec{"", DType::F64, {70, 5}}),
      y(TensorSpec{"", DType::I16, {70}});
  for (auto &[name, tensor] : {std::pair("x.npy", &x), {"y.npy", &y}}) {
    writeNpy(folder.file(name), viewOf(*tensor, ""));
    std::filesystem::resize_file(folder.file(name), 128);
  }
  auto typesOf = [&](const std::string &json) {
    std::string types;
    std::string message = errorOf([&] {
      Dataset::open(parseDataSource(json), folder.file(""), {},
                    [&](const std::vector<TensorSpec> &fields) {
                      for (const TensorSpec &field : fields)
                        types += (types.empty() ? "" : ", ") + typeText(field);
                      throw Error("refused");
                    });
    });
    return message + ": " + types;
  };
  EXPECT_EQ(typesOf(imagesAndLabels), "refused: f32[70, 1, 2, 3], i64[70]");
  EXPECT_EQ(typesOf(R"({"kind":"npy","files":["x.npy","y.npy"],"limit":9})"),
            "refused: f64[9, 5], i64[9]");
}

TEST(Dataset, RowsAreNeeded) {
  TestFolder folder;
  folder.write("scalar", idx({}, "a"));
  folder.write("empty", idx({0}, ""));
  EXPECT_ERROR(open(folder, R"({"kind":"idx","files":["scalar"]})"),
               "expected rows, but got rank 0");
  EXPECT_ERROR(open(folder, R"({"kind":"idx","files":["empty"]})"),
               "expected at least one row, but got none");
}

TEST(Dataset, LabelRange) {
  TestFolder folder;
  folder.write("images", idx({3, 1, 1}, "abc"));
  folder.write("labels", idx({3}, std::string({0, 9, 12})));
  Dataset dataset = open(folder, imagesAndLabels);
  IndexLimit limit;
  limit.input = 1;
  limit.limit = 13;
  limit.what = "labels";
  Instance instance;
  instance.inputs = {{"x", DType::F32, {3, 1, 1}}, {"y", DType::I64, {3}}};
  instance.limits = {limit};
  dataset.checkIndices(instance);
  instance.limits[0].limit = 10;
  EXPECT_ERROR(dataset.checkIndices(instance),
               "labels: expected labels from 0 to 9, but got 12 in row 2");
  instance.limits[0].ignored = 12;
  dataset.checkIndices(instance);
  instance.limits[0].first = 1;
  EXPECT_ERROR(dataset.checkIndices(instance),
               "labels: expected labels from 1 to 9, but got 0 in row 0");
}

TEST(Dataset, ColorImagesAndChannels) {
  TestFolder folder;
  Tensor images(TensorSpec{"", DType::U8, {1, 1, 2, 3}}); // [N, H, W, C]
  for (int i = 0; i < 6; ++i)
    images.as<uint8_t>()[i] = uint8_t(51 * i);
  writeNpy(folder.file("x.npy"), viewOf(images, ""));
  Dataset dataset = open(
      folder,
      R"({"kind":"npy","files":["x.npy"],"transforms":[{"kind":"to_tensor"},
      {"kind":"normalize","mean":[0,0.5,1],"std":[1,1,2]}]})");
  EXPECT_EQ(typeText(dataset.row(0)), "f32[3, 1, 2]");
  float batch[6];
  const int64_t row = 0;
  dataset.gather(&row, 1, {batch});
  const float wanted[6] = {0,
                           153 / 255.0f,
                           51 / 255.0f - 0.5f,
                           204 / 255.0f - 0.5f,
                           (102 / 255.0f - 1) / 2,
                           0};
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(batch[i], wanted[i]) << i;
}

TEST(Dataset, FloatsAndWidenedLabels) {
  TestFolder folder;
  Tensor x(TensorSpec{"", DType::F32, {2, 3}}),
      y(TensorSpec{"", DType::I32, {2}});
  x.as<float>()[5] = 1.5f;
  y.as<int32_t>()[1] = -100;
  writeNpy(folder.file("x.npy"), viewOf(x, ""));
  writeNpy(folder.file("y.npy"), viewOf(y, ""));
  Dataset dataset = open(folder, R"({"kind":"npy","files":["x.npy","y.npy"]})");
  EXPECT_EQ(typeText(dataset.row(0)), "f32[3]");
  EXPECT_EQ(typeText(dataset.row(1)), "i64");
  float row[3];
  int64_t label, index = 1;
  dataset.gather(&index, 1, {row, &label});
  EXPECT_EQ(row[2], 1.5f);
  EXPECT_EQ(label, -100);
}

TEST(Dataset, NormalizeOnFloats) {
  TestFolder folder;
  Tensor x(TensorSpec{"", DType::F32, {2, 1, 1, 1}});
  x.as<float>()[1] = 3;
  writeNpy(folder.file("x.npy"), viewOf(x, ""));
  Dataset dataset = open(
      folder,
      R"({"kind":"npy","files":["x.npy"],"transforms":[{"kind":"normalize","mean":[1],"std":[2]}]})");
  float values[2];
  const int64_t rows[2] = {0, 1};
  dataset.gather(rows, 2, {values});
  EXPECT_EQ(values[0], -0.5f);
  EXPECT_EQ(values[1], 1.0f);
}

TEST(Dataset, TransformErrors) {
  TestFolder folder;
  folder.write("flat", idx({2, 3}, "abcdef"));
  folder.write("images", idx({2, 1, 1}, "ab"));
  auto openWith = [&](const std::string &file, const std::string &transforms) {
    open(folder, R"({"kind":"idx","files":[")" + file + R"("],"transforms":[)" +
                     transforms + "]}");
  };
  EXPECT_ERROR(
      openWith("flat", R"({"kind":"to_tensor"})"),
      "expected images [N, H, W] or [N, H, W, C] for ToTensor, but got [2, 3]");
  EXPECT_ERROR(
      openWith("images", R"({"kind":"normalize","mean":[0],"std":[1]})"),
      "expected rows f32[C, H, W] for Normalize");
  EXPECT_ERROR(
      openWith(
          "images",
          R"({"kind":"to_tensor"},{"kind":"normalize","mean":[0,1],"std":[1]})"),
      "expected 1 or 1 values of mean");
  EXPECT_ERROR(
      openWith(
          "images",
          R"({"kind":"to_tensor"},{"kind":"normalize","mean":[0],"std":[0]})"),
      "expected a std other than 0");
}

TEST(DataSource, BadSettings) {
  EXPECT_ERROR(parseDataSource("nonsense"), "expected a data source as JSON");
  EXPECT_ERROR(
      parseDataSource(R"({"kind":"csv","files":["a"]})"),
      "expected data of kind idx, npy, npz, cifar10 or tensors, but got "
      "csv");
  EXPECT_ERROR(parseDataSource(R"({"kind":"idx"})"),
               "expected files in a data source, but got none");
  EXPECT_ERROR(parseDataSource(R"({"kind":"npz","files":["a"]})"),
               "expected one file and the fields of an NPZ archive");
  EXPECT_ERROR(parseDataSource(R"({"kind":"cifar10","files":["a","b"]})"),
               "expected one folder or archive of CIFAR-10");
  EXPECT_ERROR(parseDataSource(R"({"kind":"tensors"})"),
               "expected an entry in a data source, but got none");
  EXPECT_ERROR(parseDataSource(R"({"kind":"idx","files":["a"],"colour":1})"),
               "but got colour");
  EXPECT_ERROR(
      parseDataSource(
          R"({"kind":"idx","files":["a"],"transforms":[{"kind":"flip"}]})"),
      "but got flip");
}

TEST(DataSource, ShapesForTheCompiler) {
  TestFolder folder;
  std::string error;
  auto shapesOf = [&](const char *source) {
    return tryFieldShapes(source, folder.file(""), error);
  };
  using Shapes = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(shapesOf(R"({"kind":"idx","files":["none"]})"), Shapes());
  EXPECT_EQ(error, "");
  EXPECT_EQ(shapesOf(R"({"kind":"tensors","entry":"f"})"), Shapes());
  EXPECT_EQ(error, "");
  folder.write("bad", "no idx");
  EXPECT_EQ(shapesOf(R"({"kind":"idx","files":["bad"]})"), Shapes());
  EXPECT_NE(error, "");
  folder.write("good", idx({70, 2}, std::string(140, 'a')));
  EXPECT_EQ(shapesOf(R"({"kind":"idx","files":["good"]})"), Shapes({{70, 2}}));
  EXPECT_EQ(error, "");
  // A channel is added to images.
  folder.write("images", idx({7, 2, 3}, std::string(42, 'a')));
  EXPECT_EQ(shapesOf(R"({"kind":"idx","files":["images"],"limit":4,
                         "transforms":[{"kind":"to_tensor"}]})"),
            Shapes({{4, 1, 2, 3}}));
}
