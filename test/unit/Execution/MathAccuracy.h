// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares expanded math functions with libm in f64.
#ifndef SINTER_TEST_UNIT_EXECUTION_MATHACCURACY_H
#define SINTER_TEST_UNIT_EXECUTION_MATHACCURACY_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sinter::test {

/// A function of one f32: its name, the IR of %r from %x of !t (a vector or
/// f32), the truth.
struct MathFunction {
  std::string name, body;
  double (*truth)(double);
};

/// All functions that are expanded.
const std::vector<MathFunction> &mathFunctions();

/// What was found for some arguments.
struct Accuracy {
  double worst = 0; ///< ulp; infinity for a wrong NaN, infinity or zero
  float argument = 0;
};

/// Evaluates a function with vectors and, if asked, with scalars too (that they
/// give the same bits), on arguments with the bits first, first + stride, ….
class MathChecker {
public:
  explicit MathChecker(const MathFunction &function);
  ~MathChecker();
  bool is() const;
  Accuracy check(uint32_t first, uint32_t stride, uint64_t count,
                 bool scalars) const;
  std::vector<float> evaluate(std::vector<float> arguments) const;

private:
  struct Code;
  std::unique_ptr<Code> code;
};

/// Distance from the truth in units of the last place of f32.
double ulpError(float value, double truth);

} // namespace sinter::test
#endif
