// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Event files, their pictures and their histograms.
#include "SummaryWriter.h"
#include "Event.pb.h"
#include "ImageGrid.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <cmath>
#include <png.h>

using namespace sinter;
using namespace sinter::driver;
using namespace sinter::test;

/// The events of the only file in the folder; their frames are the file.
static std::vector<events::Event> read(const TestFolder &folder) {
  std::vector<events::Event> events;
  EXPECT_EQ(folder.names().size(), 1u);
  std::string bytes = readFile(folder.file(folder.names().at(0)));
  for (size_t at = 0; at < bytes.size();) {
    uint64_t size;
    std::memcpy(&size, bytes.data() + at, 8);
    EXPECT_TRUE(
        events.emplace_back().ParseFromString(bytes.substr(at + 12, size)));
    at += 12 + size + 4;
    EXPECT_LE(at, bytes.size());
  }
  return events;
}

static Tensor tensor(DType dtype, std::vector<int64_t> shape,
                     const std::vector<double> &values) {
  Tensor result({"x", dtype, std::move(shape)});
  for (size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::F64)
      result.as<double>()[i] = values[i];
    else if (dtype == DType::F32)
      result.as<float>()[i] = float(values[i]);
    else
      result.as<uint8_t>()[i] = uint8_t(values[i]);
  }
  return result;
}

/// Red, green and blue at a place.
static std::vector<int> pixel(const Raster &raster, int64_t y, int64_t x) {
  auto *at = &raster.pixels[(y * raster.width + x) * 3];
  return {at[0], at[1], at[2]};
}

TEST(EventFile, Checksums) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, 0)), 0x8a9136aau); // RFC 3720, B.4
}

TEST(ImageGrid, EightInARow) {
  // Nine images of a pixel and three channels: the second row has one.
  std::vector<double> values;
  for (int i = 0; i < 27; ++i)
    values.push_back(i);
  Tensor images = tensor(DType::U8, {9, 3, 1, 1}, values);
  Raster grid = makeGrid(viewOf(images, "x"));
  EXPECT_EQ(grid.height, 8);
  EXPECT_EQ(grid.width, 26);
  EXPECT_EQ(pixel(grid, 2, 2), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(pixel(grid, 2, 23), (std::vector<int>{21, 22, 23}));
  EXPECT_EQ(pixel(grid, 5, 2), (std::vector<int>{24, 25, 26}));
  EXPECT_EQ(pixel(grid, 2, 3), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(pixel(grid, 5, 5), (std::vector<int>{0, 0, 0}));
}

TEST(ImageGrid, ColorsOfNumbers) {
  // As (x * 255).clip(0, 255).astype(uint8) of NumPy, NaN black.
  Tensor image = tensor(DType::F32, {1, 2, 3}, {-1, 0.5, 1, 2, NAN, 0.999});
  Raster grid = makeGrid(viewOf(image, "x"));
  EXPECT_EQ(grid.height, 2);
  EXPECT_EQ(grid.width, 3);
  EXPECT_EQ(pixel(grid, 0, 0), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(pixel(grid, 0, 1), (std::vector<int>{127, 127, 127}));
  EXPECT_EQ(pixel(grid, 0, 2), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(pixel(grid, 1, 0), (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(pixel(grid, 1, 1), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(pixel(grid, 1, 2), (std::vector<int>{254, 254, 254}));
}

TEST(ImageGrid, ShapesThatAreNoImages) {
  for (std::vector<int64_t> shape : std::vector<std::vector<int64_t>>{
           {}, {4}, {2, 4, 4}, {1, 2, 4, 4}, {0, 3, 4, 4}, {1, 1, 1, 1, 1}}) {
    Tensor images(TensorSpec{"x", DType::F32, shape});
    EXPECT_ERROR(makeGrid(viewOf(images, "x")),
                 "expected images [N, C, H, W] with 1 or 3 channels as 'x', "
                 "but got f32");
  }
}

TEST(ImageGrid, PngHoldsThePixels) {
  Raster raster{2, 3, {}};
  for (int i = 0; i < 18; ++i)
    raster.pixels.push_back(uint8_t(i * 14));
  std::string bytes = encodePng(raster);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(
      png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
  EXPECT_EQ(image.width, 3u);
  EXPECT_EQ(image.height, 2u);
  image.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  ASSERT_TRUE(
      png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  EXPECT_EQ(pixels, raster.pixels);
}

TEST(SummaryWriter, HistogramsAreThoseOfTorch) {
  TestFolder folder;
  {
    SummaryWriter writer(folder.file(""), std::nullopt);
    Tensor values =
        tensor(DType::F64, {11},
               {-2.5, -1e-3, 0, 0, 1e-13, 0.1, 0.1, 3.0, 3.1, NAN, INFINITY});
    writer.addHistogram("h", viewOf(values, "x"), 7);
    Tensor none = tensor(DType::F64, {1}, {NAN});
    writer.addHistogram("none", viewOf(none, "x"), 7);
    writer.flush();
  }
  std::vector<events::Event> events = read(folder);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].step(), 7);
  const events::HistogramProto &histogram =
      events[1].summary().value(0).histo();
  // From torch.utils.tensorboard.summary.histogram of the finite ones.
  EXPECT_EQ(histogram.min(), -2.5);
  EXPECT_EQ(histogram.max(), 3.1);
  EXPECT_EQ(histogram.num(), 9);
  EXPECT_DOUBLE_EQ(histogram.sum(), 3.7990000000001);
  EXPECT_DOUBLE_EQ(histogram.sum_squares(), 24.880001);
  ASSERT_EQ(histogram.bucket_size(), 605);
  ASSERT_EQ(histogram.bucket_limit_size(), 605);
  EXPECT_DOUBLE_EQ(histogram.bucket_limit(0), -2.6170109961884593);
  EXPECT_EQ(histogram.bucket(0), 0);
  EXPECT_DOUBLE_EQ(histogram.bucket_limit(604), 3.1665833053880363);
  std::vector<double> counts;
  for (double count : histogram.bucket())
    if (count)
      counts.push_back(count);
  EXPECT_EQ(counts, (std::vector<double>{1, 1, 3, 2, 2}));
}

TEST(SummaryWriter, OneValueForEachStep) {
  TestFolder folder;
  {
    SummaryWriter writer(folder.file(""), 5);
    writer.addScalar("a", 1, 5);
    writer.addScalar("a", 2, 5);
    writer.addScalar("b", 3, 5);
    writer.addScalar("a", 4, 6);
    writer.flush();
  }
  std::vector<events::Event> events = read(folder);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[1].step(), 5);
  EXPECT_EQ(events[1].session_log().status(), events::SessionLog::START);
  EXPECT_EQ(events[2].summary().value(0).simple_value(), 1);
  EXPECT_EQ(events[3].summary().value(0).tag(), "b");
  EXPECT_EQ(events[4].step(), 6);
  EXPECT_EQ(events[4].summary().value(0).simple_value(), 4);
}

TEST(SummaryWriter, FilesComeAfterThoseThatAreThere) {
  TestFolder folder;
  folder.write("events.out.tfevents.2999999999.h.1.0", "");
  SummaryWriter writer(folder.file(""), std::nullopt);
  std::vector<std::string> names = folder.names();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names.at(1).substr(0, 30), "events.out.tfevents.3000000000");
}

TEST(SummaryWriter, FoldersThatCannotBeWritten) {
  TestFolder folder;
  std::string file = folder.write("file", "");
  EXPECT_ERROR(
      SummaryWriter(file, std::nullopt),
      "file: expected a folder that can be written, but got an error: ");
  EXPECT_ERROR(SummaryWriter(file + "/below", std::nullopt),
               "file/below: expected a folder");
}
