// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Work and memory of entries and of the kernels that they launch.

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
      if (!isa<nn::TakeOp, nn::GatherOp, nn::SliceOp>(use.getOwner()) ||
          use.getOperandNumber() != 0)
        return all;
      picked +=
          bytesOf(cast<ShapedType>(use.getOwner()->getResult(0).getType()));
    }
  }
  return std::min(all, picked);
}

/// The state, input or result that a buffer is of; null for the workspace and
/// constants.
static BlockArgument parameterOf(Value buffer, func::FuncOp entry) {
  while (Operation *op = buffer.getDefiningOp()) {
    if (!isa<nn::StepViewOp, nn::BufferViewOp>(op))
      return nullptr;
    buffer = op->getOperand(0);
  }
  auto argument = cast<BlockArgument>(buffer);
  auto role =
      entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.role");
  return role && role.getValue() == "workspace" ? BlockArgument() : argument;
}

/// Adds where an operand of a launch lies, in each step of loops, unless in the
/// workspace or in a constant.
static void addRanges(Value operand, int64_t bytes, func::FuncOp entry,
                      std::vector<ParameterRange> &ranges) {
  BlockArgument parameter = parameterOf(operand, entry);
  if (!parameter)
    return;
  SmallVector<int64_t> begins = {0};
  while (Operation *op = operand.getDefiningOp()) {
    int64_t offset, stride = 0, last = 0;
    if (auto view = dyn_cast<nn::StepViewOp>(op)) {
      offset = view.getOffset();
      stride = view.getStride();
      last = view.getLast();
    } else {
      offset = cast<nn::BufferViewOp>(op).getOffset();
    }
    // Steps side by side are one range, however many there are.
    if (begins.size() == 1 && std::abs(stride) <= bytes) {
      begins.front() += offset + std::min<int64_t>(last * stride, 0);
      bytes += last * std::abs(stride);
      last = 0;
      offset = 0;
    }
    SmallVector<int64_t> moved;
    for (int64_t begin : begins)
      for (int64_t step = 0; step <= last; ++step)
        moved.push_back(begin + offset + step * stride);
    begins = std::move(moved);
    operand = op->getOperand(0);
  }
  for (int64_t begin : begins)
    ranges.push_back({parameter.getArgNumber(), begin, begin + bytes});
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

/// Appends the launches of the kernels from `first` to before `end`, all in the
/// same `depth` loops.
static void addLaunches(const std::vector<KernelInfo> &kernels, size_t first,
                        size_t end, size_t depth, std::vector<size_t> &order) {
  auto loopOf = [&](size_t kernel) {
    const std::vector<LoopInfo> &loops = kernels[kernel].loops;
    return loops.size() > depth ? std::optional(loops[depth].number)
                                : std::nullopt;
  };
  for (size_t last; first < end; first = last) {
    last = first + 1;
    std::optional<size_t> loop = loopOf(first);
    if (!loop) {
      order.push_back(first);
      continue;
    }
    while (last < end && loopOf(last) == loop)
      ++last;
    for (int64_t step = 0; step < kernels[first].loops[depth].steps; ++step)
      addLaunches(kernels, first, last, depth + 1, order);
  }
}

std::vector<size_t> launchOrder(const std::vector<KernelInfo> &kernels) {
  std::vector<size_t> order;
  addLaunches(kernels, 0, kernels.size(), 0, order);
  return order;
}

/// Work and memory of one launch; `kernel` may be null.
static KernelInfo reportLaunch(nn::LaunchOp launch, func::FuncOp kernel,
                               func::FuncOp entry) {
  KernelInfo info;
  info.name = launch.getKernel().str();
  for (auto [number, operand] : llvm::enumerate(launch.getOperands())) {
    int64_t bytes = kernel ? bytesTouched(kernel, number) : 0;
    info.bytes += bytes;
    addRanges(operand, bytes, entry, info.parameters);
  }
  addPlaces(launch.getLoc(), info.sources);
  if (auto decisions = launch->getAttrOfType<ArrayAttr>("nn.fusion"))
    for (auto text : decisions.getAsRange<StringAttr>())
      info.fusion.push_back(text.str());
  if (!kernel)
    return info;
  kernel.walk([&](Operation *op) {
    auto cost = dyn_cast<nn::CostOpInterface>(op);
    int64_t flops = cost ? cost.getFlops() : 0;
    info.flops += flops;
    if (isa<nn::ContractionOpInterface>(op))
      info.productFlops += flops;
    if (flops && info.sources.empty())
      addPlaces(op->getLoc(), info.sources);
  });
  return info;
}

std::vector<KernelInfo> reportKernels(func::FuncOp entry,
                                      const SymbolTable &symbols) {
  std::vector<KernelInfo> kernels;
  DenseMap<Operation *, size_t> numbers; // of loops
  entry.walk([&](nn::LaunchOp launch) {
    auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
    KernelInfo &info =
        kernels.emplace_back(reportLaunch(launch, kernel, entry));
    for (auto loop = launch->getParentOfType<nn::LoopOp>(); loop;
         loop = loop->getParentOfType<nn::LoopOp>()) {
      size_t number = numbers.try_emplace(loop, numbers.size()).first->second;
      info.loops.insert(
          info.loops.begin(),
          LoopInfo{number, int64_t(loop.getSteps()), loop.getReverse()});
    }
    for (int64_t *amount : {&info.flops, &info.productFlops, &info.bytes})
      *amount *= info.launches();
  });
  return kernels;
}

MemoryInfo reportMemory(func::FuncOp entry) {
  MemoryInfo memory;
  for (BlockArgument argument : entry.getArguments()) {
    auto role =
        entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "nn.role");
    int64_t bytes = bytesOf(cast<MemRefType>(argument.getType()));
    if (role && role.getValue() == "workspace")
      memory.workspace += bytes;
    else if (role && role.getValue() == "input")
      memory.inputs += bytes;
    else if (role && role.getValue() != "state")
      memory.results += bytes;
  }
  auto count = [&](StringRef name) {
    auto bytes = entry->getAttrOfType<IntegerAttr>(name);
    return bytes ? bytes.getInt() : 0;
  };
  memory.histories = count("nn.history_bytes");
  memory.saved = count("nn.saved_bytes");
  return memory;
}

} // namespace sinter
