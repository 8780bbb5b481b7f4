// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// State tables and kernels: look-ups, verifiers, the form of nn.kernel.

#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

SegmentOp StateOp::lookup(StringRef key) {
  for (auto segment : getBody().getOps<SegmentOp>())
    if (segment.getKey() == key)
      return segment;
  return nullptr;
}

SmallVector<SegmentOp> StateOp::getRunSegments(StringRef name) {
  SmallVector<SegmentOp> segments;
  std::string prefix = (name + ".").str();
  for (auto segment : getBody().getOps<SegmentOp>())
    if (name == "parameter" ? segment.getKind() == SegmentKind::parameter
                            : segment.getKey().starts_with(prefix))
      segments.push_back(segment);
  return segments;
}

static int64_t bytesOf(SegmentOp segment) {
  auto type = cast<RankedTensorType>(segment.getType());
  return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
}

FailureOr<std::pair<int64_t, int64_t>> StateOp::getRun(StringRef name) {
  SmallVector<SegmentOp> segments = getRunSegments(name);
  if (segments.empty())
    return failure();
  int64_t begin = segments.front().getOffset();
  int64_t end = segments.back().getOffset() + bytesOf(segments.back());
  int64_t width = cast<RankedTensorType>(segments.front().getType())
                      .getElementTypeBitWidth() /
                  8;
  return std::make_pair(begin, int64_t(llvm::alignTo(end - begin, 64) / width));
}

LogicalResult StateOp::verify() {
  int64_t end = 0;
  llvm::StringSet<llvm::MallocAllocator> keys;
  for (auto segment : getBody().getOps<SegmentOp>()) {
    if (!keys.insert(segment.getKey()).second)
      return segment.emitOpError("expected a new key, but got '")
             << segment.getKey() << "' again";
    auto type = cast<RankedTensorType>(segment.getType());
    if (!type.hasStaticShape())
      return segment.emitOpError("expected a static shape, but got ") << type;
    bool header = segment.getKind() == SegmentKind::header;
    int64_t offset = segment.getOffset();
    if (offset < end || offset % (header ? 8 : 64) != 0)
      return segment.emitOpError("expected an offset of at least ")
             << end << ", a multiple of " << (header ? 8 : 64) << ", but got "
             << offset;
    end = offset + bytesOf(segment);
  }
  if (int64_t(getBytes()) < end)
    return emitOpError("expected at least ")
           << end << " bytes, but got " << getBytes();
  return success();
}

// nn.kernel (%a = %x, %b = %y : types) -> types domain [..] reduced [..] {...}
void KernelOp::print(OpAsmPrinter &printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(getBody().getArguments(), getInputs()),
                        printer, [&](auto pair) {
                          printer.printRegionArgument(std::get<0>(pair), {},
                                                      /*omitType=*/true);
                          printer << " = " << std::get<1>(pair);
                        });
  if (!getInputs().empty())
    printer << " : " << getInputs().getTypes();
  printer << ") -> (" << getResultTypes() << ") domain [";
  llvm::interleaveComma(getDomain(), printer);
  printer << "] reduced [";
  llvm::interleaveComma(getReduced(), printer);
  printer << "] ";
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getDomainAttrName(), getReducedAttrName()});
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

static ParseResult parseIntegers(OpAsmParser &parser, StringRef keyword,
                                 DenseI64ArrayAttr &attribute) {
  SmallVector<int64_t> values;
  if (parser.parseKeyword(keyword) ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(values.emplace_back());
      }))
    return failure();
  attribute = parser.getBuilder().getDenseI64ArrayAttr(values);
  return success();
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types, resultTypes;
  if (parser.parseLParen())
    return failure();
  if (failed(parser.parseOptionalRParen())) {
    auto parseOne = [&] {
      return failure(parser.parseArgument(arguments.emplace_back()) ||
                     parser.parseEqual() ||
                     parser.parseOperand(operands.emplace_back()));
    };
    if (parser.parseCommaSeparatedList(parseOne) ||
        parser.parseColonTypeList(types) || parser.parseRParen())
      return failure();
  }
  if (types.size() != arguments.size())
    return parser.emitError(parser.getCurrentLocation(), "expected ")
           << arguments.size() << " types, but got " << types.size();
  for (auto [argument, type] : llvm::zip(arguments, types))
    argument.type = type;
  DenseI64ArrayAttr domain, reduced;
  if (parser.parseArrow() || parser.parseLParen())
    return failure();
  if (failed(parser.parseOptionalRParen()))
    if (parser.parseTypeList(resultTypes) || parser.parseRParen())
      return failure();
  if (parseIntegers(parser, "domain", domain) ||
      parseIntegers(parser, "reduced", reduced) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.resolveOperands(operands, types, parser.getNameLoc(),
                             result.operands))
    return failure();
  result.addTypes(resultTypes);
  result.addAttribute(getDomainAttrName(result.name), domain);
  result.addAttribute(getReducedAttrName(result.name), reduced);
  return parser.parseRegion(*result.addRegion(), arguments);
}

LogicalResult KernelOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("expected block arguments of the operands' types");
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield || yield.getValues().getTypes() != getResultTypes())
    return emitOpError("expected an nn.yield of the results' types");
  for (int64_t dim : getReduced())
    if (dim < 0 || dim >= int64_t(getDomain().size()))
      return emitOpError("expected reduced dimensions of the domain ")
             << shapeText(getDomain()) << ", but got " << dim;
  return success();
}
