// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors in other dtypes.
#include "Call.h"

namespace sinter::capturing {

static Value convert(Call &call, mlir::Type element) {
  const Value &input = call.value("input");
  if (input.isNumber()) {
    if (mlir::isa<mlir::FloatType>(element))
      return input.toDouble();
    if (element.isInteger(1))
      return input.toDouble() != 0;
    if (auto integer = input.toInteger())
      return *integer;
    return call.interpreter.asInteger(input.toDouble(), call.range);
  }
  Tensor x = call.tensor("input");
  return call.failed() ? Value() : Value(call.graph.cast(x, element));
}

/// `x.to(f32)` or `x.to(other)`; a device has no meaning here.
static Value to(Call &call) {
  const Value &target = call.value("dtype");
  if (auto *other = target.as<Tensor>())
    return convert(call, elementOf(*other));
  if (target.is<std::string>() || target.is<None>())
    return call.value("input");
  mlir::Type element = call.element("dtype");
  return call.failed() ? Value() : convert(call, element);
}

static Value typeAs(Call &call) {
  Tensor other = call.tensor("other");
  return call.failed() ? Value() : convert(call, elementOf(other));
}

template <DType dtype> static Value toDType(Call &call) {
  return convert(call, call.interpreter.session.elementType(dtype, call.range));
}

llvm::ArrayRef<FunctionRow> conversionFunctions() {
  static const FunctionRow rows[] = {
      {"to(input, dtype)", to, "Tensor.to", "the tensor in another dtype",
       "device, copy: there is one device"},
      {"type_as(input, other)", typeAs, "Tensor.type_as",
       "the tensor in the dtype of another"},
      {"float(input)", toDType<DType::F32>, "Tensor.float",
       "the tensor in f32"},
      {"double(input)", toDType<DType::F64>, "Tensor.double",
       "the tensor in f64"},
      {"long(input)", toDType<DType::I64>, "Tensor.long", "the tensor in i64"},
      {"int(input)", toDType<DType::I32>, "Tensor.int", "the tensor in i32"},
      {"bool(input)", toDType<DType::Bool>, "Tensor.bool",
       "true where an element is not 0"},
  };
  return rows;
}

} // namespace sinter::capturing
