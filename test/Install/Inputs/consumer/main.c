/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Calls both instances of a model, and one that there is not. */
#include "affine.h"
#include <stdio.h>

static _Alignas(SINTER_ALIGNMENT) affine_state state;
static _Alignas(
    SINTER_ALIGNMENT) char workspace[AFFINE_FORWARD_WORKSPACE_BYTES + 1];

int main(void) {
  float x[5][3] = {{1, 2, 3}, {4, 5, 6}}, y[5][2] = {{0}};
  state.layer_weight[0][0] = 1;
  state.layer_weight[1][2] = 2;
  state.layer_bias[1] = 0.5f;
  for (int rows = 2; rows < 9; rows += 3) {
    affine_forward_in in = {.x = x[0], .N = rows};
    affine_forward_out out = {.result = y[0]};
    int32_t status = affine_forward(NULL, &state, &in, &out, workspace);
    printf("%d rows: %s: %g %g, %g %g\n", rows, sinter_status_text(status),
           y[0][0], y[0][1], y[1][0], y[1][1]);
  }
  return 0;
}
