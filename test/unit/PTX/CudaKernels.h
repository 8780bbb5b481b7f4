// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that nvcc makes, for tests that have it.
#ifndef SINTER_TEST_CUDAKERNELS_H
#define SINTER_TEST_CUDAKERNELS_H

#include "sinter/PTX/Module.h"
#include "gtest/gtest.h"
#include <random>

/// A test that runs kernels of a file of Inputs. It is skipped where there is
/// no nvcc.
class CudaKernels : public testing::Test {
protected:
  /// Compiles a file of CUDA C++ for a chip and loads it, checked.
  void load(const std::string &file, const std::string &chip = "sm_80");

  template <typename T> uint64_t upload(const std::vector<T> &values) {
    uint64_t address = allocate<T>(values.size());
    device->write(address, values.data(), values.size() * sizeof(T));
    return address;
  }
  template <typename T> uint64_t allocate(size_t count) {
    return device->allocate(count * sizeof(T));
  }
  template <typename T>
  std::vector<T> download(uint64_t address, size_t count) {
    std::vector<T> values(count);
    EXPECT_TRUE(device->isInitialised(address, count * sizeof(T)));
    device->read(address, values.data(), count * sizeof(T));
    return values;
  }

  /// Runs a kernel with the current seed; any report is a failure.
  template <typename... Arguments>
  void launch(const std::string &kernel, sinter::ptx::Dimensions grid,
              sinter::ptx::Dimensions block, Arguments... arguments) {
    options.grid = grid;
    options.block = block;
    run(kernel, {&arguments...});
  }

  /// Runs `body` with the seeds 1 to 5.
  template <typename Body> void forSeeds(Body body) {
    if (!module)
      return;
    for (options.seed = 1; options.seed <= 5 && !HasFailure(); ++options.seed)
      body();
  }

  std::vector<float> floats(size_t count, float scale = 1);
  std::vector<int> integers(size_t count, int below);

  std::unique_ptr<sinter::ptx::Device> device =
      cantFail(sinter::ptx::Device::create());
  std::unique_ptr<sinter::ptx::LoadedModule> module;
  sinter::ptx::LaunchOptions options;
  std::mt19937 random{7};

private:
  void run(const std::string &kernel, llvm::ArrayRef<const void *> arguments);
};

#endif
