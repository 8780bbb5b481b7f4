// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types of convolutions, pooling and windows.

#include "Rules.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "sinter/Dialect/NN/IR/Convolution.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

static bool areWithin(ArrayRef<int64_t> numbers, int64_t low) {
  return llvm::all_of(
      numbers, [&](int64_t n) { return low <= n && n <= windowAmountLimit; });
}

INFER(ConvolutionOp) {
  ConvolutionOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]),
                   weight = tensorType(operands[1]);
  int64_t spatial = input.getRank() - 2, groups = adaptor.getGroups();
  if (spatial < 1 || weight.getRank() != input.getRank() ||
      input.getElementType() != weight.getElementType())
    return emitOptionalError(location,
                             "expected input and weight [N, C, S…], but got ",
                             input, " and ", weight);
  for (ArrayRef<int64_t> amounts :
       {adaptor.getStrides(), adaptor.getDilations(), adaptor.getSpread(),
        adaptor.getLow(), adaptor.getHigh()})
    if (int64_t(amounts.size()) != spatial)
      return emitOptionalError(location, "expected ", spatial,
                               " numbers of each kind, but got ",
                               shapeText(amounts));
  if (!areWithin(adaptor.getStrides(), 1) ||
      !areWithin(adaptor.getDilations(), 1) ||
      !areWithin(adaptor.getSpread(), 1) ||
      !areWithin(adaptor.getLow(), -windowAmountLimit) ||
      !areWithin(adaptor.getHigh(), -windowAmountLimit) ||
      !areWithin(input.getShape(), 0) || !areWithin(weight.getShape(), 0))
    return emitOptionalError(location,
                             "expected positive strides, dilations "
                             "and spread, and amounts up to ",
                             windowAmountLimit);
  if (groups < 1 || groups > windowAmountLimit ||
      weight.getDimSize(0) % groups ||
      weight.getDimSize(1) * groups != input.getDimSize(1))
    return emitOptionalError(location, "expected channels that fit ", groups,
                             " groups, but got ", input, " and ", weight);
  if (Value bias = adaptor.getBias();
      bias && bias.getType() != RankedTensorType::get({weight.getDimSize(0)},
                                                      input.getElementType()))
    return emitOptionalError(location, "expected a bias per channel, but got ",
                             bias.getType());
  Shape shape = {input.getDimSize(0), weight.getDimSize(0)};
  for (int64_t dim = 0; dim < spatial; ++dim) {
    int64_t extent = input.getDimSize(dim + 2);
    int64_t spread =
        extent == 0 ? 0 : (extent - 1) * adaptor.getSpread()[dim] + 1;
    if (weight.getDimSize(dim + 2) == 0)
      return emitOptionalError(location, "expected weights with taps, but got ",
                               weight);
    shape.push_back(
        countWindows(spread + adaptor.getLow()[dim] + adaptor.getHigh()[dim],
                     weight.getDimSize(dim + 2), adaptor.getStrides()[dim],
                     adaptor.getDilations()[dim]));
  }
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

/// The extents of a tensor's dims in an order of them; nothing if it is none.
static std::optional<Shape> inOrder(RankedTensorType type,
                                    ArrayRef<int64_t> order) {
  Shape sorted(order);
  llvm::sort(sorted);
  if (sorted != allDims(type.getRank()))
    return std::nullopt;
  return applyPermutation(type.getShape(), order);
}

INFER(CorrelateOp) {
  CorrelateOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]),
                   weight = tensorType(operands[1]);
  std::optional<Shape> x = inOrder(input, adaptor.getInputOrder()),
                       w = inOrder(weight, adaptor.getWeightOrder());
  Shape sorted(adaptor.getResultOrder());
  llvm::sort(sorted);
  if (!x || !w || sorted != allDims(input.getRank()))
    return emitOptionalError(location, "expected orders of all dims");
  int64_t spatial = input.getRank() - 3;
  if (spatial < 1 || weight.getRank() != spatial + 3 ||
      input.getElementType() != weight.getElementType() || (*x)[1] != (*w)[0] ||
      (*x)[2] != (*w)[2] || int64_t(adaptor.getStrides().size()) != spatial ||
      int64_t(adaptor.getDilations().size()) != spatial)
    return emitOptionalError(
        location, "expected [N, G, C, S…] and weight [G, O, C, K…], but got ",
        shapeText(*x), " of ", input, " and ", shapeText(*w), " of ", weight);
  Shape extents = {(*x)[0], (*x)[1], (*w)[1]};
  for (int64_t dim = 0; dim < spatial; ++dim) {
    int64_t stride = adaptor.getStrides()[dim],
            dilation = adaptor.getDilations()[dim], taps = (*w)[dim + 3],
            extent = (*x)[dim + 3];
    if (!areWithin({stride, dilation, taps}, 1) || extent > windowAmountLimit)
      return emitOptionalError(
          location, "expected positive strides, dilations and taps, but got ",
          shapeText({stride, dilation, taps}));
    extents.push_back(countWindows(extent, taps, stride, dilation));
  }
  results.push_back(RankedTensorType::get(
      applyPermutation(extents,
                       invertPermutationVector(adaptor.getResultOrder())),
      input.getElementType()));
  return success();
}

INFER(WindowsOp) {
  WindowsOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t dim = adaptor.getDim(), size = adaptor.getSize(),
          stride = adaptor.getStride(), dilation = adaptor.getDilation();
  if (failed(checkDim(location, input.getRank(), dim)))
    return failure();
  if (!areWithin({size, stride, dilation}, 1) ||
      input.getDimSize(dim) > windowAmountLimit)
    return emitOptionalError(
        location, "expected a positive size, stride and dilation, but got ",
        shapeText({size, stride, dilation}));
  Shape shape(input.getShape());
  shape[dim] = countWindows(shape[dim], size, stride, dilation);
  shape.insert(shape.begin() + dim, size);
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(OverlapAddOp) {
  OverlapAddOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  int64_t dim = adaptor.getDim(), extent = adaptor.getExtent(),
          stride = adaptor.getStride(), dilation = adaptor.getDilation();
  if (failed(checkDim(location, input.getRank() - 1, dim)))
    return failure();
  int64_t size = input.getDimSize(dim);
  if (!areWithin({size, stride, dilation}, 1) || !areWithin(extent, 0) ||
      countWindows(extent, size, stride, dilation) != input.getDimSize(dim + 1))
    return emitOptionalError(location, "expected all windows of ", extent,
                             " elements, but got ", input);
  Shape shape(input.getShape());
  shape.erase(shape.begin() + dim);
  shape[dim] = extent;
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

INFER(MaxPoolOp) {
  MaxPoolOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(operands[0]);
  size_t spatial = adaptor.getSizes().size();
  int64_t first = input.getRank() - int64_t(spatial);
  if (spatial == 0 || first < 0)
    return emitOptionalError(location,
                             "expected sizes of the last dimensions, but got ",
                             shapeText(adaptor.getSizes()), " for ", input);
  for (ArrayRef<int64_t> amounts :
       {adaptor.getStrides(), adaptor.getDilations(), adaptor.getLow(),
        adaptor.getHigh()})
    if (amounts.size() != spatial)
      return emitOptionalError(location, "expected ", spatial,
                               " numbers of each kind, but got ",
                               shapeText(amounts));
  if (!areWithin(adaptor.getSizes(), 1) ||
      !areWithin(adaptor.getStrides(), 1) ||
      !areWithin(adaptor.getDilations(), 1) ||
      !areWithin(adaptor.getLow(), 0) || !areWithin(adaptor.getHigh(), 0) ||
      !areWithin(input.getShape(), 0))
    return emitOptionalError(location,
                             "expected positive sizes, strides and dilations, "
                             "and amounts up to ",
                             windowAmountLimit);
  std::optional<int64_t> taps = 1;
  Shape shape(input.getShape());
  for (size_t dim = 0; dim < spatial; ++dim) {
    int64_t &extent = shape[first + dim];
    extent =
        countWindows(adaptor.getLow()[dim] + extent + adaptor.getHigh()[dim],
                     adaptor.getSizes()[dim], adaptor.getStrides()[dim],
                     adaptor.getDilations()[dim]);
    if (taps)
      taps = llvm::checkedMul(*taps, adaptor.getSizes()[dim]);
  }
  if (!taps || *taps > windowAmountLimit)
    return emitOptionalError(location, "expected up to ", windowAmountLimit,
                             " taps, but got sizes ",
                             shapeText(adaptor.getSizes()));
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  results.push_back(
      RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}
