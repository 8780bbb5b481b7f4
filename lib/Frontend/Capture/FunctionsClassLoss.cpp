// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses of class scores: indices or probabilities as targets.
#include "Losses.h"

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

/// Input [N, C, d…] or [C], target [N, d…] or []; false after an error.
static bool checkClassShapes(Call &call, Tensor input, Tensor target) {
  Shape expected(shapeOf(input));
  if (expected.empty()) {
    call.expected("input", "a tensor with a dim of classes");
    return false;
  }
  expected.erase(expected.begin() + (expected.size() > 1 ? 1 : 0));
  if (llvm::ArrayRef<int64_t>(expected) == shapeOf(target))
    return true;
  call.error("target", "expected a target of shape " + describeShape(expected) +
                           " for scores " + describeShape(shapeOf(input)) +
                           ", but got " + describeShape(shapeOf(target)));
  return false;
}

static int64_t classesOf(Tensor input) {
  return shapeOf(input)[rankOf(input) > 1 ? 1 : 0];
}

/// The weights of classes, or null; checked.
static Tensor classWeights(Call &call, Tensor input) {
  Tensor weight = call.optionalTensor("weight");
  if (!weight || call.failed())
    return {};
  if (shapeOf(weight) != llvm::ArrayRef<int64_t>{classesOf(input)}) {
    call.expected("weight", "one weight per class");
    return {};
  }
  return call.graph.cast(weight, elementOf(input));
}

static nn::LossReduction reductionOf(Call &call) {
  std::string name = call.choice("reduction", {"mean", "sum", "none"});
  return name == "mean"  ? nn::LossReduction::mean
         : name == "sum" ? nn::LossReduction::sum
                         : nn::LossReduction::none;
}

/// Negative log likelihood of checked operands.
static Tensor likelihood(Call &call, Tensor logs, Tensor target,
                         Tensor weight) {
  Graph &g = call.graph;
  int64_t ignored = call.integer("ignore_index");
  int64_t classes = classesOf(logs);
  checkIndices(g, target, "labels", classes, 0, ignored);
  return g.create<nn::NllLossOp>(logs, target, weight, reductionOf(call),
                                 uint64_t(ignored));
}

static Value nll(Call &call) {
  Tensor input = call.floatTensor("input"), target = call.indexTensor("target");
  if (call.failed() || !checkClassShapes(call, input, target))
    return {};
  Tensor weight = classWeights(call, input);
  reductionOf(call);
  return call.failed() ? Value()
                       : Value(likelihood(call, input, target, weight));
}

/// One number per class, shaped to multiply [N, C, d…].
static Tensor alongClasses(Graph &g, Tensor values, Tensor input) {
  Shape shape(rankOf(input), 1);
  shape[rankOf(input) > 1 ? 1 : 0] = typeOf(values).getNumElements();
  return g.reshape(values, shape);
}

/// The part of label smoothing: minus the (weighted) sum of all logs, over
/// what is not ignored.
static Tensor smoothedPart(Call &call, Tensor logs, Tensor target,
                           Tensor weight) {
  Graph &g = call.graph;
  int64_t ignored = call.integer("ignore_index");
  Tensor terms = weight ? g.mul(logs, alongClasses(g, weight, logs)) : logs;
  Tensor total = g.neg(g.sum(terms, {rankOf(logs) > 1 ? 1 : 0}));
  Tensor skip =
      g.compare(Predicate::eq, target, g.integer(ignored, elementOf(target)));
  total = g.select(skip, 0.0, total);
  nn::LossReduction reduction = reductionOf(call);
  if (reduction == nn::LossReduction::none)
    return total;
  if (reduction == nn::LossReduction::sum)
    return g.sumAll(total);
  Tensor counted = weight ? Tensor(g.create<nn::TakeOp>(weight, target))
                          : g.splat(1, typeOf(total));
  return g.div(g.sumAll(total), g.sumAll(g.select(skip, 0.0, counted)));
}

/// Probabilities as the target, smoothed; the mean is over samples.
static Value softCrossEntropy(Call &call, Tensor logs, Tensor target,
                              Tensor weight, double smoothing) {
  if (shapeOf(logs) != shapeOf(target))
    return call.error("target", "expected class indices (i64) or probabilities "
                                "of shape " +
                                    describeShape(shapeOf(logs)) +
                                    ", but got " +
                                    describeType(target.getType()));
  Graph &g = call.graph;
  double classes = classesOf(logs);
  target = g.cast(target, elementOf(logs));
  if (smoothing > 0)
    target = g.add(g.mul(target, 1 - smoothing), smoothing / classes);
  Tensor terms = g.mul(logs, target);
  if (weight)
    terms = g.mul(terms, alongClasses(g, weight, logs));
  Tensor loss = g.neg(g.sum(terms, {rankOf(logs) > 1 ? 1 : 0}));
  nn::LossReduction reduction = reductionOf(call);
  if (reduction == nn::LossReduction::none)
    return loss;
  Tensor total = g.sumAll(loss);
  double samples = double(typeOf(loss).getNumElements());
  return reduction == nn::LossReduction::sum ? total : g.div(total, samples);
}

static Value crossEntropy(Call &call) {
  Tensor input = call.floatTensor("input"), target = call.tensor("target");
  double smoothing = call.number("label_smoothing");
  reductionOf(call);
  if (call.failed())
    return {};
  if (rankOf(input) == 0)
    return call.expected("input", "a tensor with a dim of classes");
  if (!(smoothing >= 0 && smoothing <= 1))
    return call.expected("label_smoothing", "a number between 0 and 1");
  Tensor weight = classWeights(call, input);
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor logs =
      g.create<nn::LogSoftmaxOp>(input, uint64_t(rankOf(input) > 1 ? 1 : 0));
  if (isFloat(target))
    return softCrossEntropy(call, logs, target, weight, smoothing);
  target = call.indexTensor("target");
  if (call.failed() || !checkClassShapes(call, input, target))
    return {};
  Tensor loss = likelihood(call, logs, target, weight);
  if (smoothing == 0)
    return loss;
  Tensor smooth = smoothedPart(call, logs, target, weight);
  double share = smoothing / double(classesOf(input));
  return g.add(g.mul(loss, 1 - smoothing), g.mul(smooth, share));
}

/// Mean over classes of max(0, margin - x[y] + x[j])^p, j ≠ y.
static Value multiMargin(Call &call) {
  Tensor input = call.floatTensor("input"), target = call.indexTensor("target");
  int64_t p = call.integer("p");
  double margin = call.number("margin");
  if (call.failed() || !checkClassShapes(call, input, target))
    return {};
  if (p != 1 && p != 2)
    return call.expected("p", "1 or 2");
  if (rankOf(input) > 2)
    return call.expected("input", "scores of rank 1 or 2");
  Tensor weight = classWeights(call, input);
  if (call.failed())
    return {};
  Graph &g = call.graph;
  int64_t classes = classesOf(input);
  checkIndices(g, target, "labels", classes);
  Shape last{rankOf(input) - 1};
  Tensor column =
      g.unsqueeze(g.cast(target, g.builder.getI64Type()), rankOf(target));
  Tensor own = g.compare(Predicate::eq, column, g.iota({classes}, 0));
  Tensor score = g.sum(g.select(own, input, 0.0), last, true);
  Tensor gap = g.add(g.sub(input, score), margin);
  Tensor cost = g.select(g.compare(Predicate::gt, gap, 0.0), gap, 0.0);
  if (p == 2)
    cost = g.mul(cost, cost);
  if (weight)
    cost = g.mul(cost, g.unsqueeze(Tensor(g.create<nn::TakeOp>(weight, target)),
                                   rankOf(target)));
  Tensor total = g.sum(g.select(own, 0.0, cost), last);
  return reduceLoss(call, g.div(total, double(classes)));
}

llvm::ArrayRef<FunctionRow> classificationLossFunctions() {
  static const FunctionRow rows[] = {
      {"nll_loss(input, target, weight=none, *, ignore_index=-100, "
       "reduction=\"mean\")",
       nll, "F.nll_loss",
       "minus the weighted log-probability at the class of each row",
       "size_average, reduce: use reduction"},
      {"cross_entropy(input, target, weight=none, *, ignore_index=-100, "
       "reduction=\"mean\", label_smoothing=0.0)",
       crossEntropy, "F.cross_entropy",
       "nll_loss of log_softmax; targets are classes or probabilities",
       "size_average, reduce: use reduction"},
      {"multi_margin_loss(input, target, p=1, margin=1.0, weight=none, "
       "reduction=\"mean\")",
       multiMargin, "F.multi_margin_loss",
       "sum of max(0, margin - x[class] + x[i]) ** p over the other classes",
       "size_average, reduce: use reduction"},
  };
  return rows;
}

} // namespace sinter::capturing
