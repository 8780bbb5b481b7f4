// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Work and memory of the kernels that an entry launches.

#include "sinter/Execution/KernelReport.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Execution/Places.h"
#include <tuple>

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
    if (auto place = dyn_cast<FileLineColLoc>(part))
      if (std::string text = placeText(place);
          !llvm::is_contained(places, text))
        places.push_back(text);
    return WalkResult::advance();
  });
}

static int64_t bytesOf(ShapedType type) {
  return elementsOf(type) * ((type.getElementTypeBitWidth() + 7) / 8);
}

/// The bytes of a kernel's operand that it reads or writes: of one from which
/// it picks elements, as many as it picks.
static int64_t bytesTouched(func::FuncOp kernel, unsigned operand) {
  BlockArgument buffer = kernel.getArgument(operand);
  int64_t all = bytesOf(cast<MemRefType>(buffer.getType())), picked = 0;
  for (Operation *user : buffer.getUsers()) {
    auto tensor = dyn_cast<bufferization::ToTensorOp>(user);
    if (!tensor)
      return all;
    for (OpOperand &use : tensor->getUses()) {
      if (!isa<nn::TakeOp, nn::GatherOp>(use.getOwner()) ||
          use.getOperandNumber() != 0)
        return all;
      picked +=
          bytesOf(cast<ShapedType>(use.getOwner()->getResult(0).getType()));
    }
  }
  return std::min(all, picked);
}

/// Where an operand of a launch lies, unless in the workspace or in a constant.
static std::optional<ParameterRange> rangeOf(Value operand, int64_t bytes,
                                             func::FuncOp entry) {
  int64_t begin = 0;
  while (auto view = operand.getDefiningOp<nn::BufferViewOp>()) {
    begin += view.getOffset();
    operand = view.getSource();
  }
  auto argument = dyn_cast<BlockArgument>(operand);
  if (!argument)
    return std::nullopt;
  unsigned number = argument.getArgNumber();
  auto role = entry.getArgAttrOfType<StringAttr>(number, "nn.role");
  if (role && role.getValue() == "workspace")
    return std::nullopt;
  return ParameterRange{number, begin, begin + bytes};
}

int64_t parameterBytes(const std::vector<KernelInfo> &kernels) {
  std::vector<ParameterRange> ranges;
  for (const KernelInfo &kernel : kernels)
    ranges.insert(ranges.end(), kernel.parameters.begin(),
                  kernel.parameters.end());
  llvm::sort(ranges, [](const ParameterRange &a, const ParameterRange &b) {
    return std::tie(a.parameter, a.begin) < std::tie(b.parameter, b.begin);
  });
  int64_t bytes = 0;
  ParameterRange counted{0, 0, 0};
  for (const ParameterRange &range : ranges) {
    if (range.parameter != counted.parameter)
      counted = {range.parameter, 0, 0};
    bytes +=
        std::max<int64_t>(range.end - std::max(range.begin, counted.end), 0);
    counted.end = std::max(counted.end, range.end);
  }
  return bytes;
}

std::vector<KernelInfo> reportKernels(func::FuncOp entry) {
  std::vector<KernelInfo> kernels;
  SymbolTable symbols(entry->getParentOfType<ModuleOp>());
  entry.walk([&](nn::LaunchOp launch) {
    KernelInfo &info = kernels.emplace_back();
    info.name = launch.getKernel().str();
    auto kernel = symbols.lookup<func::FuncOp>(info.name);
    for (auto [number, operand] : llvm::enumerate(launch.getOperands())) {
      int64_t bytes = kernel ? bytesTouched(kernel, number) : 0;
      info.bytes += bytes;
      if (std::optional<ParameterRange> range = rangeOf(operand, bytes, entry))
        info.parameters.push_back(*range);
    }
    std::vector<std::string> places;
    addPlaces(launch.getLoc(), places);
    if (kernel)
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
