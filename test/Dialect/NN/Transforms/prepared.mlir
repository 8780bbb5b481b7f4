// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-clone-prepared | FileCheck %s --check-prefix=CLONE
// RUN: sinter-opt %s --pass-pipeline='builtin.module(nn-clone-prepared,func.func(nn-orient-contractions),nn-hoist-preparation)' | FileCheck %s

// CHECK:      nn.segment "b" parameter : tensor<128xf32> at 4160
// CHECK-NEXT: nn.segment "prepared.valid" prepared : tensor<i64> at 4672
// CHECK-DAG:  nn.segment "prepared.w" prepared : tensor<8x128xf32>
// CHECK-DAG:  nn.segment "prepared.b" prepared : tensor<128xf32>
// CHECK-NOT:  nn.segment
nn.state @Net bytes 4672 {
  nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "w" parameter : tensor<128x8xf32> at 64
  nn.segment "b" parameter : tensor<128xf32> at 4160
}

// One row: along the sum by itself, in columns if the weights are laid out for nothing. What takes no work stays in the call.
// CLONE-LABEL: func.func @one
// CLONE-LABEL: func.func @one$prepared
// CLONE-SAME:    nn.prepared
// CHECK-LABEL: func.func @one(
// CHECK-NOT:     nn.transpose
// CHECK:         nn.exp
// CHECK-LABEL: func.func @one$prepared
// CHECK-NEXT:    %[[W:.*]] = nn.get_segment @Net "prepared.w" : tensor<8x128xf32>
// CHECK-NEXT:    %[[B:.*]] = nn.get_segment @Net "b" : tensor<128xf32>
// CHECK-NEXT:    nn.matmul %arg0, %[[W]] : tensor<1x8xf32>, tensor<8x128xf32>
// CHECK-NEXT:    nn.add %[[B]], %[[B]]
// CHECK-NEXT:    %[[E:.*]] = nn.get_segment @Net "prepared.b" : tensor<128xf32>
// CHECK-NEXT:    nn.add
// CHECK-NEXT:    nn.mul %{{.*}}, %[[E]]
func.func @one(%x: tensor<1x8xf32>) -> tensor<1x128xf32> attributes {nn.entry = "one", nn.state = @Net, nn.dims = {}} {
  %w = nn.get_segment @Net "w" : tensor<128x8xf32>
  %b = nn.get_segment @Net "b" : tensor<128xf32>
  %0 = nn.matmul %x, %w transpose_b : tensor<1x8xf32>, tensor<128x8xf32>
  %1 = nn.add %b, %b : tensor<128xf32>, tensor<128xf32>
  %2 = nn.exp %b : tensor<128xf32>
  %3 = nn.add %0, %1 : tensor<1x128xf32>, tensor<128xf32>
  %4 = nn.mul %3, %2 : tensor<1x128xf32>, tensor<128xf32>
  return %4 : tensor<1x128xf32>
}

// The same segment as of @one.
// CHECK-LABEL: func.func @many(
// CHECK:         nn.transpose
// CHECK-LABEL: func.func @many$prepared
// CHECK:         %[[W:.*]] = nn.get_segment @Net "prepared.w" : tensor<8x128xf32>
// CHECK:         nn.matmul %arg0, %[[W]] : tensor<64x8xf32>, tensor<8x128xf32>
func.func @many(%x: tensor<64x8xf32>) -> tensor<64x128xf32> attributes {nn.entry = "many", nn.state = @Net, nn.dims = {}} {
  %w = nn.get_segment @Net "w" : tensor<128x8xf32>
  %0 = nn.matmul %x, %w transpose_b : tensor<64x8xf32>, tensor<128x8xf32>
  return %0 : tensor<64x128xf32>
}

// Nothing to hoist: what is returned is computed in the call.
// CHECK-LABEL: func.func @nothing(
// CHECK-NOT:   @nothing$prepared
func.func @nothing() -> tensor<128xf32> attributes {nn.entry = "nothing", nn.state = @Net, nn.dims = {}} {
  %b = nn.get_segment @Net "b" : tensor<128xf32>
  %0 = nn.exp %b : tensor<128xf32>
  return %0 : tensor<128xf32>
}

// CLONE-LABEL: func.func @update
// CLONE-NOT:   @update$prepared
// CHECK-LABEL: func.func @update
// CHECK:         %[[Z:.*]] = nn.constant dense<0> : tensor<i64>
// CHECK:         nn.set_segment @Net "prepared.valid" %[[Z]]
func.func @update() attributes {nn.entry = "update", nn.state = @Net, nn.dims = {}} {
  %b = nn.get_segment @Net "b" : tensor<128xf32>
  %0 = nn.exp %b : tensor<128xf32>
  nn.set_segment @Net "b" %0 : tensor<128xf32>
  return
}

// CHECK-LABEL: func.func @Net.prepare() attributes {nn.dims = {}, nn.entry = "Net.prepare", nn.generated = "prepare", nn.state = @Net}
// CHECK-DAG:     nn.transpose
// CHECK-DAG:     nn.exp
// CHECK-DAG:     nn.set_segment @Net "prepared.w" {{.*}} : tensor<8x128xf32>
// CHECK-DAG:     nn.set_segment @Net "prepared.b" {{.*}} : tensor<128xf32>
// CHECK:         nn.set_segment @Net "prepared.valid" {{.*}} : tensor<i64>
