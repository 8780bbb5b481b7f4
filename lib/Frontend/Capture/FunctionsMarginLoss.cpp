// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses of margins and distances.
#include "Losses.h"

namespace sinter::capturing {

using Predicate = nn::ComparePredicate;

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

llvm::ArrayRef<FunctionRow> marginLossFunctions() {
  static const FunctionRow rows[] = {
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
  };
  return rows;
}

} // namespace sinter::capturing
