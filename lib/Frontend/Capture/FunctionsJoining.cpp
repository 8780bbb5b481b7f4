// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that join, split and rearrange tensors.
#include "Windows.h"

namespace sinter::capturing {

/// What a loop gave at once: then a list function is a move of its dim 0.
static Tensor stackedList(Call &call) {
  auto *collected = call.value("tensors").as<Collected>();
  Tensor stacked = collected ? collected->stacked : Tensor();
  if (stacked && shapeOf(stacked)[0] == 0)
    call.expected("tensors", "at least one tensor");
  return stacked;
}

/// The tensors of a list next to each other, stacked along dim 0, which moves
/// before `dim` of a tensor.
static Tensor moveListTo(Graph &g, Tensor stacked, int64_t dim) {
  Shape order = allDims(rankOf(stacked));
  order.erase(order.begin());
  order.insert(order.begin() + dim, 0);
  return g.transpose(stacked, order);
}

static Value cat(Call &call) {
  if (Tensor all = stackedList(call)) {
    int64_t rank = rankOf(all) - 1, dim = call.dim("dim", rank);
    if (!call.failed() && rank == 0)
      return call.error("tensors", "expected tensors with dims, but got "
                                   "numbers");
    if (call.failed())
      return {};
    all = moveListTo(call.graph, all, dim);
    Shape shape(shapeOf(all));
    shape[dim] *= shape[dim + 1];
    shape.erase(shape.begin() + dim + 1);
    return call.graph.reshape(all, shape);
  }
  std::vector<Tensor> parts = call.tensors("tensors");
  if (call.failed())
    return {};
  int64_t dim = call.dim("dim", rankOf(parts.front()));
  if (call.failed())
    return {};
  for (Tensor part : parts) {
    Shape first(shapeOf(parts.front())), shape(shapeOf(part));
    bool fits = first.size() == shape.size() && !shape.empty();
    if (fits)
      first[dim] = shape[dim];
    if (!fits || first != shape)
      return call.error("tensors",
                        "expected shapes that are equal but for dim " +
                            llvm::Twine(dim) + ", but got " +
                            describeShape(shapeOf(parts.front())) + " and " +
                            describeShape(shape));
  }
  return call.graph.concat(parts, dim);
}

static Value stack(Call &call) {
  if (Tensor all = stackedList(call)) {
    int64_t dim = call.dim("dim", rankOf(all));
    return call.failed() ? Value() : moveListTo(call.graph, all, dim);
  }
  std::vector<Tensor> parts = call.tensors("tensors");
  if (call.failed())
    return {};
  int64_t dim = call.dim("dim", rankOf(parts.front()) + 1);
  if (call.failed())
    return {};
  for (Tensor &part : parts) {
    if (shapeOf(part) != shapeOf(parts.back()))
      return call.error("tensors", "expected equal shapes to stack, but got " +
                                       describeShape(shapeOf(part)) + " and " +
                                       describeShape(shapeOf(parts.back())));
  }
  for (Tensor &part : parts)
    part = call.graph.unsqueeze(part, dim);
  return call.graph.concat(parts, dim);
}

/// Consecutive parts of these extents along a dim.
static Value partsOf(Call &call, Tensor x, int64_t dim,
                     llvm::ArrayRef<int64_t> extents) {
  Graph &g = call.graph;
  std::vector<Value> parts;
  int64_t begin = 0;
  for (int64_t extent : extents) {
    parts.push_back(g.slice(x, dim, begin, begin + extent));
    begin += extent;
  }
  return makeSequence(std::move(parts));
}

/// Extents of parts of `size`, the last one smaller; none after an error.
static Shape equalParts(Call &call, int64_t total, int64_t size) {
  Shape extents;
  if (!call.mayMakeParts(llvm::divideCeil(total, size)))
    return extents;
  for (int64_t begin = 0; begin < total; begin += size)
    extents.push_back(std::min(size, total - begin));
  return extents;
}

static Value split(Call &call) {
  Tensor x = call.tensor("tensor");
  int64_t dim = call.dim("dim", rankOf(x));
  Shape sizes = call.integers("split_size_or_sections");
  if (call.failed() || rankOf(x) == 0)
    return {};
  int64_t extent = shapeOf(x)[dim], total = 0;
  if (call.value("split_size_or_sections").is<int64_t>()) {
    if (sizes[0] < 1)
      return call.expected("split_size_or_sections", "a positive size");
    sizes = equalParts(call, extent, sizes[0]);
    if (call.failed())
      return {};
  }
  bool valid = llvm::all_of(
      sizes, [&](int64_t size) { return size >= 0 && size <= extent; });
  for (int64_t size : sizes)
    total += size;
  if (!valid || total != extent)
    return call.error("split_size_or_sections",
                      "expected sizes that add up to " + llvm::Twine(extent) +
                          ", but got " + describeShape(sizes));
  return partsOf(call, x, dim, sizes);
}

static Value chunk(Call &call) {
  Tensor x = call.tensor("input");
  int64_t count = call.integer("chunks"), dim = call.dim("dim", rankOf(x));
  if (!call.failed() && (count < 1 || rankOf(x) == 0))
    return call.expected("chunks", "a positive number");
  if (call.failed())
    return {};
  int64_t extent = shapeOf(x)[dim];
  int64_t size = std::max<int64_t>(1, llvm::divideCeil(extent, count));
  Shape extents = equalParts(call, extent, size);
  return call.failed() ? Value() : partsOf(call, x, dim, extents);
}

static Value unbind(Call &call) {
  Tensor x = call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x));
  if (call.failed() || rankOf(x) == 0)
    return call.failed() ? Value()
                         : call.expected("input", "a tensor with dims");
  if (!call.mayMakeParts(shapeOf(x)[dim]))
    return {};
  std::vector<Value> parts;
  for (int64_t i = 0; i < shapeOf(x)[dim]; ++i)
    parts.push_back(
        call.graph.squeeze(call.graph.slice(x, dim, i, i + 1), dim));
  return makeSequence(std::move(parts));
}

static Value narrow(Call &call) {
  Tensor x = call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x)), start = call.integer("start"),
          length = call.integer("length");
  if (call.failed() || rankOf(x) == 0)
    return {};
  int64_t extent = shapeOf(x)[dim];
  start += start < 0 ? extent : 0;
  if (start < 0 || length < 0 || start > extent - length)
    return call.error(call.range, "expected a part of a dim of extent " +
                                      llvm::Twine(extent) + ", but got " +
                                      llvm::Twine(length) + " elements from " +
                                      llvm::Twine(start));
  return call.graph.slice(x, dim, start, start + length);
}

static Value selectIndex(Call &call) {
  Tensor x = call.tensor("input");
  if (auto *time = call.value("index").as<LoopTime>()) {
    int64_t dim = call.dim("dim", rankOf(x));
    Tensor slice =
        call.failed() || rankOf(x) == 0
            ? Tensor()
            : call.interpreter.sliceAtStep(x, dim, *time, call.range);
    return slice ? Value(slice) : Value();
  }
  int64_t dim = call.dim("dim", rankOf(x)), index = call.integer("index");
  if (call.failed() || rankOf(x) == 0)
    return {};
  int64_t extent = shapeOf(x)[dim];
  index += index < 0 ? extent : 0;
  if (index < 0 || index >= extent)
    return call.error("index", "expected an index into a dim of extent " +
                                   llvm::Twine(extent));
  return call.graph.squeeze(call.graph.slice(x, dim, index, index + 1), dim);
}

static Value flip(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dims", rankOf(x));
  return call.failed() ? Value() : Value(call.graph.reverse(x, dims));
}

static Value roll(Call &call) {
  Tensor x = call.tensor("input");
  Graph &g = call.graph;
  Shape shifts = call.integers("shifts"), shape(shapeOf(x)), dims;
  bool flat = call.isNone("dims");
  if (flat) {
    x = g.reshape(x, {typeOf(x).getNumElements()});
    dims = {0};
  } else {
    dims = call.integers("dims");
  }
  if (call.failed() || shifts.size() != dims.size())
    return call.failed() ? Value()
                         : call.error(call.range, "expected as many shifts as "
                                                  "dims");
  for (auto [shift, dim] : llvm::zip(shifts, dims)) {
    dim += dim < 0 ? rankOf(x) : 0;
    if (dim < 0 || dim >= rankOf(x))
      return call.error("dims", "expected dims of a tensor of rank " +
                                    llvm::Twine(rankOf(x)));
    int64_t extent = shapeOf(x)[dim];
    int64_t first = extent ? ((-shift) % extent + extent) % extent : 0;
    if (first)
      x = g.concat({g.slice(x, dim, first, extent), g.slice(x, dim, 0, first)},
                   dim);
  }
  return flat ? g.reshape(x, shape) : x;
}

/// Overlapping windows of one dim, their elements as a new last dim.
static Value unfold(Call &call) {
  Tensor x = call.tensor("input");
  int64_t rank = rankOf(x), dim = call.dim("dimension", rank);
  int64_t size = call.integer("size"), step = call.integer("step");
  if (call.failed())
    return {};
  if (rank == 0 || size < 1 || step < 1 || size > shapeOf(x)[dim])
    return call.error(
        call.range, "expected windows of at least one element that fit into "
                    "dim " +
                        llvm::Twine(dim) + " of " + describeType(x.getType()) +
                        " and a positive step, but got " + llvm::Twine(size) +
                        " elements and step " + llvm::Twine(step));
  Shape windows(shapeOf(x));
  windows[dim] = (windows[dim] - size) / step + 1;
  windows.push_back(size);
  if (!checkCountable(call, windows, elementOf(x)) ||
      !checkCountable(call, shapeOf(x), elementOf(x)))
    return {};
  Shape order = allDims(rank + 1);
  order.erase(order.begin() + dim);
  order.push_back(dim);
  Graph &g = call.graph;
  // A step beyond the dim is one that no second window takes.
  step = std::min(step, shapeOf(x)[dim]);
  return g.transpose(
      g.create<nn::WindowsOp>(x, dim, size, step, /*dilation=*/1), order);
}

llvm::ArrayRef<FunctionRow> joiningFunctions() {
  static const FunctionRow rows[] = {
      {"cat(tensors, dim=0)", cat, "torch.cat",
       "tensors one after the other along a dim"},
      {"concat(tensors, dim=0)", cat, "torch.concat",
       "tensors one after the other along a dim"},
      {"concatenate(tensors, dim=0)", cat, "torch.concatenate",
       "tensors one after the other along a dim"},
      {"stack(tensors, dim=0)", stack, "torch.stack",
       "tensors side by side along a new dim"},
      {"split(tensor, split_size_or_sections, dim=0)", split, "torch.split",
       "parts of a size, or of sizes, along a dim"},
      {"chunk(input, chunks, dim=0)", chunk, "torch.chunk",
       "a number of parts along a dim"},
      {"unbind(input, dim=0)", unbind, "torch.unbind",
       "all slices along a dim"},
      {"narrow(input, dim, start, length)", narrow, "torch.narrow",
       "length slices from start on along a dim"},
      {"select(input, dim, index)", selectIndex, "torch.select",
       "one slice of a dim, without the dim"},
      {"flip(input, *dims)", flip, "torch.flip",
       "the elements of dims in reverse"},
      {"roll(input, shifts, dims=none)", roll, "torch.roll",
       "the elements of dims moved around their ends"},
      {"unfold(input, dimension, size, step)", unfold, "Tensor.unfold",
       "windows of a dim, in a new last dim"},
  };
  return rows;
}

} // namespace sinter::capturing
