// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives files to a fuzz target without a fuzzer: fuzz-replay TARGET FILE…
#include "Targets.h"
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

using namespace sinter::fuzz;

namespace {
struct Target {
  const char *name;
  void (*run)(const uint8_t *, size_t);
};
} // namespace

static const Target targets[] = {
    {"idx", fuzzIdx},
    {"npy", fuzzNpy},
    {"npz", fuzzNpz},
    {"cifar10", fuzzCifar10},
    {"safetensors", fuzzSafetensors},
    {"gzip", fuzzGzip},
    {"settings", fuzzSettings},
    {"description", fuzzDescription},
    {"syntax", fuzzSyntax},
    {"capture", fuzzCapture},
};

int main(int argc, char **argv) {
  const Target *chosen = nullptr;
  for (const Target &target : targets)
    if (argc > 1 && std::strcmp(argv[1], target.name) == 0)
      chosen = &target;
  if (!chosen) {
    std::fprintf(stderr, "usage: fuzz-replay TARGET FILE...\n");
    return 2;
  }
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
      std::fprintf(stderr, "fuzz-replay: cannot read %s\n", argv[i]);
      return 1;
    }
    std::fprintf(stderr, "%s\n", argv[i]); // the last one is the culprit
    chosen->run(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  }
  std::printf("%s: %d files\n", chosen->name, argc - 2);
  return 0;
}
