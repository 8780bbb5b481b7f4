// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry per op with a gradient, at the values that the op meets; inner gradients are expanded before.
// RUN: sinter-opt %s --nn-isolate-gradients | FileCheck %s

nn.state @S bytes 128 {
  nn.segment "w" parameter : tensor<4xf32> at 64
}

// CHECK-LABEL: func.func @f(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "value0"},
// CHECK-SAME: tensor<4xf32> {nn.name = "value1"}, tensor<4xf32> {nn.name = "value2"}, tensor<4xf32> {nn.name = "value3"},
// CHECK-SAME: tensor<4xf32> {nn.name = "value4"}) attributes {nn.dims = {}, nn.entry = "f", nn.state = @S}
// CHECK: %[[W:.*]] = nn.get_segment
// CHECK: %[[E:.*]] = nn.exp %[[X]]
// CHECK: %[[M:.*]] = nn.mul %[[E]], %[[W]]
// CHECK: %[[T:.*]] = nn.mul %[[M]],
// CHECK: return %[[X]], %[[E]], %[[W]], %[[M]], %[[T]]
func.func @f(%x: tensor<4xf32> {nn.name = "x"}) -> (tensor<f32> {nn.name = "y"}, tensor<4xf32> {nn.name = "grad.input.x"})
    attributes {nn.entry = "f", nn.state = @S, nn.dims = {}} {
  %two = nn.constant dense<2.0> : tensor<f32>
  %w = nn.get_segment @S "w" : tensor<4xf32>
  %0 = nn.exp %x : tensor<4xf32>
  %1 = nn.mul %0, %w : tensor<4xf32>, tensor<4xf32>
  %2 = nn.mul %1, %two : tensor<4xf32>, tensor<f32>
  %3 = nn.sum %2 over [0] : tensor<4xf32>
  %g = nn.gradient %3 wrt %x : tensor<f32>, tensor<4xf32>
  return %3, %g : tensor<f32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @f.op0.0.nn.exp(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32> {nn.name = "0.value0"}, %[[C:.*]]: tensor<4xf32> {nn.name = "cotangent.0"})
// CHECK-SAME: -> (tensor<4xf32> {nn.name = "output.0"}, tensor<4xf32> {nn.name = "grad.input.0.value0"})
// CHECK: %[[Y:.*]] = nn.exp %[[A]]
// CHECK: %[[P:.*]] = nn.mul %[[Y]], %[[C]]
// CHECK: %[[S:.*]] = nn.sum %[[P]] over [0]
// CHECK: %[[G:.*]] = nn.gradient %[[S]] wrt %[[A]]
// CHECK: return %[[Y]], %[[G]]

// CHECK-LABEL: func.func @f.op0.1.nn.mul(
// CHECK-SAME: {nn.name = "0.value1"}, %{{.*}}: tensor<4xf32> {nn.name = "1.value2"}
// A constant stays inside.
// CHECK-LABEL: func.func @f.op0.2.nn.mul(
// CHECK: nn.constant dense<2.0
// CHECK-LABEL: func.func @f.op0.3.nn.sum(

// Of two gradients the first is expanded and is part of the path of the second; both operands are the same value.
// CHECK-LABEL: func.func @twice(
// CHECK-NOT: nn.gradient
// CHECK: return
// CHECK: func.func @twice.op0.0.nn.mul(%{{.*}}: tensor<f32> {nn.name = "0.value0"}, %{{.*}}: tensor<f32> {nn.name = "1.value0"}, {{.*}}"cotangent.0"})
// CHECK-SAME: {nn.name = "grad.input.0.value0"}, tensor<f32> {nn.name = "grad.input.1.value0"}
func.func @twice(%x: tensor<f32> {nn.name = "x"}) -> (tensor<f32> {nn.name = "y"})
    attributes {nn.entry = "twice", nn.state = @S, nn.dims = {}} {
  %0 = nn.mul %x, %x : tensor<f32>, tensor<f32>
  %1 = nn.mul %0, %x : tensor<f32>, tensor<f32>
  %2 = nn.gradient %1 wrt %x : tensor<f32>, tensor<f32>
  %3 = nn.gradient %2 wrt %x : tensor<f32>, tensor<f32>
  return %3 : tensor<f32>
}
