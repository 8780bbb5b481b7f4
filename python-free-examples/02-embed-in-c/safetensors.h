/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Saves and loads the state of any model as safetensors: eight bytes with the
 * length of a JSON header, the header with type, shape and place of every
 * tensor, then their bytes. Include it after the header of a model. C99 and
 * C++, for little-endian machines. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { safetensors_max_rank = 8 };

/* The type of a sinter_dtype. */
static inline const char *safetensors_type(int dtype) {
  static const char *const names[] = {"F64", "F32", "F16", "BF16", "I64",
                                      "I32", "I16", "I8",  "U8",   "BOOL"};
  return names[dtype];
}

/* Writes the segments of a state block. The old file stays if that fails. */
static inline bool safetensors_save(const char *path,
                                    const sinter_segment *segments, int count,
                                    const void *state) {
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.tmp", path);
  FILE *file = fopen(temporary, "wb");
  if (!file)
    return false;
  /* The length is known when the header is written. */
  uint64_t length = 0, at = 0;
  fwrite(&length, sizeof length, 1, file);
  for (int i = 0; i < count; ++i) {
    const sinter_segment *segment = &segments[i];
    fprintf(file, "%c\"%s\":{\"dtype\":\"%s\",\"shape\":[", i ? ',' : '{',
            segment->key, safetensors_type(segment->dtype));
    for (int d = 0; d < segment->rank; ++d)
      fprintf(file, "%s%lld", d ? "," : "", (long long)segment->shape[d]);
    fprintf(file, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
            (unsigned long long)(at + segment->bytes));
    at += segment->bytes;
  }
  fputc('}', file);
  while (ftell(file) % 8) /* so that the data is aligned */
    fputc(' ', file);
  length = (uint64_t)ftell(file) - sizeof length;
  for (int i = 0; i < count; ++i)
    fwrite((const char *)state + segments[i].offset, segments[i].bytes, 1,
           file);
  rewind(file);
  fwrite(&length, sizeof length, 1, file);
  bool good = !ferror(file);
  good = fclose(file) == 0 && good;
  if (good && rename(temporary, path) == 0)
    return true;
  remove(temporary);
  return false;
}

/* One tensor of a header. */
typedef struct {
  char key[256], type[8];
  int rank;
  uint64_t shape[safetensors_max_rank], offsets[2];
} safetensors_tensor;

/* Skips white space and `wanted`, if it comes next. */
static inline bool safetensors_skip(const char **at, char wanted) {
  *at += strspn(*at, " \t\r\n");
  if (**at != wanted)
    return false;
  ++*at;
  return true;
}

static inline bool safetensors_string(const char **at, char *to, size_t size) {
  if (!safetensors_skip(at, '"'))
    return false;
  size_t length = strcspn(*at, "\"");
  if (length >= size || !(*at)[length])
    return false;
  memcpy(to, *at, length);
  to[length] = 0;
  *at += length + 1;
  return true;
}

/* Reads [1, 2, …]: how many numbers there are, or -1. */
static inline int safetensors_numbers(const char **at, uint64_t *to,
                                      int limit) {
  int count = 0;
  if (!safetensors_skip(at, '['))
    return -1;
  while (!safetensors_skip(at, ']')) {
    char *end;
    if (count == limit || (count && !safetensors_skip(at, ',')))
      return -1;
    to[count++] = strtoull(*at, &end, 10);
    if (end == *at)
      return -1;
    *at = end;
  }
  return count;
}

/* Reads one `"key": {"dtype": …, "shape": …, "data_offsets": …}`. */
static inline bool safetensors_next(const char **at, safetensors_tensor *to) {
  char field[16];
  to->rank = -1;
  if (!safetensors_string(at, to->key, sizeof to->key) ||
      !safetensors_skip(at, ':') || !safetensors_skip(at, '{'))
    return false;
  do {
    bool good = safetensors_string(at, field, sizeof field) &&
                safetensors_skip(at, ':');
    if (good && !strcmp(field, "dtype"))
      good = safetensors_string(at, to->type, sizeof to->type);
    else if (good && !strcmp(field, "shape"))
      good = (to->rank = safetensors_numbers(at, to->shape,
                                             safetensors_max_rank)) >= 0;
    else if (good)
      good = safetensors_numbers(at, to->offsets, 2) == 2;
    if (!good)
      return false;
  } while (safetensors_skip(at, ','));
  return safetensors_skip(at, '}');
}

static inline void safetensors_print(const char *type, int rank,
                                     const uint64_t *shape) {
  fprintf(stderr, "%s[", type);
  for (int d = 0; d < rank; ++d)
    fprintf(stderr, "%s%llu", d ? ", " : "", (unsigned long long)shape[d]);
  fprintf(stderr, "]");
}

/* The segment that `tensor` is for. Says what is wrong if there is none. */
static inline const sinter_segment *
safetensors_match(const char *path, const safetensors_tensor *tensor,
                  const sinter_segment *segments, int count) {
  const sinter_segment *found = NULL;
  for (int i = 0; i < count; ++i)
    if (!strcmp(segments[i].key, tensor->key))
      found = &segments[i];
  if (!found) {
    fprintf(stderr, "%s: not in the model: %s\n", path, tensor->key);
    return NULL;
  }
  bool same = found->rank == tensor->rank &&
              !strcmp(safetensors_type(found->dtype), tensor->type);
  for (int d = 0; same && d < found->rank; ++d)
    same = (uint64_t)found->shape[d] == tensor->shape[d];
  if (same)
    return found;
  fprintf(stderr, "%s: %s: expected ", path, tensor->key);
  safetensors_print(safetensors_type(found->dtype), found->rank,
                    (const uint64_t *)found->shape);
  fprintf(stderr, ", but got ");
  safetensors_print(tensor->type, tensor->rank, tensor->shape);
  fputc('\n', stderr);
  return NULL;
}

/* Goes through all tensors of a file in memory: the header, then `size` bytes
 * of `data`. Copies them to `state` if it is not null. False, with messages, if
 * the file does not have the segments of the model and nothing more. */
static inline bool safetensors_walk(const char *path, const char *header,
                                    const char *data, uint64_t size,
                                    const sinter_segment *segments, int count,
                                    void *state) {
  const char *const start = header;
  bool good = true;
  int found = 0;
  safetensors_tensor tensor;
  if (!safetensors_skip(&header, '{'))
    return false;
  do {
    if (!safetensors_next(&header, &tensor)) {
      fprintf(stderr, "%s: expected a header of tensors\n", path);
      return false;
    }
    /* Where the loop of `sinter train` was. */
    if (!strcmp(tensor.key, "trainer.epoch") ||
        !strcmp(tensor.key, "trainer.position"))
      continue;
    const sinter_segment *segment =
        safetensors_match(path, &tensor, segments, count);
    bool fits = segment && tensor.offsets[1] <= size &&
                tensor.offsets[0] <= tensor.offsets[1] &&
                tensor.offsets[1] - tensor.offsets[0] == segment->bytes;
    if (segment && !fits)
      fprintf(stderr, "%s: %s: expected %llu bytes of data\n", path, tensor.key,
              (unsigned long long)segment->bytes);
    if (fits && state)
      memcpy((char *)state + segment->offset, data + tensor.offsets[0],
             segment->bytes);
    good = good && fits;
    ++found;
  } while (safetensors_skip(&header, ','));
  for (int i = 0; i < count; ++i) {
    char quoted[sizeof tensor.key + 2];
    snprintf(quoted, sizeof quoted, "\"%s\"", segments[i].key);
    if (!state && !strstr(start, quoted))
      fprintf(stderr, "%s: missing: %s\n", path, segments[i].key);
  }
  return good && found == count;
}

/* The content of a file with a 0 after it, or null. */
static inline char *safetensors_read(const char *path, uint64_t *size) {
  char *bytes = NULL;
  FILE *file = fopen(path, "rb");
  long end = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  if (end >= 0 && (bytes = (char *)calloc(1, (size_t)end + 1))) {
    rewind(file);
    *size = fread(bytes, 1, (size_t)end, file);
  }
  if (file)
    fclose(file);
  return bytes;
}

/* Loads a state block. The block stays as it was unless the file has the same
 * tensors; messages say what differs. */
static inline bool safetensors_load(const char *path,
                                    const sinter_segment *segments, int count,
                                    void *state) {
  uint64_t size = 0, length = 0;
  char *bytes = safetensors_read(path, &size);
  if (bytes && size > sizeof length)
    memcpy(&length, bytes, sizeof length);
  if (length == 0 || length > size - sizeof length) {
    fprintf(stderr, "%s: expected a safetensors file\n", path);
    free(bytes);
    return false;
  }
  const char *data = bytes + sizeof length + length;
  uint64_t rest = size - sizeof length - length;
  char *header = (char *)calloc(1, length + 1);
  bool good = header != NULL;
  if (good) {
    memcpy(header, bytes + sizeof length, length);
    good = safetensors_walk(path, header, data, rest, segments, count, NULL) &&
           safetensors_walk(path, header, data, rest, segments, count, state);
  }
  free(header);
  free(bytes);
  return good;
}

#endif
