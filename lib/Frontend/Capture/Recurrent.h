// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What cells and layers of RNN, LSTM and GRU share.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_RECURRENT_H
#define SINTER_LIB_FRONTEND_CAPTURE_RECURRENT_H

#include "Call.h"

namespace sinter::capturing {

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

/// One step, as PyTorch's cells: gate order i, f, g, o and r, z, n.
CellState step(Graph &g, const RecurrentOptions &options, Tensor x,
               const CellState &state, const CellWeights &weights);

/// Reads the options of a cell or layer; the call has failed after an error.
RecurrentOptions readOptions(Call &call, bool isCell);
/// Whether all numbers of a layer make sense; an error otherwise.
bool checkOptions(Call &call, const RecurrentOptions &options);
/// Registers the tensors of one layer and direction; `suffix` is empty for
/// cells.
void addWeights(Call &call, const RecurrentOptions &options, int64_t inputSize,
                const std::string &suffix);
/// Reads them.
CellWeights weightsOf(Call &call, const std::string &suffix);
/// The states that a call gives as `hx`, one tensor or, for an LSTM, a pair;
/// zeros of `shapes` without one. Empty after an error, which says by which
/// `rule` the shapes are.
llvm::SmallVector<Tensor, 2> initialStates(Call &call,
                                           llvm::ArrayRef<Shape> shapes,
                                           mlir::Type element,
                                           llvm::StringRef rule = "");

/// Makes and calls RNNCell, LSTMCell and GRUCell.
void makeCell(Call &call);
Value cell(Call &call);

} // namespace sinter::capturing
#endif
