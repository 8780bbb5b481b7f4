// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --split-input-file --nn-pipeline-to="phase=kernels" | FileCheck %s --check-prefix=KERNELS
// RUN: sinter-opt %s --split-input-file --nn-pipeline-to="phase=llvm" | FileCheck %s
// RUN: sinter-opt %s --split-input-file --nn-pipeline-to="phase=llvm" | FileCheck %s --check-prefix=TURNS

module attributes {nn.model = "net"} {
  // KERNELS-LABEL: func.func @f
  // KERNELS-SAME: (%[[A0:.*]]: memref<0xi8> {nn.role = "state"}, %[[A1:.*]]: memref<16xf32> {nn.name = "h", nn.role = "input"}, %[[A2:.*]]: memref<5x16xf32> {nn.name = "xs", nn.role = "input"}, %[[A3:.*]]: memref<5x16xf32> {nn.result = "r", nn.role = "result"}, %[[A4:.*]]: memref<384xi8> {nn.role = "workspace"})
  // KERNELS-NEXT: %[[V0:.*]] = nn.buffer_view %[[A4]] at 320 : memref<384xi8> to memref<16xf32>
  // KERNELS-NEXT: nn.launch @copy_16xf32 tiles(1) (%[[A1]], %[[V0]])
  // KERNELS-NEXT: nn.loop 5 reverse {
  // KERNELS-NEXT: ^bb0(%[[V1:.*]]: index, %[[V2:.*]]: index):
  // KERNELS-NEXT: %[[V3:.*]] = nn.step_view %[[A4]] at 320 plus %[[V1]] times -64 : memref<384xi8> to memref<16xf32>
  // KERNELS-NEXT: %[[V4:.*]] = nn.step_view %[[A2]] at 0 plus %[[V2]] times 64 : memref<5x16xf32> to memref<16xf32>
  // KERNELS-NEXT: %[[V5:.*]] = nn.step_view %[[A4]] at 256 plus %[[V1]] times -64 : memref<384xi8> to memref<16xf32>
  // KERNELS-NEXT: nn.launch @mul_tanh_16 tiles(1) (%[[V3]], %[[V4]], %[[V5]])
  // KERNELS-NEXT: }
  // KERNELS-NEXT: %[[V6:.*]] = nn.buffer_view %[[A4]] at 0 : memref<384xi8> to memref<5x16xf32>
  // KERNELS-NEXT: nn.launch @copy_5x16xf32 tiles(1) (%[[V6]], %[[A3]])
  // KERNELS-NEXT: return
  func.func @f(%h: tensor<16xf32> {nn.name = "h"}, %xs: tensor<5x16xf32> {nn.name = "xs"}) -> (tensor<5x16xf32> {nn.name = "r"}) attributes {nn.entry = "f"} {
    %s:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) ys(tensor<5x16xf32>) {
      %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
      %1 = nn.tanh %0 : tensor<16xf32>
      nn.scan_yield carries(%1 : tensor<16xf32>) ys(%1 : tensor<16xf32>)
    }
    return %s#1 : tensor<5x16xf32>
  }
}

// One launch a step; slots follow the step, here backwards, slices the time.
// CHECK-LABEL: llvm.func internal @f.instance
// CHECK: ^[[HEAD:bb[0-9]+]](%[[S:.*]]: i64):
// CHECK-NEXT: %[[STEPS:.*]] = llvm.mlir.constant(5 : i64)
// CHECK-NEXT: %[[MORE:.*]] = llvm.icmp "slt" %[[S]], %[[STEPS]]
// CHECK-NEXT: llvm.cond_br %[[MORE]]
// CHECK: %[[LAST:.*]] = llvm.mlir.constant(4 : i64)
// CHECK: %[[T:.*]] = llvm.sub %[[LAST]], %[[S]]
// CHECK: %[[BACK:.*]] = llvm.mlir.constant(-64 : i64)
// CHECK: %[[AT_STEP:.*]] = llvm.mul %[[S]], %[[BACK]]
// CHECK: %[[H:.*]] = llvm.getelementptr %arg4[%[[AT_STEP]]]
// CHECK: %[[C:.*]] = llvm.getelementptr %[[H]][320]
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(64 : i64)
// CHECK: %[[AT_TIME:.*]] = llvm.mul %[[T]], %[[BYTES]]
// CHECK: %[[X:.*]] = llvm.getelementptr %{{.*}}[%[[AT_TIME]]]
// CHECK: %[[N:.*]] = llvm.getelementptr %[[H]][256]
// CHECK: %[[K:.*]] = llvm.mlir.addressof @mul_tanh_16 : !llvm.ptr
// CHECK: llvm.call %[[K]](%[[C]], %[[X]], %[[N]],
// CHECK: %[[NEXT:.*]] = llvm.add %[[S]], %{{.*}}
// CHECK-NEXT: llvm.br ^[[HEAD]](%[[NEXT]] : i64)

// -----

// Two slots in turn.
module attributes {nn.model = "turns"} {
  // TURNS-LABEL: llvm.func internal @g.instance
  // TURNS: %[[TWO:.*]] = llvm.mlir.constant(2 : i64)
  // TURNS: ^{{.*}}(%[[S:.*]]: i64):
  // TURNS: %[[REST:.*]] = llvm.urem %[[S]], %[[TWO]]
  // TURNS-NEXT: %[[BYTES:.*]] = llvm.mlir.constant(64 : i64)
  // TURNS-NEXT: %[[MOVED:.*]] = llvm.mul %[[REST]], %[[BYTES]]
  // TURNS-NEXT: llvm.getelementptr %arg4[%[[MOVED]]]
  func.func @g(%h: tensor<16xf32> {nn.name = "h"}, %xs: tensor<5x16xf32> {nn.name = "xs"}) -> (tensor<1x16xf32> {nn.name = "r"}) attributes {nn.entry = "g"} {
    %s = nn.scan %t to 5 inits(%c = %h : tensor<16xf32>) xs(%x = %xs : tensor<5x16xf32>) -> histories(tensor<6x16xf32>) {
      %0 = nn.mul %c, %x : tensor<16xf32>, tensor<16xf32>
      nn.scan_yield carries(%0 : tensor<16xf32>)
    }
    %r = nn.slice %s from [5, 0] to [6, 16] by [1, 1] : tensor<6x16xf32>
    return %r : tensor<1x16xf32>
  }
}
