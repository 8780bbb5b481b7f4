// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes that do something wrong.
#ifndef SINTER_TEST_LIB_MISTAKES_PASSES
#define SINTER_TEST_LIB_MISTAKES_PASSES

include "mlir/Pass/PassBase.td"

def NegateGradient : Pass<"mistake-negate-gradient", "::mlir::ModuleOp"> {
  let summary = "negates the gradient of one kind of op";
  let description = [{
    Gives a float operand of ops of one name, or of the one in a line of the model, a gradient of the wrong sign. For the graph phase.

    ```mlir
    %1 = nn.exp %0 : tensor<4xf32>
    ```
    becomes
    ```mlir
    %n = mistake.negate_gradient %0 : tensor<4xf32>
    %1 = nn.exp %n : tensor<4xf32>
    ```
  }];
  let options = [Option<"op", "op", "std::string", "", "name of the ops">,
                 Option<"operand", "operand", "int", "0", "number of the operand">,
                 Option<"line", "line", "int", "0", "only in this line; 0: in all">,
                 Option<"inner", "inner", "bool", "false", "expand all gradients of an entry but the last one before">];
  let dependentDialects = ["::sinter::mistake::MistakeDialect"];
}

def ReplaceOp : Pass<"mistake-replace-op", "::mlir::ModuleOp"> {
  let summary = "replaces an op by another one of the same operands and results";
  let description = [{
    Replaces the first op of a name, in a kernel if there are kernels, by an op of another name, without its attributes.

    ```mlir
    %1 = arith.addf %0, %0 : f32
    ```
    becomes, with `from=arith.addf to=arith.mulf`,
    ```mlir
    %1 = arith.mulf %0, %0 : f32
    ```
  }];
  let options = [Option<"from", "from", "std::string", "", "name of the op">,
                 Option<"to", "to", "std::string", "", "name of the op that replaces it">];
}

#endif
