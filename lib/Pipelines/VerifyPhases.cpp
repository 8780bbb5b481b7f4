// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contracts of the phases from graph to linalg; those of loops and llvm
// stand beside their code generators.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Pipelines/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYGRAPH
#define GEN_PASS_DEF_VERIFYGRAD
#define GEN_PASS_DEF_VERIFYFUSED
#define GEN_PASS_DEF_VERIFYKERNELS
#define GEN_PASS_DEF_VERIFYLINALG
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter;

static bool isKernel(func::FuncOp function) {
  return function->hasAttr("sinter.kernel");
}

namespace {

struct VerifyGraph : public sinter::impl::VerifyGraphBase<VerifyGraph> {
  using Base::Base;

  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      DenseMap<int64_t, Operation *> draws;
      function.walk([&](Operation *op) {
        if (requireLocations &&
            !op->getLoc()->findInstanceOf<FileLineColLoc>()) {
          op->emitError(
              "expected a source location on every op, but got none on ")
              << op->getName();
          isValid = false;
        }
        if (isa<nn::RandomUniformOp, nn::RandomNormalOp, nn::DropoutOp>(op))
          isValid &= succeeded(verifyDraw(op, draws));
      });
    }
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }

  /// One id is one draw: the same numbers, of one op or of copies of it.
  static LogicalResult verifyDraw(Operation *op,
                                  DenseMap<int64_t, Operation *> &draws) {
    int64_t id = op->getAttrOfType<IntegerAttr>("id").getInt();
    Operation *&first = draws[id];
    if (!first)
      first = op;
    if (first == op || (first->getName() == op->getName() &&
                        first->getOperands() == op->getOperands() &&
                        first->getResultTypes() == op->getResultTypes()))
      return success();
    InFlightDiagnostic error =
        op->emitError("expected an id of its own for each random op, but got ");
    error << id << " again";
    error.attachNote(first->getLoc()) << "first used here";
    return error;
  }
};

struct VerifyGrad : public sinter::impl::VerifyGradBase<VerifyGrad> {
  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      llvm::StringMap<Operation *> sets;
      function.walk([&](Operation *op) {
        if (isa<nn::GradientOp>(op)) {
          op->emitError("expected no nn.gradient after autodiff");
          isValid = false;
        }
        if (auto set = dyn_cast<nn::SetSegmentOp>(op))
          isValid &= succeeded(verifySet(op, set.getKey(), sets));
        if (auto set = dyn_cast<nn::SetRunOp>(op))
          isValid &= succeeded(verifyRun(set, sets));
      });
    }
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }

  static LogicalResult verifySet(Operation *op, StringRef key,
                                 llvm::StringMap<Operation *> &sets) {
    Operation *&first = sets[key];
    if (!first) {
      first = op;
      return success();
    }
    InFlightDiagnostic error =
        op->emitError("expected each segment to be set once, but got '");
    error << key << "' again";
    error.attachNote(first->getLoc()) << "first set here";
    return error;
  }

  static LogicalResult verifyRun(nn::SetRunOp set,
                                 llvm::StringMap<Operation *> &sets) {
    auto state = SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(
        set, set.getStateAttr());
    if (!state)
      return set.emitError("expected the table of a state, but got '")
             << set.getState() << "'";
    for (nn::SegmentOp segment : state.getRunSegments(set.getRun()))
      if (failed(verifySet(set, segment.getKey(), sets)))
        return failure();
    return success();
  }
};

struct VerifyFused : public sinter::impl::VerifyFusedBase<VerifyFused> {
  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      for (Operation &op : function.getOps())
        if (isa<nn::NNDialect>(op.getDialect()) &&
            !isa<nn::KernelOp, nn::GetSegmentOp, nn::GetRunOp, nn::SetSegmentOp,
                 nn::SetRunOp, nn::PackRunOp, nn::CheckIndexOp, nn::ReshapeOp,
                 nn::ConstantOp>(op)) {
          op.emitError("expected every compute op in a kernel, but got ")
              << op.getName() << " outside";
          isValid = false;
        }
      function.walk([&](DecomposableOpInterface layer) {
        layer->emitError("expected primitives in kernels, but got ")
            << layer->getName();
        isValid = false;
      });
    }
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }
};

/// A range of bytes of an argument of an entry.
struct ByteRange {
  Value base;
  int64_t begin = 0, end = 0;
};

struct VerifyKernels : public sinter::impl::VerifyKernelsBase<VerifyKernels> {
  void runOnOperation() override {
    bool isValid = true;
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>())
      isValid &= succeeded(isKernel(function) ? verifyKernel(function)
                                              : verifyEntry(function, symbols));
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }

  static LogicalResult verifyKernel(func::FuncOp kernel) {
    if (!kernel.isPrivate() || kernel.getNumResults() != 0)
      return kernel.emitError(
          "expected kernels to be private functions in destination style");
    for (StringRef name :
         {"sinter.inputs", "sinter.inouts", "sinter.domain", "sinter.reduced",
          "sinter.tile_sizes", "sinter.tiles"})
      if (!kernel->hasAttr(name))
        return kernel.emitError("expected the attribute '")
               << name << "' on a kernel";
    return success();
  }

  static LogicalResult verifyEntry(func::FuncOp entry, SymbolTable &symbols) {
    LogicalResult result = success();
    for (Operation &op : entry.getOps()) {
      if (auto launch = dyn_cast<nn::LaunchOp>(op)) {
        if (failed(verifyLaunch(launch, symbols)))
          result = failure();
      } else if (!isa<nn::BufferViewOp, nn::CheckIndexOp, memref::GetGlobalOp,
                      func::ReturnOp>(op)) {
        result = op.emitError("expected launches, views, checks and constants "
                              "in an entry, but got ")
                 << op.getName();
      }
    }
    return result;
  }

  static ByteRange rangeOf(Value buffer) {
    ByteRange range;
    auto type = cast<MemRefType>(buffer.getType());
    while (auto view = buffer.getDefiningOp<nn::BufferViewOp>()) {
      range.begin += view.getOffset();
      buffer = view.getSource();
    }
    range.base = buffer;
    range.end =
        range.begin + type.getNumElements() *
                          llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    return range;
  }

  static LogicalResult verifyLaunch(nn::LaunchOp launch, SymbolTable &symbols) {
    auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
    if (!kernel || !isKernel(kernel))
      return launch.emitError("expected a kernel function, but got '")
             << launch.getKernel() << "'";
    SmallVector<Type> types(launch.getOperands().getTypes());
    if (ArrayRef<Type>(types) != kernel.getArgumentTypes().drop_back(2))
      return launch.emitError("expected operands of the kernel's types ")
             << kernel.getFunctionType();
    int64_t inputs =
        kernel->getAttrOfType<IntegerAttr>("sinter.inputs").getInt();
    SmallVector<ByteRange> ranges;
    for (Value operand : launch.getOperands())
      ranges.push_back(rangeOf(operand));
    for (size_t written = inputs; written < ranges.size(); ++written)
      for (size_t other = 0; other < written; ++other)
        if (ranges[other].base == ranges[written].base &&
            ranges[other].begin < ranges[written].end &&
            ranges[written].begin < ranges[other].end)
          return launch.emitError(
                     "expected operands that do not overlap, but got ")
                 << other << " and " << written << " in the same bytes";
    return success();
  }
};

struct VerifyLinalg : public sinter::impl::VerifyLinalgBase<VerifyLinalg> {
  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function))
        function.walk([&](Operation *op) {
          if (isa_and_nonnull<nn::NNDialect>(op->getDialect())) {
            op->emitError("expected no nn op in a kernel after the lowering to "
                          "linalg, but got ")
                << op->getName();
            isValid = false;
          }
        });
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }
};
} // namespace
