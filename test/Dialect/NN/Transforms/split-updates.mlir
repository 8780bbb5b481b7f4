// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-split-updates="min-elements=64" | FileCheck %s

nn.state @Net bytes 1216 {
  nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "trainer.lr" header : tensor<f64> at 8
  nn.segment "table" parameter : tensor<16x8xf32> at 64
  nn.segment "bias" parameter : tensor<16xf32> at 576
  nn.segment "optimizer.momentum_buffer.table" optimizer : tensor<16x8xf32> at 640
  nn.segment "optimizer.momentum_buffer.bias" optimizer : tensor<16xf32> at 1152
}

// Each segment by itself, through what scales and limits the gradients.
// CHECK-LABEL: func.func @split
// CHECK:       %[[G:.+]] = nn.scatter_add
// CHECK-NOT:   {{pack|set}}_run
// CHECK:       %[[A:.+]] = nn.mul %[[G]], %arg2 : tensor<16x8xf32>, tensor<f32>
// CHECK:       %[[P:.+]] = nn.get_segment @Net "table" : tensor<16x8xf32>
// CHECK:       %[[M:.+]] = nn.get_segment @Net "optimizer.momentum_buffer.table" : tensor<16x8xf32>
// CHECK:       %[[Q:.+]], %[[N:.+]] = nn.sgd %[[P]], %[[A]], %[[M]], {{.*}} -> (tensor<16x8xf32>, tensor<16x8xf32>)
// CHECK:       nn.set_segment @Net "table" %[[Q]]
// CHECK:       nn.set_segment @Net "optimizer.momentum_buffer.table" %[[N]]
// CHECK:       %[[B:.+]] = nn.mul %arg3, %arg2 : tensor<16xf32>, tensor<f32>
// CHECK:       nn.get_segment @Net "bias" : tensor<16xf32>
// CHECK:       nn.set_segment @Net "bias"
// CHECK:       nn.set_segment @Net "optimizer.momentum_buffer.bias"
// CHECK-NEXT:  return
func.func @split(%u: tensor<4x8xf32>, %i: tensor<4x8xi64>, %scale: tensor<f32>, %h: tensor<16xf32>) attributes {nn.state = @Net} {
  %g = nn.scatter_add %u, %i along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %r = nn.pack_run @Net %g, %h : tensor<16x8xf32>, tensor<16xf32> to tensor<144xf32>
  %a = nn.mul %r, %scale : tensor<144xf32>, tensor<f32>
  %p = nn.get_run @Net "parameter" : tensor<144xf32>
  %m = nn.get_run @Net "optimizer.momentum_buffer" : tensor<144xf32>
  %lr = nn.get_segment @Net "trainer.lr" : tensor<f64>
  %step = nn.get_segment @Net "trainer.step" : tensor<i64>
  %q, %n = nn.sgd %p, %a, %m, %lr, %step, %lr {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 0, 0>}
      : (tensor<144xf32>, tensor<144xf32>, tensor<144xf32>, tensor<f64>, tensor<i64>, tensor<f64>) -> (tensor<144xf32>, tensor<144xf32>)
  nn.set_run @Net "parameter" %q : tensor<144xf32>
  nn.set_run @Net "optimizer.momentum_buffer" %n : tensor<144xf32>
  return
}

// A norm needs all gradients at once.
// CHECK-LABEL: func.func @norm
// CHECK:       nn.set_run @Net "parameter"
func.func @norm(%u: tensor<4x8xf32>, %i: tensor<4x8xi64>, %h: tensor<16xf32>) attributes {nn.state = @Net} {
  %g = nn.scatter_add %u, %i along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %r = nn.pack_run @Net %g, %h : tensor<16x8xf32>, tensor<16xf32> to tensor<144xf32>
  %c, %norm = nn.clip_by_norm %r max 1.0 p 2.0 : tensor<144xf32>
  %p = nn.get_run @Net "parameter" : tensor<144xf32>
  %q = nn.sub %p, %c : tensor<144xf32>, tensor<144xf32>
  nn.set_run @Net "parameter" %q : tensor<144xf32>
  return
}

// What a dense gradient is added to is dense; more updates than rows are, too.
// CHECK-LABEL: func.func @dense
// CHECK:       nn.set_run @Net "parameter"
func.func @dense(%u: tensor<4x8xf32>, %i: tensor<4x8xi64>, %d: tensor<16x8xf32>, %h: tensor<16xf32>) attributes {nn.state = @Net} {
  %s = nn.scatter_add %u, %i along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %g = nn.add %s, %d : tensor<16x8xf32>, tensor<16x8xf32>
  %r = nn.pack_run @Net %g, %h : tensor<16x8xf32>, tensor<16xf32> to tensor<144xf32>
  %p = nn.get_run @Net "parameter" : tensor<144xf32>
  %q = nn.sub %p, %r : tensor<144xf32>, tensor<144xf32>
  nn.set_run @Net "parameter" %q : tensor<144xf32>
  return
}
// CHECK-LABEL: func.func @many
// CHECK:       nn.set_run @Net "parameter"
func.func @many(%u: tensor<20x8xf32>, %i: tensor<20x8xi64>, %h: tensor<16xf32>) attributes {nn.state = @Net} {
  %g = nn.scatter_add %u, %i along 0 : tensor<20x8xf32>, tensor<20x8xi64> to tensor<16x8xf32>
  %r = nn.pack_run @Net %g, %h : tensor<16x8xf32>, tensor<16xf32> to tensor<144xf32>
  %p = nn.get_run @Net "parameter" : tensor<144xf32>
  %q = nn.sub %p, %r : tensor<144xf32>, tensor<144xf32>
  nn.set_run @Net "parameter" %q : tensor<144xf32>
  return
}
