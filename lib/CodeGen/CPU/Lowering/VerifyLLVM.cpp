// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sinter-verify-llvm: an object needs nothing but memcpy, memset and libm, and
// has no state of its own.
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYLLVM
#include "sinter/CodeGen/CPU/Lowering/Passes.h.inc"
} // namespace sinter

using namespace mlir;

/// Functions of one or two doubles; their f32 forms end in f.
static bool isOfLibm(StringRef name) {
  static const llvm::StringSet<llvm::MallocAllocator> libm = {
      "acos", "acosh",     "asin", "asinh", "atan",  "atan2", "atanh", "cbrt",
      "ceil", "cos",       "cosh", "erf",   "exp",   "exp2",  "expm1", "floor",
      "fma",  "fmod",      "log",  "log10", "log1p", "log2",  "pow",   "round",
      "rint", "roundeven", "sin",  "sinh",  "sqrt",  "tan",   "tanh",  "trunc"};
  return libm.contains(name);
}

bool sinter::isAllowedExternal(StringRef name) {
  if (name == "memcpy" || name == "memset" || name == "memmove")
    return true;
  return isOfLibm(name) || (name.consume_back("f") && isOfLibm(name));
}

static LogicalResult verifyFunction(LLVM::LLVMFuncOp function) {
  if (!function.isExternal())
    return success();
  StringRef name = function.getName();
  if (!sinter::isAllowedExternal(name))
    return function.emitOpError("expected a function of libm, memcpy or "
                                "memset, but got the external function '")
           << name << "'";
  if (name.starts_with("mem"))
    return success();
  Type number = isOfLibm(name) ? Type(Float64Type::get(function.getContext()))
                               : Float32Type::get(function.getContext());
  auto type = function.getFunctionType();
  if (type.getReturnType() != number || type.isVarArg() ||
      llvm::any_of(type.getParams(), [&](Type t) { return t != number; }))
    return function.emitOpError("expected a function of ")
           << number << ", but got " << type;
  return success();
}

static LogicalResult verifyGlobal(LLVM::GlobalOp global) {
  if (!global.getConstant())
    return global.emitOpError("expected a constant, but got the variable '")
           << global.getName() << "'";
  if (!global.getValueAttr())
    return global.emitOpError("expected a value of the constant '")
           << global.getName() << "'";
  return success();
}

static LogicalResult verifyOp(Operation *op, ModuleOp module) {
  if (auto function = dyn_cast<LLVM::LLVMFuncOp>(op))
    return verifyFunction(function);
  if (auto global = dyn_cast<LLVM::GlobalOp>(op))
    return verifyGlobal(global);
  // LLVM calls its own runtime library for powers with integers; what a
  // target's assembler understands is no concern of a model.
  bool isKnown = isa_and_nonnull<LLVM::LLVMDialect>(op->getDialect()) &&
                 !isa<LLVM::PowIOp, LLVM::InlineAsmOp>(op) &&
                 op->getParentOp() != module.getOperation();
  return isKnown ? success() : op->emitOpError("has no lowering to LLVM");
}

namespace {
struct VerifyLLVM : sinter::impl::VerifyLLVMBase<VerifyLLVM> {
  void runOnOperation() override {
    bool isValid = true;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op != getOperation())
        isValid &= succeeded(verifyOp(op, getOperation()));
    });
    markAllAnalysesPreserved();
    if (!isValid)
      signalPassFailure();
  }
};
} // namespace
