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

SmallVector<SegmentOp> StateOp::getRunSegments(StringRef name) {
  SmallVector<SegmentOp> segments;
  std::string prefix = (name + ".").str();
  for (auto segment : getBody().getOps<SegmentOp>())
    if (name == "parameter" ? segment.getKind() == SegmentKind::parameter
                            : segment.getKey().starts_with(prefix))
      segments.push_back(segment);
  return segments;
}

FailureOr<std::pair<int64_t, int64_t>> StateOp::getRun(StringRef name) {
  SmallVector<SegmentOp> segments = getRunSegments(name);
  if (segments.empty())
    return failure();
  int64_t begin = segments.front().getOffset();
  int64_t end =
      segments.back().getOffset() + byteSize(segments.back().getType());
  int64_t width = cast<RankedTensorType>(segments.front().getType())
                      .getElementTypeBitWidth() /
                  8;
  return std::make_pair(begin, int64_t(llvm::alignTo(end - begin, 64) / width));
}

/// What fits into the state block, and so into 64 bits.
static constexpr int64_t maximumStateBytes = int64_t(1) << 44;

LogicalResult SegmentOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !type.hasStaticShape() || !isCountable(type))
    return emitOpError("expected a static shape, but got ") << getType();
  Type element = type.getElementType();
  bool isTrainable = getKind() == SegmentKind::parameter ||
                     getKind() == SegmentKind::frozen ||
                     getKind() == SegmentKind::optimizer;
  if (!element.isIntOrFloat() || (isTrainable && !isa<FloatType>(element)))
    return emitOpError("expected ")
           << (isTrainable ? "floats" : "numbers") << ", but got " << element;
  bool isOfModule = getKind() == SegmentKind::parameter ||
                    getKind() == SegmentKind::frozen ||
                    getKind() == SegmentKind::buffer;
  if (getAliases() && !isOfModule)
    return emitOpError("expected other keys of parameters and buffers alone");
  int64_t alignment = getKind() == SegmentKind::header ? 8 : 64;
  int64_t offset = getOffset();
  if (offset < 0 || offset > maximumStateBytes || offset % alignment != 0)
    return emitOpError("expected an offset that is a multiple of ")
           << alignment << ", but got " << offset;
  return success();
}

/// Whether a run has the layout of the parameters: the same types at the same
/// distances, in one piece.
static LogicalResult verifyRun(MutableArrayRef<SegmentOp> parameters,
                               MutableArrayRef<SegmentOp> run) {
  int64_t shift = run.front().getOffset() - parameters.front().getOffset();
  for (auto [number, segment] : llvm::enumerate(run)) {
    if (number >= parameters.size() ||
        segment.getType() != parameters[number].getType() ||
        int64_t(segment.getOffset()) - shift !=
            int64_t(parameters[number].getOffset()))
      return segment.emitOpError(
                 "expected the layout of the parameters, but got ")
             << segment.getType() << " at " << segment.getOffset();
    if (number && segment->getPrevNode() != run[number - 1])
      return segment.emitOpError("expected the segments of a run in one piece");
  }
  if (run.size() == parameters.size())
    return success();
  return run.back().emitOpError("expected one segment per parameter (")
         << parameters.size() << "), but got " << run.size();
}

/// Parameters are one run of one element type, and so is each kind of optimizer
/// state.
static LogicalResult verifyRuns(StateOp state) {
  SmallVector<SegmentOp> parameters = state.getRunSegments("parameter");
  llvm::StringSet<llvm::MallocAllocator> names;
  if (!parameters.empty() && failed(verifyRun(parameters, parameters)))
    return failure();
  for (SegmentOp segment : parameters)
    if (getElementTypeOrSelf(segment.getType()) !=
        getElementTypeOrSelf(parameters.front().getType()))
      return segment.emitOpError("expected parameters of one element type");
  for (auto segment : state.getBody().getOps<SegmentOp>()) {
    if (segment.getKind() != SegmentKind::optimizer)
      continue;
    auto [prefix, rest] = segment.getKey().split('.');
    std::string run = (prefix + "." + rest.split('.').first).str();
    if (prefix != "optimizer" || rest.split('.').second.empty())
      return segment.emitOpError(
                 "expected a key optimizer.RUN.PARAMETER, but got '")
             << segment.getKey() << "'";
    if (parameters.empty())
      return segment.emitOpError("expected no optimizer state of no parameter");
    if (!names.insert(run).second)
      continue;
    SmallVector<SegmentOp> segments = state.getRunSegments(run);
    if (failed(verifyRun(parameters, segments)))
      return failure();
  }
  return success();
}

LogicalResult StateOp::verifyRegions() {
  int64_t end = 0;
  llvm::StringSet<> aliases;
  for (Operation &op : getBody().front()) {
    auto segment = dyn_cast<SegmentOp>(op);
    if (!segment)
      return op.emitError("expected segments in a state, but got ")
             << op.getName();
    if (ArrayAttr names = segment.getAliasesAttr())
      for (StringRef alias : names.getAsValueRange<StringAttr>())
        if (lookupSymbol(alias) || !aliases.insert(alias).second)
          return segment.emitOpError("expected a new key, but got '")
                 << alias << "' again";
    int64_t offset = segment.getOffset();
    if (offset < end)
      return segment.emitOpError("expected an offset of at least ")
             << end << ", but got " << offset;
    end = offset + byteSize(segment.getType());
  }
  if (int64_t(getBytes()) < end || int64_t(getBytes()) > maximumStateBytes)
    return emitOpError("expected at least ")
           << end << " bytes, but got " << getBytes();
  return verifyRuns(*this);
}

LogicalResult CheckIndexOp::verify() {
  auto type = cast<ShapedType>(getIndices().getType());
  if (!type.hasStaticShape() || !isCountable(type))
    return emitOpError("expected indices of static shape, but got ") << type;
  if (int64_t(getLimit()) < 0)
    return emitOpError("expected a limit of 0 or more, but got ")
           << int64_t(getLimit());
  if (getFirstIndex() > int64_t(getLimit()) ||
      getFirstIndex() < -int64_t(getLimit()))
    return emitOpError("expected a first index of -limit to limit, but got ")
           << getFirstIndex();
  return success();
}

/// A buffer in memory as the C interface knows it: contiguous, countable.
static bool isPlainBuffer(MemRefType type) {
  return type.hasStaticShape() && isCountable(type) &&
         type.getLayout().isIdentity() && !type.getMemorySpace() &&
         type.getElementType().isIntOrFloat();
}

LogicalResult BufferViewOp::verify() {
  MemRefType from = getSource().getType(), to = getType();
  for (MemRefType type : {from, to})
    if (!isPlainBuffer(type))
      return emitOpError("expected contiguous buffers of numbers, but got ")
             << type;
  int64_t offset = getOffset(), room = byteSize(from) - byteSize(to);
  if (offset < 0 || offset > room)
    return emitOpError("expected a view inside of ")
           << byteSize(from) << " bytes, but got " << byteSize(to)
           << " bytes at " << offset;
  int64_t width = llvm::divideCeil(to.getElementTypeBitWidth(), 8);
  if (offset % width != 0)
    return emitOpError("expected an offset that is a multiple of ")
           << width << ", but got " << offset;
  return success();
}

LogicalResult LoopOp::verify() {
  Type index = IndexType::get(getContext());
  if (getBody().getArgumentTypes() != TypeRange({index, index}))
    return emitOpError("expected the step and the time as arguments of the "
                       "body");
  if (int64_t(getSteps()) < 0)
    return emitOpError("expected a number of steps, but got ")
           << int64_t(getSteps());
  return success();
}

LoopOp StepViewOp::getLoop() {
  return cast<LoopOp>(getIndex().getParentBlock()->getParentOp());
}

int64_t StepViewOp::getLast() {
  int64_t steps = getLoop().getSteps();
  if (std::optional<uint64_t> period = getPeriod())
    steps = std::min<int64_t>(steps, *period);
  return std::max<int64_t>(steps, 1) - 1;
}

LogicalResult StepViewOp::verify() {
  auto index = dyn_cast<BlockArgument>(getIndex());
  if (!index || !isa<LoopOp>(index.getOwner()->getParentOp()))
    return emitOpError("expected the step or the time of a loop around it");
  MemRefType from = getSource().getType(), to = getType();
  for (MemRefType type : {from, to})
    if (!isPlainBuffer(type))
      return emitOpError("expected contiguous buffers of numbers, but got ")
             << type;
  if (getPeriod() && int64_t(*getPeriod()) < 1)
    return emitOpError("expected a period of 1 or more, but got ")
           << int64_t(*getPeriod());
  int64_t offset = getOffset(), stride = getStride(), last = getLast(),
          room = byteSize(from) - byteSize(to);
  // Neither end may be so far away that a product overflows.
  bool isInside = offset >= 0 && offset <= room &&
                  (last == 0 || std::abs(stride) <= room / last) &&
                  offset + last * stride >= 0 && offset + last * stride <= room;
  if (!isInside)
    return emitOpError("expected views inside of ")
           << byteSize(from) << " bytes, but got " << byteSize(to)
           << " bytes at " << offset << " plus up to " << last << " times "
           << stride;
  int64_t width = llvm::divideCeil(to.getElementTypeBitWidth(), 8);
  if (offset % width != 0 || stride % width != 0)
    return emitOpError("expected an offset and a stride that are multiples of ")
           << width << ", but got " << offset << " and " << stride;
  return success();
}

LogicalResult LaunchOp::verify() {
  if (int64_t(getTiles()) < 0)
    return emitOpError("expected a number of tiles, but got ")
           << int64_t(getTiles());
  for (Type type : getOperandTypes())
    if (auto buffer = dyn_cast<MemRefType>(type);
        !buffer || !isPlainBuffer(buffer))
      return emitOpError("expected contiguous buffers of numbers, but got ")
             << type;
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
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  result.addTypes(resultTypes);
  result.addAttribute(getDomainAttrName(result.name), domain);
  result.addAttribute(getReducedAttrName(result.name), reduced);
  // The region first: a value that it defines, and that an operand names, would
  // replace what the operand was resolved to.
  SMLoc location = parser.getNameLoc();
  return failure(
      parser.parseRegion(*result.addRegion(), arguments) ||
      parser.resolveOperands(operands, types, location, result.operands));
}

LogicalResult KernelOp::verify() {
  if (getBody().front().getArgumentTypes() != getInputs().getTypes())
    return emitOpError("expected block arguments of the operands' types");
  for (int64_t extent : getDomain())
    if (extent < 0)
      return emitOpError("expected extents of 0 or more, but got the domain ")
             << shapeText(getDomain());
  if (!isCountable(RankedTensorType::get(getDomain(),
                                         IntegerType::get(getContext(), 8))))
    return emitOpError("expected fewer elements than in the domain ")
           << shapeText(getDomain());
  int64_t before = -1;
  for (int64_t dim : getReduced()) {
    if (dim <= before || dim >= int64_t(getDomain().size()))
      return emitOpError("expected sorted dimensions of the domain ")
             << shapeText(getDomain()) << ", but got "
             << shapeText(getReduced());
    before = dim;
  }
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  Block &block = getBody().front();
  auto yield = block.empty() ? nullptr : dyn_cast<YieldOp>(block.back());
  if (!yield || yield.getValues().getTypes() != getResultTypes())
    return emitOpError("expected an nn.yield of the results' types");
  return success();
}
