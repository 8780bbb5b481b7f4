// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types as MLIR's.
#include "sinter/Dialect/NN/IR/ElementTypes.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

Type sinter::elementTypeOf(DType dtype, MLIRContext *context) {
  switch (dtype) {
  case DType::F64:
    return Float64Type::get(context);
  case DType::F32:
    return Float32Type::get(context);
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::Bool:
    return IntegerType::get(context, 1);
  case DType::U8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case DType::I64:
  case DType::I32:
  case DType::I16:
  case DType::I8:
    break;
  }
  return IntegerType::get(context, 8 * sizeOf(dtype));
}

std::optional<sinter::DType> sinter::dtypeOf(Type type) {
  return findDType([&](const DTypeInfo &info) {
    return elementTypeOf(info.dtype, type.getContext()) == type;
  });
}
