// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs kernels of the linalg phase in two ways: through sinter-emit-loops, and
// through the upstream passes that know nothing of it.

#ifndef SINTER_TEST_UNIT_CODEGEN_KERNELRUNNER_H
#define SINTER_TEST_UNIT_CODEGEN_KERNELRUNNER_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sinter::test {

enum class Way {
  Loops,    ///< sinter-emit-loops
  Reference ///< One-Shot Bufferize and scalar loops, all tiles at once
};

/// A kernel as machine code. It takes pointers to its buffers and a tile range.
class CompiledKernel {
public:
  /// Compiles the function @kernel of the module `text`; null after an error.
  static std::unique_ptr<CompiledKernel>
  compile(const std::string &text, Way way, int64_t vectorBytes = 64);
  ~CompiledKernel();

  void run(const std::vector<void *> &buffers, int64_t begin,
           int64_t end) const;
  int64_t getTileCount() const { return tileCount; }
  /// Sizes of the buffers in bytes and their element types ("f32", "i1" …).
  struct Operand {
    int64_t count;
    std::string elementType;
    int64_t elementBytes;
  };
  const std::vector<Operand> &getOperands() const { return operands; }
  int64_t getInputCount() const { return inputCount; }

private:
  struct Code;
  CompiledKernel();
  void describe(const std::vector<Operand> &buffers, int64_t tiles,
                int64_t inputs);
  std::unique_ptr<Code> code;
  std::vector<Operand> operands;
  int64_t tileCount = 0, inputCount = 0;
};

/// Runs a kernel both ways on the same random data and says where they differ
/// ("" if nowhere): by more than `tolerance` of the largest value of an output,
/// or at all for integers. Checks too that tiles run one by one give the same
/// bits, and that nothing is written but the outputs.
std::string compare(const std::string &text, double tolerance = 1e-5,
                    int64_t vectorBytes = 64);

} // namespace sinter::test

#endif // SINTER_TEST_UNIT_CODEGEN_KERNELRUNNER_H
