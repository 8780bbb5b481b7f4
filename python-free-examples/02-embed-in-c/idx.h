/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Reads images and labels from IDX files (not compressed). C99 and C++. */
#ifndef IDX_H
#define IDX_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The bytes of an IDX file of unsigned bytes: `rows` rows of `size` bytes. */
typedef struct {
  int64_t rows, size;
  unsigned char *bytes;
} idx_file;

static inline int64_t idx_number(const unsigned char *bytes) {
  return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static inline void idx_fail(const char *path) {
  fprintf(stderr, "%s: expected an IDX file of bytes\n", path);
  exit(1);
}

/* Reads FOLDER/NAME, or ends the program with a message. */
static inline idx_file idx_read(const char *folder, const char *name) {
  char path[4096];
  unsigned char header[4 + 4 * 4];
  idx_file idx = {0, 1, NULL};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  /* Two zeros, 8 for bytes, the number of dimensions, then their extents. */
  if (fread(header, 4, 1, file) != 1 || header[2] != 8 || header[3] < 1 ||
      header[3] > 4 || fread(header + 4, 4, header[3], file) != header[3])
    idx_fail(path);
  idx.rows = idx_number(header + 4);
  for (int i = 1; i < header[3]; ++i)
    idx.size *= idx_number(header + 4 + 4 * i);
  if (idx.rows < 1 || idx.size < 1 || idx.size > 1 << 24)
    idx_fail(path);
  idx.bytes = (unsigned char *)malloc((size_t)(idx.rows * idx.size));
  if (!idx.bytes || fread(idx.bytes, (size_t)idx.size, (size_t)idx.rows,
                          file) != (size_t)idx.rows)
    idx_fail(path);
  fclose(file);
  return idx;
}

/* Images of `pixels` pixels and their labels. */
typedef struct {
  int64_t rows, pixels;
  unsigned char *images, *labels;
} idx_data;

/* Reads both files, or ends the program with a message: at least `fewest`
 * rows. */
static inline idx_data idx_read_pair(const char *folder, const char *images,
                                     const char *labels, int64_t pixels,
                                     int64_t fewest) {
  idx_file first = idx_read(folder, images), second = idx_read(folder, labels);
  if (first.size != pixels || second.size != 1 || first.rows != second.rows ||
      first.rows < fewest) {
    fprintf(stderr,
            "%s: expected %d or more images of %d pixels and as many labels\n",
            folder, (int)fewest, (int)pixels);
    exit(1);
  }
  idx_data data = {first.rows, pixels, first.bytes, second.bytes};
  return data;
}

static inline void idx_free(idx_data *data) {
  free(data->images);
  free(data->labels);
}

/* Rows from `first`; pixels as ToTensor() and Normalize(0.5, 0.5) make them. */
static inline void idx_batch(const idx_data *data, int64_t first, int64_t rows,
                             float *images, int64_t *labels) {
  const unsigned char *from = data->images + first * data->pixels;
  for (int64_t i = 0; i < rows * data->pixels; ++i)
    images[i] = ((float)from[i] / 255.0f - 0.5f) / 0.5f;
  for (int64_t i = 0; i < rows; ++i)
    labels[i] = data->labels[first + i];
}

#endif
