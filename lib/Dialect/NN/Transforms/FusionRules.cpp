// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When two groups of ops are one kernel: their domains agree, and every value
// flows between them at one and the same index of the domain.

#include "FusionGraph.h"
#include "GateColumns.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace sinter::nn;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// For each dimension of a value of the group, the dimension of the domain that
/// it runs along.
static SmallVector<int64_t> domainDims(ArrayRef<int64_t> shape,
                                       const FusionGroup &group) {
  if (shape.size() == group.domain.size())
    return llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  return gridDims(group.domain.size(), group.reduced);
}

/// Follows the dimensions of `from`, a value of the group, through cloned ops
/// to `value`, which is made of it. Entry i of the result is the dimension of
/// `from` that dimension i of `value` runs along, or -1.
static SmallVector<int64_t> followDims(Value from, Value value) {
  if (value == from)
    return llvm::to_vector(llvm::seq<int64_t>(0, shapeOf(value).size()));
  Operation *op = value.getDefiningOp();
  SmallVector<int64_t> source = followDims(from, op->getOperand(0));
  ArrayRef<int64_t> sourceShape = shapeOf(op->getOperand(0)),
                    shape = shapeOf(value);
  SmallVector<int64_t> dims(shape.size(), -1);
  if (isa<PadOp, UnpackPanelsOp, WindowsOp>(op))
    return dims;
  if (isa<ReshapeOp>(op)) {
    size_t next = 0;
    for (auto [dim, extent] : llvm::enumerate(shape)) {
      if (extent == 1)
        continue;
      while (sourceShape[next] == 1)
        ++next;
      dims[dim] = source[next++];
    }
    return dims;
  }
  size_t offset = shape.size() - sourceShape.size();
  for (auto [dim, extent] : llvm::enumerate(sourceShape))
    if (extent == shape[dim + offset])
      dims[dim + offset] = source[dim];
  return dims;
}

/// The value of a kernel's op that `value` is made of by cloned ops.
static Value sourceOf(const FusionGraph &graph, Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (graph.roleOf(op) != FusionRole::Cloned)
      break;
    if (op->getNumOperands() == 0)
      return value;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether `consumer` reads its operands at the index it computes: not
/// displaced, not all of them.
bool FusionGraph::readsInPlace(Operation *consumer) const {
  return consumer->hasTrait<ElementwiseTrait>() || isa<BroadcastOp>(consumer) ||
         reducedDims(consumer) || joinsEqualParts(consumer);
}

/// Whether an op that is computed where it is read, between `value` and what a
/// kernel computes, reads its operand at other indices than its own.
bool FusionGraph::isDisplaced(Value value) const {
  while (Operation *op = value.getDefiningOp()) {
    if (roleOf(op) != FusionRole::Cloned || op->getNumOperands() == 0)
      return false;
    if (isa<PadOp, UnpackPanelsOp, WindowsOp, SliceOp, ReverseOp>(op))
      return true;
    value = op->getOperand(0);
  }
  return false;
}

/// The op that stands for a group.
static Operation *mainOf(const FusionGroup &group) {
  ContractionOpInterface contraction = group.contraction;
  return contraction ? contraction.getOperation() : group.ops.front();
}

std::string sinter::nn::describe(const FusionGroup &group) {
  return reportedName(mainOf(group)).str();
}

/// Two names of ops; of those from one layer, what they are within it. All that
/// a layer becomes has its location.
static std::pair<std::string, std::string> reportedNames(Operation *one,
                                                         Operation *other) {
  std::string first = reportedName(one).str(),
              second = reportedName(other).str();
  StringRef firstOp = one->getName().getStringRef(),
            secondOp = other->getName().getStringRef();
  if (first == second && firstOp != secondOp &&
      one->getLoc() == other->getLoc())
    return {(firstOp + " of " + first).str(), ("its " + secondOp).str()};
  return {first, first == second ? "another " + second : second};
}

/// "32x16": the shape that a group computes.
static std::string describeDomain(const FusionGroup &group) {
  return group.domain.empty()
             ? "a number"
             : llvm::join(llvm::map_range(group.domain,
                                          [](int64_t extent) {
                                            return std::to_string(extent);
                                          }),
                          "x");
}

bool FusionGraph::readsInPlaceOnly(const FusionGroup &consumer,
                                   unsigned producer,
                                   std::string &reason) const {
  for (Operation *op : consumer.ops)
    for (Value operand : op->getOperands())
      if (producerOf(operand) == producer &&
          (!readsInPlace(op) || isDisplaced(operand))) {
        auto [reader, read] =
            reportedNames(op, sourceOf(*this, operand).getDefiningOp());
        reason =
            reader + " reads other elements of " + read + " than it computes";
        return false;
      }
  return true;
}

bool FusionGraph::edgesAlign(const FusionGroup &consumer, unsigned producer,
                             const FusionGroup &merged,
                             std::string &reason) const {
  for (Operation *op : consumer.ops) {
    for (Value operand : op->getOperands()) {
      if (producerOf(operand) != producer)
        continue;
      Value source = sourceOf(*this, operand);
      StringRef producerName = reportedName(source.getDefiningOp());
      SmallVector<int64_t> sourceDims = domainDims(shapeOf(source), merged);
      SmallVector<int64_t> dims = followDims(source, operand);
      // A reduction sees the whole domain, other ops align their operands to
      // the right of their result.
      SmallVector<int64_t> own =
          reducedDims(op)
              ? llvm::to_vector(llvm::seq<int64_t>(0, merged.domain.size()))
              : domainDims(shapeOf(op->getResult(0)), merged);
      size_t offset = own.size() - dims.size();
      for (auto [dim, from] : llvm::enumerate(dims))
        if (from >= 0 && shapeOf(source)[from] != 1 &&
            sourceDims[from] != own[dim + offset]) {
          reason = (reportedName(op) + " reads " + producerName +
                    " along another dimension")
                       .str();
          return false;
        }
    }
  }
  return true;
}

static Operation *reductionOf(const FusionGroup &group) {
  for (Operation *op : group.ops)
    if (reducedDims(op))
      return op;
  return group.ops.front();
}

/// What cumulates, one pass over the rows of its kernel.
static Operation *cumulationOf(const FusionGroup &group) {
  auto *found =
      llvm::find_if(group.ops, llvm::IsaPred<CumulateOp, CumulatedIndexOp>);
  return found == group.ops.end() ? nullptr : *found;
}

/// A concat whose parts are stored side by side, each over the domain.
static Operation *concatOf(const FusionGroup &group) {
  auto *found = llvm::find_if(group.ops, llvm::IsaPred<ConcatOp>);
  return found == group.ops.end() ? nullptr : *found;
}

bool sinter::nn::isSelectedSum(Operation *op) {
  auto sum = dyn_cast<SumOp>(op);
  auto choice = sum ? sum.getInput().getDefiningOp<SelectOp>() : nullptr;
  auto compare =
      choice ? choice.getCondition().getDefiningOp<CompareOp>() : nullptr;
  return compare && compare.getPredicate() == ComparePredicate::eq &&
         llvm::any_of(compare->getOperands(), [&](Value side) {
           auto iota = side.getDefiningOp<IotaOp>();
           return iota &&
                  iota.getType().getRank() ==
                      cast<RankedTensorType>(sum.getInput().getType())
                          .getRank() &&
                  !llvm::is_contained(sum.getDims(), iota.getDim());
         });
}

bool FusionGraph::chooseDomain(const FusionGroup &a, const FusionGroup &b,
                               FusionGroup &merged, std::string &reason) const {
  if (a.contraction && b.contraction) {
    auto [first, second] = reportedNames(mainOf(a), mainOf(b));
    reason =
        "a kernel holds one product, and there are " + first + " and " + second;
    return false;
  }
  const FusionGroup &wide = a.reduced.empty() ? b : a,
                    &other = a.reduced.empty() ? a : b;
  merged.domain = wide.domain;
  merged.reduced = wide.reduced;
  merged.contraction = a.contraction ? a.contraction : b.contraction;
  if (!wide.reduced.empty() && merged.contraction) {
    auto [reduction, product] = reportedNames(reductionOf(wide), mainOf(other));
    reason = reduction + " needs all rows of " + product;
    return false;
  }
  for (const FusionGroup *group : {&a, &b})
    if (Operation *concat = concatOf(*group); concat && !wide.reduced.empty()) {
      reason = (reportedName(concat) + " lays its parts side by side, " +
                reportedName(reductionOf(wide)) + " reduces them")
                   .str();
      return false;
    }
  for (auto [group, beside] : {std::pair(&a, &b), std::pair(&b, &a)})
    if (Operation *cumulation = cumulationOf(*group);
        cumulation && !beside->reduced.empty()) {
      reason = (reportedName(cumulation) + " and " +
                reportedName(reductionOf(*beside)) +
                " go over their rows one after the other")
                   .str();
      return false;
    }
  if (llvm::any_of(a.ops, isSelectedSum) &&
      llvm::any_of(b.ops, isSelectedSum)) {
    reason = "a kernel adds up the updates of one scatter";
    return false;
  }
  bool isSame = wide.domain == other.domain &&
                (other.reduced.empty() || wide.reduced == other.reduced);
  bool isRowOfWide = other.reduced.empty() && !wide.reduced.empty() &&
                     wide.isRow(other.domain);
  if (isSame || isRowOfWide)
    return true;
  if (!wide.reduced.empty() && !other.reduced.empty())
    reason =
        (reportedName(reductionOf(wide)) + " and " +
         reportedName(reductionOf(other)) + " reduce over different dimensions")
            .str();
  else {
    auto [first, second] = reportedNames(mainOf(a), mainOf(b));
    reason = first + " and " + second + " compute different shapes, " +
             describeDomain(a) + " and " + describeDomain(b);
  }
  return false;
}
