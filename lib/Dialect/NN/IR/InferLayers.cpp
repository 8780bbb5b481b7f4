// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Result types of layers.

#include "Rules.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// The type of the operand, if `dim` is one of its dimensions.
static LogicalResult inferAlong(std::optional<Location> location, Value input,
                                int64_t dim, Types &results) {
  if (dim < 0 || dim >= tensorType(input).getRank())
    return emitOptionalError(location, "expected a dimension below the rank ",
                             tensorType(input).getRank(), ", but got ", dim);
  results.push_back(input.getType());
  return success();
}

INFER(SoftmaxOp) {
  SoftmaxOpAdaptor adaptor(operands, attributes, properties, regions);
  return inferAlong(location, operands[0], adaptor.getDim(), results);
}

INFER(LogSoftmaxOp) {
  LogSoftmaxOpAdaptor adaptor(operands, attributes, properties, regions);
  return inferAlong(location, operands[0], adaptor.getDim(), results);
}

INFER(DropoutOp) {
  DropoutOpAdaptor adaptor(operands, attributes, properties, regions);
  double p = adaptor.getP().convertToDouble();
  if (!(p >= 0 && p <= 1))
    return emitOptionalError(location, "expected a probability, but got ", p);
  results.push_back(operands[0].getType());
  return success();
}

INFER(BatchNormOp) {
  BatchNormOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(adaptor.getInput());
  if (input.getRank() < 2)
    return emitOptionalError(location,
                             "expected an input [N, C, ...], but got ",
                             shapeText(input.getShape()));
  auto channels =
      RankedTensorType::get(input.getDimSize(1), input.getElementType());
  for (Value vector : operands.drop_front())
    if (vector.getType() != channels)
      return emitOptionalError(location, "expected ", channels,
                               " for each channel, but got ", vector.getType());
  // While an op is parsed its attributes are not known yet: the verifier calls
  // again.
  BoolAttr training = adaptor.getTrainingAttr();
  int64_t count = channels.getNumElements()
                      ? input.getNumElements() / channels.getNumElements()
                      : 0;
  if (training && training.getValue() && count == 1)
    return emitOptionalError(location,
                             "expected more than 1 value per channel when "
                             "training, but got an input ",
                             shapeText(input.getShape()));
  results.push_back(input);
  results.append(4, channels);
  return success();
}

INFER(NllLossOp) {
  NllLossOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(adaptor.getInput()),
                   target = tensorType(adaptor.getTarget());
  if (input.getRank() < 1)
    return emitOptionalError(location, "expected classes, but got a scalar");
  int64_t classDim = input.getRank() == 1 ? 0 : 1;
  Shape shape = reducedShape(input.getShape(), classDim, /*keepdim=*/false);
  if (target.getShape() != ArrayRef<int64_t>(shape))
    return emitOptionalError(location, "expected a target ", shapeText(shape),
                             ", but got ", shapeText(target.getShape()));
  if (Value weight = adaptor.getWeight())
    if (weight.getType() != RankedTensorType::get(input.getDimSize(classDim),
                                                  input.getElementType()))
      return emitOptionalError(location, "expected ",
                               input.getDimSize(classDim), " weights, but got ",
                               weight.getType());
  if (adaptor.getReduction() != LossReduction::none)
    shape.clear();
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

/// One result of the parameter's type per state tensor, which must have it too.
static LogicalResult inferUpdate(std::optional<Location> location,
                                 ArrayRef<Value> tensors, Types &results) {
  Type type = tensors.front().getType();
  for (Value tensor : tensors) {
    if (!tensor)
      continue;
    if (tensor.getType() != type)
      return emitOptionalError(location, "expected a tensor of type ", type,
                               ", but got ", tensor.getType());
    results.push_back(type);
  }
  results.pop_back(); // the gradient has no new value
  return success();
}

INFER(SgdOp) {
  SgdOpAdaptor op(operands, attributes, properties, regions);
  return inferUpdate(
      location, {op.getParameter(), op.getGradient(), op.getMomentumBuffer()},
      results);
}

INFER(AdamOp) {
  AdamOpAdaptor op(operands, attributes, properties, regions);
  return inferUpdate(location,
                     {op.getParameter(), op.getGradient(), op.getExpAvg(),
                      op.getExpAvgSq(), op.getMaxExpAvgSq()},
                     results);
}

INFER(RmspropOp) {
  RmspropOpAdaptor op(operands, attributes, properties, regions);
  return inferUpdate(location,
                     {op.getParameter(), op.getGradient(), op.getSquareAvg(),
                      op.getMomentumBuffer(), op.getGradAvg()},
                     results);
}

INFER(AdagradOp) {
  AdagradOpAdaptor op(operands, attributes, properties, regions);
  return inferUpdate(
      location, {op.getParameter(), op.getGradient(), op.getSum()}, results);
}

INFER(ClipByNormOp) {
  results.push_back(operands[0].getType());
  results.push_back(
      RankedTensorType::get({}, tensorType(operands[0]).getElementType()));
  return success();
}

INFER(GradientOp) {
  GradientOpAdaptor adaptor(operands, attributes, properties, regions);
  llvm::append_range(results, adaptor.getWrt().getTypes());
  return success();
}

LogicalResult GradientOp::verify() {
  auto type = cast<RankedTensorType>(getOutput().getType());
  if (type.getNumElements() == 1)
    return success();
  return emitOpError("expected a single element to differentiate, but got ")
         << type;
}
