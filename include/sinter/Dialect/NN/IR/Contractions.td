// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What products of all kinds have in common.
#ifndef SINTER_NN_CONTRACTIONS
#define SINTER_NN_CONTRACTIONS

include "mlir/IR/OpBase.td"

def ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let cppNamespace = "::sinter::nn";
  let description = [{
    A sum of products of two factors, which are the first two operands. Costs, fusion, tiles and the lowering know products by this
    alone.
  }];
  let methods = [
    InterfaceMethod<"The loops of the product, and how they index the factors and the result.",
      "::sinter::nn::ContractionLoops", "getContractionLoops">];
  let extraSharedClassDeclaration = [{
    ::mlir::Value getLeftFactor() { return $_op->getOperand(0); }
    ::mlir::Value getRightFactor() { return $_op->getOperand(1); }
    /// How many products make one element of the result.
    int64_t getDepth() { return $_op.getContractionLoops().getDepth(); }
  }];
}
def NN_Contraction : DeclareOpInterfaceMethods<ContractionOpInterface>;

#endif
