// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of one float. Approximate ones are the host's, whose error is below
// the documented bounds.
#include "Arithmetic.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;
namespace Intrinsic = llvm::Intrinsic;

/// Applies `function` to each lane; .ftz holds for operand and result.
static void mapFunction(Emitter &e,
                        llvm::function_ref<Value *(Value *)> function) {
  Type type = e.type();
  bool ftz = e.has("ftz");
  e.ignore({"approx"});
  e.mapLanes(type, 1, [&](llvm::ArrayRef<Value *> v) {
    Value *result = function(ftz ? e.flush(v[0], type) : v[0]);
    return ftz ? e.flush(result, type) : result;
  });
}

static Value *one(Value *like) {
  return llvm::ConstantFP::get(like->getType(), 1);
}

static void emitReciprocal(Emitter &e) {
  mapFunction(e, [&](Value *x) {
    return emitFloat(e, e.type(), FloatCode::Divide, {one(x), x});
  });
}

static void emitSquareRoot(Emitter &e) {
  mapFunction(e, [&](Value *x) {
    return emitFloat(e, e.type(), FloatCode::SquareRoot, {x});
  });
}

static void emitReciprocalRoot(Emitter &e) {
  mapFunction(e, [&](Value *x) {
    return e.b.CreateFDiv(one(x), e.b.CreateUnaryIntrinsic(Intrinsic::sqrt, x));
  });
}

static void emitMathFunction(Emitter &e) {
  llvm::StringRef opcode = e.instruction().opcode;
  llvm::StringRef name = opcode == "ex2"   ? "exp2f"
                         : opcode == "lg2" ? "log2f"
                         : opcode == "sin" ? "sinf"
                         : opcode == "cos" ? "cosf"
                                           : "tanhf";
  if (e.type().bits == 64) {
    e.unsupported();
    return;
  }
  mapFunction(e,
              [&](Value *x) { return e.call(name, x->getType(), {x}, true); });
}

static void emitCopySign(Emitter &e) {
  Type type = e.type();
  e.set(e.b.CreateBinaryIntrinsic(Intrinsic::copysign, e.value(2, type),
                                  e.value(1, type)),
        type);
}

static void emitTestProperty(Emitter &e) {
  static const std::pair<llvm::StringRef, llvm::FPClassTest> tests[] = {
      {"finite", llvm::fcFinite},
      {"infinite", llvm::fcInf},
      {"number", llvm::FPClassTest(llvm::fcFinite | llvm::fcInf)},
      {"notanumber", llvm::fcNan},
      {"normal", llvm::fcNormal},
      {"subnormal", llvm::fcSubnormal}};
  if (auto test = e.choose<llvm::FPClassTest>(tests))
    e.setBits(e.b.createIsFPClass(e.value(1, e.type()), *test));
  else
    e.unsupported();
}

OpcodeTable sinter::ptx::floatOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"rcp", emitReciprocal},       {"sqrt", emitSquareRoot},
      {"rsqrt", emitReciprocalRoot}, {"sin", emitMathFunction},
      {"cos", emitMathFunction},     {"ex2", emitMathFunction},
      {"lg2", emitMathFunction},     {"tanh", emitMathFunction},
      {"copysign", emitCopySign},    {"testp", emitTestProperty}};
  return table;
}
