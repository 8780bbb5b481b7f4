// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Branches, calls and ends.
#include "Emitter.h"

using namespace sinter::ptx;

static void emitBranch(Emitter &e) {
  e.ignore({"uni"});
  e.branch(e.label(e.operand(0).reference.name));
}

/// brx.idx index, table: an index beyond the table is a trap here.
static void emitIndexedBranch(Emitter &e) {
  e.ignore({"idx", "uni"});
  const Operand &table = e.operand(1);
  auto found = e.function.targets.find(table.reference.name);
  if (found == e.function.targets.end()) {
    e.fail(table.position, "expected a label of .branchtargets, but got '" +
                               table.reference.name + "'");
    return;
  }
  llvm::BasicBlock *beyond = e.newBlock("beyond");
  llvm::SwitchInst *branch = e.b.CreateSwitch(e.bits(0, 32), beyond);
  for (auto [i, name] : llvm::enumerate(found->second)) {
    llvm::BasicBlock *target = e.newBlock("case");
    branch->addCase(e.b.getInt32(i), target);
    e.b.SetInsertPoint(target);
    e.branch(e.label(name)); // which may lead back
  }
  e.b.SetInsertPoint(beyond);
  e.callVoid("trap", {e.thread, e.place()});
  e.endPath();
}

/// The memory of an argument or a result, a variable in .param.
static Value *parameterMemory(Emitter &e, const Operand &operand) {
  int variable = operand.reference.variable;
  Value *memory = variable >= 0 ? e.variableMemory(variable) : nullptr;
  if (memory)
    return memory;
  e.fail(operand.position, "expected a variable in .param");
  return llvm::PoisonValue::get(e.b.getPtrTy());
}

/// printf, assert and the like, which the toolkit leaves to the driver. False
/// if the callee is none of these.
static bool emitSystemCall(Emitter &e, llvm::StringRef name) {
  auto &b = e.b;
  const Operand &results = e.operand(0), &arguments = e.operand(2);
  auto argument = [&](unsigned i, llvm::Type *type) -> Value * {
    if (i >= arguments.elements.size())
      return e.fail("expected " + llvm::Twine(i + 1) + " arguments");
    return b.CreateLoad(type, parameterMemory(e, arguments.elements[i]));
  };
  auto pointer = [&](unsigned i) { return argument(i, b.getPtrTy()); };
  if (name == "vprintf") {
    Value *count =
        e.call("printFormatted", b.getInt32Ty(), {pointer(0), pointer(1)});
    if (!results.elements.empty())
      b.CreateStore(count, parameterMemory(e, results.elements[0]));
  } else if (name == "__assertfail") {
    e.callVoid("assertionFailed", {e.thread, e.place(), pointer(0), pointer(1),
                                   argument(2, b.getInt32Ty())});
  } else if (name == "malloc" || name == "free") {
    e.fail("call of '" + name + "' in a kernel is not supported");
  } else {
    return false;
  }
  return true;
}

static void emitCall(Emitter &e) {
  auto &b = e.b;
  e.ignore({"uni"});
  const Operand &results = e.operand(0), &callee = e.operand(1),
                &arguments = e.operand(2);
  llvm::StringRef name = callee.reference.name;
  if (callee.reference.variable < 0 && emitSystemCall(e, name))
    return;
  llvm::SmallVector<Value *> values = {e.thread};
  for (const Operand *list : {&results, &arguments})
    for (const Operand &operand : list->elements)
      values.push_back(parameterMemory(e, operand));
  llvm::SmallVector<llvm::Type *> types(values.size(), b.getPtrTy());
  auto *type = llvm::FunctionType::get(b.getVoidTy(), types, false);
  llvm::Function *direct = e.context.ir.getFunction(irName(name));
  if (callee.reference.variable >= 0) {
    b.CreateCall(type, b.CreateIntToPtr(e.bits(callee, 64), b.getPtrTy()),
                 values);
    return;
  }
  const Function *known = e.context.syntax.function(name);
  if (!direct || !known || !known->hasBody)
    e.fail(callee.position,
           "expected a function with a body, but got '" + name + "'");
  else if (direct->getFunctionType() != type)
    e.fail(callee.position, "expected the arguments of '" + name + "'");
  else
    b.CreateCall(type, direct, values);
}

static void emitReturn(Emitter &e) {
  e.ignore({"uni"});
  e.b.CreateRetVoid();
}

static void emitExit(Emitter &e) {
  e.callVoid("exitThread", {e.thread});
  e.endPath();
}

static void emitTrap(Emitter &e) {
  e.callVoid("trap", {e.thread, e.place()});
  e.endPath();
}

static void emitSleep(Emitter &e) {
  e.type();
  e.operand(0);
  e.callVoid("poll", {e.thread});
}

/// What tells the chip how to run, and changes no value.
static void emitNothing(Emitter &e) {
  e.ignore(
      {"inc", "dec", "sync", "aligned", "u32", "wait", "launch_dependents"});
  for (unsigned i = 0; i < e.operandCount(); ++i)
    e.operand(i);
}

OpcodeTable sinter::ptx::controlOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"bra", emitBranch},
      {"brx", emitIndexedBranch},
      {"call", emitCall},
      {"ret", emitReturn},
      {"exit", emitExit},
      {"trap", emitTrap},
      {"brkpt", emitTrap},
      {"nanosleep", emitSleep},
      {"pmevent", emitNothing},
      {"setmaxnreg", emitNothing},
      {"griddepcontrol", emitNothing}};
  return table;
}
