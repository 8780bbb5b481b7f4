// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An op whose gradient is wrong.
#ifndef SINTER_TEST_LIB_MISTAKES
#define SINTER_TEST_LIB_MISTAKES

include "sinter/Dialect/NN/IR/NNBase.td"

def Mistake_Dialect : Dialect {
  let name = "mistake";
  let cppNamespace = "::sinter::mistake";
  let summary = "what the project's checks must find";
}

def Mistake_NegateGradientOp
    : Op<Mistake_Dialect, "negate_gradient", [Pure, SameOperandsAndResultType, NN_Differentiable]> {
  let summary = "the operand itself, with a gradient of the wrong sign";
  let description = [{
    Folds to its operand once gradients are built.

    ```mlir
    %1 = mistake.negate_gradient %0 : tensor<4xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$operand);
  let results = (outs NN_FloatTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
  let hasFolder = 1;
}

#endif
