// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX that is ready to run.
#ifndef SINTER_PTX_MODULE_H
#define SINTER_PTX_MODULE_H

#include "sinter/PTX/Device.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace sinter::ptx {

struct ModuleOptions {
  /// Whether each access is checked: bounds, alignment, initialisation, races.
  bool checked = true;
};

/// An `.entry`, compiled for the host.
struct Kernel {
  std::string name;
  struct Parameter {
    uint32_t offset, bytes;
  };
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;
  uint32_t sharedBytes = 0;
  /// Alignment of `.extern .shared` arrays.
  uint32_t dynamicSharedAlignment = 1;
  /// For each four bytes of static shared memory: whether an array has them.
  std::vector<uint8_t> sharedMap;
  /// Threads a block may have, and must have (0: any number).
  uint64_t maximumThreads = 1024, requiredThreads = 0;
  /// Bytes of `.local` variables of the module, for stacks.
  uint64_t localBytes = 0;
  bool checked = false;
  /// Why the kernel cannot run: what could not be translated. Else empty.
  std::string error;
  void (*entry)(void *thread, void *parameters) = nullptr;
  /// "file:line:column" of the name.
  std::string location;
};

/// A variable of the module in the device's memory.
struct GlobalVariable {
  uint64_t address, bytes;
};

/// A module that is loaded on a device. The device must outlive it.
class LoadedModule {
public:
  /// Parses, translates and compiles. `name` is that of the file, for messages.
  /// A kernel that cannot be translated is an error of its launch.
  static llvm::Expected<std::unique_ptr<LoadedModule>>
  load(Device &device, llvm::StringRef text, llvm::StringRef name,
       ModuleOptions options = {});
  ~LoadedModule();

  /// In the order of the text.
  const std::vector<Kernel> &kernels() const;
  const Kernel *kernel(llvm::StringRef name) const;
  std::optional<GlobalVariable> global(llvm::StringRef name) const;

private:
  struct Implementation;
  explicit LoadedModule(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace sinter::ptx
#endif
