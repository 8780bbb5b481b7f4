// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that change the shape of a tensor.
#include "Call.h"
#include "llvm/ADT/StringExtras.h"

namespace sinter::capturing {

static Value transpose(Call &call) {
  Tensor x = call.tensor("input");
  int64_t rank = rankOf(x);
  int64_t first = call.dim(call.parameter(1), rank),
          second = call.dim(call.parameter(2), rank);
  if (call.failed() || rank == 0)
    return x;
  return call.graph.swap(x, first, second);
}

static Value transposeMatrix(Call &call) {
  Tensor x = call.tensor("input");
  if (call.failed() || rankOf(x) < 2)
    return x;
  if (rankOf(x) > 2)
    return call.expected("input", "a tensor of rank 2 or less");
  return call.graph.swap(x, 0, 1);
}

static Value permute(Call &call) {
  Tensor x = call.tensor("input");
  Shape order = call.integers("dims");
  if (call.failed())
    return {};
  int64_t rank = rankOf(x);
  for (int64_t &dim : order)
    dim += dim < 0 ? rank : 0;
  Shape sorted = order;
  llvm::sort(sorted);
  if (sorted != allDims(rank))
    return call.error("dims", "expected each of the " + llvm::Twine(rank) +
                                  " dims once, but got " +
                                  describeShape(order));
  return call.graph.transpose(x, order);
}

static Value moveDim(Call &call) {
  Tensor x = call.tensor("input");
  int64_t rank = rankOf(x);
  Shape from = call.integers("source"), to = call.integers("destination");
  if (call.failed() || from.size() != to.size())
    return call.failed() ? Value()
                         : call.error(call.range, "expected as many sources as "
                                                  "destinations");
  Shape order(rank, -1);
  llvm::SmallDenseSet<int64_t> moved;
  for (auto [source, destination] : llvm::zip(from, to)) {
    source += source < 0 ? rank : 0;
    destination += destination < 0 ? rank : 0;
    bool valid = source >= 0 && source < rank && destination >= 0 &&
                 destination < rank && moved.insert(source).second &&
                 order[destination] < 0;
    if (!valid)
      return call.error(call.range, "expected different dims of a tensor of "
                                    "rank " +
                                        llvm::Twine(rank));
    order[destination] = source;
  }
  int64_t next = 0;
  for (int64_t &dim : order) {
    if (dim >= 0)
      continue;
    while (moved.count(next))
      ++next;
    dim = next++;
  }
  return call.graph.transpose(x, order);
}

/// The tensor broadcast to a shape where -1 keeps an extent.
static Value expandTo(Call &call, llvm::StringRef name, Tensor x, Shape shape) {
  int64_t added = int64_t(shape.size()) - rankOf(x);
  for (auto [i, extent] : llvm::enumerate(shape))
    if (extent == -1 && int64_t(i) >= added)
      extent = shapeOf(x)[i - added];
  auto common = added < 0 ? std::nullopt : broadcastShapes(shapeOf(x), shape);
  if (!common || *common != shape ||
      llvm::any_of(shape, [](int64_t extent) { return extent < 0; }))
    return call.error(
        name, "expected a shape that " + describeShape(shapeOf(x)) +
                  " can be expanded to, but got " + describeShape(shape));
  return call.graph.broadcast(x, shape);
}

static Value expand(Call &call) {
  Tensor x = call.tensor("input");
  Shape shape = call.integers("size");
  return call.failed() ? Value() : expandTo(call, "size", x, shape);
}

static Value expandAs(Call &call) {
  Tensor x = call.tensor("input"), other = call.tensor("other");
  return call.failed() ? Value()
                       : expandTo(call, "other", x, Shape(shapeOf(other)));
}

static Value repeat(Call &call) {
  Tensor x = call.tensor("input");
  Shape counts = call.integers("repeats");
  if (call.failed())
    return {};
  int64_t added = int64_t(counts.size()) - rankOf(x);
  bool valid = added >= 0 && llvm::all_of(counts, [](int64_t count) {
                 return count > 0 && count <= 1 << 20;
               });
  if (!valid)
    return call.error("repeats", "expected a positive count for each dim of " +
                                     describeShape(shapeOf(x)) + ", but got " +
                                     describeShape(counts));
  // [a, b] repeated (r, s) is [1, a, 1, b] broadcast to [r, a, s, b].
  Graph &g = call.graph;
  Shape apart, wide, result;
  for (auto [i, count] : llvm::enumerate(counts)) {
    int64_t extent = int64_t(i) < added ? 1 : shapeOf(x)[i - added];
    apart.append({1, extent});
    wide.append({count, extent});
    result.push_back(count * extent);
  }
  if (std::string excess = describeExcess(g.type(result, elementOf(x)));
      !excess.empty())
    return call.error("repeats", excess);
  return g.reshape(g.broadcast(g.reshape(x, apart), wide), result);
}

static Value identity(Call &call) { return call.tensor("input"); }

static Value detach(Call &call) {
  Tensor x = call.tensor("input");
  return call.failed() ? Value() : Value(call.stopGradient(x));
}

static Value size(Call &call) {
  Tensor x = call.tensor("input");
  if (call.failed())
    return {};
  if (!call.isNone("dim")) {
    int64_t dim = call.dim("dim", rankOf(x));
    return call.failed() || rankOf(x) == 0 ? Value() : Value(shapeOf(x)[dim]);
  }
  std::vector<Value> extents;
  for (int64_t extent : shapeOf(x))
    extents.push_back(extent);
  return makeSequence(std::move(extents));
}

static Value rank(Call &call) {
  Tensor x = call.tensor("input");
  return call.failed() ? Value() : Value(rankOf(x));
}

static Value elements(Call &call) {
  Tensor x = call.tensor("input");
  return call.failed() ? Value() : Value(typeOf(x).getNumElements());
}

static Value length(Call &call) {
  if (auto *sequence = call.value("input").as<Sequence>())
    return int64_t(sequence->items->size());
  if (auto *collected = call.value("input").as<Collected>();
      collected && collected->items)
    return int64_t(collected->items->size());
  Tensor x = call.tensor("input");
  if (!call.failed() && rankOf(x) == 0)
    return call.expected("input", "a sequence or a tensor with dims");
  return call.failed() ? Value() : Value(shapeOf(x)[0]);
}

llvm::ArrayRef<FunctionRow> shapeFunctions() {
  static const FunctionRow rows[] = {
      {"transpose(input, dim0, dim1)", transpose, "torch.transpose",
       "two dims exchanged"},
      {"swapaxes(input, axis0, axis1)", transpose, "torch.swapaxes",
       "two dims exchanged"},
      {"t(input)", transposeMatrix, "torch.t", "the transpose of a matrix"},
      {"permute(input, *dims)", permute, "torch.permute",
       "the dims in another order"},
      {"movedim(input, source, destination)", moveDim, "torch.movedim",
       "dims moved to other positions"},
      {"moveaxis(input, source, destination)", moveDim, "torch.moveaxis",
       "dims moved to other positions"},
      {"expand(input, *size)", expand, "Tensor.expand",
       "repeats dims of extent 1 to a shape; -1 keeps an extent"},
      {"broadcast_to(input, *size)", expand, "torch.broadcast_to",
       "repeats dims of extent 1 to a shape"},
      {"expand_as(input, other)", expandAs, "Tensor.expand_as",
       "repeats dims of extent 1 to the shape of another tensor"},
      {"repeat(input, *repeats)", repeat, "Tensor.repeat",
       "repeats the tensor along its dims"},
      {"contiguous(input)", identity, "Tensor.contiguous",
       "the tensor itself: memory is the compiler's"},
      {"clone(input)", identity, "torch.clone",
       "the tensor itself: values never change"},
      {"detach(input)", detach, "Tensor.detach",
       "the tensor, through which no gradient flows"},
      {"size(input, dim=none)", size, "Tensor.size",
       "the extents, or that of one dim"},
      {"dim(input)", rank, "Tensor.dim", "the number of dims"},
      {"numel(input)", elements, "torch.numel", "the number of elements"},
      {"len(input)", length, "len",
       "the extent of dim 0, or the number of items of a sequence"},
  };
  return rows;
}

} // namespace sinter::capturing
