// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types as written, resolved for the extents of one instance.
#include "Interpreter.h"
#include "sinter/Frontend/Printer.h"
#include "llvm/Support/SaveAndRestore.h"

namespace sinter::capturing {

mlir::RankedTensorType Interpreter::resolveType(const ast::TypeExpr &type) {
  if (type.isTuple) {
    session.error(type.range, "tuple types are not supported yet");
    return {};
  }
  mlir::Type element = session.elementType(type.dtype, type.range);
  Shape shape;
  bool known = element != nullptr;
  for (const ast::Expr *dim : type.dims) {
    auto extent = evaluateInteger(*dim, "an extent");
    known &= extent.has_value();
    if (extent && *extent < 0) {
      session.error(dim->range, "expected an extent that is not negative, but "
                                "got " +
                                    llvm::Twine(*extent));
      known = false;
    }
    shape.push_back(extent.value_or(0));
  }
  if (!known)
    return {};
  mlir::RankedTensorType resolved = graph.type(shape, element);
  if (std::string excess = describeExcess(resolved); !excess.empty()) {
    session.error(type.range, excess);
    return {};
  }
  return resolved;
}

mlir::RankedTensorType
Interpreter::resolveInstanceType(const ast::TypeExpr &type,
                                 const ModulePointer &self) {
  Frame inner;
  inner.self = self;
  llvm::SaveAndRestore<Frame *> scope(frame, &inner);
  return resolveType(type);
}

/// "f32[N, 10] = f32[64, 10]", or the second form alone where they are equal.
static std::string inBothForms(const ast::TypeExpr &type,
                               mlir::RankedTensorType bound) {
  std::string symbolic = printType(type), text = describeType(bound);
  return symbolic == text ? text : symbolic + " = " + text;
}

Value Interpreter::checkType(const Value &value, const ast::TypeExpr &type,
                             SourceRange range, const llvm::Twine &what) {
  if (value.isPoison())
    return value;
  if (type.isTuple) {
    auto *sequence = value.as<Sequence>();
    if (!sequence || sequence->items->size() != type.elements.size())
      return poison(range, "expected " + printType(type) + " as " + what +
                               ", but got " + value.describe());
    std::vector<Value> items;
    for (auto [item, element] : llvm::zip(*sequence->items, type.elements))
      items.push_back(checkType(item, *element, range, what));
    return makeSequence(std::move(items));
  }
  mlir::RankedTensorType expected = resolveType(type);
  if (!expected)
    return Poison{};
  Tensor tensor;
  if (value.isNumber() && expected.getRank() == 0)
    tensor = toTensor(value, range, expected.getElementType());
  else
    tensor = toTensor(value, range);
  if (!tensor)
    return Poison{};
  if (tensor.getType() == expected)
    return tensor;
  session
      .error(range, "expected " + inBothForms(type, expected) + " as " + what +
                        ", but got " + describeType(tensor.getType()))
      .note(type.range, "the type is declared here");
  return Poison{};
}

} // namespace sinter::capturing
