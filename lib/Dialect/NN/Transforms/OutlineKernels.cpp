// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves the regions of nn.kernel ops into private functions, which equal
// kernels share.

#include "FusionGraph.h"
#include "TileSizes.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

namespace sinter::nn {
#define GEN_PASS_DEF_NNOUTLINEKERNELS
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Words of a kernel's name that come from its ops.
static constexpr size_t maxNameWords = 4;

/// A name such as matmul_add_relu_64x128.
static std::string nameOf(KernelOp kernel) {
  llvm::SmallSetVector<StringRef, 8> words;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (words.size() < maxNameWords &&
        !isa<ConstantOp, CastOp, IotaOp, BroadcastOp, ReshapeOp,
             UnpackPanelsOp>(op))
      words.insert(op.getName().stripDialect());
  if (words.empty())
    words.insert(kernel.getBody().front().front().getName().stripDialect());
  std::string name = llvm::join(words, "_");
  name += "_";
  ArrayRef<int64_t> domain = kernel.getDomain();
  if (domain.empty())
    return name + "scalar";
  llvm::raw_string_ostream stream(name);
  llvm::interleave(domain, stream, "x");
  return name;
}

/// The kernel's region as a function on tensors.
static func::FuncOp buildFunction(KernelOp kernel, bool singleTile) {
  Builder attributes(kernel.getContext());
  auto type = attributes.getFunctionType(kernel->getOperandTypes(),
                                         kernel->getResultTypes());
  auto function = func::FuncOp::create(kernel.getLoc(), "kernel", type);
  function.setPrivate();
  TileSizes tiles = chooseTileSizes(kernel, singleTile);
  function->setAttr("sinter.kernel", attributes.getUnitAttr());
  function->setAttr("sinter.domain", kernel.getDomainAttr());
  function->setAttr("sinter.reduced", kernel.getReducedAttr());
  function->setAttr("sinter.tile_sizes",
                    attributes.getDenseI64ArrayAttr(tiles.sizes));
  function->setAttr("sinter.tiles", attributes.getI64IntegerAttr(tiles.tiles));
  function->setAttr("sinter.work",
                    attributes.getI64IntegerAttr(estimateWork(kernel)));
  IRMapping mapping;
  kernel.getBody().cloneInto(&function.getBody(), mapping);
  Operation *yield = function.getBody().front().getTerminator();
  OpBuilder builder(yield);
  builder.create<func::ReturnOp>(yield->getLoc(), yield->getOperands());
  yield->erase();
  return function;
}

/// The text of a function without its name and locations: equal texts are equal
/// kernels.
static std::string textOf(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream,
                  OpPrintingFlags().useLocalScope().enableDebugInfo(false));
  return text;
}

/// Gives kernels the ids of their draws as operands, so that those which differ
/// in nothing else are one. The ids of an entry stand in one constant.
static void passDraws(func::FuncOp entry) {
  using Draw = std::pair<KernelOp, Operation *>;
  std::vector<std::pair<int64_t, Draw>> draws;
  std::map<int64_t, int64_t> rows;
  SmallVector<int64_t> ids;
  for (auto kernel : entry.getBody().front().getOps<KernelOp>())
    for (Operation &op : kernel.getBody().front())
      if (isa<RandomUniformOp, RandomNormalOp>(op)) {
        int64_t id = op.getAttrOfType<IntegerAttr>("id").getInt();
        auto [known, isNew] = rows.try_emplace(id, ids.size());
        if (isNew)
          ids.push_back(id);
        draws.push_back({known->second, {kernel, &op}});
      }
  if (ids.size() < 2)
    return;
  OpBuilder builder = OpBuilder::atBlockBegin(&entry.getBody().front());
  Type i64 = builder.getI64Type();
  auto scalar = RankedTensorType::get({}, i64);
  Value table = builder.create<ConstantOp>(
      entry.getLoc(),
      DenseElementsAttr::get(RankedTensorType::get({int64_t(ids.size())}, i64),
                             ArrayRef<int64_t>(ids)));
  for (auto [row, draw] : draws) {
    auto [kernel, op] = draw;
    builder.setInsertionPoint(kernel);
    Value slice = builder.create<SliceOp>(
        op->getLoc(), table, ArrayRef<int64_t>{row}, ArrayRef<int64_t>{row + 1},
        ArrayRef<int64_t>{1});
    Value id = builder.create<ReshapeOp>(op->getLoc(), scalar, slice);
    kernel->insertOperands(kernel->getNumOperands(), id);
    Value argument = kernel.getBody().front().addArgument(scalar, op->getLoc());
    op->insertOperands(op->getNumOperands(), argument);
    op->setAttr("id", builder.getI64IntegerAttr(0));
  }
}

namespace {
struct OutlineKernels
    : public sinter::nn::impl::NNOutlineKernelsBase<OutlineKernels> {
  using Base::Base;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::StringMap<func::FuncOp> known;
    for (auto entry : getOperation().getOps<func::FuncOp>())
      if (!entry.isExternal())
        passDraws(entry);
    SmallVector<KernelOp> kernels;
    getOperation().walk([&](KernelOp kernel) { kernels.push_back(kernel); });
    for (KernelOp kernel : kernels) {
      func::FuncOp function = buildFunction(kernel, singleTile);
      func::FuncOp &shared = known[textOf(function)];
      if (shared) {
        function->erase();
      } else {
        function.setName(nameOf(kernel));
        symbols.insert(function);
        shared = function;
      }
      OpBuilder builder(kernel);
      auto call = builder.create<func::CallOp>(kernel.getLoc(), shared,
                                               kernel.getInputs());
      // Equal kernels share a function; what was decided stays at each.
      if (Attribute decisions = kernel->getAttr("nn.fusion"))
        call->setAttr("nn.fusion", decisions);
      kernel.replaceAllUsesWith(call);
      kernel.erase();
    }
  }
};
} // namespace
