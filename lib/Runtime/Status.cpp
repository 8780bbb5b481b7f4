// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Texts of the statuses that compiled functions return.
#include "sinter/Runtime/ABI.h"

const char *sinter_status_text(int32_t status) {
  switch (status) {
  case SINTER_OK:
    return "done";
  case SINTER_NULL_ARGUMENT:
    return "expected a pointer, but got null";
  case SINTER_MISALIGNED:
    return "expected state and workspace to be aligned to 64 bytes";
  case SINTER_UNCOMPILED_DIMS:
    return "expected dims that the function was compiled for";
  case SINTER_INDEX_OUT_OF_RANGE:
    return "expected labels and indices within their range";
  default:
    return "unknown status";
  }
}
