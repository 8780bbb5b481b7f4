// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The built-ins by name: functions, layers, and objects of train blocks.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_TABLES_H
#define SINTER_LIB_FRONTEND_CAPTURE_TABLES_H

#include "Signature.h"

namespace sinter::capturing {

class Interpreter;

/// A function, also a method of its first parameter.
struct Builtin {
  Signature signature;
  Value (*build)(Call &call);
};

/// A layer: what its constructor takes, and what calling it does. Layers
/// without tensors of their own are a function with the options as arguments.
struct LayerKind {
  Signature signature;
  const Builtin *function = nullptr;
  Signature forwardSignature;              ///< if there is no function
  void (*construct)(Call &call) = nullptr; ///< registers tensors
  Value (*forward)(Call &call) = nullptr;
};

enum class ObjectCategory { DataSet, Transform, Optimizer, Schedule };
struct ObjectKind {
  Signature signature;
  ObjectCategory category;
};

/// Null if there is none of that name.
const Builtin *findBuiltin(llvm::StringRef name);
const LayerKind *findLayer(llvm::StringRef name);
const ObjectKind *findObject(llvm::StringRef name);
/// All names, for "did you mean".
std::vector<llvm::StringRef> builtinNames();

inline std::string nameOf(const Builtin &builtin) {
  return builtin.signature.name;
}
inline std::string nameOf(const LayerKind &layer) {
  return layer.signature.name;
}
inline std::string nameOf(const ObjectKind &object) {
  return object.signature.name;
}

// The rows of the tables. What the reference says of them: `pytorch`, the name
// there ("torch.abs", "F.relu"); `summary`, one line; `absent`, what PyTorch's
// has beyond it and what to do instead, or null.

/// One row of a family's table.
struct FunctionRow {
  const char *signature;
  Value (*build)(Call &call);
  const char *pytorch = nullptr, *summary = nullptr, *absent = nullptr;
};
/// A layer that is a function: "LeakyReLU(negative_slope=0.01)" and
/// "leaky_relu".
struct FunctionalLayerRow {
  const char *signature;
  const char *function;
};
/// A layer, called as in torch.nn.
struct LayerRow {
  const char *signature;
  const char *forwardSignature;
  void (*construct)(Call &call);
  Value (*forward)(Call &call);
  const char *summary = nullptr, *absent = nullptr;
};
/// What is written in train and run blocks.
struct ObjectRow {
  const char *signature;
  ObjectCategory category;
  const char *pytorch = nullptr, *summary = nullptr, *absent = nullptr;
};
/// A name that is a value known while compiling.
struct ConstantRow {
  const char *name;
  Value (*value)(const Interpreter &interpreter);
  const char *pytorch = nullptr, *summary = nullptr, *absent = nullptr;
};
/// `tensor.name`, which is not called.
struct AttributeRow {
  const char *name;
  /// `range` is the name's; poison after a located error.
  Value (*get)(Interpreter &interpreter, Tensor tensor, SourceRange range);
  const char *pytorch = nullptr, *summary = nullptr, *absent = nullptr;
};
/// Names of PyTorch that the language has not, for one reason.
struct AbsentRow {
  llvm::ArrayRef<const char *> names; ///< as in `pytorch`
  const char *reason;
  bool isPlanned = true; ///< for a later version
};

/// The row of that name; null if there is none.
const ConstantRow *findConstant(llvm::StringRef name);
const AttributeRow *findAttribute(llvm::StringRef name);
/// The row with PyTorch's function, layer, … of that name (its last part).
const AbsentRow *findAbsent(llvm::StringRef name);

/// The tables, by family.
llvm::ArrayRef<FunctionRow> elementwiseFunctions();
llvm::ArrayRef<FunctionRow> arithmeticFunctions();
llvm::ArrayRef<FunctionRow> activationFunctions();
llvm::ArrayRef<FunctionRow> dropoutFunctions();
llvm::ArrayRef<FunctionRow> reductionFunctions();
llvm::ArrayRef<FunctionRow> cumulationFunctions();
llvm::ArrayRef<FunctionRow> shapeFunctions();
llvm::ArrayRef<FunctionRow> reshapingFunctions();
llvm::ArrayRef<FunctionRow> joiningFunctions();
llvm::ArrayRef<FunctionRow> indexingFunctions();
llvm::ArrayRef<FunctionRow> productFunctions();
llvm::ArrayRef<FunctionRow> creationFunctions();
llvm::ArrayRef<FunctionRow> conversionFunctions();
llvm::ArrayRef<FunctionRow> lossFunctions();
llvm::ArrayRef<FunctionRow> marginLossFunctions();
llvm::ArrayRef<FunctionRow> classificationLossFunctions();
llvm::ArrayRef<FunctionRow> normalizationFunctions();
llvm::ArrayRef<FunctionRow> batchNormalizationFunctions();
llvm::ArrayRef<FunctionRow> instanceNormalizationFunctions();
llvm::ArrayRef<FunctionRow> convolutionFunctions();
llvm::ArrayRef<FunctionRow> transposedConvolutionFunctions();
llvm::ArrayRef<FunctionRow> poolingFunctions();
llvm::ArrayRef<FunctionRow> maxPoolingFunctions();
llvm::ArrayRef<FunctionRow> fractionalPoolingFunctions();
llvm::ArrayRef<FunctionRow> rearrangingFunctions();
llvm::ArrayRef<FunctionRow> paddingFunctions();
llvm::ArrayRef<FunctionRow> resamplingFunctions();
llvm::ArrayRef<FunctionRow> samplingFunctions();
llvm::ArrayRef<FunctionRow> sequenceFunctions();
llvm::ArrayRef<FunctionalLayerRow> functionalLayers();
llvm::ArrayRef<LayerRow> parameterLayers();
llvm::ArrayRef<LayerRow> convolutionLayers();
llvm::ArrayRef<LayerRow> transposedConvolutionLayers();
llvm::ArrayRef<LayerRow> maxUnpoolingLayers();
llvm::ArrayRef<LayerRow> resamplingLayers();
llvm::ArrayRef<LayerRow> paddingLayers();
llvm::ArrayRef<LayerRow> normalizationLayers();
llvm::ArrayRef<LayerRow> batchNormalizationLayers();
llvm::ArrayRef<LayerRow> instanceNormalizationLayers();
llvm::ArrayRef<LayerRow> recurrentLayers();
llvm::ArrayRef<ObjectRow> objectRows();
llvm::ArrayRef<ConstantRow> constantRows();
llvm::ArrayRef<AttributeRow> attributeRows();
llvm::ArrayRef<AbsentRow> absentRows();

/// All families of functions and of layers with a forward of their own, in the
/// order of the reference.
template <typename Row> struct Family {
  const char *title;
  llvm::ArrayRef<Row> rows;
};
std::vector<Family<FunctionRow>> functionFamilies();
std::vector<Family<LayerRow>> layerFamilies();

} // namespace sinter::capturing
#endif
