/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "out.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { rows = 64, few = 3, inputs = 200, outputs = 40 };

static union {
  out_state state;
  unsigned char aligned[OUT_STATE_BYTES + SINTER_ALIGNMENT];
} memory;
static unsigned char
    workspace_memory[OUT_TRAIN_STEP_WORKSPACE_BYTES +
                     OUT_FORWARD_WORKSPACE_BYTES + OUT_PREPARE_WORKSPACE_BYTES +
                     SINTER_ALIGNMENT];
static float x[rows][inputs], y[rows][outputs];

static void *aligned(void *memory) {
  uintptr_t address = (uintptr_t)memory;
  return (void *)((address + SINTER_ALIGNMENT - 1) / SINTER_ALIGNMENT *
                  SINTER_ALIGNMENT);
}

static void check(int32_t status) {
  if (status == SINTER_OK)
    return;
  printf("%s\n", sinter_status_text(status));
  exit(1);
}

static void forward(const out_state *state, void *workspace, int64_t count,
                    float *result) {
  out_forward_in in = {&x[0][0], count};
  out_forward_out out = {result, 0};
  check(out_forward(NULL, state, &in, &out, workspace));
}

/* Both instances give what they gave before, up to the order of sums. */
static const char *compare(const out_state *state, void *workspace,
                           float (*before)[rows][outputs]) {
  static float after[2][rows][outputs];
  forward(state, workspace, few, &after[0][0][0]);
  forward(state, workspace, rows, &after[1][0][0]);
  for (int i = 0; i < 2; ++i)
    for (int row = 0; row < (i ? rows : few); ++row)
      for (int column = 0; column < outputs; ++column) {
        float gap = after[i][row][column] - before[i][row][column];
        if (gap > 1e-5f || gap < -1e-5f)
          return "others";
      }
  return "the same";
}

int main(void) {
  out_state *state = aligned(&memory);
  void *workspace = aligned(workspace_memory);
  static float results[2][rows][outputs];
  float loss;
  for (int i = 0; i < rows * inputs; ++i)
    (&x[0][0])[i] = (float)(i % 17) / 17;
  check(out_init(NULL, state, NULL, NULL, NULL));
  forward(state, workspace, few, &results[0][0][0]);
  forward(state, workspace, rows, &results[1][0][0]);
  printf("%s\n", state->prepared_valid ? "prepared" : "unprepared");
  check(out_prepare(NULL, state, NULL, NULL, workspace));
  printf("%s: %s\n", state->prepared_valid ? "prepared" : "unprepared",
         compare(state, workspace, results));

  out_train_step_in in = {&x[0][0], &y[0][0], rows};
  out_train_step_out out = {&loss, 0};
  check(out_train_step(NULL, state, &in, &out, workspace));
  printf("trained: %s\n", state->prepared_valid ? "prepared" : "unprepared");
  forward(state, workspace, few, &results[0][0][0]);
  forward(state, workspace, rows, &results[1][0][0]);
  check(out_prepare(NULL, state, NULL, NULL, workspace));
  printf("prepared again: %s\n", compare(state, workspace, results));

  int found = 0;
  for (int i = 0; i < OUT_STATE_SEGMENTS; ++i)
    found |= out_state_segments()[i].kind == SINTER_PREPARED;
  printf("%s prepared segment in the table\n", found ? "a" : "no");
  return 0;
}
