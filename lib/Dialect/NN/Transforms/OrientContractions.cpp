// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses between a transposed operand and an explicit transposition for
// products.

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNORIENTCONTRACTIONS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

namespace {
struct OrientContractions
    : public sinter::nn::impl::NNOrientContractionsBase<OrientContractions> {
  using Base::Base;

  void runOnOperation() override {
    DenseMap<Value, Value> transposed;
    getOperation().walk([&](MatmulOp matmul) {
      ArrayRef<int64_t> shape = matmul.getType().getShape();
      int64_t rows = shape[shape.size() - 2], columns = shape.back();
      if (!matmul.getTransposeB() || rows < minRows || columns == 1)
        return;
      Value &weights = transposed[matmul.getRhs()];
      if (!weights)
        weights = transpose(matmul);
      matmul.getRhsMutable().assign(weights);
      matmul.setTransposeB(false);
    });
  }

  /// The right operand with its last two dimensions swapped, right after its
  /// definition so that all products see it.
  static Value transpose(MatmulOp matmul) {
    OpBuilder builder(matmul.getContext());
    builder.setInsertionPointAfterValue(matmul.getRhs());
    auto type = cast<RankedTensorType>(matmul.getRhs().getType());
    SmallVector<int64_t> permutation =
        llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    std::swap(permutation[type.getRank() - 2], permutation[type.getRank() - 1]);
    // Reports call it what it is, not by the name of the layer.
    Location location = matmul.getLoc();
    if (auto named = dyn_cast<NameLoc>(location))
      location = named.getChildLoc();
    return builder.create<TransposeOp>(location, matmul.getRhs(), permutation);
  }
};
} // namespace
