// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plants one fault at a time into PTX that nvcc made of matmul.cu and
// reduction.cu: every one is noticed.
#include "Standardized.h"
#include "sinter/PTX/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "gtest/gtest.h"
#include <cmath>
#include <functional>

using namespace sinter::ptx;

namespace {
/// A rule replaces the first match of a pattern in a line.
struct Rule {
  const char *name, *pattern, *replacement;
};

/// A kernel with inputs, whose outputs are known.
struct Subject {
  const char *file, *kernel;
  Dimensions grid, block;
  uint32_t dynamicSharedBytes;
  std::vector<std::vector<float>> buffers; // the last is the output
  std::vector<int> sizes;
  std::vector<double> expected;
};

struct Mutant {
  const char *rule;
  std::string line, text;
};
} // namespace

static const Rule rules[] = {
    {"barrier removed", "bar\\.sync[^;]*;", ";"},
    {"fence removed", "membar\\.gl;", ";"},
    {"shared store removed", "st\\.shared[^;]*;", ";"},
    {"address moved", "\\[(%rd?[0-9]+)\\]", "[\\1+4]"},
    {"address moved", "\\[(%rd?[0-9]+)\\+([0-9]+)\\]", "[\\1+\\2+4]"},
    {"lane left out", "31, -1;", "31, 2147483647;"},
    {"predicate inverted", "@%p", "@!%p"},
    {"thread of another axis", "%tid\\.x", "%tid.y"},
    {"thread of another axis", "%tid\\.y", "%tid.x"},
    {"block of another axis", "%ctaid\\.x", "%ctaid.y"}};

static std::string readInput(const char *file) {
  auto buffer =
      llvm::MemoryBuffer::getFile(std::string(SINTER_TEST_INPUTS "/") + file);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

/// The part of the text that is the kernel, with what all kernels share.
static std::vector<std::string> linesOf(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n');
  return {lines.begin(), lines.end()};
}

static std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + "\n";
  return text;
}

static std::vector<Mutant> plant(const Subject &subject,
                                 const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  std::vector<Mutant> mutants;
  bool inside = false;
  for (std::string &line : lines) {
    if (llvm::StringRef(line).contains(".entry"))
      inside = llvm::StringRef(line).contains(std::string(" ") +
                                              subject.kernel + "(");
    if (!inside || llvm::StringRef(line).contains("ld.param"))
      continue;
    for (const Rule &rule : rules) {
      std::string changed =
          llvm::Regex(rule.pattern).sub(rule.replacement, line);
      if (changed == line)
        continue;
      std::string old = std::exchange(line, changed);
      mutants.push_back({rule.name, old, joined(lines)});
      line = old;
    }
  }
  return mutants;
}

/// Whether the text runs as the kernel should, without a report.
static bool survives(const Subject &subject, const std::string &text) {
  auto device = cantFail(Device::create());
  auto module = LoadedModule::load(*device, text, "mutant.ptx");
  if (!module) {
    llvm::consumeError(module.takeError());
    return false;
  }
  LaunchOptions options;
  options.grid = subject.grid;
  options.block = subject.block;
  options.dynamicSharedBytes = subject.dynamicSharedBytes;
  options.fuel = 20000;
  for (options.seed = 1; options.seed <= 3; ++options.seed) {
    std::vector<uint64_t> addresses;
    for (const std::vector<float> &buffer : subject.buffers) {
      addresses.push_back(device->allocate(buffer.size() * 4));
      if (addresses.size() < subject.buffers.size())
        device->write(addresses.back(), buffer.data(), buffer.size() * 4);
    }
    std::vector<const void *> arguments;
    for (uint64_t &address : addresses)
      arguments.push_back(&address);
    for (const int &size : subject.sizes)
      arguments.push_back(&size);
    const Kernel *kernel = (*module)->kernel(subject.kernel);
    if (!kernel || !device->launch(*kernel, options, arguments).empty())
      return false;
    std::vector<float> output(subject.expected.size());
    device->read(addresses.back(), output.data(), output.size() * 4);
    for (size_t i = 0; i < output.size(); ++i) // NaN is no small difference
      if (!(std::fabs(output[i] - subject.expected[i]) < 1e-4))
        return false;
  }
  return true;
}

/// Expects all mutants to be noticed but those of the lines in `harmless`.
static void run(const Subject &subject, std::vector<std::string> harmless) {
  std::string text = readInput(subject.file);
  ASSERT_TRUE(survives(subject, text));
  size_t count = 0;
  for (const Mutant &mutant : plant(subject, text)) {
    ++count;
    if (!survives(subject, mutant.text))
      continue;
    std::string where = std::string(mutant.rule) + ": " +
                        llvm::StringRef(mutant.line).trim().str();
    auto found = llvm::find(harmless, where);
    if (found == harmless.end())
      ADD_FAILURE() << "unnoticed: " << where;
    else
      harmless.erase(found);
  }
  EXPECT_GT(count, 8u);
}

static std::vector<float> ramp(size_t count) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(float(i * 37 % 101) / 50 - 1);
  return values;
}

TEST(MutationTest, Matmul) {
  const int m = 20, n = 33, k = 24;
  Subject subject{"matmul.ptx", "matmul",  {3, 2}, {16, 16}, 0,
                  {},           {m, n, k}, {}};
  std::vector<float> a = ramp(m * k), b = ramp(k * n);
  subject.buffers = {a, b, std::vector<float>(m * n)};
  for (int i = 0; i < m * n; ++i) {
    double sum = 0;
    for (int t = 0; t < k; ++t)
      sum += double(a[i / n * k + t]) * b[t * n + i % n];
    subject.expected.push_back(sum);
  }
  run(subject, {});
}

TEST(MutationTest, Transpose) {
  const int n = 32;
  Subject subject{"matmul.ptx", "transpose", {2, 2}, {16, 16},
                  16 * 17 * 4,  {},          {n},    {}};
  std::vector<float> x = ramp(n * n);
  subject.buffers = {x, std::vector<float>(n * n)};
  for (int i = 0; i < n * n; ++i)
    subject.expected.push_back(x[i % n * n + i / n]);
  run(subject, {});
}

TEST(MutationTest, Standardize) {
  const int rows = 2, n = 200;
  Subject subject{"reduction.ptx", "standardize", {rows}, {96}, 0, {}, {n}, {}};
  std::vector<float> x = ramp(rows * n);
  subject.buffers = {x, std::vector<float>(rows * n)};
  subject.expected = standardized(x, rows, n);
  // Nobody has read `sums` before the first call.
  run(subject, {"barrier removed: bar.sync \t0;"});
}

TEST(MutationTest, Total) {
  const int n = 900;
  Subject subject{"reduction.ptx", "total", {7}, {96}, 0, {}, {n}, {}};
  std::vector<float> x = ramp(n);
  subject.buffers = {x, std::vector<float>(8), std::vector<float>(1)};
  subject.expected = {0};
  for (float value : x)
    subject.expected[0] += value;
  // Likewise; and only the thread that wrote it reads sums[0].
  run(subject,
      {"barrier removed: bar.sync \t0;", "barrier removed: bar.sync \t0;"});
}
