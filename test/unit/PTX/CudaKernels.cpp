// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nvcc writes its PTX into a temporary file.
#include "CudaKernels.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace sinter::ptx;

void CudaKernels::load(const std::string &file, const std::string &chip) {
  llvm::ErrorOr<std::string> nvcc = llvm::sys::findProgramByName("nvcc");
  if (!nvcc)
    GTEST_SKIP() << "there is no nvcc";
  llvm::SmallString<128> output;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("kernels", "ptx", output));
  llvm::FileRemover remover(output);
  std::string source = std::string(SINTER_TEST_INPUTS "/") + file;
  std::string architecture = "-arch=" + chip;
  llvm::StringRef command[] = {*nvcc,  "-std=c++17", "-lineinfo", architecture,
                               "-ptx", "-o",         output,      source};
  ASSERT_EQ(llvm::sys::ExecuteAndWait(*nvcc, command), 0);
  auto text = llvm::MemoryBuffer::getFile(output);
  ASSERT_TRUE(bool(text));
  auto loaded = LoadedModule::load(*device, (*text)->getBuffer(), file);
  ASSERT_TRUE(bool(loaded)) << llvm::toString(loaded.takeError());
  module = std::move(*loaded);
  for (const Kernel &kernel : module->kernels())
    EXPECT_EQ(kernel.error, "");
}

void CudaKernels::run(const std::string &name,
                      llvm::ArrayRef<const void *> arguments) {
  const Kernel *kernel = module->kernel(name);
  ASSERT_TRUE(kernel) << name;
  for (const Report &report : device->launch(*kernel, options, arguments))
    ADD_FAILURE() << report.text << "\nwith seed " << options.seed;
}

std::vector<float> CudaKernels::floats(size_t count, float scale) {
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> values(count);
  for (float &value : values)
    value = uniform(random);
  return values;
}

std::vector<int> CudaKernels::integers(size_t count, int below) {
  std::vector<int> values(count);
  for (int &value : values)
    value = random() % below;
  return values;
}
