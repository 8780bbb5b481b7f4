// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function of PTX as one of LLVM IR. Registers are stack slots, which LLVM
// makes values of; what one thread cannot do alone is a call of the machine.
#ifndef SINTER_PTX_EMITTER_H
#define SINTER_PTX_EMITTER_H

#include "../Machine/Codes.h"
#include "ModuleContext.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include <optional>

namespace sinter::ptx {

using llvm::Value;

/// Offers to the emitters of opcodes what they need: the modifiers, types and
/// operands of the current instruction, and its results. Whatever nobody asked
/// for is an error in the end, so no modifier is overlooked.
class Emitter {
public:
  Emitter(ModuleContext &context, const Function &function);
  void run();

  /// What is wrong, and where. After the first error values are poison.
  std::string error;
  Position errorPosition;
  Value *fail(Position position, const llvm::Twine &message);
  Value *fail(const llvm::Twine &message) {
    return fail(current->position, message);
  }
  /// Says that this form of the instruction is not known.
  Value *unsupported();

  // The current instruction.
  const Instruction &instruction() const { return *current; }
  bool has(llvm::StringRef modifier);
  /// Takes note of modifiers that change nothing here, such as hints.
  void ignore(llvm::ArrayRef<llvm::StringRef> modifiers);
  void ignorePrefix(llvm::StringRef prefix);
  /// The meaning of the modifier that is there, if one is.
  template <typename T>
  std::optional<T>
  choose(llvm::ArrayRef<std::pair<llvm::StringRef, T>> choices) {
    for (const auto &[name, meaning] : choices)
      if (has(name))
        return meaning;
    return std::nullopt;
  }
  unsigned typeCount() const { return types.size(); }
  Type type(unsigned index = 0);
  Type lastType() { return type(types.size() - 1); }
  unsigned operandCount() const { return current->operands.size(); }
  const Operand &operand(unsigned index);
  Rounding rounding();

  // Values. Integers are iN, f32 is float, f64 double, 16-bit floats float.
  Value *bits(const Operand &operand, unsigned width);
  Value *bits(unsigned index, unsigned width) {
    return bits(operand(index), width);
  }
  Value *value(const Operand &operand, Type type) {
    return decode(bits(operand, type.width()), type);
  }
  Value *value(unsigned index, Type type) {
    return value(operand(index), type);
  }
  Value *decode(Value *bits, Type type);
  Value *encode(Value *value, Type type,
                Rounding rounding = Rounding::NearestEven);
  /// Writes bits, extended to a wider register.
  void setBits(const Operand &target, Value *bits, bool isSigned = false);
  void setBits(Value *bits, bool isSigned = false) {
    setBits(operand(0), bits, isSigned);
  }
  void set(Value *value, Type type, Rounding rounding = Rounding::NearestEven) {
    setBits(encode(value, type, rounding), type.isSigned());
  }
  /// The width of a register, or 0 for what is none.
  unsigned registerWidth(const Operand &operand);
  /// Operand 0 = function(operands 1, 2, …), for each lane of a packed type.
  void mapLanes(Type type, unsigned inputs,
                llvm::function_ref<Value *(llvm::ArrayRef<Value *>)> function);
  Value *extractLane(Value *bits, Type type, unsigned lane);
  Value *insertLane(Value *bits, Value *lane, Type type, unsigned index);
  Value *flush(Value *value, Type type);
  Value *clampToUnit(Value *value);

  // Addresses.
  Space space();
  /// The host's address of an address operand.
  Value *pointer(const Operand &operand, Space space);
  /// The space in which an operand lies: that of a variable it names.
  Space spaceOf(const Operand &operand, Space space);
  void check(Value *pointer, unsigned bytes, unsigned flags, Space space);
  /// Checks a strong load. The address to load from, where another value may
  /// be.
  Value *checkStrongLoad(Value *pointer, unsigned bytes, unsigned flags,
                         Space space);

  // The machine.
  Value *call(llvm::StringRef function, llvm::Type *result,
              llvm::ArrayRef<Value *> arguments, bool isPure = false);
  void callVoid(llvm::StringRef function, llvm::ArrayRef<Value *> arguments) {
    call(function, b.getVoidTy(), arguments);
  }
  Value *place();
  Place *placeRecord();
  Value *hostPointer(const void *pointer);
  Value *threadField(size_t offset, llvm::Type *type);
  Value *sharedPointer();
  template <typename Code> Value *code(Code code) {
    return b.getInt32(uint32_t(code));
  }

  // Control flow.
  llvm::BasicBlock *label(llvm::StringRef name);
  llvm::BasicBlock *newBlock(const llvm::Twine &name);
  void branch(llvm::BasicBlock *target);
  /// What follows cannot be reached.
  void endPath() { b.CreateUnreachable(); }
  llvm::AllocaInst *slot(llvm::Type *type);
  /// The memory of a variable in .param or .local.
  Value *variableMemory(unsigned index);
  llvm::AllocaInst *carry = nullptr;

  llvm::IRBuilder<> b;
  ModuleContext &context;
  const Function &function;
  Value *thread = nullptr;
  llvm::IntegerType *intType(unsigned width) { return b.getIntNTy(width); }

private:
  void declareVariables();
  void checkCall();
  void burnFuel(llvm::BasicBlock *target);
  void createLabels();
  void emit(const Instruction &instruction);
  void emitGuarded(const Instruction &instruction);
  void checkAllUsed();
  llvm::AllocaInst *registerSlot(const Operand &operand);
  Value *nameBits(const Operand &operand, unsigned width);
  Value *address(const Reference &reference);
  Value *specialRegister(const Operand &operand);
  Value *accessRecord(unsigned bytes, unsigned flags, Space space);
  void checkFast(Value *pointer, unsigned bytes, Value *access);

  llvm::Function *ir;
  const Instruction *current = nullptr;
  Place *currentPlace = nullptr;
  unsigned index = 0;
  llvm::SmallVector<Type> types;
  llvm::SmallVector<unsigned> typeModifiers;
  uint64_t usedModifiers = 0, usedOperands = 0;
  llvm::DenseMap<uint64_t, llvm::AllocaInst *> registers;
  llvm::SmallVector<Value *> memory;
  std::map<std::pair<unsigned, std::string>, llvm::BasicBlock *> labels;
  llvm::DenseMap<llvm::BasicBlock *, unsigned> labelIndex;
};

/// Emits an instruction of this opcode.
using EmitFunction = void (*)(Emitter &);
using OpcodeTable = llvm::ArrayRef<std::pair<llvm::StringRef, EmitFunction>>;

OpcodeTable arithmeticOpcodes();
OpcodeTable carryOpcodes();
OpcodeTable floatOpcodes();
OpcodeTable bitOpcodes();
OpcodeTable comparisonOpcodes();
OpcodeTable conversionOpcodes();
OpcodeTable memoryOpcodes();
OpcodeTable atomicOpcodes();
OpcodeTable controlOpcodes();
OpcodeTable warpOpcodes();
OpcodeTable synchronisationOpcodes();
OpcodeTable copyOpcodes();
OpcodeTable matrixOpcodes();

} // namespace sinter::ptx
#endif
