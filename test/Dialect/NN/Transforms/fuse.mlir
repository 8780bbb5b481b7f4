// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-fuse | FileCheck %s
// RUN: sinter-opt %s --nn-fuse="merge=false remarks=true" | FileCheck %s --check-prefix=SINGLE

// CHECK-LABEL: func.func @linear_relu
// CHECK: nn.kernel ({{.*}}) -> (tensor<64x128xf32>) domain [64, 128] reduced []
// CHECK-NEXT: nn.matmul
// CHECK-NEXT: nn.add
// CHECK-NEXT: nn.relu
// CHECK-NEXT: nn.yield
// CHECK-NOT: nn.kernel
// SINGLE-LABEL: func.func @linear_relu
// SINGLE-COUNT-3: nn.kernel
// SINGLE-NOT: nn.kernel
// SINGLE: return
func.func @linear_relu(%x: tensor<64x784xf32>, %w: tensor<784x128xf32>, %b: tensor<128xf32>) -> tensor<64x128xf32> {
  %0 = nn.matmul %x, %w : tensor<64x784xf32>, tensor<784x128xf32>
  %1 = nn.add %0, %b : tensor<64x128xf32>, tensor<128xf32>
  %2 = nn.relu %1 : tensor<64x128xf32>
  return %2 : tensor<64x128xf32>
}

// Rows without their dimension come back through a reshape: still one kernel.
// CHECK-LABEL: func.func @softmax
// CHECK: nn.kernel ({{.*}}) -> (tensor<64x10xf32>) domain [64, 10] reduced [1]
// CHECK-NOT: nn.kernel
// CHECK: return
func.func @softmax(%x: tensor<64x10xf32>) -> tensor<64x10xf32> {
  %0 = nn.amax %x over [1] : tensor<64x10xf32>
  %1 = nn.reshape %0 : tensor<64xf32> to tensor<64x1xf32>
  %2 = nn.sub %x, %1 : tensor<64x10xf32>, tensor<64x1xf32>
  %3 = nn.exp %2 : tensor<64x10xf32>
  %4 = nn.sum %3 over [1] keepdim : tensor<64x10xf32>
  %5 = nn.div %3, %4 : tensor<64x10xf32>, tensor<64x1xf32>
  return %5 : tensor<64x10xf32>
}

// A row that is read along the columns belongs to another index of the domain.
// CHECK-LABEL: func.func @square_is_ambiguous
// CHECK: nn.kernel {{.*}} domain [8, 8] reduced [1]
// CHECK: nn.kernel {{.*}} domain [8, 8] reduced []
func.func @square_is_ambiguous(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = nn.sum %x over [1] : tensor<8x8xf32>
  %1 = nn.sub %x, %0 : tensor<8x8xf32>, tensor<8xf32>
  return %1 : tensor<8x8xf32>
}

// %2 reads %0 both directly and through the product: one kernel of %0 and %2 would wait for itself.
// CHECK-LABEL: func.func @no_cycle
// CHECK: nn.kernel
// CHECK-NEXT: nn.relu
// CHECK-NEXT: nn.yield
// CHECK: nn.kernel
// CHECK-NEXT: nn.matmul
// CHECK-NEXT: nn.add
// CHECK-NEXT: nn.yield
func.func @no_cycle(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = nn.relu %x : tensor<8x8xf32>
  %1 = nn.matmul %0, %0 : tensor<8x8xf32>, tensor<8x8xf32>
  %2 = nn.add %0, %1 : tensor<8x8xf32>, tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}

// Siblings that read one operand share a kernel; the constant is in it, the mask is cloned into both of its readers.
// CHECK-LABEL: func.func @siblings
// CHECK: nn.kernel (%{{.*}} = %arg0 : tensor<64x128xf32>) -> (tensor<128xf32>, tensor<128xf32>) domain [64, 128] reduced [0]
// CHECK-NOT: nn.kernel
// CHECK: return
func.func @siblings(%x: tensor<64x128xf32>) -> (tensor<128xf32>, tensor<128xf32>) {
  %c = nn.constant dense<2.0> : tensor<f32>
  %0 = nn.sum %x over [0] : tensor<64x128xf32>
  %1 = nn.mul %x, %c : tensor<64x128xf32>, tensor<f32>
  %2 = nn.amax %1 over [0] : tensor<64x128xf32>
  return %0, %2 : tensor<128xf32>, tensor<128xf32>
}

// A view of a buffer stays outside, and a constant that is returned is computed.
// CHECK-LABEL: func.func @views_and_constants
// CHECK-DAG: %[[V:.*]] = nn.reshape %arg0 : tensor<4x6xf32> to tensor<24xf32>
// CHECK-DAG: nn.kernel (%{{.*}} = %[[V]]
// CHECK-DAG: nn.broadcast %{{.*}} : tensor<f32> to tensor<5xf32>
func.func @views_and_constants(%x: tensor<4x6xf32>) -> (tensor<24xf32>, tensor<5xf32>) {
  %c = nn.constant dense<1.0> : tensor<5xf32>
  %0 = nn.reshape %x : tensor<4x6xf32> to tensor<24xf32>
  %1 = nn.exp %0 : tensor<24xf32>
  return %1, %c : tensor<24xf32>, tensor<5xf32>
}

// A slice of consecutive elements is a view: no kernel moves them. One of other elements is.
// CHECK-LABEL: func.func @slices
// CHECK: %[[VIEW:.*]] = nn.slice %arg0 from [2, 0] to [4, 6] by [1, 1]
// CHECK: nn.kernel (%{{.*}} = %[[VIEW]]
// CHECK-NOT: nn.slice
// CHECK: nn.neg
// CHECK: nn.kernel (%{{.*}} = %arg0
// CHECK: nn.slice %{{.*}} from [0, 2] to [8, 4] by [1, 1]
func.func @slices(%x: tensor<8x6xf32>) -> (tensor<2x6xf32>, tensor<8x2xf32>) {
  %0 = nn.slice %x from [2, 0] to [4, 6] by [1, 1] : tensor<8x6xf32>
  %1 = nn.neg %0 : tensor<2x6xf32>
  %2 = nn.slice %x from [0, 2] to [8, 4] by [1, 1] : tensor<8x6xf32>
  return %1, %2 : tensor<2x6xf32>, tensor<8x2xf32>
}

// A constant that is a result has a kernel of its own; the others, of which one needs what the other gives, have their own constants.
// CHECK-LABEL: func.func @constant_result
// CHECK: nn.kernel () -> (tensor<f32>)
// CHECK: nn.kernel ({{.*}} : tensor<4x3xf32>, tensor<4x3xf32>)
// CHECK-NEXT: %[[ZERO:.*]] = nn.constant
// CHECK-NEXT: nn.compare gt %{{.*}}, %[[ZERO]]
// CHECK: nn.kernel ({{.*}} : tensor<4x3xf32>, tensor<4x3xf32>)
// CHECK-NEXT: nn.reverse
// CHECK-NEXT: %[[ZERO:.*]] = nn.constant
// CHECK-NEXT: nn.compare gt %{{.*}}, %[[ZERO]]
func.func @constant_result(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>, %w: tensor<3x3xf32>) -> (tensor<f32>, tensor<4x3xf32>) {
  %0 = nn.constant dense<0.0> : tensor<f32>
  %1 = nn.compare gt %x, %0 : tensor<4x3xf32>, tensor<f32>
  %2 = nn.select %1, %x, %y : tensor<4x3xi1>, tensor<4x3xf32>, tensor<4x3xf32>
  %3 = nn.matmul %2, %w : tensor<4x3xf32>, tensor<3x3xf32>
  %4 = nn.reverse %3 over [0] : tensor<4x3xf32>
  %5 = nn.select %1, %0, %4 : tensor<4x3xi1>, tensor<f32>, tensor<4x3xf32>
  return %0, %5 : tensor<f32>, tensor<4x3xf32>
}

// A cumulation goes along its rows once: elementwise ops before and after it are part of that, a reduction is not.
// CHECK-LABEL: func.func @cumulation
// CHECK: %[[Y:.+]] = nn.kernel {{.+}} domain [4, 8] reduced [1]
// CHECK-NEXT: nn.exp
// CHECK-NEXT: nn.cumulate sum
// CHECK-NEXT: nn.mul
// CHECK-NEXT: nn.yield
// CHECK: nn.kernel {{.+}} domain [4, 8] reduced [1]
// CHECK-NEXT: nn.sum
func.func @cumulation(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4xf32>) {
  %0 = nn.exp %x : tensor<4x8xf32>
  %1 = nn.cumulate sum %0 along 1 : tensor<4x8xf32>
  %2 = nn.mul %1, %x : tensor<4x8xf32>, tensor<4x8xf32>
  %3 = nn.sum %2 over [1] : tensor<4x8xf32>
  return %2, %3 : tensor<4x8xf32>, tensor<4xf32>
}

// A move of a move is one: the slices belong to the kernel that joins them.
// CHECK-LABEL: func.func @roll
// CHECK: nn.kernel ({{.*}}) -> (tensor<4x9xf32>) domain [4, 9] reduced []
// CHECK-DAG: nn.slice %{{.*}} from [0, 8]
// CHECK-DAG: nn.slice %{{.*}} from [0, 0]
// CHECK: nn.concat
// CHECK-NEXT: nn.neg
// CHECK-NOT: nn.kernel
// CHECK: return
func.func @roll(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %0 = nn.slice %x from [0, 8] to [4, 9] by [1, 1] : tensor<4x9xf32>
  %1 = nn.slice %x from [0, 0] to [4, 8] by [1, 1] : tensor<4x9xf32>
  %2 = nn.concat %0, %1 along 1 : tensor<4x1xf32>, tensor<4x8xf32>
  %3 = nn.neg %2 : tensor<4x9xf32>
  return %3 : tensor<4x9xf32>
}

// What a kernel computes is not read at other places inside of it.
// CHECK-LABEL: func.func @roll_of_sum
// CHECK: nn.kernel
// CHECK-NEXT: nn.add
// CHECK-NEXT: nn.yield
// CHECK: nn.kernel
// CHECK: nn.concat
// CHECK: return
func.func @roll_of_sum(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %s = nn.add %x, %x : tensor<4x9xf32>, tensor<4x9xf32>
  %0 = nn.slice %s from [0, 8] to [4, 9] by [1, 1] : tensor<4x9xf32>
  %1 = nn.slice %s from [0, 0] to [4, 8] by [1, 1] : tensor<4x9xf32>
  %2 = nn.concat %0, %1 along 1 : tensor<4x1xf32>, tensor<4x8xf32>
  return %2 : tensor<4x9xf32>
}

// What few ops make of a tensor that is stored anyway is computed again by who
// reads it: the centered rows are no result. A series is, and what is returned.
// CHECK-LABEL: func.func @computed_again
// CHECK: nn.kernel ({{.*}}) -> (tensor<4x1xf32>, tensor<4x64xf32>) domain [4, 64] reduced [1] {
// CHECK: nn.kernel (%{{.*}} = %{{.*}}#1, %[[Y:.*]] = %arg0, %[[M:.*]] = %{{.*}}#0 : {{.*}}) -> (tensor<64xf32>, tensor<4x64xf32>) domain [4, 64] reduced [0] {
// CHECK: %[[C:.*]] = nn.sub %[[Y]], %[[M]]
// CHECK: nn.mul %[[C]]
func.func @computed_again(%x: tensor<4x64xf32>) -> (tensor<64xf32>, tensor<4x64xf32>) {
  %0 = nn.sum %x over [1] keepdim : tensor<4x64xf32>
  %1 = nn.sub %x, %0 : tensor<4x64xf32>, tensor<4x1xf32>
  %2 = nn.exp %1 : tensor<4x64xf32>
  %3 = nn.sum %2 over [0] : tensor<4x64xf32>
  %4 = nn.mul %1, %3 : tensor<4x64xf32>, tensor<64xf32>
  return %3, %4 : tensor<64xf32>, tensor<4x64xf32>
}

// Windows are read where a slice leaves out edges; what is there for a sum alone
// is no result of the product's kernel.
// CHECK-LABEL: func.func @cropped
// CHECK: nn.kernel (%[[X:.*]] = %arg0, {{.*}}) -> (tensor<2x1x3x3x16xf32>) domain [2, 1, 3, 3, 16] reduced [] {
// CHECK-NEXT: %[[S:.*]] = nn.slice %[[X]]
// CHECK-NEXT: nn.correlate %[[S]]
// CHECK-NEXT: nn.yield
// CHECK: nn.kernel
// CHECK-NEXT: nn.mul
// CHECK-NEXT: nn.sum
func.func @cropped(%x: tensor<2x1x4x6x6xf32>, %w: tensor<1x3x3x4x16xf32>, %y: tensor<2x1x3x3x16xf32>) -> (tensor<2x1x3x3x16xf32>, tensor<16xf32>) {
  %0 = nn.slice %x from [0, 0, 0, 0, 1] to [2, 1, 4, 5, 6] by [1, 1, 1, 1, 1] : tensor<2x1x4x6x6xf32>
  %1 = nn.correlate %0 order [0, 1, 2, 3, 4], %w order [0, 4, 3, 1, 2] into [0, 1, 4, 2, 3] strides [1, 1] dilations [1, 1] : tensor<2x1x4x5x5xf32>, tensor<1x3x3x4x16xf32>
  %2 = nn.mul %1, %y : tensor<2x1x3x3x16xf32>, tensor<2x1x3x3x16xf32>
  %3 = nn.sum %2 over [0, 1, 2, 3] : tensor<2x1x3x3x16xf32>
  return %1, %3 : tensor<2x1x3x3x16xf32>, tensor<16xf32>
}

// Tensors without elements are left alone.
// CHECK-LABEL: func.func @empty
// CHECK-COUNT-2: nn.kernel
func.func @empty(%x: tensor<3x0xf32>) -> (tensor<0xf32>, tensor<3x0xf32>) {
  %0 = nn.sum %x over [1] keepdim : tensor<3x0xf32>
  %1 = nn.sub %x, %0 : tensor<3x0xf32>, tensor<3x1xf32>
  %2 = nn.sum %1 over [0] : tensor<3x0xf32>
  %3 = nn.mul %1, %2 : tensor<3x0xf32>, tensor<0xf32>
  return %2, %3 : tensor<0xf32>, tensor<3x0xf32>
}
