/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Calls the functions of a bundle with arguments that they must refuse, and
 * checks that nothing was written. Aborts on the first surprise. */
#define _POSIX_C_SOURCE 200112L
#include "rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float images[64 * 20 + 1], loss;
static int64_t labels[64];
static unsigned char *state_bytes, *workspace_bytes;
static rest_Plain_state *state;
static void *workspace;

static void *allocate(size_t bytes, int fill) {
  void *memory;
  if (posix_memalign(&memory, SINTER_ALIGNMENT, bytes))
    abort();
  memset(memory, fill, bytes);
  return memory;
}

/* Calls train_step on copies and compares all that it could have written. */
static void expect(const char *what, int32_t wanted, void *state_given,
                   const rest_Plain_train_step_in *in,
                   rest_Plain_train_step_out *out, void *workspace_given) {
  static unsigned char before[REST_PLAIN_STATE_BYTES];
  int32_t status;
  memcpy(before, state_bytes, REST_PLAIN_STATE_BYTES);
  loss = -1;
  status = rest_Plain_train_step(NULL, state_given, in, out, workspace_given);
  printf("%s: %s", what, sinter_status_text(status));
  if (status == SINTER_INDEX_OUT_OF_RANGE)
    printf(", row %d", (int)out->row);
  printf("\n");
  if (status != wanted || memcmp(before, state_bytes, REST_PLAIN_STATE_BYTES) ||
      loss != -1) {
    fflush(stdout);
    abort();
  }
}

int main(void) {
  rest_Plain_train_step_in in, wrong;
  rest_Plain_train_step_out out, nowhere;
  float *gradient =
      allocate(sizeof(float) * REST_PLAIN_UPDATE_GRADIENT_ELEMENTS, 0);
  void *little = allocate(REST_PLAIN_UPDATE_WORKSPACE_BYTES + 64, 255);
  rest_Plain_update_out update;

  state_bytes = allocate(REST_PLAIN_STATE_BYTES + 64, 0);
  workspace_bytes = allocate(REST_PLAIN_TRAIN_STEP_WORKSPACE_BYTES + 64, 255);
  state = (rest_Plain_state *)state_bytes;
  workspace = workspace_bytes;
  if (rest_Plain_init(NULL, state, NULL, NULL, NULL) != SINTER_OK)
    abort();
  in.images = images;
  in.labels = labels;
  in.N = 64;
  out.loss = &loss;
  out.row = -7;

  expect("null state", SINTER_NULL_ARGUMENT, NULL, &in, &out, workspace);
  expect("null workspace", SINTER_NULL_ARGUMENT, state, &in, &out, NULL);
  expect("null arguments", SINTER_NULL_ARGUMENT, state, NULL, &out, workspace);
  expect("null results", SINTER_NULL_ARGUMENT, state, &in, NULL, workspace);
  wrong = in;
  wrong.labels = NULL;
  expect("null labels", SINTER_NULL_ARGUMENT, state, &wrong, &out, workspace);
  nowhere.loss = NULL;
  expect("null loss", SINTER_NULL_ARGUMENT, state, &in, &nowhere, workspace);
  expect("misaligned state", SINTER_MISALIGNED, state_bytes + 8, &in, &out,
         workspace);
  expect("misaligned workspace", SINTER_MISALIGNED, state, &in, &out,
         workspace_bytes + 32);
  wrong = in;
  wrong.images = (const float *)((const unsigned char *)images + 2);
  expect("misaligned images", SINTER_MISALIGNED, state, &wrong, &out,
         workspace);
  nowhere.loss = (float *)((unsigned char *)&loss + 1);
  expect("misaligned loss", SINTER_MISALIGNED, state, &in, &nowhere, workspace);
  nowhere.loss = images + 64 * 20 - 1;
  expect("loss in the images", SINTER_OVERLAP, state, &in, &nowhere, workspace);
  nowhere.loss = (float *)(workspace_bytes +
                           REST_PLAIN_TRAIN_STEP_WORKSPACE_BYTES) -
                 1;
  expect("loss in the workspace", SINTER_OVERLAP, state, &in, &nowhere,
         workspace);
  wrong = in;
  wrong.labels = (const int64_t *)state_bytes;
  expect("labels in the state", SINTER_OVERLAP, state, &wrong, &out, workspace);
  expect("workspace in the state", SINTER_OVERLAP, state, &in, &out,
         state_bytes);
  wrong = in;
  wrong.N = 63;
  expect("63 rows", SINTER_UNCOMPILED_DIMS, state, &wrong, &out, workspace);
  wrong.N = -1;
  expect("-1 rows", SINTER_UNCOMPILED_DIMS, state, &wrong, &out, workspace);
  labels[17] = 5;
  expect("label 5", SINTER_INDEX_OUT_OF_RANGE, state, &in, &out, workspace);
  labels[17] = -1;
  labels[63] = INT64_MIN;
  expect("label -1", SINTER_INDEX_OUT_OF_RANGE, state, &in, &out, workspace);
  update.gradient = NULL;
  if (rest_Plain_update(NULL, state, NULL, &update, little) !=
          SINTER_NULL_ARGUMENT ||
      rest_Plain_update(NULL, state, NULL, NULL, little) !=
          SINTER_NULL_ARGUMENT)
    abort();

  /* What is legal: ignored labels, arguments aligned to their elements, a
   * workspace full of NaN. */
  labels[17] = -100;
  labels[63] = 4;
  in.images = images + 1;
  if (rest_Plain_train_step(NULL, state, &in, &out, workspace) != SINTER_OK ||
      !(loss > 0))
    abort();
  update.gradient = gradient;
  if (rest_Plain_update(NULL, state, NULL, &update, little) != SINTER_OK ||
      state->step != 2)
    abort();
  printf("legal: %s; unknown: %s\n", sinter_status_text(SINTER_OK),
         sinter_status_text(-1));
  free(state_bytes);
  free(workspace_bytes);
  free(gradient);
  free(little);
  return 0;
}
