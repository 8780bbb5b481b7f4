// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on integers and floats: one result from a few operands.
#include "Arithmetic.h"
#include "llvm/IR/Intrinsics.h"

using namespace sinter::ptx;
namespace Intrinsic = llvm::Intrinsic;

/// One f16 or bf16 fused multiply-add: a double that `encode` rounds once.
static Value *multiplyAdd16(Emitter &e, llvm::ArrayRef<Value *> values) {
  llvm::SmallVector<Value *> wide;
  for (Value *value : values)
    wide.push_back(e.b.CreateFPExt(value, e.b.getDoubleTy()));
  return e.call("multiplyAddToOdd", e.b.getDoubleTy(), wide, true);
}

static Value *roundedToNearest(Emitter &e, FloatCode code,
                               llvm::ArrayRef<Value *> v) {
  auto &b = e.b;
  switch (code) {
  case FloatCode::Add:
    return b.CreateFAdd(v[0], v[1]);
  case FloatCode::Subtract:
    return b.CreateFSub(v[0], v[1]);
  case FloatCode::Multiply:
    return b.CreateFMul(v[0], v[1]);
  case FloatCode::Divide:
    return b.CreateFDiv(v[0], v[1]);
  case FloatCode::MultiplyAdd:
    return b.CreateIntrinsic(Intrinsic::fma, {v[0]->getType()}, v);
  case FloatCode::SquareRoot:
    return b.CreateUnaryIntrinsic(Intrinsic::sqrt, v[0]);
  }
  llvm_unreachable("a code of float arithmetic");
}

Value *sinter::ptx::emitFloat(Emitter &e, Type type, FloatCode code,
                              llvm::ArrayRef<Value *> operands) {
  auto &b = e.b;
  bool ftz = e.has("ftz"), sat = e.has("sat"), relu = e.has("relu");
  Rounding mode = e.rounding();
  llvm::SmallVector<Value *> v(operands);
  if (ftz)
    for (Value *&value : v)
      value = e.flush(value, type);
  llvm::Type *ir = v[0]->getType();
  Value *result;
  if (code == FloatCode::MultiplyAdd && type.bits == 16) {
    result = multiplyAdd16(e, v);
  } else if (mode == Rounding::NearestEven || type.bits == 16) {
    result = roundedToNearest(e, code, v);
  } else {
    v.resize(3, v[0]);
    result = e.call(ir->isFloatTy() ? "computeF32" : "computeF64", ir,
                    {e.code(code), e.code(mode), v[0], v[1], v[2]}, true);
  }
  if (ftz)
    result = e.flush(result, type);
  if (sat)
    result = e.clampToUnit(result);
  if (relu) // NaN stays
    result = b.CreateSelect(
        b.CreateFCmpOLT(result, llvm::ConstantFP::get(result->getType(), 0)),
        llvm::ConstantFP::get(result->getType(), 0), result);
  return result;
}

/// add.f32.bf16 d, a, c: the first operand is narrower.
static void emitMixed(Emitter &e, FloatCode code, unsigned inputs) {
  Type type = e.type(0), narrow = e.type(1);
  llvm::SmallVector<Value *> values;
  for (unsigned i = 1; i < inputs; ++i)
    values.push_back(e.value(i, narrow));
  values.push_back(e.value(inputs, type));
  e.set(emitFloat(e, type, code, values), type);
}

static void emitFloatOperation(Emitter &e, FloatCode code, unsigned inputs) {
  if (e.typeCount() == 2)
    return emitMixed(e, code, inputs);
  e.mapLanes(e.type(), inputs, [&](llvm::ArrayRef<Value *> values) {
    return emitFloat(e, e.type(), code, values);
  });
}

void sinter::ptx::emitAddOrSubtract(Emitter &e) {
  bool isAdd = e.instruction().opcode == "add";
  Type type = e.type();
  if (type.isFloat())
    return emitFloatOperation(e, isAdd ? FloatCode::Add : FloatCode::Subtract,
                              2);
  bool saturate = e.has("sat");
  e.mapLanes(type, 2, [&](llvm::ArrayRef<Value *> v) -> Value * {
    if (saturate)
      return e.b.CreateBinaryIntrinsic(
          isAdd ? Intrinsic::sadd_sat : Intrinsic::ssub_sat, v[0], v[1]);
    return isAdd ? e.b.CreateAdd(v[0], v[1]) : e.b.CreateSub(v[0], v[1]);
  });
}

/// The part of an integer product that .lo, .hi or .wide asks for.
Value *sinter::ptx::emitProduct(Emitter &e, Type type) {
  auto &b = e.b;
  Value *x = e.bits(1, type.bits), *y = e.bits(2, type.bits);
  auto *wide = e.intType(2 * type.bits);
  auto extend = [&](Value *v) {
    return type.isSigned() ? b.CreateSExt(v, wide) : b.CreateZExt(v, wide);
  };
  if (e.has("wide"))
    return b.CreateMul(extend(x), extend(y));
  if (e.has("hi"))
    return b.CreateTrunc(
        b.CreateLShr(b.CreateMul(extend(x), extend(y)), type.bits),
        e.intType(type.bits));
  e.ignore({"lo"});
  return b.CreateMul(x, y);
}

static void emitMultiply(Emitter &e) {
  if (e.type().isFloat())
    return emitFloatOperation(e, FloatCode::Multiply, 2);
  e.setBits(emitProduct(e, e.type()), e.type().isSigned());
}

void sinter::ptx::emitMultiplyAdd(Emitter &e) {
  if (e.type().isFloat())
    return emitFloatOperation(e, FloatCode::MultiplyAdd, 3);
  Value *product = emitProduct(e, e.type());
  Value *addend = e.bits(3, product->getType()->getIntegerBitWidth());
  e.setBits(e.has("sat") ? e.b.CreateBinaryIntrinsic(Intrinsic::sadd_sat,
                                                     product, addend)
                         : e.b.CreateAdd(product, addend),
            e.type().isSigned());
}

static void emitFusedMultiplyAdd(Emitter &e) {
  emitFloatOperation(e, FloatCode::MultiplyAdd, 3);
}

/// mul24 and mad24: products of the low 24 bits.
static void emitMultiply24(Emitter &e) {
  auto &b = e.b;
  bool isSigned = e.type().isSigned();
  auto extend = [&](Value *v) {
    v = b.CreateShl(v, 8);
    return b.CreateSExt(isSigned ? b.CreateAShr(v, 8) : b.CreateLShr(v, 8),
                        b.getInt64Ty());
  };
  Value *product = b.CreateMul(extend(e.bits(1, 32)), extend(e.bits(2, 32)));
  if (e.has("hi"))
    product = b.CreateLShr(product, 16);
  e.ignore({"lo"});
  Value *result = b.CreateTrunc(product, b.getInt32Ty());
  if (e.instruction().opcode == "mad24")
    result = b.CreateAdd(result, e.bits(3, 32));
  e.setBits(result);
}

/// div and rem of integers. By zero the quotient is all ones and the remainder
/// the dividend; the host would trap, and so it would for the least integer by
/// minus one.
static void emitDivide(Emitter &e) {
  auto &b = e.b;
  Type type = e.type();
  if (type.isFloat()) {
    e.ignore({"approx", "full"});
    return emitFloatOperation(e, FloatCode::Divide, 2);
  }
  bool isDivision = e.instruction().opcode == "div";
  Value *x = e.bits(1, type.bits), *y = e.bits(2, type.bits);
  auto *ir = e.intType(type.bits);
  auto *zero = llvm::ConstantInt::get(ir, 0),
       *one = llvm::ConstantInt::get(ir, 1);
  auto *ones = llvm::ConstantInt::getAllOnesValue(ir);
  Value *byZero = b.CreateICmpEQ(y, zero), *unsafe = byZero;
  if (type.isSigned()) {
    auto *least =
        llvm::ConstantInt::get(ir, llvm::APInt::getSignedMinValue(type.bits));
    unsafe = b.CreateOr(
        unsafe, b.CreateAnd(b.CreateICmpEQ(x, least), b.CreateICmpEQ(y, ones)));
  }
  y = b.CreateSelect(unsafe, one, y);
  Value *result = type.isSigned()
                      ? isDivision ? b.CreateSDiv(x, y) : b.CreateSRem(x, y)
                  : isDivision ? b.CreateUDiv(x, y)
                               : b.CreateURem(x, y);
  e.setBits(b.CreateSelect(byZero, isDivision ? static_cast<Value *>(ones) : x,
                           result),
            type.isSigned());
}

static void emitAbsOrNegate(Emitter &e) {
  Type type = e.type();
  bool isAbs = e.instruction().opcode == "abs", ftz = e.has("ftz");
  e.mapLanes(type, 1, [&](llvm::ArrayRef<Value *> v) -> Value * {
    if (!type.isFloat())
      return isAbs ? e.b.CreateBinaryIntrinsic(Intrinsic::abs, v[0],
                                               e.b.getFalse())
                   : e.b.CreateNeg(v[0]);
    Value *result = isAbs ? e.b.CreateUnaryIntrinsic(Intrinsic::fabs, v[0])
                          : e.b.CreateFNeg(v[0]);
    return ftz ? e.flush(result, type) : result;
  });
}

/// The smaller or larger float: -0 is below +0; one NaN loses, with .NaN it
/// wins; with .xorsign magnitudes are compared.
static Value *emitFloatExtreme(Emitter &e, Type type, Value *x, Value *y) {
  auto &b = e.b;
  bool propagate = e.has("NaN");
  if (e.has("ftz")) {
    x = e.flush(x, type);
    y = e.flush(y, type);
  }
  Value *sign = nullptr;
  if (e.has("xorsign")) {
    e.ignore({"abs"});
    auto *ir = e.intType(x->getType()->getPrimitiveSizeInBits());
    sign = b.CreateBitCast(
        b.CreateXor(b.CreateBitCast(x, ir), b.CreateBitCast(y, ir)),
        x->getType());
    x = b.CreateUnaryIntrinsic(Intrinsic::fabs, x);
    y = b.CreateUnaryIntrinsic(Intrinsic::fabs, y);
  }
  Value *result = b.CreateBinaryIntrinsic(
      e.instruction().opcode == "max" ? Intrinsic::maximum : Intrinsic::minimum,
      x, y);
  if (!propagate)
    result = b.CreateSelect(b.CreateFCmpUNO(x, x), y,
                            b.CreateSelect(b.CreateFCmpUNO(y, y), x, result));
  if (sign)
    result = b.CreateBinaryIntrinsic(Intrinsic::copysign, result, sign);
  return result;
}

static void emitMinOrMax(Emitter &e) {
  Type type = e.type();
  bool isMax = e.instruction().opcode == "max", relu = e.has("relu");
  unsigned inputs = e.operandCount() == 4 ? 3 : 2;
  e.mapLanes(type, inputs, [&](llvm::ArrayRef<Value *> v) -> Value * {
    if (type.isFloat()) {
      Value *result = emitFloatExtreme(e, type, v[0], v[1]);
      return inputs == 2 ? result : emitFloatExtreme(e, type, result, v[2]);
    }
    auto intrinsic = type.isSigned() ? isMax ? Intrinsic::smax : Intrinsic::smin
                     : isMax         ? Intrinsic::umax
                                     : Intrinsic::umin;
    Value *result = e.b.CreateBinaryIntrinsic(intrinsic, v[0], v[1]);
    return relu ? e.b.CreateBinaryIntrinsic(
                      Intrinsic::smax, result,
                      llvm::ConstantInt::get(result->getType(), 0))
                : result;
  });
}

/// sad: c + |a - b|.
static void emitSumOfDifference(Emitter &e) {
  auto &b = e.b;
  Type type = e.type();
  Value *x = e.bits(1, type.bits), *y = e.bits(2, type.bits);
  Value *larger =
      type.isSigned() ? b.CreateICmpSGT(x, y) : b.CreateICmpUGT(x, y);
  Value *difference =
      b.CreateSelect(larger, b.CreateSub(x, y), b.CreateSub(y, x));
  e.setBits(b.CreateAdd(e.bits(3, type.bits), difference));
}

/// dp4a and dp2a: c plus the products of four bytes, or of two halves with two
/// bytes.
static void emitDotProduct(Emitter &e) {
  auto &b = e.b;
  bool isPairs = e.instruction().opcode == "dp2a";
  bool signedX = e.type(0).isSigned(), signedY = e.type(1).isSigned();
  unsigned width = isPairs ? 16 : 8, start = isPairs && e.has("hi") ? 16 : 0;
  if (isPairs)
    e.ignore({"lo"});
  auto part = [&](Value *v, unsigned at, unsigned bits, bool isSigned) {
    v = b.CreateShl(v, 32 - at - bits);
    return isSigned ? b.CreateAShr(v, 32 - bits) : b.CreateLShr(v, 32 - bits);
  };
  Value *x = e.bits(1, 32), *y = e.bits(2, 32), *sum = e.bits(3, 32);
  for (unsigned i = 0; i < 32 / width; ++i)
    sum = b.CreateAdd(sum, b.CreateMul(part(x, i * width, width, signedX),
                                       part(y, start + i * 8, 8, signedY)));
  e.setBits(sum);
}

OpcodeTable sinter::ptx::arithmeticOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"mul", emitMultiply},        {"fma", emitFusedMultiplyAdd},
      {"mul24", emitMultiply24},    {"mad24", emitMultiply24},
      {"div", emitDivide},          {"rem", emitDivide},
      {"abs", emitAbsOrNegate},     {"neg", emitAbsOrNegate},
      {"min", emitMinOrMax},        {"max", emitMinOrMax},
      {"sad", emitSumOfDifference}, {"dp4a", emitDotProduct},
      {"dp2a", emitDotProduct}};
  return table;
}
