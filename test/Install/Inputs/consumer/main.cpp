// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads initial weights with Sinter's libraries and compares two ways of
// running on threads.
#include "affine.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Safetensors.h"
#include "sinter/Runtime/OpenMP.h"
#include "sinter/Runtime/ThreadPool.h"
#include "sinter/Training/Settings.h"
#include <cstdio>
#include <cstring>

alignas(SINTER_ALIGNMENT) static affine_state state;
alignas(
    SINTER_ALIGNMENT) static char workspace[AFFINE_FORWARD_WORKSPACE_BYTES + 1];

int main() {
  sinter::TensorMap weights = sinter::readSafetensors(WEIGHTS);
  const sinter::Tensor &weight = weights.at("layer.weight");
  std::memcpy(state.layer_weight, weight.bytes.data(), weight.bytes.size());
  sinter::ThreadPool pool(2);
  float x[2][3] = {{1, 2, 3}, {4, 5, 6}}, y[2][2][2] = {};
  const sinter_ctx contexts[] = {pool.context(), sinter_openmp_context(2)};
  for (int i = 0; i < 2; ++i) {
    affine_forward_in in = {x[0], 2};
    affine_forward_out out = {y[i][0], 0};
    if (affine_forward(&contexts[i], &state, &in, &out, workspace))
      return 1;
  }
  std::printf("the same: %s\n",
              std::memcmp(y[0], y[1], sizeof y[0]) ? "no" : "yes");
  try {
    sinter::parseSettings("{}");
  } catch (const sinter::Error &error) {
    std::printf("%s\n", error.what());
  }
  return y[0][0][0] == 0;
}
