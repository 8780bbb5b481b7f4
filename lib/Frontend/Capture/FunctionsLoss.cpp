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

/// Operands converted to one float type, of which one at least is a float as in
/// PyTorch, checked for broadcasting; empty after an error.
static std::vector<Tensor> operandsOf(Call &call,
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

/// Whether operands have as many dims as each other; an error otherwise.
static bool haveOneRank(Call &call, llvm::ArrayRef<Tensor> operands) {
  for (Tensor operand : operands)
    if (rankOf(operand) != rankOf(operands.front())) {
      call.error(call.range, "expected tensors of one rank in '" + call.name() +
                                 "', but got " +
                                 describeShape(shapeOf(operands.front())) +
                                 " and " + describeShape(shapeOf(operand)));
      return false;
    }
  return true;
}

/// max(x, 0) with gradient 0 at 0 and where x is NaN, as clamp(min=0).
static Tensor atLeastZero(Graph &g, Tensor x) {
  return g.select(g.compare(Predicate::gt, x, 0.0), x,
                  g.detach(g.maximum(x, 0.0)));
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

static Value hingeEmbedding(Call &call) {
  auto x = operandsOf(call, {"input", "target"});
  double margin = call.number("margin");
  if (call.failed())
    return {};
  Graph &g = call.graph;
  Tensor other = atLeastZero(g, g.sub(margin, x[0]));
  Tensor notSame = g.compare(Predicate::ne, x[1], 1.0);
  Tensor notOther = g.compare(Predicate::ne, x[1], -1.0);
  return reduceLoss(call, g.add(g.select(notSame, other, 0.0),
                                g.select(notOther, x[0], 0.0)));
}

static Value marginRanking(Call &call) {
  auto x = operandsOf(call, {"input1", "input2", "target"});
  double margin = call.number("margin");
  if (call.failed() || !haveOneRank(call, x))
    return {};
  Graph &g = call.graph;
  Tensor signedGap = g.mul(g.neg(x[2]), g.sub(x[0], x[1]));
  return reduceLoss(call, atLeastZero(g, g.add(signedGap, margin)));
}

static Value cosineEmbedding(Call &call) {
  Tensor a = call.floatTensor("input1"), b = call.floatTensor("input2");
  Tensor y = call.floatTensor("target");
  double margin = call.number("margin");
  if (call.failed() || !call.checkOneDType({a, b}))
    return {};
  int64_t rank = rankOf(a);
  if (shapeOf(a) != shapeOf(b) || rank < 1 || rank > 2 ||
      rankOf(y) != rank - 1 || (rank == 2 && shapeOf(y)[0] != shapeOf(a)[0]))
    return call.error(call.range, "expected two vectors or batches of one "
                                  "shape and a target for each");
  Graph &g = call.graph;
  y = g.cast(y, elementOf(a));
  Shape last{rank - 1};
  auto squared = [&](Tensor x) {
    return g.add(g.sum(g.mul(x, x), last), 1e-12);
  };
  Tensor product = g.sum(g.mul(a, b), last);
  Tensor cosine = g.div(product, g.sqrt(g.mul(squared(a), squared(b))));
  Tensor same = g.compare(Predicate::eq, y, 1.0);
  Tensor other = g.compare(Predicate::eq, y, -1.0);
  Tensor apart = atLeastZero(g, g.sub(cosine, margin));
  return reduceLoss(call, g.add(g.select(same, g.sub(1.0, cosine), 0.0),
                                g.select(other, apart, 0.0)));
}

/// The p-norm of a - b + eps over the last dim.
static Tensor pairwiseDistance(Graph &g, Tensor a, Tensor b, double p,
                               double eps, bool keepdim = false) {
  Tensor d = g.add(g.sub(a, b), eps);
  return g.norm(d, p, {rankOf(d) - 1}, keepdim);
}

static Value tripletMargin(Call &call) {
  auto x = operandsOf(call, {"anchor", "positive", "negative"});
  double margin = call.number("margin"), p = call.number("p"),
         eps = call.number("eps");
  bool swap = call.flag("swap");
  if (call.failed() || !haveOneRank(call, x))
    return {};
  if (!(margin > 0))
    return call.expected("margin", "a positive number");
  if (rankOf(x[0]) == 0)
    return call.expected("anchor", "a tensor with dims");
  Graph &g = call.graph;
  Tensor near = pairwiseDistance(g, x[0], x[1], p, eps);
  Tensor far = pairwiseDistance(g, x[0], x[2], p, eps);
  if (swap)
    far = g.minimum(far, pairwiseDistance(g, x[1], x[2], p, eps));
  return reduceLoss(call, atLeastZero(g, g.sub(g.add(near, margin), far)));
}

static Value distance(Call &call) {
  auto x = operandsOf(call, {"x1", "x2"});
  double p = call.number("p"), eps = call.number("eps");
  bool keepdim = call.flag("keepdim");
  if (call.failed())
    return {};
  if (rankOf(x[0]) == 0 && rankOf(x[1]) == 0)
    return call.expected("x1", "a tensor with dims");
  return pairwiseDistance(call.graph, x[0], x[1], p, eps, keepdim);
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
      {"hinge_embedding_loss(input, target, margin=1.0, reduction=\"mean\")",
       hingeEmbedding, "F.hinge_embedding_loss",
       "x where the target is 1, max(0, margin - x) where it is -1",
       "size_average, reduce: use reduction"},
      {"margin_ranking_loss(input1, input2, target, margin=0.0, "
       "reduction=\"mean\")",
       marginRanking, "F.margin_ranking_loss",
       "max(0, -target * (input1 - input2) + margin)",
       "size_average, reduce: use reduction"},
      {"cosine_embedding_loss(input1, input2, target, margin=0.0, "
       "reduction=\"mean\")",
       cosineEmbedding, "F.cosine_embedding_loss",
       "1 - cosine where the target is 1, max(0, cosine - margin) where it is "
       "-1",
       "size_average, reduce: use reduction"},
      {"triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, "
       "eps=1e-6, swap=false, reduction=\"mean\")",
       tripletMargin, "F.triplet_margin_loss",
       "max(0, distance to positive - distance to negative + margin)",
       "size_average, reduce: use reduction"},
      {"pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=false)", distance,
       "F.pairwise_distance", "the p-norm of x1 - x2 + eps along the last dim"},
      {"soft_margin_loss(input, target, reduction=\"mean\")", softMargin,
       "F.soft_margin_loss", "log(1 + exp(-target * x))",
       "size_average, reduce: use reduction"},
  };
  return rows;
}

} // namespace sinter::capturing
