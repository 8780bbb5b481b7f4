// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Work and memory of the kernels that an entry launches.

#include "sinter/Execution/KernelReport.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace sinter {

static int64_t elementsOf(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped && shaped.hasStaticShape() ? shaped.getNumElements() : 0;
}

/// Operations of one nn op; 0 for what only moves elements.
static int64_t flopsOf(Operation *op) {
  if (auto product = dyn_cast<nn::MatmulOp>(op)) {
    auto lhs = cast<RankedTensorType>(product.getLhs().getType());
    int64_t inner =
        lhs.getDimSize(lhs.getRank() - (product.getTransposeA() ? 2 : 1));
    return 2 * inner * elementsOf(product.getType());
  }
  if (op->hasTrait<nn::ElementwiseTrait>())
    return elementsOf(op->getResult(0).getType());
  if (isa<nn::SumOp, nn::ProdOp, nn::AmaxOp, nn::AminOp, nn::ArgmaxOp,
          nn::ArgminOp>(op))
    return elementsOf(op->getOperand(0).getType());
  return 0;
}

/// "file:line:column" of every place in a location.
static void addPlaces(Location location, std::vector<std::string> &places) {
  location->walk([&](Location part) {
    if (auto place = dyn_cast<FileLineColLoc>(part)) {
      std::string text;
      llvm::raw_string_ostream(text)
          << place.getFilename().strref() << ":" << place.getLine() << ":"
          << place.getColumn();
      if (!llvm::is_contained(places, text))
        places.push_back(text);
    }
    return WalkResult::advance();
  });
}

std::vector<KernelInfo> reportKernels(func::FuncOp entry) {
  std::vector<KernelInfo> kernels;
  SymbolTable symbols(entry->getParentOfType<ModuleOp>());
  entry.walk([&](nn::LaunchOp launch) {
    KernelInfo &info = kernels.emplace_back();
    info.name = launch.getKernel().str();
    for (Type type : launch.getOperandTypes()) {
      auto buffer = cast<MemRefType>(type);
      info.bytes +=
          elementsOf(buffer) * ((buffer.getElementTypeBitWidth() + 7) / 8);
    }
    std::vector<std::string> places;
    addPlaces(launch.getLoc(), places);
    if (auto kernel = symbols.lookup<func::FuncOp>(info.name))
      kernel.walk([&](Operation *op) {
        int64_t flops = flopsOf(op);
        info.flops += flops;
        if (flops && places.empty())
          addPlaces(op->getLoc(), places);
      });
    info.sources = std::move(places);
  });
  return kernels;
}

} // namespace sinter
