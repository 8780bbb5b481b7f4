// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-join-pads --nn-fuse-lstm-gates --cse | FileCheck %s
// RUN: sinter-opt %s --nn-join-pads --nn-fuse-lstm-gates --cse --nn-fuse | FileCheck %s --check-prefix=KERNELS

// Slices alone read the product: they come before what was between; a bias is sliced too, a column is not.
// CHECK-LABEL: func.func @slices_first
// CHECK-SAME: (%[[H:.*]]: tensor<6x4xf32>, %[[W:.*]]: tensor<4x10xf32>, %[[B:.*]]: tensor<10xf32>, %[[C:.*]]: tensor<6x1xf32>)
// CHECK-NEXT: %[[P:.*]] = nn.matmul %[[H]], %[[W]]
// CHECK-DAG: %[[P0:.*]] = nn.slice %[[P]] from [0, 0] to [6, 5] by [1, 1]
// CHECK-DAG: %[[B0:.*]] = nn.slice %[[B]] from [0] to [5] by [1]
// CHECK: %[[S0:.*]] = nn.add %[[P0]], %[[B0]]
// CHECK: nn.mul %[[S0]], %[[C]]
// CHECK: nn.slice %[[P]] from [0, 5] to [6, 10] by [1, 1]
// CHECK-NOT: tensor<6x10xf32>, tensor<6x1xf32>
//
// One kernel over a gate's shape computes both.
// KERNELS-LABEL: func.func @slices_first
// KERNELS: nn.kernel {{.*}} -> (tensor<6x5xf32>) domain [6, 5] reduced [] {
// KERNELS: nn.matmul
// KERNELS: nn.sigmoid
// KERNELS: nn.mul
// KERNELS-NOT: nn.kernel
func.func @slices_first(%h: tensor<6x4xf32>, %w: tensor<4x10xf32>, %b: tensor<10xf32>, %c: tensor<6x1xf32>) -> tensor<6x5xf32> {
  %0 = nn.matmul %h, %w : tensor<6x4xf32>, tensor<4x10xf32>
  %1 = nn.add %0, %b : tensor<6x10xf32>, tensor<10xf32>
  %2 = nn.mul %1, %c : tensor<6x10xf32>, tensor<6x1xf32>
  %3 = nn.slice %2 from [0, 0] to [6, 5] by [1, 1] : tensor<6x10xf32>
  %4 = nn.slice %2 from [0, 5] to [6, 10] by [1, 1] : tensor<6x10xf32>
  %5 = nn.sigmoid %4 : tensor<6x5xf32>
  %6 = nn.mul %3, %5 : tensor<6x5xf32>, tensor<6x5xf32>
  return %6 : tensor<6x5xf32>
}

// What reads all of the product keeps it whole.
// CHECK-LABEL: func.func @read_whole
// CHECK: nn.add {{.*}} : tensor<6x10xf32>, tensor<10xf32>
// KERNELS-LABEL: func.func @read_whole
// KERNELS: nn.kernel {{.*}} domain [6, 10]
// KERNELS: nn.kernel {{.*}} domain [6, 5]
func.func @read_whole(%h: tensor<6x4xf32>, %w: tensor<4x10xf32>, %b: tensor<10xf32>) -> (tensor<6x5xf32>, tensor<6x10xf32>) {
  %0 = nn.matmul %h, %w : tensor<6x4xf32>, tensor<4x10xf32>
  %1 = nn.add %0, %b : tensor<6x10xf32>, tensor<10xf32>
  %3 = nn.slice %1 from [0, 0] to [6, 5] by [1, 1] : tensor<6x10xf32>
  %4 = nn.slice %1 from [0, 5] to [6, 10] by [1, 1] : tensor<6x10xf32>
  %6 = nn.mul %3, %4 : tensor<6x5xf32>, tensor<6x5xf32>
  return %6, %1 : tensor<6x5xf32>, tensor<6x10xf32>
}

// Pieces that never meet stay what they are: a product, and kernels that read it.
// KERNELS-LABEL: func.func @pieces
// KERNELS: nn.kernel {{.*}} domain [6, 10]
// KERNELS-NEXT: nn.matmul
// KERNELS-NEXT: nn.yield
func.func @pieces(%h: tensor<6x4xf32>, %w: tensor<4x10xf32>) -> (tensor<6x5xf32>, tensor<6x5xf32>) {
  %0 = nn.matmul %h, %w : tensor<6x4xf32>, tensor<4x10xf32>
  %1 = nn.slice %0 from [0, 0] to [6, 5] by [1, 1] : tensor<6x10xf32>
  %2 = nn.slice %0 from [0, 5] to [6, 10] by [1, 1] : tensor<6x10xf32>
  %3 = nn.exp %1 : tensor<6x5xf32>
  %4 = nn.tanh %2 : tensor<6x5xf32>
  return %3, %4 : tensor<6x5xf32>, tensor<6x5xf32>
}

// Gradients of slices lie side by side; one kernel computes an element of each at once.
// CHECK-LABEL: func.func @side_by_side
// CHECK-SAME: (%[[A:.*]]: tensor<4x2xf32>, %[[B:.*]]: tensor<4x2xf32>, %[[C:.*]]: tensor<4x2xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.concat %[[B]], %[[C]], %[[A]] along 1
// CHECK-NEXT: return %[[Y]]
// KERNELS-LABEL: func.func @side_by_side
// KERNELS: nn.kernel {{.*}} -> (tensor<4x6xf32>) domain [4, 2]
func.func @side_by_side(%a: tensor<4x2xf32>, %b: tensor<4x2xf32>, %c: tensor<4x2xf32>) -> tensor<4x6xf32> {
  %0 = nn.pad %a low [0, 4] high [0, 0] interior [0, 0] value 0.0 : tensor<4x2xf32>
  %1 = nn.pad %b low [0, 0] high [0, 4] interior [0, 0] value 0.0 : tensor<4x2xf32>
  %2 = nn.add %0, %1 : tensor<4x6xf32>, tensor<4x6xf32>
  %3 = nn.pad %c low [0, 2] high [0, 2] interior [0, 0] value 0.0 : tensor<4x2xf32>
  %4 = nn.add %2, %3 : tensor<4x6xf32>, tensor<4x6xf32>
  return %4 : tensor<4x6xf32>
}

// A sum over the parts is a kernel of its own.
// KERNELS-LABEL: func.func @summed_side_by_side
// KERNELS: nn.kernel {{.*}} domain [4, 2] reduced [0, 1]
// KERNELS: nn.kernel {{.*}} -> (tensor<4x4xf32>) domain [4, 2] reduced []
func.func @summed_side_by_side(%a: tensor<4x2xf32>) -> (tensor<f32>, tensor<4x4xf32>) {
  %0 = nn.exp %a : tensor<4x2xf32>
  %1 = nn.sum %0 over [0, 1] : tensor<4x2xf32>
  %2 = nn.neg %0 : tensor<4x2xf32>
  %3 = nn.concat %0, %2 along 1 : tensor<4x2xf32>, tensor<4x2xf32>
  return %1, %3 : tensor<f32>, tensor<4x4xf32>
}

// The product at the end of a step moves to the start of the next one. In the first, the carry is the init.
// CHECK-LABEL: func.func @rotate
// CHECK-SAME: (%[[XS:.*]]: tensor<5x4x3xf32>, %[[W:.*]]: tensor<3x3xf32>)
// CHECK-DAG: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<4x3xf32>
// CHECK-DAG: %[[TIMES:.*]] = nn.iota 0 : tensor<5xi64>
// CHECK-DAG: %[[START:.*]] = nn.constant dense<0> : tensor<i64>
// CHECK: %[[FIRST:.*]] = nn.compare eq %[[TIMES]], %[[START]]
// CHECK-NEXT: nn.scan {{.*}} to 5 inits(%[[G:.*]] = %[[ZERO]] : tensor<4x3xf32>) xs(%[[X:.*]] = %[[XS]], %[[F:.*]] = %[[FIRST]] {{.*}} invariants(%[[V:.*]] = %[[W]]
// CHECK-NEXT: %[[P:.*]] = nn.matmul %[[G]], %[[V]]
// CHECK-NEXT: %[[INIT:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[C:.*]] = nn.select %[[F]], %[[INIT]], %[[P]]
// CHECK-NEXT: %[[D:.*]] = nn.add %[[C]], %[[X]]
// CHECK-NEXT: %[[N:.*]] = nn.mul %[[D]], %[[X]]
// CHECK-NEXT: nn.scan_yield carries(%[[N]] : tensor<4x3xf32>) ys(%[[N]] : tensor<4x3xf32>)
// KERNELS-LABEL: func.func @rotate
// KERNELS: nn.scan
// KERNELS-NEXT: nn.kernel
// KERNELS-NEXT: nn.matmul
// KERNELS: nn.select
// KERNELS-NEXT: nn.add
// KERNELS-NEXT: nn.mul
// KERNELS-NEXT: nn.yield
// KERNELS-NEXT: }
// KERNELS-NEXT: nn.scan_yield
func.func @rotate(%xs: tensor<5x4x3xf32>, %w: tensor<3x3xf32>) -> tensor<5x4x3xf32> {
  %zero = nn.constant dense<0.0> : tensor<4x3xf32>
  %h, %y = nn.scan %t to 5 inits(%c = %zero : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x3xf32>) invariants(%v = %w : tensor<3x3xf32>)
      -> histories(tensor<6x4x3xf32>) ys(tensor<5x4x3xf32>) {
    %0 = nn.add %c, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %1 = nn.mul %0, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %2 = nn.matmul %1, %v : tensor<4x3xf32>, tensor<3x3xf32>
    nn.scan_yield carries(%2 : tensor<4x3xf32>) ys(%1 : tensor<4x3xf32>)
  }
  return %y : tensor<5x4x3xf32>
}

// What else the end of a step reads is carried too; an x is read at the time of the step before, a mask of one row's end as well. Here the
// scan goes backwards. The final state stands after the loop.
// CHECK-LABEL: func.func @rotate_reverse
// CHECK-SAME: (%[[H:.*]]: tensor<4x3xf32>, %[[XS:.*]]: tensor<5x4x3xf32>, %[[MS:.*]]: tensor<5x4x1xi1>, %[[W:.*]]: tensor<3x3xf32>, %[[B:.*]]: tensor<3xf32>)
// CHECK: %[[OTHERS:.*]] = nn.slice %[[MS]] from [1, 0, 0] to [5, 4, 1] by [1, 1, 1]
// CHECK-NEXT: %[[BEFORE:.*]] = nn.pad %[[OTHERS]] low [0, 0, 0] high [1, 0, 0]
// CHECK: %[[START:.*]] = nn.constant dense<4> : tensor<i64>
// CHECK: nn.compare eq %{{.*}}, %[[START]]
// CHECK: %[[R:.*]]:2 = nn.scan {{.*}} reverse inits(%[[G:.*]] = %{{.*}}, %[[E:.*]] = %{{.*}} : tensor<4x3xf32>, tensor<4x3xf32>) xs(%[[X:.*]] = %[[XS]], {{.*}}%[[M:.*]] = %[[BEFORE]], %[[F:.*]] = %{{.*}} invariants(%[[V:.*]] = %[[W]], %[[BIAS:.*]] = %[[B]], %[[INIT:.*]] = %[[H]]
// CHECK-NEXT: %[[P:.*]] = nn.matmul %[[G]], %[[V]]
// CHECK-NEXT: %[[S:.*]] = nn.add %[[P]], %[[BIAS]]
// CHECK-NEXT: %[[T:.*]] = nn.select %[[M]], %[[S]], %[[E]]
// CHECK-NEXT: %[[C:.*]] = nn.select %[[F]], %[[INIT]], %[[T]]
// CHECK-NEXT: %[[N:.*]] = nn.mul %[[C]], %[[X]]
// CHECK-NEXT: %[[K:.*]] = nn.abs %[[N]]
// CHECK-NEXT: nn.scan_yield carries(%[[N]], %[[K]]
// CHECK: %[[LAST:.*]] = nn.slice %[[MS]] from [0, 0, 0] to [1, 4, 1]
// CHECK: nn.slice %[[R]]#0 from [5, 0, 0]
// CHECK: nn.matmul {{.*}}, %[[W]]
// CHECK-NEXT: nn.add {{.*}}, %[[B]]
// CHECK-NEXT: nn.select
func.func @rotate_reverse(%h: tensor<4x3xf32>, %xs: tensor<5x4x3xf32>, %ms: tensor<5x4x1xi1>, %w: tensor<3x3xf32>, %bias: tensor<3xf32>)
    -> tensor<1x4x3xf32> {
  %s = nn.scan %t to 5 reverse inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs, %m = %ms : tensor<5x4x3xf32>, tensor<5x4x1xi1>)
      invariants(%v = %w, %b = %bias : tensor<3x3xf32>, tensor<3xf32>) -> histories(tensor<6x4x3xf32>) {
    %0 = nn.mul %c, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %1 = nn.matmul %0, %v : tensor<4x3xf32>, tensor<3x3xf32>
    %2 = nn.add %1, %b : tensor<4x3xf32>, tensor<3xf32>
    %3 = nn.abs %0 : tensor<4x3xf32>
    %4 = nn.select %m, %2, %3 : tensor<4x1xi1>, tensor<4x3xf32>, tensor<4x3xf32>
    nn.scan_yield carries(%4 : tensor<4x3xf32>)
  }
  %0 = nn.slice %s from [5, 0, 0] to [6, 4, 3] by [1, 1, 1] : tensor<6x4x3xf32>
  return %0 : tensor<1x4x3xf32>
}

// Carries whose history is read, or that the product reads directly, stay.
// CHECK-LABEL: func.func @no_rotation
// CHECK-COUNT-2: nn.scan_yield carries(%{{.*}} : tensor<4x3xf32>)
func.func @no_rotation(%h: tensor<4x3xf32>, %xs: tensor<5x4x3xf32>, %w: tensor<3x3xf32>) -> (tensor<6x4x3xf32>, tensor<1x4x3xf32>) {
  %a = nn.scan %t to 5 inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x3xf32>) invariants(%v = %w : tensor<3x3xf32>)
      -> histories(tensor<6x4x3xf32>) {
    %0 = nn.mul %c, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %1 = nn.matmul %0, %v : tensor<4x3xf32>, tensor<3x3xf32>
    nn.scan_yield carries(%1 : tensor<4x3xf32>)
  }
  %b = nn.scan %t to 5 inits(%c = %h : tensor<4x3xf32>) xs(%x = %xs : tensor<5x4x3xf32>) invariants(%v = %w : tensor<3x3xf32>)
      -> histories(tensor<6x4x3xf32>) {
    %0 = nn.matmul %c, %v : tensor<4x3xf32>, tensor<3x3xf32>
    %1 = nn.mul %c, %x : tensor<4x3xf32>, tensor<4x3xf32>
    %2 = nn.add %0, %1 : tensor<4x3xf32>, tensor<4x3xf32>
    nn.scan_yield carries(%2 : tensor<4x3xf32>)
  }
  %0 = nn.slice %b from [5, 0, 0] to [6, 4, 3] by [1, 1, 1] : tensor<6x4x3xf32>
  return %a, %0 : tensor<6x4x3xf32>, tensor<1x4x3xf32>
}
