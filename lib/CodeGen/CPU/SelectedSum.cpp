// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognition of sums whose addends an index selects: what gradients of lookups
// are made of.

#include "AccessAnalysis.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace sinter::cpu {

Index AccessAnalysis::getIndex(const RegionValue &argument) const {
  return space.apply(
      argument.op.getMatchingIndexingMap(argument.op.getMatchingOpOperand(
          cast<BlockArgument>(argument.value))),
      argument.iteration);
}

std::optional<RegionValue> AccessAnalysis::getElement(Value tensor,
                                                      Index index) {
  while (tensor.getDefiningOp() && isView(tensor.getDefiningOp())) {
    FailureOr<ViewSource> source =
        getViewSource(tensor.getDefiningOp(), index, space);
    if (failed(source))
      return std::nullopt;
    tensor = source->tensor;
    index = source->index;
  }
  auto producer = tensor.getDefiningOp<linalg::GenericOp>();
  if (!producer || producer.getNumReductionLoops() > 0)
    return std::nullopt;
  unsigned result = cast<OpResult>(tensor).getResultNumber();
  AffineMap map =
      producer.getMatchingIndexingMap(producer.getDpsInitOperand(result));
  Index iteration(map.getNumDims(), space.getConstant(0));
  for (auto [expr, at] : llvm::zip_equal(map.getResults(), index))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      iteration[dim.getPosition()] = at;
  return RegionValue{producer, iteration,
                     producer.getBlock()->getTerminator()->getOperand(result)};
}

RegionValue AccessAnalysis::trace(RegionValue value) {
  while (auto argument = dyn_cast<BlockArgument>(value.value)) {
    Value tensor = value.op.getMatchingOpOperand(argument)->get();
    if (!isa<RankedTensorType>(tensor.getType()))
      break;
    std::optional<RegionValue> element = getElement(tensor, getIndex(value));
    if (!element)
      break;
    value = *element;
  }
  return value;
}

bool AccessAnalysis::dependsOn(const RegionValue &value, int64_t dim) const {
  auto variable = dyn_cast<AffineDimExpr>(domainVariables[dim]);
  if (!variable)
    return false;
  auto isOfDim = [&](AffineExpr expr) {
    return expr.isFunctionOfDim(variable.getPosition());
  };
  llvm::SetVector<Value> values;
  values.insert(value.value);
  for (size_t next = 0; next < values.size(); ++next) {
    if (isa<BlockArgument>(values[next])) {
      RegionValue argument{value.op, value.iteration, values[next]};
      if (llvm::any_of(getIndex(argument), isOfDim))
        return true;
      continue;
    }
    Operation *op = values[next].getDefiningOp();
    auto index = dyn_cast<linalg::IndexOp>(op);
    if (index && isOfDim(value.iteration[index.getDim()]))
      return true;
    // What is computed outside of the region is a constant or a tensor.
    if (op->getParentOp() == value.op)
      values.insert(op->operand_begin(), op->operand_end());
  }
  return false;
}

/// The dimension of the domain whose coordinate a value is, as a number.
std::optional<int64_t>
AccessAnalysis::getCoordinate(const RegionValue &value) const {
  Operation *op = value.value.getDefiningOp();
  if (isa_and_nonnull<arith::IndexCastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  auto index = dyn_cast_or_null<linalg::IndexOp>(op);
  if (!index)
    return std::nullopt;
  for (auto [dim, variable] : llvm::enumerate(domainVariables))
    if (isa<AffineDimExpr>(variable) && !kernel.isReduced[dim] &&
        value.iteration[index.getDim()] == variable)
      return dim;
  return std::nullopt;
}

std::optional<SelectedSum> AccessAnalysis::findSelectedSum() {
  if (reductions.size() != 1 || reductions.front().op.getNumResults() != 1 ||
      llvm::any_of(kernel.outputs,
                   [](const KernelOutput &output) { return !output.isRow; }))
    return std::nullopt;
  RowReduction &reduction = reductions.front();
  std::optional<Combiner> combiner = Combiner::match(reduction.op, 0);
  if (!combiner || !isa<arith::AddFOp, arith::AddIOp>(combiner->op) ||
      !combiner->isNeutral(reduction.op.getDpsInits().front()))
    return std::nullopt;
  RegionValue addend =
      trace({reduction.op, reduction.iteration, combiner->contribution});
  auto choice = addend.value.getDefiningOp<arith::SelectOp>();
  if (!choice || !(matchPattern(choice.getFalseValue(), m_PosZeroFloat()) ||
                   matchPattern(choice.getFalseValue(), m_Zero())))
    return std::nullopt;
  auto traceInAddend = [&](Value value) {
    return trace({addend.op, addend.iteration, value});
  };
  RegionValue condition = traceInAddend(choice.getCondition());
  auto comparison = condition.value.getDefiningOp<arith::CmpIOp>();
  if (!comparison || comparison.getPredicate() != arith::CmpIPredicate::eq)
    return std::nullopt;
  RegionValue update = traceInAddend(choice.getTrueValue());
  for (unsigned side : {0, 1}) {
    auto traceSide = [&](unsigned number) {
      return trace(
          {condition.op, condition.iteration, comparison->getOperand(number)});
    };
    RegionValue number = traceSide(1 - side);
    std::optional<int64_t> dim = getCoordinate(traceSide(side));
    if (dim && !dependsOn(number, *dim) && !dependsOn(update, *dim))
      return SelectedSum{&reduction, *combiner, *dim, number, update};
  }
  return std::nullopt;
}

} // namespace sinter::cpu
