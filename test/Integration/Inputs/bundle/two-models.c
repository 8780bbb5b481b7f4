/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Two models and the interface of the runtime in one file, in C and in C++. */
#include "01-odd.h"
#include "calculations.h"
#include "sinter/Runtime/ABI.h"

#include <stdio.h>

int main(void) {
  float a = 1.5f, result = 0;
  int32_t b = 4, status;
  model_01_odd_scalar_in in;
  model_01_odd_scalar_out out;
  static union {
    model_01_odd_file_state state;
    unsigned char bytes[MODEL_01_ODD_FILE_STATE_BYTES + SINTER_ALIGNMENT];
  } memory;
  model_01_odd_file_state *state =
      (model_01_odd_file_state *)(((uintptr_t)memory.bytes + SINTER_ALIGNMENT -
                                   1) &
                                  ~(uintptr_t)(SINTER_ALIGNMENT - 1));
  sinter_entry entry = (sinter_entry)model_01_odd_scalar;
  in.a = &a;
  in.b = &b;
  out.result = &result;
  status = model_01_odd_scalar(NULL, state, &in, &out, NULL);
  printf("%s: %g\n", sinter_status_text(status), result);
  a = 0.5f;
  status = entry(NULL, state, &in, &out, NULL);
  printf("%s: %g\n", sinter_status_text(status), result);
  printf("%d segments, %.20s, %.20s\n", MODEL_01_ODD_FILE_STATE_SEGMENTS,
         model_01_odd_description, calculations_description);
  return 0;
}
