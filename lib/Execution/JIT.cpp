// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads object code with ORC, which links it in memory like a linker would.
#include "sinter/Execution/JIT.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;

sinter::LoadedObject::LoadedObject(std::unique_ptr<orc::LLJIT> jit)
    : jit(std::move(jit)) {}

sinter::LoadedObject::~LoadedObject() = default;

Expected<void *> sinter::LoadedObject::lookup(StringRef name) const {
  Expected<orc::ExecutorAddr> address = jit->lookup(name);
  if (!address)
    return address.takeError();
  return address->toPtr<void *>();
}

Expected<std::unique_ptr<sinter::LoadedObject>>
sinter::loadObject(ArrayRef<char> bytes) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  auto jit = orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  auto copy = MemoryBuffer::getMemBufferCopy(
      StringRef(bytes.data(), bytes.size()), "object");
  if (Error error = (*jit)->addObjectFile(std::move(copy)))
    return std::move(error);
  return std::unique_ptr<LoadedObject>(new LoadedObject(std::move(*jit)));
}
