// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Interfaces through which passes see ops: differentiation, decomposition, addition of gradients.
#ifndef SINTER_INTERFACES
#define SINTER_INTERFACES

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::sinter";
  let description = [{
    An op that can build the gradients of its operands from those of its results. The one rule of differentiation per op;
    the engine in Autodiff/ does the rest.
  }];
  let methods = [InterfaceMethod<
    [{Builds ops at `builder`'s insertion point that compute, for operand i, the gradient that flows into it, and puts it into
      `operandGradients[i]` (which arrives null). `resultGradients[j]` is null where nothing flows into result j. An operand
      that takes no gradient (an integer, a mask) stays null. Fails after emitting a located error if the op, with these
      attributes, has no gradient.}],
    "::llvm::LogicalResult", "buildGradients",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGradients,
         "::llvm::MutableArrayRef<::mlir::Value>":$operandGradients)>];
}

def DifferentiableRegionOpInterface : OpInterface<"DifferentiableRegionOpInterface"> {
  let cppNamespace = "::sinter";
  let description = [{
    An op with a body, such as a loop. It makes an augmented form of itself, which gives what the backward pass needs as further
    results, and the op that runs the body's gradients; the engine differentiates the body.
  }];
  let methods = [InterfaceMethod<
    [{Builds the augmented op in this one's place and the backward op at `builder`'s insertion point. The gradients are as in
      DifferentiableOpInterface. `differentiate` builds the gradients of values of one block. Gives one value of the augmented op per
      result of this one, which the caller replaces and erases.}],
    "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "augmentAndTranspose",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGradients,
         "::llvm::MutableArrayRef<::mlir::Value>":$operandGradients, "::sinter::DifferentiateValues":$differentiate)>];
}

def DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::sinter";
  let description = [{A layer that can be written in primitives. Decomposed just before kernels form.}];
  let methods = [InterfaceMethod<
    [{Builds the primitives at `builder`'s insertion point and returns one value per result, of the same types.}],
    "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "decompose", (ins "::mlir::OpBuilder &":$builder)>];
}

def TimeBatchableOpInterface : OpInterface<"TimeBatchableOpInterface"> {
  let cppNamespace = "::sinter";
  let description = [{An op that can be applied to all steps of a loop over time at once.}];
  let methods = [InterfaceMethod<
    [{Builds at `builder`'s insertion point what the op gives in all steps, stacked along a new dimension 0. `operands[i]` is stacked
      like that where `stacked[i]`, the same in all steps elsewhere; at least one is stacked. Fails without an error, and without having
      built anything, if the op has no such form.}],
    "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "buildOverTime",
    (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands, "::llvm::ArrayRef<bool>":$stacked)>];
}

def AdditiveTypeInterface : TypeInterface<"AdditiveTypeInterface"> {
  let cppNamespace = "::sinter";
  let description = [{A type whose values can be zero and can be added: what gradients are made of.}];
  let methods = [
    InterfaceMethod<"A zero of this type.", "::mlir::Value", "buildZero",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$location)>,
    InterfaceMethod<"The sum of two values of this type.", "::mlir::Value", "buildSum",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$location, "::mlir::Value":$left, "::mlir::Value":$right)>];
}

/// Declared: gradients stop at this op by its nature (a comparison, an index). Not a gap.
def NotDifferentiable : NativeOpTrait<"NotDifferentiable"> { let cppNamespace = "::sinter"; }

#endif
