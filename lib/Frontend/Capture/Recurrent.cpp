// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers of RNN, LSTM and GRU as scans. Time-major inside, whatever batch_first
// says.
#include "Recurrent.h"
#include "sinter/Dialect/NN/IR/ScanBuilder.h"

namespace sinter::capturing {

/// "_l0", "_l1_reverse".
static std::string suffixOf(int64_t layer, int64_t direction) {
  return "_l" + std::to_string(layer) + (direction ? "_reverse" : "");
}

static void makeLayer(Call &call) {
  RecurrentOptions options = readOptions(call, /*isCell=*/false);
  if (!checkOptions(call, options))
    return;
  for (int64_t layer = 0; layer < options.layers && !call.failed(); ++layer)
    for (int64_t direction = 0; direction < options.directions(); ++direction)
      addWeights(call, options,
                 layer ? options.outputSize() * options.directions()
                       : options.inputSize,
                 suffixOf(layer, direction));
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
    states = initialStates(call, shapes, elementOf(call.own("weight_ih_l0")),
                           stateRule());
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
  /// " (2 layers · 2 directions in front)": what the first dim of a state is.
  std::string stateRule() const {
    auto counted = [](int64_t count, const char *what) {
      return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
    };
    return " (" + counted(options.layers, "layer") + " · " +
           counted(options.directions(), "direction") + " in front)";
  }

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

llvm::ArrayRef<LayerRow> recurrentLayers() {
  static const LayerRow rows[] = {
      {"RNN(input_size, hidden_size, num_layers=1, nonlinearity=\"tanh\", "
       "bias=true, batch_first=false, dropout=0.0, bidirectional=false)",
       "RNN(input, hx=none)", makeLayer, layer,
       "a recurrent layer: h = tanh(W x + b + U h + c) over time"},
      {"LSTM(input_size, hidden_size, num_layers=1, bias=true, "
       "batch_first=false, dropout=0.0, bidirectional=false, proj_size=0)",
       "LSTM(input, hx=none)", makeLayer, layer,
       "a recurrent layer with input, forget, cell and output gates"},
      {"GRU(input_size, hidden_size, num_layers=1, bias=true, "
       "batch_first=false, dropout=0.0, bidirectional=false)",
       "GRU(input, hx=none)", makeLayer, layer,
       "a recurrent layer with reset, update and new gates"},
      {"RNNCell(input_size, hidden_size, bias=true, nonlinearity=\"tanh\")",
       "RNNCell(input, hx=none)", makeCell, cell, "one step of an RNN"},
      {"LSTMCell(input_size, hidden_size, bias=true)",
       "LSTMCell(input, hx=none)", makeCell, cell,
       "one step of an LSTM: the new (h, c)"},
      {"GRUCell(input_size, hidden_size, bias=true)", "GRUCell(input, hx=none)",
       makeCell, cell, "one step of a GRU"},
  };
  return rows;
}

} // namespace sinter::capturing
