// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses how products read their operands: as they are, transposed by a kernel
// of its own, or packed into panels.

#include "GateColumns.h"
#include "Preparation.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include <numeric>

namespace sinter::nn {
#define GEN_PASS_DEF_NNORIENTCONTRACTIONS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Rows that are this many bytes or more apart share neither pages nor the
/// lines that a prefetcher follows: a product that walks down its columns waits
/// for each row that no cache holds.
static constexpr int64_t minStrideBytes = 2048;
/// A convolution walks down all of its weights for each few of its windows:
/// even rows that lie closer have to be where a cache holds them all.
static constexpr int64_t minStrideOfWeights = 1024;
/// The caches that a walk relies on, as common cores have them at least: bytes
/// after which rows meet in one set, and the ways of a set. The entries of the
/// first table of pages bound the rows too.
static constexpr int64_t firstPeriod = 4096, firstWays = 8;
static constexpr int64_t secondPeriod = 65536, secondWays = 16;
static constexpr int64_t firstPages = 64;
/// Packing moves each element once, which takes as long as this many uses of it
/// gain: where rows meet in the sets of the second cache, and where they only
/// leave the first one.
static constexpr int64_t minUsesOfMissing = 64, minUses = 256;
/// As many uses as any decision asks for.
static constexpr int64_t manyUses = 1 << 20;
/// Sums that are added to in turns: two multiply-adds begin in each cycle, and
/// one takes four.
static constexpr int64_t minSums = 8;

/// Rows, `stride` bytes apart, of which a cache holds 128 bytes each.
static int64_t heldRows(int64_t stride, int64_t period, int64_t ways) {
  return ways * std::min(period / std::gcd(stride, period), period / 128);
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// To transpose an element takes a sixteenth of what it takes to sum the lanes
/// of a result, which lanes along the sum require. They also read what was read
/// before more often: with this many rows, that is slower in any case.
static constexpr int64_t depthPerRow = 16, maxRowsAlongDepth = 64;

/// Whether a product reads its right operand by so few rows that transposing it
/// takes longer than what lanes along the sum cost.
static bool readsAlongDepth(MatmulOp matmul, int64_t uses) {
  auto rhs = cast<RankedTensorType>(matmul.getRhs().getType());
  return matmul.getTransposeB() && !matmul.getTransposeA() &&
         uses <
             std::min(rhs.getShape().back() / depthPerRow, maxRowsAlongDepth);
}

/// How many rows read the right operand as it is laid out once: those of the
/// product, in all steps of the loops that do not change it.
static int64_t countUses(MatmulOp matmul, int64_t rows) {
  int64_t uses = rows;
  Operation *outside =
      outsideOfScans(matmul.getRhs()).getParentRegion()->getParentOp();
  for (Operation *at = matmul->getParentOp(); at != outside;
       at = at->getParentOp())
    uses = std::min<uint64_t>(
        llvm::SaturatingMultiply<uint64_t>(uses, cast<ScanOp>(at).getSteps()),
        manyUses);
  return uses;
}

/// The location of a product without its layer's name: reports call the moves
/// what they are.
static Location locationOfMove(Operation *product) {
  Location location = product->getLoc();
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
    std::optional<ParameterValues> prepared;
    if (isForPrepared(getOperation()))
      prepared.emplace(getOperation(), Parameters(getOperation()));
    auto isPrepared = [&](Value weights) {
      return prepared && prepared->contains(weights);
    };
    getOperation().walk([&](CorrelateOp correlate) {
      packWeight(correlate, isPrepared(correlate.getWeight()));
    });
    getOperation().walk([&](MatmulOp matmul) {
      ArrayRef<int64_t> shape = matmul.getType().getShape();
      int64_t rows = shape[shape.size() - 2], columns = shape.back();
      int64_t uses = isPrepared(matmul.getRhs()) && hidesLatency(matmul, rows)
                         ? manyUses
                         : countUses(matmul, rows);
      if (uses < minRows || columns == 1 || readsAlongDepth(matmul, uses))
        return;
      orientRhs(matmul, uses, transposed);
      if (matmul.getTransposeA() &&
          isWorthPacking(matmul, matmul.getLhs(), rows, columns))
        matmul.getLhsMutable().assign(pack(matmul, matmul.getLhs(),
                                           panelWidth(matmul, matmul.getLhs()),
                                           /*isTransposed=*/false));
    });
  }

  /// Each window of a convolution walks down all rows of its weights.
  void packWeight(CorrelateOp correlate, bool isPrepared) {
    if (!correlate.hasColumnsOfWeight())
      return;
    Value weight = correlate.getWeight();
    RankedTensorType type = correlate.getWeight().getType();
    int64_t columns = type.getShape().back(),
            windows = correlate.getType().getNumElements() /
                      std::max<int64_t>(type.getDimSize(0) * columns, 1);
    if (type.getNumElements() > 0 &&
        isWorthPacking(type, columns,
                       type.getNumElements() / (type.getDimSize(0) * columns),
                       isPrepared ? manyUses : windows, minStrideOfWeights))
      correlate.getWeightMutable().assign(
          pack(correlate, weight, 2 * lanesOf(weight), /*isTransposed=*/false));
  }

  void orientRhs(MatmulOp matmul, int64_t uses,
                 DenseMap<Value, Value> &transposed) {
    ArrayRef<int64_t> shape = matmul.getType().getShape();
    bool isTransposed = matmul.getTransposeB();
    // What is transposed is moved anyway.
    if (fitsPanels(matmul, matmul.getRhs()) &&
        isWorthPacking(matmul, matmul.getRhs(), shape.back(),
                       isTransposed ? minUses : uses)) {
      matmul.getRhsMutable().assign(pack(matmul, matmul.getRhs(),
                                         panelWidth(matmul, matmul.getRhs()),
                                         isTransposed));
    } else if (isTransposed) {
      Value &weights = transposed[matmul.getRhs()];
      if (!weights)
        weights = transpose(matmul);
      matmul.getRhsMutable().assign(weights);
    }
    matmul.setTransposeB(false);
  }

  /// Whether a product has enough vectors of columns to add to in turns, for
  /// weights that are laid out for nothing: in columns.
  bool hidesLatency(MatmulOp matmul, int64_t rows) {
    auto type = matmul.getType();
    return rows * llvm::divideCeil(type.getShape().back(),
                                   lanesOf(matmul.getResult())) >=
           minSums;
  }

  /// Whether to pack a factor with `columns` columns, each of which a matrix of
  /// the result uses `uses` times.
  static bool isWorthPacking(MatmulOp matmul, Value factor, int64_t columns,
                             int64_t uses) {
    auto type = cast<RankedTensorType>(factor.getType());
    int64_t matrices = ShapedType::getNumElements(shapeOf(factor).drop_back(2));
    if (matrices == 0 || columns == 0)
      return false;
    // A factor that the batches share is packed once for all.
    int64_t results =
        ShapedType::getNumElements(matmul.getType().getShape().drop_back(2));
    return isWorthPacking(type, columns,
                          type.getNumElements() / (matrices * columns),
                          uses * results / matrices, minStrideBytes);
  }

  /// The same of a matrix with `depth` rows that is used that often.
  static bool isWorthPacking(RankedTensorType type, int64_t columns,
                             int64_t depth, int64_t uses, int64_t minStride) {
    int64_t stride = columns * type.getElementTypeBitWidth() / 8;
    if (stride < minStride ||
        depth <= std::min(heldRows(stride, firstPeriod, firstWays), firstPages))
      return false;
    bool isMissing = depth > heldRows(stride, secondPeriod, secondWays);
    return uses >= (isMissing ? minUsesOfMissing : minUses);
  }

  /// Elements of a vector; narrower ones are summed in 32 bits.
  int64_t lanesOf(Value factor) {
    int64_t bits = getElementTypeOrSelf(factor).getIntOrFloatBitWidth();
    return std::max<int64_t>(vectorBytes * 8 / std::max<int64_t>(bits, 32), 1);
  }

  /// Columns of a register tile: two vectors, or one of each gate.
  int64_t panelWidth(MatmulOp matmul, Value factor) {
    return (getGateColumns(matmul) ? 1 : 2) * lanesOf(factor);
  }

  /// Whether panels of the factor hold whole vectors of columns.
  bool fitsPanels(MatmulOp matmul, Value factor) {
    std::optional<GateColumns> gates = getGateColumns(matmul);
    return !gates || gates->width % panelWidth(matmul, factor) == 0;
  }

  /// A factor through panels of `width` columns, packed right after its
  /// definition so that all products see it.
  Value pack(Operation *product, Value factor, int64_t width,
             bool isTransposed) {
    OpBuilder builder(product->getContext());
    builder.setInsertionPointAfterValue(factor);
    Location location = locationOfMove(product);
    Value panels =
        builder.create<PackPanelsOp>(location, factor, width, isTransposed);
    ArrayRef<int64_t> shape = shapeOf(factor);
    return builder.create<UnpackPanelsOp>(
        location, panels, shape[shape.size() - (isTransposed ? 2 : 1)]);
  }

  /// The right operand with its last two dimensions swapped, right after its
  /// definition so that all products see it.
  static Value transpose(MatmulOp matmul) {
    OpBuilder builder(matmul.getContext());
    builder.setInsertionPointAfterValue(matmul.getRhs());
    int64_t rank = shapeOf(matmul.getRhs()).size();
    SmallVector<int64_t> permutation =
        llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(permutation[rank - 2], permutation[rank - 1]);
    return builder.create<TransposeOp>(locationOfMove(matmul), matmul.getRhs(),
                                       permutation);
  }
};
} // namespace
