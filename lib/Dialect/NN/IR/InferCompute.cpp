// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Result types of elementwise ops, reductions and contractions.

#include "Rules.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// The broadcast type of operands with one element type.
static LogicalResult inferBroadcast(std::optional<Location> location,
                                    ValueRange operands, Type element,
                                    Types &results) {
  Shape shape;
  for (Value operand : operands) {
    std::optional<Shape> both =
        broadcastShapes(shape, tensorType(operand).getShape());
    if (!both)
      return emitOptionalError(
          location, "expected shapes that broadcast, but got ",
          shapeText(shape), " and ", shapeText(tensorType(operand).getShape()));
    shape = *both;
  }
  results.push_back(RankedTensorType::get(shape, element));
  return success();
}

static LogicalResult sameElementType(std::optional<Location> location,
                                     Value left, Value right) {
  Type first = tensorType(left).getElementType(),
       second = tensorType(right).getElementType();
  if (first == second)
    return success();
  return emitOptionalError(location, "expected one element type, but got ",
                           first, " and ", second);
}

static LogicalResult inferBinary(std::optional<Location> location,
                                 ValueRange operands, Types &results) {
  if (failed(sameElementType(location, operands[0], operands[1])))
    return failure();
  return inferBroadcast(location, operands,
                        tensorType(operands[0]).getElementType(), results);
}

#define INFER_UNARY(Op)                                                        \
  INFER(Op) {                                                                  \
    results.push_back(operands[0].getType());                                  \
    return success();                                                          \
  }
INFER_UNARY(NegOp)
INFER_UNARY(AbsOp)
INFER_UNARY(SignOp)
INFER_UNARY(FloorOp)
INFER_UNARY(RoundOp)
INFER_UNARY(ExpOp)
INFER_UNARY(Expm1Op)
INFER_UNARY(LogOp)
INFER_UNARY(Log1pOp)
INFER_UNARY(SqrtOp)
INFER_UNARY(RsqrtOp)
INFER_UNARY(SinOp)
INFER_UNARY(CosOp)
INFER_UNARY(TanhOp)
INFER_UNARY(SigmoidOp)
INFER_UNARY(ErfOp)
INFER_UNARY(ReluOp)
INFER_UNARY(LogicalNotOp)
INFER_UNARY(StopGradientOp)
#undef INFER_UNARY

#define INFER_BINARY(Op)                                                       \
  INFER(Op) { return inferBinary(location, operands, results); }
INFER_BINARY(AddOp)
INFER_BINARY(SubOp)
INFER_BINARY(MulOp)
INFER_BINARY(DivOp)
INFER_BINARY(FloorDivideOp)
INFER_BINARY(RemainderOp)
INFER_BINARY(PowOp)
INFER_BINARY(MaximumOp)
INFER_BINARY(MinimumOp)
INFER_BINARY(LogicalAndOp)
INFER_BINARY(LogicalOrOp)
#undef INFER_BINARY

INFER(CompareOp) {
  if (failed(sameElementType(location, operands[0], operands[1])))
    return failure();
  return inferBroadcast(location, operands, IntegerType::get(context, 1),
                        results);
}

INFER(SelectOp) {
  if (failed(sameElementType(location, operands[1], operands[2])))
    return failure();
  return inferBroadcast(location, operands,
                        tensorType(operands[1]).getElementType(), results);
}

INFER(ConstantOp) {
  ConstantOpAdaptor adaptor(operands, attributes, properties, regions);
  results.push_back(adaptor.getValue().getType());
  return success();
}

/// Checks that `dims` are sorted, unique and in range.
static LogicalResult checkDims(std::optional<Location> location, int64_t rank,
                               ArrayRef<int64_t> dims) {
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0 || dims[i] >= rank || (i && dims[i] <= dims[i - 1]))
      return emitOptionalError(location,
                               "expected sorted dimensions below the rank ",
                               rank, ", but got ", shapeText(dims));
  return success();
}

/// One result per element type, all with the reduced shape.
static LogicalResult inferReduced(std::optional<Location> location, Value input,
                                  ArrayRef<int64_t> dims, bool keepdim,
                                  ArrayRef<Type> elements, Types &results) {
  RankedTensorType type = tensorType(input);
  if (failed(checkDims(location, type.getRank(), dims)))
    return failure();
  for (Type element : elements)
    results.push_back(RankedTensorType::get(
        reducedShape(type.getShape(), dims, keepdim), element));
  return success();
}

#define INFER_REDUCTION(Op)                                                    \
  INFER(Op) {                                                                  \
    Op##Adaptor adaptor(operands, attributes, properties, regions);            \
    return inferReduced(location, operands[0], adaptor.getDims(),              \
                        adaptor.getKeepdim(),                                  \
                        tensorType(operands[0]).getElementType(), results);    \
  }
INFER_REDUCTION(SumOp)
INFER_REDUCTION(ProdOp)
INFER_REDUCTION(AmaxOp)
INFER_REDUCTION(AminOp)
#undef INFER_REDUCTION

#define INFER_ARG(Op)                                                          \
  INFER(Op) {                                                                  \
    Op##Adaptor adaptor(operands, attributes, properties, regions);            \
    return inferReduced(location, operands[0], adaptor.getDim(),               \
                        adaptor.getKeepdim(), IntegerType::get(context, 64),   \
                        results);                                              \
  }
INFER_ARG(ArgmaxOp)
INFER_ARG(ArgminOp)
#undef INFER_ARG

/// The type of an op that cumulates `operands[0]` along `dim`.
static LogicalResult inferCumulated(std::optional<Location> location,
                                    Value input, int64_t dim, bool isKnown,
                                    Type element, Types &results) {
  RankedTensorType type = tensorType(input);
  if (failed(checkDims(location, type.getRank(), dim)))
    return failure();
  if (!isKnown)
    return emitOptionalError(location,
                             "expected numbers that the op cumulates "
                             "so, but got ",
                             type);
  results.push_back(type.clone(element));
  return success();
}

INFER(CumulateOp) {
  CumulateOpAdaptor adaptor(operands, attributes, properties, regions);
  Type element = tensorType(operands[0]).getElementType();
  bool isKnown =
      !element.isInteger(1) &&
      (adaptor.getKind() != Cumulation::log_sum_exp || isa<FloatType>(element));
  return inferCumulated(location, operands[0], adaptor.getDim(), isKnown,
                        element, results);
}

INFER(CumulatedIndexOp) {
  CumulatedIndexOpAdaptor adaptor(operands, attributes, properties, regions);
  bool isKnown = adaptor.getKind() == Cumulation::maximum ||
                 adaptor.getKind() == Cumulation::minimum;
  return inferCumulated(location, operands[0], adaptor.getDim(), isKnown,
                        IntegerType::get(context, 64), results);
}

#define INFER_EXTREMUM(Op)                                                     \
  INFER(Op) {                                                                  \
    Op##Adaptor adaptor(operands, attributes, properties, regions);            \
    return inferReduced(location, operands[0], adaptor.getDim(),               \
                        adaptor.getKeepdim(),                                  \
                        {tensorType(operands[0]).getElementType(),             \
                         IntegerType::get(context, 64)},                       \
                        results);                                              \
  }
INFER_EXTREMUM(MaxWithIndicesOp)
INFER_EXTREMUM(MinWithIndicesOp)
#undef INFER_EXTREMUM

INFER(VectorNormOp) {
  VectorNormOpAdaptor adaptor(operands, attributes, properties, regions);
  return inferReduced(location, operands[0], adaptor.getDims(),
                      adaptor.getKeepdim(),
                      tensorType(operands[0]).getElementType(), results);
}

INFER(MatmulOp) {
  MatmulOpAdaptor adaptor(operands, attributes, properties, regions);
  if (failed(sameElementType(location, operands[0], operands[1])))
    return failure();
  ArrayRef<int64_t> lhs = tensorType(operands[0]).getShape(),
                    rhs = tensorType(operands[1]).getShape();
  if (lhs.size() < 2 || rhs.size() < 2)
    return emitOptionalError(location,
                             "expected matrices of rank 2 or more, but got ",
                             shapeText(lhs), " and ", shapeText(rhs));
  int64_t rows = lhs[lhs.size() - (adaptor.getTransposeA() ? 1 : 2)],
          inner = lhs[lhs.size() - (adaptor.getTransposeA() ? 2 : 1)],
          otherInner = rhs[rhs.size() - (adaptor.getTransposeB() ? 1 : 2)],
          columns = rhs[rhs.size() - (adaptor.getTransposeB() ? 2 : 1)];
  std::optional<Shape> batch =
      broadcastShapes(lhs.drop_back(2), rhs.drop_back(2));
  if (inner != otherInner || !batch)
    return emitOptionalError(location, "expected matrices that fit, but got ",
                             shapeText(lhs), " and ", shapeText(rhs));
  batch->append({rows, columns});
  results.push_back(
      RankedTensorType::get(*batch, tensorType(operands[0]).getElementType()));
  return success();
}

INFER(LinearOp) {
  LinearOpAdaptor adaptor(operands, attributes, properties, regions);
  RankedTensorType input = tensorType(adaptor.getInput()),
                   weight = tensorType(adaptor.getWeight());
  if (failed(
          sameElementType(location, adaptor.getInput(), adaptor.getWeight())))
    return failure();
  if (input.getRank() < 1 || weight.getRank() != 2 ||
      input.getShape().back() != weight.getDimSize(1))
    return emitOptionalError(
        location,
        "expected an input [..., in] and a weight [out, in], but got ",
        shapeText(input.getShape()), " and ", shapeText(weight.getShape()));
  if (Value bias = adaptor.getBias())
    if (tensorType(bias) !=
        RankedTensorType::get(weight.getDimSize(0), input.getElementType()))
      return emitOptionalError(location, "expected a bias [",
                               weight.getDimSize(0), "], but got ",
                               shapeText(tensorType(bias).getShape()));
  Shape shape(input.getShape());
  shape.back() = weight.getDimSize(0);
  results.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}
