// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vectors of bools in memory.
#ifndef SINTER_LIB_CODEGEN_CPU_LOWERING_BOOLMEMORY_H
#define SINTER_LIB_CODEGEN_CPU_LOWERING_BOOLMEMORY_H

namespace mlir {
class LLVMTypeConverter;
class RewritePatternSet;
} // namespace mlir

namespace sinter {

/// Loads and stores of vectors of i1 go through bytes of 0 and 1: LLVM packs
/// such vectors into bits, while a memref of i1 has a byte per element.
void populateBoolMemoryPatterns(const mlir::LLVMTypeConverter &converter,
                                mlir::RewritePatternSet &patterns);

} // namespace sinter
#endif
