// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and applying optimizers.
#include "Optimizer.h"
#include "Tables.h"
#include <cmath>

using namespace mlir;

namespace sinter::capturing {

bool Optimizer::has(llvm::StringRef hyperparameter) const {
  return llvm::any_of(header, [&](const HeaderValue &value) {
    return llvm::StringRef(value.key).drop_front(8) == hyperparameter;
  });
}

bool Optimizer::hasRun(llvm::StringRef run) const {
  return llvm::is_contained(runs, run);
}

namespace {
/// Reads the arguments of one optimizer.
class OptimizerReader {
public:
  OptimizerReader(Session &session, const Object &object)
      : session(session), object(object) {}

  std::optional<Optimizer> read();

private:
  double number(llvm::StringRef name, const Value &value);
  double number(llvm::StringRef name) {
    return number(name, object.options->at(name.str()));
  }
  bool flag(llvm::StringRef name) {
    auto *flag = object.options->at(name.str()).as<bool>();
    if (!flag)
      error(name, "expected true or false as '" + name + "'");
    return flag && *flag;
  }
  /// Keeps a hyperparameter in the header, unless it has no effect.
  void keep(llvm::StringRef name, double value, bool always = false) {
    if (always || value != 0)
      result.header.push_back({"trainer." + name.str(), value});
  }
  void readBetas();
  void error(llvm::StringRef argument, const llvm::Twine &message) {
    session.error(object.rangeOf(argument.str()), message);
    failed = true;
  }

  Session &session;
  const Object &object;
  Optimizer result;
  bool failed = false;
};
} // namespace

double OptimizerReader::number(llvm::StringRef name, const Value &value) {
  if (!value.isNumber() || value.is<bool>() || !(value.toDouble() >= 0) ||
      std::isinf(value.toDouble())) {
    error(name, "expected a finite number that is not negative as '" + name +
                    "' of " + object.kind->signature.name + ", but got " +
                    value.describe());
    return 0;
  }
  return value.toDouble();
}

void OptimizerReader::readBetas() {
  auto *betas = object.options->at("betas").as<Sequence>();
  if (!betas || betas->items->size() != 2)
    return error("betas", "expected two numbers as 'betas'");
  for (int i : {0, 1}) {
    double beta = number("betas", (*betas->items)[i]);
    if (!(beta < 1))
      error("betas", "expected betas below 1");
    keep(i ? "beta2" : "beta1", beta, true);
  }
}

std::optional<Optimizer> OptimizerReader::read() {
  result.kind = object.kind->signature.name;
  keep("lr", number("lr"), true);
  bool isAdam = result.kind == "Adam" || result.kind == "AdamW";
  if (isAdam) {
    readBetas();
    result.runs = {"exp_avg", "exp_avg_sq"};
    if (flag("amsgrad"))
      result.runs.push_back("max_exp_avg_sq");
    result.decoupled = result.kind == "AdamW";
  }
  if (result.kind == "RMSprop") {
    keep("alpha", number("alpha"), true);
    result.runs = {"square_avg"};
  }
  if (result.kind == "Adagrad") {
    keep("lr_decay", number("lr_decay"));
    result.runs = {"sum"};
    result.initialSum = number("initial_accumulator_value");
  }
  if (object.options->count("momentum")) {
    double momentum = number("momentum");
    keep("momentum", momentum);
    if (momentum != 0)
      result.runs.push_back("momentum_buffer");
  }
  if (result.kind == "RMSprop" && flag("centered"))
    result.runs.push_back("grad_avg");
  if (result.kind == "SGD") {
    result.nesterov = flag("nesterov");
    double dampening = number("dampening");
    if (result.has("momentum"))
      keep("dampening", dampening);
    if (result.nesterov && (!result.has("momentum") || dampening != 0))
      error("nesterov", "expected a momentum and no dampening with nesterov");
  } else {
    keep("eps", number("eps"), true);
  }
  keep("weight_decay", number("weight_decay"));
  if (failed)
    return std::nullopt;
  return std::move(result);
}

std::optional<Optimizer> readOptimizer(Session &session, const Object *object) {
  if (object)
    return OptimizerReader(session, *object).read();
  Optimizer none;
  none.header = {{"trainer.lr", 0}};
  return none;
}

namespace {
/// The operands of one optimizer op.
struct OptimizerOperands {
  Interpreter &in;
  const Optimizer &optimizer;

  Tensor header(llvm::StringRef name) {
    return optimizer.has(name) ? in.readSegment("trainer." + name.str())
                               : Tensor();
  }
  Tensor getRun(llvm::StringRef name) {
    auto type =
        in.graph.type({in.state->runElements}, in.session.defaultFloat());
    return in.graph.create<nn::GetRunOp>(type, in.state->name, name);
  }
  Tensor run(llvm::StringRef name) {
    return optimizer.hasRun(name) ? getRun("optimizer." + name.str())
                                  : Tensor();
  }
  void set(llvm::StringRef name, Tensor value) {
    in.graph.create<nn::SetRunOp>(in.state->name, name, value);
  }
  void setRun(llvm::StringRef name, Tensor value) {
    set("optimizer." + name.str(), value);
  }
};
} // namespace

static Type typeOrNull(Tensor tensor) {
  return tensor ? tensor.getType() : Type();
}

static void applySgd(OptimizerOperands &at, Tensor parameters,
                     Tensor gradient) {
  Tensor buffer = at.run("momentum_buffer");
  auto op = at.in.graph.create<nn::SgdOp>(
      parameters.getType(), typeOrNull(buffer), parameters, gradient, buffer,
      at.header("lr"), at.in.readSegment("trainer.step"), at.header("momentum"),
      at.header("dampening"), at.header("weight_decay"), at.optimizer.nesterov);
  at.set("parameter", op.getNewParameter());
  if (buffer)
    at.setRun("momentum_buffer", op.getNewMomentum());
}

static void applyAdam(OptimizerOperands &at, Tensor parameters,
                      Tensor gradient) {
  Tensor average = at.run("exp_avg"), squares = at.run("exp_avg_sq");
  Tensor largest = at.run("max_exp_avg_sq");
  auto op = at.in.graph.create<nn::AdamOp>(
      parameters.getType(), average.getType(), squares.getType(),
      typeOrNull(largest), parameters, gradient, average, squares, largest,
      at.header("lr"), at.in.readSegment("trainer.step"), at.header("beta1"),
      at.header("beta2"), at.header("eps"), at.header("weight_decay"),
      at.optimizer.decoupled);
  at.set("parameter", op.getNewParameter());
  at.setRun("exp_avg", op.getNewExpAvg());
  at.setRun("exp_avg_sq", op.getNewExpAvgSq());
  if (largest)
    at.setRun("max_exp_avg_sq", op.getNewMaxExpAvgSq());
}

static void applyRmsprop(OptimizerOperands &at, Tensor parameters,
                         Tensor gradient) {
  Tensor squares = at.run("square_avg"), buffer = at.run("momentum_buffer");
  Tensor average = at.run("grad_avg");
  llvm::SmallVector<Type> others;
  for (Tensor other : {buffer, average})
    if (other)
      others.push_back(other.getType());
  auto op = at.in.graph.create<nn::RmspropOp>(
      parameters.getType(), squares.getType(), others, parameters, gradient,
      squares, buffer, average, at.header("lr"), at.header("alpha"),
      at.header("eps"), at.header("momentum"), at.header("weight_decay"));
  at.set("parameter", op.getNewParameter());
  at.setRun("square_avg", op.getNewSquareAvg());
  unsigned next = 0;
  if (buffer)
    at.setRun("momentum_buffer", op.getNewOthers()[next++]);
  if (average)
    at.setRun("grad_avg", op.getNewOthers()[next]);
}

static void applyAdagrad(OptimizerOperands &at, Tensor parameters,
                         Tensor gradient) {
  Tensor sum = at.run("sum");
  auto op = at.in.graph.create<nn::AdagradOp>(
      parameters.getType(), sum.getType(), parameters, gradient, sum,
      at.header("lr"), at.in.readSegment("trainer.step"), at.header("eps"),
      at.header("lr_decay"), at.header("weight_decay"));
  at.set("parameter", op.getNewParameter());
  at.setRun("sum", op.getNewSum());
}

void applyOptimizer(Interpreter &interpreter, const Optimizer &optimizer,
                    Tensor gradient) {
  OptimizerOperands at{interpreter, optimizer};
  Tensor parameters = at.getRun("parameter");
  if (optimizer.kind == "SGD")
    return applySgd(at, parameters, gradient);
  if (optimizer.kind == "RMSprop")
    return applyRmsprop(at, parameters, gradient);
  if (optimizer.kind == "Adagrad")
    return applyAdagrad(at, parameters, gradient);
  applyAdam(at, parameters, gradient);
}

} // namespace sinter::capturing
