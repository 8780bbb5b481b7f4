// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A train block: its entries read from the syntax tree.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_TRAINBLOCK_H
#define SINTER_LIB_FRONTEND_CAPTURE_TRAINBLOCK_H

#include "Optimizer.h"

namespace sinter::capturing {

/// A path of `freeze`: a parameter, a module, or a pattern with `*`.
struct FrozenPath {
  std::string path;
  SourceRange range;
};

/// Both mean that there is none of what a setting would give.
inline bool isNoneOrFalse(const Value &value) {
  auto *flag = value.as<bool>();
  return value.is<None>() || (flag && !*flag);
}

/// A train or run block.
struct TrainBlock {
  const ast::TrainRunDecl *decl = nullptr;
  const ast::FunctionDecl *step = nullptr;
  std::vector<const ast::CarryDecl *> carries;
  std::map<std::string, Value> settings; ///< evaluated, by name
  std::map<std::string, SourceRange> ranges;
  /// Evaluated again in each function: it may hold tensors.
  const ast::Expr *loss = nullptr;
  Optimizer optimizer;
  std::vector<FrozenPath> freeze;
  std::optional<double> clipNorm, clipValue;
  double clipNormType = 2;
  int64_t batchSize = 1;
  bool dropLast = false;
  mlir::DictionaryAttr data, validate; ///< null if there is none
  mlir::DictionaryAttr schedule;

  bool has(llvm::StringRef name) const { return settings.count(name.str()); }
  SourceRange rangeOf(llvm::StringRef name) const {
    auto found = ranges.find(name.str());
    return found == ranges.end() ? decl->range : found->second;
  }
};

/// Evaluates and checks the settings; nullopt after located errors.
std::optional<TrainBlock> readTrainBlock(Session &session,
                                         const ast::TrainRunDecl &decl);
/// Reads `freeze = [encoder, head.bias, "layers.*.bias"]`; nullopt after
/// located errors.
std::optional<std::vector<FrozenPath>> readFrozenPaths(Session &session,
                                                       const ast::Expr &value);
/// Reads the arguments of a data set as `parseDataSource` takes them; nullopt
/// after located errors.
std::optional<mlir::DictionaryAttr> readDataSource(Session &session,
                                                   const Object &dataSet);
/// Reads the arguments of a schedule; nullopt after located errors.
std::optional<mlir::DictionaryAttr> readSchedule(Session &session,
                                                 const Object &schedule);
/// The settings as the training loop reads them.
mlir::DictionaryAttr settingsOf(Session &session, const TrainBlock &block,
                                llvm::StringRef root);

} // namespace sinter::capturing
#endif
