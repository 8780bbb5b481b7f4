// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RNN, LSTM and GRU: parameters, options and one step.
#include "Recurrent.h"
#include <cmath>

namespace sinter::capturing {

static Tensor affine(Graph &g, Tensor x, Tensor weight, Tensor bias) {
  return g.create<nn::LinearOp>(x, weight, bias);
}

/// Columns of one gate in [N, gates·H].
static Tensor gate(Graph &g, Tensor gates, int64_t number, int64_t size) {
  return g.slice(gates, 1, number * size, (number + 1) * size);
}

CellState step(Graph &g, const RecurrentOptions &options, Tensor x,
               const CellState &state, const CellWeights &weights) {
  int64_t size = options.hiddenSize;
  Tensor fromInput = affine(g, x, weights.input, weights.inputBias);
  Tensor fromState = affine(g, state[0], weights.hidden, weights.hiddenBias);
  auto sigmoid = [&](Tensor value) { return g.unary<nn::SigmoidOp>(value); };
  auto tanh = [&](Tensor value) { return g.unary<nn::TanhOp>(value); };
  if (options.kind == CellKind::Gru) {
    auto both = [&](int64_t number) {
      return g.add(gate(g, fromInput, number, size),
                   gate(g, fromState, number, size));
    };
    Tensor reset = sigmoid(both(0)), update = sigmoid(both(1));
    Tensor candidate = tanh(g.add(gate(g, fromInput, 2, size),
                                  g.mul(reset, gate(g, fromState, 2, size))));
    return {g.add(candidate, g.mul(update, g.sub(state[0], candidate)))};
  }
  Tensor sum = g.add(fromInput, fromState);
  if (options.kind == CellKind::Relu)
    return {g.unary<nn::ReluOp>(sum)};
  if (options.kind == CellKind::Tanh)
    return {tanh(sum)};
  Tensor input = sigmoid(gate(g, sum, 0, size)),
         forget = sigmoid(gate(g, sum, 1, size)),
         candidate = tanh(gate(g, sum, 2, size)),
         output = sigmoid(gate(g, sum, 3, size));
  Tensor cell = g.add(g.mul(forget, state[1]), g.mul(input, candidate));
  Tensor hidden = g.mul(output, tanh(cell));
  if (weights.projection)
    hidden = affine(g, hidden, weights.projection, {});
  return {hidden, cell};
}

static CellKind kindOf(Call &options) {
  llvm::StringRef name = options.name();
  if (name.starts_with("LSTM"))
    return CellKind::Lstm;
  if (name.starts_with("GRU"))
    return CellKind::Gru;
  return options.choice("nonlinearity", {"tanh", "relu"}) == "relu"
             ? CellKind::Relu
             : CellKind::Tanh;
}

void addWeights(Call &call, const RecurrentOptions &options, int64_t inputSize,
                const std::string &suffix) {
  Initializer init{InitKind::Uniform,
                   1 / std::sqrt(double(options.hiddenSize))};
  int64_t rows = options.gates() * options.hiddenSize;
  call.addTensor("weight_ih" + suffix, {rows, inputSize}, init);
  call.addTensor("weight_hh" + suffix, {rows, options.outputSize()}, init);
  if (options.bias) {
    call.addTensor("bias_ih" + suffix, {rows}, init);
    call.addTensor("bias_hh" + suffix, {rows}, init);
  }
  if (options.projection)
    call.addTensor("weight_hr" + suffix,
                   {options.projection, options.hiddenSize}, init);
}

CellWeights weightsOf(Call &call, const std::string &suffix) {
  return {call.own("weight_ih" + suffix), call.own("weight_hh" + suffix),
          call.own("bias_ih" + suffix), call.own("bias_hh" + suffix),
          call.own("weight_hr" + suffix)};
}

RecurrentOptions readOptions(Call &call, bool isCell) {
  RecurrentOptions options;
  options.kind = kindOf(call);
  options.inputSize = call.integer("input_size");
  options.hiddenSize = call.integer("hidden_size");
  options.bias = call.flag("bias");
  if (isCell)
    return options;
  options.layers = call.integer("num_layers");
  options.batchFirst = call.flag("batch_first");
  options.bidirectional = call.flag("bidirectional");
  options.dropout = call.number("dropout");
  if (options.kind == CellKind::Lstm)
    options.projection = call.integer("proj_size");
  return options;
}

bool checkOptions(Call &call, const RecurrentOptions &options) {
  if (call.failed())
    return false;
  if (options.inputSize < 1 || options.hiddenSize < 1 || options.layers < 1)
    call.error(call.range,
               "expected positive sizes and a positive number of "
               "layers, but got input_size=" +
                   llvm::Twine(options.inputSize) +
                   ", hidden_size=" + llvm::Twine(options.hiddenSize) +
                   ", num_layers=" + llvm::Twine(options.layers));
  else if (options.projection < 0 || options.projection >= options.hiddenSize)
    call.expected("proj_size", "a number from 0 to below hidden_size");
  else if (!(options.dropout >= 0 && options.dropout <= 1))
    call.expected("dropout", "a probability");
  return !call.failed();
}

void makeCell(Call &call) {
  RecurrentOptions options = readOptions(call, /*isCell=*/true);
  if (checkOptions(call, options))
    addWeights(call, options, options.inputSize, "");
}

llvm::SmallVector<Tensor, 2> initialStates(Call &call,
                                           llvm::ArrayRef<Shape> shapes,
                                           mlir::Type element,
                                           llvm::StringRef rule) {
  llvm::SmallVector<Tensor, 2> states;
  if (call.isNone("hx")) {
    for (const Shape &shape : shapes)
      states.push_back(call.graph.splat(0, call.graph.type(shape, element)));
    return states;
  }
  if (shapes.size() == 1)
    states.push_back(call.floatTensor("hx"));
  else if (call.value("hx").is<Sequence>())
    for (Tensor state : call.tensors("hx"))
      states.push_back(state);
  if (call.failed())
    return {};
  if (states.size() != shapes.size()) {
    call.expected("hx", "the states (h, c)");
    return {};
  }
  for (auto [state, shape] : llvm::zip(states, shapes))
    if (shapeOf(state) != llvm::ArrayRef<int64_t>(shape) ||
        elementOf(state) != element) {
      call.error("hx", "expected a state " +
                           describeType(call.graph.type(shape, element)) +
                           rule + ", but got " + describeType(state.getType()));
      return {};
    }
  return states;
}

Value cell(Call &call) {
  Tensor x = call.floatTensor("input");
  Call given = call.options();
  RecurrentOptions options = readOptions(given, /*isCell=*/true);
  CellWeights weights = weightsOf(call, "");
  if (call.failed() || given.failed())
    return {};
  bool isBatch = rankOf(x) == 2;
  if ((!isBatch && rankOf(x) != 1) || shapeOf(x).back() != options.inputSize)
    return call.error("input", "expected an input [N, " +
                                   llvm::Twine(options.inputSize) + "] or [" +
                                   llvm::Twine(options.inputSize) +
                                   "], but got " + describeType(x.getType()));
  Shape shape{options.hiddenSize};
  if (isBatch)
    shape.insert(shape.begin(), shapeOf(x)[0]);
  unsigned count = options.kind == CellKind::Lstm ? 2 : 1;
  auto states = initialStates(call, llvm::SmallVector<Shape>(count, shape),
                              elementOf(weights.input));
  if (states.empty())
    return {};
  Graph &g = call.graph;
  if (!isBatch) {
    x = g.unsqueeze(x, 0);
    for (Tensor &state : states)
      state = g.unsqueeze(state, 0);
  }
  CellState next = step(g, options, x, states, weights);
  if (!isBatch)
    for (Tensor &state : next)
      state = g.squeeze(state, 0);
  if (next.size() == 1)
    return next[0];
  return makeSequence({next[0], next[1]});
}

} // namespace sinter::capturing
