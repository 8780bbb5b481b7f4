// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Capture: from the syntax tree of a model file to the graph phase.
#ifndef SINTER_FRONTEND_CAPTURE_CAPTURE_H
#define SINTER_FRONTEND_CAPTURE_CAPTURE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "sinter/Frontend/AST.h"
#include "sinter/Frontend/Diagnostics.h"
#include "sinter/Frontend/SkippedNotes.h"
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sinter {

/// What to capture, and for which extents.
struct CaptureOptions {
  std::string model; ///< name of the model; empty: the file's stem
  /// Extents of dims: one compiled instance per combination.
  std::map<std::string, std::vector<int64_t>> dims;
  /// "f32", or "f64": every f32 of the program becomes f64.
  std::string dtype = "f32";
  /// Only this entry ("Mlp.forward", or "forward" where that is unambiguous);
  /// empty: all. An entry that cannot be captured is then an error.
  std::string entry;
  SkippedNotes skippedNotes = SkippedNotes::All;
  /// Shapes of the fields of a data source, given as JSON, rows in front; empty
  /// without an error means that the data is not there. Null: never there.
  std::function<std::vector<std::vector<int64_t>>(llvm::StringRef source,
                                                  std::string &error)>
      dataShapes;
  /// What is wrong with a folder that a train or run block says it writes;
  /// empty if nothing is, or if that block will not run. Null: none will.
  std::function<std::string(bool ofTraining, llvm::StringRef block,
                            llvm::StringRef folder)>
      checkFolder;
  /// Shapes of inputs by name: they bind the dims of signatures.
  std::map<std::string, std::vector<int64_t>> inputShapes;
  /// The same of inputs without names: for the other parameters, in order.
  std::vector<std::vector<int64_t>> unnamedInputShapes;
  /// Makes the entries `check` and `check_eval` instead of all others, unless
  /// the file has a train block: results and the gradients of
  /// sum(output * cotangent).
  bool check = false;
  /// Makes `check` in eval mode.
  bool evalMode = false;
  /// The outputs that have a cotangent.
  std::set<std::string> cotangents;
  /// Adds, beside every fn F with types, the entry "F.check": its results in
  /// training mode and the gradients of sum(output * cotangent).
  bool gradientEntries = false;
  /// Gradients flow through `detach` and to the padding of embeddings too: what
  /// difference quotients see.
  bool throughStops = false;
};

/// Captures a whole file. All errors go to `diagnostics`; null if there are
/// any. The result is the graph phase of docs/architecture.md; nn, func and
/// their locations are in `context`.
mlir::OwningOpRef<mlir::ModuleOp> capture(const ast::Program &program,
                                          mlir::MLIRContext &context,
                                          const CaptureOptions &options,
                                          Diagnostics &diagnostics);

} // namespace sinter
#endif
