// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small steps in the LLVM dialect from which entries are built.

#include "EntryBuilder.h"

using namespace mlir;
using namespace sinter;

LLVM::LLVMFuncOp EntryBuilder::createEntry(OpBuilder &builder,
                                           Location location, StringRef name,
                                           LLVM::Linkage linkage,
                                           size_t numbers) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  SmallVector<Type> parameters(5, pointer);
  parameters.append(numbers, builder.getI64Type());
  auto type = LLVM::LLVMFunctionType::get(builder.getI32Type(), parameters);
  return builder.create<LLVM::LLVMFuncOp>(location, name, type, linkage);
}

EntryBuilder::EntryBuilder(LLVM::LLVMFuncOp function, Location location)
    : function(function), location(location), builder(function.getContext()) {
  builder.setInsertionPointToEnd(function.addEntryBlock(builder));
}

Value EntryBuilder::constant(int64_t value) {
  return builder.create<LLVM::ConstantOp>(location, i64(),
                                          builder.getI64IntegerAttr(value));
}

Value EntryBuilder::status(int32_t value) {
  return builder.create<LLVM::ConstantOp>(location, builder.getI32Type(),
                                          builder.getI32IntegerAttr(value));
}

Value EntryBuilder::isNull(Value value) {
  return compare(LLVM::ICmpPredicate::eq, value,
                 builder.create<LLVM::ZeroOp>(location, pointer()));
}

Value EntryBuilder::disjunction(ArrayRef<Value> conditions) {
  Value result = conditions.front();
  for (Value condition : conditions.drop_front())
    result = builder.create<LLVM::OrOp>(location, result, condition);
  return result;
}

Value EntryBuilder::at(Value base, int64_t byteOffset) {
  if (byteOffset == 0)
    return base;
  return builder.create<LLVM::GEPOp>(
      location, pointer(), builder.getI8Type(), base,
      ArrayRef<LLVM::GEPArg>{LLVM::GEPArg(constant(byteOffset))});
}

Value EntryBuilder::element(Value base, Type type, Value index) {
  return builder.create<LLVM::GEPOp>(
      location, pointer(), type, base,
      ArrayRef<LLVM::GEPArg>{LLVM::GEPArg(index)});
}

Value EntryBuilder::load(Type type, Value address) {
  return builder.create<LLVM::LoadOp>(location, type, address);
}

void EntryBuilder::store(Value value, Value address) {
  builder.create<LLVM::StoreOp>(location, value, address);
}

Value EntryBuilder::compare(LLVM::ICmpPredicate predicate, Value left,
                            Value right) {
  return builder.create<LLVM::ICmpOp>(location, predicate, left, right);
}

Block *EntryBuilder::addBlock() {
  OpBuilder::InsertionGuard guard(builder);
  return builder.createBlock(&function.getBody(), function.getBody().end());
}

void EntryBuilder::finish(Value result) {
  builder.create<LLVM::ReturnOp>(location, result);
}

void EntryBuilder::finishIf(Value condition, int32_t result) {
  branch(condition, [&] { finish(status(result)); }, [] {});
}

void EntryBuilder::branch(Value condition, function_ref<void()> whenTrue,
                          function_ref<void()> whenFalse) {
  Block *first = addBlock(), *second = addBlock(), *next = addBlock();
  builder.create<LLVM::CondBrOp>(location, condition, first, second);
  auto fill = [&](Block *block, function_ref<void()> body) {
    builder.setInsertionPointToEnd(block);
    body();
    Block *end = builder.getInsertionBlock();
    if (end->empty() || !end->back().hasTrait<OpTrait::IsTerminator>())
      builder.create<LLVM::BrOp>(location, next);
  };
  fill(first, whenTrue);
  fill(second, whenFalse);
  builder.setInsertionPointToEnd(next);
}

void EntryBuilder::loop(int64_t count, function_ref<void(Value)> body) {
  Block *head = addBlock(), *inside = addBlock(), *next = addBlock();
  Value index = head->addArgument(i64(), location);
  builder.create<LLVM::BrOp>(location, ValueRange{constant(0)}, head);
  builder.setInsertionPointToEnd(head);
  builder.create<LLVM::CondBrOp>(
      location, compare(LLVM::ICmpPredicate::slt, index, constant(count)),
      inside, next);
  builder.setInsertionPointToEnd(inside);
  body(index);
  Value following = builder.create<LLVM::AddOp>(location, index, constant(1));
  builder.create<LLVM::BrOp>(location, ValueRange{following}, head);
  builder.setInsertionPointToEnd(next);
}

void EntryBuilder::callPointer(Value callee, ArrayRef<Value> operands) {
  SmallVector<Type> types;
  for (Value operand : operands)
    types.push_back(operand.getType());
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()), types);
  SmallVector<Value> all = {callee};
  all.append(operands.begin(), operands.end());
  builder.create<LLVM::CallOp>(location, type, all);
}

Value EntryBuilder::addressOfKernel(func::FuncOp kernel) {
  Value reference = builder.create<func::ConstantOp>(
      location, kernel.getFunctionType(), kernel.getName());
  return builder
      .create<UnrealizedConversionCastOp>(location, pointer(), reference)
      .getResult(0);
}

Value EntryBuilder::stackPointers(int64_t count) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&function.getBody().front());
  return builder.create<LLVM::AllocaOp>(location, pointer(), pointer(),
                                        constant(count));
}
