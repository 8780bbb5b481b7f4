// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparisons and selections.
#include "Emitter.h"

using namespace sinter::ptx;
using llvm::CmpInst;

namespace {
/// What a comparison means for each kind of type.
struct Comparison {
  CmpInst::Predicate onFloats, onSigned, onUnsigned;
};
} // namespace

static constexpr auto none = CmpInst::BAD_ICMP_PREDICATE;

static std::optional<Comparison> comparison(Emitter &e) {
  static const std::pair<llvm::StringRef, Comparison> table[] = {
      {"eq", {CmpInst::FCMP_OEQ, CmpInst::ICMP_EQ, CmpInst::ICMP_EQ}},
      {"ne", {CmpInst::FCMP_ONE, CmpInst::ICMP_NE, CmpInst::ICMP_NE}},
      {"lt", {CmpInst::FCMP_OLT, CmpInst::ICMP_SLT, CmpInst::ICMP_ULT}},
      {"le", {CmpInst::FCMP_OLE, CmpInst::ICMP_SLE, CmpInst::ICMP_ULE}},
      {"gt", {CmpInst::FCMP_OGT, CmpInst::ICMP_SGT, CmpInst::ICMP_UGT}},
      {"ge", {CmpInst::FCMP_OGE, CmpInst::ICMP_SGE, CmpInst::ICMP_UGE}},
      {"lo", {none, none, CmpInst::ICMP_ULT}},
      {"ls", {none, none, CmpInst::ICMP_ULE}},
      {"hi", {none, none, CmpInst::ICMP_UGT}},
      {"hs", {none, none, CmpInst::ICMP_UGE}},
      {"equ", {CmpInst::FCMP_UEQ, none, none}},
      {"neu", {CmpInst::FCMP_UNE, none, none}},
      {"ltu", {CmpInst::FCMP_ULT, none, none}},
      {"leu", {CmpInst::FCMP_ULE, none, none}},
      {"gtu", {CmpInst::FCMP_UGT, none, none}},
      {"geu", {CmpInst::FCMP_UGE, none, none}},
      {"num", {CmpInst::FCMP_ORD, none, none}},
      {"nan", {CmpInst::FCMP_UNO, none, none}}};
  return e.choose<Comparison>(table);
}

/// The results for each lane of operands 1 and 2, combined with operand 3.
static llvm::SmallVector<Value *> emitCompare(Emitter &e, Type type) {
  auto &b = e.b;
  std::optional<Comparison> meaning = comparison(e);
  CmpInst::Predicate predicate = !meaning          ? none
                                 : type.isFloat()  ? meaning->onFloats
                                 : type.isSigned() ? meaning->onSigned
                                                   : meaning->onUnsigned;
  if (predicate == none) {
    e.unsupported();
    return {b.getFalse(), b.getFalse()};
  }
  bool ftz = e.has("ftz");
  Value *x = e.bits(1, type.width()), *y = e.bits(2, type.width());
  llvm::SmallVector<Value *> results;
  for (unsigned lane = 0; lane < type.lanes; ++lane) {
    auto part = [&](Value *bits) {
      Value *value = e.decode(e.extractLane(bits, type, lane), type.lane());
      return ftz ? e.flush(value, type) : value;
    };
    Value *left = part(x), *right = part(y);
    results.push_back(type.isFloat() ? b.CreateFCmp(predicate, left, right)
                                     : b.CreateICmp(predicate, left, right));
  }
  return results;
}

/// Applies .and, .or or .xor with operand 3, if there is one.
static Value *combine(Emitter &e, Value *result) {
  if (e.operandCount() < 4)
    return result;
  Value *other = e.bits(3, 1);
  if (e.has("and"))
    return e.b.CreateAnd(result, other);
  if (e.has("or"))
    return e.b.CreateOr(result, other);
  if (e.has("xor"))
    return e.b.CreateXor(result, other);
  return e.unsupported();
}

static void emitSetPredicate(Emitter &e) {
  Type type = e.lastType();
  llvm::SmallVector<Value *> results = emitCompare(e, type);
  const Operand &target = e.operand(0);
  bool isPair = target.kind == Operand::Pair;
  e.setBits(isPair ? target.elements[0] : target, combine(e, results[0]));
  if (isPair)
    e.setBits(
        target.elements[1],
        combine(e, type.lanes > 1 ? results[1] : e.b.CreateNot(results[0])));
}

/// All ones or 1.0 for true, by the type of the result.
static Value *truth(Emitter &e, Value *condition, Type type) {
  if (!type.isFloat())
    return e.b.CreateSExt(condition, e.intType(type.bits));
  return e.encode(e.b.CreateUIToFP(condition, e.b.getFloatTy()), type.lane());
}

static void emitSet(Emitter &e) {
  Type target = e.type(0), type = e.type(1);
  llvm::SmallVector<Value *> results = emitCompare(e, type);
  if (type.lanes == 1)
    return e.setBits(truth(e, combine(e, results[0]), target),
                     target.isSigned());
  Type half = target.lanes > 1 ? target : Type{Type::Unsigned, 16, 2};
  Value *bits = e.b.getInt32(0);
  for (unsigned lane = 0; lane < 2; ++lane)
    bits = e.insertLane(bits, truth(e, combine(e, results[lane]), half), half,
                        lane);
  e.setBits(bits);
}

static void emitSelect(Emitter &e) {
  unsigned width = e.type().width();
  e.setBits(e.b.CreateSelect(e.bits(3, 1), e.bits(1, width), e.bits(2, width)),
            e.type().isSigned());
}

/// slct: a where c is at least zero. NaN is not.
static void emitSelectBySign(Emitter &e) {
  Type type = e.type(0), by = e.type(1);
  Value *c = e.value(3, by);
  if (e.has("ftz"))
    c = e.flush(c, by);
  Value *condition =
      by.isFloat()
          ? e.b.CreateFCmpOGE(c, llvm::ConstantFP::get(c->getType(), 0))
          : e.b.CreateICmpSGE(c, llvm::ConstantInt::get(c->getType(), 0));
  e.setBits(e.b.CreateSelect(condition, e.bits(1, type.width()),
                             e.bits(2, type.width())));
}

OpcodeTable sinter::ptx::comparisonOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"setp", emitSetPredicate},
      {"set", emitSet},
      {"selp", emitSelect},
      {"slct", emitSelectBySign}};
  return table;
}
