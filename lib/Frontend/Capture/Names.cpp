// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Built-in names that are not called: constants, and attributes of tensors.
#include "Interpreter.h"
#include "Tables.h"
#include "sinter/Dialect/NN/IR/ElementTypes.h"
#include <cmath>

namespace sinter::capturing {

llvm::ArrayRef<ConstantRow> constantRows() {
  static const ConstantRow rows[] = {
      {"training", [](const Interpreter &in) -> Value { return in.training; },
       "Module.training",
       "true where the model is compiled for training: a condition of if"},
      {"pi", [](const Interpreter &) -> Value { return M_PI; }, "torch.pi",
       "3.14159…"},
      {"inf", [](const Interpreter &) -> Value { return HUGE_VAL; },
       "torch.inf", "infinity"},
      {"nan", [](const Interpreter &) -> Value { return std::nan(""); },
       "torch.nan", "not a number"},
  };
  return rows;
}

static Value shapeOfTensor(Interpreter &, Tensor tensor, SourceRange) {
  std::vector<Value> extents;
  for (int64_t extent : shapeOf(tensor))
    extents.push_back(extent);
  return makeSequence(std::move(extents));
}

static Value numDims(Interpreter &, Tensor tensor, SourceRange) {
  return rankOf(tensor);
}

static Value matrixTranspose(Interpreter &in, Tensor tensor, SourceRange) {
  int64_t rank = rankOf(tensor);
  return rank < 2 ? tensor : in.graph.swap(tensor, rank - 2, rank - 1);
}

static Value transposeOf(Interpreter &in, Tensor tensor, SourceRange range) {
  if (rankOf(tensor) > 2)
    return in.poison(range,
                     "expected a tensor of rank 2 before '.T', but got " +
                         Value(tensor).describe() +
                         "; '.mT' transposes the last two dims");
  return matrixTranspose(in, tensor, range);
}

static Value dtypeOfTensor(Interpreter &, Tensor tensor, SourceRange) {
  return *dtypeOf(elementOf(tensor));
}

llvm::ArrayRef<AttributeRow> attributeRows() {
  static const AttributeRow rows[] = {
      {"shape", shapeOfTensor, "Tensor.shape",
       "the extents, as a tuple: x.shape[0]"},
      {"ndim", numDims, "Tensor.ndim", "the number of dims"},
      {"T", transposeOf, "Tensor.T", "the transpose of a matrix"},
      {"mT", matrixTranspose, "Tensor.mT",
       "the transposes of matrices in the last two dims"},
      {"dtype", dtypeOfTensor, "Tensor.dtype", "the dtype of the elements"},
  };
  return rows;
}

template <typename Row>
static const Row *findRow(llvm::ArrayRef<Row> rows, llvm::StringRef name) {
  for (const Row &row : rows)
    if (name == row.name)
      return &row;
  return nullptr;
}

const ConstantRow *findConstant(llvm::StringRef name) {
  return findRow(constantRows(), name);
}
const AttributeRow *findAttribute(llvm::StringRef name) {
  return findRow(attributeRows(), name);
}

} // namespace sinter::capturing
