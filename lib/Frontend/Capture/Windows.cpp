// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions, pooling and other functions of images share.
#include "Windows.h"

namespace sinter::capturing {

int64_t spatialRank(llvm::StringRef name) {
  return name[name.find_last_of("123")] - '0';
}

Shape perSpatialDim(Call &call, llvm::StringRef name, int64_t spatial,
                    int64_t lowest) {
  Shape numbers = call.integers(name);
  if (numbers.size() == 1)
    numbers.resize(spatial, numbers.front());
  bool fits = int64_t(numbers.size()) == spatial &&
              llvm::all_of(numbers, [&](int64_t number) {
                return lowest <= number && number < nn::windowAmountLimit;
              });
  if (fits && !call.failed())
    return numbers;
  if (!call.failed())
    call.expected(name, llvm::Twine("one number from ") + llvm::Twine(lowest) +
                            " to 2^31 - 1, or " + llvm::Twine(spatial) +
                            " of them");
  return Shape(spatial, lowest);
}

std::vector<double> numbersPerDim(Call &call, llvm::StringRef name,
                                  int64_t spatial) {
  std::vector<Value> given = elementsOf(call.value(name));
  if (!call.value(name).is<Sequence>())
    given.resize(spatial, given.front());
  std::vector<double> numbers;
  for (const Value &number : given)
    if (number.isNumber())
      numbers.push_back(number.toDouble());
  if (int64_t(numbers.size()) != spatial || given.size() != numbers.size()) {
    call.expected(name, "one number or " + llvm::Twine(spatial) + " of them");
    return {};
  }
  return numbers;
}

bool areCountable(llvm::ArrayRef<int64_t> extents) {
  return llvm::all_of(
      extents, [](int64_t extent) { return extent < nn::windowAmountLimit; });
}

SpatialInput spatialInput(Call &call, Tensor input, int64_t spatial) {
  if (call.failed())
    return {};
  int64_t rank = rankOf(input);
  if (!areCountable(shapeOf(input))) {
    call.error("input", "expected extents below 2^31 in the input of '" +
                            call.name() + "', but got " +
                            describeType(input.getType()));
    return {};
  }
  if (rank == spatial + 2)
    return {input, true};
  if (rank == spatial + 1)
    return {call.graph.unsqueeze(input, 0), false};
  call.error("input", "expected an input of '" + call.name() + "' with " +
                          llvm::Twine(spatial + 2) + " dims, or " +
                          llvm::Twine(spatial + 1) +
                          " without a batch, but got " +
                          describeType(input.getType()));
  return {};
}

bool mayList(Call &call, int64_t count) {
  if (count <= int64_t(1) << 24)
    return true;
  call.error(call.range, "expected at most 2^24 elements along a dim for which "
                         "'" +
                             call.name() + "' lists numbers, but got " +
                             llvm::Twine(count));
  return false;
}

Tensor alongDim(Graph &g, llvm::ArrayRef<double> numbers, int64_t rank,
                int64_t dim, mlir::Type element) {
  Shape shape(rank, 1);
  shape[dim] = int64_t(numbers.size());
  llvm::SmallVector<mlir::Attribute> attributes;
  for (double number : numbers)
    attributes.push_back(
        element.isInteger()
            ? mlir::Attribute(mlir::IntegerAttr::get(element, int64_t(number)))
            : mlir::Attribute(mlir::FloatAttr::get(element, number)));
  return g.create<nn::ConstantOp>(
      mlir::DenseElementsAttr::get(g.type(shape, element), attributes));
}

int64_t AdaptiveLine::longest() const {
  int64_t elements = 0;
  for (int64_t part = 0; part < count; ++part)
    elements = std::max(elements, end(part) - begin(part));
  return elements;
}

std::vector<int64_t> AdaptiveLine::places() const {
  std::vector<int64_t> all;
  int64_t elements = longest();
  for (int64_t part = 0; part < count; ++part)
    for (int64_t element = 0; element < elements; ++element)
      all.push_back(std::min(begin(part) + element, end(part) - 1));
  return all;
}

Tensor takeAlong(Graph &g, Tensor x, int64_t dim,
                 llvm::ArrayRef<int64_t> indices) {
  auto type = g.type({int64_t(indices.size())}, g.builder.getI64Type());
  Tensor index =
      g.create<nn::ConstantOp>(mlir::DenseElementsAttr::get(type, indices));
  return g.swap(g.create<nn::TakeOp>(g.swap(x, 0, dim), index), 0, dim);
}

bool checkCountable(Call &call, llvm::ArrayRef<int64_t> shape,
                    mlir::Type element) {
  auto type = call.graph.type(shape, element);
  std::string excess = describeExcess(type);
  if (excess.empty() && !areCountable(shape))
    excess = "expected extents below 2^31, but got " + describeType(type);
  if (excess.empty())
    return true;
  call.error(call.range, excess + " in '" + call.name() + "'");
  return false;
}

} // namespace sinter::capturing
