// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation: walks the ops between the variables and the
// output backwards and adds up what their rules give.

#include "sinter/Autodiff/Differentiate.h"
#include "sinter/Interfaces/Interfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace sinter {

namespace {

/// One run of the engine over one block.
class ReverseMode {
public:
  ReverseMode(OpBuilder &builder, ValueRange outputs, ValueRange wrt)
      : builder(builder), outputs(outputs.begin(), outputs.end()),
        wrt(wrt.begin(), wrt.end()) {}

  /// Null where no path leads from a variable to an output with a seed.
  FailureOr<SmallVector<Value>> run(ArrayRef<Value> seeds);
  /// Ops on a path from `wrt` to `output`, in program order.
  void findPath();
  ArrayRef<Operation *> getPath() const { return path; }

private:
  /// Reports every op of the path without a rule.
  LogicalResult checkPath();
  LogicalResult propagate(Operation *op);
  LogicalResult propagateThroughBody(DifferentiableRegionOpInterface op,
                                     ArrayRef<Value> resultGradients);
  void accumulate(Value value, Value gradient);

  OpBuilder &builder;
  SmallVector<Value> outputs, wrt;
  SmallVector<Operation *> path;
  DenseSet<Value> active; ///< values that depend on wrt
  DenseMap<Value, Value> gradients;
};

} // namespace

/// Whether gradients stop at `op` by its nature.
static bool stopsGradients(Operation *op) {
  return op->hasTrait<NotDifferentiable>();
}

void ReverseMode::findPath() {
  // Backwards from the output, then forwards from the variables.
  DenseSet<Operation *> needed;
  SmallVector<Operation *> worklist;
  auto visit = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (op && needed.insert(op).second)
      worklist.push_back(op);
  };
  llvm::for_each(outputs, visit);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    if (!stopsGradients(op))
      llvm::for_each(op->getOperands(), visit);
  }
  active.insert(wrt.begin(), wrt.end());
  SmallVector<Operation *> ordered(needed.begin(), needed.end());
  llvm::sort(ordered, [](Operation *left, Operation *right) {
    return left->isBeforeInBlock(right);
  });
  for (Operation *op : ordered) {
    bool depends = llvm::any_of(op->getOperands(), [&](Value operand) {
      return active.contains(operand);
    });
    if (!depends || stopsGradients(op))
      continue;
    path.push_back(op);
    active.insert(op->result_begin(), op->result_end());
  }
}

LogicalResult ReverseMode::checkPath() {
  LogicalResult result = success();
  for (Operation *op : path)
    if (!isa<DifferentiableOpInterface, DifferentiableRegionOpInterface>(op))
      result = op->emitError("'")
               << op->getName() << "' has no gradient, but one is asked for";
  return result;
}

void ReverseMode::accumulate(Value value, Value gradient) {
  if (!gradient || !active.contains(value))
    return;
  Value &sum = gradients[value];
  sum = sum ? cast<AdditiveTypeInterface>(value.getType())
                  .buildSum(builder, gradient.getLoc(), sum, gradient)
            : gradient;
}

LogicalResult ReverseMode::propagate(Operation *op) {
  SmallVector<Value> resultGradients;
  for (Value result : op->getResults())
    resultGradients.push_back(gradients.lookup(result));
  if (llvm::none_of(resultGradients, [](Value value) { return !!value; }))
    return success();
  if (auto withBody = dyn_cast<DifferentiableRegionOpInterface>(op))
    return propagateThroughBody(withBody, resultGradients);
  SmallVector<Value> operandGradients(op->getNumOperands());
  if (failed(cast<DifferentiableOpInterface>(op).buildGradients(
          builder, resultGradients, operandGradients)))
    return failure();
  for (auto [operand, gradient] :
       llvm::zip(op->getOperands(), operandGradients))
    accumulate(operand, gradient);
  return success();
}

LogicalResult
ReverseMode::propagateThroughBody(DifferentiableRegionOpInterface op,
                                  ArrayRef<Value> resultGradients) {
  SmallVector<Value> operandGradients(op->getNumOperands());
  FailureOr<SmallVector<Value>> augmented = op.augmentAndTranspose(
      builder, resultGradients, operandGradients, &differentiateValues);
  if (failed(augmented))
    return failure();
  for (auto [operand, gradient] :
       llvm::zip(op->getOperands(), operandGradients))
    accumulate(operand, gradient);
  for (auto [old, replacement] : llvm::zip(op->getResults(), *augmented)) {
    if (Value gradient = gradients.lookup(old))
      gradients[replacement] = gradient;
    for (SmallVector<Value> *values : {&outputs, &wrt})
      std::replace(values->begin(), values->end(), Value(old), replacement);
    old.replaceAllUsesWith(replacement);
  }
  op->erase();
  return success();
}

FailureOr<SmallVector<Value>> ReverseMode::run(ArrayRef<Value> seeds) {
  findPath();
  if (failed(checkPath()))
    return failure();
  for (auto [output, seed] : llvm::zip(outputs, seeds))
    accumulate(output, seed);
  for (Operation *op : llvm::reverse(path))
    if (failed(propagate(op)))
      return failure();
  SmallVector<Value> results;
  for (Value value : wrt)
    results.push_back(gradients.lookup(value));
  return results;
}

FailureOr<SmallVector<Value>> differentiateValues(OpBuilder &builder,
                                                  ValueRange outputs,
                                                  ArrayRef<Value> seeds,
                                                  ValueRange wrt) {
  return ReverseMode(builder, outputs, wrt).run(seeds);
}

SmallVector<Operation *> findGradientPath(Value output, ValueRange wrt) {
  OpBuilder builder(output.getContext());
  ReverseMode engine(builder, output, wrt);
  engine.findPath();
  return SmallVector<Operation *>(engine.getPath());
}

FailureOr<SmallVector<Value>> differentiate(OpBuilder &builder, Value output,
                                            Value seed, ValueRange wrt) {
  Location location = output.getLoc();
  SmallVector<Type> types(wrt.getTypes());
  FailureOr<SmallVector<Value>> results =
      differentiateValues(builder, output, seed, wrt);
  if (failed(results))
    return failure();
  for (auto [gradient, type] : llvm::zip(*results, types))
    if (!gradient)
      gradient = cast<AdditiveTypeInterface>(type).buildZero(builder, location);
  return results;
}

} // namespace sinter
