// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indexing, products of matrices, and gradients.
#include "Call.h"

namespace sinter::capturing {

static Value gather(Call &call) {
  Tensor x = call.tensor("input"), index = call.indexTensor("index");
  int64_t dim = call.dim("dim", rankOf(x));
  if (call.failed())
    return {};
  bool fits = rankOf(x) == rankOf(index) && rankOf(x) > 0;
  for (int64_t i = 0; fits && i < rankOf(x); ++i)
    fits = i == dim || shapeOf(index)[i] <= shapeOf(x)[i];
  if (!fits)
    return call.error(call.range, "expected indices of the input's rank and "
                                  "not larger, but got " +
                                      describeShape(shapeOf(index)) + " for " +
                                      describeShape(shapeOf(x)));
  Graph &g = call.graph;
  if (!call.checkIndices(index, "index", shapeOf(x)[dim]))
    return {};
  for (int64_t i = 0; i < rankOf(x); ++i)
    if (i != dim)
      x = g.slice(x, i, 0, shapeOf(index)[i]);
  return Tensor(g.create<nn::GatherOp>(x, index, uint64_t(dim)));
}

/// Rows of dim 0 by number; elsewhere each row is gathered from by the same
/// indices.
static Value indexSelect(Call &call) {
  Tensor x = call.tensor("input"), index = call.indexTensor("index");
  int64_t rank = rankOf(x), dim = call.dim("dim", rank);
  if (call.failed() || rank == 0)
    return {};
  if (rankOf(index) > 1)
    return call.expected("index", "a vector of indices");
  Graph &g = call.graph;
  if (rankOf(index) == 0)
    index = g.reshape(index, {1});
  if (!call.checkIndices(index, "index", shapeOf(x)[dim]))
    return {};
  if (dim == 0)
    return Tensor(g.create<nn::TakeOp>(x, index));
  Shape line(rank, 1), shape(shapeOf(x));
  line[dim] = shape[dim] = shapeOf(index)[0];
  Tensor indices = g.broadcast(g.reshape(index, line), shape);
  return Tensor(g.create<nn::GatherOp>(x, indices, uint64_t(dim)));
}

/// The row of the padding takes no gradient.
static Value embedding(Call &call) {
  Tensor index = call.indexTensor("input"), table = call.floatTensor("weight");
  if (call.failed())
    return {};
  if (rankOf(table) != 2)
    return call.expected("weight", "a matrix");
  for (llvm::StringRef option : {"max_norm"})
    if (!call.isNone(option))
      return call.error(option,
                        "embedding with " + option + " is not supported yet");
  if (call.flag("scale_grad_by_freq"))
    return call.error("scale_grad_by_freq", "embedding with scale_grad_by_freq "
                                            "is not supported yet");
  Graph &g = call.graph;
  if (!call.checkIndices(index, "input", shapeOf(table)[0]))
    return {};
  Tensor rows = g.create<nn::TakeOp>(table, index);
  if (call.isNone("padding_idx"))
    return rows;
  int64_t padding = call.integer("padding_idx"), count = shapeOf(table)[0];
  padding += padding < 0 ? count : 0;
  if (call.failed() || padding < 0 || padding >= count)
    return call.expected("padding_idx", "a row of the table");
  Tensor wide = g.unsqueeze(index, rankOf(index));
  Tensor isPadding = g.compare(nn::ComparePredicate::eq, wide, double(padding));
  return g.select(isPadding, call.stopGradient(rows), rows);
}

static Value oneHot(Call &call) {
  Tensor index = call.indexTensor("tensor");
  int64_t classes = call.integer("num_classes");
  if (call.failed() || classes < 1)
    return call.failed() ? Value()
                         : call.expected("num_classes", "a positive number");
  Graph &g = call.graph;
  if (!call.checkIndices(index, "tensor", classes))
    return {};
  Tensor wide =
      g.unsqueeze(g.cast(index, g.builder.getI64Type()), rankOf(index));
  Tensor equal =
      g.compare(nn::ComparePredicate::eq, wide, g.iota({classes}, 0));
  return g.cast(equal, g.builder.getI64Type());
}

/// tril and triu: elements on one side of a diagonal, zeros elsewhere.
template <bool lower> static Value triangle(Call &call) {
  Tensor x = call.tensor("input");
  int64_t diagonal = call.integer("diagonal"), rank = rankOf(x);
  if (call.failed() || rank < 2)
    return call.failed() ? Value() : call.expected("input", "a matrix");
  Graph &g = call.graph;
  Shape matrix(shapeOf(x).take_back(2));
  Tensor row = g.add(g.iota(matrix, 0), double(diagonal));
  Tensor column = g.iota(matrix, 1);
  auto side = lower ? nn::ComparePredicate::le : nn::ComparePredicate::ge;
  return g.select(g.compare(side, column, row), x, 0.0);
}

/// Product of matrices; operands of rank 1 as PyTorch's matmul takes them.
static Tensor matmul(Graph &g, Tensor a, Tensor b) {
  bool isRow = rankOf(a) == 1, isColumn = rankOf(b) == 1;
  if (isRow)
    a = g.unsqueeze(a, 0);
  if (isColumn)
    b = g.unsqueeze(b, 1);
  Tensor product = g.matmul(a, b);
  if (isColumn)
    product = g.squeeze(product, rankOf(product) - 1);
  if (isRow)
    product = g.squeeze(product, rankOf(product) - (isColumn ? 1 : 2));
  return product;
}

/// The product of two tensors that the caller checked for rank.
static Value multiply(Call &call, Tensor a, Tensor b) {
  if (elementOf(a) != elementOf(b))
    return call.error(call.range, "expected matrices of one dtype, but got " +
                                      describeType(a.getType()) + " and " +
                                      describeType(b.getType()));
  if (!isFloat(a))
    return call.error(call.range, "products of integer matrices are not "
                                  "supported yet");
  int64_t inner = shapeOf(a).back();
  int64_t other = shapeOf(b)[std::max<int64_t>(rankOf(b) - 2, 0)];
  Shape batchA(shapeOf(a).drop_back(std::min<int64_t>(rankOf(a), 2)));
  Shape batchB(shapeOf(b).drop_back(std::min<int64_t>(rankOf(b), 2)));
  if (inner != other || !broadcastShapes(batchA, batchB))
    return call.error(call.range, "expected matrices that can be multiplied, "
                                  "but got " +
                                      describeType(a.getType()) + " and " +
                                      describeType(b.getType()));
  return matmul(call.graph, a, b);
}

static Value matmul(Call &call) {
  Tensor a = call.tensor("input"), b = call.tensor("other");
  if (call.failed())
    return {};
  if (rankOf(a) == 0 || rankOf(b) == 0)
    return call.error(call.range, "expected tensors with dims in a product, "
                                  "but got one of rank 0");
  return multiply(call, a, b);
}

/// mm, mv, dot, bmm: products of fixed ranks.
/// The product of the first two arguments, of given ranks.
template <int64_t left, int64_t right> static Value ranked(Call &call) {
  llvm::StringRef second = call.parameter(1);
  Tensor a = call.tensor("input"), b = call.tensor(second);
  if (call.failed())
    return {};
  if (rankOf(a) != left)
    return call.expected("input", "a tensor of rank " + llvm::Twine(left));
  if (rankOf(b) != right)
    return call.expected(second, "a tensor of rank " + llvm::Twine(right));
  if (left == 3 && shapeOf(a)[0] != shapeOf(b)[0])
    return call.error(call.range, "expected batches of one size");
  return multiply(call, a, b);
}

static Value outer(Call &call) {
  auto x = call.promoted({"input"});
  Tensor y = call.tensor("vec2");
  if (call.failed() || rankOf(x[0]) != 1 || rankOf(y) != 1)
    return call.failed() ? Value() : call.expected("input", "a vector");
  return call.interpreter.binaryOperator(
      ast::BinaryOp::Multiply, call.graph.unsqueeze(x[0], 1), y, call.range);
}

/// beta * input + alpha * (a @ b), of the second and the third argument.
static Value addProduct(Call &call) {
  llvm::StringRef first = call.parameter(1);
  Tensor a = call.tensor(first), b = call.tensor(call.parameter(2));
  if (call.failed())
    return {};
  if (rankOf(a) < 2 || rankOf(b) < 2)
    return call.expected(first, "a matrix");
  Interpreter &in = call.interpreter;
  auto scaled = [&](Value value, llvm::StringRef factor) {
    return call.isGiven(factor)
               ? in.binaryOperator(ast::BinaryOp::Multiply, value,
                                   call.value(factor), call.range)
               : value;
  };
  Value product = multiply(call, a, b);
  return in.binaryOperator(ast::BinaryOp::Add,
                           scaled(call.value("input"), "beta"),
                           scaled(product, "alpha"), call.range);
}

static Value linear(Call &call) {
  Tensor x = call.floatTensor("input"), weight = call.floatTensor("weight");
  Tensor bias = call.optionalTensor("bias");
  if (call.failed())
    return {};
  if (rankOf(weight) != 2)
    return call.expected("weight", "a matrix");
  if (rankOf(x) == 0 || shapeOf(x).back() != shapeOf(weight)[1])
    return call.error("input",
                      "expected " + llvm::Twine(shapeOf(weight)[1]) +
                          " features as the last dim of the input of linear, "
                          "but got " +
                          describeType(x.getType()));
  if (bias && shapeOf(bias) != shapeOf(weight).take_front(1))
    return call.expected("bias", "one number per output");
  if (elementOf(x) != elementOf(weight))
    return call.expected("input", "a tensor of the weight's dtype");
  return Tensor(call.graph.create<nn::LinearOp>(x, weight, bias));
}

/// `grad(z, x)`; x may be a tuple, the gradients are one too then.
static Value gradient(Call &call) {
  Tensor output = call.tensor("outputs");
  if (call.failed())
    return {};
  if (typeOf(output).getNumElements() != 1 || !isFloat(output))
    return call.expected("outputs", "a float tensor of one element");
  std::vector<Tensor> inputs;
  for (const Value &input : elementsOf(call.value("inputs"))) {
    auto *tensor = input.as<Tensor>();
    if (!tensor || !isFloat(*tensor))
      return call.error("inputs", "expected float tensors as 'inputs' of "
                                  "'grad', but got " +
                                      input.describe());
    inputs.push_back(*tensor);
  }
  if (inputs.empty())
    return call.expected("inputs", "a tensor");
  Graph &g = call.graph;
  auto op =
      g.create<nn::GradientOp>(g.reshape(output, {}), mlir::ValueRange(inputs));
  if (!call.value("inputs").is<Sequence>())
    return Tensor(op.getGradients()[0]);
  std::vector<Value> all;
  for (Tensor result : op.getGradients())
    all.push_back(result);
  return makeSequence(std::move(all));
}

llvm::ArrayRef<FunctionRow> indexingFunctions() {
  static const FunctionRow rows[] = {
      {"gather(input, dim, index)", gather, "torch.gather",
       "elements at indices along a dim", "sparse_grad"},
      {"index_select(input, dim, index)", indexSelect, "torch.index_select",
       "slices at indices along a dim"},
      {"embedding(input, weight, padding_idx=none, max_norm=none, "
       "norm_type=2.0, scale_grad_by_freq=false, sparse=false)",
       embedding, "F.embedding", "rows of weight at indices",
       "max_norm, scale_grad_by_freq; sparse has no effect"},
      {"one_hot(tensor, num_classes)", oneHot, "F.one_hot",
       "1 at the class of each element in a new last dim, else 0"},
      {"tril(input, diagonal=0)", triangle<true>, "torch.tril",
       "the lower triangle of matrices, zeros above"},
      {"triu(input, diagonal=0)", triangle<false>, "torch.triu",
       "the upper triangle of matrices, zeros below"},
  };
  return rows;
}

llvm::ArrayRef<FunctionRow> productFunctions() {
  static const FunctionRow rows[] = {
      {"matmul(input, other)", matmul, "torch.matmul",
       "the matrix product, batched over leading dims: @"},
      {"mm(input, mat2)", ranked<2, 2>, "torch.mm",
       "the product of two matrices"},
      {"bmm(input, mat2)", ranked<3, 3>, "torch.bmm",
       "the products of two batches of matrices"},
      {"mv(input, vec)", ranked<2, 1>, "torch.mv", "a matrix times a vector"},
      {"dot(input, tensor)", ranked<1, 1>, "torch.dot",
       "the sum of products of two vectors"},
      {"outer(input, vec2)", outer, "torch.outer",
       "all products of two vectors' elements"},
      {"addmm(input, mat1, mat2, *, beta=1, alpha=1)", addProduct,
       "torch.addmm", "beta * input + alpha * (mat1 @ mat2)"},
      {"baddbmm(input, batch1, batch2, *, beta=1, alpha=1)", addProduct,
       "torch.baddbmm", "beta * input + alpha * (batch1 @ batch2)"},
      {"linear(input, weight, bias=none)", linear, "F.linear",
       "x @ weight.T + bias"},
      {"grad(outputs, inputs)", gradient, "torch.autograd.grad",
       "the gradient of a scalar with respect to tensors",
       "grad_outputs, retain_graph, create_graph, …: gradients are graph ops, "
       "of any order"},
  };
  return rows;
}

} // namespace sinter::capturing
