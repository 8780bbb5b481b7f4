// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds and rebuilds nn.scan ops.

#include "sinter/Dialect/NN/IR/ScanBuilder.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

RankedTensorType sinter::nn::stackedType(Type type, int64_t count) {
  auto tensor = cast<RankedTensorType>(type);
  Shape shape{count};
  llvm::append_range(shape, tensor.getShape());
  return RankedTensorType::get(shape, tensor.getElementType());
}

RankedTensorType sinter::nn::sliceType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(tensor.getShape().drop_front(),
                               tensor.getElementType());
}

ScanBuilder::ScanBuilder(Location location, int64_t steps, bool reverse,
                         Value lengths)
    : location(location), steps(steps), reverse(reverse), lengths(lengths),
      block(&region.emplaceBlock()) {
  Builder builder(location.getContext());
  timeArgument = block->addArgument(
      RankedTensorType::get({}, builder.getI64Type()), location);
}

ScanBuilder::ScanBuilder(ScanOp scan, RewriterBase &rewriter)
    : location(scan.getLoc()), steps(scan.getSteps()),
      reverse(scan.getReverse()), lengths(scan.getLengths()),
      attributes(scan->getDiscardableAttrDictionary()),
      block(&scan.getBody().front()) {
  timeArgument = scan.getTime();
  auto take = [](std::vector<Argument> &list, OperandRange operands,
                 Block::BlockArgListType arguments) {
    for (auto [operand, argument] : llvm::zip(operands, arguments))
      list.push_back({operand, argument});
  };
  take(carries, scan.getInits(), scan.getCarries());
  take(xs, scan.getXs(), scan.getSlices());
  take(invariants, scan.getInvariants(), scan.getInvariantArguments());
  ScanYieldOp yield = scan.getYield();
  llvm::append_range(nextCarries, yield.getCarries());
  llvm::append_range(ys, yield.getYs());
  llvm::append_range(sums, yield.getSums());
  rewriter.eraseOp(yield);
  region.takeBody(scan.getBody());
}

Value ScanBuilder::addArgument(std::vector<Argument> &list, Value outside,
                               Type type) {
  Value inside = block->addArgument(type, outside.getLoc());
  list.push_back({outside, inside});
  return inside;
}

Value ScanBuilder::addCarry(Value init) {
  nextCarries.emplace_back();
  return addArgument(carries, init, init.getType());
}

Value ScanBuilder::addX(Value x) {
  for (const Argument &known : xs)
    if (known.outside == x)
      return known.inside;
  return addArgument(xs, x, sliceType(x.getType()));
}

Value ScanBuilder::addInvariant(Value invariant) {
  for (const Argument &known : invariants)
    if (known.outside == invariant)
      return known.inside;
  return addArgument(invariants, invariant, invariant.getType());
}

void ScanBuilder::setCarry(unsigned position, Value next) {
  nextCarries[position] = next;
}

unsigned ScanBuilder::addY(Value y) {
  ys.push_back(y);
  return ys.size() - 1;
}

unsigned ScanBuilder::addSum(Value addend) {
  sums.push_back(addend);
  return sums.size() - 1;
}

void ScanBuilder::replace(Value value, Value replacement) {
  value.replaceAllUsesWith(replacement);
  for (std::vector<Value> *values : {&nextCarries, &ys, &sums})
    std::replace(values->begin(), values->end(), value, replacement);
}

bool ScanBuilder::isGiven(Value value) const {
  return llvm::is_contained(nextCarries, value) ||
         llvm::is_contained(ys, value) || llvm::is_contained(sums, value);
}

void ScanBuilder::eraseDeadOps(RewriterBase &rewriter) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block)))
    if (isOpTriviallyDead(&op) &&
        llvm::none_of(op.getResults(),
                      [&](Value value) { return isGiven(value); }))
      rewriter.eraseOp(&op);
}

void ScanBuilder::dropUnused(std::vector<Argument> &list) {
  llvm::erase_if(list, [&](const Argument &argument) {
    return argument.inside.use_empty() && !isGiven(argument.inside);
  });
}

void ScanBuilder::moveBody(Block &target) {
  auto move = [&](Value argument) {
    replace(argument,
            target.addArgument(argument.getType(), argument.getLoc()));
  };
  move(timeArgument);
  for (std::vector<Argument> *list : {&carries, &xs, &invariants})
    for (const Argument &argument : *list)
      move(argument.inside);
  target.getOperations().splice(target.end(), block->getOperations());
}

ScanOp ScanBuilder::create(OpBuilder &builder) {
  dropUnused(xs);
  dropUnused(invariants);
  OperationState state(location, ScanOp::getOperationName());
  for (std::vector<Argument> *list : {&carries, &xs, &invariants})
    for (const Argument &argument : *list)
      state.operands.push_back(argument.outside);
  if (lengths)
    state.operands.push_back(lengths);
  state.addAttributes(attributes);
  Block &target = state.addRegion()->emplaceBlock();
  moveBody(target);
  OpBuilder inside(location.getContext());
  inside.setInsertionPointToEnd(&target);
  inside.create<ScanYieldOp>(location, nextCarries, ys, sums);
  for (Value carry : nextCarries)
    state.types.push_back(stackedType(carry.getType(), steps + 1));
  for (Value y : ys)
    state.types.push_back(stackedType(y.getType(), steps));
  for (Value sum : sums)
    state.types.push_back(sum.getType());
  auto &properties = state.getOrAddProperties<ScanOp::Properties>();
  properties.steps = builder.getI64IntegerAttr(steps);
  if (reverse)
    properties.reverse = builder.getUnitAttr();
  properties.operandSegmentSizes = {int32_t(carries.size()), int32_t(xs.size()),
                                    int32_t(invariants.size()),
                                    lengths ? 1 : 0};
  properties.resultSegmentSizes = {int32_t(nextCarries.size()),
                                   int32_t(ys.size()), int32_t(sums.size())};
  return cast<ScanOp>(builder.create(state));
}

ScanOp ScanBuilder::replace(ScanOp scan, RewriterBase &rewriter) {
  rewriter.setInsertionPoint(scan);
  ScanOp created = create(rewriter);
  auto replaceAll = [&](ResultRange from, ResultRange to) {
    for (auto [before, now] : llvm::zip(from, to))
      rewriter.replaceAllUsesWith(before, now);
  };
  replaceAll(scan.getHistories(), created.getHistories());
  replaceAll(scan.getYs(), created.getYs());
  replaceAll(scan.getSums(), created.getSums());
  rewriter.eraseOp(scan);
  return created;
}
