// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The nn dialect and the base classes of its ops.
#ifndef SINTER_NN_BASE
#define SINTER_NN_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "sinter/Dialect/NN/IR/Contractions.td"
include "sinter/Dialect/NN/IR/Costs.td"
include "sinter/Interfaces/Interfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::sinter::nn";
  let summary = "neural networks as static graphs, in PyTorch's vocabulary";
  let description = [{
    Value semantics on builtin tensors of static shape. Layers stay whole until kernels form. Elementwise ops broadcast as
    in PyTorch; their operands have one element type (capture inserts `nn.cast`). State is read and written by value through
    `nn.get_segment` and its relatives.
  }];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
}

/// A tensor of static shape whose bytes can be counted in 64 bits, with elements of a type that the language has.
class NN_TensorOf<list<Type> elements>
    : Type<And<[StaticShapeTensorOf<elements>.predicate, CPred<"::sinter::nn::isCountable(::llvm::cast<::mlir::ShapedType>($_self))">]>,
           StaticShapeTensorOf<elements>.summary, "::mlir::RankedTensorType">;
def NN_Tensor : NN_TensorOf<[F64, F32, F16, BF16, I1, I8, I16, I32, I64, UI8]>;
def NN_FloatTensor : NN_TensorOf<[F64, F32, F16, BF16]>;
def NN_IndexTensor : NN_TensorOf<[I64, I32]>;
def NN_BoolTensor : NN_TensorOf<[I1]>;

class NN_Scalar<string getter, string text>
    : Type<CPred<"$_self == ::mlir::RankedTensorType::get({}, ::mlir::Builder($_self.getContext())." # getter # "())">, text,
           "::mlir::RankedTensorType">,
      BuildableType<"::mlir::RankedTensorType::get({}, $_builder." # getter # "())">;
def NN_F64Scalar : NN_Scalar<"getF64Type", "tensor<f64>">;
def NN_I64Scalar : NN_Scalar<"getI64Type", "tensor<i64>">;

class NN_Op<string mnemonic, list<Trait> traits = []> : Op<NN_Dialect, mnemonic, traits>;

/// A pure op whose result types follow from its operands and attributes.
class NN_PureOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<InferTypeOpInterface, ["inferReturnTypes"]>], traits)>;

def NN_Differentiable : DeclareOpInterfaceMethods<DifferentiableOpInterface>;
def NN_TimeBatchable : DeclareOpInterfaceMethods<TimeBatchableOpInterface>;
def NN_Decomposable : DeclareOpInterfaceMethods<DecomposableOpInterface>;

#endif
