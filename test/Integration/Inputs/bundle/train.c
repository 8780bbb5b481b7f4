/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Trains a model from its bundle in two threads at once and compares every
 * segment of both states with the files that `sinter` wrote:
 * train FOLDER-OF-DATA INITIAL.safetensors TRAINED.safetensors */
#define _POSIX_C_SOURCE 200112L
#include "sinter/Runtime/ABI.h"

#include "rest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { rows = 70, pixels = 20, batch = 64, epochs = 3 };

static float images[rows * pixels];
static int64_t labels[rows];

static void fail(const char *what, const char *which) {
  fprintf(stderr, "train: %s: %s\n", what, which);
  exit(1);
}

static char *read_file(const char *folder, const char *name, size_t *size) {
  char path[4096];
  char *bytes;
  FILE *file;
  snprintf(path, sizeof(path), "%s%s", folder, name);
  file = fopen(path, "rb");
  bytes = malloc(1 << 20);
  if (!file || !bytes)
    fail("cannot read", path);
  *size = fread(bytes, 1, 1 << 20, file);
  bytes[*size < (1 << 20) ? *size : (1 << 20) - 1] = 0;
  fclose(file);
  return bytes;
}

static void read_data(const char *folder) {
  size_t size, i;
  char *bytes = read_file(folder, "/images-idx3-ubyte", &size);
  if (size != 16 + sizeof(images) / sizeof(images[0]))
    fail("unexpected size", "images");
  for (i = 0; i < rows * pixels; ++i)
    images[i] = (float)(unsigned char)bytes[16 + i] / 255.0f;
  free(bytes);
  bytes = read_file(folder, "/labels-idx1-ubyte", &size);
  if (size != 8 + rows)
    fail("unexpected size", "labels");
  for (i = 0; i < rows; ++i)
    labels[i] = bytes[8 + i];
  free(bytes);
}

static void *allocate(size_t bytes) {
  void *memory;
  if (posix_memalign(&memory, SINTER_ALIGNMENT, bytes ? bytes : 1))
    fail("out of memory", "");
  memset(memory, 0, bytes);
  return memory;
}

static void expect_ok(int32_t status, const char *what) {
  if (status != SINTER_OK)
    fail(what, sinter_status_text(status));
}

/* Runs the loop on ranges of one, backwards: any order must do. */
static void backwards(void *user, int64_t n,
                      void (*body)(void *, int64_t, int64_t), void *argument) {
  int64_t i;
  (void)user;
  for (i = n; i > 0; --i)
    body(argument, i - 1, i);
}

static void train(const sinter_ctx *context, rest_Plain_state *state) {
  float loss;
  rest_Plain_train_step_in in;
  rest_Plain_train_step_out out;
  void *workspace = allocate(REST_PLAIN_TRAIN_STEP_WORKSPACE_BYTES);
  int epoch, first;
  for (epoch = 0; epoch < epochs; ++epoch)
    for (first = 0; first < rows; first += batch) {
      in.images = images + first * pixels;
      in.labels = labels + first;
      in.N = rows - first < batch ? rows - first : batch;
      out.loss = &loss;
      expect_ok(rest_Plain_train_step(context, state, &in, &out, workspace),
                "train_step");
    }
  free(workspace);
}

/* Compares the segments that the file has. */
static int compare(const char *path, const rest_Plain_state *state) {
  size_t size, i;
  uint64_t header = 0;
  int compared = 0;
  char *bytes = read_file(path, "", &size);
  const sinter_segment *segments = rest_Plain_state_segments();
  for (i = 8; i > 0; --i)
    header = header << 8 | (unsigned char)bytes[i - 1];
  for (i = 0; i < REST_PLAIN_STATE_SEGMENTS; ++i) {
    char key[256];
    char *at;
    unsigned long begin, end;
    snprintf(key, sizeof(key), "\"%s\":{", segments[i].key);
    at = strstr(bytes + 8, key);
    if (!at)
      continue;
    at = strstr(at, "\"data_offsets\":[");
    if (!at || sscanf(at, "\"data_offsets\":[%lu,%lu]", &begin, &end) != 2 ||
        end - begin != segments[i].bytes ||
        memcmp(bytes + 8 + header + begin,
               (const char *)state + segments[i].offset, segments[i].bytes))
      fail("differs", segments[i].key);
    ++compared;
  }
  free(bytes);
  return compared;
}

static void *train_threaded(void *state) {
  sinter_ctx context;
  memset(&context, 0, sizeof(context));
  context.size = sizeof(context);
  context.threads = 1;
  context.parallel_for = backwards;
  train(&context, state);
  return NULL;
}

int main(int argc, char **argv) {
  rest_Plain_state *states[2];
  pthread_t thread;
  int i;
  if (argc != 4)
    return 2;
  read_data(argv[1]);
  for (i = 0; i < 2; ++i) {
    states[i] = allocate(REST_PLAIN_STATE_BYTES);
    expect_ok(rest_Plain_init(NULL, states[i], NULL, NULL, NULL), "init");
    printf("initial: %d segments\n", compare(argv[2], states[i]));
  }
  if (pthread_create(&thread, NULL, train_threaded, states[1]))
    fail("no thread", "");
  train(NULL, states[0]);
  pthread_join(thread, NULL);
  for (i = 0; i < 2; ++i) {
    printf("trained: %d segments, step %d\n", compare(argv[3], states[i]),
           (int)states[i]->step);
    free(states[i]);
  }
  return 0;
}
