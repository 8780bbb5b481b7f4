// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RNN, LSTM and GRU: their parameters, their cells, and layers of them as
// scans. Time-major inside, whatever batch_first says.
#include "Call.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"
#include <cmath>

namespace sinter::capturing {

namespace {

enum class CellKind { Tanh, Relu, Lstm, Gru };

/// What a cell computes with, in one layer and direction; biases and the
/// projection may be null.
struct CellWeights {
  Tensor input, hidden, inputBias, hiddenBias, projection;
};

/// The hidden state, and the cell state of an LSTM.
using CellState = llvm::SmallVector<Tensor, 2>;

/// Options of a recurrent layer.
struct RecurrentOptions {
  CellKind kind;
  int64_t inputSize, hiddenSize, layers = 1, projection = 0;
  bool bias = true, batchFirst = false, bidirectional = false;
  double dropout = 0;

  int64_t directions() const { return bidirectional ? 2 : 1; }
  int64_t gates() const {
    return kind == CellKind::Lstm ? 4 : kind == CellKind::Gru ? 3 : 1;
  }
  /// Features of the hidden state.
  int64_t outputSize() const { return projection ? projection : hiddenSize; }
};

} // namespace

static Tensor affine(Graph &g, Tensor x, Tensor weight, Tensor bias) {
  return g.make<nn::LinearOp>(x, weight, bias);
}

/// Columns of one gate in [N, gates·H].
static Tensor gate(Graph &g, Tensor gates, int64_t number, int64_t size) {
  return g.slice(gates, 1, number * size, (number + 1) * size);
}

/// One step, as PyTorch's cells: gate order i, f, g, o and r, z, n.
static CellState step(Graph &g, const RecurrentOptions &options, Tensor x,
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

/// Registers the tensors of one layer and direction; `suffix` is empty for
/// cells.
static void addWeights(Call &call, const RecurrentOptions &options,
                       int64_t inputSize, const std::string &suffix) {
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

static CellWeights weightsOf(Call &call, const std::string &suffix) {
  return {call.own("weight_ih" + suffix), call.own("weight_hh" + suffix),
          call.own("bias_ih" + suffix), call.own("bias_hh" + suffix),
          call.own("weight_hr" + suffix)};
}

/// "_l0", "_l1_reverse".
static std::string suffixOf(int64_t layer, int64_t direction) {
  return "_l" + std::to_string(layer) + (direction ? "_reverse" : "");
}

static RecurrentOptions readOptions(Call &call, bool isCell) {
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

/// Whether all numbers of a layer make sense; an error otherwise.
static bool checkOptions(Call &call, const RecurrentOptions &options) {
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

static void makeCell(Call &call) {
  RecurrentOptions options = readOptions(call, /*isCell=*/true);
  if (checkOptions(call, options))
    addWeights(call, options, options.inputSize, "");
}

static void makeLayer(Call &call) {
  RecurrentOptions options = readOptions(call, /*isCell=*/false);
  if (!checkOptions(call, options))
    return;
  for (int64_t layer = 0; layer < options.layers; ++layer)
    for (int64_t direction = 0; direction < options.directions(); ++direction)
      addWeights(call, options,
                 layer ? options.outputSize() * options.directions()
                       : options.inputSize,
                 suffixOf(layer, direction));
}

/// The states that a call gives as `hx`, one tensor or, for an LSTM, a pair;
/// zeros of `shapes` without one. Empty after an error.
static llvm::SmallVector<Tensor, 2>
initialStates(Call &call, llvm::ArrayRef<Shape> shapes, mlir::Type element) {
  llvm::SmallVector<Tensor, 2> states;
  if (call.isNone("hx")) {
    for (const Shape &shape : shapes)
      states.push_back(call.graph.splat(0, call.graph.type(shape, element)));
    return states;
  }
  if (shapes.size() == 1)
    states.push_back(call.floatTensor("hx"));
  else
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
                           ", but got " + describeType(state.getType()));
      return {};
    }
  return states;
}

static Value cell(Call &call) {
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

/// One layer in one direction over x, [T, N, features]: all outputs, and the
/// last states.
static std::pair<Tensor, CellState>
scanLayer(Graph &g, const RecurrentOptions &options, Tensor x, Tensor lengths,
          const CellState &init, const CellWeights &weights, bool reverse) {
  int64_t steps = shapeOf(x)[0];
  nn::ScanBuilder scan(g.location, steps, reverse, lengths);
  Tensor slice = scan.addX(x);
  CellState state;
  for (Tensor value : init)
    state.push_back(scan.addCarry(value));
  CellWeights inside;
  auto read = [&](Tensor weight) {
    return weight ? scan.addInvariant(weight) : Tensor();
  };
  inside = {read(weights.input), read(weights.hidden), read(weights.inputBias),
            read(weights.hiddenBias), read(weights.projection)};
  Graph body(scan.atEnd(), g.location);
  CellState next = step(body, options, slice, state, inside);
  for (auto [number, value] : llvm::enumerate(next))
    scan.setCarry(number, value);
  // The history has the outputs already, in the order of the steps.
  bool isHistory = !reverse && !lengths;
  if (!isHistory)
    scan.addY(next[0]);
  nn::ScanOp op = scan.create(g.builder);
  Tensor outputs = isHistory ? g.slice(op.getHistories()[0], 0, 1, steps + 1)
                             : Tensor(op.getYs()[0]);
  CellState last;
  for (Tensor history : op.getHistories())
    last.push_back(g.squeeze(g.slice(history, 0, steps, steps + 1), 0));
  return {outputs, last};
}

namespace {
/// All layers of one call.
class RecurrentCall {
public:
  RecurrentCall(Call &call, const RecurrentOptions &options)
      : call(call), g(call.graph), options(options) {}

  Value run() {
    if (!readInput())
      return {};
    unsigned count = options.kind == CellKind::Lstm ? 2 : 1;
    llvm::SmallVector<Shape> shapes(count);
    for (auto [number, shape] : llvm::enumerate(shapes)) {
      shape = {options.layers * options.directions()};
      if (!isUnbatched)
        shape.push_back(shapeOf(x)[1]);
      shape.push_back(number ? options.hiddenSize : options.outputSize());
    }
    states = initialStates(call, shapes, elementOf(call.own("weight_ih_l0")));
    if (states.empty())
      return {};
    if (isUnbatched)
      for (Tensor &state : states)
        state = g.unsqueeze(state, 1);
    finals.resize(count);
    for (int64_t layer = 0; layer < options.layers; ++layer)
      runLayer(layer);
    return results();
  }

private:
  /// x as [T, N, features].
  bool readInput() {
    if (auto *packed = call.value("input").as<PackedSequence>()) {
      x = packed->data;
      lengths = packed->lengths;
      isPacked = true;
    } else {
      x = call.floatTensor("input");
      if (call.failed())
        return false;
      isUnbatched = rankOf(x) == 2;
    }
    if ((rankOf(x) != 3 && !isUnbatched) ||
        shapeOf(x).back() != options.inputSize) {
      call.error("input", "expected an input " +
                              llvm::StringRef(options.batchFirst ? "[N, T, "
                                                                 : "[T, N, ") +
                              llvm::Twine(options.inputSize) + "] or [T, " +
                              llvm::Twine(options.inputSize) + "], but got " +
                              describeType(x.getType()));
      return false;
    }
    if (isUnbatched)
      x = g.unsqueeze(x, 1);
    else if (options.batchFirst && !isPacked)
      x = g.swap(x, 0, 1);
    if (shapeOf(x)[0] == 0) {
      call.error("input", "expected a sequence of at least one step");
      return false;
    }
    return true;
  }

  void runLayer(int64_t layer) {
    llvm::SmallVector<Tensor, 2> outputs;
    for (int64_t direction = 0; direction < options.directions(); ++direction) {
      int64_t number = layer * options.directions() + direction;
      CellState init;
      for (Tensor state : states)
        init.push_back(g.squeeze(g.slice(state, 0, number, number + 1), 0));
      auto [output, last] =
          scanLayer(g, options, x, lengths, init,
                    weightsOf(call, suffixOf(layer, direction)), direction);
      outputs.push_back(output);
      for (auto [list, state] : llvm::zip(finals, last))
        list.push_back(g.unsqueeze(state, 0));
    }
    x = outputs.size() == 1 ? outputs[0] : g.concat(outputs, 2);
    if (options.dropout > 0 && layer + 1 < options.layers)
      x = *call.interpreter
               .callBuiltin(*findBuiltin("dropout"),
                            {{{}, x, call.range},
                             {{}, options.dropout, call.range},
                             {{}, call.interpreter.training, call.range}},
                            call.range)
               .as<Tensor>();
  }

  Value results() {
    Value output;
    if (isPacked)
      output = PackedSequence{x, lengths};
    else if (isUnbatched)
      output = g.squeeze(x, 1);
    else
      output = options.batchFirst ? g.swap(x, 0, 1) : x;
    std::vector<Value> last;
    for (auto &list : finals) {
      Tensor all = list.size() == 1 ? list[0] : g.concat(list, 0);
      last.push_back(isUnbatched ? g.squeeze(all, 1) : all);
    }
    if (last.size() == 1)
      return makeSequence({output, last[0]});
    return makeSequence({output, makeSequence(std::move(last))});
  }

  Call &call;
  Graph &g;
  const RecurrentOptions &options;
  Tensor x, lengths;
  bool isPacked = false, isUnbatched = false;
  llvm::SmallVector<Tensor, 2> states;
  llvm::SmallVector<llvm::SmallVector<Tensor>, 2> finals;
};
} // namespace

static Value layer(Call &call) {
  Call given = call.options();
  RecurrentOptions options = readOptions(given, /*isCell=*/false);
  if (call.failed() || given.failed())
    return {};
  return RecurrentCall(call, options).run();
}

/// Every length is from 1 to T; with enforce_sorted they do not increase.
static void checkLengths(Call &call, Tensor lengths, int64_t steps) {
  Graph &g = call.graph;
  auto check = [&](Tensor indices) {
    g.make<nn::CheckIndexOp>(indices, g.builder.getI64IntegerAttr(steps),
                             mlir::IntegerAttr());
  };
  check(g.sub(lengths, g.integer(1, elementOf(lengths))));
  int64_t rows = shapeOf(lengths)[0];
  if (call.flag("enforce_sorted") && rows > 1)
    check(
        g.sub(g.slice(lengths, 0, 0, rows - 1), g.slice(lengths, 0, 1, rows)));
}

static Value packPadded(Call &call) {
  Tensor x = call.floatTensor("input"), lengths = call.indexTensor("lengths");
  bool batchFirst = call.flag("batch_first");
  if (call.failed())
    return {};
  if (rankOf(x) < 2)
    return call.expected("input", "sequences [T, N, …]");
  if (batchFirst)
    x = call.graph.swap(x, 0, 1);
  if (rankOf(lengths) != 1 || shapeOf(lengths)[0] != shapeOf(x)[1])
    return call.error("lengths", "expected a length for each of the " +
                                     llvm::Twine(shapeOf(x)[1]) +
                                     " sequences, but got " +
                                     describeType(lengths.getType()));
  checkLengths(call, lengths, shapeOf(x)[0]);
  return PackedSequence{x, lengths};
}

/// Zeros, or the padding value, where sequences have ended. T stays: it is
/// known while compiling, the longest length is not.
static Value padPacked(Call &call) {
  auto *packed = call.value("sequence").as<PackedSequence>();
  if (!packed)
    return call.expected("sequence", "a packed sequence");
  bool batchFirst = call.flag("batch_first");
  double padding = call.number("padding_value");
  Graph &g = call.graph;
  Tensor x = packed->data;
  int64_t steps = shapeOf(x)[0];
  int64_t total =
      call.isNone("total_length") ? steps : call.integer("total_length");
  if (call.failed())
    return {};
  if (total < steps)
    return call.expected("total_length", "at least the packed " +
                                             llvm::Twine(steps) + " steps");
  Shape shape(rankOf(x), 1);
  shape[0] = steps;
  shape[1] = shapeOf(x)[1];
  Tensor lengths = g.cast(packed->lengths, g.builder.getI64Type());
  Tensor valid = g.compare(nn::ComparePredicate::lt,
                           g.iota({steps, shape[1]}, 0), lengths);
  x = g.select(g.reshape(valid, shape), x, padding);
  if (total > steps) {
    Shape more(shapeOf(x));
    more[0] = total - steps;
    x = g.concat({x, g.splat(padding, g.type(more, elementOf(x)))}, 0);
  }
  return makeSequence({batchFirst ? g.swap(x, 0, 1) : x, packed->lengths});
}

llvm::ArrayRef<FunctionRow> sequenceFunctions() {
  static const FunctionRow rows[] = {
      {"pack_padded_sequence(input, lengths, batch_first=false, "
       "enforce_sorted=true)",
       packPadded},
      {"pad_packed_sequence(sequence, batch_first=false, padding_value=0.0, "
       "total_length=none)",
       padPacked},
  };
  return rows;
}

llvm::ArrayRef<LayerRow> recurrentLayers() {
  static const LayerRow rows[] = {
      {"RNN(input_size, hidden_size, num_layers=1, nonlinearity=\"tanh\", "
       "bias=true, batch_first=false, dropout=0.0, bidirectional=false)",
       "RNN(input, hx=none)", makeLayer, layer},
      {"LSTM(input_size, hidden_size, num_layers=1, bias=true, "
       "batch_first=false, dropout=0.0, bidirectional=false, proj_size=0)",
       "LSTM(input, hx=none)", makeLayer, layer},
      {"GRU(input_size, hidden_size, num_layers=1, bias=true, "
       "batch_first=false, dropout=0.0, bidirectional=false)",
       "GRU(input, hx=none)", makeLayer, layer},
      {"RNNCell(input_size, hidden_size, bias=true, nonlinearity=\"tanh\")",
       "RNNCell(input, hx=none)", makeCell, cell},
      {"LSTMCell(input_size, hidden_size, bias=true)",
       "LSTMCell(input, hx=none)", makeCell, cell},
      {"GRUCell(input_size, hidden_size, bias=true)", "GRUCell(input, hx=none)",
       makeCell, cell},
  };
  return rows;
}

} // namespace sinter::capturing
