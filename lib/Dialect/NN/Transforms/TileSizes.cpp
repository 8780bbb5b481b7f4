// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles big enough to be worth a call from a thread, along dimensions that
// leave whole vectors together.

#include "TileSizes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace sinter::nn;

/// Least work of one tile, in scalar operations, and the most tiles of a
/// kernel.
static constexpr int64_t minTileWork = 32768, maxTiles = 64;
/// Elements along the lanes and rows that a tile's size is a multiple of: two
/// vectors of 16; the rows of a product's register tile; those of a transposed
/// block.
static constexpr int64_t laneMultiple = 32, rowMultiple = 8, blockMultiple = 16;
/// Memory for the rows of a tile's left factor: they stay in the second-level
/// cache, beside one panel of the right one, while the panels pass.
static constexpr int64_t rowBytes = 384 * 1024;
/// What a transcendental function costs, in simple operations.
static constexpr int64_t expensiveWork = 16;

/// The extent of the dimension over which a product sums.
static int64_t depthOf(MatmulOp matmul) {
  auto lhs = cast<RankedTensorType>(matmul.getLhs().getType());
  return lhs.getDimSize(lhs.getRank() - (matmul.getTransposeA() ? 2 : 1));
}

static int64_t workPerElement(Operation &op) {
  if (auto matmul = dyn_cast<MatmulOp>(op))
    return 2 * depthOf(matmul);
  if (isa<ExpOp, Expm1Op, LogOp, Log1pOp, SinOp, CosOp, TanhOp, SigmoidOp,
          ErfOp, PowOp, RandomUniformOp, RandomNormalOp>(op))
    return expensiveWork;
  return 1;
}

int64_t sinter::nn::estimateWork(KernelOp kernel) {
  int64_t work = 0;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    int64_t elements = 0;
    for (Value operand : op.getOperands())
      elements = std::max(
          elements, cast<RankedTensorType>(operand.getType()).getNumElements());
    int64_t results =
        cast<RankedTensorType>(op.getResult(0).getType()).getNumElements();
    work += workPerElement(op) *
            (isa<MatmulOp>(op) ? results : std::max(elements, results));
  }
  return work;
}

/// Cuts dimension `dim` into at most `wanted` pieces, each a multiple of
/// `multiple`; returns how many there are.
static int64_t cut(TileSizes &tiles, ArrayRef<int64_t> domain, int64_t dim,
                   int64_t wanted, int64_t multiple) {
  int64_t size = llvm::alignTo(
      llvm::divideCeil(domain[dim], std::max<int64_t>(wanted, 1)), multiple);
  tiles.sizes[dim] = std::min(size, domain[dim]);
  return llvm::divideCeil(domain[dim], tiles.sizes[dim]);
}

/// The same in pieces that may be up to twice as many if they are equal then: a
/// smaller piece at the end is code of its own.
static int64_t cutEvenly(TileSizes &tiles, ArrayRef<int64_t> domain,
                         int64_t dim, int64_t wanted, int64_t multiple) {
  cut(tiles, domain, dim, wanted, multiple);
  int64_t most = tiles.sizes[dim];
  for (int64_t size = most; 2 * size >= most; size -= multiple)
    if (size > 0 && domain[dim] % size == 0) {
      tiles.sizes[dim] = size;
      break;
    }
  return llvm::divideCeil(domain[dim], tiles.sizes[dim]);
}

/// Cuts the matrices of a product into about `wanted` pieces: rows as many as
/// the cache holds, then columns, which cost no more reads, then rows again.
static void cutMatrices(TileSizes &tiles, ArrayRef<int64_t> domain,
                        MatmulOp matmul, int64_t wanted) {
  int64_t columnDim = domain.size() - 1, rowDim = columnDim - 1;
  int64_t bytes = matmul.getType().getElementTypeBitWidth() / 8;
  int64_t cached = std::max(
      rowBytes / std::max<int64_t>(1, depthOf(matmul) * bytes), rowMultiple);
  int64_t rows =
      std::min<int64_t>(wanted, llvm::divideCeil(domain[rowDim], cached));
  int64_t columns =
      cutEvenly(tiles, domain, columnDim, wanted / rows, laneMultiple);
  tiles.tiles *=
      columns * cutEvenly(tiles, domain, rowDim,
                          std::max(rows, wanted / columns), rowMultiple);
}

TileSizes sinter::nn::chooseTileSizes(KernelOp kernel, bool singleTile) {
  TileSizes tiles;
  ArrayRef<int64_t> domain = kernel.getDomain();
  for (auto [dim, extent] : llvm::enumerate(domain)) {
    tiles.sizes.push_back(std::max<int64_t>(extent, 1));
    if (extent == 0 && !llvm::is_contained(kernel.getReduced(), dim))
      tiles.tiles = 0; // nothing to compute
  }
  int64_t wanted = std::min(maxTiles, estimateWork(kernel) / minTileWork);
  if (singleTile || wanted < 2 || llvm::is_contained(domain, 0))
    return tiles;
  SmallVector<int64_t> grid;
  for (int64_t dim = 0; dim < int64_t(domain.size()); ++dim)
    if (!llvm::is_contained(kernel.getReduced(), dim))
      grid.push_back(dim);
  int64_t last = domain.size() - 1;
  Block &body = kernel.getBody().front();
  auto products = body.getOps<MatmulOp>();
  bool isContraction = !products.empty();
  bool isTransposition =
      !body.getOps<TransposeOp>().empty() ||
      llvm::any_of(body.getOps<PackPanelsOp>(),
                   [](PackPanelsOp op) { return op.getTransposed(); });
  if (isContraction) // batches first
    grid.pop_back_n(2);
  for (int64_t dim : grid) {
    if (wanted < 2)
      break;
    int64_t multiple = 1;
    if (dim == last && !isContraction)
      multiple = laneMultiple;
    else if (isTransposition)
      multiple = blockMultiple;
    int64_t pieces = cut(tiles, domain, dim, wanted, multiple);
    tiles.tiles *= pieces;
    wanted /= pieces;
  }
  if (isContraction && wanted >= 2)
    cutMatrices(tiles, domain, *products.begin(), wanted);
  return tiles;
}
