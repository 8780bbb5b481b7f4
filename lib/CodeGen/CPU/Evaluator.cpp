// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of tensors by the op that defines them, and of loops.

#include "Evaluator.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <numeric>

using namespace mlir;

namespace sinter::cpu {

// Maps only serve as keys here: no bound on the number of variables is meant.
static constexpr unsigned kMaximumVariables = 1u << 24;

Evaluator::Evaluator(OpBuilder &builder, func::FuncOp kernel, int64_t lanes)
    : builder(builder), kernel(kernel),
      space(builder, kernel.getBody().front(), lanes) {
  memory.emplace_back();
}

void Evaluator::pushScope() {
  memory.emplace_back();
  space.pushScope();
}

void Evaluator::popScope() {
  memory.pop_back();
  space.popScope();
}

Evaluator::Key Evaluator::getKey(Value tensor,
                                 ArrayRef<AffineExpr> index) const {
  return {tensor,
          AffineMap::get(kMaximumVariables, 0, index, builder.getContext())};
}

void Evaluator::bind(Value tensor, ArrayRef<AffineExpr> index, Value value) {
  memory.back()[getKey(tensor, index)] = value;
}

FailureOr<Value> Evaluator::evaluate(Value tensor, ArrayRef<AffineExpr> index) {
  Key key = getKey(tensor, index);
  for (auto &scope : llvm::reverse(memory))
    if (Value value = scope.lookup(key))
      return value;
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return emitError(
        tensor.getLoc(),
        "expected a tensor made in the kernel, but got an argument");
  FailureOr<Value> value = evaluateOp(op, tensor, index);
  if (succeeded(value))
    memory.back()[key] = *value;
  return value;
}

FailureOr<Value> Evaluator::evaluateOp(Operation *op, Value tensor,
                                       ArrayRef<AffineExpr> index) {
  unsigned result = cast<OpResult>(tensor).getResultNumber();
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return generic.getNumReductionLoops() > 0
               ? evaluateReduction(generic, result, index)
               : evaluateGeneric(generic, result, index);
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    Frame frame;
    return evaluateInRegion(frame, fill.getInputs()[0]);
  }
  if (auto source = dyn_cast<bufferization::ToTensorOp>(op))
    return load(source.getMemref(), index, op->getLoc());
  if (isa<arith::ConstantOp>(op))
    return evaluateConstant(op, index);
  if (isa<tensor::EmptyOp>(op))
    return getScalar(cast<TensorType>(tensor.getType()).getElementType(), 0);
  if (isView(op)) {
    FailureOr<ViewSource> source = getViewSource(op, index, space);
    if (failed(source))
      return failure();
    return evaluate(source->tensor, source->index);
  }
  return op->emitOpError("expected an op of the linalg phase in a kernel, but "
                         "there is no code for this one");
}

FailureOr<Value> Evaluator::evaluateConstant(Operation *op,
                                             ArrayRef<AffineExpr> index) {
  auto elements =
      dyn_cast<DenseElementsAttr>(cast<arith::ConstantOp>(op).getValue());
  if (!elements)
    return op->emitOpError("expected a dense constant in a kernel");
  if (elements.isSplat())
    return space.materialize(
        cast<TypedAttr>(elements.getSplatValue<Attribute>()));
  return load(getGlobal(cast<arith::ConstantOp>(op), elements), index,
              op->getLoc());
}

/// A constant that is no splat lives in a private global of the module.
Value Evaluator::getGlobal(arith::ConstantOp op, DenseElementsAttr elements) {
  Value &buffer = globals[op];
  if (buffer)
    return buffer;
  auto type =
      MemRefType::get(elements.getType().getShape(), elements.getElementType());
  auto module = kernel->getParentOfType<ModuleOp>();
  std::string name;
  for (unsigned number = 0; name.empty() || module.lookupSymbol(name); ++number)
    name = ("__constant_" + kernel.getName() + "_" + Twine(number)).str();
  OpBuilder atModule = OpBuilder::atBlockBegin(module.getBody());
  atModule.create<memref::GlobalOp>(op->getLoc(), name,
                                    atModule.getStringAttr("private"), type,
                                    elements, /*constant=*/true, IntegerAttr());
  OpBuilder atConstant(op);
  buffer = atConstant.create<memref::GetGlobalOp>(op->getLoc(), type, name);
  return buffer;
}

FailureOr<SmallVector<Value>> Evaluator::emitLoop(Location loc, int64_t extent,
                                                  ValueRange carried,
                                                  LoopBody body) {
  return emitLoop(loc, space.getIndex(0), space.getIndex(extent), 1,
                  {0, std::max<int64_t>(extent - 1, 0)}, carried, body);
}

FailureOr<SmallVector<Value>>
Evaluator::emitLoop(Location loc, Value lower, Value upper, int64_t step,
                    Range range, ValueRange carried, LoopBody body,
                    int64_t multiple) {
  std::optional<int64_t> first = getConstantIntValue(lower);
  std::optional<int64_t> last = getConstantIntValue(upper);
  if (first && last && *last <= *first)
    return SmallVector<Value>(carried);
  if (first && last && *last - *first <= step)
    return body(space.getConstant(*first), carried);
  auto loop = builder.create<scf::ForOp>(loc, lower, upper,
                                         space.getIndex(step), carried);
  EvaluatorScope scope(*this);
  builder.setInsertionPointToStart(loop.getBody());
  if (first)
    multiple = std::max(multiple, std::gcd(*first, step));
  AffineExpr iv = space.addVariable(loop.getInductionVar(), range.maximum,
                                    multiple, range.minimum);
  FailureOr<SmallVector<Value>> yielded = body(iv, loop.getRegionIterArgs());
  if (failed(yielded))
    return failure();
  if (!carried.empty())
    builder.create<scf::YieldOp>(loc, *yielded);
  return SmallVector<Value>(loop.getResults());
}

void Evaluator::setActiveLanes(int64_t count) {
  mask = count >= getLanes() ? Value() : getMaskOfFirst(count);
}

Value Evaluator::getMaskOfFirst(int64_t count) {
  Value &known = masks[count];
  if (!known) {
    OpBuilder atEntry = OpBuilder::atBlockBegin(&kernel.getBody().front());
    known = atEntry.create<vector::ConstantMaskOp>(
        kernel.getLoc(), getLanesType(builder.getI1Type()),
        builder.getI64ArrayAttr({count}));
  }
  return known;
}

Value Evaluator::toLanes(Value value) {
  if (isLanes(value))
    return value;
  VectorType type = getLanesType(value.getType());
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return space.materialize(
        DenseElementsAttr::get(type, Attribute(constant.getValue())));
  return builder.create<vector::BroadcastOp>(value.getLoc(), type, value);
}

Value Evaluator::getScalar(Type type, double value) {
  if (isa<FloatType>(type))
    return space.materialize(builder.getFloatAttr(type, value));
  return space.materialize(
      builder.getIntegerAttr(type, static_cast<int64_t>(value)));
}

} // namespace sinter::cpu
