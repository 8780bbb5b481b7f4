// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows without updates that keep their values: p - rate * (+0) is p.

#include "AccessAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace sinter::cpu {

namespace {
/// What a value of a row is if the sum of the row is +0.
enum class AtZero { PositiveZero, Kept, Other };

/// Follows the output of a kernel down to the sum and to what its buffer held.
class RestingOutput {
public:
  RestingOutput(AccessAnalysis &analysis, const SelectedSum &sum,
                const KernelOutput &output, Index index, int64_t rank)
      : analysis(analysis), sum(sum), output(output), index(std::move(index)),
        rank(rank) {}

  AtZero classify(RegionValue value) {
    if (!takesStep())
      return AtZero::Other;
    value = analysis.trace(value);
    if (auto argument = dyn_cast<BlockArgument>(value.value))
      return classifyOperand(value, argument);
    Operation *op = value.value.getDefiningOp();
    if (op->getNumOperands() != 2)
      return AtZero::Other;
    auto operand = [&](unsigned number) {
      return RegionValue{value.op, value.iteration, op->getOperand(number)};
    };
    if (isa<arith::MulFOp>(op))
      return classifyProduct(operand(0), operand(1));
    // A sum x + 0 is not x: -0 + 0 is +0.
    if (!isa<arith::SubFOp>(op) || classify(operand(1)) != AtZero::PositiveZero)
      return AtZero::Other;
    return classify(operand(0));
  }

  /// What +0 is multiplied by on the way.
  SmallVector<RegionValue> factors;

private:
  AtZero classifyOperand(const RegionValue &value, BlockArgument argument) {
    OpOperand *operand = value.op.getMatchingOpOperand(argument);
    if (operand->get() == sum.reduction->op.getResult(0))
      return AtZero::PositiveZero;
    auto buffer = operand->get().getDefiningOp<bufferization::ToTensorOp>();
    bool isKept = buffer && buffer.getMemref() == output.buffer &&
                  analysis.getIndex(value) == index;
    return isKept ? AtZero::Kept : AtZero::Other;
  }

  AtZero classifyProduct(const RegionValue &left, const RegionValue &right) {
    for (auto [zero, factor] :
         {std::pair(&left, &right), std::pair(&right, &left)})
      if (isUniform(*factor) && classify(*zero) == AtZero::PositiveZero) {
        factors.push_back(*factor);
        return AtZero::PositiveZero;
      }
    return AtZero::Other;
  }

  /// Whether a value is the same in the whole kernel.
  bool isUniform(RegionValue value) {
    if (!takesStep())
      return false;
    value = analysis.trace(value);
    if (isa<BlockArgument>(value.value))
      return llvm::none_of(llvm::seq<int64_t>(0, rank), [&](int64_t dim) {
        return analysis.dependsOn(value, dim);
      });
    Operation *op = value.value.getDefiningOp();
    return !isa<linalg::IndexOp, tensor::ExtractOp>(op) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return isUniform({value.op, value.iteration, operand});
           });
  }

  /// Values that are used often are looked at as often, up to a limit.
  bool takesStep() { return ++steps <= kMaximumSteps; }

  static constexpr int kMaximumSteps = 256;
  int steps = 0;
  AccessAnalysis &analysis;
  const SelectedSum &sum;
  const KernelOutput &output;
  Index index; ///< of the output
  int64_t rank;
};
} // namespace

std::optional<SmallVector<RegionValue>>
AccessAnalysis::findRestingRows(const SelectedSum &sum) {
  SmallVector<RegionValue> factors;
  for (const KernelOutput &output : kernel.outputs) {
    Index index = getOutputIndex(output);
    std::optional<RegionValue> value = getElement(output.tensor, index);
    if (output.layout || !value)
      return std::nullopt;
    RestingOutput resting(*this, sum, output, index, kernel.getRank());
    if (resting.classify(*value) != AtZero::Kept)
      return std::nullopt;
    llvm::append_range(factors, resting.factors);
  }
  return factors;
}

} // namespace sinter::cpu
