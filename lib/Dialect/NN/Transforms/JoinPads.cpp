// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Puts the gradients of slices side by side: a sum of so many tensors, each of
// a few elements and zeros, would take time proportional to the square of their
// number, here and in the compiled code.

#include "sinter/Dialect/NN/Transforms/Passes.h"
#include <map>
#include <queue>

namespace sinter::nn {
#define GEN_PASS_DEF_NNJOINPADS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// A sum that broadcasts nothing.
static AddOp sumOf(Value value) {
  auto add = value.getDefiningOp<AddOp>();
  return add && add.getLhs().getType() == add.getRhs().getType() ? add
                                                                 : AddOp();
}

/// Whether `sum` is a summand of another sum and nothing else.
static bool isInner(AddOp sum) {
  if (!sum->hasOneUse())
    return false;
  auto outer = dyn_cast<AddOp>(*sum->user_begin());
  return outer && outer->getBlock() == sum->getBlock() &&
         sumOf(outer.getResult());
}

/// The dimension along which a pad adds zeros, if it is one, and there are
/// none between the elements.
static std::optional<int64_t> paddedDim(PadOp pad) {
  std::optional<int64_t> padded;
  if (!pad || !pad.getValue().isZero())
    return std::nullopt;
  for (int64_t dim = 0; dim < pad.getType().getRank(); ++dim) {
    if (pad.getInterior()[dim] != 0)
      return std::nullopt;
    if (pad.getLow()[dim] == 0 && pad.getHigh()[dim] == 0)
      continue;
    if (padded)
      return std::nullopt;
    padded = dim;
  }
  return padded;
}

namespace {

/// Tensors that lie in [begin, end) of a dimension.
struct Part {
  int64_t begin, end;
  SmallVector<Value> values;
};

struct JoinPads : public sinter::nn::impl::NNJoinPadsBase<JoinPads> {
  void runOnOperation() override {
    getOperation().walk([&](AddOp sum) {
      if (sumOf(sum.getResult()) && !isInner(sum))
        pending.push_back(sum);
    });
    // Sums of parts that lie in one place are sums like the others.
    while (!pending.empty())
      join(pending.pop_back_val());
  }

  void join(AddOp sum) {
    SmallVector<AddOp> adds;
    SmallVector<Value> terms;
    std::map<int64_t, SmallVector<PadOp>> pads; // by dimension
    SmallVector<Value> summands{sum.getResult()};
    while (!summands.empty()) {
      Value value = summands.pop_back_val();
      AddOp add = sumOf(value);
      auto pad = value.getDefiningOp<PadOp>();
      if (add && (add == sum ||
                  (isInner(add) && add->getBlock() == sum->getBlock()))) {
        adds.push_back(add);
        summands.append({add.getRhs(), add.getLhs()});
      } else if (std::optional<int64_t> dim = paddedDim(pad)) {
        pads[*dim].push_back(pad);
      } else {
        terms.push_back(value);
      }
    }
    OpBuilder builder(sum);
    size_t before = adds.size() + 1;
    for (auto &[dim, all] : pads)
      layOut(builder, sum, dim, all, terms);
    if (terms.size() == before) // nothing lies beside anything
      return;
    Value result = addAll(builder, sum.getLoc(), terms);
    sum.getResult().replaceAllUsesWith(result);
    for (AddOp add : adds)
      add.erase();
    for (auto &[dim, all] : pads)
      for (PadOp pad : llvm::SmallSetVector<PadOp, 8>(all.begin(), all.end()))
        if (pad->use_empty())
          pad.erase();
  }

  /// Appends to `terms` tensors whose sum is that of the pads: those in one
  /// place are added, and those that do not overlap are joined.
  void layOut(OpBuilder &builder, AddOp sum, int64_t dim, ArrayRef<PadOp> pads,
              SmallVector<Value> &terms) {
    std::map<std::pair<int64_t, int64_t>, SmallVector<PadOp>> places;
    for (PadOp pad : pads) {
      int64_t begin = pad.getLow()[dim];
      places[{begin, begin + typeOf(pad.getInput()).getDimSize(dim)}].push_back(
          pad);
    }
    // By their ends: the one that ends first takes what comes next.
    using Layer = SmallVector<SmallVector<PadOp>>;
    SmallVector<Layer> layers;
    using Open = std::pair<int64_t, size_t>; // end, number of the layer
    std::priority_queue<Open, std::vector<Open>, std::greater<Open>> open;
    for (auto &[place, all] : places) {
      size_t layer = layers.size();
      if (!open.empty() && open.top().first <= place.first) {
        layer = open.top().second;
        open.pop();
      } else {
        layers.emplace_back();
      }
      layers[layer].push_back(all);
      open.push({place.second, layer});
    }
    for (Layer &layer : layers)
      if (layer.size() == 1 && layer.front().size() == 1)
        terms.push_back(layer.front().front().getResult());
      else
        terms.push_back(buildLayer(builder, sum, dim, layer));
  }

  /// The parts of a layer one after another, with zeros where there is none.
  Value buildLayer(OpBuilder &builder, AddOp sum, int64_t dim,
                   ArrayRef<SmallVector<PadOp>> layer) {
    SmallVector<Value> parts;
    int64_t end = 0;
    auto fillUpTo = [&](int64_t begin) {
      if (begin > end)
        parts.push_back(buildZeros(builder, sum, dim, begin - end));
    };
    for (const SmallVector<PadOp> &pads : layer) {
      SmallVector<Value> values;
      for (PadOp pad : pads)
        values.push_back(pad.getInput());
      PadOp first = pads.front();
      fillUpTo(first.getLow()[dim]);
      parts.push_back(addAll(builder, sum.getLoc(), values));
      end = first.getLow()[dim] + typeOf(values.front()).getDimSize(dim);
      if (AddOp inner = sumOf(parts.back()); inner && values.size() > 1)
        pending.push_back(inner);
    }
    fillUpTo(sum.getType().getDimSize(dim));
    return builder.create<ConcatOp>(sum.getLoc(), parts, dim);
  }

  static Value buildZeros(OpBuilder &builder, AddOp sum, int64_t dim,
                          int64_t extent) {
    SmallVector<int64_t> shape(sum.getType().getShape());
    shape[dim] = extent;
    auto type = RankedTensorType::get(shape, sum.getType().getElementType());
    return builder.create<ConstantOp>(
        sum.getLoc(), type,
        DenseElementsAttr::get(type,
                               builder.getZeroAttr(type.getElementType())));
  }

  static Value addAll(OpBuilder &builder, Location loc,
                      ArrayRef<Value> values) {
    Value result = values.front();
    for (Value value : values.drop_front())
      result = builder.create<AddOp>(loc, result, value);
    return result;
  }

  SmallVector<AddOp> pending;
};
} // namespace
