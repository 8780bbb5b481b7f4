// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes of a kernel at a point of its domain.

#include "Outputs.h"

using namespace mlir;

namespace sinter::cpu {

Index getOutputIndex(const Kernel &kernel, const KernelOutput &output,
                     const Index &point, const IndexSpace &space) {
  Index index;
  for (auto [dim, coordinate] : llvm::enumerate(point)) {
    bool isOne = kernel.domain[dim] == 1;
    if (!output.isRow || !kernel.isReduced[dim])
      index.push_back(isOne ? space.getConstant(0) : coordinate);
    else if (output.keepsReducedDims)
      index.push_back(space.getConstant(0));
  }
  return index;
}

LogicalResult emitOutputs(const Kernel &kernel, Evaluator &evaluator,
                          const Index &point, bool ofRows) {
  struct Write {
    const KernelOutput *output;
    Index index;
    Value value;
  };
  SmallVector<Write> writes;
  for (const KernelOutput &output : kernel.outputs) {
    if (output.isRow != ofRows)
      continue;
    Index index = getOutputIndex(kernel, output, point, evaluator.getSpace());
    FailureOr<Value> value = evaluator.evaluate(output.tensor, index);
    if (failed(value))
      return failure();
    if (output.layout)
      index = evaluator.getSpace().apply(output.layout, index);
    writes.push_back({&output, index, *value});
  }
  for (const Write &write : writes)
    if (failed(evaluator.store(write.value, write.output->buffer, write.index,
                               write.output->loc)))
      return failure();
  return success();
}

} // namespace sinter::cpu
