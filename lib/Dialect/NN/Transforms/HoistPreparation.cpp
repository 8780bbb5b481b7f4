// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Moves what depends on parameters alone to an entry that prepares states.

#include "Preparation.h"
#include "mlir/IR/IRMapping.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Dialect/NN/IR/Views.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"
#include "sinter/Runtime/ABI.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNHOISTPREPARATION
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

/// Bytes that a value may have more than the parameters that it is made of.
static constexpr uint64_t maxGrowth = 1 << 20;

static bool isFreeWhereRead(Operation *op) {
  return isView(op) ||
         isa<GetSegmentOp, ConstantOp, IotaOp, BroadcastOp, UnpackPanelsOp>(op);
}

/// Whether an op has a reason to run once: it moves elements in a kernel of its
/// own, or costs more than a load of its result.
static bool takesWork(Operation *op) {
  if (isa<TransposeOp, PackPanelsOp>(op))
    return true;
  if (isFreeWhereRead(op))
    return false;
  auto cost = dyn_cast<CostOpInterface>(op);
  return !cost || !cost.isRepeatable();
}

namespace {
/// Ops of equal names, attributes and operands are one.
struct SameOp : public llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(const Operation *op) {
    return OperationEquivalence::computeHash(
        const_cast<Operation *>(op), OperationEquivalence::directHashValue,
        OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
  }
  static bool isEqual(const Operation *left, const Operation *right) {
    if (left == right)
      return true;
    if (left == getTombstoneKey() || left == getEmptyKey() ||
        right == getTombstoneKey() || right == getEmptyKey())
      return false;
    return OperationEquivalence::isEquivalentTo(
        const_cast<Operation *>(left), const_cast<Operation *>(right),
        OperationEquivalence::IgnoreLocations);
  }
};

/// The entry that prepares one state, and the segments that it sets.
class StatePreparation {
public:
  explicit StatePreparation(StateOp state)
      : state(state), builder(state.getContext()) {
    std::string name = freeName(state);
    function = func::FuncOp::create(state.getLoc(), name,
                                    builder.getFunctionType({}, {}));
    function->setAttr("nn.entry", builder.getStringAttr(name));
    function->setAttr("nn.generated", builder.getStringAttr("prepare"));
    function->setAttr("nn.state", symbol());
    function->setAttr("nn.dims", builder.getDictionaryAttr({}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    end = llvm::alignTo(state.getBytes(), SINTER_ALIGNMENT);
    for (auto segment : state.getBody().getOps<SegmentOp>())
      keys.insert(segment.getKey());
    flagType = RankedTensorType::get({}, builder.getI64Type());
    addSegment(preparedKey, flagType);
  }

  /// The key of the segment that holds `value`, which is made of parameters:
  /// equal ones of several instances share it.
  StringAttr keyFor(Value value) {
    Value copy = clone(value);
    StringAttr &key = keyOf[copy];
    if (!key)
      key = addSegment(nameFor(copy), copy.getType());
    return key;
  }

  /// Adds the sets and the end.
  func::FuncOp finish() {
    Location location = state.getLoc();
    for (auto &[value, key] : keyOf)
      builder.create<SetSegmentOp>(value.getLoc(), symbol(), key, value);
    set(builder, location, preparedMark);
    builder.create<func::ReturnOp>(location);
    state.setBytes(llvm::alignTo(end, SINTER_ALIGNMENT));
    return function;
  }

  /// What has changed parameters leaves the state unprepared.
  void invalidate(func::FuncOp writer) {
    OpBuilder atEnd(writer.getBody().front().getTerminator());
    set(atEnd, writer.getLoc(), 0);
  }

private:
  /// "M.prepare", with `_` behind it where a fn of the user's has that name.
  static std::string freeName(StateOp state) {
    llvm::StringSet<llvm::MallocAllocator> taken;
    for (auto entry : state->getParentOfType<ModuleOp>().getOps<func::FuncOp>())
      if (auto name = entry->getAttrOfType<StringAttr>("nn.entry"))
        taken.insert(name);
    std::string name = (state.getSymName() + ".prepare").str();
    while (taken.contains(name))
      name += "_";
    return name;
  }

  FlatSymbolRefAttr symbol() { return FlatSymbolRefAttr::get(state); }

  void set(OpBuilder &at, Location location, int64_t flag) {
    auto value = DenseElementsAttr::get(flagType, flag);
    at.create<SetSegmentOp>(location, symbol(), at.getStringAttr(preparedKey),
                            at.create<ConstantOp>(location, flagType, value));
  }

  StringAttr addSegment(StringRef key, Type type) {
    OpBuilder atEnd = OpBuilder::atBlockEnd(&state.getBody().front());
    end = llvm::alignTo(end, SINTER_ALIGNMENT);
    auto segment =
        atEnd.create<SegmentOp>(state.getLoc(), key, SegmentKind::prepared,
                                cast<RankedTensorType>(type), uint64_t(end),
                                /*aliases=*/ArrayAttr());
    end += byteSize(type);
    keys.insert(key);
    return segment.getSymNameAttr();
  }

  /// Named after the parameter that comes first in it.
  std::string nameFor(Value value) {
    Operation *op = value.getDefiningOp();
    while (!isa<GetSegmentOp>(op)) {
      Operation *next = nullptr;
      for (Value operand : op->getOperands())
        if (Operation *from = operand.getDefiningOp();
            !next && !isa<ConstantOp, IotaOp>(from))
          next = from;
      op = next;
    }
    std::string base = ("prepared." + cast<GetSegmentOp>(op).getKey()).str(),
                name = base;
    for (unsigned number = 2; keys.contains(name); ++number)
      name = base + "." + std::to_string(number);
    return name;
  }

  /// `value` in the function, with all that it is made of.
  Value clone(Value value) {
    SmallVector<Operation *> worklist = {value.getDefiningOp()};
    while (!worklist.empty()) {
      Operation *op = worklist.back();
      size_t before = worklist.size();
      for (Value operand : op->getOperands())
        if (!mapping.contains(operand))
          worklist.push_back(operand.getDefiningOp());
      if (worklist.size() > before)
        continue;
      worklist.pop_back();
      if (!mapping.contains(op->getResult(0)))
        cloneOp(op);
    }
    return mapping.lookup(value);
  }

  void cloneOp(Operation *op) {
    Operation *copy = builder.clone(*op, mapping);
    auto [known, isNew] = ops.insert(copy);
    if (!isNew)
      copy->erase();
    mapping.map(op->getResults(), (*known)->getResults());
  }

  StateOp state;
  OpBuilder builder;
  func::FuncOp function;
  RankedTensorType flagType;
  int64_t end;
  llvm::StringSet<llvm::MallocAllocator> keys;
  llvm::MapVector<Value, StringAttr> keyOf;
  IRMapping mapping;
  DenseSet<Operation *, SameOp> ops;
};

/// What is hoisted from the functions of a module.
class Hoisting {
public:
  explicit Hoisting(ModuleOp module) : module(module), parameters(module) {
    for (auto function : module.getOps<func::FuncOp>())
      entries.insert(function->getAttr("nn.entry"));
  }

  void run() {
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (isForPrepared(function)) {
        function->setAttr("nn.prepared", UnitAttr::get(module.getContext()));
        if (!hoist(function))
          function.erase();
      }
    if (preparations.empty())
      return;
    for (auto function : module.getOps<func::FuncOp>())
      if (setsParameters(function))
        if (StatePreparation *preparation = preparationOf(function))
          preparation->invalidate(function);
    for (auto &[state, preparation] : preparations)
      module.push_back(preparation->finish());
  }

private:
  /// Whether there was anything to hoist.
  bool hoist(func::FuncOp function) {
    ParameterValues values(function, parameters);
    SmallVector<Value> roots = findRoots(function, values);
    if (roots.empty())
      return false;
    auto name = function->getAttrOfType<FlatSymbolRefAttr>("nn.state");
    // A model's own fn of that name stays what it is.
    if (entries.contains(
            StringAttr::get(module.getContext(), name.getValue() + ".prepare")))
      return false;
    std::unique_ptr<StatePreparation> &preparation = preparations[name];
    if (!preparation)
      preparation = std::make_unique<StatePreparation>(
          module.lookupSymbol<StateOp>(name.getAttr()));
    // All before the first is replaced, since one may be made of another.
    SmallVector<StringAttr> keys;
    for (Value root : roots)
      keys.push_back(preparation->keyFor(root));
    for (auto [root, key] : llvm::zip(roots, keys)) {
      OpBuilder builder(Value(root).getDefiningOp());
      Value(root).replaceAllUsesWith(builder.create<GetSegmentOp>(
          root.getLoc(), root.getType(), name, key));
    }
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    return true;
  }

  /// The values that are worth a segment: made of parameters with work, not
  /// much larger than these, and read by what is not made of them.
  static SmallVector<Value> findRoots(func::FuncOp function,
                                      const ParameterValues &values) {
    Block &body = function.getBody().front();
    DenseSet<Operation *> worthy = findWork(body, values), read;
    SmallVector<Value> roots;
    for (Operation &op : llvm::reverse(body.without_terminator())) {
      if (op.getNumResults() == 1 && values.contains(op.getResult(0))) {
        if (!read.contains(&op))
          continue;
        if (worthy.contains(&op) && !isFreeWhereRead(&op)) {
          roots.push_back(op.getResult(0));
          continue;
        }
      }
      for (Value operand : op.getOperands())
        if (Operation *producer = operand.getDefiningOp())
          read.insert(producer);
    }
    std::reverse(roots.begin(), roots.end());
    return roots;
  }

  /// Ops that, or whose operands, are made of parameters with work.
  static DenseSet<Operation *> findWork(Block &body,
                                        const ParameterValues &values) {
    DenseSet<Operation *> worthy;
    DenseMap<Operation *, uint64_t> bytes; // of the parameters behind an op
    for (Operation &op : body) {
      if (op.getNumResults() != 1 || !values.contains(op.getResult(0)))
        continue;
      uint64_t size = byteSize(op.getResult(0).getType());
      uint64_t &sources = bytes[&op];
      if (isa<GetSegmentOp>(op))
        sources = size;
      bool hasWork = takesWork(&op);
      for (Value operand : op.getOperands()) {
        Operation *producer = operand.getDefiningOp();
        sources = llvm::SaturatingAdd(sources, bytes.lookup(producer));
        hasWork |= worthy.contains(producer);
      }
      if (hasWork && size <= llvm::SaturatingAdd(sources, maxGrowth))
        worthy.insert(&op);
    }
    return worthy;
  }

  bool setsParameters(func::FuncOp function) const {
    for (Operation &op : function.getBody().front())
      if (parameters.isSet(&op))
        return true;
    return false;
  }

  StatePreparation *preparationOf(func::FuncOp function) {
    auto found = preparations.find(
        function->getAttrOfType<FlatSymbolRefAttr>("nn.state"));
    return found == preparations.end() ? nullptr : found->second.get();
  }

  ModuleOp module;
  Parameters parameters;
  DenseSet<Attribute> entries; ///< their names
  llvm::MapVector<Attribute, std::unique_ptr<StatePreparation>> preparations;
};

struct HoistPreparation
    : public sinter::nn::impl::NNHoistPreparationBase<HoistPreparation> {
  void runOnOperation() override { Hoisting(getOperation()).run(); }
};
} // namespace
