// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instances of entries for prepared states, and what those may rely on.

#include "Preparation.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "sinter/Runtime/Model.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNCLONEPREPARED
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter;
using namespace sinter::nn;

/// What is a step or a part of one, gives a state its first values, or is a fn
/// in training mode, which `check` asks for.
static bool isOfTraining(func::FuncOp entry) {
  if (entry->hasAttr("nn.training"))
    return true;
  auto name = entry->getAttrOfType<StringAttr>("nn.generated");
  auto role = name ? entryRoleNamed(name.str()) : std::nullopt;
  return role && llvm::is_contained({EntryRole::Init, EntryRole::TrainStep,
                                     EntryRole::Gradients, EntryRole::Update},
                                    *role);
}

Parameters::Parameters(ModuleOp module) {
  auto addSegments = [&](ArrayRef<SegmentKind> kinds) {
    for (auto state : module.getOps<StateOp>())
      for (auto segment : state.getBody().getOps<SegmentOp>())
        if (llvm::is_contained(kinds, segment.getKind()))
          keys.insert({state.getSymNameAttr(), segment.getSymNameAttr()});
  };
  addSegments(SegmentKind::buffer);
  for (auto entry : module.getOps<func::FuncOp>())
    if (!isOfTraining(entry))
      entry.walk([&](SetSegmentOp set) {
        keys.erase({set.getStateAttr().getAttr(), set.getKeyAttr()});
      });
  addSegments({SegmentKind::parameter, SegmentKind::frozen});
}

Parameters::Parameters(func::FuncOp prepared) {
  auto state = prepared->getAttrOfType<FlatSymbolRefAttr>("nn.state");
  if (auto read = prepared->getAttrOfType<ArrayAttr>("nn.prepared"))
    for (Attribute key : read)
      keys.insert({state.getAttr(), key});
}

ArrayAttr Parameters::readIn(func::FuncOp function) const {
  llvm::SetVector<Attribute> read;
  function.walk([&](GetSegmentOp get) {
    if (isRead(get))
      read.insert(get.getKeyAttr());
  });
  return ArrayAttr::get(function.getContext(), read.getArrayRef());
}

bool Parameters::isRead(Operation *op) const {
  auto get = dyn_cast<GetSegmentOp>(op);
  return get && keys.contains({get.getStateAttr().getAttr(), get.getKeyAttr()});
}

bool Parameters::isSet(Operation *op) const {
  if (auto run = dyn_cast<SetRunOp>(op))
    return run.getRun() == "parameter";
  auto set = dyn_cast<SetSegmentOp>(op);
  return set && keys.contains({set.getStateAttr().getAttr(), set.getKeyAttr()});
}

ParameterValues::ParameterValues(func::FuncOp function,
                                 const Parameters &parameters) {
  for (Operation &op : function.getBody().front())
    if (parameters.isRead(&op) || isMadeOfThem(&op))
      values.insert(op.result_begin(), op.result_end());
    else if (isa<ConstantOp, IotaOp>(op))
      constants.insert(op.result_begin(), op.result_end());
}

/// Whether an op reads parameters, and nothing else but constants.
bool ParameterValues::isMadeOfThem(Operation *op) const {
  return isPure(op) && op->getNumRegions() == 0 &&
         llvm::any_of(op->getOperands(),
                      [&](Value value) { return values.contains(value); }) &&
         llvm::all_of(op->getOperands(), [&](Value value) {
           return values.contains(value) || constants.contains(value);
         });
}

bool ParameterValues::contains(Value value) const {
  return values.contains(outsideOfScans(value));
}

Value sinter::nn::outsideOfScans(Value value) {
  while (auto argument = dyn_cast<BlockArgument>(value)) {
    auto scan = dyn_cast<ScanOp>(argument.getOwner()->getParentOp());
    if (!scan || !llvm::is_contained(scan.getInvariantArguments(), argument))
      break;
    unsigned first = scan.getInvariantArguments().front().getArgNumber();
    value = scan.getInvariants()[argument.getArgNumber() - first];
  }
  return value;
}

/// Whether an entry reads parameters and changes none.
static bool isWorthCloning(func::FuncOp entry, const Parameters &parameters) {
  bool reads = false, sets = false;
  entry.walk([&](Operation *op) {
    reads |= parameters.isRead(op);
    sets |= parameters.isSet(op);
  });
  return reads && !sets;
}

namespace {
struct ClonePrepared
    : public sinter::nn::impl::NNClonePreparedBase<ClonePrepared> {
  void runOnOperation() override {
    Parameters parameters(getOperation());
    SmallVector<func::FuncOp> entries(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp entry : entries) {
      if (!entry->hasAttr("nn.state") || !isWorthCloning(entry, parameters))
        continue;
      func::FuncOp clone = entry.clone();
      clone.setName((entry.getName() + "$prepared").str());
      clone->setAttr("nn.prepared", parameters.readIn(entry));
      getOperation().insert(std::next(entry->getIterator()), clone);
    }
  }
};
} // namespace
