// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types and what they are called everywhere: one row for each. No LLVM
// here; MLIR's types are in Dialect/NN/IR/ElementTypes.h.
#ifndef SINTER_RUNTIME_DTYPE_H
#define SINTER_RUNTIME_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sinter {

enum class DType : uint8_t { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool };

/// What an element type is called, and its size. A bool takes one byte that is
/// 0 or 1.
struct DTypeInfo {
  DType dtype;
  const char *name; ///< in model text: "f32"
  unsigned bytes;   ///< of one element
  bool isFloat;
  bool inModels;           ///< tensors of models may have it
  const char *torch;       ///< torch.float32
  const char *torchAlias;  ///< torch.float
  const char *numpy;       ///< descr of an NPY header; null: it has none
  const char *safetensors; ///< in the header of a safetensors file
  const char *c;           ///< the type in C headers
};

/// In the order of the enum.
inline constexpr DTypeInfo dtypes[] = {
    {DType::F64, "f64", 8, true, true, "float64", "double", "<f8", "F64",
     "double"},
    {DType::F32, "f32", 4, true, true, "float32", "float", "<f4", "F32",
     "float"},
    {DType::F16, "f16", 2, true, false, "float16", "half", "<f2", "F16",
     "uint16_t"},
    {DType::BF16, "bf16", 2, true, false, "bfloat16", "bfloat16", nullptr,
     "BF16", "uint16_t"},
    {DType::I64, "i64", 8, false, true, "int64", "long", "<i8", "I64",
     "int64_t"},
    {DType::I32, "i32", 4, false, true, "int32", "int", "<i4", "I32",
     "int32_t"},
    {DType::I16, "i16", 2, false, false, "int16", "short", "<i2", "I16",
     "int16_t"},
    {DType::I8, "i8", 1, false, false, "int8", "char", "|i1", "I8", "int8_t"},
    {DType::U8, "u8", 1, false, false, "uint8", "byte", "|u1", "U8", "uint8_t"},
    {DType::Bool, "bool", 1, false, true, "bool", "bool", "|b1", "BOOL",
     "uint8_t"},
};

constexpr const DTypeInfo &infoOf(DType dtype) {
  return dtypes[static_cast<size_t>(dtype)];
}

/// The first type for whose row `test` holds, if there is one.
template <typename Test>
constexpr std::optional<DType> findDType(const Test &test) {
  for (const DTypeInfo &info : dtypes)
    if (test(info))
      return info.dtype;
  return std::nullopt;
}

constexpr size_t sizeOf(DType dtype) { return infoOf(dtype).bytes; }
/// The name in model text: "f32", "i64", "bool", …
constexpr const char *nameOf(DType dtype) { return infoOf(dtype).name; }
constexpr bool isFloat(DType dtype) { return infoOf(dtype).isFloat; }

/// The type of that name in model text, if there is one.
constexpr std::optional<DType> dtypeNamed(std::string_view name) {
  return findDType([&](const DTypeInfo &info) { return name == info.name; });
}
/// The type that PyTorch or NumPy calls so: "float32", "float", …
constexpr std::optional<DType> torchDType(std::string_view name) {
  return findDType([&](const DTypeInfo &info) {
    return name == info.torch || name == info.torchAlias;
  });
}

} // namespace sinter
#endif
