// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where each value of an entry lives, and in which order its kernels run.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_MEMORYPLAN_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_MEMORYPLAN_H

#include "KernelLibrary.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Dialect/NN/Transforms/OverlapIndex.h"

namespace sinter::nn {

/// How a place moves in a scan: by `stride` bytes with each step, or with time;
/// with a period, by the step's rest.
struct Move {
  ScanOp scan;
  bool followsTime;
  int64_t stride;
  int64_t period = 0; ///< 0: none
};

/// A range of bytes in one buffer of an entry.
struct Place {
  enum class Base { Undecided, State, Argument, Result, Constant, Slot };
  Base base = Base::Undecided;
  unsigned index =
      0; ///< of the argument, the result, the slot; of the root for constants
  int64_t offset = 0, bytes = 0;
  llvm::SmallVector<Move, 1> moves; ///< of the outermost scan first

  bool overlaps(const Place &other) const {
    return base == other.base && index == other.index &&
           offset < other.offset + other.bytes && other.offset < offset + bytes;
  }
};

/// A value with all views of it: one range of bytes.
struct Root {
  mlir::Value value;
  llvm::SmallVector<mlir::Value> aliases; ///< `value` is the first
  Place place;
  mlir::OpOperand *demand = nullptr; ///< where its place comes from: of
                                     ///< nn.set_*, nn.pack_run or return
  bool isForCheck = false; ///< a check reads it, so it must not lie where a
                           ///< refused call leaves no trace
};

/// A slot of the workspace: values that live from one launch to another.
struct Slot {
  int64_t bytes = 0, offset = 0;
  unsigned first = ~0u, last = 0; ///< positions in the schedule
};

/// The plan of one entry. Adds copy and zero kernels to the entry where values
/// are wanted in two places.
class MemoryPlan {
public:
  MemoryPlan(mlir::func::FuncOp entry, KernelLibrary &kernels);

  /// Decides everything; fails after a located error.
  mlir::LogicalResult run();

  const Root &rootOf(mlir::Value value) const {
    return roots[rootIds.lookup(value)];
  }
  /// The constant of a place: slices of it in loops have places there, too.
  ConstantOp constantAt(const Place &place) const {
    return roots[place.index].value.getDefiningOp<ConstantOp>();
  }
  /// The bytes of a value: its root's, or a part of them.
  Place placeOf(mlir::Value value) const;
  /// Kernel calls, scans and checks in the order in which they run.
  llvm::ArrayRef<mlir::Operation *> schedule() const { return order; }
  llvm::ArrayRef<Slot> workspaceSlots() const { return slots; }
  /// Inputs of a call that lie in the buffer of an output.
  llvm::SmallVector<InOut> inOutsOf(mlir::func::CallOp call) const;
  /// The place that a call without readers writes: the padding between the
  /// parts of a run.
  const Place *paddingOf(mlir::Operation *call) const {
    auto found = paddings.find(call);
    return found == paddings.end() ? nullptr : &found->second;
  }
  int64_t workspaceBytes() const { return bytes; }
  /// Bytes of what scans keep for other scans: the histories of those that
  /// others read from, but those of which only the last slot is read; and the
  /// ys that others read.
  int64_t historyBytes();
  int64_t savedBytes();

private:
  mlir::LogicalResult collectRoots();
  mlir::FailureOr<Place> placeInState(mlir::Operation *op);
  mlir::LogicalResult serveDemands();
  void serve(mlir::OpOperand &demand, Place target);
  void copyTo(mlir::OpOperand &demand, Place target);
  mlir::LogicalResult servePack(PackRunOp pack);
  Root &addRoot(mlir::Value value);
  void addView(mlir::Operation *view);
  bool isWhole(mlir::Value value) const;
  mlir::LogicalResult collectScan(ScanOp scan);
  void serveInits(ScanOp scan);
  bool isReadByScan(mlir::Value value);
  bool readsFinalSlotOnly(const Root &history) const;
  void placeHistory(ScanOp scan, unsigned carry);
  void placeArguments(ScanOp scan);
  void placeBody(ScanOp scan);
  void addPadding(PackRunOp pack, int64_t offset, int64_t bytes);
  void markCheckedValues();
  std::optional<unsigned> tiedResult(mlir::BlockArgument argument);
  Place newSlot(int64_t slotBytes);

  void buildGraph();
  void addProducers(mlir::Value value, unsigned reader);
  /// Values from before the call by base and index of their places.
  using OldValues =
      std::map<std::pair<unsigned, unsigned>, OverlapIndex<mlir::Value>>;
  OldValues collectOldValues() const;
  bool writesLasting(mlir::Operation *op) const;
  bool addOldValueEdges();
  bool findOldReaders(const Root &writer, OldValues &oldValues,
                      llvm::SmallVectorImpl<unsigned> &readers);
  bool overwritesItself(mlir::OpOperand &use, const Root &writer) const;
  bool findPositions();
  bool reaches(unsigned from, unsigned to) const;
  mlir::LogicalResult sortNodes();
  void findLifetimes();
  void extendOver(mlir::Operation *op, unsigned &position);
  void shareStackedSlots();
  void allocateSlots();

  mlir::func::FuncOp entry;
  KernelLibrary &kernels;
  StateOp state;
  std::optional<mlir::SymbolTable> segments; ///< of `state`, by key
  mlir::Operation *terminator;
  std::vector<Root> roots;
  llvm::DenseMap<mlir::Value, unsigned> rootIds;
  llvm::DenseMap<mlir::Value, int64_t> viewOffsets; ///< in the root
  llvm::SmallVector<Slot> slots;
  llvm::DenseMap<mlir::Operation *, Place> paddings;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *>>
      paddingsOfPack;
  /// Launches, scans and checks; null is the point between all checks and what
  /// a refused call must not have written.
  llvm::SmallVector<mlir::Operation *> nodes;
  llvm::SmallVector<mlir::Operation *> order;
  /// The scans of the schedule: positions of their first and last launch.
  llvm::DenseMap<mlir::Operation *, std::pair<unsigned, unsigned>> spans;
  llvm::DenseMap<mlir::Operation *, unsigned> nodeIds;
  std::vector<llvm::SmallVector<unsigned>> after;
  std::vector<unsigned> positions; ///< of nodes, after all that they follow
  int64_t bytes = 0;
};

} // namespace sinter::nn

#endif
