// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contracts of the phases of schedules, kernels and linalg; that of loops
// stands beside its code generator.

#include "MovingRange.h"
#include "Verification.h"
#include "WorkspaceUse.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Pipelines/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYKERNELS
#define GEN_PASS_DEF_VERIFYLINALG
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter;

//===----------------------------------------------------------------------===//
// Signatures of kernels
//===----------------------------------------------------------------------===//

static FailureOr<int64_t> numberOf(func::FuncOp kernel, StringRef name) {
  auto number = kernel->getAttrOfType<IntegerAttr>(name);
  if (number && number.getType().isSignlessInteger(64) && number.getInt() >= 0)
    return number.getInt();
  return kernel.emitError("expected the attribute '")
         << name << "' on a kernel, a number of 0 or more";
}

static FailureOr<ArrayRef<int64_t>> numbersOf(func::FuncOp kernel,
                                              StringRef name) {
  auto numbers = kernel->getAttrOfType<DenseI64ArrayAttr>(name);
  if (numbers)
    return numbers.asArrayRef();
  return kernel.emitError("expected the attribute '")
         << name << "' on a kernel, an array of numbers";
}

/// Buffers as the C interface knows them, inputs, in-outs and outputs, then the
/// range of tiles.
static LogicalResult verifyParameters(func::FuncOp kernel) {
  FailureOr<int64_t> inputs = numberOf(kernel, "sinter.inputs");
  if (failed(inputs))
    return failure();
  FailureOr<int64_t> inouts = numberOf(kernel, "sinter.inouts");
  if (failed(inouts))
    return failure();
  ArrayRef<Type> types = kernel.getArgumentTypes();
  if (types.size() < 2 || !types.back().isIndex() ||
      !types.drop_back().back().isIndex())
    return kernel.emitError("expected a kernel's last parameters to be a range "
                            "of tiles, but got ")
           << kernel.getFunctionType();
  int64_t buffers = types.size() - 2;
  if (*inputs > buffers || *inouts > buffers - *inputs)
    return kernel.emitError("expected at most ")
           << buffers << " inputs and in-outs, but got " << *inputs << " and "
           << *inouts;
  for (Type type : types.drop_back(2)) {
    auto buffer = dyn_cast<MemRefType>(type);
    if (!buffer || !buffer.hasStaticShape() || !nn::isCountable(buffer) ||
        !buffer.getLayout().isIdentity() || buffer.getMemorySpace() ||
        !buffer.getElementType().isIntOrFloat())
      return kernel.emitError(
                 "expected a kernel's operands to be contiguous buffers of "
                 "numbers, but got ")
             << type;
  }
  return success();
}

/// The tiles cover the domain: none splits a reduced dimension.
static LogicalResult verifyTiles(func::FuncOp kernel) {
  FailureOr<ArrayRef<int64_t>> domain = numbersOf(kernel, "sinter.domain"),
                               reduced = numbersOf(kernel, "sinter.reduced"),
                               sizes = numbersOf(kernel, "sinter.tile_sizes");
  FailureOr<int64_t> tiles = numberOf(kernel, "sinter.tiles");
  if (failed(domain) || failed(reduced) || failed(sizes) || failed(tiles))
    return failure();
  int64_t before = -1, rank = domain->size();
  for (int64_t dim : *reduced) {
    if (dim <= before || dim >= rank)
      return kernel.emitError("expected sorted reduced dimensions of the "
                              "domain ")
             << nn::shapeText(*domain) << ", but got "
             << nn::shapeText(*reduced);
    before = dim;
  }
  auto wrongSizes = [&] {
    return kernel.emitError("expected tile sizes that divide the domain ")
           << nn::shapeText(*domain) << " into " << *tiles
           << " tiles and no reduced dimension, but got "
           << nn::shapeText(*sizes);
  };
  if (int64_t(sizes->size()) != rank)
    return wrongSizes();
  int64_t product = 1;
  for (auto [dim, extent] : llvm::enumerate(*domain)) {
    int64_t size = (*sizes)[dim];
    bool isReduced = llvm::is_contained(*reduced, dim);
    if (extent < 0 || extent > int64_t(1) << 40 || size < 1 ||
        (isReduced && size < extent))
      return wrongSizes();
    // What is reduced may be empty: there is a result all the same.
    int64_t pieces = isReduced ? 1 : llvm::divideCeil(extent, size);
    if (pieces && product > (int64_t(1) << 40) / pieces)
      return wrongSizes();
    product *= pieces;
  }
  return product == *tiles ? success() : wrongSizes();
}

static LogicalResult verifySignature(func::FuncOp kernel) {
  if (!kernel.isPrivate() || kernel.getNumResults() != 0 ||
      !kernel.getBody().hasOneBlock())
    return kernel.emitError(
        "expected kernels to be private functions in destination style");
  return success(succeeded(verifyParameters(kernel)) &&
                 succeeded(verifyTiles(kernel)));
}

//===----------------------------------------------------------------------===//
// Bodies of kernels
//===----------------------------------------------------------------------===//

/// Reads inputs and in-outs, writes every in-out and output once, and computes
/// with ops that `isAllowed`.
static LogicalResult
verifyBody(func::FuncOp kernel, StringRef what,
           llvm::function_ref<bool(Operation *)> isAllowed) {
  LogicalResult result = success();
  unsigned inputs =
      kernel->getAttrOfType<IntegerAttr>("sinter.inputs").getInt();
  unsigned buffers = kernel.getNumArguments() - 2;
  SmallVector<bool> written(buffers, false);
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (auto read = dyn_cast<bufferization::ToTensorOp>(op)) {
      if (!isa<BlockArgument>(read.getMemref()))
        result = op.emitError("expected a kernel to read its operands");
    } else if (auto write =
                   dyn_cast<bufferization::MaterializeInDestinationOp>(op)) {
      auto target = dyn_cast<BlockArgument>(write.getDest());
      unsigned number = target ? target.getArgNumber() : buffers;
      if (number >= buffers || number < inputs || written[number])
        result = op.emitError("expected a kernel to write each of its in-outs "
                              "and outputs once, and no input");
      else
        written[number] = true;
    } else if (!isAllowed(&op)) {
      result = op.emitError("expected ")
               << what << ", but got " << op.getName();
    }
  }
  for (unsigned number = inputs; number < buffers; ++number)
    if (!written[number] && succeeded(result))
      result = kernel.emitError("expected a kernel to write each of its "
                                "in-outs and outputs once, and no input, but "
                                "got none written for operand ")
               << number;
  return result;
}

/// What linalg on tensors is made of.
static bool isOfLinalgPhase(Operation *op) {
  bool isAllowed =
      isa<arith::ConstantOp, tensor::EmptyOp, tensor::ExtractSliceOp,
          tensor::InsertSliceOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
          linalg::FillOp, linalg::GenericOp>(op);
  op->walk([&](Operation *inner) {
    if (inner != op && !isa<linalg::FillOp>(op))
      isAllowed &=
          isa<linalg::YieldOp, linalg::IndexOp, tensor::ExtractOp>(inner) ||
          isa<arith::ArithDialect, math::MathDialect>(inner->getDialect());
  });
  return isAllowed;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

/// What a launch writes lies apart from all that it reads and writes, in every
/// step.
static LogicalResult verifyOverlaps(nn::LaunchOp launch, size_t inputs) {
  SmallVector<MovingRange> ranges;
  for (Value operand : launch.getOperands())
    ranges.push_back(rangeOf(operand));
  for (size_t written = inputs; written < ranges.size(); ++written)
    for (size_t other = 0; other < written; ++other)
      if (overlapInSomeStep(ranges[other], ranges[written]))
        return launch.emitError(
                   "expected operands that do not overlap, but got ")
               << other << " and " << written << " in the same bytes";
  return success();
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
  auto tiles = kernel->getAttrOfType<IntegerAttr>("sinter.tiles");
  if (int64_t(launch.getTiles()) != tiles.getInt())
    return launch.emitError("expected the kernel's ")
           << tiles.getInt() << " tiles, but got " << launch.getTiles();
  int64_t inputs = kernel->getAttrOfType<IntegerAttr>("sinter.inputs").getInt();
  return verifyOverlaps(launch, inputs);
}

/// A constant of the module, of the type that the entry reads it as.
static LogicalResult verifyConstant(memref::GetGlobalOp use,
                                    SymbolTable &symbols) {
  auto global = symbols.lookup<memref::GlobalOp>(use.getName());
  bool isConstant =
      global && global.getConstant() &&
      isa_and_nonnull<DenseElementsAttr>(global.getInitialValueAttr());
  if (!isConstant)
    return use.emitError("expected a constant of the module, but got '")
           << use.getName() << "'";
  return success();
}

static LogicalResult verifyEntry(func::FuncOp entry, SymbolTable &symbols) {
  if (!entry.getBody().hasOneBlock() || entry.getNumResults() != 0)
    return entry.emitError("expected an entry of one block without results");
  LogicalResult result = success();
  entry.walk([&](Operation *inner) {
    Operation &op = *inner;
    if (isa<nn::CheckIndexOp>(op) && isa<nn::LoopOp>(op.getParentOp()))
      result = op.emitError("expected checks outside of loops");
    if (auto launch = dyn_cast<nn::LaunchOp>(op)) {
      if (failed(verifyLaunch(launch, symbols)))
        result = failure();
    } else if (auto use = dyn_cast<memref::GetGlobalOp>(op)) {
      if (failed(verifyConstant(use, symbols)))
        result = failure();
    } else if (!isa<nn::BufferViewOp, nn::CheckIndexOp, func::ReturnOp,
                    func::FuncOp, nn::LoopOp, nn::StepViewOp>(op)) {
      result = op.emitError("expected launches, loops, views, checks and "
                            "constants in an entry, but got ")
               << op.getName();
    }
  });
  return failed(result) ? failure() : verifyWorkspaceUse(entry, symbols);
}

namespace {
struct VerifyKernels : public sinter::impl::VerifyKernelsBase<VerifyKernels> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    LogicalResult result = success();
    auto require = [&](LogicalResult one) {
      if (failed(one))
        result = failure();
    };
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (isKernel(function))
        require(verifySignature(function));
    // Launches and bodies are read with the kernels' attributes.
    if (succeeded(result))
      for (func::FuncOp function : functions) {
        if (!isKernel(function))
          require(verifyEntry(function, symbols));
        else if (primitives)
          require(verifyBody(function, "primitives in a kernel", isPrimitive));
      }
    markAllAnalysesPreserved();
    if (failed(result))
      signalPassFailure();
  }
};

struct VerifyLinalg : public sinter::impl::VerifyLinalgBase<VerifyLinalg> {
  void runOnOperation() override {
    LogicalResult result = success();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isKernel(function) &&
          (failed(verifySignature(function)) ||
           failed(verifyBody(function, "linalg on tensors in a kernel",
                             isOfLinalgPhase)) ||
           failed(verifyAccesses(function))))
        result = failure();
    markAllAnalysesPreserved();
    if (failed(result))
      signalPassFailure();
  }
};
} // namespace
