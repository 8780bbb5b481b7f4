// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer's entry of one target, which the build names.
#include "Targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sinter::fuzz::SINTER_FUZZ_TARGET(data, size);
  return 0;
}

/// LLVM's libraries are not instrumented: what they do to containers and to
/// arenas would look like errors.
extern "C" const char *__asan_default_options() {
  return "detect_container_overflow=0:allow_user_poisoning=0";
}
