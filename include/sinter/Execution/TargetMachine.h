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

/// Names of a target. An empty triple is the host's. An empty cpu is the host's
/// with its features if the architecture is the host's, else a plain one;
/// "native" is the host's. `features` are those in which the machine differs
/// from the cpu of that name.
struct TargetNames {
  std::string triple, cpu, features;
};

/// The host's names. The features are none where the cpu's name says it all.
TargetNames hostTarget();

/// Makes a target machine that neither contracts nor reassociates floating
/// point arithmetic. `optimize` false chooses quick, plain code.
/// Targets are ELF machines of x86_64, aarch64 and riscv64. Errors: an unknown
/// triple or cpu; the message lists the known ones.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetNames &names = {}, bool optimize = true);

/// Whether the host can execute the machine's code; if not, `why` says what is
/// missing.
bool runsOnHost(const llvm::TargetMachine &machine, std::string &why);

/// Bytes of the widest vector worth using: 64, 32 or 16; 8 where there are none
/// and vectors only say what is independent.
unsigned vectorBytesOf(const llvm::TargetMachine &machine);

/// Whether the machine has an instruction for a·b + c rounded once.
bool hasFma(const llvm::TargetMachine &machine);

} // namespace sinter
#endif
