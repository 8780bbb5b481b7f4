// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up of built-ins by name.
#include "Tables.h"
#include "llvm/ADT/StringMap.h"

namespace sinter::capturing {

namespace {
/// All tables, read once.
struct Tables {
  llvm::StringMap<Builtin> functions;
  llvm::StringMap<LayerKind> layers;
  llvm::StringMap<ObjectKind> objects;

  Tables();
  void addFunctions(llvm::ArrayRef<FunctionRow> rows);
  void addLayers(llvm::ArrayRef<LayerRow> rows);
  void addObjects(llvm::ArrayRef<ObjectRow> rows);
};
} // namespace

void Tables::addFunctions(llvm::ArrayRef<FunctionRow> rows) {
  for (const FunctionRow &row : rows) {
    Signature signature = Signature::parse(row.signature);
    std::string name = signature.name;
    functions[name] = {std::move(signature), row.build};
  }
}

void Tables::addLayers(llvm::ArrayRef<LayerRow> rows) {
  for (const LayerRow &row : rows) {
    Signature signature = Signature::parse(row.signature);
    std::string name = signature.name;
    layers[name] = {std::move(signature), nullptr,
                    Signature::parse(row.forwardSignature), row.construct,
                    row.forward};
  }
}

void Tables::addObjects(llvm::ArrayRef<ObjectRow> rows) {
  for (const ObjectRow &row : rows) {
    Signature signature = Signature::parse(row.signature);
    std::string name = signature.name;
    objects[name] = {std::move(signature), row.category};
  }
}

Tables::Tables() {
  for (const auto &family : functionFamilies())
    addFunctions(family.rows);
  for (const auto &family : layerFamilies())
    addLayers(family.rows);
  for (const FunctionalLayerRow &row : functionalLayers()) {
    Signature signature = Signature::parse(row.signature);
    std::string name = signature.name;
    LayerKind &layer = layers[name];
    layer.signature = std::move(signature);
    layer.function = &functions.find(row.function)->second;
  }
  addObjects(objectRows());
}

std::vector<Family<FunctionRow>> functionFamilies() {
  return {{"Elementwise functions", elementwiseFunctions()},
          {"Arithmetic, comparisons and choices", arithmeticFunctions()},
          {"Activations", activationFunctions()},
          {"Dropout", dropoutFunctions()},
          {"Reductions", reductionFunctions()},
          {"Cumulations", cumulationFunctions()},
          {"Other shapes of the same elements", reshapingFunctions()},
          {"Shapes", shapeFunctions()},
          {"Parts and joins", joiningFunctions()},
          {"Indices", indexingFunctions()},
          {"Products and gradients", productFunctions()},
          {"Creation and random draws", creationFunctions()},
          {"Conversions", conversionFunctions()},
          {"Losses", lossFunctions()},
          {"Losses of margins and distances", marginLossFunctions()},
          {"Losses of classes", classificationLossFunctions()},
          {"Normalizations", normalizationFunctions()},
          {"Normalizations of channels", batchNormalizationFunctions()},
          {"Normalizations of images", instanceNormalizationFunctions()},
          {"Convolutions", convolutionFunctions()},
          {"Transposed convolutions", transposedConvolutionFunctions()},
          {"Pooling", poolingFunctions()},
          {"Pooling by maxima", maxPoolingFunctions()},
          {"Pooling at places that are drawn", fractionalPoolingFunctions()},
          {"Pixels, channels and patches", rearrangingFunctions()},
          {"Padding", paddingFunctions()},
          {"Resampling", resamplingFunctions()},
          {"Sampling at computed places", samplingFunctions()},
          {"Packed sequences", sequenceFunctions()}};
}

std::vector<Family<LayerRow>> layerFamilies() {
  return {{"Layers", parameterLayers()},
          {"Convolution layers", convolutionLayers()},
          {"Transposed convolution layers", transposedConvolutionLayers()},
          {"Unpooling layers", maxUnpoolingLayers()},
          {"Resampling layers", resamplingLayers()},
          {"Padding layers", paddingLayers()},
          {"Normalization layers", normalizationLayers()},
          {"Normalization layers of channels", batchNormalizationLayers()},
          {"Normalization layers of images", instanceNormalizationLayers()},
          {"Recurrent layers", recurrentLayers()}};
}

static const Tables &tables() {
  static const Tables all;
  return all;
}

template <typename T>
static const T *findIn(const llvm::StringMap<T> &map, llvm::StringRef name) {
  auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

const Builtin *findBuiltin(llvm::StringRef name) {
  return findIn(tables().functions, name);
}
const LayerKind *findLayer(llvm::StringRef name) {
  return findIn(tables().layers, name);
}
const ObjectKind *findObject(llvm::StringRef name) {
  return findIn(tables().objects, name);
}

std::vector<llvm::StringRef> builtinNames() {
  std::vector<llvm::StringRef> names;
  for (const ConstantRow &row : constantRows())
    names.push_back(row.name);
  for (auto &entry : tables().functions)
    names.push_back(entry.first());
  for (auto &entry : tables().layers)
    names.push_back(entry.first());
  for (auto &entry : tables().objects)
    names.push_back(entry.first());
  return names;
}

} // namespace sinter::capturing
