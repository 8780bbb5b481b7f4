// RUN: sinter-opt %s --nn-pipeline-to="from=loops phase=llvm" | FileCheck %s
// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Operands of a kernel are bare pointers that do not overlap; the kernel itself is internal.
// CHECK-LABEL: llvm.func internal @kernel
// CHECK-SAME:    %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64
// CHECK:         llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
// CHECK:         llvm.store %{{.*}} {alignment = 4 : i64} : vector<16xf32>
func.func private @kernel(%x: memref<32xf32>, %y: memref<32xf32>, %begin: index, %end: index)
    attributes {sinter.kernel} {
  %0 = vector.load %x[%begin] : memref<32xf32>, vector<16xf32>
  vector.store %0, %y[%begin] : memref<32xf32>, vector<16xf32>
  return
}

// CHECK-LABEL: llvm.func internal @bools
// CHECK:         %[[BYTES:.*]] = llvm.load %{{.*}} {alignment = 1 : i64} : !llvm.ptr -> vector<8xi8>
// CHECK:         llvm.trunc %[[BYTES]] : vector<8xi8> to vector<8xi1>
// CHECK:         llvm.zext %{{.*}} : vector<8xi1> to vector<8xi8>
func.func private @bools(%x: memref<8xi1>, %y: memref<8xi1>) attributes {sinter.kernel} {
  %c0 = arith.constant 0 : index
  %0 = vector.load %x[%c0] : memref<8xi1>, vector<8xi1>
  vector.store %0, %y[%c0] : memref<8xi1>, vector<8xi1>
  return
}

// Scratch inside of a loop is allocated once.
// CHECK-LABEL: llvm.func internal @scratch
// CHECK:         llvm.alloca
// CHECK:         llvm.cond_br
// CHECK-NOT:     llvm.alloca
func.func private @scratch(%x: memref<8xf32>, %n: index) attributes {sinter.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %0 = memref.alloca() : memref<4xf32>
    %1 = memref.load %0[%c0] : memref<4xf32>
    memref.store %1, %x[%i] : memref<8xf32>
  }
  return
}

// What has no exact instruction is called; what has is not.
// CHECK-LABEL: llvm.func internal @libm
// CHECK:         llvm.call @expm1
// CHECK:         llvm.intr.sqrt
func.func private @libm(%x: memref<f64>) attributes {sinter.kernel} {
  %0 = memref.load %x[] : memref<f64>
  %1 = math.expm1 %0 : f64
  %2 = math.sqrt %1 : f64
  memref.store %2, %x[] : memref<f64>
  return
}

// CHECK-LABEL: llvm.func @already_lowered
// CHECK:         llvm.return
llvm.func @already_lowered() {
  llvm.return
}
