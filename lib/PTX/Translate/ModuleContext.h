// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the translation of all functions of a module shares.
#ifndef SINTER_PTX_MODULECONTEXT_H
#define SINTER_PTX_MODULECONTEXT_H

#include "../Machine/Machine.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace sinter::ptx {

/// Where shared arrays are, as offsets in the window. Each is placed at its
/// declared alignment and no more, so that code which relies on luck is found.
class SharedLayout {
public:
  explicit SharedLayout(const Module &module);

  uint32_t offset(const Variable &variable) const {
    return offsets.lookup(&variable);
  }
  /// The bytes that an entry needs.
  uint32_t bytes(const Function &entry) const;
  /// For each four of them, whether an array has them.
  std::vector<uint8_t> map(const Function &entry) const;
  uint32_t dynamicAlignment() const { return dynamic; }

private:
  void place(const Variable &variable, uint32_t &end);
  template <typename Visit>
  void forArrays(const Function &entry, Visit visit) const;

  const Module &module;
  llvm::DenseMap<const Variable *, uint32_t> offsets;
  uint32_t moduleEnd = sharedBase, dynamic = 1;
};

/// What compiled code refers to by address.
struct Records {
  std::deque<Place> places;
  std::deque<Access> accesses;
  std::deque<MatrixOperation> matrices;
};

struct ModuleContext {
  const Module &syntax;
  llvm::Module &ir;
  Machine &machine;
  Records &records;
  const llvm::StringMap<GlobalVariable> &globals;
  bool checked;
  SharedLayout layout{syntax};
  llvm::StringMap<const Variable *> variables{};
};

/// The name of a function in LLVM IR. A kernel may be called "fma".
inline std::string irName(llvm::StringRef name) {
  return ("ptx." + name).str();
}

/// Declares an `.entry` as `void (thread, parameters)` and a `.func` as `void
/// (thread, address of each result and parameter)`.
llvm::Function *declareFunction(ModuleContext &context,
                                const Function &function);

/// Fills in the body. What cannot be translated is the text of an error, and
/// the body is no use then.
std::string translateFunction(ModuleContext &context, const Function &function,
                              llvm::StringRef text);

} // namespace sinter::ptx
#endif
