// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM IR to code of the host.
#ifndef SINTER_PTX_COMPILE_H
#define SINTER_PTX_COMPILE_H

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"

namespace sinter::ptx {

/// Optimises and compiles; functions of the machine resolve.
llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
compile(std::unique_ptr<llvm::Module> ir,
        std::unique_ptr<llvm::LLVMContext> context);

} // namespace sinter::ptx
#endif
