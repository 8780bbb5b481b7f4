// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares the entry of nested.mlir with two loops in C.

#include "nested.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { Rows = 5, Parts = 4, Width = 16 };

int main(void) {
  static float w[Width], xs[Rows][Parts][Width], r[Rows][Parts][Width],
      f[Width], carried[Width];
  for (int i = 0; i < Width; ++i)
    w[i] = carried[i] = 0.1f * (i - 8);
  for (int i = 0; i < Rows * Parts * Width; ++i)
    (&xs[0][0][0])[i] = sinf((float)i);
  nested_nested_in in = {w, &xs[0][0][0]};
  nested_nested_out out = {&r[0][0][0], f, 0};
  void *state = aligned_alloc(64, 64);
  void *workspace = aligned_alloc(64, NESTED_NESTED_WORKSPACE_BYTES);
  int32_t status = nested_nested(NULL, state, &in, &out, workspace);
  if (status != 0)
    return printf("status %d\n", (int)status);
  double worst = 0;
  for (int row = 0; row < Rows; ++row) {
    for (int i = 0; i < Width; ++i)
      carried[i] = expf(carried[i]);
    for (int part = Parts - 1; part >= 0; --part)
      for (int i = 0; i < Width; ++i) {
        carried[i] = tanhf(carried[i] * xs[row][part][i]);
        worst = fmax(worst, fabs(carried[i] + w[i] - r[row][part][i]));
      }
  }
  for (int i = 0; i < Width; ++i)
    worst = fmax(worst, fabs(carried[i] - f[i]));
  if (!(worst < 1e-5))
    return printf("expected differences below 1e-5, but got %g\n", worst);
  puts("agrees");
  return 0;
}
