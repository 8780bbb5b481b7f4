// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is shared by all captures of one file: the program, its names, the
// options, the diagnostics and the module that is built.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_SESSION_H
#define SINTER_LIB_FRONTEND_CAPTURE_SESSION_H

#include "sinter/Frontend/Capture/Capture.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include <memory>

namespace sinter::capturing {

/// Extents of dims by name, for one instance.
using DimBinding = std::map<std::string, int64_t>;

class Session {
public:
  Session(const ast::Program &program, mlir::MLIRContext &context,
          const CaptureOptions &options, Diagnostics &diagnostics);

  /// Reports an error, once per place: captures of several instances find the
  /// same one. The result may take notes.
  Diagnostic &error(SourceRange range, const llvm::Twine &message);
  Diagnostic &warning(SourceRange range, const llvm::Twine &message);
  /// The same, once at a place for all instances that are captured.
  void warnOnce(SourceRange range, const llvm::Twine &message);
  /// Adds to the last error that it was found in a call at `range`.
  void noteCall(SourceRange range, llvm::StringRef function);
  /// Reports a local name that is a buffer's.
  void reportHiddenBuffer(const ast::Identifier &name, SourceRange buffer);
  /// Tells the user something that is not a fault, once per text.
  void remark(SourceRange range, const llvm::Twine &message);

  /// Counts a statement, a repetition or what else is made while compiling.
  /// False, after an error, when there are too many: loops and calls multiply.
  bool mayRun(SourceRange range, int64_t count = 1);

  /// What an attempt changes here, to be taken back.
  struct Mark {
    Diagnostics::Mark diagnostics;
    llvm::DenseSet<uint32_t> errorPlaces;
    std::set<std::string> remarks;
    uint64_t statements;
    int64_t errorsMet;
    Diagnostic *lastError;
  };
  Mark mark() const {
    return {diagnostics.mark(), errorPlaces, remarks,
            statements,         errorsMet,   lastError};
  }
  void rollBack(const Mark &mark);
  /// Errors so far, with those that were not reported again.
  int64_t numErrorsMet() const { return errorsMet; }

  mlir::Location location(SourceRange range);
  /// The first character at the place that `location` gave for a range.
  SourceRange rangeAt(mlir::Location location);
  /// The element type of tensors of this dtype; null after an error if it is
  /// not supported.
  mlir::Type elementType(DType dtype, SourceRange range);
  mlir::Type defaultFloat();

  const ast::Decl *find(llvm::StringRef name) const {
    return items.lookup(name);
  }
  bool isDim(llvm::StringRef name) const {
    return dimDefaults.count(name.str());
  }
  std::vector<llvm::StringRef> names() const;
  /// The first fn of a module that has this name, or null.
  const ast::FunctionDecl *functionOf(const ast::ModuleDecl &module,
                                      llvm::StringRef name);
  /// How often the names that a block reads are read there.
  const llvm::StringMap<unsigned> &readsIn(const ast::Block &block);

  const ast::Program &program;
  mlir::MLIRContext &context;
  const CaptureOptions &options;
  Diagnostics &diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// In the order of declaration.
  std::vector<std::string> dims;
  std::map<std::string, std::optional<int64_t>> dimDefaults;
  int64_t seed = 0; ///< of the file: constants are drawn with it

  /// A model went beyond that limit: the others would most often, too.
  bool hasTooManyModules = false;

private:
  void declare(const ast::Decl *decl);
  void checkMembers(const ast::ModuleDecl &decl);

  using Functions = llvm::StringMap<const ast::FunctionDecl *>;

  llvm::StringMap<const ast::Decl *> items;
  llvm::StringMap<SourceRange> places; ///< of names of the file
  llvm::DenseMap<const ast::ModuleDecl *, Functions> functions;
  /// By address: references into it stay valid.
  std::map<const ast::Block *, llvm::StringMap<unsigned>> reads;
  llvm::DenseSet<uint32_t> errorPlaces;
  std::set<std::string> remarks;
  uint64_t statements = 0;
  int64_t errorsMet = 0;
  Diagnostic *lastError = nullptr;
  Diagnostic repeated;
};

} // namespace sinter::capturing
#endif
