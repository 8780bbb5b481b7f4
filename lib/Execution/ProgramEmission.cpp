// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The main function of a program, as an object beside the model's.
#include "sinter/Execution/ProgramEmission.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Execution/ObjectEmission.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;

/// Adds a constant that nothing outside refers to.
static GlobalVariable *addConstant(Module &module, Constant *value,
                                   StringRef name) {
  return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                            GlobalValue::PrivateLinkage, value, name);
}

/// The struct sinter_program.
static Constant *addProgram(Module &module, const sinter::Model &model) {
  LLVMContext &context = module.getContext();
  PointerType *pointer = PointerType::getUnqual(context);
  auto *functionType = FunctionType::get(Type::getInt32Ty(context), false);
  SmallVector<Constant *> entries;
  for (const sinter::Entry &entry : model.entries)
    entries.push_back(cast<Constant>(
        module.getOrInsertFunction(entry.symbol, functionType).getCallee()));
  auto *table =
      ConstantArray::get(ArrayType::get(pointer, entries.size()), entries);
  Constant *description = module.getOrInsertGlobal(
      sinter::descriptionSymbol(model), Type::getInt8Ty(context));
  return addConstant(module,
                     ConstantStruct::getAnon(
                         {description, addConstant(module, table, "entries")}),
                     "program");
}

bool sinter::emitProgramMain(const Model &model, TargetMachine &machine,
                             std::string &object) {
  LLVMContext context;
  Module module("program", context);
  Type *i32 = Type::getInt32Ty(context);
  PointerType *pointer = PointerType::getUnqual(context);
  Constant *program = addProgram(module, model);
  FunctionCallee run = module.getOrInsertFunction(
      "sinter_program_main", FunctionType::get(i32, {i32, pointer, pointer},
                                               /*isVarArg=*/false));
  auto *main = Function::Create(FunctionType::get(i32, {i32, pointer}, false),
                                GlobalValue::ExternalLinkage, "main", module);
  IRBuilder<> builder(BasicBlock::Create(context, "", main));
  builder.CreateRet(
      builder.CreateCall(run, {main->getArg(0), main->getArg(1), program}));
  SmallVector<char, 0> bytes;
  bool good = compileToObject(module, machine, bytes);
  object.assign(bytes.begin(), bytes.end());
  return good;
}
