// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Object code that a command runs elsewhere: on an emulator or another machine.
#ifndef SINTER_EXECUTION_REMOTEOBJECT_H
#define SINTER_EXECUTION_REMOTEOBJECT_H

#include "sinter/Runtime/Model.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace sinter {

/// An object file in a folder of its own, which goes with this. A call runs
///
///     COMMAND OBJECT SYMBOL REQUEST REPLY
///
/// The request is a file of 64-bit words in the host's byte order: the bytes of
/// the state and of the workspace, the numbers of inputs, results and dims, the
/// bytes of each input and each result, the dims; then the state, the inputs
/// and the results (an in-out is read) themselves. The command calls SYMBOL,
/// writes to the reply the status and the row as words, the state and the
/// results, and ends with 0.
class RemoteObject {
public:
  /// Errors: no such command, an object that cannot be written.
  static llvm::Expected<std::unique_ptr<RemoteObject>>
  create(llvm::StringRef command, llvm::StringRef object);
  ~RemoteObject();

  /// What calls an entry, valid as long as this object. A command that fails is
  /// reported to stderr and gives a status that is none of the interface's.
  EntryFunction bind(const Entry &entry, uint64_t stateBytes) const;

private:
  RemoteObject(llvm::StringRef command, llvm::StringRef folder)
      : command(command), folder(folder) {}
  std::string path(llvm::StringRef name) const;
  bool run(llvm::StringRef symbol, llvm::StringRef request,
           std::string &reply) const;

  std::string command, folder;
};

} // namespace sinter
#endif
