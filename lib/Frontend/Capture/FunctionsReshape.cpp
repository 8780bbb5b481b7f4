// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same elements in another shape.
#include "Call.h"

namespace sinter::capturing {

/// "32·T = 320": the product of the extents of an argument but for the -1, as
/// written and as bound; the second form alone where they are equal.
static std::string productText(Call &call, llvm::StringRef name,
                               llvm::ArrayRef<int64_t> shape, int64_t product) {
  std::string bound = std::to_string(product);
  const Session &session = call.interpreter.session;
  llvm::StringRef text =
      session.program.getSource().text(call.rangeOf(name)).trim("[]() ");
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::SmallVector<std::string> known;
  text.split(parts, ',');
  if (parts.size() != shape.size() || text.find_first_of("[]()") != text.npos)
    return bound;
  for (auto [part, extent] : llvm::zip(parts, shape))
    if (extent != -1)
      known.push_back(part.trim().contains(' ') ? "(" + part.trim().str() + ")"
                                                : part.trim().str());
  std::string written = llvm::join(known, "·");
  return known.empty() || written == bound ? bound : written + " = " + bound;
}

/// "f32[4, 10, 32], 4 rows of 10·32 = 320 elements".
static std::string elementsText(Tensor x) {
  std::string text = describeType(x.getType());
  if (rankOf(x) < 2)
    return text;
  std::string product;
  int64_t count = 1;
  for (int64_t extent : shapeOf(x).drop_front()) {
    product += (product.empty() ? "" : "·") + std::to_string(extent);
    count *= extent;
  }
  bool isOne = rankOf(x) == 2;
  return text + ", " + std::to_string(shapeOf(x)[0]) + " rows of " + product +
         (isOne ? "" : " = " + std::to_string(count)) + " elements";
}

/// Fills in the one -1 of the shape that an argument says for `elements` of x;
/// false after an error.
static bool inferExtent(Call &call, llvm::StringRef name, Shape &shape,
                        Tensor x, int64_t elements) {
  int64_t *unknown = nullptr, known = 1;
  for (int64_t &extent : shape) {
    if (extent == -1 && !unknown) {
      unknown = &extent;
      continue;
    }
    if (extent < 0 || llvm::MulOverflow(known, extent, known)) {
      call.error(name, "expected extents, at most one of them -1, but got " +
                           describeShape(shape));
      return false;
    }
  }
  bool divides =
      unknown ? known != 0 && elements % known == 0 : known == elements;
  if (!divides) {
    call.error(name, "expected " +
                         llvm::Twine(unknown ? "a multiple of " : "") +
                         productText(call, name, shape, known) +
                         " elements, but got " + llvm::Twine(elements) +
                         " of " + elementsText(x));
    return false;
  }
  if (unknown)
    *unknown = elements / known;
  return true;
}

static Value reshape(Call &call) {
  Tensor x = call.tensor("input");
  Shape shape = call.integers("shape");
  if (call.failed() ||
      !inferExtent(call, "shape", shape, x, typeOf(x).getNumElements()))
    return {};
  return call.graph.reshape(x, shape);
}

static Value reshapeAs(Call &call) {
  Tensor x = call.tensor("input"), other = call.tensor("other");
  if (call.failed())
    return {};
  if (typeOf(x).getNumElements() != typeOf(other).getNumElements())
    return call.error(call.range, "expected tensors of as many elements");
  return call.graph.reshape(x, shapeOf(other));
}

static Value flatten(Call &call) {
  Tensor x = call.tensor("input");
  int64_t rank = rankOf(x), first = call.dim("start_dim", rank),
          last = call.dim("end_dim", rank);
  if (call.failed())
    return {};
  if (rank == 0)
    return call.graph.reshape(x, {1});
  if (first > last)
    return call.error(call.range, "expected start_dim before end_dim");
  Shape shape(shapeOf(x).take_front(first));
  shape.push_back(1);
  for (int64_t dim = first; dim <= last; ++dim)
    shape.back() *= shapeOf(x)[dim];
  llvm::append_range(shape, shapeOf(x).drop_front(last + 1));
  return call.graph.reshape(x, shape);
}

static Value unflatten(Call &call) {
  Tensor x = call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x));
  Shape sizes = call.integers("sizes");
  if (call.failed() || rankOf(x) == 0 ||
      !inferExtent(call, "sizes", sizes, x, shapeOf(x)[dim]))
    return {};
  Shape shape(shapeOf(x).take_front(dim));
  llvm::append_range(shape, sizes);
  llvm::append_range(shape, shapeOf(x).drop_front(dim + 1));
  return call.graph.reshape(x, shape);
}

static Value squeeze(Call &call) {
  Tensor x = call.tensor("input");
  Shape dims = call.dims("dim", rankOf(x)), shape;
  if (call.failed())
    return {};
  for (auto [i, extent] : llvm::enumerate(shapeOf(x)))
    if (extent != 1 || !llvm::is_contained(dims, int64_t(i)))
      shape.push_back(extent);
  return call.graph.reshape(x, shape);
}

static Value unsqueeze(Call &call) {
  Tensor x = call.tensor("input");
  int64_t dim = call.dim("dim", rankOf(x) + 1);
  return call.failed() ? Value() : Value(call.graph.unsqueeze(x, dim));
}

llvm::ArrayRef<FunctionRow> reshapingFunctions() {
  static const FunctionRow rows[] = {
      {"reshape(input, *shape)", reshape, "torch.reshape",
       "the same elements in another shape; -1 is computed"},
      {"view(input, *shape)", reshape, "Tensor.view",
       "the same elements in another shape: reshape", "a dtype"},
      {"reshape_as(input, other)", reshapeAs, "Tensor.reshape_as",
       "the same elements in the shape of another tensor"},
      {"view_as(input, other)", reshapeAs, "Tensor.view_as",
       "the same elements in the shape of another tensor"},
      {"flatten(input, start_dim=0, end_dim=-1)", flatten, "torch.flatten",
       "dims from start_dim to end_dim as one"},
      {"unflatten(input, dim, *sizes)", unflatten, "Tensor.unflatten",
       "one dim as several"},
      {"squeeze(input, dim=none)", squeeze, "torch.squeeze",
       "without dims of extent 1"},
      {"unsqueeze(input, dim)", unsqueeze, "torch.unsqueeze",
       "with a new dim of extent 1"},
  };
  return rows;
}

} // namespace sinter::capturing
