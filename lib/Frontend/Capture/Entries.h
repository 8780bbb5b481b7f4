// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a file: which there are, for which extents, and their
// functions.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_ENTRIES_H
#define SINTER_LIB_FRONTEND_CAPTURE_ENTRIES_H

#include "Optimizer.h"
#include "Tables.h"
#include "TrainBlock.h"

namespace sinter::capturing {

/// A module whose fns are entries, with its own state; or the file itself.
struct Root {
  std::string name; ///< "Mlp"; "file" for top-level fns
  const ast::ModuleDecl *decl = nullptr;
  std::optional<TrainBlock> block;
  StateLayout layout = {};
  /// Parameters that no gradient of the loss reaches, once it is known.
  std::optional<std::set<std::string>> unreached = std::nullopt;
  mlir::Operation *firstEntry = nullptr; ///< its state stands before it
};

class FileCapture {
public:
  explicit FileCapture(Session &session) : session(session) {}
  /// Captures everything that is asked for.
  void run();

private:
  using ExtentChoices = std::map<std::string, std::vector<int64_t>>;

  void checkConstants();
  std::vector<Root> findRoots();
  void captureFile(Root &file);
  void captureRoot(Root &root);
  bool prepare(Root &root);
  void captureAll(std::vector<Root> &roots, Root &file);

  bool isWanted(llvm::StringRef entry);
  void checkEntryExists();

  /// Extents for every dim of the file; `batch` overrides.
  ExtentChoices choicesFor(const ExtentChoices &batch) const;
  /// All combinations for the dims of a signature; empty after a note or error
  /// if one has no extent.
  std::vector<DimBinding> bindings(llvm::ArrayRef<std::string> dims,
                                   const ExtentChoices &batch,
                                   llvm::StringRef entry, SourceRange range);
  void reportUnbound(llvm::StringRef entry, llvm::StringRef dim,
                     SourceRange range);
  void noteSkipped();
  void bindInputShapes(llvm::ArrayRef<ast::Parameter> params,
                       ExtentChoices &choices) const;
  bool wantsAnyOf(const Root &root) const;
  /// Extents of the batches of the root's train block: its fns serve them too.
  ExtentChoices forwardChoices(const Root &root);
  DimBinding firstBinding(const ExtentChoices &batch) const;

  /// Builds one function with `body`, which returns false to drop it. `role` is
  /// that of an entry that is no fn of the user's.
  bool build(Root &root, llvm::StringRef entry,
             llvm::ArrayRef<std::string> dims, const DimBinding &binding,
             bool training, SourceRange range,
             llvm::function_ref<bool(Interpreter &)> body,
             llvm::StringRef role = "");
  ModulePointer instantiate(Interpreter &in, const Root &root);

  void captureFunction(Root &root, const ast::FunctionDecl &decl);
  void captureForward(Root &root);
  bool forwardBody(Interpreter &in, Root &root,
                   std::vector<ReturnedValue> &results,
                   std::vector<Tensor> *inputs = nullptr);
  bool functionBody(Interpreter &in, Root &root, const ast::FunctionDecl &decl,
                    std::vector<ReturnedValue> &results,
                    std::vector<Tensor> *inputs = nullptr);
  void captureInit(Root &root);

  void captureTraining(Root &root);
  bool batchBody(Interpreter &in, Root &root,
                 std::vector<ReturnedValue> &results);
  /// Whether what the block shows as images are images; after a located error
  /// false.
  bool checkImages(Interpreter &in, const Root &root);
  bool readCarries(Interpreter &in, Root &root,
                   std::map<std::string, Value> &locals);
  bool writeCarries(Interpreter &in, Root &root,
                    const std::map<std::string, Value> &locals);
  bool initializeCarries(Interpreter &in, Root &root);
  bool addStepResults(Interpreter &in, std::vector<ReturnedValue> &results,
                      Tensor &loss);
  void addGradientSegment(Interpreter &in, Tensor loss);
  Tensor packedGradient(Interpreter &in, Tensor loss);
  /// Adds what `freeze` names; false after an error.
  bool freezeNamed(Root &root, StateParts &parts);
  /// Lays out the state anew with what no gradient of the loss reaches; false
  /// after an error, such as a loss without a gradient.
  bool freezeUnreached(Interpreter &in, Root &root, Tensor loss,
                       SourceRange range);
  Tensor clip(Interpreter &in, const TrainBlock &block, Tensor gradient,
              Tensor &norm);
  void captureStep(Root &root, llvm::StringRef role,
                   llvm::function_ref<bool(Interpreter &)> body,
                   bool training = true);
  void captureStepAs(Root &root, llvm::StringRef name, llvm::StringRef role,
                     llvm::function_ref<bool(Interpreter &)> body,
                     bool training);
  void noteUnusedDims(const TrainBlock &block, const ExtentChoices &batch);
  void captureUpdate(Root &root);
  ExtentChoices batchChoices(const Root &root, bool validation);
  bool isTrainingWanted(const Root &root);
  std::vector<std::vector<int64_t>> dataShapes(const TrainBlock &block,
                                               bool validation);
  void captureRun(Root &root);
  void emitBlock(const Root &root);

  void captureCheck(std::vector<Root> &roots, Root &file);
  void captureCheckEntry(Root &root, const ast::FunctionDecl *decl, bool inEval,
                         llvm::StringRef entry, bool gradients);
  void captureStepCheck(Root &root, llvm::StringRef suffix);
  void captureGradientChecks(std::vector<Root> &roots, Root &file);
  void addCheckResults(Interpreter &in, std::vector<ReturnedValue> &results,
                       llvm::ArrayRef<Tensor> inputs, llvm::StringRef prefix,
                       bool gradients);

  Session &session;
  /// An entry without extents, to be told of at the end.
  struct Skipped {
    SourceRange range;
    std::string text;
    const ast::TrainRunDecl *block; ///< null: a fn
  };

  std::vector<std::string> knownEntries;
  std::vector<Skipped> skipped;
  bool capturedAny = false, capturedFunction = false;
  /// The block whose step is captured; null: a fn is.
  const ast::TrainRunDecl *capturedBlock = nullptr;
};

/// The name of what the compiler adds to a module, such as "Mlp.init": with `_`
/// behind it where a fn of the module has it.
std::string generatedEntry(const Root &root, llvm::StringRef role);
/// Names of the file's dims that occur in the types of parameters.
std::vector<std::string> dimsOf(Session &session,
                                llvm::ArrayRef<ast::Parameter> params);
std::vector<std::string> dimsOf(Session &session, const ast::TypeExpr &type);
bool isEntry(const ast::FunctionDecl &decl);
/// Which extent makes `expr` (a dim, or T + 1, 2 * T, … with integers) equal
/// `extent`: the dim and its extent, if there is one.
std::optional<std::pair<std::string, int64_t>>
solveForDim(Session &session, const ast::Expr *expr, int64_t extent);
/// The type of a batch's first field, or null: rows are its first dim.
const ast::TypeExpr *batchType(const Root &root);
/// Adds results to the function, tuples as several; false after an error.
bool addResults(Interpreter &in, llvm::ArrayRef<ReturnedValue> results,
                llvm::StringRef prefix = "");
/// Names for results as the language defines them.
void nameResults(std::vector<ReturnedValue> &results, bool isStep = false);

} // namespace sinter::capturing
#endif
