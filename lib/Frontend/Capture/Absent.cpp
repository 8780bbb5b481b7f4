// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What users of PyTorch look for and do not find, with the reason or what to
// write instead.
#include "Tables.h"
#include "llvm/ADT/StringMap.h"

namespace sinter::capturing {

llvm::ArrayRef<AbsentRow> absentRows() {
  static const char *const attention[] = {
      "nn.MultiheadAttention",         "nn.Transformer",
      "nn.TransformerEncoder",         "nn.TransformerEncoderLayer",
      "nn.TransformerDecoder",         "nn.TransformerDecoderLayer",
      "F.scaled_dot_product_attention"};
  static const char *const containers[] = {"nn.ModuleList", "nn.ModuleDict",
                                           "nn.ParameterList"};
  static const char *const similarity[] = {"nn.CosineSimilarity",
                                           "F.cosine_similarity"};
  static const char *const einsum[] = {"torch.einsum", "nn.Bilinear"};
  static const char *const losses[] = {"nn.CTCLoss",
                                       "nn.PoissonNLLLoss",
                                       "nn.GaussianNLLLoss",
                                       "nn.MultiLabelMarginLoss",
                                       "nn.MultiLabelSoftMarginLoss",
                                       "nn.TripletMarginWithDistanceLoss",
                                       "nn.AdaptiveLogSoftmaxWithLoss"};
  static const char *const layers[] = {"nn.EmbeddingBag", "nn.RReLU"};
  static const char *const lazy[] = {
      "nn.LazyLinear",          "nn.LazyConv1d",
      "nn.LazyConv2d",          "nn.LazyConv3d",
      "nn.LazyConvTranspose1d", "nn.LazyConvTranspose2d",
      "nn.LazyConvTranspose3d", "nn.LazyBatchNorm1d",
      "nn.LazyBatchNorm2d",     "nn.LazyBatchNorm3d",
      "nn.LazyInstanceNorm1d",  "nn.LazyInstanceNorm2d",
      "nn.LazyInstanceNorm3d"};
  static const char *const responses[] = {"nn.CrossMapLRN2d"};
  static const char *const names[] = {"F.upsample", "F.upsample_nearest",
                                      "F.upsample_bilinear"};
  static const char *const sorting[] = {
      "torch.sort", "torch.topk",     "torch.argsort",  "torch.median",
      "torch.mode", "torch.quantile", "torch.randperm", "torch.multinomial"};
  static const char *const dynamic[] = {"torch.unique", "torch.nonzero",
                                        "torch.masked_select"};
  static const char *const scattering[] = {"torch.scatter", "torch.scatter_add",
                                           "torch.index_add"};
  static const char *const rounding[] = {"torch.fmod"};
  static const char *const mathematics[] = {
      "torch.sinh",    "torch.cosh",     "torch.asin",   "torch.acos",
      "torch.atan",    "torch.atan2",    "torch.asinh",  "torch.acosh",
      "torch.atanh",   "torch.erfc",     "torch.erfinv", "torch.lgamma",
      "torch.digamma", "torch.logaddexp"};
  static const char *const linearAlgebra[] = {"torch.det",      "torch.inverse",
                                              "torch.svd",      "torch.qr",
                                              "torch.cholesky", "torch.fft"};
  static const char *const optimizers[] = {
      "optim.Adamax", "optim.NAdam", "optim.RAdam", "optim.Adadelta",
      "optim.LBFGS",  "optim.ASGD",  "optim.Rprop"};
  static const char *const schedules[] = {
      "optim.lr_scheduler.ReduceLROnPlateau", "optim.lr_scheduler.OneCycleLR",
      "optim.lr_scheduler.LambdaLR", "optim.lr_scheduler.CyclicLR",
      "optim.lr_scheduler.LinearLR"};
  static const char *const data[] = {"torchvision.datasets.ImageFolder",
                                     "pandas.read_csv"};
  static const char *const imperative[] = {
      "Tensor.backward",   "Tensor.item",          "Tensor.numpy", "Tensor.cpu",
      "Tensor.cuda",       "torch.no_grad",        "torch.save",   "torch.load",
      "torch.manual_seed", "Tensor.requires_grad_"};
  static const AbsentRow rows[] = {
      {attention, "write attention with linear, matmul and softmax"},
      {containers, "put the layers into a Sequential, whose parts are members "
                   "too: blocks = Sequential(…), then blocks[0](x)"},
      {similarity, "write sum(a * b, dim=1) / (norm(a, dim=1) * norm(b, "
                   "dim=1))"},
      {einsum, "write matmul, permute and sum"},
      {losses, "this loss is not there yet"},
      {layers, "this layer is not there yet"},
      {lazy,
       "a layer's tensors are made before any input is seen: write its number "
       "of inputs",
       false},
      {responses,
       "write LocalResponseNorm, whose windows end; in this one PyTorch never "
       "takes the first channel out of a sum again",
       false},
      {names, "write interpolate, which has replaced it", false},
      {sorting, "there is no sorting and no such scan yet"},
      {dynamic,
       "shapes are known when compiling, and that of its result "
       "depends on values",
       false},
      {scattering, "there is no scattering yet"},
      {rounding, "floor and ceil are there"},
      {mathematics, "this function is not there yet"},
      {linearAlgebra, "there are no factorizations and transforms yet"},
      {optimizers, "SGD, Adam, AdamW, RMSprop and Adagrad are there"},
      {schedules, "StepLR, MultiStepLR, ExponentialLR and CosineAnnealingLR "
                  "are there"},
      {data, "idx, npy, npz, cifar10 and TensorDataset are there"},
      {imperative,
       "a file describes the model: train blocks train it, grad gives "
       "gradients, sinter saves and loads",
       false},
  };
  return rows;
}

const AbsentRow *findAbsent(llvm::StringRef name) {
  static const llvm::StringMap<const AbsentRow *> byName = [] {
    llvm::StringMap<const AbsentRow *> all;
    for (const AbsentRow &row : absentRows())
      for (llvm::StringRef full : row.names)
        all[full.rsplit('.').second] = &row;
    return all;
  }();
  return byName.lookup(name);
}

} // namespace sinter::capturing
