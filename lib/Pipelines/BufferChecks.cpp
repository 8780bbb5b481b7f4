// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks of buffers, once for all entries of a module.

#include "BufferChecks.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;

static constexpr StringLiteral nullText = R"mlir(
llvm.func internal @sinter.null(%pointers: !llvm.ptr, %rows: !llvm.ptr, %count: i64) -> i1 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  %nowhere = llvm.mlir.zero : !llvm.ptr
  llvm.br ^rows(%zero : i64)
^rows(%row: i64):
  %more = llvm.icmp "ult" %row, %count : i64
  llvm.cond_br %more, ^check, ^good
^check:
  %r = llvm.getelementptr %rows[%row] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %bytes = llvm.load %r : !llvm.ptr -> i64
  %p = llvm.getelementptr %pointers[%row] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.ptr
  %pointer = llvm.load %p : !llvm.ptr -> !llvm.ptr
  %isNull = llvm.icmp "eq" %pointer, %nowhere : !llvm.ptr
  %counts = llvm.icmp "ne" %bytes, %zero : i64
  %isHit = llvm.and %isNull, %counts : i1
  %following = llvm.add %row, %one : i64
  llvm.cond_br %isHit, ^bad, ^rows(%following : i64)
^bad:
  %true = llvm.mlir.constant(true) : i1
  llvm.return %true : i1
^good:
  %false = llvm.mlir.constant(false) : i1
  llvm.return %false : i1
}
)mlir";

static constexpr StringLiteral misalignedText = R"mlir(
llvm.func internal @sinter.misaligned(%pointers: !llvm.ptr, %rows: !llvm.ptr, %count: i64) -> i1 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^rows(%zero : i64)
^rows(%row: i64):
  %more = llvm.icmp "ult" %row, %count : i64
  llvm.cond_br %more, ^check, ^good
^check:
  %r = llvm.getelementptr %rows[%row, 1] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %mask = llvm.load %r : !llvm.ptr -> i64
  %p = llvm.getelementptr %pointers[%row] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.ptr
  %address = llvm.load %p : !llvm.ptr -> i64
  %rest = llvm.and %address, %mask : i64
  %isHit = llvm.icmp "ne" %rest, %zero : i64
  %following = llvm.add %row, %one : i64
  llvm.cond_br %isHit, ^bad, ^rows(%following : i64)
^bad:
  %true = llvm.mlir.constant(true) : i1
  llvm.return %true : i1
^good:
  %false = llvm.mlir.constant(false) : i1
  llvm.return %false : i1
}
)mlir";

static constexpr StringLiteral rangesText = R"mlir(
llvm.func internal @sinter.ranges(%pointers: !llvm.ptr, %rows: !llvm.ptr, %count: i64, %table: !llvm.ptr) -> i64 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^rows(%zero, %zero : i64, i64)
^rows(%row: i64, %passed: i64):
  %more = llvm.icmp "ult" %row, %count : i64
  llvm.cond_br %more, ^read, ^end
^read:
  %r = llvm.getelementptr %rows[%row] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %known = llvm.load %r : !llvm.ptr -> !llvm.array<3 x i64>
  %bytes = llvm.extractvalue %known[0] : !llvm.array<3 x i64>
  %isWritten = llvm.extractvalue %known[2] : !llvm.array<3 x i64>
  %following = llvm.add %row, %one : i64
  %counts = llvm.icmp "ne" %bytes, %zero : i64
  llvm.cond_br %counts, ^append, ^rows(%following, %passed : i64, i64)
^append:
  %p = llvm.getelementptr %pointers[%row] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.ptr
  %begin = llvm.load %p : !llvm.ptr -> i64
  %end = llvm.add %begin, %bytes : i64
  %to = llvm.getelementptr %table[%passed] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %toEnd = llvm.getelementptr %to[0, 1] : (!llvm.ptr) -> !llvm.ptr, !llvm.array<3 x i64>
  %toWritten = llvm.getelementptr %to[0, 2] : (!llvm.ptr) -> !llvm.ptr, !llvm.array<3 x i64>
  llvm.store %begin, %to : i64, !llvm.ptr
  llvm.store %end, %toEnd : i64, !llvm.ptr
  llvm.store %isWritten, %toWritten : i64, !llvm.ptr
  %nowPassed = llvm.add %passed, %one : i64
  llvm.br ^rows(%following, %nowPassed : i64, i64)
^end:
  llvm.return %passed : i64
}
)mlir";

/// Sorts the buffers by their first bytes (by insertion: a caller's buffers
/// mostly lie in order), then goes through them with the ends of all buffers
/// and of all written ones so far.
static constexpr StringLiteral overlapText = R"mlir(
llvm.func internal @sinter.overlap(%table: !llvm.ptr, %count: i64) -> i1 {
  %zero = llvm.mlir.constant(0 : i64) : i64
  %one = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^rows(%one : i64)
^rows(%row: i64):
  %more = llvm.icmp "ult" %row, %count : i64
  llvm.cond_br %more, ^sink(%row : i64), ^check(%zero, %zero, %zero : i64, i64, i64)
^sink(%at: i64):
  %isFirst = llvm.icmp "eq" %at, %zero : i64
  llvm.cond_br %isFirst, ^next, ^compare
^compare:
  %before = llvm.sub %at, %one : i64
  %p = llvm.getelementptr %table[%before] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %q = llvm.getelementptr %table[%at] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %left = llvm.load %p : !llvm.ptr -> !llvm.array<3 x i64>
  %right = llvm.load %q : !llvm.ptr -> !llvm.array<3 x i64>
  %leftBegin = llvm.extractvalue %left[0] : !llvm.array<3 x i64>
  %rightBegin = llvm.extractvalue %right[0] : !llvm.array<3 x i64>
  %isBelow = llvm.icmp "ult" %rightBegin, %leftBegin : i64
  llvm.cond_br %isBelow, ^exchange, ^next
^exchange:
  llvm.store %right, %p : !llvm.array<3 x i64>, !llvm.ptr
  llvm.store %left, %q : !llvm.array<3 x i64>, !llvm.ptr
  llvm.br ^sink(%before : i64)
^next:
  %following = llvm.add %row, %one : i64
  llvm.br ^rows(%following : i64)
^check(%number: i64, %end: i64, %writtenEnd: i64):
  %isLeft = llvm.icmp "ult" %number, %count : i64
  llvm.cond_br %isLeft, ^buffer, ^apart
^buffer:
  %r = llvm.getelementptr %table[%number] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.array<3 x i64>
  %own = llvm.load %r : !llvm.ptr -> !llvm.array<3 x i64>
  %ownBegin = llvm.extractvalue %own[0] : !llvm.array<3 x i64>
  %ownEnd = llvm.extractvalue %own[1] : !llvm.array<3 x i64>
  %flag = llvm.extractvalue %own[2] : !llvm.array<3 x i64>
  %isWritten = llvm.icmp "ne" %flag, %zero : i64
  %limit = llvm.select %isWritten, %end, %writtenEnd : i1, i64
  %isHit = llvm.icmp "ult" %ownBegin, %limit : i64
  llvm.cond_br %isHit, ^overlap, ^advance
^advance:
  %isFurther = llvm.icmp "ugt" %ownEnd, %end : i64
  %nextEnd = llvm.select %isFurther, %ownEnd, %end : i1, i64
  %written = llvm.select %isWritten, %ownEnd, %zero : i1, i64
  %isWrittenFurther = llvm.icmp "ugt" %written, %writtenEnd : i64
  %nextWrittenEnd = llvm.select %isWrittenFurther, %written, %writtenEnd : i1, i64
  %nextNumber = llvm.add %number, %one : i64
  llvm.br ^check(%nextNumber, %nextEnd, %nextWrittenEnd : i64, i64, i64)
^overlap:
  %true = llvm.mlir.constant(true) : i1
  llvm.return %true : i1
^apart:
  %false = llvm.mlir.constant(false) : i1
  llvm.return %false : i1
}
)mlir";

static std::pair<StringLiteral, StringLiteral>
nameAndText(sinter::BufferCheck check) {
  switch (check) {
  case sinter::BufferCheck::Null:
    return {"sinter.null", nullText};
  case sinter::BufferCheck::Misaligned:
    return {"sinter.misaligned", misalignedText};
  case sinter::BufferCheck::Ranges:
    return {"sinter.ranges", rangesText};
  case sinter::BufferCheck::Overlap:
    return {"sinter.overlap", overlapText};
  }
  llvm_unreachable("all checks are listed");
}

LLVM::LLVMFuncOp sinter::bufferCheck(ModuleOp module, BufferCheck check) {
  auto [name, text] = nameAndText(check);
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OwningOpRef<ModuleOp> parsed =
      parseSourceString<ModuleOp>(text, module.getContext());
  assert(parsed && "the text is fixed");
  auto function = *parsed->getOps<LLVM::LLVMFuncOp>().begin();
  function->remove();
  // Its own lines are no place in the model.
  function->walk([&](Operation *op) { op->setLoc(module.getLoc()); });
  module.push_back(function);
  return function;
}
