// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions: their variables, labels and instructions.
#include "Emitter.h"
#include "sinter/PTX/Parser.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

using namespace sinter::ptx;

Emitter::Emitter(ModuleContext &context, const Function &function)
    : b(context.ir.getContext()), context(context), function(function),
      ir(context.ir.getFunction(irName(function.name))) {}

Value *Emitter::fail(Position position, const llvm::Twine &message) {
  if (error.empty()) {
    error = message.str();
    errorPosition = position;
  }
  return llvm::PoisonValue::get(b.getInt32Ty());
}

Value *Emitter::unsupported() {
  return fail("instruction '" + current->spelling() + "' is not supported");
}

bool Emitter::has(llvm::StringRef modifier) {
  for (auto [i, other] : llvm::enumerate(current->modifiers))
    if (other == modifier) {
      usedModifiers |= uint64_t(1) << i;
      return true;
    }
  return false;
}

void Emitter::ignore(llvm::ArrayRef<llvm::StringRef> modifiers) {
  for (llvm::StringRef modifier : modifiers)
    has(modifier);
}

void Emitter::ignorePrefix(llvm::StringRef prefix) {
  for (auto [i, modifier] : llvm::enumerate(current->modifiers))
    if (llvm::StringRef(modifier).starts_with(prefix))
      usedModifiers |= uint64_t(1) << i;
}

Type Emitter::type(unsigned i) {
  if (i >= types.size()) {
    fail("expected a type of '" + current->spelling() + "'");
    return {Type::Bits, 32};
  }
  usedModifiers |= uint64_t(1) << typeModifiers[i];
  return types[i];
}

const Operand &Emitter::operand(unsigned i) {
  static const Operand none;
  if (i >= current->operands.size()) {
    fail("expected at least " + llvm::Twine(i + 1) + " operands, but got " +
         llvm::Twine(current->operands.size()));
    return none;
  }
  usedOperands |= uint64_t(1) << i;
  return current->operands[i];
}

Rounding Emitter::rounding() {
  static const std::pair<llvm::StringRef, Rounding> modes[] = {
      {"rn", Rounding::NearestEven},
      {"rz", Rounding::Zero},
      {"rm", Rounding::Down},
      {"rp", Rounding::Up}};
  return choose<Rounding>(modes).value_or(Rounding::NearestEven);
}

llvm::AllocaInst *Emitter::slot(llvm::Type *type) {
  llvm::BasicBlock &entry = ir->getEntryBlock();
  return llvm::IRBuilder<>(&entry, entry.begin()).CreateAlloca(type);
}

llvm::BasicBlock *Emitter::newBlock(const llvm::Twine &name) {
  return llvm::BasicBlock::Create(b.getContext(), name, ir);
}

Value *Emitter::variableMemory(unsigned i) { return memory[i]; }

/// Parameters come from the caller. Other memory lies on the thread's stack
/// and is NaN at first.
void Emitter::declareVariables() {
  memory.resize(function.variables.size());
  uint64_t offset = 0;
  for (unsigned i :
       function.isEntry ? function.parameters : std::vector<unsigned>()) {
    const Variable &variable = function.variables[i];
    offset = llvm::alignTo(offset, variable.alignment);
    memory[i] =
        b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), ir->getArg(1), offset);
    offset += variable.size;
  }
  unsigned argument = 1;
  if (!function.isEntry)
    for (const auto *list : {&function.results, &function.parameters})
      for (unsigned i : *list) {
        if (function.variables[i].space == Space::Register)
          fail(function.variables[i].position,
               "expected a parameter in .param: registers are not supported");
        memory[i] = ir->getArg(argument++);
      }
  for (auto [i, variable] : llvm::enumerate(function.variables)) {
    if (memory[i] ||
        (variable.space != Space::Local && variable.space != Space::Parameter))
      continue;
    auto *type = llvm::ArrayType::get(b.getInt8Ty(), variable.size);
    llvm::AllocaInst *stack = slot(type);
    stack->setAlignment(llvm::Align(std::max<uint64_t>(8, variable.alignment)));
    if (variable.space == Space::Local)
      b.CreateMemSet(stack, b.getInt8(0xFF), variable.size, llvm::Align(1));
    memory[i] = stack;
  }
}

/// A function may be called too deep, or, where LLVM makes a loop of a call at
/// its end, too often.
void Emitter::checkCall() {
  Value *frame = b.CreateIntrinsic(llvm::Intrinsic::frameaddress,
                                   {b.getPtrTy()}, {b.getInt32(0)});
  Value *limit = threadField(offsetof(Thread, stackLimit), b.getInt64Ty());
  llvm::BasicBlock *over = newBlock("overflow"), *fine = newBlock("fine");
  b.CreateCondBr(
      b.CreateICmpULT(b.CreatePtrToInt(frame, b.getInt64Ty()), limit), over,
      fine);
  b.SetInsertPoint(over);
  Instruction whole;
  whole.position = function.position;
  whole.opcode = function.name;
  current = &whole;
  currentPlace = nullptr;
  callVoid("stackOverflow", {thread, place()});
  endPath();
  b.SetInsertPoint(fine);
  llvm::BasicBlock *start = newBlock("start");
  burnFuel(start);
  b.SetInsertPoint(start);
}

void Emitter::createLabels() {
  for (const Label &label : function.labels) {
    llvm::BasicBlock *block = newBlock(label.name);
    labels[{label.scope, label.name}] = block;
    labelIndex[block] = label.index;
  }
}

llvm::BasicBlock *Emitter::label(llvm::StringRef name) {
  for (unsigned scope = current->scope;; scope = function.scopes[scope]) {
    auto found = labels.find({scope, name.str()});
    if (found != labels.end())
      return found->second;
    if (!scope)
      break;
  }
  fail("expected a label of this function, but got '" + name + "'");
  return newBlock("nowhere");
}

/// Every way back and every call costs fuel, so that what does not end is an
/// error with a place.
void Emitter::burnFuel(llvm::BasicBlock *target) {
  Value *address = b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), thread,
                                                offsetof(Thread, fuel));
  Value *fuel =
      b.CreateSub(b.CreateLoad(b.getInt64Ty(), address), b.getInt64(1));
  b.CreateStore(fuel, address);
  llvm::BasicBlock *empty = newBlock("empty");
  auto *weights =
      llvm::MDBuilder(b.getContext()).createBranchWeights(1, 1 << 20);
  b.CreateCondBr(b.CreateICmpEQ(fuel, b.getInt64(0)), empty, target, weights);
  b.SetInsertPoint(empty);
  callVoid("outOfFuel", {thread, place()});
  endPath();
}

void Emitter::branch(llvm::BasicBlock *target) {
  auto found = labelIndex.find(target);
  if (found == labelIndex.end() || found->second > index)
    b.CreateBr(target);
  else
    burnFuel(target);
}

static const llvm::StringMap<EmitFunction> &opcodes() {
  static const llvm::StringMap<EmitFunction> table = [] {
    llvm::StringMap<EmitFunction> result;
    for (OpcodeTable family :
         {arithmeticOpcodes(), carryOpcodes(), floatOpcodes(), bitOpcodes(),
          comparisonOpcodes(), conversionOpcodes(), memoryOpcodes(),
          atomicOpcodes(), controlOpcodes(), warpOpcodes(),
          synchronisationOpcodes(), copyOpcodes(), matrixOpcodes()})
      for (const auto &[opcode, emit] : family)
        result[opcode] = emit;
    return result;
  }();
  return table;
}

void Emitter::checkAllUsed() {
  for (size_t i = 0; i < current->modifiers.size(); ++i)
    if (!(usedModifiers >> i & 1))
      fail("modifier '." + current->modifiers[i] + "' of '" +
           current->spelling() + "' is not supported");
  for (size_t i = 0; i < current->operands.size(); ++i)
    if (!(usedOperands >> i & 1))
      fail(current->operands[i].position,
           "expected no more operands of '" + current->spelling() + "'");
}

void Emitter::emit(const Instruction &instruction) {
  auto found = opcodes().find(instruction.opcode);
  if (found == opcodes().end()) {
    unsupported();
    return;
  }
  types.clear();
  typeModifiers.clear();
  usedModifiers = usedOperands = 0;
  for (auto [i, modifier] : llvm::enumerate(instruction.modifiers))
    if (Type type = Type::named(modifier)) {
      types.push_back(type);
      typeModifiers.push_back(i);
    }
  found->second(*this);
  checkAllUsed();
}

void Emitter::emitGuarded(const Instruction &instruction) {
  current = &instruction;
  currentPlace = nullptr;
  if (b.GetInsertBlock()->getTerminator())
    b.SetInsertPoint(newBlock("dead"));
  if (!instruction.hasGuard)
    return emit(instruction);
  Value *guard = bits(instruction.guard, 1);
  llvm::BasicBlock *then = newBlock("then"), *next = newBlock("next");
  b.CreateCondBr(guard, then, next);
  b.SetInsertPoint(then);
  emit(instruction);
  if (!b.GetInsertBlock()->getTerminator())
    b.CreateBr(next);
  b.SetInsertPoint(next);
}

void Emitter::run() {
  thread = ir->getArg(0);
  b.SetInsertPoint(llvm::BasicBlock::Create(b.getContext(), "entry", ir));
  carry = b.CreateAlloca(b.getInt1Ty());
  declareVariables();
  if (!function.isEntry)
    checkCall();
  createLabels();
  llvm::BasicBlock *start = newBlock("body");
  b.CreateBr(start);
  b.SetInsertPoint(start);
  auto next = function.labels.begin();
  for (index = 0; index <= function.body.size() && error.empty(); ++index) {
    for (; next != function.labels.end() && next->index == index; ++next) {
      llvm::BasicBlock *block = labels[{next->scope, next->name}];
      if (!b.GetInsertBlock()->getTerminator())
        b.CreateBr(block);
      b.SetInsertPoint(block);
    }
    if (index < function.body.size())
      emitGuarded(function.body[index]);
  }
  if (!b.GetInsertBlock()->getTerminator())
    b.CreateRetVoid();
  for (llvm::BasicBlock &block : *ir)
    if (!block.getTerminator())
      llvm::IRBuilder<>(&block).CreateUnreachable();
}

llvm::Function *sinter::ptx::declareFunction(ModuleContext &context,
                                             const Function &function) {
  llvm::LLVMContext &llvm = context.ir.getContext();
  auto *pointer = llvm::PointerType::get(llvm, 0);
  size_t count = function.isEntry
                     ? 2
                     : 1 + function.results.size() + function.parameters.size();
  llvm::SmallVector<llvm::Type *> parameters(count, pointer);
  auto *type =
      llvm::FunctionType::get(llvm::Type::getVoidTy(llvm), parameters, false);
  auto *ir = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                    irName(function.name), context.ir);
  ir->addFnAttr(llvm::Attribute::NoUnwind);
  // What compiled code reads and writes of a thread nobody else does.
  ir->addParamAttr(0, llvm::Attribute::NoAlias);
  return ir;
}

std::string sinter::ptx::translateFunction(ModuleContext &context,
                                           const Function &function,
                                           llvm::StringRef text) {
  Emitter emitter(context, function);
  emitter.run();
  if (!emitter.error.empty())
    return llvm::StringRef(diagnostic(text, context.syntax.name,
                                      emitter.errorPosition, emitter.error))
        .rtrim()
        .str();
  std::string invalid;
  llvm::raw_string_ostream stream(invalid);
  if (llvm::verifyFunction(*context.ir.getFunction(irName(function.name)),
                           &stream))
    return diagnostic(text, context.syntax.name, function.position,
                      "operands do not fit their instruction: " + invalid);
  return "";
}
