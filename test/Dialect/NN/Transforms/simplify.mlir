// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-simplify | FileCheck %s

// CHECK-LABEL: func.func @splat_becomes_scalar
// CHECK: %[[C:.*]] = nn.constant dense<2.000000e+00> : tensor<f32>
// CHECK: nn.mul %arg0, %[[C]] : tensor<4x8xf32>, tensor<f32>
func.func @splat_becomes_scalar(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c = nn.constant dense<2.0> : tensor<4x8xf32>
  %0 = nn.mul %x, %c : tensor<4x8xf32>, tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @broadcast_goes
// CHECK-NOT: nn.broadcast
// CHECK: nn.add %arg0, %arg1 : tensor<4x8xf32>, tensor<8xf32>
func.func @broadcast_goes(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = nn.broadcast %b : tensor<8xf32> to tensor<4x8xf32>
  %1 = nn.add %x, %0 : tensor<4x8xf32>, tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// The result would lose its shape.
// CHECK-LABEL: func.func @broadcast_stays
// CHECK: %[[B:.*]] = nn.broadcast
// CHECK: nn.exp %[[B]]
func.func @broadcast_stays(%b: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = nn.broadcast %b : tensor<8xf32> to tensor<4x8xf32>
  %1 = nn.exp %0 : tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @transposes_become_flags
// CHECK: nn.matmul %arg0 transpose_a, %arg1 : tensor<3x4xf32>, tensor<3x5xf32>
func.func @transposes_become_flags(%a: tensor<3x4xf32>, %b: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %0 = nn.transpose %a [1, 0] : tensor<3x4xf32>
  %1 = nn.transpose %b [1, 0] : tensor<3x5xf32>
  %2 = nn.matmul %0, %1 transpose_b : tensor<4x3xf32>, tensor<5x3xf32>
  return %2 : tensor<4x5xf32>
}

// Equal ids are the same draw.
// CHECK-LABEL: func.func @common
// CHECK-COUNT-1: nn.random_uniform
// CHECK-NOT: nn.random_uniform
func.func @common(%seed: tensor<i64>, %step: tensor<i64>) -> tensor<4xf32> {
  %0 = nn.random_uniform %seed, %step id 7 : tensor<4xf32>
  %1 = nn.random_uniform %seed, %step id 7 : tensor<4xf32>
  %2 = nn.add %0, %1 : tensor<4xf32>, tensor<4xf32>
  return %2 : tensor<4xf32>
}

// What follows a product of flattened rows is computed before they get their
// dimensions back.
// CHECK-LABEL: func.func @after_reshaped_product
// CHECK: %[[P:.*]] = nn.matmul
// CHECK: %[[E:.*]] = nn.erf %[[P]] : tensor<6x5xf32>
// CHECK: %[[M:.*]] = nn.mul %[[P]], %[[E]] : tensor<6x5xf32>, tensor<6x5xf32>
// CHECK: %[[C:.*]] = nn.compare gt %[[M]], %{{.*}} : tensor<6x5xf32>, tensor<f32>
// CHECK: nn.reshape %[[C]] : tensor<6x5xi1> to tensor<2x3x5xi1>
func.func @after_reshaped_product(%x: tensor<6x4xf32>, %w: tensor<4x5xf32>) -> tensor<2x3x5xi1> {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %0 = nn.matmul %x, %w : tensor<6x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<6x5xf32> to tensor<2x3x5xf32>
  %2 = nn.erf %1 : tensor<2x3x5xf32>
  %3 = nn.mul %1, %2 : tensor<2x3x5xf32>, tensor<2x3x5xf32>
  %4 = nn.compare gt %3, %zero : tensor<2x3x5xf32>, tensor<f32>
  return %4 : tensor<2x3x5xi1>
}

// Other operands keep the shape: so does what has nothing to do with a product.
// CHECK-LABEL: func.func @reshapes_stay
// CHECK: nn.add {{.*}} : tensor<2x3x5xf32>, tensor<2x3x5xf32>
// CHECK: nn.exp {{.*}} : tensor<24xf32>
func.func @reshapes_stay(%x: tensor<6x4xf32>, %w: tensor<4x5xf32>, %y: tensor<2x3x5xf32>) -> (tensor<2x3x5xf32>, tensor<24xf32>) {
  %0 = nn.matmul %x, %w : tensor<6x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<6x5xf32> to tensor<2x3x5xf32>
  %2 = nn.add %1, %y : tensor<2x3x5xf32>, tensor<2x3x5xf32>
  %3 = nn.reshape %x : tensor<6x4xf32> to tensor<24xf32>
  %4 = nn.exp %3 : tensor<24xf32>
  return %2, %4 : tensor<2x3x5xf32>, tensor<24xf32>
}

// A bias has one element per column in either shape.
// CHECK-LABEL: func.func @bias_before_reshape
// CHECK: %[[S:.*]] = nn.add {{.*}} : tensor<6x5xf32>, tensor<5xf32>
// CHECK: nn.reshape %[[S]] : tensor<6x5xf32> to tensor<2x3x5xf32>
func.func @bias_before_reshape(%x: tensor<6x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>) -> tensor<2x3x5xf32> {
  %0 = nn.matmul %x, %w : tensor<6x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<6x5xf32> to tensor<2x3x5xf32>
  %2 = nn.add %1, %b : tensor<2x3x5xf32>, tensor<5xf32>
  return %2 : tensor<2x3x5xf32>
}

// Here its elements would be those of other columns.
// CHECK-LABEL: func.func @row_of_other_columns
// CHECK: nn.add {{.*}} : tensor<2x15xf32>, tensor<15xf32>
func.func @row_of_other_columns(%x: tensor<6x4xf32>, %w: tensor<4x5xf32>, %b: tensor<15xf32>) -> tensor<2x15xf32> {
  %0 = nn.matmul %x, %w : tensor<6x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<6x5xf32> to tensor<2x15xf32>
  %2 = nn.add %1, %b : tensor<2x15xf32>, tensor<15xf32>
  return %2 : tensor<2x15xf32>
}

// A slice of a slice, of a transposed tensor: what is not read is not moved.
// CHECK-LABEL: func.func @slices
// CHECK: nn.slice %arg0 from [3, 1] to [10, 4] by [6, 2] : tensor<12x8xf32>
// CHECK: %[[S:.*]] = nn.slice %arg1 from [2, 0, 1] to [3, 6, 4] by [1, 2, 1] : tensor<5x6x7xf32>
// CHECK: nn.transpose %[[S]] [2, 0, 1] : tensor<1x3x3xf32>
func.func @slices(%x: tensor<12x8xf32>, %y: tensor<5x6x7xf32>) -> (tensor<2x2xf32>, tensor<3x1x3xf32>) {
  %0 = nn.slice %x from [1, 1] to [11, 8] by [2, 1] : tensor<12x8xf32>
  %1 = nn.slice %0 from [1, 0] to [5, 3] by [3, 2] : tensor<5x7xf32>
  %2 = nn.transpose %y [2, 0, 1] : tensor<5x6x7xf32>
  %3 = nn.slice %2 from [1, 2, 0] to [4, 3, 6] by [1, 1, 2] : tensor<7x5x6xf32>
  return %1, %3 : tensor<2x2xf32>, tensor<3x1x3xf32>
}

// A transposition that moves dimensions of one element alone is a view.
// CHECK-LABEL: func.func @last_state
// CHECK: %[[L:.*]] = nn.slice %arg0 from [5, 0, 0] to [6, 3, 4] by [1, 1, 1] : tensor<6x3x4xf32>
// CHECK: %[[R:.*]] = nn.reshape %[[L]] : tensor<1x3x4xf32> to tensor<3x4xf32>
// CHECK: return %[[R]]
func.func @last_state(%h: tensor<6x3x4xf32>) -> tensor<3x4xf32> {
  %0 = nn.slice %h from [1, 0, 0] to [6, 3, 4] by [1, 1, 1] : tensor<6x3x4xf32>
  %1 = nn.transpose %0 [1, 0, 2] : tensor<5x3x4xf32>
  %2 = nn.slice %1 from [0, 4, 0] to [3, 5, 4] by [1, 1, 1] : tensor<3x5x4xf32>
  %3 = nn.reshape %2 : tensor<3x1x4xf32> to tensor<3x4xf32>
  return %3 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @of_transposed_tensor
// CHECK: nn.correlate %arg0 order [1, 0, 2, 3], %arg1 order [0, 3, 2, 1] into [0, 1, 3, 2] strides [1] dilations [1]
func.func @of_transposed_tensor(%x: tensor<1x2x4x5xf32>, %w: tensor<1x3x4x5xf32>) -> tensor<2x1x3x5xf32> {
  %0 = nn.transpose %x [1, 0, 2, 3] : tensor<1x2x4x5xf32>
  %1 = nn.correlate %0 order [0, 1, 2, 3], %w order [0, 3, 2, 1] into [0, 1, 3, 2] strides [1] dilations [1] : tensor<2x1x4x5xf32>, tensor<1x3x4x5xf32>
  return %1 : tensor<2x1x3x5xf32>
}

// A residual of another shape is a view; of two products, each stays as it is.
// CHECK-LABEL: func.func @residual
// CHECK: %[[P:.*]] = nn.matmul %arg0, %arg1
// CHECK: %[[R:.*]] = nn.reshape %arg2 : tensor<3x1x5xf32> to tensor<3x5xf32>
// CHECK: nn.add %[[P]], %[[R]] : tensor<3x5xf32>, tensor<3x5xf32>
// CHECK: %[[V:.*]] = nn.reshape %{{.*}} : tensor<1x5xf32> to tensor<5xf32>
// CHECK: nn.add %[[V]], %{{.*}} : tensor<5xf32>, tensor<5xf32>
func.func @residual(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %r: tensor<3x1x5xf32>, %y: tensor<1x4xf32>, %v: tensor<5x4xf32>, %z: tensor<4x1xf32>)
    -> (tensor<3x1x5xf32>, tensor<5xf32>) {
  %0 = nn.matmul %x, %w : tensor<3x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<3x5xf32> to tensor<3x1x5xf32>
  %2 = nn.add %1, %r : tensor<3x1x5xf32>, tensor<3x1x5xf32>
  %3 = nn.matmul %y, %w : tensor<1x4xf32>, tensor<4x5xf32>
  %4 = nn.reshape %3 : tensor<1x5xf32> to tensor<5xf32>
  %5 = nn.matmul %v, %z : tensor<5x4xf32>, tensor<4x1xf32>
  %6 = nn.reshape %5 : tensor<5x1xf32> to tensor<5xf32>
  %7 = nn.add %4, %6 : tensor<5xf32>, tensor<5xf32>
  return %2, %7 : tensor<3x1x5xf32>, tensor<5xf32>
}

// Statistics of the product and what reads them are in its shape, too.
// CHECK-LABEL: func.func @normalized
// CHECK: %[[Y:.*]] = nn.matmul
// CHECK: %[[M:.*]] = nn.sum %[[Y]] over [0] : tensor<3x5xf32>
// CHECK: %[[C:.*]] = nn.sub %[[Y]], %[[M]] : tensor<3x5xf32>, tensor<5xf32>
// CHECK: nn.reshape %[[C]] : tensor<3x5xf32> to tensor<3x1x5xf32>
func.func @normalized(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>) -> tensor<3x1x5xf32> {
  %0 = nn.matmul %x, %w : tensor<3x4xf32>, tensor<4x5xf32>
  %1 = nn.reshape %0 : tensor<3x5xf32> to tensor<3x1x5xf32>
  %2 = nn.sum %1 over [0, 1] keepdim : tensor<3x1x5xf32>
  %3 = nn.sub %1, %2 : tensor<3x1x5xf32>, tensor<1x1x5xf32>
  return %3 : tensor<3x1x5xf32>
}

// Rows of one sample each, and what is made of them.
// CHECK-LABEL: func.func @normalized_samples
// CHECK: %[[Y:.*]] = nn.matmul
// CHECK: %[[S:.*]] = nn.sum %[[Y]] over [1] : tensor<2x4x5xf32>
// CHECK: %[[M:.*]] = nn.div %[[S]], %{{.*}} : tensor<2x5xf32>, tensor<f32>
// CHECK: %[[R:.*]] = nn.reshape %[[M]] : tensor<2x5xf32> to tensor<2x1x5xf32>
// CHECK: %[[C:.*]] = nn.sub %[[Y]], %[[R]] : tensor<2x4x5xf32>, tensor<2x1x5xf32>
// CHECK: nn.reshape %[[C]] : tensor<2x4x5xf32> to tensor<2x1x4x5xf32>
func.func @normalized_samples(%x: tensor<2x4x3xf32>, %w: tensor<2x3x5xf32>) -> tensor<2x1x4x5xf32> {
  %0 = nn.matmul %x, %w : tensor<2x4x3xf32>, tensor<2x3x5xf32>
  %1 = nn.reshape %0 : tensor<2x4x5xf32> to tensor<2x1x4x5xf32>
  %2 = nn.sum %1 over [2] : tensor<2x1x4x5xf32>
  %n = nn.constant dense<4.0> : tensor<f32>
  %3 = nn.div %2, %n : tensor<2x1x5xf32>, tensor<f32>
  %4 = nn.reshape %3 : tensor<2x1x5xf32> to tensor<2x1x1x5xf32>
  %5 = nn.sub %1, %4 : tensor<2x1x4x5xf32>, tensor<2x1x1x5xf32>
  return %5 : tensor<2x1x4x5xf32>
}

// Scattered tensors that are added are one of all updates: those of the same
// indices are added up, others stand side by side, and rows keep one index each.
// CHECK-LABEL: func.func @scatters
// CHECK-DAG:   %[[U:.*]] = nn.add %arg0, %arg1 : tensor<4x8xf32>, tensor<4x8xf32>
// CHECK-DAG:   %[[V:.*]] = nn.concat %[[U]], %arg2 along 0 : tensor<4x8xf32>, tensor<3x8xf32>
// CHECK-DAG:   %[[I:.*]] = nn.concat %arg3, %arg4 along 0 : tensor<4x1xi64>, tensor<3x1xi64>
// CHECK-DAG:   %[[J:.*]] = nn.broadcast %[[I]] : tensor<7x1xi64> to tensor<7x8xi64>
// CHECK:       %[[S:.*]] = nn.scatter_add %[[V]], %[[J]] along 0 : tensor<7x8xf32>, tensor<7x8xi64> to tensor<16x8xf32>
// CHECK:       %[[R:.*]] = nn.add %[[S]], %arg5
// CHECK:       return %[[R]]
func.func @scatters(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>, %c: tensor<3x8xf32>, %i: tensor<4x1xi64>, %j: tensor<3x1xi64>,
                    %d: tensor<16x8xf32>) -> tensor<16x8xf32> {
  %0 = nn.broadcast %i : tensor<4x1xi64> to tensor<4x8xi64>
  %1 = nn.broadcast %j : tensor<3x1xi64> to tensor<3x8xi64>
  %2 = nn.scatter_add %a, %0 along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %3 = nn.scatter_add %b, %0 along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %4 = nn.scatter_add %c, %1 along 0 : tensor<3x8xf32>, tensor<3x8xi64> to tensor<16x8xf32>
  %5 = nn.add %2, %d : tensor<16x8xf32>, tensor<16x8xf32>
  %6 = nn.add %5, %3 : tensor<16x8xf32>, tensor<16x8xf32>
  %7 = nn.add %6, %4 : tensor<16x8xf32>, tensor<16x8xf32>
  return %7 : tensor<16x8xf32>
}

// What something else reads stays.
// CHECK-LABEL: func.func @read_twice
// CHECK-COUNT-2: nn.scatter_add
func.func @read_twice(%a: tensor<4x8xf32>, %i: tensor<4x8xi64>, %j: tensor<4x8xi64>) -> (tensor<16x8xf32>, tensor<16x8xf32>) {
  %0 = nn.scatter_add %a, %i along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %1 = nn.scatter_add %a, %j along 0 : tensor<4x8xf32>, tensor<4x8xi64> to tensor<16x8xf32>
  %2 = nn.add %0, %1 : tensor<16x8xf32>, tensor<16x8xf32>
  return %0, %2 : tensor<16x8xf32>, tensor<16x8xf32>
}
