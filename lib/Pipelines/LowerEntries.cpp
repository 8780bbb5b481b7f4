// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries as C functions: one per instance, and one that picks the instance by
// its dims.

#include "EntryBuilder.h"
#include "FunctionBuffers.h"
#include "InstanceLowering.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Pipelines/ModelTable.h"
#include "sinter/Pipelines/Passes.h"

namespace sinter {
#define GEN_PASS_DEF_LOWERENTRIES
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter;

namespace {

/// All instances of one entry of the C interface.
struct EntryInstances {
  std::string name, symbol;
  SmallVector<func::FuncOp> instances;
  /// Those for prepared states, by dims.
  DenseMap<Attribute, func::FuncOp> prepared;
  bool writesState = false;
};

/// The code of an instance, and of the one for prepared states if there is one.
struct LoweredInstance {
  LLVM::LLVMFuncOp plain, prepared;
};

struct LowerEntries : public sinter::impl::LowerEntriesBase<LowerEntries> {
  void runOnOperation() override {
    FailureOr<Model> model = buildModelTable(getOperation());
    if (failed(model))
      return signalPassFailure();
    SmallVector<EntryInstances> entries = collectEntries(*model);
    lowerConstants(entries);
    OpBuilder builder(&getContext());
    builder.setInsertionPointToEnd(getOperation().getBody());
    for (auto kernel :
         SmallVector<func::FuncOp>(getOperation().getOps<func::FuncOp>()))
      if (kernel->hasAttr("sinter.kernel"))
        createRunner(builder, kernel);
    SymbolTable symbols(getOperation());
    for (EntryInstances &entry : entries)
      if (failed(lowerEntry(builder, entry, symbols)))
        return signalPassFailure();
    replaceTables(builder, *model);
  }

  LogicalResult lowerEntry(OpBuilder &builder, EntryInstances &entry,
                           const SymbolTable &symbols) {
    SmallVector<LoweredInstance> lowered;
    SmallVector<func::FuncOp> done;
    LogicalResult result = success();
    auto lower = [&](func::FuncOp instance) {
      auto function = EntryBuilder::createEntry(
          builder, instance.getLoc(), instance.getName().str() + ".instance",
          LLVM::Linkage::Internal);
      function->setAttr(kBuffersAttribute, buffersOfInstance(instance));
      if (failed(lowerInstance(instance, entry.writesState, function, symbols)))
        result = failure();
      done.push_back(instance);
      return function;
    };
    for (func::FuncOp instance : entry.instances) {
      LoweredInstance &both = lowered.emplace_back();
      both.plain = lower(instance);
      if (func::FuncOp twin =
              entry.prepared.lookup(instance->getAttr("nn.dims")))
        both.prepared = lower(twin);
    }
    if (failed(result))
      return failure();
    createDispatch(builder, entry, lowered);
    for (func::FuncOp instance : done)
      instance.erase();
    return success();
  }

  SmallVector<EntryInstances> collectEntries(const Model &model) {
    llvm::StringMap<SmallVector<func::FuncOp>> instances;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (auto name = function->getAttrOfType<StringAttr>("nn.entry"))
        instances[name].push_back(function);
    SmallVector<EntryInstances> entries;
    for (const Entry &entry : model.entries) {
      EntryInstances &all = entries.emplace_back();
      all.name = entry.name;
      all.symbol = entry.symbol;
      all.writesState = !entry.writes.empty();
      for (func::FuncOp function : instances[entry.name])
        if (nn::isForPrepared(function))
          all.prepared[function->getAttr("nn.dims")] = function;
        else
          all.instances.push_back(function);
    }
    return entries;
  }

  /// The tables of the model become a constant of the object, which describes
  /// it from here on.
  void replaceTables(OpBuilder &builder, const Model &model) {
    for (Operation &op :
         llvm::make_early_inc_range(getOperation().getBody()->getOperations()))
      if (isa<nn::StateOp, nn::BlockOp>(op))
        op.erase();
    std::string text = describeModel(model);
    text.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), text.size());
    builder.create<LLVM::GlobalOp>(getOperation().getLoc(), type,
                                   /*isConstant=*/true, LLVM::Linkage::External,
                                   descriptionSymbol(model),
                                   builder.getStringAttr(text));
  }

  /// Constants of entries: private data of the object. Those of kernels are
  /// lowered with them.
  void lowerConstants(ArrayRef<EntryInstances> entries) {
    llvm::SmallSetVector<StringRef, 8> names;
    for (const EntryInstances &entry : entries)
      for (func::FuncOp instance : entry.instances)
        instance.walk(
            [&](memref::GetGlobalOp use) { names.insert(use.getName()); });
    SymbolTable symbols(getOperation());
    for (StringRef name : names) {
      auto global = symbols.lookup<memref::GlobalOp>(name);
      auto value = cast<DenseElementsAttr>(global.getInitialValueAttr());
      Type element = global.getType().getElementType();
      if (element.isUnsignedInteger()) {
        element =
            IntegerType::get(&getContext(), element.getIntOrFloatBitWidth());
        value = value.bitcast(element);
      }
      Type type = element;
      Attribute data = value;
      for (int64_t extent : llvm::reverse(global.getType().getShape()))
        type = LLVM::LLVMArrayType::get(type, extent);
      if (global.getType().getRank() == 0)
        data = value.getSplatValue<Attribute>();
      OpBuilder builder(global);
      builder.create<LLVM::GlobalOp>(global.getLoc(), type, /*isConstant=*/true,
                                     LLVM::Linkage::Internal, name, data,
                                     /*alignment=*/SINTER_ALIGNMENT);
      global.erase();
    }
  }

  /// A kernel as parallel_for runs it: its operands in a table.
  void createRunner(OpBuilder &builder, func::FuncOp kernel) {
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(&getContext()),
        {pointer, builder.getI64Type(), builder.getI64Type()});
    kernel->setAttr(kOperandsAttribute, operandsOfKernel(kernel));
    auto function = builder.create<LLVM::LLVMFuncOp>(
        kernel.getLoc(), symbolOfRunner(kernel), type, LLVM::Linkage::Internal);
    EntryBuilder code(function, kernel.getLoc());
    SmallVector<Value> operands;
    for (auto [position, operand] : llvm::enumerate(kernel.getArgumentTypes()))
      if (isa<MemRefType>(operand))
        operands.push_back(
            code.load(code.pointer(),
                      code.at(code.argument(0), position * sizeof(void *))));
    operands.push_back(code.argument(1));
    operands.push_back(code.argument(2));
    code.callPointer(code.addressOfKernel(kernel), operands);
    code.ops().create<LLVM::ReturnOp>(kernel.getLoc(), ValueRange());
  }

  /// Whether the state is there and prepared.
  static Value isPrepared(EntryBuilder &code, func::FuncOp instance) {
    auto state = SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(
        instance, instance->getAttrOfType<FlatSymbolRefAttr>("nn.state"));
    nn::SegmentOp segment = state.lookupSymbol<nn::SegmentOp>(nn::preparedKey);
    Value mark = code.stackPointers(1);
    code.store(code.constant(0), mark);
    code.branch(
        code.isNull(code.state()), [] {},
        [&] {
          code.store(
              code.load(code.i64(), code.at(code.state(), segment.getOffset())),
              mark);
        });
    return code.compare(LLVM::ICmpPredicate::eq, code.load(code.i64(), mark),
                        code.constant(nn::preparedMark));
  }

  /// The function of the C interface: the instance whose dims are those of the
  /// in-struct.
  void createDispatch(OpBuilder &builder, EntryInstances &entry,
                      ArrayRef<LoweredInstance> lowered) {
    func::FuncOp first = entry.instances.front();
    auto function = EntryBuilder::createEntry(
        builder, first.getLoc(), entry.symbol, LLVM::Linkage::External);
    EntryBuilder code(function, first.getLoc());
    auto callOne = [&](LLVM::LLVMFuncOp instance) {
      auto result = code.ops().create<LLVM::CallOp>(
          code.loc(), instance, ValueRange(function.getArguments()));
      code.finish(result.getResult());
    };
    auto call = [&](const LoweredInstance &instance) {
      if (instance.prepared)
        code.branch(
            isPrepared(code, first), [&] { callOne(instance.prepared); },
            [] {});
      callOne(instance.plain);
    };
    auto dims = first->getAttrOfType<DictionaryAttr>("nn.dims");
    if (!dims || dims.empty())
      return call(lowered.front());
    int64_t inputs = 0;
    for (unsigned number = 0; number < first.getNumArguments(); ++number)
      inputs += roleOf(first, number) == "input";
    code.finishIf(code.isNull(code.in()), SINTER_NULL_ARGUMENT);
    SmallVector<Value> given;
    for (size_t dim = 0; dim < dims.size(); ++dim)
      given.push_back(code.load(
          code.i64(), code.at(code.in(), (inputs + dim) * sizeof(int64_t))));
    for (auto [instance, target] : llvm::zip(entry.instances, lowered)) {
      SmallVector<Value> differences;
      auto own = instance->getAttrOfType<DictionaryAttr>("nn.dims");
      for (auto [value, dim] : llvm::zip(given, own))
        differences.push_back(code.compare(
            LLVM::ICmpPredicate::ne, value,
            code.constant(cast<IntegerAttr>(dim.getValue()).getInt())));
      code.branch(
          code.disjunction(differences), [] {},
          [&, callee = target] { call(callee); });
    }
    code.finish(code.status(SINTER_UNCOMPILED_DIMS));
  }
};
} // namespace
