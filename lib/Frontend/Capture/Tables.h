// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The built-ins by name: functions, layers, and objects of train blocks.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_TABLES_H
#define SINTER_LIB_FRONTEND_CAPTURE_TABLES_H

#include "Signature.h"

namespace sinter::capturing {

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
/// Whether PyTorch has it and Sinter does not yet.
bool isKnownUnsupported(llvm::StringRef name);
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

/// One row of a family's table.
struct FunctionRow {
  const char *signature;
  Value (*build)(Call &call);
};
/// A layer that is a function: "LeakyReLU(negative_slope=0.01)" and
/// "leaky_relu".
struct FunctionalLayerRow {
  const char *signature;
  const char *function;
};
struct LayerRow {
  const char *signature;
  const char *forwardSignature;
  void (*construct)(Call &call);
  Value (*forward)(Call &call);
};

/// The families.
llvm::ArrayRef<FunctionRow> elementwiseFunctions();
llvm::ArrayRef<FunctionRow> activationFunctions();
llvm::ArrayRef<FunctionRow> reductionFunctions();
llvm::ArrayRef<FunctionRow> shapeFunctions();
llvm::ArrayRef<FunctionRow> joiningFunctions();
llvm::ArrayRef<FunctionRow> indexingFunctions();
llvm::ArrayRef<FunctionRow> productFunctions();
llvm::ArrayRef<FunctionRow> creationFunctions();
llvm::ArrayRef<FunctionRow> conversionFunctions();
llvm::ArrayRef<FunctionRow> lossFunctions();
llvm::ArrayRef<FunctionRow> classificationLossFunctions();
llvm::ArrayRef<FunctionRow> normalizationFunctions();
llvm::ArrayRef<FunctionRow> sequenceFunctions();
llvm::ArrayRef<FunctionalLayerRow> functionalLayers();
llvm::ArrayRef<LayerRow> parameterLayers();
llvm::ArrayRef<LayerRow> normalizationLayers();
llvm::ArrayRef<LayerRow> recurrentLayers();

} // namespace sinter::capturing
#endif
