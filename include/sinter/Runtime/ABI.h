/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface of compiled models. Plain C99; every generated header repeats
 * it under the same guard, so that headers go together in any order. */
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

/** What every compiled function returns; see sinter_status_text. */
typedef enum {
  SINTER_OK = 0,
  SINTER_NULL_ARGUMENT = 1, /**< a pointer that must not be null is */
  /** State or workspace is not aligned to SINTER_ALIGNMENT, or a tensor not to
      its elements. */
  SINTER_MISALIGNED = 2,
  SINTER_UNCOMPILED_DIMS = 3, /**< no instance was compiled for these dims */
  SINTER_INDEX_OUT_OF_RANGE =
      4, /**< a label or index is out of range; `row` says where */
  SINTER_OVERLAP =
      5, /**< a buffer that is written shares bytes with another one */
  SINTER_STATUS_COUNT
} sinter_status;

/** Bytes to which the state block and the workspace must be aligned. */
#define SINTER_ALIGNMENT 64

/** Every entry has this shape. `in` points to a struct of pointers to the
 * arguments in parameter order, then one int64_t per dim; `out` to a struct of
 * pointers to the results in order, then `int64_t row`, written with
 * SINTER_INDEX_OUT_OF_RANGE. Nothing is written to state or results unless all
 * arguments are accepted. What a function writes (results, the workspace, a
 * state that it changes) must not share a byte with another buffer. */
typedef int32_t (*sinter_entry)(const sinter_ctx *ctx, void *state,
                                const void *in, void *out, void *workspace);

/** The text of a status, or "unknown status". Never null. */
static inline const char *sinter_status_text(int32_t status) {
  switch (status) {
  case SINTER_OK:
    return "done";
  case SINTER_NULL_ARGUMENT:
    return "expected a pointer, but got null";
  case SINTER_MISALIGNED:
    return "expected state and workspace to be aligned to 64 bytes, tensors "
           "to their elements";
  case SINTER_UNCOMPILED_DIMS:
    return "expected dims that the function was compiled for";
  case SINTER_INDEX_OUT_OF_RANGE:
    return "expected labels, lengths and indices within their range";
  case SINTER_OVERLAP:
    return "expected results, workspace and changed state apart from all other "
           "buffers";
  default:
    return "unknown status";
  }
}

/** Element types. A bool is one byte, 0 or 1; f16 and bf16 are their bits. */
typedef enum {
  SINTER_F64 = 0,
  SINTER_F32 = 1,
  SINTER_F16 = 2,
  SINTER_BF16 = 3,
  SINTER_I64 = 4,
  SINTER_I32 = 5,
  SINTER_I16 = 6,
  SINTER_I8 = 7,
  SINTER_U8 = 8,
  SINTER_BOOL = 9
} sinter_dtype;

/** What a part of a state block holds. */
typedef enum {
  SINTER_HEADER = 0,    /**< counters, the seed and hyperparameters */
  SINTER_PARAMETER = 1, /**< what training changes by gradients */
  SINTER_BUFFER = 2,    /**< what layers remember, such as running means */
  SINTER_OPTIMIZER = 3, /**< what the optimizer remembers of a parameter */
  SINTER_CARRY = 4,     /**< what goes from one batch to the next */
  SINTER_PREPARED = 5,  /**< made of parameters; no part of a checkpoint */
  SINTER_FROZEN = 6     /**< parameters that training does not change */
} sinter_segment_kind;

/** One tensor of a state block. A checkpoint is the list of all segments. A
 * tensor of a shared module has one for each of its keys, at one offset. */
typedef struct {
  const char *key; /**< PyTorch's key of a parameter or buffer;
                      optimizer.NAME.*, carry.* and trainer.* for the rest */
  sinter_segment_kind kind;
  sinter_dtype dtype;
  int32_t rank;
  const int64_t *shape; /**< `rank` extents, row-major; null for rank 0 */
  uint64_t offset;      /**< bytes from the start of the block */
  uint64_t bytes;
} sinter_segment;

#ifdef __cplusplus
}
#endif
#endif
