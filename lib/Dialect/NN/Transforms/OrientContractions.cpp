// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses how products read their operands: as they are, transposed by a kernel
// of its own, or packed into panels.

#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNORIENTCONTRACTIONS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Rows that are this many bytes or more apart share neither pages nor the
/// lines that a prefetcher follows, and fall into few sets of a cache: a
/// product that walks down its columns waits for each of them.
static constexpr int64_t minStrideBytes = 2048;
/// A product that walks down fewer rows than this finds all of them in the
/// first cache.
static constexpr int64_t minDepth = 96;
/// Packing moves each element once; from so many uses of it on that is cheaper
/// than the waiting.
static constexpr int64_t minUses = 96;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// To transpose an element takes a sixteenth of what it takes to sum the lanes
/// of a result, which lanes along the sum require.
static constexpr int64_t depthPerRow = 16;

/// Whether a product has so few rows that transposing its right operand takes
/// longer than what lanes along the sum cost.
static bool readsAlongDepth(MatmulOp matmul, int64_t rows) {
  auto rhs = cast<RankedTensorType>(matmul.getRhs().getType());
  return matmul.getTransposeB() && !matmul.getTransposeA() &&
         rows < rhs.getShape().back() / depthPerRow;
}

/// The location of `matmul` without its layer's name: reports call the moves
/// what they are.
static Location locationOfMove(MatmulOp matmul) {
  Location location = matmul.getLoc();
  if (auto named = dyn_cast<NameLoc>(location))
    return named.getChildLoc();
  return location;
}

namespace {
struct OrientContractions
    : public sinter::nn::impl::NNOrientContractionsBase<OrientContractions> {
  using Base::Base;

  void runOnOperation() override {
    DenseMap<Value, Value> transposed;
    getOperation().walk([&](MatmulOp matmul) {
      ArrayRef<int64_t> shape = matmul.getType().getShape();
      int64_t rows = shape[shape.size() - 2], columns = shape.back();
      if (rows < minRows || columns == 1 || readsAlongDepth(matmul, rows))
        return;
      orientRhs(matmul, transposed);
      if (matmul.getTransposeA() &&
          isWorthPacking(matmul, matmul.getLhs(), rows, columns))
        matmul.getLhsMutable().assign(pack(matmul, matmul.getLhs(), false));
    });
  }

  void orientRhs(MatmulOp matmul, DenseMap<Value, Value> &transposed) {
    ArrayRef<int64_t> shape = matmul.getType().getShape();
    bool isTransposed = matmul.getTransposeB();
    // What is transposed is moved anyway.
    if (isWorthPacking(matmul, matmul.getRhs(), shape.back(),
                       isTransposed ? minUses : shape[shape.size() - 2])) {
      matmul.getRhsMutable().assign(
          pack(matmul, matmul.getRhs(), isTransposed));
    } else if (isTransposed) {
      Value &weights = transposed[matmul.getRhs()];
      if (!weights)
        weights = transpose(matmul);
      matmul.getRhsMutable().assign(weights);
    }
    matmul.setTransposeB(false);
  }

  /// Whether to pack a factor with `columns` columns, each of which a matrix of
  /// the result uses `uses` times.
  static bool isWorthPacking(MatmulOp matmul, Value factor, int64_t columns,
                             int64_t uses) {
    auto type = cast<RankedTensorType>(factor.getType());
    int64_t depth =
        type.getNumElements() /
        std::max<int64_t>(1, columns * ShapedType::getNumElements(
                                           shapeOf(factor).drop_back(2)));
    int64_t results = matmul.getType().getNumElements();
    if (results == 0 || depth < minDepth ||
        columns * type.getElementTypeBitWidth() / 8 < minStrideBytes)
      return false;
    // A factor that the batches share is packed once for all.
    int64_t matrices =
        ShapedType::getNumElements(matmul.getType().getShape().drop_back(2)) /
        ShapedType::getNumElements(shapeOf(factor).drop_back(2));
    return uses * matrices >= minUses;
  }

  /// A factor through panels as wide as the columns of a register tile, packed
  /// right after its definition so that all products see it.
  Value pack(MatmulOp matmul, Value factor, bool isTransposed) {
    OpBuilder builder(matmul.getContext());
    builder.setInsertionPointAfterValue(factor);
    auto type = cast<RankedTensorType>(factor.getType());
    // Narrower elements are summed in 32 bits.
    int64_t bytes = std::max(type.getElementTypeBitWidth(), 32u) / 8;
    int64_t width = std::max<int64_t>(2 * vectorBytes / bytes, 1);
    Location location = locationOfMove(matmul);
    Value panels =
        builder.create<PackPanelsOp>(location, factor, width, isTransposed);
    int64_t columns = shapeOf(factor)[type.getRank() - (isTransposed ? 2 : 1)];
    return builder.create<UnpackPanelsOp>(location, panels, columns);
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
    return builder.create<TransposeOp>(locationOfMove(matmul), matmul.getRhs(),
                                       permutation);
  }
};
} // namespace
