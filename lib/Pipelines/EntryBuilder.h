// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small steps in the LLVM dialect from which entries are built.
#ifndef SINTER_LIB_PIPELINES_ENTRYBUILDER_H
#define SINTER_LIB_PIPELINES_ENTRYBUILDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "sinter/Runtime/ABI.h"

namespace sinter {

/// Appends code to one LLVM function, block after block.
class EntryBuilder {
public:
  /// A function with the shape of sinter_entry, which takes so many further
  /// numbers.
  static mlir::LLVM::LLVMFuncOp createEntry(mlir::OpBuilder &builder,
                                            mlir::Location location,
                                            llvm::StringRef name,
                                            mlir::LLVM::Linkage linkage,
                                            size_t numbers = 0);

  EntryBuilder(mlir::LLVM::LLVMFuncOp function, mlir::Location location);

  mlir::Value context() { return argument(0); }
  mlir::Value state() { return argument(1); }
  mlir::Value in() { return argument(2); }
  mlir::Value out() { return argument(3); }
  mlir::Value workspace() { return argument(4); }
  mlir::Value argument(unsigned number) { return function.getArgument(number); }

  mlir::Value constant(int64_t value);
  mlir::Value status(int32_t value);
  mlir::Value isNull(mlir::Value pointer);
  mlir::Value disjunction(llvm::ArrayRef<mlir::Value> conditions);
  mlir::Value at(mlir::Value pointer, int64_t byteOffset);
  mlir::Value element(mlir::Value pointer, mlir::Type type, mlir::Value index);
  mlir::Value load(mlir::Type type, mlir::Value pointer);
  void store(mlir::Value value, mlir::Value pointer);
  mlir::Value compare(mlir::LLVM::ICmpPredicate predicate, mlir::Value left,
                      mlir::Value right);

  /// Ends the function with `status`.
  void finish(mlir::Value status);
  /// Returns `status` from the function if `condition`; code goes on in a new
  /// block.
  void finishIf(mlir::Value condition, int32_t status);
  /// Runs `whenTrue` or `whenFalse`, then goes on.
  void branch(mlir::Value condition, llvm::function_ref<void()> whenTrue,
              llvm::function_ref<void()> whenFalse);
  /// Runs `body` for each index below `count`.
  void loop(int64_t count, llvm::function_ref<void(mlir::Value)> body);

  /// Code that calls a function through its address; results are dropped.
  void callPointer(mlir::Value function, llvm::ArrayRef<mlir::Value> operands);
  /// The address of a kernel, which is not lowered yet.
  mlir::Value addressOfKernel(mlir::func::FuncOp kernel);
  /// A block of stack memory, in the entry block.
  mlir::Value stackPointers(int64_t count);

  mlir::Type pointer() {
    return mlir::LLVM::LLVMPointerType::get(builder.getContext());
  }
  mlir::Type i64() { return builder.getI64Type(); }
  mlir::OpBuilder &ops() { return builder; }
  mlir::Location loc() { return location; }

private:
  mlir::Block *addBlock();

  mlir::LLVM::LLVMFuncOp function;
  mlir::Location location;
  mlir::OpBuilder builder;
};

} // namespace sinter

#endif
