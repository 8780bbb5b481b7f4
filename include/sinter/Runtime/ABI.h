/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface of compiled models. Plain C99; generated headers repeat what
 * they need of it. */
#ifndef SINTER_RUNTIME_ABI_H
#define SINTER_RUNTIME_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a caller brings: threads and, later, a GPU. `parallel_for` null means
 * serial. It must call `body(arg, begin, end)` on ranges that together cover
 * [0, n) once each, and return when all are done. */
typedef struct {
  uint32_t size; /**< sizeof(sinter_ctx), for later growth */
  int32_t threads;
  void *user;
  void (*parallel_for)(void *user, int64_t n,
                       void (*body)(void *arg, int64_t begin, int64_t end),
                       void *arg);
  void *gpu;
} sinter_ctx;

/** What every compiled function returns. */
typedef enum {
  SINTER_OK = 0,
  SINTER_NULL_ARGUMENT = 1, /**< a pointer that must not be null is */
  SINTER_MISALIGNED =
      2, /**< state or workspace is not aligned to SINTER_ALIGNMENT */
  SINTER_UNCOMPILED_DIMS = 3, /**< no instance was compiled for these dims */
  SINTER_INDEX_OUT_OF_RANGE =
      4, /**< a label or index is out of range; `row` says where */
  SINTER_STATUS_COUNT
} sinter_status;

/** Bytes to which the state block and the workspace must be aligned. */
#define SINTER_ALIGNMENT 64

/** Every entry has this shape. `in` points to a struct of pointers to the
 * arguments in parameter order, then one int64_t per dim; `out` to a struct of
 * pointers to the results in order, then `int64_t row`, written with
 * SINTER_INDEX_OUT_OF_RANGE. Nothing is written to state or results unless all
 * arguments are accepted. */
typedef int32_t (*sinter_entry)(const sinter_ctx *ctx, void *state,
                                const void *in, void *out, void *workspace);

/** The text of a status, or "unknown status". Never null. */
const char *sinter_status_text(int32_t status);

#ifdef __cplusplus
}
#endif
#endif
