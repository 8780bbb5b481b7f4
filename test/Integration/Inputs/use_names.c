/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Uses the header of names.sinter. */
#include "net.h"

int main(void) {
  net_M_gradients__in in = {0};
  net_M_gradients__out out = {0};
  return net_M_gradients_(0, 0, &in, &out, 0) == SINTER_NULL_ARGUMENT ? 0 : 1;
}
