// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Object code in memory, ready to be called.
#ifndef SINTER_EXECUTION_JIT_H
#define SINTER_EXECUTION_JIT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm::orc {
class LLJIT;
}

namespace sinter {

/// Owns the code of one object file; the functions live as long as it does.
class LoadedObject {
public:
  ~LoadedObject();

  /// Address of a function by its C name; an error if the object has none.
  llvm::Expected<void *> lookup(llvm::StringRef name) const;

private:
  explicit LoadedObject(std::unique_ptr<llvm::orc::LLJIT> jit);
  friend llvm::Expected<std::unique_ptr<LoadedObject>>
  loadObject(llvm::ArrayRef<char> bytes);
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

/// Loads an object file made for the host. The bytes are copied. External
/// functions (libm, memcpy) are those of this process.
llvm::Expected<std::unique_ptr<LoadedObject>>
loadObject(llvm::ArrayRef<char> bytes);

} // namespace sinter
#endif
