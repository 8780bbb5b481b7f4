// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses of tensors: compositions with PyTorch's conventions at kinks.
#include "Call.h"
#include "Losses.h"

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

Value reduceLoss(Call &call, Tensor elements) {
  std::string reduction = call.choice("reduction", {"mean", "sum", "none"});
  if (call.failed() || reduction == "none")
    return call.failed() ? Value() : Value(elements);
  return reduction == "sum" ? call.graph.sumAll(elements)
                            : call.graph.meanAll(elements);
}

std::vector<Tensor> operandsOf(Call &call,
                               llvm::ArrayRef<llvm::StringRef> names) {
  std::vector<Tensor> all = call.promoted(names);
  if (!call.failed() && !isFloat(all.front()))
    call.expected(names.front(), "a tensor of floats");
  if (call.failed())
    all.clear();
  return all;
}

/// Input and target, which broadcast: what PyTorch warns of, since it is most
/// often a mistake.
static std::vector<Tensor> inputAndTarget(Call &call) {
  std::vector<Tensor> x = operandsOf(call, {"input", "target"});
  if (!x.empty() && shapeOf(x[0]) != shapeOf(x[1]))
    call.interpreter.session.warnOnce(
        call.range, "the target of '" + call.name() + "' has the shape " +
                        describeShape(shapeOf(x[1])) + ", its input " +
                        describeShape(shapeOf(x[0])) +
                        ": each broadcasts to the other, which is most often "
                        "not meant");
  return x;
}

/// Input and target of one shape; empty after an error.
static std::vector<Tensor> inputAndTargetOfOneShape(Call &call) {
  std::vector<Tensor> x = operandsOf(call, {"input", "target"});
  call.floats("target");
  if (call.failed())
    return {};
  if (shapeOf(x[0]) == shapeOf(x[1]))
    return x;
  call.error(call.range, "expected a target of the input's shape in '" +
                             call.name() + "', but got " +
                             describeShape(shapeOf(x[1])) + " for an input " +
                             describeShape(shapeOf(x[0])));
  return {};
}

static Value l1(Call &call) {
  auto x = inputAndTarget(call);
  Graph &g = call.graph;
  return x.empty() ? Value() : reduceLoss(call, g.abs(g.sub(x[0], x[1])));
}

static Value mse(Call &call) {
  auto x = inputAndTarget(call);
  if (x.empty())
    return {};
  Tensor difference = call.graph.sub(x[0], x[1]);
  return reduceLoss(call, call.graph.mul(difference, difference));
}

/// d² / 2 but where `isFar`: what is infinite there must not reach the
/// gradient.
static Tensor halfSquare(Graph &g, Tensor isFar, Tensor d) {
  Tensor used = g.select(isFar, 0.0, d);
  return g.mul(g.mul(used, used), 0.5);
}

static Value smoothL1(Call &call) {
  auto x = inputAndTarget(call);
  double beta = call.number("beta");
  if (call.failed() || beta < 0)
    return call.failed() ? Value() : call.expected("beta", "0 or more");
  Graph &g = call.graph;
  Tensor d = g.abs(g.sub(x[0], x[1]));
  if (beta == 0)
    return reduceLoss(call, d);
  Tensor isFar = g.compare(Predicate::ge, d, beta);
  Tensor near = g.div(halfSquare(g, isFar, d), beta);
  return reduceLoss(call, g.select(isFar, g.sub(d, 0.5 * beta), near));
}

static Value huber(Call &call) {
  auto x = inputAndTarget(call);
  double delta = call.number("delta");
  if (call.failed() || !(delta > 0))
    return call.failed() ? Value()
                         : call.expected("delta", "a positive number");
  Graph &g = call.graph;
  Tensor d = g.abs(g.sub(x[0], x[1]));
  Tensor isFar = g.compare(Predicate::gt, d, delta);
  Tensor far = g.mul(g.sub(d, 0.5 * delta), delta);
  return reduceLoss(call, g.select(isFar, far, halfSquare(g, isFar, d)));
}

/// Multiplies by the optional weight; null after an error.
static Tensor weighted(Call &call, Tensor loss) {
  Tensor weight = call.optionalTensor("weight");
  if (!weight)
    return loss;
  if (call.failed() || !call.checkBroadcastsTo("weight", weight, shapeOf(loss)))
    return {};
  return call.graph.mul(loss, call.graph.cast(weight, elementOf(loss)));
}

/// Logarithms are at least -100, and the gradient's denominator at least
/// 1e-12, as in PyTorch: it differs from the logarithms' own gradient at 0 and
/// 1, so it is attached to the detached value.
static Value binaryCrossEntropy(Call &call) {
  auto x = inputAndTargetOfOneShape(call);
  if (x.empty())
    return {};
  Graph &g = call.graph;
  Tensor p = g.detach(x[0]), y = x[1];
  auto logarithm = [&](Tensor value) {
    Tensor log = g.log(value);
    return g.select(g.compare(Predicate::lt, log, -100.0), -100.0, log);
  };
  Tensor no = g.sub(1.0, p);
  Tensor value =
      g.neg(g.add(g.mul(y, logarithm(p)), g.mul(g.sub(1.0, y), logarithm(no))));
  Tensor denominator = g.maximum(g.mul(no, p), g.scalar(1e-12, p));
  Tensor slope = g.detach(g.div(g.sub(p, y), denominator));
  Tensor loss = g.add(value, g.mul(slope, g.sub(x[0], p)));
  loss = weighted(call, loss);
  return loss ? reduceLoss(call, loss) : Value();
}

static Tensor logSigmoid(Graph &g, Tensor x) {
  Tensor low = g.minimum(x, g.scalar(0, x));
  return g.sub(low, g.unary<nn::Log1pOp>(g.exp(g.neg(g.abs(x)))));
}

static Value binaryCrossEntropyWithLogits(Call &call) {
  auto x = inputAndTargetOfOneShape(call);
  Tensor positive = call.optionalTensor("pos_weight");
  if (call.failed() ||
      !call.checkBroadcastsTo("pos_weight", positive, shapeOf(x[0])))
    return {};
  Graph &g = call.graph;
  Tensor y = x[1], logs = logSigmoid(g, x[0]);
  if (positive) {
    positive = g.cast(positive, elementOf(y));
    logs = g.mul(g.add(g.mul(g.sub(positive, 1.0), y), 1.0), logs);
  }
  Tensor loss = g.sub(g.mul(g.sub(1.0, y), x[0]), logs);
  loss = weighted(call, loss);
  return loss ? reduceLoss(call, loss) : Value();
}

/// target * (log(target) - input), 0 where the target is 0.
static Value klDivergence(Call &call) {
  auto x = operandsOf(call, {"input", "target"});
  bool logTarget = call.flag("log_target");
  std::string reduction =
      call.choice("reduction", {"mean", "sum", "none", "batchmean"});
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor loss;
  if (logTarget) {
    loss = g.mul(g.exp(x[1]), g.sub(x[1], x[0]));
  } else {
    Tensor zero = g.compare(Predicate::eq, x[1], 0.0);
    // The slope by a target of 0 is NaN, as in PyTorch.
    Tensor entropy = g.select(zero, 0.0, g.mul(x[1], g.log(x[1])));
    loss = g.sub(entropy, g.mul(x[1], x[0]));
  }
  if (reduction != "batchmean")
    return reduceLoss(call, loss);
  if (rankOf(x[0]) == 0)
    return call.expected("input", "a tensor with a batch dim");
  return g.div(g.sumAll(loss), double(shapeOf(x[0])[0]));
}

static Value softMargin(Call &call) {
  auto x = operandsOf(call, {"input", "target"});
  Graph &g = call.graph;
  return x.empty() || !call.checkBroadcastsTo("target", x[1], shapeOf(x[0]))
             ? Value()
             : reduceLoss(call, g.neg(logSigmoid(g, g.mul(x[0], x[1]))));
}

llvm::ArrayRef<FunctionRow> lossFunctions() {
  static const FunctionRow rows[] = {
      {"l1_loss(input, target, reduction=\"mean\")", l1, "F.l1_loss",
       "mean of absolute differences",
       "size_average, reduce: use reduction; weight"},
      {"mse_loss(input, target, reduction=\"mean\")", mse, "F.mse_loss",
       "mean of squared differences",
       "size_average, reduce: use reduction; weight"},
      {"smooth_l1_loss(input, target, reduction=\"mean\", beta=1.0)", smoothL1,
       "F.smooth_l1_loss",
       "squared below beta, linear above: mean of 0.5 * d ** 2 / beta or "
       "abs(d) - 0.5 * beta",
       "size_average, reduce: use reduction"},
      {"huber_loss(input, target, reduction=\"mean\", delta=1.0)", huber,
       "F.huber_loss",
       "squared below delta, linear above: mean of 0.5 * d ** 2 or delta * "
       "(abs(d) - 0.5 * delta)",
       "weight"},
      {"binary_cross_entropy(input, target, weight=none, reduction=\"mean\")",
       binaryCrossEntropy, "F.binary_cross_entropy",
       "-(y * log(x) + (1 - y) * log(1 - x)) of probabilities",
       "size_average, reduce: use reduction"},
      {"binary_cross_entropy_with_logits(input, target, weight=none, "
       "reduction=\"mean\", pos_weight=none)",
       binaryCrossEntropyWithLogits, "F.binary_cross_entropy_with_logits",
       "binary_cross_entropy of sigmoid(x), without overflow",
       "size_average, reduce: use reduction"},
      {"kl_div(input, target, reduction=\"mean\", log_target=false)",
       klDivergence, "F.kl_div",
       "divergence of targets from inputs, which are log-probabilities",
       "size_average, reduce: use reduction"},
      {"soft_margin_loss(input, target, reduction=\"mean\")", softMargin,
       "F.soft_margin_loss", "log(1 + exp(-target * x))",
       "size_average, reduce: use reduction"},
  };
  return rows;
}

} // namespace sinter::capturing
