// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ends of threads, and single accesses.
#include "Codes.h"
#include "Machine.h"
#include "Ordering.h"
#include <chrono>
#include <cstdio>
#include <cstring>

using namespace sinter::ptx;

static void access(Thread *thread, uint8_t *address, const Access *access) {
  Machine &machine = *thread->machine;
  if (!machine.checkAccess(*thread, address, *access))
    machine.abandon(*thread);
}

/// Checks a strong load. The address to load from.
static uint8_t *strongLoad(Thread *thread, uint8_t *address,
                           const Access *checked) {
  access(thread, address, checked);
  Machine &machine = *thread->machine;
  return machine.strongSource(*thread, address, checked->bytes);
}

[[noreturn]] static void fail(Thread *thread, llvm::StringRef kind,
                              const Place *place, llvm::StringRef what) {
  Machine &machine = *thread->machine;
  machine.report(kind, place,
                 what + " (" + llvm::Twine(threadText(*thread)) + ")");
  machine.abandon(*thread);
}

static void outOfFuel(Thread *thread, const Place *place) {
  fail(thread, "endless loop", place, "is executed too often");
}
static void trap(Thread *thread, const Place *place) {
  fail(thread, "trap", place, "is executed");
}
static void stackOverflow(Thread *thread, const Place *place) {
  fail(thread, "stack overflow", place, "calls too deep");
}
static void exitThread(Thread *thread) { thread->machine->exit(*thread); }
static void poll(Thread *thread) { thread->machine->poll(*thread); }

/// Nanoseconds.
static uint64_t readClock() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

static uint32_t isInSpace(Thread *thread, SpaceCode space, uint8_t *address) {
  Machine &machine = *thread->machine;
  switch (space) {
  case SpaceCode::Shared:
    return machine.inShared(*thread, address);
  case SpaceCode::Local:
    return machine.inStack(*thread, address);
  default:
    return machine.arena.contains(uint64_t(address));
  }
}

static void assertionFailed(Thread *thread, const Place *place,
                            const char *message, const char *file,
                            uint32_t line) {
  fail(thread, "assertion failed", place,
       (llvm::Twine("of ") + file + ":" + llvm::Twine(line) + ": " + message)
           .str());
}

/// vprintf: the arguments lie one behind the other, each aligned to its size.
static uint32_t printFormatted(const char *format, const uint8_t *arguments) {
  uint32_t count = 0;
  uint64_t offset = 0;
  auto next = [&](auto value) {
    offset = (offset + sizeof value - 1) / sizeof value * sizeof value;
    memcpy(&value, arguments + offset, sizeof value);
    offset += sizeof value;
    return value;
  };
  while (*format) {
    const char *percent = strchr(format, '%');
    size_t plain = percent ? percent - format : strlen(format);
    fwrite(format, 1, plain, stdout);
    format += plain;
    if (!*format)
      break;
    size_t length = 1 + strspn(format + 1, "-+ #0123456789.hlLqjzt");
    std::string one(format, length + (format[length] != '\0'));
    format += one.size();
    switch (++count, one.back()) {
    case '%':
      --count;
      putchar('%');
      break;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      printf(one.c_str(), next(double()));
      break;
    case 's':
    case 'p':
      printf(one.c_str(), next(static_cast<const char *>(nullptr)));
      break;
    default:
      if (one.find('l') != std::string::npos)
        printf(one.c_str(), next(uint64_t()));
      else
        printf(one.c_str(), next(uint32_t()));
    }
  }
  fflush(stdout);
  return count;
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::controlFunctions() {
  static const RuntimeFunction functions[] = {
      {"access", reinterpret_cast<void *>(access)},
      {"strongLoad", reinterpret_cast<void *>(strongLoad)},
      {"outOfFuel", reinterpret_cast<void *>(outOfFuel)},
      {"trap", reinterpret_cast<void *>(trap)},
      {"stackOverflow", reinterpret_cast<void *>(stackOverflow)},
      {"exitThread", reinterpret_cast<void *>(exitThread)},
      {"poll", reinterpret_cast<void *>(poll)},
      {"readClock", reinterpret_cast<void *>(readClock)},
      {"isInSpace", reinterpret_cast<void *>(isInSpace)},
      {"assertionFailed", reinterpret_cast<void *>(assertionFailed)},
      {"printFormatted", reinterpret_cast<void *>(printFormatted)}};
  return functions;
}
