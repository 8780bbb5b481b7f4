// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The interface, on top of the machine.
#include "sinter/PTX/Device.h"
#include "Machine.h"
#include <cstring>

using namespace sinter::ptx;

Device::Device() : machine(std::make_unique<Machine>()) {}
Device::~Device() = default;

llvm::Expected<std::unique_ptr<Device>> Device::create() {
  std::unique_ptr<Device> device(new Device());
  if (!device->machine->arena.isReserved())
    return llvm::createStringError(
        "cannot reserve address space for the device's memory");
  return device;
}

uint64_t Device::allocate(uint64_t bytes, uint64_t alignment) {
  return machine->arena.allocate(bytes, alignment);
}

bool Device::free(uint64_t address) { return machine->arena.free(address); }

bool Device::write(uint64_t address, const void *source, uint64_t bytes) {
  if (!machine->arena.isAllocated(address, bytes))
    return false;
  memcpy(reinterpret_cast<void *>(address), source, bytes);
  machine->arena.markInitialised(address, bytes);
  return true;
}

bool Device::read(uint64_t address, void *target, uint64_t bytes) const {
  if (!machine->arena.isAllocated(address, bytes))
    return false;
  memcpy(target, reinterpret_cast<const void *>(address), bytes);
  return true;
}

bool Device::isInitialised(uint64_t address, uint64_t bytes) const {
  return machine->arena.isAllocated(address, bytes) &&
         machine->arena.isInitialised(address, bytes);
}

std::vector<Report> Device::launch(const Kernel &kernel,
                                   const LaunchOptions &options,
                                   llvm::ArrayRef<const void *> arguments) {
  return machine->launch(kernel, options, arguments);
}
