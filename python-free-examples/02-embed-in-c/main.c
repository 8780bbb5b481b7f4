/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Trains mlp.sinter from C11, in memory that the program has from the start:
 *
 *   ./train DATA_DIR EPOCHS CHECKPOINT
 *
 * goes on from CHECKPOINT if there is one, and saves it after every epoch. */
#include "mlp.h"

#include "idx.h"
#include "safetensors.h"
#include <inttypes.h>

enum { batch_size = 64 };

/* All that the model needs. */
static _Alignas(SINTER_ALIGNMENT) mlp_state state;
static _Alignas(
    SINTER_ALIGNMENT) unsigned char workspace[MLP_TRAIN_STEP_WORKSPACE_BYTES];

static float images[batch_size][28][28];
static int64_t labels[batch_size];

/* Ends the program if a call was not accepted. */
static void check(int32_t status, int64_t row) {
  if (status == SINTER_OK)
    return;
  fprintf(stderr, "mlp: %s", sinter_status_text(status));
  if (status == SINTER_INDEX_OUT_OF_RANGE)
    fprintf(stderr, " (row %" PRId64 ")", row);
  fputc('\n', stderr);
  exit(1);
}

/* The initial values, or those of the checkpoint if there is one. */
static void start(const char *checkpoint) {
  FILE *file = fopen(checkpoint, "rb");
  if (!file) {
    state.seed = 0;
    check(mlp_init(NULL, &state, NULL, NULL, NULL), 0);
    return;
  }
  fclose(file);
  if (!safetensors_load(checkpoint, mlp_state_segments(), MLP_STATE_SEGMENTS,
                        &state))
    exit(1);
}

/* One pass over the rows; the mean loss of its batches. */
static double train_epoch(const idx_data *data) {
  const int64_t batches = data->rows / batch_size;
  double sum = 0;
  for (int64_t batch = 0; batch < batches; ++batch) {
    float loss;
    mlp_train_step_in in = {
        .images = &images[0][0][0], .labels = labels, .N = batch_size};
    mlp_train_step_out out = {.loss = &loss};
    idx_batch(data, batch * batch_size, batch_size, &images[0][0][0], labels);
    check(mlp_train_step(NULL, &state, &in, &out, workspace), out.row);
    sum += loss;
  }
  return sum / (double)batches;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s DATA_DIR EPOCHS CHECKPOINT\n", argv[0]);
    return 2;
  }
  const int64_t epochs = atoll(argv[2]);
  const char *checkpoint = argv[3];
  start(checkpoint);
  idx_data data = idx_read_pair(argv[1], "train-images-idx3-ubyte",
                                "train-labels-idx1-ubyte", 28 * 28, batch_size);
  /* The state counts the steps that it has gone. */
  int64_t epoch = state.step / (data.rows / batch_size);
  while (epoch < epochs) {
    double loss = train_epoch(&data);
    printf("epoch %" PRId64 "/%" PRId64 ": loss %a\n", ++epoch, epochs, loss);
    if (!safetensors_save(checkpoint, mlp_state_segments(), MLP_STATE_SEGMENTS,
                          &state)) {
      perror(checkpoint);
      return 1;
    }
  }
  idx_free(&data);
  return 0;
}
