// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cp.async: a copy lands when it is waited for. Until then its target is NaN.
#include "Machine.h"
#include "MemoryBarriers.h"
#include "Ordering.h"
#include <cstring>

using namespace sinter::ptx;

static bool land(Thread &thread, const PendingCopy &copy) {
  Machine &machine = *thread.machine;
  if (copy.copied &&
      !machine.checkGlobal(thread, const_cast<uint8_t *>(copy.source),
                           copy.copied, 0, copy.place))
    return false;
  if (!machine.checkShared(thread, copy.target, copy.bytes, Access::Store,
                           copy.place, true))
    return false;
  memcpy(copy.target, copy.source, copy.copied);
  memset(copy.target + copy.copied, 0, copy.bytes - copy.copied);
  return true;
}

bool sinter::ptx::landCopies(Thread &thread, uint32_t group) {
  auto &copies = thread.copies;
  size_t landed = 0;
  bool fine = true;
  while (fine && landed < copies.size() && copies[landed].group < group)
    fine = land(thread, copies[landed++]);
  copies.erase(copies.begin(), copies.begin() + landed);
  return settleArrivals(thread) && fine;
}

static void landOrAbandon(Thread &thread, uint32_t group) {
  if (!landCopies(thread, group))
    thread.machine->abandon(thread);
}

/// Checks what can be known when the copy is issued.
static bool checkIssue(Thread &thread, const PendingCopy &copy) {
  Machine &machine = *thread.machine;
  if (uint64_t(copy.target) % copy.bytes ||
      uint64_t(copy.source) % copy.bytes) {
    machine.report("misaligned access", copy.place,
                   "has an address that is no multiple of " +
                       llvm::Twine(copy.bytes) + " (" + threadText(thread) +
                       ")");
    return false;
  }
  if (copy.copied > copy.bytes) {
    machine.report("copy of too much", copy.place,
                   "reads " + llvm::Twine(copy.copied) + " bytes to write " +
                       llvm::Twine(copy.bytes));
    return false;
  }
  return (!copy.copied ||
          machine.checkGlobal(thread, const_cast<uint8_t *>(copy.source),
                              copy.copied, 0, copy.place)) &&
         machine.checkShared(thread, copy.target, copy.bytes, Access::Store,
                             copy.place);
}

/// Copies `copied` bytes and fills up to `bytes` with zeros.
static void copyAsync(Thread *thread, const Place *place, uint8_t *target,
                      const uint8_t *source, uint32_t bytes, uint32_t copied) {
  Machine &machine = *thread->machine;
  PendingCopy copy{target, source, bytes, copied, place, thread->copyGroup};
  if (!checkIssue(*thread, copy))
    machine.abandon(*thread);
  memset(target, 0xFF, bytes);
  if (machine.checked)
    machine.markPending(*thread, target, bytes);
  thread->copies.push_back(copy);
}

static void commitCopies(Thread *thread) { ++thread->copyGroup; }

/// Waits until at most `groups` groups are on their way.
static void waitForCopies(Thread *thread, uint32_t groups) {
  if (thread->copyGroup > groups)
    landOrAbandon(*thread, thread->copyGroup - groups);
}

static void waitForAllCopies(Thread *thread) {
  landOrAbandon(*thread, ++thread->copyGroup);
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::copyFunctions() {
  static const RuntimeFunction functions[] = {
      {"copyAsync", reinterpret_cast<void *>(copyAsync)},
      {"commitCopies", reinterpret_cast<void *>(commitCopies)},
      {"waitForCopies", reinterpret_cast<void *>(waitForCopies)},
      {"waitForAllCopies", reinterpret_cast<void *>(waitForAllCopies)}};
  return functions;
}
