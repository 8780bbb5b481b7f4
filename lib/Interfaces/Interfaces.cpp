// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Definitions that TableGen makes of the interfaces.

#include "sinter/Interfaces/Interfaces.h"

#include "sinter/Interfaces/OpInterfaces.cpp.inc"
#include "sinter/Interfaces/TypeInterfaces.cpp.inc"
