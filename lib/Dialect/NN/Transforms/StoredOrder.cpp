// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How each family of ops works on dimensions in another order.

#include "StoredOrder.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sinter::nn;

/// Whether an order moves nothing but dimensions of extent 1.
static bool movesUnitDimsOnly(Value value, ArrayRef<int64_t> order) {
  int64_t last = -1;
  for (int64_t dim : order) {
    if (tensorType(value).getDimSize(dim) == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

Value sinter::nn::reorder(TensorBuilder &b, Value value,
                          ArrayRef<int64_t> order) {
  return movesUnitDimsOnly(value, order)
             ? b.reshape(value,
                         applyPermutation(tensorType(value).getShape(), order))
             : b.transpose(value, order);
}

namespace {
/// Builds one op in the order of one of its operands.
struct OrderedBuilder {
  TensorBuilder &b;
  const Stored &source;
  ArrayRef<int64_t> order = source.order;
  SmallVector<int64_t> inverse = invertPermutationVector(order);

  /// An operand as the source is stored; it may lack leading dims.
  Value stored(Value operand) {
    if (auto transpose = operand.getDefiningOp<TransposeOp>();
        transpose && transpose.getPermutation() == order)
      return transpose.getInput();
    Shape shape(tensorType(operand).getShape());
    if (shape.empty())
      return operand;
    if (auto iota = operand.getDefiningOp<IotaOp>();
        iota && shape.size() == order.size())
      return b.iota(applyPermutation(shape, inverse), order[iota.getDim()],
                    tensorType(operand).getElementType());
    shape.insert(shape.begin(), order.size() - shape.size(), 1);
    return reorder(b, b.reshape(operand, shape), inverse);
  }

  /// Numbers of each dim in the order of storage.
  Shape stored(ArrayRef<int64_t> numbers) {
    return applyPermutation(numbers, inverse);
  }

  Stored elementwise(Operation *op) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, stored(operand));
    Operation *clone = b.builder.clone(*op, mapping);
    RankedTensorType type = tensorType(op->getResult(0));
    clone->getResult(0).setType(type.clone(stored(type.getShape())));
    return {clone->getResult(0), Shape(order)};
  }

  /// A reduction over `dims`, which `op` names in its attribute `name`.
  std::optional<Stored> reduction(Operation *op, ArrayRef<int64_t> dims,
                                  bool keepdim, StringRef name,
                                  function_ref<Attribute(Shape)> attribute) {
    Shape own;
    for (int64_t dim : dims)
      own.push_back(order[dim]);
    llvm::sort(own);
    IRMapping mapping;
    mapping.map(op->getOperand(0), source.value);
    Operation *clone = b.builder.clone(*op, mapping);
    clone->setAttr(name, attribute(own));
    RankedTensorType type = tensorType(op->getResult(0));
    clone->getResult(0).setType(type.clone(
        reducedShape(tensorType(source.value).getShape(), own, keepdim)));
    if (keepdim)
      return Stored{clone->getResult(0), Shape(order)};
    Shape kept;
    for (auto [dim, at] : llvm::enumerate(order))
      if (!llvm::is_contained(dims, int64_t(dim)))
        kept.push_back(at - llvm::count_if(own, [at = at](int64_t reduced) {
                         return reduced < at;
                       }));
    return Stored{clone->getResult(0), kept};
  }

  Stored windows(WindowsOp op) {
    int64_t dim = op.getDim(), at = order[dim];
    Shape result;
    for (int64_t other : order)
      result.push_back(other + (other > at ? 1 : 0));
    result.insert(result.begin() + dim + 1, at + 1);
    return {b.create<WindowsOp>(source.value, at, op.getSize(), op.getStride(),
                                op.getDilation()),
            result};
  }

  Stored broadcast(BroadcastOp op) {
    Shape result = allDims(op.getType().getRank()),
          shape(tensorType(source.value).getShape());
    size_t leading = result.size() - order.size();
    for (auto [dim, at] : llvm::enumerate(order))
      result[leading + dim] = leading + at;
    shape.insert(shape.begin(), leading, 1);
    Shape target = applyPermutation(op.getType().getShape(),
                                    invertPermutationVector(result));
    return {b.broadcast(b.reshape(source.value, shape), target), result};
  }

  Stored concat(ConcatOp op) {
    SmallVector<Value> parts;
    for (Value part : op.getInputs())
      parts.push_back(stored(part));
    return {b.concat(parts, order[op.getDim()]), Shape(order)};
  }

  std::optional<Stored> reshape(ReshapeOp op);
};
} // namespace

/// Cuts two shapes of as many elements into the smallest groups of neighbours
/// that have as many elements as each other; a dim of extent 1 is a group with
/// one of the other shape, or alone. Nothing if there are no elements.
static std::optional<SmallVector<std::pair<Shape, Shape>>>
groupDims(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  if (ShapedType::getNumElements(from) == 0)
    return std::nullopt;
  SmallVector<std::pair<Shape, Shape>> groups;
  size_t left = 0, right = 0;
  while (left < from.size() || right < to.size()) {
    auto &[own, other] = groups.emplace_back();
    bool isLeftUnit = left < from.size() && from[left] == 1,
         isRightUnit = right < to.size() && to[right] == 1;
    if (isLeftUnit)
      own.push_back(left++);
    if (isRightUnit)
      other.push_back(right++);
    if (isLeftUnit || isRightUnit)
      continue;
    int64_t leftCount = from[left], rightCount = to[right];
    own.push_back(left++);
    other.push_back(right++);
    while (leftCount != rightCount)
      if (leftCount < rightCount) {
        leftCount *= from[left];
        own.push_back(left++);
      } else {
        rightCount *= to[right];
        other.push_back(right++);
      }
  }
  return groups;
}

/// A reshape splits and joins neighbours: in each group of them, those that are
/// longer than 1 have to be stored as neighbours, in their order.
std::optional<Stored> OrderedBuilder::reshape(ReshapeOp op) {
  ArrayRef<int64_t> from = op.getInput().getType().getShape(),
                    to = op.getType().getShape();
  auto groups = groupDims(from, to);
  if (!groups)
    return std::nullopt;
  // Where each group is stored; dims of extent 1 follow their neighbours.
  SmallVector<std::pair<int64_t, size_t>> places;
  int64_t place = -1;
  for (auto [number, group] : llvm::enumerate(*groups)) {
    std::optional<int64_t> first, last;
    int64_t length = 0;
    for (int64_t dim : group.first) {
      if (from[dim] == 1)
        continue;
      if (last && order[dim] < *last)
        return std::nullopt;
      last = order[dim];
      if (!first)
        first = last;
      ++length;
    }
    if (first)
      for (int64_t at = *first; at <= *last; ++at)
        length -= from[inverse[at]] == 1 ? 0 : 1;
    if (length != 0)
      return std::nullopt;
    place = first.value_or(place);
    places.emplace_back(place, number);
  }
  llvm::sort(places);
  Shape result(to.size()), shape;
  for (auto [place, number] : places)
    for (int64_t dim : (*groups)[number].second) {
      result[dim] = shape.size();
      shape.push_back(to[dim]);
    }
  return Stored{b.reshape(source.value, shape), result};
}

std::optional<Stored> sinter::nn::buildInOrder(TensorBuilder &b, Operation *op,
                                               unsigned from,
                                               const Stored &source) {
  OrderedBuilder ordered{b, source};
  ArrayRef<int64_t> order = source.order;
  auto dense = [&](Shape dims) -> Attribute {
    return b.builder.getDenseI64ArrayAttr(dims);
  };
  auto single = [&](Shape dims) -> Attribute {
    return b.builder.getI64IntegerAttr(dims.front());
  };
  if (op->hasTrait<ElementwiseTrait>() && op->getNumResults() == 1 &&
      tensorType(op->getResult(0)).getRank() == int64_t(order.size()))
    return ordered.elementwise(op);
  using Result = std::optional<Stored>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<SumOp, ProdOp, AmaxOp, AminOp>([&](auto reduction) {
        return ordered.reduction(op, reduction.getDims(),
                                 reduction.getKeepdim(), "dims", dense);
      })
      .Case<ArgmaxOp, ArgminOp>([&](auto reduction) {
        return ordered.reduction(op, int64_t(reduction.getDim()),
                                 reduction.getKeepdim(), "dim", single);
      })
      .Case([&](TransposeOp transpose) {
        return Stored{source.value,
                      applyPermutation(order, transpose.getPermutation())};
      })
      .Case([&](ReshapeOp reshape) { return ordered.reshape(reshape); })
      .Case([&](BroadcastOp broadcast) { return ordered.broadcast(broadcast); })
      .Case([&](WindowsOp windows) { return ordered.windows(windows); })
      .Case([&](ConcatOp concat) { return ordered.concat(concat); })
      .Case([&](SliceOp slice) {
        return Stored{b.create<SliceOp>(source.value,
                                        ordered.stored(slice.getStarts()),
                                        ordered.stored(slice.getLimits()),
                                        ordered.stored(slice.getStrides())),
                      Shape(order)};
      })
      .Case([&](PadOp pad) {
        return Stored{
            b.create<PadOp>(source.value, ordered.stored(pad.getLow()),
                            ordered.stored(pad.getHigh()),
                            ordered.stored(pad.getInterior()), pad.getValue()),
            Shape(order)};
      })
      .Case([&](ReverseOp reverse) {
        Shape dims;
        for (int64_t dim : reverse.getDims())
          dims.push_back(order[dim]);
        llvm::sort(dims);
        return Stored{b.reverse(source.value, dims), Shape(order)};
      })
      .Default([](Operation *) { return std::nullopt; });
}
