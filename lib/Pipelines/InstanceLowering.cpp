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

/// LLVM takes more than linear time for the length of a function: longer
/// schedules, of launches with their operands and of checks of indices, are
/// made of several.
static constexpr int64_t maxSize = 512;

static int64_t sizeOf(Operation &op) {
  int64_t size = 0;
  op.walk([&](Operation *inner) {
    if (isa<nn::LaunchOp, nn::CheckIndexOp>(inner))
      size += 1 + inner->getNumOperands();
  });
  return size;
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
    if (failed(lower(entry.getBody().front().without_terminator())))
      return failure();
    code.finish(code.status(SINTER_OK));
    return success();
  }

private:
  /// A function that is being built, and what was read in it.
  struct Frame {
    EntryBuilder code;
    DenseMap<Value, Value> buffers;
    Value parallelFor, user, isSerial, operandTable;
  };

  /// Lowers ops of one block: here, or in several functions if there are many.
  LogicalResult lower(llvm::iterator_range<Block::iterator> ops) {
    int64_t total = 0;
    for (Operation &op : ops)
      total += sizeOf(op);
    int64_t size = 0;
    std::optional<Frame> outer;
    for (Operation &op : ops) {
      int64_t more = total > maxSize ? sizeOf(op) : 0;
      if (outer && size + more > maxSize)
        endPart(outer);
      if (!outer && more > 0) {
        outer = beginPart();
        size = 0;
      }
      size += more;
      if (failed(lower(&op)))
        return failure();
    }
    if (outer)
      endPart(outer);
    return success();
  }

  /// Goes on in a new function of the entry's shape, which this one calls with
  /// the steps of the loops around. Returns what to go back to.
  Frame beginPart() {
    OpBuilder atModule(function->getContext());
    atModule.setInsertionPointAfter(lastPart);
    LLVM::LLVMFuncOp part = EntryBuilder::createEntry(
        atModule, entry.getLoc(),
        (function.getName() + "." + Twine(++parts)).str(),
        LLVM::Linkage::Internal, loops.size());
    part->setAttr(kBuffersAttribute, function->getAttr(kBuffersAttribute));
    lastPart = part;
    SmallVector<Value> operands;
    for (unsigned number = 0; number < function.getNumArguments(); ++number)
      operands.push_back(code.argument(number));
    for (nn::LoopOp loop : loops)
      operands.push_back(buffers.lookup(loop.getStep()));
    Value status =
        code.ops().create<LLVM::CallOp>(code.loc(), part, operands).getResult();
    code.branch(
        code.compare(LLVM::ICmpPredicate::ne, status, code.status(SINTER_OK)),
        [&] { code.finish(status); }, [] {});
    Frame outer{code, std::move(buffers), parallelFor,
                user, isSerial,           operandTable};
    code = EntryBuilder(part, entry.getLoc());
    buffers.clear();
    for (auto [number, loop] : llvm::enumerate(loops))
      bindStep(loop, code.argument(function.getNumArguments() + number));
    prepareThreads();
    return outer;
  }

  /// Goes back to the function that called this one.
  void endPart(std::optional<Frame> &outer) {
    code.finish(code.status(SINTER_OK));
    code = outer->code;
    buffers = std::move(outer->buffers);
    parallelFor = outer->parallelFor;
    user = outer->user;
    isSerial = outer->isSerial;
    operandTable = outer->operandTable;
    outer.reset();
  }

  void bindStep(nn::LoopOp loop, Value step) {
    buffers[loop.getStep()] = step;
    Value last = code.constant(loop.getSteps() - 1);
    buffers[loop.getTime()] =
        loop.getReverse()
            ? code.ops().create<LLVM::SubOp>(code.loc(), last, step)
            : step;
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
    } else if (auto view = buffer.getDefiningOp<nn::StepViewOp>()) {
      Value index = buffers.lookup(view.getIndex());
      if (std::optional<uint64_t> period = view.getPeriod())
        index = code.ops().create<LLVM::URemOp>(code.loc(), index,
                                                code.constant(*period));
      Value moved = code.ops().create<LLVM::MulOp>(
          code.loc(), index, code.constant(view.getStride()));
      pointer = code.at(code.element(bufferOf(view.getSource()),
                                     code.ops().getI8Type(), moved),
                        view.getOffset());
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
    if (isa<nn::BufferViewOp, nn::StepViewOp, memref::GetGlobalOp>(op)) {
      bufferOf(op->getResult(0));
    } else if (auto check = dyn_cast<nn::CheckIndexOp>(op)) {
      lowerCheck(check);
    } else if (auto launch = dyn_cast<nn::LaunchOp>(op)) {
      return lowerLaunch(launch);
    } else if (auto loop = dyn_cast<nn::LoopOp>(op)) {
      return lowerLoop(loop);
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
        if (isa<MemRefType>(operand.getType()) &&
            !loop.getBody().isAncestor(operand.getParentRegion()))
          bufferOf(operand);
    });
    code.loop(loop.getSteps(), [&](Value step) {
      bindStep(loop, step);
      loops.push_back(loop);
      Block &body = loop.getBody().front();
      result = lower(llvm::make_range(body.begin(), body.end()));
      loops.pop_back();
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
  LLVM::LLVMFuncOp lastPart = function; ///< of the functions of the schedule
  unsigned parts = 0;
  SmallVector<nn::LoopOp> loops; ///< around what is lowered
  const SymbolTable &kernels;
  EntryBuilder code;
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
