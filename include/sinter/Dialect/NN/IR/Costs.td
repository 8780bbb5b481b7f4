// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ops cost.
#ifndef SINTER_NN_COSTS
#define SINTER_NN_COSTS

include "mlir/IR/OpBase.td"

/// What an op is to its cost; CostOpInterface reads these.
class NN_CostTrait<string name> : NativeOpTrait<name> { let cppNamespace = "::sinter::nn"; }
/// Each result element is computed from the operands' elements at the same (broadcast) index.
def NN_Elementwise : NN_CostTrait<"ElementwiseTrait">;
/// Elementwise, with a division or a root: more than a load of the result, but no series.
def NN_Division : NN_CostTrait<"DivisionTrait">;
/// Elementwise, with a series or many rounds of a cipher.
def NN_Transcendental : NN_CostTrait<"TranscendentalTrait">;
/// Every element of the first operand is combined into a result.
def NN_ReducesElements : NN_CostTrait<"ReducesElementsTrait">;
/// Elements move or follow from their index; nothing is computed.
def NN_MovesElements : NN_CostTrait<"MovesElementsTrait">;
/// Random numbers that are drawn again from their counter rather than kept.
def NN_DrawnAgain : NN_CostTrait<"DrawnAgainTrait">;

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::sinter::nn";
  let description = [{
    What an op costs: the one answer for reports, for the size of tiles, and for whether a value is kept or computed again.
  }];
  let methods = [
    InterfaceMethod<"Operations in all, as reports count them: two per multiply-add of a product, one per element computed or reduced that may be other than zero.",
      "int64_t", "getFlops", (ins), "", [{ return defaultFlops($_op); }]>,
    InterfaceMethod<"Elements of the first result that may be other than zero or false, at most: where an index chooses one of many, there is one.",
      "int64_t", "getNonzeroElements", (ins), "", [{ return defaultNonzeroElements($_op); }]>,
    InterfaceMethod<"Scalar operations per element of its domain, at least 1, with a series as many: what tiles are sized by.",
      "int64_t", "getWorkPerElement", (ins), "", [{ return defaultWorkPerElement($_op); }]>,
    InterfaceMethod<"Whether computing the op again, its operands at hand, costs no more than loading its result.",
      "bool", "isRepeatable", (ins), "", [{ return isRepeatableByDefault($_op); }]>,
    InterfaceMethod<"Whether every kernel that reads the result has the op, for less than a load of it.",
      "bool", "isComputedWhereRead", (ins), "", [{ return false; }]>];
}
def NN_ComputedWhereRead : DeclareOpInterfaceMethods<CostOpInterface, ["isComputedWhereRead"]>;

def NN_SparseWhereRead : DeclareOpInterfaceMethods<CostOpInterface, ["getNonzeroElements", "isComputedWhereRead"]>;
def NN_Sparse : DeclareOpInterfaceMethods<CostOpInterface, ["getNonzeroElements"]>;

#endif
