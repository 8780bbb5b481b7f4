// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns kernels on tensors into kernels on buffers, and makes the small ones
// that planning needs.

#include "KernelLibrary.h"
#include "TileSizes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace sinter::nn;

/// Name of a kernel for one type: copy_64x10xf32.
static std::string nameFor(StringRef verb, RankedTensorType type) {
  std::string name;
  llvm::raw_string_ostream stream(name);
  stream << verb << "_";
  for (int64_t extent : type.getShape())
    stream << extent << "x";
  stream << type.getElementType();
  return name;
}

func::FuncOp
KernelLibrary::create(StringRef name, FunctionType type, Location location,
                      function_ref<Value(OpBuilder &, Block &)> body) {
  func::FuncOp &kernel = created[name.str()];
  if (kernel)
    return kernel;
  kernel = func::FuncOp::create(location, name, type);
  kernel.setPrivate();
  Builder attributes(location.getContext());
  ArrayRef<int64_t> domain =
      cast<RankedTensorType>(type.getResult(0)).getShape();
  TileSizes tiles;
  for (int64_t extent : domain)
    tiles.sizes.push_back(std::max<int64_t>(extent, 1));
  tiles.tiles = llvm::is_contained(domain, 0) ? 0 : 1;
  kernel->setAttr("sinter.kernel", attributes.getUnitAttr());
  kernel->setAttr("sinter.domain", attributes.getDenseI64ArrayAttr(domain));
  kernel->setAttr("sinter.reduced", attributes.getDenseI64ArrayAttr({}));
  kernel->setAttr("sinter.tile_sizes",
                  attributes.getDenseI64ArrayAttr(tiles.sizes));
  kernel->setAttr("sinter.tiles", attributes.getI64IntegerAttr(tiles.tiles));
  kernel->setAttr("sinter.work", attributes.getI64IntegerAttr(
                                     ShapedType::getNumElements(domain)));
  OpBuilder builder = OpBuilder::atBlockEnd(kernel.addEntryBlock());
  Value result = body(builder, kernel.getBody().front());
  builder.create<func::ReturnOp>(location, result);
  symbols.insert(kernel);
  return kernel;
}

func::FuncOp KernelLibrary::copyKernel(RankedTensorType type,
                                       Location location) {
  return create(
      nameFor("copy", type), FunctionType::get(type.getContext(), type, type),
      location, [&](OpBuilder &builder, Block &body) {
        return builder.create<BroadcastOp>(location, type, body.getArgument(0));
      });
}

func::FuncOp KernelLibrary::zeroKernel(RankedTensorType type,
                                       Location location) {
  return create(
      nameFor("zero", type), FunctionType::get(type.getContext(), {}, type),
      location, [&](OpBuilder &builder, Block &) {
        auto scalar = RankedTensorType::get({}, type.getElementType());
        auto zero = DenseElementsAttr::get(
            scalar, builder.getZeroAttr(type.getElementType()));
        return builder.create<BroadcastOp>(
            location, type, builder.create<ConstantOp>(location, scalar, zero));
      });
}

bool KernelLibrary::canShareBuffer(func::FuncOp kernel, InOut pair) {
  Value input = kernel.getArgument(pair.first);
  Operation *terminator = kernel.getBody().front().getTerminator();
  Type type = input.getType();
  if (terminator->getOperand(pair.second).getType() != type)
    return false;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  ArrayRef<int64_t> domain =
      kernel->getAttrOfType<DenseI64ArrayAttr>("sinter.domain").asArrayRef();
  SmallVector<Value> pending = {input};
  DenseSet<Value> seen;
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    for (Operation *user : value.getUsers()) {
      if (user == terminator)
        continue;
      // A reduction over the whole domain reads its rows before the stores to
      // them.
      if (isa<SumOp, ProdOp, AmaxOp, AminOp, ArgmaxOp, ArgminOp>(user) &&
          shape == domain)
        continue;
      if (!user->hasTrait<ElementwiseTrait>() ||
          cast<RankedTensorType>(user->getResult(0).getType()).getShape() !=
              shape)
        return false;
      if (seen.insert(user->getResult(0)).second)
        pending.push_back(user->getResult(0));
    }
  }
  return true;
}

static MemRefType bufferType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
/// The signature of a kernel on buffers: which input or output each parameter
/// is.
struct BufferSignature {
  SmallVector<Type> types;
  SmallVector<unsigned> inputs, outputs; ///< parameter numbers
  int64_t inputCount = 0;
};
} // namespace

static BufferSignature signatureOf(func::FuncOp kernel,
                                   ArrayRef<InOut> inOuts) {
  BufferSignature signature;
  signature.inputs.resize(kernel.getNumArguments());
  signature.outputs.resize(kernel.getNumResults());
  DenseSet<unsigned> sharedInputs, sharedOutputs;
  for (auto [input, output] : inOuts) {
    sharedInputs.insert(input);
    sharedOutputs.insert(output);
  }
  auto add = [&](Type type) {
    signature.types.push_back(bufferType(type));
    return signature.types.size() - 1;
  };
  for (auto [number, type] : llvm::enumerate(kernel.getArgumentTypes()))
    if (!sharedInputs.contains(number))
      signature.inputs[number] = add(type);
  signature.inputCount = signature.types.size();
  for (auto [input, output] : inOuts)
    signature.inputs[input] = signature.outputs[output] =
        add(kernel.getArgumentTypes()[input]);
  for (auto [number, type] : llvm::enumerate(kernel.getResultTypes()))
    if (!sharedOutputs.contains(number))
      signature.outputs[number] = add(type);
  signature.types.append(2, IndexType::get(kernel.getContext()));
  return signature;
}

func::FuncOp KernelLibrary::onBuffers(func::FuncOp kernel,
                                      ArrayRef<InOut> inOuts) {
  func::FuncOp &result = lowered[{kernel.getOperation(), inOuts.vec()}];
  if (result)
    return result;
  BufferSignature signature = signatureOf(kernel, inOuts);
  Location location = kernel.getLoc();
  std::string name =
      (kernel.getName() + (inOuts.empty() ? "" : "_inplace")).str();
  while (!names.insert(name).second)
    name += "_";
  result = func::FuncOp::create(
      location, name,
      FunctionType::get(kernel.getContext(), signature.types, {}));
  result.setPrivate();
  result->setDiscardableAttrs(kernel->getDiscardableAttrDictionary());
  OpBuilder builder = OpBuilder::atBlockEnd(result.addEntryBlock());
  result->setAttr("sinter.inputs",
                  builder.getI64IntegerAttr(signature.inputCount));
  result->setAttr("sinter.inouts", builder.getI64IntegerAttr(inOuts.size()));
  IRMapping mapping;
  for (auto [number, argument] : llvm::enumerate(kernel.getArguments()))
    mapping.map(argument, builder.create<bufferization::ToTensorOp>(
                              location, argument.getType(),
                              result.getArgument(signature.inputs[number]),
                              /*restrict=*/true, /*writable=*/false));
  Block &body = kernel.getBody().front();
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  for (auto [number, value] :
       llvm::enumerate(body.getTerminator()->getOperands()))
    builder.create<bufferization::MaterializeInDestinationOp>(
        location, /*result=*/Type(), mapping.lookup(value),
        result.getArgument(signature.outputs[number]),
        /*restrict=*/true, /*writable=*/true);
  builder.create<func::ReturnOp>(location);
  inOrder.push_back(result);
  return result;
}

void KernelLibrary::replaceTensorForms() {
  auto module = cast<ModuleOp>(symbols.getOp());
  SmallVector<func::FuncOp> old;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr("sinter.kernel"))
      old.push_back(function);
  for (func::FuncOp function : old)
    symbols.erase(function);
  for (func::FuncOp function : inOrder)
    symbols.insert(function);
}
