// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// IR as text, compiled and loaded.
#ifndef SINTER_TEST_UNIT_EXECUTION_COMPILEDTEXT_H
#define SINTER_TEST_UNIT_EXECUTION_COMPILEDTEXT_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <memory>
#include <string>

namespace sinter::test {

/// How to compile.
struct TextOptions {
  bool referenceLoops = false; ///< the text is of the linalg phase
  bool expandMath = true;
};

/// Object code of the module, whose kernels stay visible; empty after an error,
/// whose first message `error` then holds.
llvm::SmallVector<char, 0> compileText(llvm::StringRef text,
                                       const TextOptions &options = {},
                                       std::string *error = nullptr);

/// The code of a module, loaded. `is()` is false after an error.
class CompiledText {
public:
  explicit CompiledText(llvm::StringRef text, const TextOptions &options = {});
  ~CompiledText();
  bool is() const;
  template <typename Function> Function *get(llvm::StringRef name) const {
    return reinterpret_cast<Function *>(address(name));
  }

private:
  void *address(llvm::StringRef name) const;
  struct Code;
  std::unique_ptr<Code> code;
};

} // namespace sinter::test
#endif
