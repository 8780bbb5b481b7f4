// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contracts of the phases of tensors: graph, grad and fused.

#include "Verification.h"
#include "mlir/IR/SymbolTable.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Dialect/NN/IR/Views.h"
#include "sinter/Pipelines/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYGRAPH
#define GEN_PASS_DEF_VERIFYGRAD
#define GEN_PASS_DEF_VERIFYFUSED
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter;

/// An entry is one block of nn ops on tensors of static shape.
static LogicalResult verifyEntryOfTensors(func::FuncOp entry) {
  if (!entry.getBody().hasOneBlock())
    return entry.emitError("expected an entry of one block, but got ")
           << entry.getBody().getBlocks().size();
  auto isStatic = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.hasStaticShape();
  };
  LogicalResult result = success();
  entry.walk([&](Operation *op) {
    bool known = isa<nn::NNDialect, func::FuncDialect>(op->getDialect()) &&
                 !isa<func::CallOp, func::CallIndirectOp>(op);
    if (!known)
      result = op->emitError("expected nn ops in an entry, but got ")
               << op->getName();
    SmallVector<Type> types(op->getOperandTypes());
    llvm::append_range(types, op->getResultTypes());
    if (op == entry)
      llvm::append_range(types, entry.getArgumentTypes());
    for (Type type : types)
      if (known && !isStatic(type)) {
        result = op->emitError("expected tensors of static shape, but got ")
                 << type;
        break;
      }
  });
  return result;
}

namespace {

struct VerifyGraph : public sinter::impl::VerifyGraphBase<VerifyGraph> {
  using Base::Base;

  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      isValid &= succeeded(verifyEntryOfTensors(function));
      Draws draws;
      function.walk([&](Operation *op) {
        if (requireLocations &&
            !op->getLoc()->findInstanceOf<FileLineColLoc>()) {
          op->emitError(
              "expected a source location on every op, but got none on ")
              << op->getName();
          isValid = false;
        }
        if (isa<nn::KernelOp>(op)) {
          op->emitError("expected no kernel before fusion");
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

  /// The first draw of each id, seed and step.
  using Draws = DenseMap<std::tuple<int64_t, Value, Value>, Operation *>;

  /// One id is one draw in a step: the same numbers, of one op or of copies of
  /// it.
  static LogicalResult verifyDraw(Operation *op, Draws &draws) {
    int64_t id = op->getAttrOfType<IntegerAttr>("id").getInt();
    OperandRange operands = op->getOperands();
    Operation *&first =
        draws[{id, operands[operands.size() - 2], operands.back()}];
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

/// What an entry sets of its state.
class SetSegments {
public:
  explicit SetSegments(func::FuncOp entry) : entry(entry) {}

  LogicalResult verify() {
    LogicalResult result = success();
    entry.walk([&](Operation *op) {
      if (auto set = dyn_cast<nn::SetSegmentOp>(op))
        if (failed(add(op, set.getKey())))
          result = failure();
      if (auto set = dyn_cast<nn::SetRunOp>(op))
        if (failed(addRun(set)))
          result = failure();
    });
    if (failed(result) || !entry->hasAttr("nn.updates"))
      return result;
    return verifyUpdates();
  }

private:
  LogicalResult add(Operation *op, StringRef key) {
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

  LogicalResult addRun(nn::SetRunOp set) {
    auto state = SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(
        set, set.getStateAttr());
    for (nn::SegmentOp segment : state.getRunSegments(set.getRun()))
      if (failed(add(set, segment.getKey())))
        return failure();
    return success();
  }

  /// A step of the optimizer: each parameter gets a new value or is listed as
  /// frozen.
  LogicalResult verifyUpdates() {
    SmallVector<StringRef> frozen;
    if (auto names = entry->getAttrOfType<ArrayAttr>("nn.frozen"))
      llvm::append_range(frozen, names.getAsValueRange<StringAttr>());
    auto name = entry->getAttrOfType<FlatSymbolRefAttr>("nn.state");
    auto state =
        name ? SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(entry, name)
             : nullptr;
    if (!state)
      return entry.emitError("expected an entry that updates parameters to "
                             "have a state");
    for (auto segment : state.getBody().getOps<nn::SegmentOp>()) {
      if (segment.getKind() != nn::SegmentKind::parameter &&
          segment.getKind() != nn::SegmentKind::frozen)
        continue;
      bool isFrozen = llvm::is_contained(frozen, segment.getKey());
      if (isFrozen == sets.contains(segment.getKey()))
        return entry.emitError("expected each parameter to be updated or "
                               "listed as frozen, but got '")
               << segment.getKey() << "' "
               << (isFrozen ? "updated and frozen"
                            : "neither updated nor "
                              "frozen");
      llvm::erase(frozen, segment.getKey());
    }
    if (frozen.empty())
      return success();
    return entry.emitError("expected frozen parameters of the state, but got '")
           << frozen.front() << "'";
  }

  func::FuncOp entry;
  llvm::StringMap<Operation *> sets;
};

struct VerifyGrad : public sinter::impl::VerifyGradBase<VerifyGrad> {
  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      isValid &= succeeded(verifyEntryOfTensors(function));
      function.walk([&](Operation *op) {
        if (!isa<nn::GradientOp, nn::KernelOp>(op))
          return;
        op->emitError(isa<nn::KernelOp>(op)
                          ? "expected no kernel before fusion"
                          : "expected no nn.gradient after autodiff");
        isValid = false;
      });
      isValid &= succeeded(SetSegments(function).verify());
    }
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }
};

struct VerifyFused : public sinter::impl::VerifyFusedBase<VerifyFused> {
  void runOnOperation() override {
    bool isValid = true;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      isValid &= succeeded(verifyEntryOfTensors(function));
      isValid &= succeeded(SetSegments(function).verify());
      function.walk([&](nn::ScanOp scan) {
        isValid &= succeeded(verifyOutside(scan.getBody().front()));
      });
      isValid &= succeeded(verifyOutside(function.getBody().front()));
    }
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }

  /// The block of an entry, or of a step of a scan, computes in kernels alone.
  static LogicalResult verifyOutside(Block &block) {
    LogicalResult result = success();
    for (Operation &op : block.without_terminator()) {
      if (auto kernel = dyn_cast<nn::KernelOp>(op)) {
        if (failed(verifyKernel(kernel)))
          result = failure();
      } else if (!nn::isView(&op) &&
                 !isa<nn::GetSegmentOp, nn::GetRunOp, nn::SetSegmentOp,
                      nn::SetRunOp, nn::PackRunOp, nn::CheckIndexOp,
                      nn::ConstantOp, nn::ScanOp>(op)) {
        result = op.emitError("expected every compute op in a kernel, but got ")
                 << op.getName() << " outside";
      }
    }
    return result;
  }

  /// A kernel holds primitives; what it gives is as large as its domain or as
  /// its rows.
  static LogicalResult verifyKernel(nn::KernelOp kernel) {
    LogicalResult result = success();
    Block &body = kernel.getBody().front();
    for (Operation &op : body.without_terminator())
      if (!isPrimitive(&op))
        result = op.emitError("expected primitives in kernels, but got ")
                 << op.getName();
    if (body.without_terminator().empty())
      return kernel.emitError("expected a compute op in a kernel");
    // A result may be transposed or reshaped on its way out.
    auto sizeOf = [](ArrayRef<int64_t> shape) {
      return ShapedType::getNumElements(shape);
    };
    int64_t domain = sizeOf(kernel.getDomain()),
            rows = sizeOf(nn::reducedShape(kernel.getDomain(),
                                           kernel.getReduced(), false));
    for (Value value : body.getTerminator()->getOperands()) {
      Type type = value.getType();
      int64_t size = cast<RankedTensorType>(type).getNumElements();
      // The last panel may be wider than the columns that are left.
      if (auto pack = value.getDefiningOp<nn::PackPanelsOp>())
        size = sizeOf(pack.getDomain());
      // Parts side by side are computed together.
      if (auto concat = value.getDefiningOp<nn::ConcatOp>();
          concat && kernel.getReduced().empty() &&
          llvm::all_of(concat.getInputs(), [&](Value part) {
            return cast<RankedTensorType>(part.getType()).getShape() ==
                   kernel.getDomain();
          }))
        size = domain;
      if (size != domain && size != rows)
        return kernel.emitError("expected results of the domain ")
               << nn::shapeText(kernel.getDomain())
               << " or of its rows, but got " << type;
    }
    return result;
  }
};
} // namespace
