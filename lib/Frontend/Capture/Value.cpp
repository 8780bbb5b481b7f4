// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values in words, for messages.
#include "Value.h"
#include "Tables.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

namespace sinter::capturing {

double Value::toDouble() const {
  if (auto *integer = as<int64_t>())
    return *integer;
  if (auto *flag = as<bool>())
    return *flag;
  auto *number = as<double>();
  return number ? *number : 0;
}

std::optional<int64_t> Value::toInteger() const {
  if (auto *integer = as<int64_t>())
    return *integer;
  if (auto *flag = as<bool>())
    return int64_t(*flag);
  return std::nullopt;
}

llvm::APFloat Value::toExact() const {
  bool losesInfo;
  llvm::APFloat exact(toDouble());
  exact.convert(llvm::APFloat::IEEEquad(), llvm::APFloat::rmNearestTiesToEven,
                &losesInfo);
  if (auto integer = toInteger())
    exact.convertFromAPInt(llvm::APInt(64, *integer, /*isSigned=*/true), true,
                           llvm::APFloat::rmNearestTiesToEven);
  return exact;
}

Value makeSequence(std::vector<Value> items, bool isList) {
  return Sequence{std::make_shared<const std::vector<Value>>(std::move(items)),
                  isList};
}

std::string describeShape(llvm::ArrayRef<int64_t> shape) {
  std::string text = "[";
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(shape, os);
  os << "]";
  return text;
}

static std::string elementName(mlir::Type type) {
  if (type.isInteger(1))
    return "bool";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

std::string describeType(mlir::Type type) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  if (!tensor)
    return elementName(type);
  return elementName(tensor.getElementType()) +
         (tensor.getRank() ? describeShape(tensor.getShape()) : "");
}

std::string Value::describe() const {
  if (auto *tensor = as<Tensor>())
    return "a tensor " + describeType(tensor->getType());
  if (auto *integer = as<int64_t>())
    return "the number " + std::to_string(*integer);
  if (auto *number = as<double>()) {
    std::string text;
    llvm::raw_string_ostream(text)
        << "the number " << llvm::format("%g", *number);
    return text;
  }
  if (auto *flag = as<bool>())
    return *flag ? "true" : "false";
  if (auto *text = as<std::string>())
    return "the string \"" + *text + "\"";
  if (is<None>())
    return "none";
  if (auto *dtype = as<ast::DType>())
    return "the dtype " + ast::spelling(*dtype).str();
  if (auto *sequence = as<Sequence>())
    return (sequence->isList ? "a list of " : "a tuple of ") +
           std::to_string(sequence->items->size());
  if (auto *collected = as<Collected>())
    return collected->items
               ? "the " + std::to_string(collected->items->size()) +
                     " values of a loop"
               : "the values of a loop " +
                     describeType(collected->stacked.getType());
  if (is<LoopTime>())
    return "the number of a loop's step";
  if (auto *packed = as<PackedSequence>())
    return "a packed sequence " + describeType(packed->data.getType());
  if (auto *instance = as<ModulePointer>())
    return "a module " + (*instance)->typeName;
  if (auto *function = as<FunctionValue>())
    return "the fn '" + function->decl->name.name.str() + "'";
  if (auto *builtin = as<BuiltinValue>())
    return "the function '" + nameOf(*builtin->builtin) + "'";
  if (auto *type = as<ClassValue>())
    return "the module '" +
           (type->decl ? type->decl->name.name.str() : nameOf(*type->layer)) +
           "' itself";
  if (auto *object = as<Object>())
    return nameOf(*object->kind) + "(…)";
  if (auto *type = as<ObjectClass>())
    return "'" + nameOf(*type->kind) + "' itself";
  return is<Namespace>() ? "a namespace" : "an error";
}

bool fitsElement(const Value &number, mlir::Type element) {
  auto type = mlir::dyn_cast<mlir::IntegerType>(element);
  if (!type || type.getWidth() == 1)
    return true;
  unsigned width = type.getWidth();
  if (auto integer = number.toInteger())
    return type.isUnsigned()
               ? llvm::isUIntN(width, *integer < 0 ? -*integer : *integer)
               : llvm::isIntN(width, *integer);
  double limit = std::ldexp(1.0, type.isUnsigned() ? width : width - 1);
  double least = type.isUnsigned() ? -limit + 1 : -limit;
  return number.toDouble() >= least && number.toDouble() < limit;
}

mlir::Attribute numberAttribute(const Value &number, mlir::Type element) {
  if (mlir::isa<mlir::FloatType>(element))
    return mlir::FloatAttr::get(element, number.toDouble());
  if (element.isInteger(1))
    return mlir::IntegerAttr::get(element, number.toDouble() != 0);
  auto integer = number.toInteger();
  return mlir::IntegerAttr::get(element, integer ? *integer
                                                 : int64_t(number.toDouble()));
}

} // namespace sinter::capturing
