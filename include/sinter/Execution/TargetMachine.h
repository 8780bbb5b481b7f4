// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machine that code is made for.
#ifndef SINTER_EXECUTION_TARGETMACHINE_H
#define SINTER_EXECUTION_TARGETMACHINE_H

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace sinter {

/// Names of a target. An empty or "native" cpu is the host's with its features
/// (only for the host's architecture); an empty triple is the host's.
struct TargetNames {
  std::string triple, cpu, features;
};

/// The host's triple, cpu name and feature string.
TargetNames hostTarget();

/// Makes a target machine that neither contracts nor reassociates floating
/// point arithmetic. `optimize` false chooses quick, plain code.
/// Errors: an unknown triple or cpu; the message lists the known cpus.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(llvm::StringRef triple = "", llvm::StringRef cpu = "",
                    llvm::StringRef features = "", bool optimize = true);

/// Bytes of the widest vector worth using: 64, 32 or 16.
unsigned vectorBytesOf(const llvm::TargetMachine &machine);

} // namespace sinter
#endif
