// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nn.scan: its form as text, its verifier.

#include "sinter/Dialect/NN/IR/ScanBuilder.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

Block::BlockArgListType ScanOp::getCarries() {
  return getBody().getArguments().slice(1, getInits().size());
}
Block::BlockArgListType ScanOp::getSlices() {
  return getBody().getArguments().slice(1 + getInits().size(), getXs().size());
}
Block::BlockArgListType ScanOp::getInvariantArguments() {
  return getBody().getArguments().take_back(getInvariants().size());
}
ScanYieldOp ScanOp::getYield() {
  return cast<ScanYieldOp>(getBody().front().back());
}

// nn.scan %t to 28 reverse inits(%c = %h0 : type) xs(…) invariants(…)
// lengths(%n : type) -> histories(types) ys(types) sums(types) {…}
void ScanOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printRegionArgument(getTime(), {}, /*omitType=*/true);
  printer << " to " << getSteps();
  if (getReverse())
    printer << " reverse";
  auto group = [&](StringRef keyword, Block::BlockArgListType arguments,
                   OperandRange operands) {
    if (operands.empty())
      return;
    printer << ' ' << keyword << '(';
    llvm::interleaveComma(llvm::zip(arguments, operands), printer,
                          [&](auto pair) {
                            printer.printRegionArgument(std::get<0>(pair), {},
                                                        /*omitType=*/true);
                            printer << " = " << std::get<1>(pair);
                          });
    printer << " : " << operands.getTypes() << ')';
  };
  group("inits", getCarries(), getInits());
  group("xs", getSlices(), getXs());
  group("invariants", getInvariantArguments(), getInvariants());
  if (Value lengths = getLengths())
    printer << " lengths(" << lengths << " : " << lengths.getType() << ')';
  printer << " ->";
  auto types = [&](StringRef keyword, ResultRange results) {
    if (!results.empty())
      printer << ' ' << keyword << '(' << results.getTypes() << ')';
  };
  types("histories", getHistories());
  types("ys", getYs());
  types("sums", getSums());
  printer << ' ';
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getDiscardableAttrDictionary().getValue());
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

namespace {
/// Parses the parts of a scan into an OperationState.
class ScanParser {
public:
  ScanParser(OpAsmParser &parser, OperationState &result)
      : parser(parser), result(result) {}

  ParseResult run() {
    Builder &builder = parser.getBuilder();
    OpAsmParser::Argument &time = arguments.emplace_back();
    time.type = RankedTensorType::get({}, builder.getI64Type());
    int64_t steps = 0;
    if (parser.parseArgument(time) || parser.parseKeyword("to") ||
        parser.parseInteger(steps))
      return failure();
    auto &properties = result.getOrAddProperties<ScanOp::Properties>();
    properties.steps = builder.getI64IntegerAttr(steps);
    if (succeeded(parser.parseOptionalKeyword("reverse")))
      properties.reverse = builder.getUnitAttr();
    int32_t inits = 0, xs = 0, invariants = 0, lengths = 0;
    if (bindings("inits", false, inits) || bindings("xs", true, xs) ||
        bindings("invariants", false, invariants) || parseLengths(lengths) ||
        parser.parseArrow())
      return failure();
    int32_t histories = 0, ys = 0, sums = 0;
    if (types("histories", histories) || types("ys", ys) ||
        types("sums", sums) ||
        parser.parseOptionalAttrDictWithKeyword(result.attributes))
      return failure();
    properties.operandSegmentSizes = {inits, xs, invariants, lengths};
    properties.resultSegmentSizes = {histories, ys, sums};
    return parser.parseRegion(*result.addRegion(), arguments);
  }

private:
  /// KEYWORD(%argument = %operand, … : types); nothing if the keyword is not
  /// there.
  ParseResult bindings(StringRef keyword, bool areSlices, int32_t &count) {
    if (failed(parser.parseOptionalKeyword(keyword)))
      return success();
    SmallVector<OpAsmParser::UnresolvedOperand> operands;
    SmallVector<Type> operandTypes;
    size_t first = arguments.size();
    SMLoc location = parser.getCurrentLocation();
    auto one = [&] {
      return failure(parser.parseArgument(arguments.emplace_back()) ||
                     parser.parseEqual() ||
                     parser.parseOperand(operands.emplace_back()));
    };
    if (parser.parseLParen() || parser.parseCommaSeparatedList(one) ||
        parser.parseColonTypeList(operandTypes) || parser.parseRParen() ||
        parser.resolveOperands(operands, operandTypes, location,
                               result.operands))
      return failure();
    for (auto [position, type] : llvm::enumerate(operandTypes)) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || (areSlices && tensor.getRank() == 0))
        return parser.emitError(location, "expected a tensor")
               << (areSlices ? " with a time axis" : "") << ", but got "
               << type;
      arguments[first + position].type = areSlices ? sliceType(type) : type;
    }
    count = operandTypes.size();
    return success();
  }

  ParseResult parseLengths(int32_t &count) {
    if (failed(parser.parseOptionalKeyword("lengths")))
      return success();
    OpAsmParser::UnresolvedOperand operand;
    Type type;
    count = 1;
    return failure(parser.parseLParen() || parser.parseOperand(operand) ||
                   parser.parseColonType(type) || parser.parseRParen() ||
                   parser.resolveOperand(operand, type, result.operands));
  }

  ParseResult types(StringRef keyword, int32_t &count) {
    if (failed(parser.parseOptionalKeyword(keyword)))
      return success();
    SmallVector<Type> parsed;
    if (parser.parseLParen() || parser.parseTypeList(parsed) ||
        parser.parseRParen())
      return failure();
    count = parsed.size();
    result.addTypes(parsed);
    return success();
  }

  OpAsmParser &parser;
  OperationState &result;
  SmallVector<OpAsmParser::Argument> arguments;
};
} // namespace

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  return ScanParser(parser, result).run();
}

/// Rows of a carry, an x or a y that lengths speak of must be theirs.
static LogicalResult verifyRows(ScanOp scan) {
  auto lengths = dyn_cast_or_null<RankedTensorType>(
      scan.getLengths() ? scan.getLengths().getType() : Type());
  if (!lengths)
    return success();
  if (lengths.getRank() != 1)
    return scan.emitOpError("expected one length per row, but got ") << lengths;
  SmallVector<Type> types(ValueRange(scan.getCarries()).getTypes());
  llvm::append_range(types, ValueRange(scan.getSlices()).getTypes());
  llvm::append_range(types, scan.getYield().getYs().getTypes());
  for (Type type : types) {
    auto shape = cast<RankedTensorType>(type).getShape();
    if (shape.empty() || shape.front() != lengths.getDimSize(0))
      return scan.emitOpError("expected ")
             << lengths.getDimSize(0) << " rows, one per length, but got "
             << type;
  }
  return success();
}

LogicalResult ScanOp::verifyRegions() {
  int64_t steps = getSteps();
  if (steps < 0)
    return emitOpError("expected a number of steps, but got ") << steps;
  SmallVector<Type> expected{
      RankedTensorType::get({}, IntegerType::get(getContext(), 64))};
  llvm::append_range(expected, getInits().getTypes());
  for (Value x : getXs()) {
    auto type = cast<RankedTensorType>(x.getType());
    if (type.getRank() == 0 || type.getDimSize(0) != steps)
      return emitOpError("expected xs of ")
             << steps << " steps, but got " << type;
    expected.push_back(sliceType(type));
  }
  llvm::append_range(expected, getInvariants().getTypes());
  if (getBody().getArgumentTypes() != TypeRange(expected))
    return emitOpError("expected arguments of the body to be the time, the "
                       "carries, slices of the xs, and the invariants");
  auto yield = dyn_cast<ScanYieldOp>(getBody().front().back());
  if (!yield)
    return emitOpError("expected an nn.scan_yield at the end of the body");
  if (yield.getCarries().getTypes() != getInits().getTypes())
    return yield.emitOpError("expected carries of the types of the inits, ")
           << getInits().getTypes() << ", but got "
           << yield.getCarries().getTypes();
  SmallVector<Type> results;
  for (Type type : yield.getCarries().getTypes())
    results.push_back(stackedType(type, steps + 1));
  for (Type type : yield.getYs().getTypes())
    results.push_back(stackedType(type, steps));
  llvm::append_range(results, yield.getSums().getTypes());
  if (getResultTypes() != TypeRange(results) ||
      getHistories().size() != getInits().size() ||
      getYs().size() != yield.getYs().size())
    return emitOpError("expected results of the types ")
           << results << ", but got " << getResultTypes();
  return verifyRows(*this);
}
