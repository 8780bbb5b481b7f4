// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-decompose --split-input-file --verify-diagnostics | FileCheck %s

// The first momentum is the gradient, without dampening.
// CHECK-LABEL: func.func @sgd
// CHECK-SAME: %[[P:[^:]*]]: tensor<9xf32>, %[[G:[^:]*]]: tensor<9xf32>, %[[B:[^:]*]]: tensor<9xf32>, %[[LR:[^:]*]]: tensor<f64>, %[[STEP:[^:]*]]: tensor<i64>
// CHECK: %[[MOVED:.*]] = nn.add
// CHECK: %[[FIRST:.*]] = nn.compare {{ *}}eq %[[STEP]]
// CHECK: %[[NEW:.*]] = nn.select %[[FIRST]], %[[G]], %[[MOVED]]
// CHECK: %[[RATE:.*]] = nn.cast %[[LR]] : tensor<f64> to tensor<f32>
// CHECK: %[[CHANGE:.*]] = nn.mul %[[NEW]], %[[RATE]]
// CHECK: %[[RESULT:.*]] = nn.sub %[[P]], %[[CHANGE]]
// CHECK: return %[[RESULT]], %[[NEW]]
func.func @sgd(%p: tensor<9xf32>, %g: tensor<9xf32>, %b: tensor<9xf32>, %lr: tensor<f64>, %step: tensor<i64>, %m: tensor<f64>, %d: tensor<f64>) -> (tensor<9xf32>, tensor<9xf32>) {
  %0:2 = "nn.sgd"(%p, %g, %b, %lr, %step, %m, %d) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 1, 0>}> : (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<f64>) -> (tensor<9xf32>, tensor<9xf32>)
  return %0#0, %0#1 : tensor<9xf32>, tensor<9xf32>
}

// -----

func.func @sgd_without_momentum(%p: tensor<9xf32>, %g: tensor<9xf32>, %b: tensor<9xf32>, %lr: tensor<f64>, %step: tensor<i64>) -> tensor<9xf32> {
  // expected-error@+1 {{expected a momentum for the momentum buffer, but got none}}
  %0:2 = "nn.sgd"(%p, %g, %b, %lr, %step) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 0>}> : (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<f64>, tensor<i64>) -> (tensor<9xf32>, tensor<9xf32>)
  return %0#0 : tensor<9xf32>
}

// -----

// The bias corrections are f64 scalars; AdamW scales the parameters.
// CHECK-LABEL: func.func @adamw
// CHECK-SAME: %[[P:[^:]*]]: tensor<9xf32>, %[[G:[^:]*]]: tensor<9xf32>
// CHECK: %[[DECAY:.*]] = nn.cast %{{.*}} : tensor<f64> to tensor<f32>
// CHECK: %[[DECAYED:.*]] = nn.mul %[[P]], %[[DECAY]]
// CHECK: nn.pow %{{.*}} : tensor<f64>, tensor<f64>
// CHECK: nn.pow %{{.*}} : tensor<f64>, tensor<f64>
// CHECK: %[[QUOTIENT:.*]] = nn.div %{{.*}} : tensor<9xf32>, tensor<9xf32>
// CHECK: nn.sub %[[DECAYED]], %[[QUOTIENT]]
func.func @adamw(%p: tensor<9xf32>, %g: tensor<9xf32>, %m: tensor<9xf32>, %v: tensor<9xf32>, %s: tensor<f64>, %step: tensor<i64>) -> tensor<9xf32> {
  %0:3 = "nn.adam"(%p, %g, %m, %v, %s, %step, %s, %s, %s, %s) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1>, decoupled}> : (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>) -> (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>)
  return %0#0 : tensor<9xf32>
}

// -----

// The learning rate is divided as in PyTorch: (lr * gradient) / denominator.
// CHECK-LABEL: func.func @rmsprop
// CHECK-SAME: %[[P:[^:]*]]: tensor<9xf32>, %[[G:[^:]*]]: tensor<9xf32>
// CHECK: %[[ROOT:.*]] = nn.sqrt
// CHECK: %[[DENOMINATOR:.*]] = nn.add %[[ROOT]]
// CHECK: %[[SCALED:.*]] = nn.mul %[[G]], %{{.*}} : tensor<9xf32>, tensor<f32>
// CHECK: %[[CHANGE:.*]] = nn.div %[[SCALED]], %[[DENOMINATOR]]
// CHECK: nn.sub %[[P]], %[[CHANGE]]
func.func @rmsprop(%p: tensor<9xf32>, %g: tensor<9xf32>, %v: tensor<9xf32>, %s: tensor<f64>) -> tensor<9xf32> {
  %0:2 = "nn.rmsprop"(%p, %g, %v, %s, %s, %s) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1, 1, 0, 0>}> : (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<f64>, tensor<f64>, tensor<f64>) -> (tensor<9xf32>, tensor<9xf32>)
  return %0#0 : tensor<9xf32>
}

// -----

// CHECK-LABEL: func.func @adagrad
// CHECK: %[[SQUARE:.*]] = nn.mul %[[G:.*]], %[[G]] : tensor<9xf32>, tensor<9xf32>
// CHECK: %[[SUM:.*]] = nn.add %{{.*}}, %[[SQUARE]]
// CHECK: nn.sqrt %[[SUM]]
func.func @adagrad(%p: tensor<9xf32>, %g: tensor<9xf32>, %a: tensor<9xf32>, %s: tensor<f64>, %step: tensor<i64>) -> tensor<9xf32> {
  %0:2 = "nn.adagrad"(%p, %g, %a, %s, %step, %s) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 0, 0>}> : (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>, tensor<f64>, tensor<i64>, tensor<f64>) -> (tensor<9xf32>, tensor<9xf32>)
  return %0#0 : tensor<9xf32>
}

// -----

// CHECK-LABEL: func.func @clip
// CHECK: %[[ABS:.*]] = nn.abs
// CHECK: %[[NORM:.*]] = nn.amax %[[ABS]] over [0]
// CHECK: %[[ONE:.*]] = nn.constant dense<1.000000e+00>
// CHECK: %[[FACTOR:.*]] = nn.minimum %{{.*}}, %[[ONE]]
// CHECK: %[[CLIPPED:.*]] = nn.mul %{{.*}}, %[[FACTOR]]
// CHECK: return %[[CLIPPED]], %[[NORM]]
func.func @clip(%g: tensor<9xf32>) -> (tensor<9xf32>, tensor<f32>) {
  %0:2 = nn.clip_by_norm %g max 0.5 p 0x7FF0000000000000 : tensor<9xf32>
  return %0#0, %0#1 : tensor<9xf32>, tensor<f32>
}

// -----

func.func @clip_negative(%g: tensor<9xf32>) -> tensor<9xf32> {
  // expected-error@+1 {{expected a positive norm type, but got -1}}
  %0:2 = nn.clip_by_norm %g max 0.5 p -1.0 : tensor<9xf32>
  return %0#0 : tensor<9xf32>
}
