// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sequences of different lengths in one tensor, and back.
#include "Call.h"

namespace sinter::capturing {

/// The same of lengths that are known while compiling; false after an error.
static bool checkConstant(Call &call, Tensor lengths, int64_t steps) {
  auto constant = lengths.getDefiningOp<nn::ConstantOp>();
  if (!constant)
    return true;
  auto values = mlir::cast<mlir::DenseElementsAttr>(constant.getValue());
  int64_t before = steps;
  for (auto [row, value] : llvm::enumerate(values.getValues<llvm::APInt>())) {
    int64_t length = value.getSExtValue();
    if (length < 1 || length > steps) {
      call.error("lengths", "expected lengths from 1 to the " +
                                llvm::Twine(steps) + " steps, but got " +
                                llvm::Twine(length) + " in row " +
                                llvm::Twine(row));
      return false;
    }
    if (call.flag("enforce_sorted") && length > before) {
      call.error("lengths", "expected lengths that do not increase, as "
                            "enforce_sorted says, but got " +
                                llvm::Twine(length) + " after " +
                                llvm::Twine(before) + " in row " +
                                llvm::Twine(row));
      return false;
    }
    before = length;
  }
  return true;
}

/// Every length is from 1 to T; with enforce_sorted they do not increase.
static void checkLengths(Call &call, Tensor lengths, int64_t steps) {
  if (!checkConstant(call, lengths, steps))
    return;
  nn::CheckIndexOp check =
      checkIndices(call.graph, lengths, "lengths", steps + 1, 1);
  check.setDescending(call.flag("enforce_sorted"));
}

/// Lengths as a tensor, or as a list of numbers.
static Tensor readLengths(Call &call) {
  if (!call.value("lengths").is<Sequence>())
    return call.indexTensor("lengths");
  SourceRange range = call.rangeOf("lengths");
  Value lengths = call.interpreter.callBuiltin(
      *findBuiltin("tensor"), {{{}, call.value("lengths"), range}}, range);
  auto *tensor = lengths.as<Tensor>();
  if (tensor && elementOf(*tensor).isInteger(64))
    return *tensor;
  call.expected("lengths", "integers");
  return call.graph.scalar(0, call.interpreter.session.defaultFloat());
}

static Value packPadded(Call &call) {
  Tensor x = call.floatTensor("input"), lengths = readLengths(call);
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
  return call.failed() ? Value() : Value(PackedSequence{x, lengths});
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
       packPadded, "nn.utils.rnn.pack_padded_sequence",
       "sequences with their lengths: what lies behind an end has no effect"},
      {"pad_packed_sequence(sequence, batch_first=false, padding_value=0.0, "
       "total_length=none)",
       padPacked, "nn.utils.rnn.pad_packed_sequence",
       "the tensor of sequences, padded, and their lengths"},
  };
  return rows;
}

} // namespace sinter::capturing
