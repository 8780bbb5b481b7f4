// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registers that a call preserves are kept on the stack that is left.
#include "Fiber.h"
#include <cstdint>

using namespace sinter::ptx;

extern "C" void sinterPtxStart();

#if defined(__x86_64__)
asm(R"(
  .text
  .globl sinterPtxSwitchStack
  .type sinterPtxSwitchStack,@function
sinterPtxSwitchStack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
  .size sinterPtxSwitchStack, . - sinterPtxSwitchStack

  .globl sinterPtxStart
  .type sinterPtxStart,@function
sinterPtxStart:
  mov %rbx, %rdi
  call *%rbp
  ud2
  .size sinterPtxStart, . - sinterPtxStart
)");

void *sinter::ptx::prepareStack(char *top, void (*entry)(void *),
                                void *argument) {
  auto *stack = reinterpret_cast<uint64_t *>(uint64_t(top) & ~uint64_t(15));
  *--stack = 0; // the return address of sinterPtxStart, for alignment
  *--stack = 0;
  *--stack = reinterpret_cast<uint64_t>(sinterPtxStart);
  *--stack = reinterpret_cast<uint64_t>(entry);    // rbp
  *--stack = reinterpret_cast<uint64_t>(argument); // rbx
  for (int i = 0; i < 4; ++i)
    *--stack = 0; // r12 to r15
  return stack;
}
#elif defined(__aarch64__)
asm(R"(
  .text
  .globl sinterPtxSwitchStack
  .type sinterPtxSwitchStack,%function
sinterPtxSwitchStack:
  sub sp, sp, #160
  stp x19, x20, [sp]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size sinterPtxSwitchStack, . - sinterPtxSwitchStack

  .globl sinterPtxStart
  .type sinterPtxStart,%function
sinterPtxStart:
  mov x0, x19
  blr x20
  brk #0
  .size sinterPtxStart, . - sinterPtxStart
)");

void *sinter::ptx::prepareStack(char *top, void (*entry)(void *),
                                void *argument) {
  auto *stack =
      reinterpret_cast<uint64_t *>(uint64_t(top) & ~uint64_t(15)) - 20;
  for (int i = 0; i < 20; ++i)
    stack[i] = 0;
  stack[0] = reinterpret_cast<uint64_t>(argument);        // x19
  stack[1] = reinterpret_cast<uint64_t>(entry);           // x20
  stack[11] = reinterpret_cast<uint64_t>(sinterPtxStart); // x30
  return stack;
}
#else
#error "expected a machine whose calling convention is known here"
#endif
