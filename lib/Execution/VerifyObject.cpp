// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads symbols and sections of an object that was just made.
#include "VerifyObject.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;

/// The name of a symbol that is wanted from elsewhere and must not be; empty if
/// there is none.
static Expected<StringRef> findForeign(const object::ObjectFile &file) {
  for (const object::SymbolRef &symbol : file.symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags) {
      consumeError(name.takeError());
      return flags.takeError();
    }
    if (!name)
      return name.takeError();
    bool isForeign = (*flags & object::SymbolRef::SF_Undefined) &&
                     !name->empty() && *name != "_GLOBAL_OFFSET_TABLE_";
    if (isForeign && !sinter::isAllowedExternal(*name))
      return *name;
  }
  return StringRef();
}

/// The name of a section with bytes that the program may write, or empty.
static Expected<StringRef> findWritable(const object::ELFObjectFileBase &file) {
  constexpr uint64_t both = ELF::SHF_WRITE | ELF::SHF_ALLOC;
  for (object::ELFSectionRef section : file.sections())
    if ((section.getFlags() & both) == both && section.getSize() != 0)
      return section.getName();
  return StringRef();
}

mlir::LogicalResult sinter::verifyObject(mlir::ModuleOp module,
                                         ArrayRef<char> object) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createObjectFile(MemoryBufferRef(
          StringRef(object.data(), object.size()), "object code"));
  if (!file)
    return module.emitError(toString(file.takeError()));
  Expected<StringRef> foreign = findForeign(**file);
  if (!foreign)
    return module.emitError(toString(foreign.takeError()));
  if (!foreign->empty())
    return module.emitError("expected object code that needs memcpy, memset "
                            "and libm alone, but for this target it needs '")
           << *foreign << "'";
  auto *elf = dyn_cast<object::ELFObjectFileBase>(file->get());
  if (!elf)
    return mlir::success();
  Expected<StringRef> writable = findWritable(*elf);
  if (!writable)
    return module.emitError(toString(writable.takeError()));
  if (!writable->empty())
    return module.emitError("expected object code without variables, but got "
                            "the section '")
           << *writable << "'";
  return mlir::success();
}
