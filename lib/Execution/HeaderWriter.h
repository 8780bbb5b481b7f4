// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pieces of C from which headers are put together: names, types, comments.
#ifndef SINTER_LIB_EXECUTION_HEADERWRITER_H
#define SINTER_LIB_EXECUTION_HEADERWRITER_H

#include "sinter/Data/ModelDescription.h"
#include "sinter/Runtime/Model.h"
#include <set>

namespace sinter {

/// Names of one scope, each given once.
class Names {
public:
  explicit Names(std::set<std::string> taken = {}) : taken(std::move(taken)) {}

  /// `name` as a C identifier, with as many _ behind it as make it new.
  std::string add(const std::string &name);

private:
  std::set<std::string> taken;
};

/// "MLP_TRAIN_STEP".
std::string upperCase(const std::string &name);

/// A comment in the manner of the header, its lines at most 80 columns wide.
/// Each element of `paragraphs` starts a line.
std::string blockComment(const std::vector<std::string> &paragraphs);

/// A declaration with a comment behind it, or before it where the line would
/// be too long.
std::string memberLine(const std::string &declaration,
                       const std::string &comment);

/// Names of the C types and constants of a model.
struct HeaderNames {
  explicit HeaderNames(const Model &model);

  /// The struct of a state block: "mlp_state".
  const std::string &typeOf(const StateTable &table) const {
    return stateTypes.at(table.name);
  }

  Names scope;                                   ///< of the file
  std::map<std::string, std::string> stateTypes; ///< by the table's name
};

/// The struct, the constants and the table of a state block.
std::string emitState(const Model &model, const StateTable &table,
                      HeaderNames &names);
/// The structs, the constants and the prototype of an entry.
std::string emitEntry(const Model &model, const Entry &entry,
                      HeaderNames &names);

} // namespace sinter
#endif
