// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What holds in every phase up to loops: the settings of the module, and the
// attributes of entries of which the C interface is made.

#include "Verification.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "sinter/Dialect/NN/IR/Checks.h"
#include "sinter/Dialect/NN/IR/ElementTypes.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "sinter/Pipelines/ModelTable.h"
#include "sinter/Pipelines/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace sinter {
#define GEN_PASS_DEF_VERIFYINTERFACE
#include "sinter/Pipelines/Passes.h.inc"
} // namespace sinter

using namespace mlir;
using namespace sinter;

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

static LogicalResult verifySettings(ModuleOp module) {
  for (StringRef name : {"nn.model", "nn.target", "nn.cpu", "nn.features"}) {
    Attribute value = module->getAttr(name);
    if (value && (!isa<StringAttr>(value) || cast<StringAttr>(value).empty()))
      return module.emitError("expected a text as the module's '")
             << name << "', but got " << value;
  }
  for (StringRef name : {"nn.fold", "nn.optimize"})
    if (Attribute value = module->getAttr(name); value && !isa<BoolAttr>(value))
      return module.emitError("expected a flag as the module's '")
             << name << "', but got " << value;
  Attribute value = module->getAttr("nn.vector_bytes");
  if (!value)
    return success();
  auto bytes = dyn_cast<IntegerAttr>(value);
  if (!bytes || !llvm::is_contained({8, 16, 32, 64}, bytes.getInt()))
    return module.emitError("expected 8, 16, 32 or 64 as the module's "
                            "'nn.vector_bytes', but "
                            "got ")
           << value;
  return success();
}

/// Tables, entries, kernels and constants, nothing else.
static LogicalResult verifyTopLevel(ModuleOp module) {
  LogicalResult result = success();
  for (Operation &op : module.getBody()->getOperations()) {
    if (!isa<func::FuncOp, nn::StateOp, nn::BlockOp, memref::GlobalOp>(op))
      result = op.emitError("expected tables, entries, kernels and constants "
                            "in a module, but got ")
               << op.getName();
    auto block = dyn_cast<nn::BlockOp>(op);
    if (block && !block.getSettings().getAs<StringAttr>("name"))
      result = op.emitError("expected a name in the settings of a block");
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

namespace {
/// One function of a module that is no kernel.
class EntryVerifier {
public:
  explicit EntryVerifier(func::FuncOp entry) : entry(entry) {}

  LogicalResult verify() {
    if (entry.isExternal())
      return entry.emitError("expected an entry with a body");
    if (failed(verifyNames()) || failed(verifyChecks()))
      return failure();
    bool onBuffers = llvm::any_of(entry.getArgumentTypes(), [](Type type) {
      return isa<MemRefType>(type);
    });
    return onBuffers ? verifyBuffers() : verifyTensors();
  }

private:
  LogicalResult verifyNames() {
    auto name = entry->getAttrOfType<StringAttr>("nn.entry");
    if (!name || name.empty())
      return entry.emitError("expected the attribute 'nn.entry' on an entry, "
                             "its name");
    if (Attribute dims = entry->getAttr("nn.dims")) {
      auto all = dyn_cast<DictionaryAttr>(dims);
      bool valid = all && llvm::all_of(all, [](NamedAttribute dim) {
                     auto value = dyn_cast<IntegerAttr>(dim.getValue());
                     return value && value.getType().isSignlessInteger(64) &&
                            value.getInt() >= 0;
                   });
      if (!valid)
        return entry.emitError("expected numbers as the entry's 'nn.dims', "
                               "but got ")
               << dims;
    }
    Attribute value = entry->getAttr("nn.state");
    if (!value)
      return verifyPreparation();
    auto symbol = dyn_cast<FlatSymbolRefAttr>(value);
    state = symbol ? SymbolTable::lookupNearestSymbolFrom<nn::StateOp>(entry,
                                                                       symbol)
                   : nullptr;
    if (!state)
      return entry.emitError("expected the table of a state as the entry's "
                             "'nn.state', but got ")
             << value;
    return verifyPreparation();
  }

  /// An instance for prepared states is chosen by the mark in its state.
  LogicalResult verifyPreparation() {
    if (!nn::isForPrepared(entry))
      return success();
    nn::SegmentOp mark =
        state ? state.lookupSymbol<nn::SegmentOp>(nn::preparedKey) : nullptr;
    Type type =
        RankedTensorType::get({}, IntegerType::get(entry.getContext(), 64));
    if (mark && mark.getType() == type &&
        mark.getKind() == nn::SegmentKind::prepared)
      return success();
    return entry.emitError("expected a state with a prepared segment '")
           << nn::preparedKey << "' of " << type
           << " for an instance with 'nn.prepared'";
  }

  /// The checks of indices are those that were captured.
  LogicalResult verifyChecks() {
    Attribute value = entry->getAttr("nn.checks");
    if (!value)
      return success();
    SmallVector<int64_t> limits = nn::checkedLimits(entry);
    auto wanted = dyn_cast<DenseI64ArrayAttr>(value);
    if (wanted && wanted.asArrayRef() == ArrayRef(limits))
      return verifyCheckedInputs();
    return entry.emitError("expected checks of indices with the limits that "
                           "the entry's 'nn.checks' lists, ")
           << value << ", but got " << nn::shapeText(limits);
  }

  /// A check of an input itself is of the one that it names. What is computed
  /// of inputs is not followed.
  LogicalResult verifyCheckedInputs() {
    LogicalResult result = success();
    entry.walk([&](nn::CheckIndexOp check) {
      Value indices = check.getIndices();
      while (auto view = indices.getDefiningOp<nn::BufferViewOp>())
        indices = view.getSource();
      auto argument = dyn_cast<BlockArgument>(indices);
      if (!check.getInputAttr() || !argument ||
          argument.getOwner() != &entry.getBody().front())
        return;
      Attribute name = entry.getArgAttr(argument.getArgNumber(), "nn.name");
      if (name == check.getInputAttr())
        return;
      InFlightDiagnostic error = check.emitOpError("expected indices of the "
                                                   "input ");
      error << check.getInputAttr() << ", but got those of ";
      if (name)
        error << name;
      else
        error << "another buffer";
      result = failure();
    });
    return result;
  }

  LogicalResult verifyType(Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    auto buffer = dyn_cast<MemRefType>(type);
    if (shaped && shaped.hasStaticShape() && nn::isCountable(shaped) &&
        dtypeOf(shaped.getElementType()) &&
        (!buffer ||
         (buffer.getLayout().isIdentity() && !buffer.getMemorySpace())))
      return success();
    return entry.emitError("expected values of static shape and of a type that "
                           "the language has, but got ")
           << type;
  }

  /// Adds the name of an argument or a result, which no other one of them has.
  LogicalResult addName(llvm::StringSet<llvm::MallocAllocator> &names,
                        Attribute name, StringRef what) {
    auto text = dyn_cast_or_null<StringAttr>(name);
    if (!text || text.empty())
      return entry.emitError("expected a name for each ")
             << what << " of an entry";
    if (names.insert(text).second)
      return success();
    return entry.emitError("expected another name for each ")
           << what << " of an entry, but got '" << text.getValue() << "' again";
  }

  /// Arguments and results are tensors; what is read and written is both, under
  /// one name.
  LogicalResult verifyTensors() {
    llvm::StringSet<llvm::MallocAllocator> arguments, results;
    llvm::StringMap<Type> inOuts;
    for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes())) {
      Attribute name = entry.getArgAttr(number, "nn.name");
      if (failed(verifyType(type)) ||
          failed(addName(arguments, name, "argument")))
        return failure();
      if (entry.getArgAttr(number, "nn.inout"))
        inOuts[cast<StringAttr>(name)] = type;
    }
    for (auto [number, type] : llvm::enumerate(entry.getResultTypes())) {
      Attribute name = entry.getResultAttr(number, "nn.name");
      if (failed(verifyType(type)) || failed(addName(results, name, "result")))
        return failure();
      if (!entry.getResultAttr(number, "nn.inout"))
        continue;
      auto argument = inOuts.find(cast<StringAttr>(name));
      if (argument == inOuts.end() || argument->second != type)
        return entry.emitError("expected an argument with 'nn.inout' and the "
                               "type of the result '")
               << cast<StringAttr>(name).getValue() << "'";
      inOuts.erase(argument);
    }
    if (inOuts.empty())
      return success();
    return entry.emitError(
               "expected a result with 'nn.inout' and the type of the "
               "argument '")
           << inOuts.begin()->first() << "'";
  }

  /// The state, the inputs, the results, the workspace.
  LogicalResult verifyBuffers() {
    llvm::StringSet<llvm::MallocAllocator> inputs, results;
    for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes())) {
      bool isFirst = number == 0,
           isLast = number + 1 == entry.getNumArguments();
      auto attribute = entry.getArgAttrOfType<StringAttr>(number, "nn.role");
      StringRef role = attribute ? attribute.getValue() : "";
      bool isKnown =
          isFirst  ? role == "state"
          : isLast ? role == "workspace"
                   : role == "input" || role == "result" || role == "inout";
      if (!isKnown || !isa<MemRefType>(type))
        return entry.emitError("expected the buffers of an entry to be the "
                               "state, inputs and results, the workspace, but "
                               "got '")
               << role << "' of " << type << " as buffer " << number;
      if (failed(verifyType(type)))
        return failure();
      if (role == "input" &&
          failed(addName(inputs, entry.getArgAttr(number, "nn.name"), "input")))
        return failure();
      if ((role == "result" || role == "inout") &&
          failed(addName(results, entry.getArgAttr(number, "nn.result"),
                         "result")))
        return failure();
    }
    if (entry.getNumArguments() < 2)
      return entry.emitError("expected a state and a workspace among the "
                             "buffers of an entry");
    auto bytes = entry->getAttrOfType<IntegerAttr>("nn.workspace_bytes");
    if (!bytes)
      return entry.emitError("expected the attribute 'nn.workspace_bytes' on "
                             "an entry");
    if (failed(verifyBytes(0, state ? state.getBytes() : 0)))
      return failure();
    return verifyBytes(entry.getNumArguments() - 1, bytes.getInt());
  }

  /// A buffer that the caller gives as so many bytes.
  LogicalResult verifyBytes(unsigned number, int64_t bytes) {
    Type type = entry.getArgumentTypes()[number];
    if (type ==
        MemRefType::get({bytes}, IntegerType::get(entry.getContext(), 8)))
      return success();
    return entry.emitError("expected ")
           << bytes << " bytes as buffer " << number << ", but got " << type;
  }

  func::FuncOp entry;
  nn::StateOp state;
};
} // namespace

/// Instances of one entry differ in the values of their dims, not in what the
/// caller passes.
static LogicalResult verifyInstances(func::FuncOp first, func::FuncOp other) {
  auto namesOf = [](func::FuncOp entry) {
    SmallVector<Attribute> names;
    if (auto dims = entry->getAttrOfType<DictionaryAttr>("nn.dims"))
      for (NamedAttribute dim : dims)
        names.push_back(dim.getName());
    for (StringRef name : {"nn.state", "nn.generated"})
      names.push_back(entry->getAttr(name));
    for (unsigned number = 0; number < entry.getNumArguments(); ++number)
      for (StringRef name :
           {"nn.name", "nn.role", "nn.result", "nn.inout", "nn.generated"})
        names.push_back(entry.getArgAttr(number, name));
    for (unsigned number = 0; number < entry.getNumResults(); ++number)
      for (StringRef name : {"nn.name", "nn.inout", "nn.generated"})
        names.push_back(entry.getResultAttr(number, name));
    return names;
  };
  bool sameNames = namesOf(first) == namesOf(other);
  if (sameNames && (first->getAttr("nn.dims") != other->getAttr("nn.dims") ||
                    nn::isForPrepared(first) != nn::isForPrepared(other)))
    return success();
  InFlightDiagnostic error =
      other.emitError("expected instances of an entry to have ");
  error << (sameNames ? "other dims each"
                      : "the same dims, arguments and results");
  error.attachNote(first.getLoc()) << "the first instance is here";
  return error;
}

/// Beside each instance for prepared states there is one for all others.
static LogicalResult verifyPlainInstances(ArrayRef<func::FuncOp> entries) {
  DenseSet<std::pair<Attribute, Attribute>> plain;
  for (func::FuncOp entry : entries)
    if (!nn::isForPrepared(entry))
      plain.insert({entry->getAttr("nn.entry"), entry->getAttr("nn.dims")});
  for (func::FuncOp entry : entries)
    if (!plain.contains(
            {entry->getAttr("nn.entry"), entry->getAttr("nn.dims")}))
      return entry.emitError("expected an instance without 'nn.prepared' of "
                             "the same dims");
  return success();
}

namespace {
struct VerifyInterface
    : public sinter::impl::VerifyInterfaceBase<VerifyInterface> {
  void runOnOperation() override {
    LogicalResult result = success();
    auto require = [&](LogicalResult one) {
      if (failed(one))
        result = failure();
    };
    require(verifySettings(getOperation()));
    require(verifyTopLevel(getOperation()));
    SmallVector<func::FuncOp> entries;
    DenseMap<Attribute, SmallVector<func::FuncOp>> instances; // by their entry
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!isKernel(function)) {
        LogicalResult verified = EntryVerifier(function).verify();
        require(verified);
        if (failed(verified))
          continue;
        auto &others = instances[function->getAttr("nn.entry")];
        for (func::FuncOp first : others)
          require(verifyInstances(first, function));
        others.push_back(function);
        entries.push_back(function);
      }
    if (succeeded(result))
      require(verifyPlainInstances(entries));
    markAllAnalysesPreserved();
    if (failed(result))
      signalPassFailure();
  }
};
} // namespace
