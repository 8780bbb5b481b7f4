// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fuzzed readers of data files and of JSON: what is no such file is a
// sinter::Error.
#include "Targets.h"
#include "sinter/Data/Cifar10.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Idx.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Data/Npy.h"
#include "sinter/Data/Safetensors.h"
#include "sinter/Training/Settings.h"
#include <cstdlib>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace sinter::fuzz {

/// Calls a reader on a file in memory with this content.
static void read(const uint8_t *data, size_t size,
                 const std::function<void(const std::string &)> &reader) {
  int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || ::write(file, data, size) != ssize_t(size))
    std::abort();
  try {
    reader("/proc/self/fd/" + std::to_string(file));
  } catch (const Error &) {
  }
  ::close(file);
}

void fuzzIdx(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    TensorSpec header = readIdxHeader(path);
    if (readIdx(path).spec.shape != header.shape)
      std::abort();
  });
}

void fuzzNpy(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    TensorSpec header = readNpyHeader(path);
    if (readNpy(path).spec.shape != header.shape)
      std::abort();
  });
}

void fuzzNpz(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    NpzArchive archive(path);
    for (const std::string &name : archive.names())
      if (archive.read(name).spec.shape != archive.header(name).shape)
        std::abort();
  });
}

void fuzzCifar10(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    for (bool isForTraining : {false, true})
      if (readCifar10(path, isForTraining)[0].spec.shape !=
          readCifar10Types(path, isForTraining)[0].shape)
        std::abort();
  });
}

void fuzzSafetensors(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    size_t count = readSafetensorsHeader(path).size();
    if (readSafetensors(path).size() != count)
      std::abort();
  });
}

void fuzzGzip(const uint8_t *data, size_t size) {
  read(data, size, [](const std::string &path) {
    InputFile file(path);
    uint64_t total = 0;
    char chunk[4096];
    while (size_t count = file.read(chunk, sizeof(chunk)))
      total += count;
    if (total > file.largestContent())
      std::abort(); // allocations rely on it
  });
}

void fuzzSettings(const uint8_t *data, size_t size) {
  try {
    Settings settings =
        parseSettings(std::string(reinterpret_cast<const char *>(data), size));
    for (int64_t step : {0, 1, 7, 1000})
      learningRate(settings, step);
  } catch (const Error &) {
  }
}

void fuzzDescription(const uint8_t *data, size_t size) {
  try {
    std::string text = describeModel(
        parseModelDescription({reinterpret_cast<const char *>(data), size}));
    if (describeModel(parseModelDescription(text)) != text)
      std::abort();
  } catch (const Error &) {
  }
}

} // namespace sinter::fuzz
