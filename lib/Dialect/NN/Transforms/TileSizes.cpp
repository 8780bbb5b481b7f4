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
/// So many tiles of a product are enough: smaller ones would go over the same
/// factors again.
static constexpr int64_t enoughTiles = 16;
/// Elements along the lanes and rows that a tile's size is a multiple of: two
/// vectors of 16; the rows of a product's register tile; those of a transposed
/// block.
static constexpr int64_t laneMultiple = 32, rowMultiple = 8, blockMultiple = 16;
/// So many pieces of the matrix that is cut first are enough: the others cut
/// what those share.
static constexpr int64_t firstPieces = 4;

int64_t sinter::nn::estimateWork(KernelOp kernel) {
  int64_t work = 0;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    int64_t elements = 0;
    for (Value operand : op.getOperands())
      elements = std::max(
          elements, cast<RankedTensorType>(operand.getType()).getNumElements());
    int64_t results =
        cast<RankedTensorType>(op.getResult(0).getType()).getNumElements();
    auto cost = dyn_cast<CostOpInterface>(op);
    work += (cost ? cost.getWorkPerElement() : 1) *
            (isa<ContractionOpInterface>(op) ? results
                                             : std::max(elements, results));
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

/// The largest matrix of a product: if each thread has a part of it, it finds
/// there what it wrote or read before, in its own caches.
enum class LargestMatrix { None, Rhs, Result };

static LargestMatrix largestMatrix(ContractionOpInterface product) {
  auto elements = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  };
  int64_t lhs = elements(product.getLeftFactor()),
          rhs = elements(product.getRightFactor()),
          result = elements(product->getResult(0));
  if (rhs > std::max(lhs, result))
    return LargestMatrix::Rhs;
  return result > std::max(lhs, rhs) ? LargestMatrix::Result
                                     : LargestMatrix::None;
}

/// The dimensions whose elements are the rows of a product's register tile, the
/// innermost one last: that along which the left factor's elements are
/// neighbours, or the last one before the columns, and, if it is short, another
/// one of the left factor.
static SmallVector<int64_t, 2> rowDimsOf(ContractionOpInterface product) {
  ContractionLoops loops = product.getContractionLoops();
  int64_t columns = loops.result.getNumResults() - 1;
  auto isOfLhsAlone = [&](int64_t dim) {
    return loops.extents[dim] > 1 && loops.lhs.isFunctionOfDim(dim) &&
           !loops.rhs.isFunctionOfDim(dim);
  };
  auto neighbour = dyn_cast<AffineDimExpr>(loops.lhs.getResults().back());
  int64_t row = columns - 1;
  if (neighbour && int64_t(neighbour.getPosition()) < columns &&
      isOfLhsAlone(neighbour.getPosition()))
    row = neighbour.getPosition();
  SmallVector<int64_t, 2> dims = {row};
  for (int64_t dim = columns; dim-- > 0 && dims.size() == 1;)
    if (dim != row && loops.extents[row] < rowMultiple && isOfLhsAlone(dim))
      dims.insert(dims.begin(), dim);
  return dims;
}

namespace {
/// What of a kernel decides in which pieces its dimensions are cut.
struct TileShape {
  explicit TileShape(KernelOp kernel);

  ContractionOpInterface product; ///< or null
  SmallVector<int64_t, 2> rowDims;
  LargestMatrix largest = LargestMatrix::None;
  bool isTransposition;
  /// Which windows reach into padding is known where rows are not cut.
  bool keepsRows = false;
};
} // namespace

TileShape::TileShape(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  auto products = body.getOps<ContractionOpInterface>();
  if (!products.empty()) {
    product = *products.begin();
    rowDims = rowDimsOf(product);
    largest = largestMatrix(product);
    keepsRows = bool(product.getLeftFactor().getDefiningOp<PadOp>());
  }
  auto packs = body.getOps<PackPanelsOp>();
  isTransposition = !body.getOps<TransposeOp>().empty() ||
                    (!packs.empty() && (*packs.begin()).getTransposed());
}

/// When the last dimension is cut: after all others, before the one that would
/// be the last of these, or before all that the left factor alone has.
enum class CutOfLast { AtEnd, BeforeRows, BeforeLhs };

/// A product's panel of columns stays in the cache while its rows pass, and the
/// first rows wait for it: columns are cut before rows, batches before both;
/// those of a large matrix before all that passes over them. What is transposed
/// is read row by row, by the thread that has the row.
static CutOfLast chooseCutOfLast(const TileShape &shape) {
  if (shape.largest == LargestMatrix::Rhs)
    return CutOfLast::BeforeLhs;
  bool isBefore = shape.product ? shape.largest == LargestMatrix::None
                                : shape.isTransposition;
  return isBefore ? CutOfLast::BeforeRows : CutOfLast::AtEnd;
}

/// The dimensions that a kernel's tiles split, in the order in which they are
/// cut: batches of a product first, then what only its left factor has, last
/// of that the rows.
static SmallVector<int64_t> orderGrid(KernelOp kernel, const TileShape &shape) {
  ContractionOpInterface product = shape.product;
  ArrayRef<int64_t> rowDims = shape.rowDims;
  CutOfLast cutOfLast = chooseCutOfLast(shape);
  int64_t last = int64_t(kernel.getDomain().size()) - 1;
  SmallVector<int64_t> batches, lhs, grid;
  for (int64_t dim = 0; dim < last; ++dim)
    if (!llvm::is_contained(kernel.getReduced(), dim) &&
        !llvm::is_contained(rowDims, dim))
      (!product || product.getContractionLoops().rhs.isFunctionOfDim(dim)
           ? batches
           : lhs)
          .push_back(dim);
  llvm::append_range(lhs, rowDims);
  llvm::append_range(grid, batches);
  llvm::append_range(grid, lhs);
  if (last < 0 || llvm::is_contained(kernel.getReduced(), last) ||
      llvm::is_contained(rowDims, last))
    return grid;
  size_t before = grid.size();
  if (cutOfLast == CutOfLast::BeforeLhs)
    before = batches.size();
  else if (cutOfLast == CutOfLast::BeforeRows && !grid.empty())
    --before;
  grid.insert(grid.begin() + before, last);
  return grid;
}

/// Cuts a dimension into at most `wanted` pieces.
static int64_t cutDimension(TileSizes &tiles, ArrayRef<int64_t> domain,
                            int64_t dim, int64_t wanted,
                            const TileShape &shape) {
  bool isRow = shape.product && dim == shape.rowDims.back();
  int64_t multiple = 1;
  if (dim + 1 == int64_t(domain.size()))
    multiple = laneMultiple;
  else if (shape.isTransposition)
    multiple = blockMultiple;
  else if (isRow)
    multiple = rowMultiple;
  if (!shape.product)
    return cut(tiles, domain, dim, wanted, multiple);
  if (isRow && shape.largest == LargestMatrix::Result)
    wanted = std::min(wanted, firstPieces);
  return cutEvenly(tiles, domain, dim, wanted, multiple);
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
  if (wanted > 2) // two threads can share them equally
    wanted &= ~int64_t(1);
  if (singleTile || wanted < 2 || llvm::is_contained(domain, 0))
    return tiles;
  TileShape shape(kernel);
  for (int64_t dim : orderGrid(kernel, shape)) {
    if (shape.keepsRows && dim == shape.rowDims.back())
      continue;
    if (wanted < 2 || (shape.product && tiles.tiles >= enoughTiles))
      break;
    int64_t pieces = cutDimension(tiles, domain, dim, wanted, shape);
    tiles.tiles *= pieces;
    wanted /= pieces;
    if (shape.largest == LargestMatrix::Rhs &&
        dim + 1 == int64_t(domain.size()) && pieces >= firstPieces)
      break;
  }
  return tiles;
}
