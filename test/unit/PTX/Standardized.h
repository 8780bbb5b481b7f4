// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the kernel of reduction.cu computes.
#ifndef SINTER_TEST_STANDARDIZED_H
#define SINTER_TEST_STANDARDIZED_H

#include <cmath>
#include <vector>

/// Each row of `n` elements less its mean, divided by its deviation.
inline std::vector<double> standardized(const std::vector<float> &x, int rows,
                                        int n) {
  std::vector<double> result;
  for (int row = 0; row < rows; ++row) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; ++i)
      sum += x[row * n + i];
    for (int i = 0; i < n; ++i)
      squares += std::pow(x[row * n + i] - sum / n, 2);
    for (int i = 0; i < n; ++i)
      result.push_back((x[row * n + i] - sum / n) /
                       std::sqrt(squares / n + 1e-5));
  }
  return result;
}

#endif
