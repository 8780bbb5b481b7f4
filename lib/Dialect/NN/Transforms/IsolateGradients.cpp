// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes entries of single ops, so that the gradient of each can be checked by
// itself, at the values that it meets in its network.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Autodiff/Differentiate.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/Transforms/ExpandGradient.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace sinter::nn {
#define GEN_PASS_DEF_NNISOLATEGRADIENTS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"

namespace {

bool isFloat(Value value) {
  return isa<FloatType>(tensorType(value).getElementType());
}

/// Values by which the entry tells what its ops meet: their numbers.
using ValueNumbers = llvm::MapVector<Value, unsigned>;

/// Builds the entry of one op.
class IsolatedOp {
public:
  IsolatedOp(func::FuncOp entry, Operation *op, const Twine &name);
  /// `isOnPath` holds for those of the op's results that matter to the entry's
  /// gradients.
  void build(const ValueNumbers &numbers,
             llvm::function_ref<bool(Value)> isOnPath);

private:
  Value addArgument(Type type, const Twine &name);
  void addResult(Value value, const Twine &name);
  /// The sum of result * cotangent over the float results on the path.
  Value weightedSum(Operation *copy, llvm::function_ref<bool(Value)> isOnPath);

  Operation *op;
  std::string name;
  func::FuncOp function;
  OpBuilder builder;
  SmallVector<Value> results;
  SmallVector<std::string> resultNames;
};

} // namespace

IsolatedOp::IsolatedOp(func::FuncOp entry, Operation *op, const Twine &name)
    : op(op), name(name.str()), builder(entry) {
  builder.setInsertionPointAfter(entry);
  function = builder.create<func::FuncOp>(op->getLoc(), this->name,
                                          builder.getFunctionType({}, {}));
  function->setAttr("nn.entry", builder.getStringAttr(this->name));
  function->setAttr("nn.state", entry->getAttr("nn.state"));
  function->setAttr("nn.dims", builder.getDictionaryAttr({}));
  builder.setInsertionPointToStart(function.addEntryBlock());
}

Value IsolatedOp::addArgument(Type type, const Twine &argument) {
  unsigned number = function.getNumArguments();
  function.insertArgument(number, type, {}, op->getLoc());
  function.setArgAttr(number, "nn.name", builder.getStringAttr(argument.str()));
  return function.getArgument(number);
}

void IsolatedOp::addResult(Value value, const Twine &result) {
  results.push_back(value);
  resultNames.push_back(result.str());
}

Value IsolatedOp::weightedSum(Operation *copy,
                              llvm::function_ref<bool(Value)> isOnPath) {
  Location loc = op->getLoc();
  Value total;
  for (auto [i, result] : llvm::enumerate(copy->getResults())) {
    // Nothing flows through running statistics, for example.
    if (!isFloat(result) || !isOnPath(op->getResult(i)))
      continue;
    Value cotangent = addArgument(result.getType(), "cotangent." + Twine(i));
    Value product = builder.create<MulOp>(loc, result, cotangent);
    Value term = builder.create<SumOp>(
        loc, product, allDims(tensorType(product).getRank()), false);
    if (total)
      term = TensorBuilder(builder, loc)
                 .cast(term, tensorType(total).getElementType());
    total = total ? builder.create<AddOp>(loc, total, term).getResult() : term;
  }
  return total;
}

void IsolatedOp::build(const ValueNumbers &numbers,
                       llvm::function_ref<bool(Value)> isOnPath) {
  IRMapping mapping;
  SmallVector<Value> operands, wrt;
  SmallVector<std::string> names;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    auto number = numbers.find(operand);
    if (number == numbers.end()) {
      operands.push_back(builder.clone(*operand.getDefiningOp())->getResult(0));
      continue;
    }
    std::string argument = (Twine(i) + ".value" + Twine(number->second)).str();
    operands.push_back(addArgument(operand.getType(), argument));
    if (isFloat(operand)) {
      wrt.push_back(operands.back());
      names.push_back("grad.input." + argument);
    }
  }
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  for (auto [i, result] : llvm::enumerate(copy->getResults()))
    addResult(result, "output." + Twine(i));
  Value total = weightedSum(copy, isOnPath);
  if (total && !wrt.empty()) {
    auto gradient = builder.create<GradientOp>(op->getLoc(), total, wrt);
    for (auto [value, result] : llvm::zip(gradient.getGradients(), names))
      addResult(value, result);
  }
  builder.create<func::ReturnOp>(op->getLoc(), results);
  function.setFunctionType(builder.getFunctionType(
      function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [i, result] : llvm::enumerate(resultNames))
    function.setResultAttr(i, "nn.name", builder.getStringAttr(result));
}

/// Numbers the operands of the ops, but for constants.
static ValueNumbers numberOperands(ArrayRef<Operation *> path) {
  ValueNumbers numbers;
  for (Operation *op : path)
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!producer || !producer->hasTrait<OpTrait::ConstantLike>())
        numbers.try_emplace(operand, numbers.size());
    }
  return numbers;
}

/// Makes the entry return the numbered values and nothing else.
static void returnValues(func::FuncOp entry, const ValueNumbers &numbers) {
  Operation *end = entry.front().getTerminator();
  OpBuilder builder(end);
  SmallVector<Value> values;
  for (auto &[value, number] : numbers)
    values.push_back(value);
  for (unsigned i = entry.getNumResults(); i-- > 0;)
    entry.removeResultAttr(i, builder.getStringAttr("nn.name"));
  entry.removeResAttrsAttr();
  end->setOperands(values);
  entry.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(),
                                                ValueRange(values).getTypes()));
  for (unsigned i = 0; i < values.size(); ++i)
    entry.setResultAttr(i, "nn.name",
                        builder.getStringAttr(("value" + Twine(i)).str()));
}

namespace {

struct IsolateGradients
    : public impl::NNIsolateGradientsBase<IsolateGradients> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> entries(getOperation().getOps<func::FuncOp>());
    llvm::StringMap<unsigned> instances;
    for (func::FuncOp entry : entries)
      if (auto name = entry->getAttrOfType<StringAttr>("nn.entry"))
        if (failed(isolate(entry, name, instances[name]++)))
          signalPassFailure();
  }

private:
  static LogicalResult isolate(func::FuncOp entry, StringAttr name,
                               unsigned instance) {
    SmallVector<GradientOp> gradients(entry.getOps<GradientOp>());
    if (gradients.empty())
      return success();
    GradientOp last = gradients.pop_back_val();
    for (GradientOp inner : gradients)
      if (failed(expandGradient(inner)))
        return failure();
    SmallVector<Operation *> path =
        findGradientPath(last.getOutput(), last.getWrt());
    ValueNumbers numbers = numberOperands(path);
    llvm::SmallPtrSet<Operation *, 16> onPath(path.begin(), path.end());
    auto isOnPath = [&](Value result) {
      return result == last.getOutput() ||
             llvm::any_of(result.getUsers(), [&](Operation *user) {
               return onPath.contains(user);
             });
    };
    // Each is put right after the entry: the first op's comes last.
    for (size_t i = path.size(); i-- > 0;)
      IsolatedOp(entry, path[i],
                 name.getValue() + ".op" + Twine(instance) + "." + Twine(i) +
                     "." + path[i]->getName().getStringRef())
          .build(numbers, isOnPath);
    returnValues(entry, numbers);
    last.erase();
    return success();
  }
};

} // namespace
} // namespace sinter::nn
