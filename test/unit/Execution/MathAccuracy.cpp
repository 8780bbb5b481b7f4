// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel per function, on blocks of arguments.
#include "MathAccuracy.h"
#include "CompiledText.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace sinter::test;

static constexpr int64_t block = 4096;
static constexpr double infinity = std::numeric_limits<double>::infinity();

static double logistic(double x) { return 1 / (1 + std::exp(-x)); }

static std::string mathOp(const std::string &name) {
  return "%r = math." + name + " %x : !t";
}

const std::vector<MathFunction> &sinter::test::mathFunctions() {
  static const std::vector<MathFunction> functions = {
      {"exp", mathOp("exp"), std::exp},
      {"exp2", mathOp("exp2"), std::exp2},
      {"expm1", mathOp("expm1"), std::expm1},
      {"log", mathOp("log"), std::log},
      {"log1p", mathOp("log1p"), std::log1p},
      {"log2", mathOp("log2"), std::log2},
      {"log10", mathOp("log10"), std::log10},
      {"tanh", mathOp("tanh"), std::tanh},
      {"erf", mathOp("erf"), std::erf},
      {"sin", mathOp("sin"), std::sin},
      {"cos", mathOp("cos"), std::cos},
      {"logistic",
       "%n = arith.negf %x : !t %e = math.exp %n : !t "
       "%s = arith.addf %e, %one : !t %r = arith.divf %one, %s : !t",
       logistic},
      {"x^1.7",
       "%y = arith.constant CONST(1.7) : !t %r = math.powf %x, %y : !t",
       [](double x) { return std::pow(x, double(1.7f)); }},
      {"x^-3",
       "%y = arith.constant CONST(-3.0) : !t %r = math.powf %x, %y : !t",
       [](double x) { return std::pow(x, -3.0); }},
      {"0.9^x",
       "%base = arith.constant CONST(0.9) : !t %r = math.powf %base, %x : !t",
       [](double x) { return std::pow(double(0.9f), x); }}};
  return functions;
}

static void replaceAll(std::string &text, const std::string &from,
                       const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
}

/// CONST(1.0) is 1.0 of the scalar or vector type.
static void writeConstants(std::string &text, bool vector) {
  size_t at;
  while ((at = text.find("CONST(")) != std::string::npos) {
    size_t end = text.find(')', at);
    std::string number = text.substr(at + 6, end - at - 6);
    text.replace(at, end + 1 - at, vector ? "dense<" + number + ">" : number);
  }
}

/// A kernel over a block, `lanes` at once; 0 for scalars.
static std::string kernelText(const std::string &name, const std::string &body,
                              int lanes) {
  std::string type =
      lanes ? "vector<" + std::to_string(lanes) + "xf32>" : "f32";
  std::string text =
      "func.func @" + name +
      R"((%a: memref<4096xf32>, %b: memref<4096xf32>) attributes {sinter.kernel} {
    %one = arith.constant CONST(1.0) : !t
    %begin = arith.constant 0 : index
    %end = arith.constant 4096 : index
    %step = arith.constant STEP : index
    scf.for %i = %begin to %end step %step {
      LOAD
      BODY
      STORE
    }
    return
  }
)";
  replaceAll(text, "LOAD",
             lanes ? "%x = vector.load %a[%i] : memref<4096xf32>, !t"
                   : "%x = memref.load %a[%i] : memref<4096xf32>");
  replaceAll(text, "STORE",
             lanes ? "vector.store %r, %b[%i] : memref<4096xf32>, !t"
                   : "memref.store %r, %b[%i] : memref<4096xf32>");
  replaceAll(text, "BODY", body);
  replaceAll(text, "STEP", std::to_string(lanes ? lanes : 1));
  writeConstants(text, lanes > 0);
  replaceAll(text, "!t", type);
  return text;
}

struct MathChecker::Code {
  explicit Code(const MathFunction &function)
      : truth(function.truth),
        text("module {\n" + kernelText("vectors", function.body, 16) +
             kernelText("scalars", function.body, 0) + "}") {}
  double (*truth)(double);
  CompiledText text;
  using Kernel = void(const float *, float *);
};

MathChecker::MathChecker(const MathFunction &function)
    : code(std::make_unique<Code>(function)) {}
MathChecker::~MathChecker() = default;
bool MathChecker::is() const { return code->text.is(); }

double sinter::test::ulpError(float value, double truth) {
  float rounded = float(truth);
  if (std::isnan(truth) || std::isnan(value))
    return std::isnan(truth) == std::isnan(value) ? 0 : infinity;
  if (std::isinf(truth) || truth == 0)
    return value == rounded && std::signbit(value) == std::signbit(rounded)
               ? 0
               : infinity;
  // Beyond the largest number the next one would be 2^128.
  double number = std::isinf(value) ? std::copysign(0x1p128, value) : value;
  if (std::isinf(value) && std::isinf(rounded) &&
      std::signbit(value) == std::signbit(rounded))
    return 0;
  int exponent = std::max(std::ilogb(truth), -126);
  return std::fabs(number - truth) / std::ldexp(1.0, exponent - 23);
}

Accuracy MathChecker::check(uint32_t first, uint32_t stride, uint64_t count,
                            bool scalars) const {
  auto *run = code->text.get<Code::Kernel>("vectors");
  auto *runScalars = code->text.get<Code::Kernel>("scalars");
  std::vector<float> x(block), y(block), z(block);
  Accuracy found;
  uint32_t bits = first;
  for (uint64_t done = 0; done < count; done += block) {
    for (float &value : x) {
      std::memcpy(&value, &bits, 4);
      bits += stride;
    }
    run(x.data(), y.data());
    if (scalars)
      runScalars(x.data(), z.data());
    for (int64_t i = 0; i < block; ++i) {
      double error = ulpError(y[i], code->truth(x[i]));
      if (scalars && std::memcmp(&y[i], &z[i], 4) != 0 && !std::isnan(y[i]))
        error = infinity;
      if (error > found.worst)
        found = {error, x[i]};
    }
  }
  return found;
}

std::vector<float> MathChecker::evaluate(std::vector<float> arguments) const {
  size_t count = arguments.size();
  arguments.resize(block);
  std::vector<float> results(block);
  code->text.get<Code::Kernel>("vectors")(arguments.data(), results.data());
  results.resize(count);
  return results;
}
