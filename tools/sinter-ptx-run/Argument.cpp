// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types as in model text, then how to fill them.
#include "Argument.h"
#include "sinter/Data/Npy.h"
#include "sinter/Driver/CommandLine.h"
#include "sinter/Runtime/Philox.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace sinter;
using namespace sinter::ptxrun;
using driver::UsageError;

const char *ptxrun::argumentForms =
    "f32[64,10]:iota|zeros|random|NUMBER, f32[64] (uninitialised), @FILE.npy, "
    "i32:5, or =N: the buffer of argument N";

[[noreturn]] static void fail(const std::string &text) {
  throw UsageError(
      fmt::format("--arg: expected {}, but got '{}'", argumentForms, text));
}

/// The bits of a 16-bit float.
static uint16_t narrow(double value, const llvm::fltSemantics &semantics) {
  llvm::APFloat number(value);
  bool loses;
  number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &loses);
  return number.bitcastToAPInt().getZExtValue();
}

static void setElement(Tensor &tensor, int64_t index, double value) {
  switch (tensor.spec.dtype) {
  case DType::F64:
    tensor.as<double>()[index] = value;
    break;
  case DType::F32:
    tensor.as<float>()[index] = value;
    break;
  case DType::F16:
    tensor.as<uint16_t>()[index] = narrow(value, llvm::APFloat::IEEEhalf());
    break;
  case DType::BF16:
    tensor.as<uint16_t>()[index] = narrow(value, llvm::APFloat::BFloat());
    break;
  case DType::I64:
    tensor.as<int64_t>()[index] = value;
    break;
  case DType::I32:
    tensor.as<int32_t>()[index] = int64_t(value);
    break;
  case DType::I16:
    tensor.as<int16_t>()[index] = int64_t(value);
    break;
  default:
    tensor.as<uint8_t>()[index] = int64_t(value);
  }
}

/// Uniform in [-1, 1) for floats, 0 to 99 for integers.
static double randomValue(DType dtype, int64_t index, size_t number) {
  uint32_t bits = philox4x32({uint32_t(index), uint32_t(index >> 32), 0, 0},
                             {uint32_t(number), 0})[0];
  return isFloat(dtype) ? (bits >> 8) * 0x1p-23 - 1 : bits % 100;
}

static void fill(Tensor &tensor, const std::string &how, size_t number,
                 const std::string &text) {
  double constant = 0;
  bool isIota = how == "iota", isRandom = how == "random";
  if (!isIota && !isRandom && how != "zeros" &&
      llvm::StringRef(how).getAsDouble(constant))
    fail(text);
  for (int64_t i = 0; i < tensor.spec.elements(); ++i)
    setElement(tensor, i,
               isIota     ? double(i)
               : isRandom ? randomValue(tensor.spec.dtype, i, number)
                          : constant);
}

/// Reads "[64,10]".
static std::vector<int64_t> parseShape(llvm::StringRef extents,
                                       const std::string &text) {
  std::vector<int64_t> shape;
  llvm::SmallVector<llvm::StringRef> parts;
  extents.split(parts, ',');
  for (llvm::StringRef part : parts)
    if (part.trim().getAsInteger(10, shape.emplace_back()) || shape.back() <= 0)
      fail(text);
  return shape;
}

Argument ptxrun::parseArgument(const std::string &text, size_t number) {
  Argument argument;
  llvm::StringRef rest = text;
  if (rest.consume_front("@")) {
    argument.value = readNpy(rest.str());
    return argument;
  }
  if (rest.consume_front("=")) {
    argument.kind = Argument::SameBuffer;
    if (rest.getAsInteger(10, argument.same) || argument.same >= number)
      fail(text);
    return argument;
  }
  auto [type, how] = rest.split(':');
  auto [name, extents] = type.split('[');
  std::optional<DType> dtype = dtypeNamed(name.str());
  bool isBuffer = extents.consume_back("]");
  if (!dtype || type.contains('[') != isBuffer || (!isBuffer && how.empty()))
    fail(text);
  TensorSpec spec;
  spec.dtype = *dtype;
  if (isBuffer)
    spec.shape = parseShape(extents, text);
  uint64_t bytes = 0;
  if (!checkedBytes(spec.dtype, spec.shape, bytes) || bytes > 1ull << 33)
    fail(text);
  argument.value = Tensor(spec);
  argument.kind = !isBuffer     ? Argument::Scalar
                  : how.empty() ? Argument::Uninitialised
                                : Argument::Buffer;
  if (!how.empty())
    fill(argument.value, how.str(), number, text);
  return argument;
}
