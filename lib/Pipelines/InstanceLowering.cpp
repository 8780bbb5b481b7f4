// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One instance of an entry: checks of what the caller passed, then the schedule
// as calls of kernels.

#include "InstanceLowering.h"
#include "ArgumentChecks.h"
#include "EntryBuilder.h"
#include "FunctionBuffers.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include <set>

using namespace mlir;
using namespace sinter;

std::string sinter::symbolOfRunner(func::FuncOp kernel) {
  return kernel.getName().str() + ".tiles";
}

StringRef sinter::roleOf(func::FuncOp entry, unsigned number) {
  auto role = entry.getArgAttrOfType<StringAttr>(number, "nn.role");
  return role ? role.getValue() : "";
}

/// LLVM takes more than linear time for the branches of a function: longer
/// schedules, of launches and checks of indices, go on in others.
static constexpr int64_t maxLaunches = 64;

static int64_t countLaunches(Operation &op) {
  int64_t count = 0;
  op.walk([&](Operation *inner) {
    count += isa<nn::LaunchOp, nn::CheckIndexOp>(inner);
  });
  return count;
}

namespace {
/// A schedule on buffers becomes calls on pointers.
class InstanceLowering {
public:
  InstanceLowering(func::FuncOp entry, bool writesState,
                   LLVM::LLVMFuncOp function, const SymbolTable &kernels)
      : entry(entry), writesState(writesState), function(function),
        kernels(kernels), code(function, entry.getLoc()) {}

  LogicalResult run() {
    entry.walk([&](nn::LaunchOp launch) {
      mostOperands =
          std::max<int64_t>(mostOperands, launch.getOperands().size());
    });
    checkArguments(code, entry, writesState, function);
    placeArguments();
    prepareThreads();
    int64_t launches = 0;
    for (Operation &op : entry.getBody().front().without_terminator()) {
      int64_t more = countLaunches(op);
      if (launches > 0 && launches + more > maxLaunches) {
        beginPart();
        launches = 0;
      }
      launches += more;
      if (failed(lower(&op)))
        return failure();
    }
    endPart();
    code.finish(code.status(SINTER_OK));
    return success();
  }

private:
  /// Goes on in a new function of the entry's shape, which the first one calls.
  void beginPart() {
    endPart();
    OpBuilder atModule(function->getContext());
    atModule.setInsertionPointAfter(parts.empty() ? function : parts.back());
    LLVM::LLVMFuncOp part = EntryBuilder::createEntry(
        atModule, entry.getLoc(),
        (function.getName() + "." + Twine(parts.size() + 1)).str(),
        LLVM::Linkage::Internal);
    part->setAttr(kBuffersAttribute, function->getAttr(kBuffersAttribute));
    parts.push_back(part);
    Value status =
        code.ops()
            .create<LLVM::CallOp>(code.loc(), part,
                                  ValueRange(function.getArguments()))
            .getResult();
    code.branch(
        code.compare(LLVM::ICmpPredicate::ne, status, code.status(SINTER_OK)),
        [&] { code.finish(status); }, [] {});
    first = code;
    code = EntryBuilder(part, entry.getLoc());
    buffers.clear();
    prepareThreads();
  }

  /// Goes on in the first function.
  void endPart() {
    if (!first)
      return;
    code.finish(code.status(SINTER_OK));
    code = *first;
    first.reset();
  }

  /// The pointer to a buffer in the function that is built.
  Value bufferOf(Value buffer) {
    if (Value known = buffers.lookup(buffer))
      return known;
    Value pointer;
    if (auto argument = dyn_cast<BlockArgument>(buffer)) {
      StringRef role = roleOf(entry, argument.getArgNumber());
      if (role == "state" || role == "workspace")
        pointer = role == "state" ? code.state() : code.workspace();
      else
        pointer = code.load(code.pointer(),
                            code.at(role == "input" ? code.in() : code.out(),
                                    positions[buffer] * sizeof(void *)));
    } else if (auto view = buffer.getDefiningOp<nn::BufferViewOp>()) {
      pointer = code.at(bufferOf(view.getSource()), view.getOffset());
    } else {
      pointer = code.ops().create<LLVM::AddressOfOp>(
          code.loc(), code.pointer(),
          buffer.getDefiningOp<memref::GetGlobalOp>().getName());
    }
    return buffers[buffer] = pointer;
  }

  /// Where the pointers of the buffers are.
  void placeArguments() {
    size_t inputs = 0, results = 0;
    for (BlockArgument argument : entry.getArguments()) {
      StringRef role = roleOf(entry, argument.getArgNumber());
      if (role == "state" || role == "workspace")
        buffers[argument] = role == "state" ? code.state() : code.workspace();
      else
        positions[argument] = role == "input" ? inputs++ : results++;
    }
    rowOffset = results * sizeof(void *);
  }

  /// Reads the context once: `parallelFor` is null where all runs on this
  /// thread.
  void prepareThreads() {
    if (mostOperands == 0)
      return;
    operandTable = code.stackPointers(mostOperands);
    Value threads = code.stackPointers(2);
    Value none = code.ops().create<LLVM::ZeroOp>(code.loc(), code.pointer());
    code.store(none, threads);
    code.branch(
        code.isNull(code.context()), [] {},
        [&] {
          Value function = code.load(
              code.pointer(),
              code.at(code.context(), offsetof(sinter_ctx, parallel_for)));
          code.store(function, threads);
          Value user =
              code.load(code.pointer(),
                        code.at(code.context(), offsetof(sinter_ctx, user)));
          code.store(user, code.at(threads, sizeof(void *)));
        });
    parallelFor = code.load(code.pointer(), threads);
    user = code.load(code.pointer(), code.at(threads, sizeof(void *)));
    isSerial = code.isNull(parallelFor);
  }

  LogicalResult lower(Operation *op) {
    if (auto view = dyn_cast<nn::BufferViewOp>(op)) {
      bufferOf(view);
    } else if (auto global = dyn_cast<memref::GetGlobalOp>(op)) {
      bufferOf(global);
    } else if (auto check = dyn_cast<nn::CheckIndexOp>(op)) {
      lowerCheck(check);
    } else if (auto launch = dyn_cast<nn::LaunchOp>(op)) {
      return lowerLaunch(launch);
    } else if (auto loop = dyn_cast<nn::LoopOp>(op)) {
      return lowerLoop(loop);
    } else if (auto view = dyn_cast<nn::StepViewOp>(op)) {
      Value index = buffers.lookup(view.getIndex());
      if (std::optional<uint64_t> period = view.getPeriod())
        index = code.ops().create<LLVM::URemOp>(code.loc(), index,
                                                code.constant(*period));
      Value moved = code.ops().create<LLVM::MulOp>(
          code.loc(), index, code.constant(view.getStride()));
      buffers[view.getResult()] =
          code.at(code.element(bufferOf(view.getSource()),
                               code.ops().getI8Type(), moved),
                  view.getOffset());
    } else {
      return op->emitError("expected launches, views, checks and constants in "
                           "an entry, but got ")
             << op->getName();
    }
    return success();
  }

  LogicalResult lowerLoop(nn::LoopOp loop) {
    LogicalResult result = success();
    // What lies outside is found there, not in a body.
    loop.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentBlock() == &entry.getBody().front())
          bufferOf(operand);
    });
    code.loop(loop.getSteps(), [&](Value step) {
      Value last = code.constant(loop.getSteps() - 1);
      buffers[loop.getStep()] = step;
      buffers[loop.getTime()] =
          loop.getReverse()
              ? code.ops().create<LLVM::SubOp>(code.loc(), last, step)
              : step;
      for (Operation &op : loop.getBody().front())
        if (failed(lower(&op)))
          result = failure();
    });
    return result;
  }

  void lowerCheck(nn::CheckIndexOp check) {
    // Many tables of one size may be read with one input.
    if (isa<BlockArgument>(check.getIndices()) &&
        !checked
             .emplace(check.getIndices().getAsOpaquePointer(),
                      check.getFirstIndex(), check.getLimit(),
                      check.getIgnore(), check.getDescending())
             .second)
      return;
    auto type = cast<MemRefType>(check.getIndices().getType());
    Value indices = bufferOf(check.getIndices());
    int64_t rows = type.getRank() == 0 ? 1 : type.getDimSize(0);
    int64_t rowElements = rows == 0 ? 1 : type.getNumElements() / rows;
    auto indexAt = [&](Value position) {
      Value index =
          code.load(type.getElementType(),
                    code.element(indices, type.getElementType(), position));
      if (type.getElementType() != code.i64())
        index = code.ops().create<LLVM::SExtOp>(code.loc(), code.i64(), index);
      return index;
    };
    code.loop(type.getNumElements(), [&](Value position) {
      Value index = indexAt(position);
      // As unsigned numbers, those below the first are above every limit.
      int64_t first = check.getFirstIndex();
      Value place = index;
      if (first)
        place = code.ops().create<LLVM::SubOp>(code.loc(), index,
                                               code.constant(first));
      Value isWrong =
          code.compare(LLVM::ICmpPredicate::uge, place,
                       code.constant(int64_t(check.getLimit()) - first));
      if (std::optional<int64_t> ignore = check.getIgnore()) {
        Value counts = code.compare(LLVM::ICmpPredicate::ne, index,
                                    code.constant(*ignore));
        isWrong = code.ops().create<LLVM::AndOp>(code.loc(), isWrong, counts);
      }
      if (check.getDescending()) {
        // The first row is compared with itself.
        Value above = code.ops().create<LLVM::SubOp>(
            code.loc(), position, code.constant(rowElements));
        Value isFirst =
            code.compare(LLVM::ICmpPredicate::slt, above, code.constant(0));
        Value before = code.ops().create<LLVM::SelectOp>(code.loc(), isFirst,
                                                         position, above);
        Value isAbove =
            code.compare(LLVM::ICmpPredicate::sgt, index, indexAt(before));
        isWrong = code.ops().create<LLVM::OrOp>(code.loc(), isWrong, isAbove);
      }
      code.branch(
          isWrong,
          [&] {
            Value row = code.ops().create<LLVM::SDivOp>(
                code.loc(), position, code.constant(rowElements));
            code.store(row, code.at(code.out(), rowOffset));
            code.finish(code.status(SINTER_INDEX_OUT_OF_RANGE));
          },
          [] {});
    });
  }

  LogicalResult lowerLaunch(nn::LaunchOp launch) {
    auto kernel = kernels.lookup<func::FuncOp>(launch.getKernel());
    if (!kernel)
      return launch.emitError("expected a kernel function, but got '")
             << launch.getKernel() << "'";
    SmallVector<Value> operands;
    for (Value operand : launch.getOperands())
      operands.push_back(bufferOf(operand));
    auto callAllTiles = [&] {
      SmallVector<Value> all(operands);
      all.push_back(code.constant(0));
      all.push_back(code.constant(launch.getTiles()));
      code.callPointer(code.addressOfKernel(kernel), all);
    };
    // One tile too, so that a caller's parallel_for sees every kernel: it can
    // time them.
    code.branch(isSerial, callAllTiles, [&] {
      for (auto [position, operand] : llvm::enumerate(operands))
        code.store(operand, code.at(operandTable, position * sizeof(void *)));
      Value runner = code.ops().create<LLVM::AddressOfOp>(
          code.loc(), code.pointer(), symbolOfRunner(kernel));
      code.callPointer(parallelFor, {user, code.constant(launch.getTiles()),
                                     runner, operandTable});
    });
    return success();
  }

  func::FuncOp entry;
  bool writesState;
  LLVM::LLVMFuncOp function;
  SmallVector<LLVM::LLVMFuncOp> parts; ///< that the schedule goes on in
  const SymbolTable &kernels;
  EntryBuilder code;
  std::optional<EntryBuilder> first; ///< while a part is built
  DenseMap<Value, Value> buffers;    ///< in the function that is built
  DenseMap<Value, size_t> positions; ///< of pointers in the structs
  /// What is checked already: indices, first, limit, ignore, descending.
  std::set<std::tuple<void *, int64_t, int64_t, std::optional<int64_t>, bool>>
      checked;
  Value parallelFor, user, isSerial, operandTable;
  int64_t rowOffset = 0;
  int64_t mostOperands = 0; ///< of a launch
};
} // namespace

LogicalResult sinter::lowerInstance(func::FuncOp entry, bool writesState,
                                    LLVM::LLVMFuncOp function,
                                    const SymbolTable &kernels) {
  return InstanceLowering(entry, writesState, function, kernels).run();
}
