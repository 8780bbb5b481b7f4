// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of `sinter check`: results, and gradients for given cotangents.
#include "Entries.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

/// The sum of output * cotangent over the outputs that have one; null if none
/// has. The cotangent "*" stands for all float outputs.
static Tensor weightedSum(Interpreter &in) {
  Graph &g = in.graph;
  const std::set<std::string> &wanted = in.session.options.cotangents;
  bool all = wanted.count("*");
  all |= in.session.options.gradientEntries;
  Tensor total;
  for (auto &[name, output] : in.namedResults()) {
    llvm::StringRef shortName = name;
    shortName.consume_front("output.");
    if (all ? !isFloat(output) : !wanted.count(shortName.str()))
      continue;
    if (!isFloat(output)) {
      in.session.error({}, "expected a float output for the cotangent '" +
                               shortName + "'");
      return {};
    }
    Tensor cotangent =
        in.addArgument(output.getType(), "cotangent." + shortName.str());
    Tensor term = g.sumAll(g.mul(output, cotangent));
    if (total && total.getType() != term.getType()) {
      // Outputs of several precisions meet in the widest.
      total = g.cast(total, g.builder.getF64Type());
      term = g.cast(term, g.builder.getF64Type());
    }
    total = total ? g.add(total, term) : term;
  }
  return total;
}

void FileCapture::addCheckResults(Interpreter &in,
                                  std::vector<ReturnedValue> &results,
                                  llvm::ArrayRef<Tensor> inputs,
                                  llvm::StringRef prefix, bool gradients) {
  if (!addResults(in, results, prefix) || !gradients)
    return;
  Tensor total = weightedSum(in);
  if (!total)
    return;
  std::vector<Tensor> wrt;
  std::vector<std::string> names;
  llvm::StringSet<> taken;
  for (Tensor input : inputs)
    if (isFloat(input)) {
      auto argument = cast<BlockArgument>(input);
      StringAttr name = in.argumentName(argument.getArgNumber());
      wrt.push_back(input);
      names.push_back("grad.input." + name.str());
      taken.insert(names.back());
    }
  for (const SegmentLayout *segment : in.state->parameters()) {
    wrt.push_back(in.readSegment(segment->key));
    // A member may be called `input`, too: its parameters' names give way.
    std::string name = "grad." + segment->key;
    while (!taken.insert(name).second)
      name += "_";
    names.push_back(name);
  }
  if (wrt.empty())
    return;
  auto gradient = in.graph.create<nn::GradientOp>(total, ValueRange(wrt));
  for (auto [value, name] : llvm::zip(gradient.getGradients(), names))
    in.addResult(value, name);
}

void FileCapture::captureCheckEntry(Root &root, const ast::FunctionDecl *decl,
                                    bool inEval, llvm::StringRef entry,
                                    bool gradients) {
  SourceRange range = decl ? decl->name.range : root.decl->name.range;
  std::vector<std::string> dims =
      decl ? dimsOf(session, decl->params) : dimsOf(session, *root.decl->input);
  ExtentChoices choices = root.decl ? forwardChoices(root) : ExtentChoices();
  if (decl)
    bindInputShapes(decl->params, choices);
  for (const DimBinding &binding : bindings(dims, choices, entry, range))
    build(root, entry, dims, binding, !inEval, range, [&](Interpreter &in) {
      std::vector<ReturnedValue> results;
      std::vector<Tensor> inputs;
      bool complete = decl ? functionBody(in, root, *decl, results, &inputs)
                           : forwardBody(in, root, results, &inputs);
      if (complete)
        addCheckResults(in, results, inputs,
                        gradients ? "output." : "eval.output.", gradients);
      return complete;
    });
}

/// The step of a train block: its results, and the gradients of all its float
/// inputs and of the parameters.
void FileCapture::captureStepCheck(Root &root, llvm::StringRef suffix) {
  std::string name = generatedEntry(root, "step") + suffix.str();
  auto body = [&](Interpreter &in) {
    std::vector<ReturnedValue> results;
    if (!batchBody(in, root, results))
      return false;
    std::vector<Tensor> inputs;
    for (BlockArgument argument : in.function.getArguments())
      inputs.push_back(argument);
    addCheckResults(in, results, inputs, "output.", true);
    return true;
  };
  captureStepAs(root, name, "", body, true);
}

/// The fn to check: the one that --entry names, else the last module's forward,
/// else the only fn of the file.
void FileCapture::captureCheck(std::vector<Root> &roots, Root &file) {
  llvm::StringRef wanted = session.options.entry;
  auto [moduleName, functionName] = wanted.split('.');
  Root *root = nullptr;
  for (Root &candidate : roots)
    if (functionName.empty() || candidate.name == moduleName)
      root = &candidate;
  llvm::StringRef name = functionName.empty() ? "forward" : functionName;
  if (const ast::Decl *item = session.find(wanted);
      !wanted.empty() && functionName.empty() && item &&
      llvm::isa<ast::FunctionDecl>(item))
    root = nullptr;
  if (root && !prepare(*root))
    return;
  const ast::FunctionDecl *decl = nullptr;
  auto members = root ? root->decl->members : session.program.items;
  for (const ast::Decl *item : members)
    if (auto *function = dyn_cast<ast::FunctionDecl>(item))
      if (isEntry(*function) &&
          (root ? function->name.name == name
                : wanted.empty() || function->name.name == wanted))
        decl = function;
  bool isForward = root && root->decl->input && name == "forward";
  if (!decl && !isForward) {
    session.error({}, "expected a fn or a module with 'forward' to check");
    return;
  }
  Root &chosen = root ? *root : file;
  captureCheckEntry(chosen, decl, session.options.evalMode, "check", true);
  captureCheckEntry(chosen, decl, true, "check_eval", false);
  if (root && !session.diagnostics.hasErrors())
    captureInit(chosen);
}

/// Every wanted entry under its own name, with all its gradients.
void FileCapture::captureGradientChecks(std::vector<Root> &roots, Root &file) {
  auto captureMembers = [&](Root &root, llvm::ArrayRef<ast::Decl *> members) {
    std::string prefix = root.decl ? root.name + "." : "";
    bool inEval = session.options.evalMode;
    if (root.decl && root.decl->input && isWanted(prefix + "forward"))
      captureCheckEntry(root, nullptr, inEval, prefix + "forward", true);
    for (const ast::Decl *member : members)
      if (auto *function = dyn_cast<ast::FunctionDecl>(member))
        if (std::string entry = prefix + function->name.name.str();
            isEntry(*function) && isWanted(entry))
          captureCheckEntry(root, function, inEval, entry, true);
    if (root.block && isWanted(generatedEntry(root, "step")))
      captureStepCheck(root, "");
  };
  captureMembers(file, session.program.items);
  for (Root &root : roots)
    if (wantsAnyOf(root) && prepare(root))
      captureMembers(root, root.decl->members);
  checkEntryExists();
}

} // namespace sinter::capturing
