// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The graph on which kernels form: groups of ops, and which two may be one
// kernel.
#ifndef SINTER_LIB_DIALECT_NN_TRANSFORMS_FUSIONGRAPH_H
#define SINTER_LIB_DIALECT_NN_TRANSFORMS_FUSIONGRAPH_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "sinter/Dialect/NN/IR/Builders.h"
#include "sinter/Dialect/NN/IR/Views.h"
#include "llvm/ADT/SetVector.h"

namespace sinter::nn {

/// What an op is to fusion.
enum class FusionRole {
  Compute, ///< belongs to exactly one kernel
  Cloned,  ///< so cheap that every kernel which reads it gets a copy
  Outside  ///< no kernel: state, checks, views, returns
};

/// Ops that are one kernel, or a single op outside of kernels.
struct FusionGroup {
  llvm::SmallVector<mlir::Operation *> ops; ///< in program order
  llvm::SmallVector<int64_t> domain, reduced;
  ContractionOpInterface contraction;
  bool isOutside = false;
  llvm::SmallSetVector<unsigned, 8> before,
      after; ///< groups whose results this one reads, and that read its

  bool isRow(llvm::ArrayRef<int64_t> shape) const;
};

class FusionGraph {
public:
  /// Starts with one group per op of `block`, but a product and the slices that
  /// are its gates are one, unless each op is to stay alone.
  FusionGraph(mlir::Block &block, bool mergesOps);

  FusionRole roleOf(mlir::Operation *op) const { return roles.lookup(op); }
  unsigned groupOf(mlir::Operation *op) const { return groupIds.lookup(op); }
  FusionGroup &group(unsigned id) { return groups[id]; }

  /// The group that computes what `value` is, looking through cloned ops;
  /// nothing for values from outside.
  std::optional<unsigned> producerOf(mlir::Value value) const;

  /// Makes one kernel of two groups, which then has the number `into`.
  /// Otherwise leaves both and says why, in words that follow "not fused: ".
  bool merge(unsigned into, unsigned from, std::string &reason);

  /// Lets groups compute again what others would store for them alone, where
  /// that costs no more than loading it. Between merges.
  void repeatCheapOps();

  /// Numbers of all groups with ops, each after those it reads, otherwise in
  /// program order.
  llvm::SmallVector<unsigned> inOrder() const;
  /// Where an op stands in `ops()`.
  unsigned numberOf(mlir::Operation *op) const { return numbers.lookup(op); }

  llvm::ArrayRef<mlir::Operation *> ops() const { return program; }

private:
  void assignRoles(mlir::Block &block);
  void addGroup(mlir::Operation *op);
  void chooseOwnDomain(FusionGroup &group, mlir::Operation *op) const;
  bool readsInPlace(mlir::Operation *consumer) const;
  bool isDisplaced(mlir::Value value) const;
  /// Whether `op` is an nn.concat whose parts are computed side by side.
  bool joinsEqualParts(mlir::Operation *op) const {
    return equalConcats.contains(op);
  }
  void connect(mlir::Operation *op);
  bool chooseDomain(const FusionGroup &a, const FusionGroup &b,
                    FusionGroup &merged, std::string &reason) const;
  bool readsInPlaceOnly(const FusionGroup &consumer, unsigned producer,
                        std::string &reason) const;
  bool edgesAlign(const FusionGroup &consumer, unsigned producer,
                  const FusionGroup &merged, std::string &reason) const;
  bool isTooLarge(const FusionGroup &a, const FusionGroup &b,
                  std::string &reason) const;
  bool collectBetween(unsigned first, unsigned second,
                      llvm::DenseSet<unsigned> &between) const;
  void reorder(unsigned first, unsigned second, unsigned merged,
               const llvm::DenseSet<unsigned> &between);

  // FusionRecompute.cpp
  llvm::SmallVector<mlir::Operation *> repeatableOps(mlir::Value value) const;
  bool collectReaders(mlir::Value value, unsigned id,
                      llvm::SmallVectorImpl<mlir::Operation *> &readers) const;
  void replaceInGroup(mlir::Value value, mlir::Value copy, unsigned id);
  void repeatIn(unsigned id, mlir::Value value,
                llvm::ArrayRef<mlir::Operation *> ops);
  void removeOps(const llvm::DenseSet<mlir::Operation *> &unread);

  /// A kernel of so many ops, or one that reads so many others, gains nothing
  /// by more of them, but compiling it would take more than so much longer.
  static constexpr size_t maxKernelOps = 128, maxKernelInputs = 64;

  bool mergesOps;
  llvm::SmallVector<mlir::Operation *> program;
  llvm::DenseMap<mlir::Operation *, FusionRole> roles;
  llvm::DenseMap<mlir::Operation *, unsigned> groupIds, numbers;
  llvm::DenseSet<mlir::Operation *> equalConcats;
  std::vector<FusionGroup> groups;
  /// The groups in an order in which each stands after those it reads, with
  /// places that are free, and where each of them stands.
  std::vector<std::optional<unsigned>> order;
  std::vector<size_t> places;
};

/// Dimensions over which `op` reduces or cumulates, which one tile has whole;
/// nothing for other ops.
std::optional<llvm::SmallVector<int64_t>> reducedDims(mlir::Operation *op);

/// Whether `op` is a sum of those updates, for each row, whose index is the
/// row: code passes over the updates, not over the rows.
bool isSelectedSum(mlir::Operation *op);

/// Dimensions of a domain that are not reduced.
llvm::SmallVector<int64_t> gridDims(size_t rank,
                                    llvm::ArrayRef<int64_t> reduced);

/// The name of a group in reports: of its product, else of its first op.
std::string describe(const FusionGroup &group);

/// The name under which reports speak of an op: that of the layer it comes
/// from, else its own.
llvm::StringRef reportedName(mlir::Operation *op);

} // namespace sinter::nn

#endif
