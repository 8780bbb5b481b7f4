// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of dumps, and options that contradict them.

#include "ReadDump.h"
#include "sinter/Execution/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

/// Takes the text that `dump` has under `name`. `given` is what the command
/// line says, in the same words; empty if it says nothing.
static bool takeText(ModuleOp dump, llvm::StringRef name,
                     llvm::StringRef option, const std::string &given,
                     std::string &value) {
  auto known = dump->getAttrOfType<StringAttr>(name);
  if (!known)
    return true;
  if (!given.empty() && given != known.getValue()) {
    dump.emitError("expected ")
        << option << " to be that of the dump, '" << known.getValue()
        << "', but got '" << given << "'";
    return false;
  }
  value = known.str();
  return true;
}

static bool isSameTarget(llvm::StringRef one, llvm::StringRef other) {
  llvm::Triple a(llvm::Triple::normalize(one)), b(other);
  return a.getArch() == b.getArch() && a.getOS() == b.getOS() &&
         a.getEnvironment() == b.getEnvironment();
}

bool sinter::takeSettings(ModuleOp dump, CompilerOptions &options,
                          std::string &features) {
  std::string triple =
      options.triple.empty() ? "" : llvm::Triple::normalize(options.triple);
  std::string cpu = options.cpu == "native" ? hostTarget().cpu : options.cpu;
  if (!takeText(dump, "nn.target", "--target", triple, options.triple) ||
      !takeText(dump, "nn.cpu", "--mcpu", cpu, options.cpu) ||
      !takeText(dump, "nn.features", "features", "", features))
    return false;
  auto optimize = dump->getAttrOfType<BoolAttr>("nn.optimize");
  if (!optimize)
    return true;
  if (options.levelGiven && options.optimize != optimize.getValue()) {
    dump.emitError("expected -O to be that of the dump, which is ")
        << (optimize.getValue() ? "optimized" : "of -O0");
    return false;
  }
  options.optimize = optimize.getValue();
  return true;
}
