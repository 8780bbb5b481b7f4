// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: sinter-opt %s --nn-fold-batch-norms --split-input-file --verify-diagnostics | FileCheck %s

nn.state @Net bytes 4096 {
  nn.segment "w" parameter : tensor<4x3x3x3xf32> at 64
  nn.segment "b" parameter : tensor<4xf32> at 512
  nn.segment "gamma" parameter : tensor<4xf32> at 576
  nn.segment "v" parameter : tensor<4x5xf32> at 640
  nn.segment "beta" frozen : tensor<4xf32> at 768
  nn.segment "mean" buffer : tensor<4xf32> at 832
  nn.segment "variance" buffer : tensor<4xf32> at 896
  nn.segment "moving" buffer : tensor<4xf32> at 960
}

// CHECK-LABEL: func.func @convolution
// CHECK-DAG:   %[[W:.*]] = nn.get_segment @Net "w"
// CHECK-DAG:   %[[B:.*]] = nn.get_segment @Net "b"
// CHECK-DAG:   %[[M:.*]] = nn.get_segment @Net "mean"
// CHECK-DAG:   %[[V:.*]] = nn.get_segment @Net "variance"
// CHECK-DAG:   %[[G:.*]] = nn.get_segment @Net "gamma"
// CHECK-DAG:   %[[C:.*]] = nn.get_segment @Net "beta"
// CHECK:       nn.add %[[V]]
// CHECK:       nn.sqrt
// CHECK:       %[[I:.*]] = nn.div
// CHECK:       %[[S:.*]] = nn.mul %[[I]], %[[G]]
// CHECK:       %[[D:.*]] = nn.sub %[[B]], %[[M]]
// CHECK:       %[[E:.*]] = nn.mul %[[D]], %[[S]]
// CHECK:       %[[T:.*]] = nn.add %[[E]], %[[C]]
// CHECK:       %[[R:.*]] = nn.reshape %[[S]] : tensor<4xf32> to tensor<4x1x1x1xf32>
// CHECK:       %[[P:.*]] = nn.mul %[[W]], %[[R]]
// CHECK:       %[[Y:.*]] = nn.convolution %arg0, %[[P]] bias %[[T]] strides [1, 1]
// CHECK-NEXT:  return %[[Y]]
func.func @convolution(%x: tensor<2x3x8x8xf32>) -> tensor<2x4x8x8xf32> attributes {nn.state = @Net} {
  %w = nn.get_segment @Net "w" : tensor<4x3x3x3xf32>
  %b = nn.get_segment @Net "b" : tensor<4xf32>
  %0 = nn.convolution %x, %w bias %b strides [1, 1] dilations [1, 1] spread [1, 1] low [1, 1] high [1, 1] groups 1 : tensor<2x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>
  %m = nn.get_segment @Net "mean" : tensor<4xf32>
  %v = nn.get_segment @Net "variance" : tensor<4xf32>
  %g = nn.get_segment @Net "gamma" : tensor<4xf32>
  %c = nn.get_segment @Net "beta" : tensor<4xf32>
  %y:5 = nn.batch_norm %0 running %m, %v weight %g bias %c {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>, weight tensor<4xf32>, bias tensor<4xf32>
  return %y#0 : tensor<2x4x8x8xf32>
}

// Without biases and weights of either.
// CHECK-LABEL: func.func @linear
// CHECK:       %[[M:.*]] = nn.get_segment @Net "mean"
// CHECK:       %[[S:.*]] = nn.div
// CHECK-NEXT:  %[[N:.*]] = nn.neg %[[M]]
// CHECK-NEXT:  %[[T:.*]] = nn.mul %[[N]], %[[S]]
// CHECK:       nn.linear %arg0, %{{.*}} bias %[[T]]
// CHECK-NOT:   nn.batch_norm
func.func @linear(%x: tensor<2x5xf32>) -> tensor<2x4xf32> attributes {nn.state = @Net} {
  %w = nn.get_segment @Net "v" : tensor<4x5xf32>
  %0 = nn.linear %x, %w : tensor<2x5xf32>, tensor<4x5xf32>
  %m = nn.get_segment @Net "mean" : tensor<4xf32>
  %v = nn.get_segment @Net "variance" : tensor<4xf32>
  %y:5 = nn.batch_norm %0 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  return %y#0 : tensor<2x4xf32>
}

// By the batch's own statistics there is nothing to fold, and nothing to say beside the others.
// CHECK-LABEL: func.func @training
// CHECK:       nn.batch_norm
func.func @training(%x: tensor<2x5xf32>) -> tensor<2x4xf32> attributes {nn.state = @Net} {
  %w = nn.get_segment @Net "v" : tensor<4x5xf32>
  %0 = nn.linear %x, %w : tensor<2x5xf32>, tensor<4x5xf32>
  %m = nn.get_segment @Net "mean" : tensor<4xf32>
  %v = nn.get_segment @Net "variance" : tensor<4xf32>
  %y:5 = nn.batch_norm %0 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = true} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  return %y#0 : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @reasons
// CHECK-COUNT-5: nn.batch_norm
func.func @reasons(%x: tensor<2x5xf32>, %z: tensor<2x4x5xf32>, %u: tensor<4x5xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x4xf32>, tensor<4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) attributes {nn.state = @Net} {
  %w = nn.get_segment @Net "v" : tensor<4x5xf32>
  %m = nn.get_segment @Net "mean" : tensor<4xf32>
  %v = nn.get_segment @Net "variance" : tensor<4xf32>
  %0 = nn.linear %x, %w : tensor<2x5xf32>, tensor<4x5xf32>
  // expected-warning @+1 {{--fold has no effect here: its input has other readers}}
  %a:5 = nn.batch_norm %0 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  %1 = nn.linear %z, %w : tensor<2x4x5xf32>, tensor<4x5xf32>
  // expected-warning @+1 {{--fold has no effect here: its channels are not those of the linear layer}}
  %b:5 = nn.batch_norm %1 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4x4xf32>, tensor<4xf32>, tensor<4xf32>
  %2 = nn.linear %x, %w : tensor<2x5xf32>, tensor<4x5xf32>
  // expected-warning @+1 {{--fold has no effect here: a gradient needs its input}}
  %c:5 = nn.batch_norm %2 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  %3 = nn.linear %x, %u : tensor<2x5xf32>, tensor<4x5xf32>
  // expected-warning @+1 {{--fold has no effect here: what it is made of changes in evaluation}}
  %d:5 = nn.batch_norm %3 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  %x4 = nn.relu %0 : tensor<2x4xf32>
  %4 = nn.relu %x4 : tensor<2x4xf32>
  // expected-warning @+1 {{--fold has no effect here: its input is no result of a convolution or a linear layer}}
  %e:5 = nn.batch_norm %4 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  return %0, %a#0, %b#0, %c#3, %d#0, %e#0 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x4xf32>, tensor<4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// A buffer that this entry moves.
// CHECK-LABEL: func.func @moves
// CHECK:       nn.batch_norm
func.func @moves(%x: tensor<2x5xf32>) -> tensor<2x4xf32> attributes {nn.state = @Net} {
  %w = nn.get_segment @Net "v" : tensor<4x5xf32>
  %m = nn.get_segment @Net "moving" : tensor<4xf32>
  %v = nn.get_segment @Net "variance" : tensor<4xf32>
  %n = nn.add %m, %m : tensor<4xf32>, tensor<4xf32>
  nn.set_segment @Net "moving" %n : tensor<4xf32>
  %0 = nn.linear %x, %w : tensor<2x5xf32>, tensor<4x5xf32>
  // expected-warning @+1 {{--fold has no effect here: what it is made of changes in evaluation}}
  %y:5 = nn.batch_norm %0 running %m, %v {eps = 1.0e-05 : f64, momentum = 1.0e-01 : f64, training = false} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  return %y#0 : tensor<2x4xf32>
}

// -----

// expected-warning @+1 {{--fold has no effect: no entry evaluates a batch norm by its running statistics}}
module {
func.func @none(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  return %x : tensor<2x5xf32>
}
}
