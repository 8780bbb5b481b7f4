// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up of built-ins by name.
#include "Tables.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

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
  void addObjects(ObjectCategory category,
                  llvm::ArrayRef<const char *> signatures);
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

void Tables::addObjects(ObjectCategory category,
                        llvm::ArrayRef<const char *> signatures) {
  for (const char *text : signatures) {
    Signature signature = Signature::parse(text);
    std::string name = signature.name;
    objects[name] = {std::move(signature), category};
  }
}

Tables::Tables() {
  for (auto rows :
       {elementwiseFunctions(), activationFunctions(), reductionFunctions(),
        shapeFunctions(), joiningFunctions(), indexingFunctions(),
        productFunctions(), creationFunctions(), conversionFunctions(),
        lossFunctions(), classificationLossFunctions(),
        normalizationFunctions(), sequenceFunctions()})
    addFunctions(rows);
  addLayers(parameterLayers());
  addLayers(normalizationLayers());
  addLayers(recurrentLayers());
  for (const FunctionalLayerRow &row : functionalLayers()) {
    Signature signature = Signature::parse(row.signature);
    std::string name = signature.name;
    LayerKind &layer = layers[name];
    layer.signature = std::move(signature);
    layer.function = &functions.find(row.function)->second;
  }
  addObjects(ObjectCategory::DataSet,
             {"idx(images, labels, transform=none, limit=none)",
              "npy(*files, limit=none)", "npz(file, fields=none, limit=none)",
              "cifar10(folder, train=true, transform=none, limit=none)",
              "TensorDataset(entry)"});
  addObjects(ObjectCategory::Transform,
             {"ToTensor()", "Normalize(mean, std)", "Compose(transforms)"});
  addObjects(ObjectCategory::Optimizer,
             {"SGD(lr=0.001, momentum=0.0, dampening=0.0, weight_decay=0.0, "
              "nesterov=false)",
              "Adam(lr=0.001, betas=(0.9/0.999), eps=1e-8, weight_decay=0.0, "
              "amsgrad=false)",
              "AdamW(lr=0.001, betas=(0.9/0.999), eps=1e-8, "
              "weight_decay=0.01, amsgrad=false)",
              "RMSprop(lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, "
              "momentum=0.0, centered=false)",
              "Adagrad(lr=0.01, lr_decay=0.0, weight_decay=0.0, "
              "initial_accumulator_value=0.0, eps=1e-10)"});
  addObjects(ObjectCategory::Schedule,
             {"StepLR(step_size, gamma=0.1)",
              "MultiStepLR(milestones, gamma=0.1)", "ExponentialLR(gamma)",
              "CosineAnnealingLR(T_max, eta_min=0.0)"});
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

bool isKnownUnsupported(llvm::StringRef name) {
  static const llvm::StringSet<> names = {"Conv1d",
                                          "Conv2d",
                                          "Conv3d",
                                          "ConvTranspose1d",
                                          "ConvTranspose2d",
                                          "ConvTranspose3d",
                                          "conv1d",
                                          "conv2d",
                                          "conv3d",
                                          "conv_transpose1d",
                                          "conv_transpose2d",
                                          "MaxPool1d",
                                          "MaxPool2d",
                                          "MaxPool3d",
                                          "AvgPool1d",
                                          "AvgPool2d",
                                          "AvgPool3d",
                                          "AdaptiveAvgPool1d",
                                          "AdaptiveAvgPool2d",
                                          "AdaptiveMaxPool1d",
                                          "AdaptiveMaxPool2d",
                                          "max_pool1d",
                                          "max_pool2d",
                                          "avg_pool1d",
                                          "avg_pool2d",
                                          "adaptive_avg_pool2d",
                                          "adaptive_max_pool2d",
                                          "MultiheadAttention",
                                          "Transformer",
                                          "TransformerEncoder",
                                          "TransformerEncoderLayer",
                                          "TransformerDecoder",
                                          "TransformerDecoderLayer",
                                          "scaled_dot_product_attention",
                                          "einsum",
                                          "EmbeddingBag",
                                          "Bilinear",
                                          "Upsample",
                                          "interpolate",
                                          "Fold",
                                          "Unfold",
                                          "PixelShuffle",
                                          "Dropout1d",
                                          "Dropout2d",
                                          "Dropout3d",
                                          "AlphaDropout",
                                          "RReLU",
                                          "CTCLoss",
                                          "PoissonNLLLoss",
                                          "GaussianNLLLoss",
                                          "MultiLabelMarginLoss",
                                          "MultiLabelSoftMarginLoss",
                                          "TripletMarginWithDistanceLoss",
                                          "AdaptiveLogSoftmaxWithLoss",
                                          "CosineSimilarity",
                                          "cosine_similarity",
                                          "ModuleList",
                                          "ModuleDict",
                                          "ParameterList",
                                          "sort",
                                          "topk",
                                          "argsort",
                                          "cumprod",
                                          "cummax",
                                          "median",
                                          "mode",
                                          "quantile",
                                          "unique",
                                          "nonzero",
                                          "masked_select",
                                          "scatter",
                                          "scatter_add",
                                          "index_add",
                                          "randperm",
                                          "multinomial",
                                          "round",
                                          "trunc",
                                          "frac",
                                          "fmod",
                                          "sinh",
                                          "cosh",
                                          "asin",
                                          "acos",
                                          "atan",
                                          "atan2",
                                          "asinh",
                                          "acosh",
                                          "atanh",
                                          "erfc",
                                          "erfinv",
                                          "lgamma",
                                          "digamma",
                                          "logaddexp",
                                          "det",
                                          "inverse",
                                          "svd",
                                          "qr",
                                          "cholesky",
                                          "fft",
                                          "Adamax",
                                          "NAdam",
                                          "RAdam",
                                          "Adadelta",
                                          "LBFGS",
                                          "ASGD",
                                          "Rprop",
                                          "ReduceLROnPlateau",
                                          "OneCycleLR",
                                          "LambdaLR",
                                          "CyclicLR",
                                          "LinearLR",
                                          "csv",
                                          "image_folder"};
  return names.contains(name);
}

std::vector<llvm::StringRef> builtinNames() {
  std::vector<llvm::StringRef> names{"training", "pi", "inf", "nan"};
  for (auto &entry : tables().functions)
    names.push_back(entry.first());
  for (auto &entry : tables().layers)
    names.push_back(entry.first());
  for (auto &entry : tables().objects)
    names.push_back(entry.first());
  return names;
}

} // namespace sinter::capturing
