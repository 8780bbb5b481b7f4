// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors as pictures, as torchvision and TensorBoard show them.
#ifndef SINTER_LIB_DRIVER_IMAGEGRID_H
#define SINTER_LIB_DRIVER_IMAGEGRID_H

#include "sinter/Data/Tensor.h"
#include <cstdint>
#include <string>
#include <vector>

namespace sinter::driver {

/// A picture: red, green and blue of each pixel, row by row.
struct Raster {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels;
};

/// Images [N, C, H, W] with 1 or 3 channels side by side, eight in a row and
/// two black pixels apart, as torchvision's make_grid; a single one, [C, H, W]
/// and [H, W] as they are. Bytes are colors, other values are times 255 and
/// limited to colors. Throws sinter::Error for other shapes.
Raster makeGrid(const TensorView &images);

/// The picture as a PNG file. Throws sinter::Error if it is too large for one.
std::string encodePng(const Raster &raster);

} // namespace sinter::driver
#endif
