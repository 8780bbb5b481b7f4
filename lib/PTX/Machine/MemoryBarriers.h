// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What copies and mbarriers know of each other.
#ifndef SINTER_PTX_MEMORYBARRIERS_H
#define SINTER_PTX_MEMORYBARRIERS_H

#include "Machine.h"

namespace sinter::ptx {

/// Lets the thread's copies of groups before `group` arrive. False: one cannot,
/// which has been reported.
bool landCopies(Thread &thread, uint32_t group);
/// Arrives at mbarriers for the copies that have landed. False likewise.
bool settleArrivals(Thread &thread);

} // namespace sinter::ptx
#endif
