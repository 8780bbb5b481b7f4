// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites entries as schedules of launches on buffers, following a MemoryPlan.

#include "MemoryPlan.h"
#include "sinter/Dialect/NN/Transforms/Passes.h"

namespace sinter::nn {
#define GEN_PASS_DEF_NNPLANMEMORY
#include "sinter/Dialect/NN/Transforms/Passes.h.inc"
} // namespace sinter::nn

using namespace mlir;
using namespace sinter::nn;

static MemRefType bytesType(MLIRContext *context, int64_t bytes) {
  return MemRefType::get({bytes}, IntegerType::get(context, 8));
}

static MemRefType bufferType(Type type) {
  auto tensor = cast<ShapedType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
/// One entry on its way from tensors to buffers.
class EntryRewriter {
public:
  /// Constants by their values: equal ones of all entries share a global.
  using Constants = DenseMap<Attribute, memref::GlobalOp>;

  EntryRewriter(func::FuncOp entry, KernelLibrary &kernels,
                SymbolTable &symbols, Constants &constants)
      : old(entry), kernels(kernels), symbols(symbols), constants(constants),
        plan(entry, kernels), builder(entry.getContext()) {}

  LogicalResult run() {
    if (failed(plan.run()))
      return failure();
    createFunction();
    for (Operation *op : plan.schedule())
      rewrite(op);
    builder.create<func::ReturnOp>(old.getLoc());
    std::string name = old.getName().str();
    old.erase();
    entry.setName(name);
    return success();
  }

private:
  DictionaryAttr role(StringRef name, DictionaryAttr interface = {},
                      StringRef labelName = "nn.name") {
    NamedAttrList attributes;
    attributes.set("nn.role", builder.getStringAttr(name));
    if (Attribute label = interface ? interface.get("nn.name") : Attribute())
      attributes.set(labelName, label);
    if (Attribute purpose =
            interface ? interface.get("nn.generated") : Attribute())
      attributes.set("nn.generated", purpose);
    return attributes.getDictionary(old.getContext());
  }

  void createFunction() {
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    auto add = [&](Type type, DictionaryAttr attribute) {
      types.push_back(type);
      attributes.push_back(attribute);
      return types.size() - 1;
    };
    MLIRContext *context = old.getContext();
    StateOp state;
    if (auto name = old->getAttrOfType<FlatSymbolRefAttr>("nn.state"))
      state = SymbolTable::lookupNearestSymbolFrom<StateOp>(old, name);
    add(bytesType(context, state ? state.getBytes() : 0), role("state"));
    SmallVector<unsigned> arguments(old.getNumArguments()),
        results(old.getNumResults());
    for (auto [number, type] : llvm::enumerate(old.getArgumentTypes()))
      if (!old.getArgAttr(number, "nn.inout"))
        arguments[number] =
            add(bufferType(type), role("input", old.getArgAttrDict(number)));
    for (auto [number, type] : llvm::enumerate(old.getResultTypes())) {
      StringRef kind =
          old.getResultAttr(number, "nn.inout") ? "inout" : "result";
      results[number] =
          add(bufferType(type),
              role(kind, old.getResultAttrDict(number), "nn.result"));
    }
    unsigned workspace =
        add(bytesType(context, plan.workspaceBytes()), role("workspace"));
    entry = func::FuncOp::create(old.getLoc(), "entry",
                                 builder.getFunctionType(types, {}));
    entry.setAllArgAttrs(attributes);
    entry->setDiscardableAttrs(old->getDiscardableAttrDictionary());
    entry->setAttr("nn.workspace_bytes",
                   builder.getI64IntegerAttr(plan.workspaceBytes()));
    // What scans keep, for reports.
    if (int64_t histories = plan.historyBytes())
      entry->setAttr("nn.history_bytes", builder.getI64IntegerAttr(histories));
    if (int64_t saved = plan.savedBytes())
      entry->setAttr("nn.saved_bytes", builder.getI64IntegerAttr(saved));
    old->getBlock()->getOperations().insert(old->getIterator(), entry);
    builder.setInsertionPointToEnd(entry.addEntryBlock());
    bases[{unsigned(Place::Base::State), 0}] = entry.getArgument(0);
    for (auto [number, parameter] : llvm::enumerate(arguments))
      bases[{unsigned(Place::Base::Argument), number}] =
          entry.getArgument(parameter);
    for (auto [number, parameter] : llvm::enumerate(results))
      bases[{unsigned(Place::Base::Result), number}] =
          entry.getArgument(parameter);
    bases[{unsigned(Place::Base::Slot), 0}] = entry.getArgument(workspace);
  }

  /// The global that holds a constant; equal ones share it.
  Value constantBuffer(ConstantOp constant) {
    memref::GlobalOp &global = constants[constant.getValue()];
    auto type = bufferType(constant.getType());
    if (!global) {
      OpBuilder atStart(old->getContext());
      global = atStart.create<memref::GlobalOp>(
          constant.getLoc(), "constant", atStart.getStringAttr("private"), type,
          constant.getValue(), /*constant=*/true, /*alignment=*/
          atStart.getI64IntegerAttr(64));
      symbols.insert(global,
                     old->getParentOfType<ModuleOp>().getBody()->begin());
    }
    return builder.create<memref::GetGlobalOp>(constant.getLoc(), type,
                                               global.getSymName());
  }

  /// A buffer that moves with the steps of loops.
  Value movingBuffer(Value base, int64_t offset, ArrayRef<Move> moves,
                     MemRefType type, Location location) {
    const Move &move = moves.front();
    LoopOp loop = loops.lookup(move.scan);
    Value index = move.followsTime ? loop.getTime() : loop.getStep();
    IntegerAttr period =
        move.period ? builder.getI64IntegerAttr(move.period) : IntegerAttr();
    // Outer loops move the bytes that the inner ones move in.
    int64_t before = 0, bytes = byteSize(type);
    for (Move inner : moves.drop_front()) {
      int64_t count = inner.scan.getSteps();
      if (inner.period)
        count = std::min(count, inner.period);
      int64_t reach = (std::max<int64_t>(count, 1) - 1) * inner.stride;
      before += std::max<int64_t>(-reach, 0);
      bytes += std::abs(reach);
    }
    bool isLast = moves.size() == 1;
    Value view = builder.create<StepViewOp>(
        location, isLast ? type : bytesType(type.getContext(), bytes), base,
        index, offset - before, move.stride, period);
    return isLast
               ? view
               : movingBuffer(view, before, moves.drop_front(), type, location);
  }

  /// Puts what is the same in all steps before the outermost loop.
  void leaveLoops() {
    while (auto loop =
               dyn_cast<LoopOp>(builder.getInsertionBlock()->getParentOp()))
      builder.setInsertionPoint(loop);
  }

  /// A buffer of `type` at `place`.
  Value bufferAt(const Place &place, MemRefType type, Location location) {
    bool isSlot = place.base == Place::Base::Slot;
    int64_t offset =
        place.offset + (isSlot ? plan.workspaceSlots()[place.index].offset : 0);
    Value base = bases[{unsigned(place.base), isSlot ? 0 : place.index}];
    if (!place.moves.empty())
      return movingBuffer(base, offset, place.moves, type, location);
    if (offset == 0 && base.getType() == type)
      return base;
    Value &view =
        views[{base.getAsOpaquePointer(), offset, type.getAsOpaquePointer()}];
    if (!view) {
      OpBuilder::InsertionGuard guard(builder);
      leaveLoops();
      view = builder.create<BufferViewOp>(location, type, base,
                                          builder.getI64IntegerAttr(offset));
    }
    return view;
  }

  Value bufferOf(Value value, Location location) {
    Place place = plan.placeOf(value);
    if (place.base == Place::Base::Constant) {
      Value &base = bases[{unsigned(Place::Base::Constant), place.index}];
      OpBuilder::InsertionGuard guard(builder);
      leaveLoops();
      if (!base)
        base = constantBuffer(plan.constantAt(place));
    }
    return bufferAt(place, bufferType(value.getType()), location);
  }

  void rewrite(Operation *op) {
    if (auto check = dyn_cast<CheckIndexOp>(op)) {
      Value buffer = bufferOf(check.getIndices(), op->getLoc());
      builder.clone(*op)->setOperands(buffer);
      return;
    }
    if (auto scan = dyn_cast<ScanOp>(op))
      return rewriteScan(scan);
    auto call = cast<func::CallOp>(op);
    func::FuncOp kernel = kernels.kernelOf(call);
    SmallVector<InOut> inOuts = plan.inOutsOf(call);
    func::FuncOp target = kernels.onBuffers(kernel, inOuts);
    SmallVector<Value> operands;
    auto isShared = [&](unsigned InOut::*side, unsigned number) {
      return llvm::any_of(
          inOuts, [&](const InOut &pair) { return pair.*side == number; });
    };
    for (auto [number, operand] : llvm::enumerate(call.getOperands()))
      if (!isShared(&InOut::first, number))
        operands.push_back(bufferOf(operand, op->getLoc()));
    for (auto [input, output] : inOuts)
      operands.push_back(bufferOf(call.getOperand(input), op->getLoc()));
    for (auto [number, result] : llvm::enumerate(call.getResults())) {
      if (const Place *padding = plan.paddingOf(op))
        operands.push_back(
            bufferAt(*padding, bufferType(result.getType()), op->getLoc()));
      else if (!isShared(&InOut::second, number))
        operands.push_back(bufferOf(result, op->getLoc()));
    }
    auto launch = builder.create<LaunchOp>(
        op->getLoc(), target.getName(),
        kernel->getAttrOfType<IntegerAttr>("sinter.tiles").getInt(), operands);
    if (Attribute decisions = call->getAttr("nn.fusion"))
      launch->setAttr("nn.fusion", decisions);
  }

  void rewriteScan(ScanOp scan) {
    auto loop = builder.create<LoopOp>(scan.getLoc(), scan.getSteps(),
                                       scan.getReverse());
    Type index = builder.getIndexType();
    Block &body = loop.getBody().emplaceBlock();
    body.addArguments({index, index}, {scan.getLoc(), scan.getLoc()});
    loops[scan] = loop;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&body);
    for (Operation &op : scan.getBody().front())
      if (isa<func::CallOp, ScanOp>(op))
        rewrite(&op);
  }

  func::FuncOp old, entry;
  KernelLibrary &kernels;
  SymbolTable &symbols;
  Constants &constants;
  MemoryPlan plan;
  OpBuilder builder;
  DenseMap<Operation *, LoopOp> loops; ///< by scan
  std::map<std::pair<unsigned, unsigned>, Value>
      bases; ///< by kind of place and its index
  std::map<std::tuple<const void *, int64_t, const void *>, Value> views;
};

struct PlanMemory : public sinter::nn::impl::NNPlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    KernelLibrary kernels(getOperation());
    SymbolTable symbols(getOperation());
    EntryRewriter::Constants constants;
    for (auto global : getOperation().getOps<memref::GlobalOp>())
      constants[global.getInitialValueAttr()] = global;
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr("sinter.kernel") && !function.isExternal())
        entries.push_back(function);
    for (func::FuncOp entry : entries)
      if (failed(EntryRewriter(entry, kernels, symbols, constants).run()))
        return signalPassFailure();
    kernels.replaceTensorForms();
  }
};
} // namespace
