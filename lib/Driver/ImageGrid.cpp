// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Grids of images, and PNG through libpng.
#include "ImageGrid.h"
#include "sinter/Data/Error.h"
#include <algorithm>
#include <fmt/format.h>
#include <png.h>

namespace sinter::driver {

/// Images in a row of the grid, and pixels between them.
static constexpr int64_t imagesInRow = 8, gap = 2;
static constexpr int64_t colors = 3;

/// What can be told apart on a screen needs less; it keeps sizes in 64 bits.
static constexpr int64_t largestSide = 1 << 20;

/// A value as TensorBoard's writers of other frameworks make it a color.
static uint8_t colorOf(const TensorView &images, int64_t index) {
  double value = elementAsDouble(images.spec.dtype, images.data, index);
  if (images.spec.dtype == DType::U8)
    return uint8_t(value);
  float scaled = float(value) * 255.0f;
  // NaN is black.
  return scaled > 0 ? uint8_t(std::min(scaled, 255.0f)) : 0;
}

/// Copies an image to the raster; one channel becomes all three.
static void place(const TensorView &images, int64_t first, int64_t channels,
                  int64_t height, int64_t width, Raster &raster, int64_t top,
                  int64_t left) {
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t color = 0; color < colors; ++color) {
        int64_t channel = channels == 1 ? 0 : color;
        raster.pixels[((top + y) * raster.width + left + x) * colors + color] =
            colorOf(images, first + (channel * height + y) * width + x);
      }
}

Raster makeGrid(const TensorView &images) {
  std::vector<int64_t> shape = images.spec.shape;
  bool isShape = shape.size() >= 2 && shape.size() <= 4;
  while (isShape && shape.size() < 4)
    shape.insert(shape.begin(), 1);
  isShape = isShape && (shape[1] == 1 || shape[1] == colors);
  for (int64_t extent : shape)
    isShape &= extent > 0 && extent <= largestSide;
  if (!isShape)
    throw Error(fmt::format("expected images [N, C, H, W] with 1 or 3 channels "
                            "as '{}', but got {}",
                            images.spec.name, typeText(images.spec)));
  int64_t count = shape[0], height = shape[2], width = shape[3];
  int64_t across = std::min(count, imagesInRow), margin = count > 1 ? gap : 0;
  Raster raster;
  raster.height = (height + margin) * ((count + across - 1) / across) + margin;
  raster.width = (width + margin) * across + margin;
  if (std::max(raster.height, raster.width) > largestSide)
    throw Error(fmt::format("expected a picture of '{}' with at most {} * {} "
                            "pixels, but got {} * {}",
                            images.spec.name, largestSide, largestSide,
                            raster.height, raster.width));
  raster.pixels.resize(size_t(raster.height * raster.width * colors));
  for (int64_t image = 0; image < count; ++image)
    place(images, image * shape[1] * height * width, shape[1], height, width,
          raster, margin + image / across * (height + margin),
          margin + image % across * (width + margin));
  return raster;
}

std::string encodePng(const Raster &raster) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(raster.width);
  image.height = png_uint_32(raster.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string png(bytes, 0);
  if (!png_image_write_to_memory(&image, png.data(), &bytes, 0,
                                 raster.pixels.data(), 0, nullptr))
    throw Error(fmt::format("expected a picture that can be a PNG file, but "
                            "got {} * {} pixels ({})",
                            raster.height, raster.width, image.message));
  png.resize(bytes);
  return png;
}

} // namespace sinter::driver
