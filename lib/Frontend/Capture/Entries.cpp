// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a file: fns of modules and of the file, and `init`.
#include "Entries.h"
#include "sinter/Dialect/NN/IR/Checks.h"
#include "sinter/Runtime/Model.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

void nameResults(std::vector<ReturnedValue> &results, bool isStep) {
  for (auto [i, result] : llvm::enumerate(results))
    if (result.name.empty())
      result.name = results.size() == 1 ? "result" : std::to_string(i);
  if (!isStep || results.empty())
    return;
  auto isTaken = [&](llvm::StringRef name) {
    return llvm::any_of(
        llvm::drop_begin(results),
        [&](const ReturnedValue &result) { return result.name == name; });
  };
  std::string &loss = results.front().name = "loss";
  while (isTaken(loss))
    loss += "_";
}

static bool addResult(Interpreter &in, const Value &value,
                      const std::string &name, SourceRange range) {
  if (auto *sequence = value.as<Sequence>()) {
    bool allTensors = llvm::any_of(*sequence->items, [](const Value &item) {
      return item.is<Tensor>() || item.is<Sequence>();
    });
    for (auto [i, item] : llvm::enumerate(*sequence->items))
      if (allTensors &&
          !addResult(in, item, name + "." + std::to_string(i), range))
        return false;
    if (allTensors)
      return true;
  }
  Tensor tensor = in.toTensor(value, range);
  if (!tensor)
    return false;
  in.addResult(tensor, name);
  return true;
}

bool addResults(Interpreter &in, llvm::ArrayRef<ReturnedValue> results,
                llvm::StringRef prefix) {
  std::set<std::string> names;
  for (const ReturnedValue &result : results) {
    if (result.value.isPoison())
      return false;
    if (!names.insert(result.name).second) {
      in.session.error(result.range, "expected different names of results, but "
                                     "'" +
                                         result.name + "' is given twice");
      return false;
    }
    if (!addResult(in, result.value, prefix.str() + result.name, result.range))
      return false;
  }
  return true;
}

std::string generatedEntry(const Root &root, llvm::StringRef role) {
  std::string name = role.str();
  auto isTaken = [&] {
    return llvm::any_of(root.decl->members, [&](const ast::Decl *member) {
      return llvm::isa<ast::FunctionDecl>(member) && member->name.name == name;
    });
  };
  while (isTaken())
    name += "_";
  return root.name + "." + name;
}

/// "Mlp.forward$N64$T10".
static std::string instanceName(llvm::StringRef entry,
                                llvm::ArrayRef<std::string> dims,
                                const DimBinding &binding) {
  std::string name = entry.str();
  for (const std::string &dim : dims)
    name += "$" + dim + std::to_string(binding.at(dim));
  return name;
}

/// Reports the first tensor in an entry that is too large, a value between
/// those that expressions have.
static bool checkSizes(Session &session, func::FuncOp function) {
  return !function
              .walk([&](Operation *op) {
                for (Type type : op->getResultTypes()) {
                  std::string excess =
                      describeExcess(cast<RankedTensorType>(type));
                  if (excess.empty())
                    continue;
                  session.error(session.rangeAt(op->getLoc()), excess);
                  return WalkResult::interrupt();
                }
                return WalkResult::advance();
              })
              .wasInterrupted();
}

bool FileCapture::build(Root &root, llvm::StringRef entry,
                        llvm::ArrayRef<std::string> dims,
                        const DimBinding &binding, bool training,
                        SourceRange range,
                        llvm::function_ref<bool(Interpreter &)> body,
                        llvm::StringRef role) {
  Interpreter in(session, binding, &root.layout, training);
  std::string name = instanceName(entry, dims, binding);
  in.beginFunction(name, session.location(range));
  unsigned before = session.diagnostics.numErrors();
  bool complete = body(in) && session.diagnostics.numErrors() == before &&
                  in.unboundDim.empty() && checkSizes(session, in.function);
  if (!in.unboundDim.empty())
    reportUnbound(entry, in.unboundDim, range);
  if (!complete) {
    in.function->erase();
    return false;
  }
  in.graph.location = session.location(range);
  func::FuncOp function = in.endFunction();
  Builder builder(&session.context);
  function->setAttr("nn.entry", builder.getStringAttr(entry));
  if (!role.empty())
    function->setAttr("nn.generated", builder.getStringAttr(role));
  else if (training)
    function->setAttr("nn.training", builder.getUnitAttr());
  function->setAttr("nn.state",
                    FlatSymbolRefAttr::get(&session.context, root.layout.name));
  NamedAttrList extents;
  for (const std::string &dim : dims)
    extents.set(dim, builder.getI64IntegerAttr(binding.at(dim)));
  function->setAttr("nn.dims", extents.getDictionary(&session.context));
  if (auto limits = nn::checkedLimits(function); !limits.empty())
    function->setAttr("nn.checks", builder.getDenseI64ArrayAttr(limits));
  if (session.module->lookupSymbol(name)) {
    // The same instance was asked for twice.
    function->erase();
    return true;
  }
  session.module->push_back(function);
  if (!root.firstEntry)
    root.firstEntry = function;
  capturedAny = true;
  capturedFunction |= !capturedBlock;
  return true;
}

ModulePointer FileCapture::instantiate(Interpreter &in, const Root &root) {
  if (!root.decl)
    return nullptr;
  std::vector<EvaluatedArgument> arguments;
  SourceRange range = root.decl->name.range;
  if (root.block) {
    arguments = in.evaluate(root.block->decl->arguments);
    range = root.block->decl->name.range;
  }
  ModulePointer instance =
      in.instantiate({root.decl, nullptr}, arguments, range);
  if (!instance || !attachKeys(session, instance, range))
    return nullptr;
  return instance;
}

bool FileCapture::functionBody(Interpreter &in, Root &root,
                               const ast::FunctionDecl &decl,
                               std::vector<ReturnedValue> &results,
                               std::vector<Tensor> *inputs) {
  ModulePointer self = instantiate(in, root);
  if (root.decl && !self)
    return false;
  std::vector<EvaluatedArgument> arguments;
  for (const ast::Parameter &parameter : decl.params) {
    RankedTensorType type = in.resolveInstanceType(*parameter.type, self);
    if (!type)
      return false;
    Tensor argument = in.addArgument(type, parameter.name.name);
    if (inputs)
      inputs->push_back(argument);
    arguments.push_back({{}, argument, parameter.range});
  }
  Value value =
      in.callFunction({&decl, self}, arguments, decl.name.range, &results);
  nameResults(results);
  return !value.isPoison();
}

bool FileCapture::forwardBody(Interpreter &in, Root &root,
                              std::vector<ReturnedValue> &results,
                              std::vector<Tensor> *inputs) {
  ModulePointer self = instantiate(in, root);
  if (!self)
    return false;
  RankedTensorType type = in.resolveInstanceType(*root.decl->input, self);
  if (!type)
    return false;
  Tensor argument = in.addArgument(type, "input");
  if (inputs)
    inputs->push_back(argument);
  SourceRange range = root.decl->name.range;
  Value value = in.callModule(self, {{{}, argument, range}}, range);
  results.push_back({"result", value, range});
  return !value.isPoison();
}

void FileCapture::captureFunction(Root &root, const ast::FunctionDecl &decl) {
  std::string entry = decl.name.name.str();
  if (root.decl)
    entry = root.name + "." + entry;
  if (!isEntry(decl) || !isWanted(entry))
    return;
  ExtentChoices batch = forwardChoices(root);
  bindInputShapes(decl.params, batch);
  std::vector<std::string> dims = dimsOf(session, decl.params);
  for (const DimBinding &binding :
       bindings(dims, batch, entry, decl.name.range))
    build(root, entry, dims, binding, false, decl.name.range,
          [&](Interpreter &in) {
            std::vector<ReturnedValue> results;
            return functionBody(in, root, decl, results) &&
                   addResults(in, results);
          });
  if (session.options.gradientEntries)
    captureCheckEntry(root, &decl, false, entry + ".check", true);
}

/// `module X = expr : type -> type` has the one entry forward.
void FileCapture::captureForward(Root &root) {
  std::string entry = root.name + ".forward";
  if (!root.decl->input || !isWanted(entry))
    return;
  std::vector<std::string> dims = dimsOf(session, *root.decl->input);
  SourceRange range = root.decl->name.range;
  for (const DimBinding &binding :
       bindings(dims, forwardChoices(root), entry, range))
    build(root, entry, dims, binding, false, range, [&](Interpreter &in) {
      std::vector<ReturnedValue> results;
      return forwardBody(in, root, results) && addResults(in, results);
    });
  if (session.options.gradientEntries)
    captureCheckEntry(root, nullptr, false, entry + ".check", true);
}

/// Keys of checkpoints that belong to training cannot be a module's.
static void checkReservedKeys(Session &session, const ModulePointer &root) {
  for (const SlotPointer &slot : collectTensors(root)) {
    llvm::StringRef first = reservedPrefixOf(slot->key);
    if (!first.empty())
      session.error(slot->range, "expected another name than '" + first +
                                     "', which checkpoints use, but got the "
                                     "key '" +
                                     slot->key + "'");
  }
}

static llvm::ArrayRef<const ast::CarryDecl *> carriesOf(const Root &root) {
  if (root.block)
    return root.block->carries;
  return {};
}

/// Instantiates once to lay out the state.
bool FileCapture::prepare(Root &root) {
  Optimizer none = *readOptimizer(session, nullptr);
  const Optimizer &optimizer = root.block ? root.block->optimizer : none;
  Interpreter in(session, firstBinding(forwardChoices(root)), nullptr, true);
  in.beginFunction("scratch", session.location(root.decl->name.range));
  ModulePointer instance = instantiate(in, root);
  std::vector<CarryType> carries;
  for (const ast::CarryDecl *carry : carriesOf(root))
    if (RankedTensorType type = in.resolveType(*carry->type))
      carries.emplace_back(carry->name.name.str(), type);
  in.function->erase();
  if (!in.unboundDim.empty()) {
    reportUnbound(root.name, in.unboundDim, root.decl->name.range);
    return false;
  }
  // With errors in some members the others are still checked.
  if (!instance || carries.size() != carriesOf(root).size())
    return false;
  checkReservedKeys(session, instance);
  StateParts parts;
  parts.slots = collectTensors(instance);
  parts.header = optimizer.header;
  parts.optimizerRuns = optimizer.runs;
  parts.carries = std::move(carries);
  if (root.block && !freezeNamed(root, parts))
    return false;
  root.layout = layOut(session, root.name, std::move(parts));
  return true;
}

void FileCapture::captureRoot(Root &root) {
  if (!prepare(root))
    return;
  bool before = capturedAny;
  capturedAny = false;
  if (root.decl->value)
    captureForward(root);
  for (const ast::Decl *member : root.decl->members)
    if (auto *function = dyn_cast<ast::FunctionDecl>(member))
      captureFunction(root, *function);
  capturedBlock = root.block ? root.block->decl : nullptr;
  if (root.block && root.block->decl->isTrain)
    captureTraining(root);
  else if (root.block)
    captureRun(root);
  if (capturedAny)
    captureInit(root);
  capturedBlock = nullptr;
  capturedAny |= before;
}

} // namespace sinter::capturing
