// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an entry refuses before it reads or writes anything.

#include "ArgumentChecks.h"
#include "BufferChecks.h"
#include "InstanceLowering.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"

using namespace mlir;
using namespace sinter;

static bool hasBytes(Type type) {
  return cast<MemRefType>(type).getNumElements() != 0;
}

namespace {
class ArgumentChecks {
public:
  ArgumentChecks(EntryBuilder &code, func::FuncOp entry, bool writesState,
                 LLVM::LLVMFuncOp function)
      : code(code), entry(entry), writesState(writesState), function(function) {
  }

  /// Checks the five pointers and those in the structs, of which nothing is
  /// read before.
  void run() {
    Pointers inputs(code.in(), "inputs"), results(code.out(), "results");
    SmallVector<Direct> direct;
    for (BlockArgument argument : entry.getArguments()) {
      StringRef role = roleOf(entry, argument.getArgNumber());
      bool isState = role == "state";
      if (isState || role == "workspace") {
        if (hasBytes(argument.getType()))
          direct.push_back(
              {argument, isState ? code.state() : code.workspace()});
      } else {
        (role == "input" ? inputs : results).buffers.push_back(argument);
      }
    }
    bool hasChecks =
        !entry.getBody().front().getOps<nn::CheckIndexOp>().empty();
    SmallVector<Value> nulls, misaligned;
    for (auto [argument, pointer] : direct) {
      nulls.push_back(code.isNull(pointer));
      misaligned.push_back(isMisaligned(pointer, SINTER_ALIGNMENT));
    }
    if (!inputs.buffers.empty())
      nulls.push_back(code.isNull(code.in()));
    if (!results.buffers.empty() || hasChecks)
      nulls.push_back(code.isNull(code.out()));
    if (!nulls.empty())
      code.finishIf(code.disjunction(nulls), SINTER_NULL_ARGUMENT);
    for (Pointers *pointers : {&inputs, &results}) {
      describeBuffers(*pointers);
      refuse(*pointers, BufferCheck::Null, SINTER_NULL_ARGUMENT);
    }
    if (!misaligned.empty())
      code.finishIf(code.disjunction(misaligned), SINTER_MISALIGNED);
    for (Pointers *pointers : {&inputs, &results})
      refuse(*pointers, BufferCheck::Misaligned, SINTER_MISALIGNED);
    refuseOverlaps(direct, {&inputs, &results});
  }

private:
  /// The state or the workspace.
  using Direct = std::pair<BlockArgument, Value>;

  /// The pointers of a struct.
  struct Pointers {
    Pointers(Value table, StringRef name) : table(table), name(name) {}
    Value table;
    StringRef name;
    SmallVector<BlockArgument> buffers;
    LLVM::GlobalOp rows; ///< what is known of each; null if none has bytes
  };

  bool isWritten(BlockArgument argument) {
    StringRef role = roleOf(entry, argument.getArgNumber());
    return role == "state" ? writesState : role != "input";
  }

  Value isMisaligned(Value pointer, int64_t alignment) {
    Value address =
        code.ops().create<LLVM::PtrToIntOp>(code.loc(), code.i64(), pointer);
    Value rest = code.ops().create<LLVM::AndOp>(code.loc(), address,
                                                code.constant(alignment - 1));
    return code.compare(LLVM::ICmpPredicate::ne, rest, code.constant(0));
  }

  /// Makes the rows of `pointers`; tensors must be aligned to their elements.
  void describeBuffers(Pointers &pointers) {
    SmallVector<int64_t> words;
    for (BlockArgument argument : pointers.buffers) {
      auto type = cast<MemRefType>(argument.getType());
      int64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      if (hasBytes(type))
        words.append({nn::byteSize(type), width - 1, isWritten(argument)});
      else
        words.append(kBufferWords, 0);
    }
    if (llvm::all_of(words, [](int64_t word) { return word == 0; }))
      return;
    OpBuilder atModule(function);
    int64_t count = pointers.buffers.size();
    auto row = LLVM::LLVMArrayType::get(code.i64(), kBufferWords);
    pointers.rows = atModule.create<LLVM::GlobalOp>(
        code.loc(), LLVM::LLVMArrayType::get(row, count), /*isConstant=*/true,
        LLVM::Linkage::Internal,
        (function.getName() + "." + pointers.name).str(),
        DenseElementsAttr::get(
            RankedTensorType::get({count, kBufferWords}, code.i64()),
            ArrayRef<int64_t>(words)),
        /*alignment=*/sizeof(int64_t));
  }

  /// Calls a check of the pointers; `more` are further operands.
  Value check(const Pointers &pointers, BufferCheck which,
              ArrayRef<Value> more = {}) {
    Value rows = code.ops().create<LLVM::AddressOfOp>(
        code.loc(), code.pointer(), LLVM::GlobalOp(pointers.rows).getSymName());
    SmallVector<Value> operands{pointers.table, rows,
                                code.constant(pointers.buffers.size())};
    llvm::append_range(operands, more);
    return code.ops()
        .create<LLVM::CallOp>(
            code.loc(), bufferCheck(entry->getParentOfType<ModuleOp>(), which),
            operands)
        .getResult();
  }

  void refuse(const Pointers &pointers, BufferCheck which, int32_t status) {
    if (pointers.rows)
      code.finishIf(check(pointers, which), status);
  }

  /// No buffer that is written may share a byte with another one: kernels are
  /// compiled for buffers that lie apart.
  void refuseOverlaps(ArrayRef<Direct> direct,
                      ArrayRef<const Pointers *> structs) {
    SmallVector<BlockArgument> all(llvm::make_first_range(direct));
    for (const Pointers *pointers : structs)
      llvm::append_range(all, pointers->buffers);
    llvm::erase_if(all, [](BlockArgument argument) {
      return !hasBytes(argument.getType());
    });
    if (all.size() < 2 || llvm::none_of(all, [&](BlockArgument argument) {
          return isWritten(argument);
        }))
      return;
    Value table = code.stackPointers(all.size() * kBufferWords);
    auto wordAt = [&](int64_t word) {
      return code.at(table, word * sizeof(int64_t));
    };
    for (auto [row, buffer] : llvm::enumerate(direct)) {
      auto [argument, pointer] = buffer;
      Value begin =
          code.ops().create<LLVM::PtrToIntOp>(code.loc(), code.i64(), pointer);
      Value end = code.ops().create<LLVM::AddOp>(
          code.loc(), begin, code.constant(nn::byteSize(argument.getType())));
      Value words[] = {begin, end, code.constant(isWritten(argument))};
      for (auto [word, value] : llvm::enumerate(words))
        code.store(value, wordAt(row * kBufferWords + word));
    }
    Value count = code.constant(direct.size());
    auto row = LLVM::LLVMArrayType::get(code.i64(), kBufferWords);
    for (const Pointers *pointers : structs) {
      if (!pointers->rows)
        continue;
      Value added = check(*pointers, BufferCheck::Ranges,
                          code.element(table, row, count));
      count = code.ops().create<LLVM::AddOp>(code.loc(), count, added);
    }
    auto overlap = code.ops().create<LLVM::CallOp>(
        code.loc(),
        bufferCheck(entry->getParentOfType<ModuleOp>(), BufferCheck::Overlap),
        ValueRange{table, count});
    code.finishIf(overlap.getResult(), SINTER_OVERLAP);
  }

  EntryBuilder &code;
  func::FuncOp entry;
  bool writesState;
  LLVM::LLVMFuncOp function;
};
} // namespace

void sinter::checkArguments(EntryBuilder &code, func::FuncOp entry,
                            bool writesState, LLVM::LLVMFuncOp function) {
  ArgumentChecks(code, entry, writesState, function).run();
}
