// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes of buffers in the llvm phase: noted when entries are lowered, compared
// with the description and with places that are known when it is read.

#include "FunctionBuffers.h"
#include "InstanceLowering.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sinter;

//===----------------------------------------------------------------------===//
// The attributes
//===----------------------------------------------------------------------===//

namespace {
/// Bytes of all that the caller of an instance passes.
struct Buffers {
  std::vector<int64_t> dims, inputs, results;
  int64_t state = 0, workspace = 0;

  DictionaryAttr attribute(MLIRContext *context, StringRef entry) const {
    Builder builder(context);
    return builder.getDictionaryAttr(
        {builder.getNamedAttr("entry", builder.getStringAttr(entry)),
         builder.getNamedAttr("dims", builder.getDenseI64ArrayAttr(dims)),
         builder.getNamedAttr("state", builder.getI64IntegerAttr(state)),
         builder.getNamedAttr("inputs", builder.getDenseI64ArrayAttr(inputs)),
         builder.getNamedAttr("results", builder.getDenseI64ArrayAttr(results)),
         builder.getNamedAttr("workspace",
                              builder.getI64IntegerAttr(workspace))});
  }
};
} // namespace

DictionaryAttr sinter::buffersOfInstance(func::FuncOp instance) {
  Buffers buffers;
  if (auto dims = instance->getAttrOfType<DictionaryAttr>("nn.dims"))
    for (NamedAttribute dim : dims)
      buffers.dims.push_back(cast<IntegerAttr>(dim.getValue()).getInt());
  for (auto [number, type] : llvm::enumerate(instance.getArgumentTypes())) {
    StringRef role = roleOf(instance, number);
    int64_t bytes = nn::byteSize(type);
    if (role == "state")
      buffers.state = bytes;
    else if (role == "workspace")
      buffers.workspace = bytes;
    else
      (role == "input" ? buffers.inputs : buffers.results).push_back(bytes);
  }
  return buffers.attribute(
      instance.getContext(),
      instance->getAttrOfType<StringAttr>("nn.entry").getValue());
}

DenseI64ArrayAttr sinter::operandsOfKernel(func::FuncOp kernel) {
  SmallVector<int64_t> bytes;
  for (Type type : kernel.getArgumentTypes())
    if (isa<MemRefType>(type))
      bytes.push_back(nn::byteSize(type));
  return DenseI64ArrayAttr::get(kernel.getContext(), bytes);
}

static Buffers describedBuffers(const Model &model, const Entry &entry,
                                const Instance &instance) {
  Buffers buffers;
  buffers.dims = instance.dims;
  if (const StateTable *state = model.findState(entry.state))
    buffers.state = int64_t(state->bytes);
  for (const TensorSpec &input : instance.inputs)
    buffers.inputs.push_back(int64_t(input.bytes()));
  for (const TensorSpec &result : instance.results)
    buffers.results.push_back(int64_t(result.bytes()));
  return buffers;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

namespace {
/// A pointer: so many bytes behind the begin of a buffer of `bytes`.
struct Place {
  int64_t offset = 0, bytes = 0;
  /// Bytes of the buffers that pointers at this place are of, if they are.
  ArrayRef<int64_t> pointees;
};

/// Follows the pointers of one function of an entry's shape through places that
/// are known. What is computed, or passes a block, is not followed.
class PlaceVerifier {
public:
  PlaceVerifier(LLVM::LLVMFuncOp function, const Buffers &buffers,
                const SymbolTable &symbols)
      : function(function), symbols(symbols) {
    constexpr int64_t word = sizeof(int64_t);
    int64_t in = (buffers.inputs.size() + buffers.dims.size()) * word;
    // The row of a wrong index comes last.
    int64_t out = (buffers.results.size() + 1) * word;
    known[function.getArgument(1)] = {0, buffers.state, {}};
    known[function.getArgument(2)] = {0, in, buffers.inputs};
    known[function.getArgument(3)] = {0, out, buffers.results};
    known[function.getArgument(4)] = {0, buffers.workspace, {}};
  }

  LogicalResult verify() {
    LogicalResult result = success();
    function.walk([&](Operation *op) {
      auto verified =
          llvm::TypeSwitch<Operation *, LogicalResult>(op)
              .Case<LLVM::GEPOp, LLVM::LoadOp, LLVM::StoreOp, LLVM::CallOp>(
                  [&](auto one) { return verifyOp(one); })
              .Default([](Operation *) { return success(); });
      if (failed(verified))
        result = failure();
    });
    return result;
  }

private:
  const Place *placeOf(Value pointer) const {
    auto found = known.find(pointer);
    return found == known.end() ? nullptr : &found->second;
  }

  /// `bytes` from `place` on lie in its buffer.
  static LogicalResult require(Operation *op, const Place &place,
                               int64_t bytes) {
    if (0 <= place.offset && bytes <= place.bytes - place.offset)
      return success();
    return op->emitOpError("expected a place inside of a buffer of ")
           << place.bytes << " bytes, but got " << bytes << " bytes at "
           << place.offset;
  }

  LogicalResult verifyOp(LLVM::GEPOp op) {
    const Place *base = placeOf(op.getBase());
    if (!base || !op.getElemType().isInteger(8) || op.getIndices().size() != 1)
      return success();
    auto index = op.getIndices()[0];
    APInt number;
    if (auto constant = dyn_cast<IntegerAttr>(index))
      number = constant.getValue();
    else if (!matchPattern(cast<Value>(index), m_ConstantInt(&number)))
      return success();
    Place place = *base;
    if (number.getSignificantBits() > 64 ||
        llvm::AddOverflow(place.offset, number.getSExtValue(), place.offset))
      return op.emitOpError("expected an offset of 64 bits");
    known[op] = place;
    return require(op, place, 0);
  }

  LogicalResult verifyOp(LLVM::LoadOp op) {
    const Place *place = placeOf(op.getAddr());
    if (!place)
      return success();
    constexpr int64_t word = sizeof(void *);
    bool isPointer = isa<LLVM::LLVMPointerType>(op.getType());
    if (isPointer && place->offset >= 0 && place->offset % word == 0 &&
        place->offset / word < int64_t(place->pointees.size()))
      known[op] = {0, place->pointees[place->offset / word], {}};
    return requireOf(op, op.getAddr(), op.getType());
  }
  LogicalResult verifyOp(LLVM::StoreOp op) {
    return requireOf(op, op.getAddr(), op.getValue().getType());
  }
  LogicalResult requireOf(Operation *op, Value address, Type type) const {
    const Place *place = placeOf(address);
    if (!place)
      return success();
    int64_t bytes = isa<LLVM::LLVMPointerType>(type) ? sizeof(void *)
                    : type.isIntOrFloat()
                        ? llvm::divideCeil(type.getIntOrFloatBitWidth(), 8)
                        : 0;
    return require(op, *place, bytes);
  }

  /// A kernel that is called gets buffers of its size.
  LogicalResult verifyOp(LLVM::CallOp op) {
    auto callee = op.getCallee() || op.getNumOperands() == 0
                      ? nullptr
                      : op.getOperand(0).getDefiningOp<LLVM::AddressOfOp>();
    auto kernel = callee
                      ? symbols.lookup<LLVM::LLVMFuncOp>(callee.getGlobalName())
                      : nullptr;
    auto operands =
        kernel ? kernel->getAttrOfType<DenseI64ArrayAttr>(kOperandsAttribute)
               : nullptr;
    if (!operands)
      return success();
    if (operands.size() >= int64_t(op.getNumOperands()))
      return op.emitOpError("expected ")
             << operands.size() << " operands of the kernel and a range of "
             << "tiles, but got " << op.getNumOperands() - 1;
    for (auto [pointer, bytes] :
         llvm::zip(op.getOperands().drop_front(), operands.asArrayRef()))
      if (const Place *place = placeOf(pointer))
        if (failed(require(op, *place, bytes)))
          return failure();
    return success();
  }

  LLVM::LLVMFuncOp function;
  const SymbolTable &symbols;
  DenseMap<Value, Place> known;
};
} // namespace

//===----------------------------------------------------------------------===//
// The description
//===----------------------------------------------------------------------===//

static std::optional<Buffers> parseBuffers(DictionaryAttr attribute) {
  auto numbers = [&](StringRef name) {
    return attribute.getAs<DenseI64ArrayAttr>(name);
  };
  auto number = [&](StringRef name) {
    return attribute.getAs<IntegerAttr>(name);
  };
  if (!numbers("dims") || !numbers("inputs") || !numbers("results") ||
      !number("state") || !number("workspace"))
    return std::nullopt;
  return Buffers{numbers("dims").asArrayRef().vec(),
                 numbers("inputs").asArrayRef().vec(),
                 numbers("results").asArrayRef().vec(),
                 number("state").getInt(), number("workspace").getInt()};
}

LogicalResult sinter::verifyBuffers(const Model &model, ModuleOp module) {
  /// What is described of each entry's instances, with the largest workspace.
  llvm::StringMap<std::map<std::vector<int64_t>, Buffers>> described;
  size_t missing = 0;
  for (const Entry &entry : model.entries)
    for (const Instance &instance : entry.instances) {
      Buffers buffers = describedBuffers(model, entry, instance);
      buffers.workspace = int64_t(entry.workspaceBytes);
      missing += described[entry.name].emplace(buffers.dims, buffers).second;
    }
  SymbolTable symbols(module);
  std::set<std::pair<std::string, std::vector<int64_t>>> found;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    auto attribute = function->getAttrOfType<DictionaryAttr>(kBuffersAttribute);
    if (!attribute)
      continue;
    auto name = attribute.getAs<StringAttr>("entry");
    std::optional<Buffers> buffers = parseBuffers(attribute);
    if (!name || !buffers || function.getNumArguments() < 5)
      return function.emitError("expected an entry, its dims and the bytes of "
                                "its buffers as 'sinter.buffers', but got ")
             << attribute;
    auto &instances = described[name];
    auto wanted = instances.find(buffers->dims);
    if (wanted == instances.end() ||
        buffers->workspace > wanted->second.workspace ||
        buffers->state != wanted->second.state ||
        buffers->inputs != wanted->second.inputs ||
        buffers->results != wanted->second.results) {
      InFlightDiagnostic error = function.emitError(
          "expected the buffers that the model's description has, ");
      if (wanted == instances.end())
        error << "which are none";
      else
        error << wanted->second.attribute(module.getContext(), name);
      return error << ", but got " << attribute;
    }
    if (!function.isExternal() &&
        failed(PlaceVerifier(function, *buffers, symbols).verify()))
      return failure();
    found.emplace(name.str(), buffers->dims);
  }
  if (found.size() == missing)
    return success();
  return emitError(module.getLoc(), "expected functions for ")
         << missing << " instances that the model's description has, but got "
         << found.size();
}
