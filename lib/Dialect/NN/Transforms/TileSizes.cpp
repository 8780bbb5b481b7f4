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
enum class LargestMatrix { None, Columns, Result };

static LargestMatrix largestMatrix(ContractionOpInterface product,
                                   bool areColumnsLeft) {
  auto elements = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  };
  int64_t rows = elements(product.getLeftFactor()),
          columns = elements(product.getRightFactor()),
          result = elements(product->getResult(0));
  if (areColumnsLeft)
    std::swap(rows, columns);
  if (columns > std::max(rows, result))
    return LargestMatrix::Columns;
  return result > std::max(rows, columns) ? LargestMatrix::Result
                                          : LargestMatrix::None;
}

namespace {
/// What of a kernel decides in which pieces its dimensions are cut.
struct TileShape {
  explicit TileShape(KernelOp kernel);

  /// Whether only the factor without the columns varies with a dimension.
  bool isOfRows(int64_t dim) const {
    return loops.extents[dim] > 1 && rows.isFunctionOfDim(dim) &&
           !columns.isFunctionOfDim(dim);
  }

  ContractionOpInterface product; ///< or null
  ContractionLoops loops;
  AffineMap rows, columns; ///< how the loops index the two factors
  SmallVector<int64_t, 2> rowDims;
  LargestMatrix largest = LargestMatrix::None;
  bool isTransposition;
  /// Which windows reach into padding is known where what places them along
  /// the last dimension is not cut.
  std::optional<int64_t> uncut;

private:
  void readProduct();
  void findRowDims();
};
} // namespace

/// The dimensions whose elements are the rows of a product's register tile, the
/// innermost one last: that along which the factor's elements are neighbours,
/// or the last one before the columns, and, if it is short, another one.
void TileShape::findRowDims() {
  int64_t last = loops.result.getNumResults() - 1, row = last - 1;
  auto neighbour = dyn_cast<AffineDimExpr>(rows.getResults().back());
  if (neighbour && int64_t(neighbour.getPosition()) < last &&
      isOfRows(neighbour.getPosition()))
    row = neighbour.getPosition();
  else
    while (row > 0 && loops.extents[row] > 1 && columns.isFunctionOfDim(row))
      --row;
  rowDims = {row};
  for (int64_t dim = last; dim-- > 0 && rowDims.size() == 1;)
    if (dim != row && loops.extents[row] < rowMultiple && isOfRows(dim))
      rowDims.insert(rowDims.begin(), dim);
}

void TileShape::readProduct() {
  loops = product.getContractionLoops();
  int64_t last = loops.result.getNumResults() - 1;
  bool areLeft = loops.lhs.isFunctionOfDim(last);
  rows = areLeft ? loops.rhs : loops.lhs;
  columns = areLeft ? loops.lhs : loops.rhs;
  findRowDims();
  largest = largestMatrix(product, areLeft);
  if (product.getLeftFactor().getDefiningOp<PadOp>())
    uncut = areLeft ? last : rowDims.back();
}

TileShape::TileShape(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  auto products = body.getOps<ContractionOpInterface>();
  if (!products.empty()) {
    product = *products.begin();
    readProduct();
  }
  auto packs = body.getOps<PackPanelsOp>();
  isTransposition = !body.getOps<TransposeOp>().empty() ||
                    (!packs.empty() && (*packs.begin()).getTransposed());
}

/// When the last dimension is cut: after all others, before the one that would
/// be the last of these, or before all that the rows' factor alone has.
enum class CutOfLast { AtEnd, BeforeRows, BeforeAllRows };

/// A product's panel of columns stays in the cache while its rows pass, and the
/// first rows wait for it: columns are cut before rows, batches before both;
/// those of a large matrix before all that passes over them. What is transposed
/// is read row by row, by the thread that has the row.
static CutOfLast chooseCutOfLast(const TileShape &shape) {
  if (shape.largest == LargestMatrix::Columns)
    return CutOfLast::BeforeAllRows;
  bool isBefore = shape.product ? shape.largest == LargestMatrix::None
                                : shape.isTransposition;
  return isBefore ? CutOfLast::BeforeRows : CutOfLast::AtEnd;
}

/// The dimensions that a kernel's tiles split, in the order in which they are
/// cut: batches of a product first, then what only the rows' factor has, last
/// of that the rows.
static SmallVector<int64_t> orderGrid(KernelOp kernel, const TileShape &shape) {
  ContractionOpInterface product = shape.product;
  ArrayRef<int64_t> rowDims = shape.rowDims;
  CutOfLast cutOfLast = chooseCutOfLast(shape);
  int64_t last = int64_t(kernel.getDomain().size()) - 1;
  SmallVector<int64_t> batches, rows, grid;
  for (int64_t dim = 0; dim < last; ++dim)
    if (!llvm::is_contained(kernel.getReduced(), dim) &&
        !llvm::is_contained(rowDims, dim))
      (!product || shape.columns.isFunctionOfDim(dim) ? batches : rows)
          .push_back(dim);
  llvm::append_range(rows, rowDims);
  llvm::append_range(grid, batches);
  llvm::append_range(grid, rows);
  if (last < 0 || llvm::is_contained(kernel.getReduced(), last) ||
      llvm::is_contained(rowDims, last))
    return grid;
  size_t before = grid.size();
  if (cutOfLast == CutOfLast::BeforeAllRows)
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
    if (dim == shape.uncut)
      continue;
    if (wanted < 2 || (shape.product && tiles.tiles >= enoughTiles))
      break;
    int64_t pieces = cutDimension(tiles, domain, dim, wanted, shape);
    tiles.tiles *= pieces;
    wanted /= pieces;
    if (shape.largest == LargestMatrix::Columns &&
        dim + 1 == int64_t(domain.size()) && pieces >= firstPieces)
      break;
  }
  return tiles;
}
