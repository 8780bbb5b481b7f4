// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads state tables, entries and settings of blocks off the IR, and names the
// C functions.

#include "sinter/Pipelines/ModelTable.h"
#include "FunctionBuffers.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Dialect/NN/IR/ElementTypes.h"
#include "sinter/Dialect/NN/IR/NN.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Dialect/NN/IR/SettingsJson.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Dialect/NN/Transforms/OverlapIndex.h"
#include <set>
#include <variant>

using namespace mlir;

namespace sinter {

static TensorSpec specOf(llvm::StringRef name, Type type) {
  auto shaped = cast<ShapedType>(type);
  TensorSpec spec;
  spec.name = name.str();
  spec.dtype = dtypeOf(shaped.getElementType()).value_or(DType::F32);
  spec.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
  return spec;
}

static StateTable stateTableOf(nn::StateOp state) {
  StateTable table;
  table.name = state.getSymName().str();
  table.bytes = state.getBytes();
  for (auto op : state.getBody().getOps<nn::SegmentOp>()) {
    Segment segment;
    segment.tensor = specOf(op.getKey(), op.getType());
    segment.kind = static_cast<SegmentKind>(op.getKind());
    segment.offset = op.getOffset();
    if (ArrayAttr aliases = op.getAliasesAttr())
      for (StringRef alias : aliases.getAsValueRange<StringAttr>())
        segment.aliases.push_back(alias.str());
    table.segments.push_back(std::move(segment));
  }
  return table;
}

/// The number of a function's argument that `buffer` is, or is a view of.
static std::optional<unsigned> argumentBehind(Value buffer) {
  while (auto view = buffer.getDefiningOp<nn::BufferViewOp>())
    buffer = view.getSource();
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return argument.getArgNumber();
  return std::nullopt;
}

/// Ranges of bytes of the state block.
using ByteRanges = nn::OverlapIndex<std::monostate>;

/// What `launch` may write of the state, which is argument 0 of an entry.
static void addStateWrites(nn::LaunchOp launch, const SymbolTable &symbols,
                           ByteRanges &writes) {
  auto kernel = symbols.lookup<func::FuncOp>(launch.getKernel());
  auto inputs =
      kernel ? kernel->getAttrOfType<IntegerAttr>("sinter.inputs") : nullptr;
  for (Value operand :
       launch.getOperands().drop_front(inputs ? inputs.getInt() : 0)) {
    int64_t begin = 0, bytes = nn::byteSize(operand.getType());
    for (Value at = operand; auto view = at.getDefiningOp<nn::BufferViewOp>();
         at = view.getSource())
      begin += view.getOffset();
    if (bytes > 0 && argumentBehind(operand) == 0u)
      writes.insert(begin, begin + bytes, {});
  }
}

/// Adds the kinds of segments that `function` may change.
static void addWrites(const StateTable &table, const SymbolTable &symbols,
                      func::FuncOp function, Entry &entry) {
  ByteRanges writes;
  for (auto launch : function.getBody().getOps<nn::LaunchOp>())
    addStateWrites(launch, symbols, writes);
  std::set<SegmentKind> kinds(entry.writes.begin(), entry.writes.end());
  for (const Segment &segment : table.segments)
    writes.forEach(segment.offset, segment.offset + segment.tensor.bytes(),
                   [&](std::monostate) { kinds.insert(segment.kind); });
  entry.writes.assign(kinds.begin(), kinds.end());
}

static Instance instanceOf(func::FuncOp function, DictionaryAttr dims) {
  Instance instance;
  if (dims)
    for (NamedAttribute dim : dims)
      instance.dims.push_back(cast<IntegerAttr>(dim.getValue()).getInt());
  auto nameOf = [&](unsigned number, StringRef attribute) {
    auto name = function.getArgAttrOfType<StringAttr>(number, attribute);
    return name ? name.getValue() : "result";
  };
  for (auto [number, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto attribute = function.getArgAttrOfType<StringAttr>(number, "nn.role");
    StringRef role = attribute ? attribute.getValue() : "";
    TensorSpec *spec = nullptr;
    if (role == "input") {
      spec = &instance.inputs.emplace_back(
          specOf(nameOf(number, "nn.name"), type));
    } else if (role == "result" || role == "inout") {
      if (role == "inout")
        instance.inOuts.push_back(instance.results.size());
      spec = &instance.results.emplace_back(
          specOf(nameOf(number, "nn.result"), type));
    }
    if (auto generated =
            function.getArgAttrOfType<StringAttr>(number, "nn.generated");
        generated && spec)
      spec->role = generated.str();
  }
  for (auto check : function.getBody().getOps<nn::CheckIndexOp>()) {
    IndexLimit &limit = instance.limits.emplace_back();
    limit.first = check.getFirstIndex();
    limit.limit = check.getLimit();
    limit.ignored = check.getIgnore();
    limit.isDescending = check.getDescending();
    limit.isPart = check.getPart();
    if (std::optional<StringRef> what = check.getWhat())
      limit.what = what->str();
    for (auto [position, input] : llvm::enumerate(instance.inputs))
      if (check.getInput() == StringRef(input.name))
        limit.input = position;
  }
  return instance;
}

namespace {
/// Collects entries and their states by name.
class EntryTable {
public:
  EntryTable(Model &model, const SymbolTable &symbols)
      : model(model), symbols(symbols) {
    for (const StateTable &state : model.states)
      states[state.name] = &state;
  }

  void addInstance(func::FuncOp function);

private:
  Model &model;
  const SymbolTable &symbols;
  llvm::StringMap<const StateTable *> states;
  llvm::StringMap<size_t> numbers; ///< of entries
};
} // namespace

/// Adds `function` as an instance of its entry.
void EntryTable::addInstance(func::FuncOp function) {
  auto name = function->getAttrOfType<StringAttr>("nn.entry");
  if (!name || function.isExternal())
    return;
  auto [number, isNew] = numbers.try_emplace(name, model.entries.size());
  if (isNew)
    model.entries.emplace_back();
  Entry *entry = &model.entries[number->second];
  auto dims = function->getAttrOfType<DictionaryAttr>("nn.dims");
  if (isNew) {
    entry->name = name.str();
    if (auto role = function->getAttrOfType<StringAttr>("nn.generated"))
      entry->role = entryRoleNamed(role.str()).value_or(EntryRole::Function);
    if (auto state = function->getAttrOfType<FlatSymbolRefAttr>("nn.state"))
      entry->state = state.getValue().str();
    if (dims)
      for (NamedAttribute dim : dims)
        entry->dims.push_back(dim.getName().str());
  }
  if (const StateTable *table = states.lookup(entry->state))
    addWrites(*table, symbols, function, *entry);
  if (auto bytes = function->getAttrOfType<IntegerAttr>("nn.workspace_bytes"))
    entry->workspaceBytes =
        std::max<uint64_t>(entry->workspaceBytes, bytes.getInt());
  // One for prepared states is called in the place of the instance.
  if (!nn::isForPrepared(function))
    entry->instances.push_back(instanceOf(function, dims));
}

//===----------------------------------------------------------------------===//
// C names
//===----------------------------------------------------------------------===//

/// "Mlp" of "Mlp.forward", nothing of "autograd".
static StringRef moduleOf(const Entry &entry) {
  return StringRef(entry.name).rsplit('.').second.empty()
             ? ""
             : StringRef(entry.name).rsplit('.').first;
}

/// `<model>_<module>_<entry>`; without the module if there is only one and no
/// function outside of it would get the same name.
static void assignSymbols(Model &model) {
  model.symbol = cIdentifier(model.name);
  // Names with file scope may not start with _, and ours start with sinter_.
  if (model.symbol[0] == '_')
    model.symbol = "model" + model.symbol;
  if (model.symbol == "sinter")
    model.symbol = "model_sinter";
  std::set<std::string> modules, outside;
  for (const Entry &entry : model.entries)
    if (StringRef module = moduleOf(entry); !module.empty())
      modules.insert(module.str());
    else
      outside.insert(entry.name);
  bool isShort =
      modules.size() == 1 && llvm::none_of(model.entries, [&](Entry &entry) {
        StringRef module = moduleOf(entry);
        return !module.empty() &&
               outside.count(entry.name.substr(module.size() + 1));
      });
  // What the compiler adds gives way to the user's functions.
  std::set<std::string> taken;
  for (bool ofUser : {true, false})
    for (Entry &entry : model.entries) {
      if ((entry.role == EntryRole::Function) != ofUser)
        continue;
      StringRef module = isShort ? moduleOf(entry) : "";
      StringRef name = StringRef(entry.name)
                           .drop_front(module.empty() ? 0 : module.size() + 1);
      std::string symbol = model.symbol + "_" + name.str();
      for (char &c : symbol)
        c = llvm::isAlnum(c) ? c : '_';
      while (!ofUser && taken.count(symbol))
        symbol += "_";
      taken.insert(symbol);
      entry.symbol = symbol;
    }
}

/// Refuses two functions, or a function and the description, of one C name.
static LogicalResult checkSymbols(const Model &model, ModuleOp module) {
  std::map<std::string, std::string> owners = {
      {descriptionSymbol(model), "the description of the model"}};
  for (const Entry &entry : model.entries) {
    auto [owner, isNew] = owners.try_emplace(entry.symbol, entry.name);
    if (isNew)
      continue;
    for (auto function : module.getOps<func::FuncOp>())
      if (auto name = function->getAttrOfType<StringAttr>("nn.entry");
          name && name.getValue() == entry.name)
        return function.emitError("expected a C name of its own for ")
               << entry.name << ", but got " << entry.symbol << " as for "
               << owner->second;
  }
  return success();
}

static bool isRunBlock(nn::BlockOp block) {
  auto kind = block.getSettings().getAs<StringAttr>("kind");
  return kind && kind == "run";
}

FailureOr<Model> buildModelTable(ModuleOp module) {
  Model model;
  auto name = module->getAttrOfType<StringAttr>("nn.model");
  model.name = name ? name.str() : "model";
  // Entries refer to states, wherever these stand.
  for (auto state : module.getOps<nn::StateOp>())
    model.states.push_back(stateTableOf(state));
  SymbolTable symbols(module);
  EntryTable entries(model, symbols);
  for (Operation &op : module.getBody()->getOperations()) {
    if (auto function = dyn_cast<func::FuncOp>(op))
      entries.addInstance(function);
    else if (auto block = dyn_cast<nn::BlockOp>(op))
      if (auto name = block.getSettings().getAs<StringAttr>("name"))
        (isRunBlock(block) ? model.runBlocks : model.trainBlocks)[name.str()] =
            toJson(block.getSettings());
  }
  assignSymbols(model);
  if (failed(checkSymbols(model, module)))
    return failure();
  return model;
}

/// Every entry that the description names is a function of the C interface.
static LogicalResult checkFunctions(const Model &model, ModuleOp module,
                                    LLVM::GlobalOp description) {
  MLIRContext *context = module.getContext();
  SmallVector<Type> parameters(5, LLVM::LLVMPointerType::get(context));
  auto type =
      LLVM::LLVMFunctionType::get(IntegerType::get(context, 32), parameters);
  SymbolTable symbols(module);
  for (const Entry &entry : model.entries) {
    auto function = symbols.lookup<LLVM::LLVMFuncOp>(entry.symbol);
    if (!function || function.isExternal() ||
        function.getLinkage() != LLVM::Linkage::External)
      return description.emitError("expected a public function '")
             << entry.symbol << "' for " << entry.name << ", but got none";
    if (function.getFunctionType() != type)
      return function.emitError("expected a function of the C interface, ")
             << type << ", but got " << function.getFunctionType();
  }
  return success();
}

FailureOr<Model> readModelTable(ModuleOp module) {
  LLVM::GlobalOp found;
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (global.getLinkage() == LLVM::Linkage::External &&
        global.getName().ends_with(descriptionSuffix))
      found = global;
  auto text = found ? dyn_cast_or_null<StringAttr>(found.getValueOrNull())
                    : StringAttr();
  if (!text) {
    emitError(module.getLoc(), "expected a constant '")
        << "MODEL" << descriptionSuffix
        << "' that describes the model, but got none";
    return failure();
  }
  std::string error;
  std::optional<Model> model = tryParseModelDescription(
      text.getValue().rtrim(StringRef("\0", 1)), error);
  if (!model) {
    found.emitError(error);
    return failure();
  }
  if (failed(checkFunctions(*model, module, found)) ||
      failed(verifyBuffers(*model, module)))
    return failure();
  return std::move(*model);
}

} // namespace sinter
