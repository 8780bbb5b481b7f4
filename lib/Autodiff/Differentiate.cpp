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
  ReverseMode(OpBuilder &builder, Value output, ValueRange wrt)
      : builder(builder), output(output), wrt(wrt) {}

  FailureOr<SmallVector<Value>> run(Value seed);
  /// Ops on a path from `wrt` to `output`, in program order.
  void findPath();
  ArrayRef<Operation *> getPath() const { return path; }

private:
  /// Reports every op of the path without a rule.
  LogicalResult checkPath();
  LogicalResult propagate(Operation *op);
  void accumulate(Value value, Value gradient);

  OpBuilder &builder;
  Value output;
  ValueRange wrt;
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
  visit(output);
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
    if (!isa<DifferentiableOpInterface>(op))
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
  SmallVector<Value> operandGradients(op->getNumOperands());
  if (failed(cast<DifferentiableOpInterface>(op).buildGradients(
          builder, resultGradients, operandGradients)))
    return failure();
  for (auto [operand, gradient] :
       llvm::zip(op->getOperands(), operandGradients))
    accumulate(operand, gradient);
  return success();
}

FailureOr<SmallVector<Value>> ReverseMode::run(Value seed) {
  findPath();
  if (failed(checkPath()))
    return failure();
  accumulate(output, seed);
  for (Operation *op : llvm::reverse(path))
    if (failed(propagate(op)))
      return failure();
  SmallVector<Value> results;
  for (Value value : wrt) {
    Value gradient = gradients.lookup(value);
    results.push_back(gradient ? gradient
                               : cast<AdditiveTypeInterface>(value.getType())
                                     .buildZero(builder, output.getLoc()));
  }
  return results;
}

SmallVector<Operation *> findGradientPath(Value output, ValueRange wrt) {
  OpBuilder builder(output.getContext());
  ReverseMode engine(builder, output, wrt);
  engine.findPath();
  return SmallVector<Operation *>(engine.getPath());
}

FailureOr<SmallVector<Value>> differentiate(OpBuilder &builder, Value output,
                                            Value seed, ValueRange wrt) {
  return ReverseMode(builder, output, wrt).run(seed);
}

} // namespace sinter
