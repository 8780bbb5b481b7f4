// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs that hold one model: the object with their main function, and the
// linker's work.
#ifndef SINTER_EXECUTION_PROGRAMEMISSION_H
#define SINTER_EXECUTION_PROGRAMEMISSION_H

#include "sinter/Runtime/Model.h"
#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
}

namespace sinter {

/// Makes the object of a program's main function: it calls sinter_program_main
/// (Driver/Program.h) with the description and the functions of `model`, which
/// another object has. False if the target cannot.
bool emitProgramMain(const Model &model, llvm::TargetMachine &machine,
                     std::string &object);

/// Links objects, given as bytes, with Sinter's runtime libraries and writes
/// the program to `file`. The C compiler in PATH links: cc, gcc or clang, or
/// TARGET-gcc for other machines than this one. The program is static where the
/// system's libraries are there as archives. False, and why in `error`, if
/// there is no linker, no runtime library for the target, or linking fails;
/// `file` stays as it was then.
bool linkProgram(const std::vector<std::string> &objects,
                 const std::string &triple, const std::string &file,
                 std::string &error);

} // namespace sinter
#endif
