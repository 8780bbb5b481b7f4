// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-expand-gradients --canonicalize --cse | FileCheck %s

// What costs more than a load is stacked by the forward scan; the product is made again. The backward scan goes the other way: the carry's
// transpose is a carry, that of x a y, that of the invariant a sum. What flows into the last slot is the first carry.
// CHECK-LABEL: func.func @last_slot
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<5x2xf32>, %[[A2:.*]]: tensor<2xf32>)
// CHECK-NEXT: %[[V0:.*]], %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<2xf32>) xs(%[[V4:.*]] = %[[A1]] : tensor<5x2xf32>) invariants(%[[V5:.*]] = %[[A2]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[V6:.*]] = nn.mul %[[V3]], %[[V5]]
// CHECK-NEXT: %[[V7:.*]] = nn.sin %[[V6]] : tensor<2xf32>
// CHECK-NEXT: %[[V8:.*]] = nn.mul %[[V7]], %[[V4]]
// CHECK-NEXT: nn.scan_yield carries(%[[V8]] : tensor<2xf32>) ys(%[[V7]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V9:.*]] = nn.slice %[[V0]] from [5, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V10:.*]] = nn.add %[[V9]], %[[V9]]
// CHECK-NEXT: %[[V11:.*]] = nn.slice %[[V0]] from [0, 0] to [5, 2] by [1, 1]
// CHECK-NEXT: %[[V12:.*]] = nn.reshape %[[V10]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[V13:.*]], %[[V14:.*]], %[[V15:.*]] = nn.scan %[[V16:.*]] to 5 reverse inits(%[[V17:.*]] = %[[V12]] : tensor<2xf32>) xs(%[[V18:.*]] = %[[V11]], %[[V19:.*]] = %[[A1]], %[[V20:.*]] = %[[V1]] : tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) invariants(%[[V21:.*]] = %[[A2]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) sums(tensor<2xf32>) {
// CHECK-NEXT: %[[V22:.*]] = nn.mul %[[V18]], %[[V21]]
// CHECK-NEXT: %[[V23:.*]] = nn.mul %[[V17]], %[[V19]]
// CHECK-NEXT: %[[V24:.*]] = nn.mul %[[V17]], %[[V20]]
// CHECK-NEXT: %[[V25:.*]] = nn.cos %[[V22]] : tensor<2xf32>
// CHECK-NEXT: %[[V26:.*]] = nn.mul %[[V23]], %[[V25]]
// CHECK-NEXT: %[[V27:.*]] = nn.mul %[[V26]], %[[V21]]
// CHECK-NEXT: %[[V28:.*]] = nn.mul %[[V26]], %[[V18]]
// CHECK-NEXT: nn.scan_yield carries(%[[V27]] : tensor<2xf32>) ys(%[[V24]] : tensor<2xf32>) sums(%[[V28]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V29:.*]] = nn.slice %[[V13]] from [5, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V30:.*]] = nn.reshape %[[V29]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: return %[[V30]], %[[V14]], %[[V15]]
func.func @last_slot(%h: tensor<2xf32>, %xs: tensor<5x2xf32>, %w: tensor<2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>, tensor<2xf32>) {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>) invariants(%v = %w : tensor<2xf32>)
      -> histories(tensor<6x2xf32>) {
    %0 = nn.mul %c, %v : tensor<2xf32>, tensor<2xf32>
    %1 = nn.sin %0 : tensor<2xf32>
    %2 = nn.mul %1, %x : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%2 : tensor<2xf32>)
  }
  %l = nn.slice %s from [5, 0] to [6, 2] by [1, 1] : tensor<6x2xf32>
  %q = nn.mul %l, %l : tensor<1x2xf32>, tensor<1x2xf32>
  %z = nn.sum %q over [0, 1] : tensor<1x2xf32>
  %g:3 = nn.gradient %z wrt %h, %xs, %w : tensor<f32>, tensor<2xf32>, tensor<5x2xf32>, tensor<2xf32>
  return %g#0, %g#1, %g#2 : tensor<2xf32>, tensor<5x2xf32>, tensor<2xf32>
}

// A carry that is wanted backward is read from its history; nothing is stacked twice. Gradients of all slots flow in step by step.
// CHECK-LABEL: func.func @all_slots
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<2xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<2xf32>) invariants(%[[V4:.*]] = %[[A1]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) {
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V3]], %[[V4]]
// CHECK-NEXT: %[[V6:.*]] = nn.tanh %[[V5]]
// CHECK-NEXT: nn.scan_yield carries(%[[V6]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.slice %[[V1]] from [0, 0] to [5, 2] by [1, 1]
// CHECK-NEXT: %[[V8:.*]] = nn.slice %[[V1]] from [0, 0] to [1, 2] by [1, 1]
// CHECK-NEXT: %[[V9:.*]] = nn.reshape %[[V8]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[V10:.*]] = nn.slice %[[V1]] from [1, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V11:.*]] = nn.add %[[V9]], %[[V9]]
// CHECK-NEXT: %[[V12:.*]] = nn.add %[[V10]], %[[V10]]
// CHECK-NEXT: %[[V13:.*]], %[[V14:.*]] = nn.scan %[[V15:.*]] to 5 reverse inits(%[[V16:.*]] = %[[V0]] : tensor<2xf32>) xs(%[[V17:.*]] = %[[V7]], %[[V18:.*]] = %[[V12]], %[[V19:.*]] = %[[V10]] : tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) invariants(%[[V20:.*]] = %[[A1]] : tensor<2xf32>) -> histories(tensor<6x2xf32>) sums(tensor<2xf32>) {
// CHECK-NEXT: %[[V21:.*]] = nn.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V22:.*]] = nn.add %[[V16]], %[[V18]]
// CHECK-NEXT: %[[V23:.*]] = nn.mul %[[V19]], %[[V19]]
// CHECK-NEXT: %[[V24:.*]] = nn.sub %[[V21]], %[[V23]]
// CHECK-NEXT: %[[V25:.*]] = nn.mul %[[V22]], %[[V24]]
// CHECK-NEXT: %[[V26:.*]] = nn.mul %[[V25]], %[[V20]]
// CHECK-NEXT: %[[V27:.*]] = nn.mul %[[V25]], %[[V17]]
// CHECK-NEXT: nn.scan_yield carries(%[[V26]] : tensor<2xf32>) sums(%[[V27]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V28:.*]] = nn.slice %[[V13]] from [5, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V29:.*]] = nn.reshape %[[V28]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: %[[V30:.*]] = nn.add %[[V29]], %[[V11]]
// CHECK-NEXT: return %[[V30]], %[[V14]]
func.func @all_slots(%h: tensor<2xf32>, %w: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) invariants(%v = %w : tensor<2xf32>) -> histories(tensor<6x2xf32>) {
    %0 = nn.mul %c, %v : tensor<2xf32>, tensor<2xf32>
    %1 = nn.tanh %0 : tensor<2xf32>
    nn.scan_yield carries(%1 : tensor<2xf32>)
  }
  %q = nn.mul %s, %s : tensor<6x2xf32>, tensor<6x2xf32>
  %z = nn.sum %q over [0, 1] : tensor<6x2xf32>
  %g:2 = nn.gradient %z wrt %h, %w : tensor<f32>, tensor<2xf32>, tensor<2xf32>
  return %g#0, %g#1 : tensor<2xf32>, tensor<2xf32>
}

// The backward scan of a reverse one goes forward; slots, which are in the order of the steps, are reversed to be read in the order of time.
// CHECK-LABEL: func.func @reverse
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<5x2xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.constant dense<1.000000e+00> : tensor<5x2xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = nn.scan %[[V3:.*]] to 5 reverse inits(%[[V4:.*]] = %[[A0]] : tensor<2xf32>) xs(%[[V5:.*]] = %[[A1]] : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) {
// CHECK-NEXT: %[[V6:.*]] = nn.mul %[[V4]], %[[V5]]
// CHECK-NEXT: nn.scan_yield carries(%[[V6]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V7:.*]] = nn.slice %[[V2]] from [0, 0] to [5, 2] by [1, 1]
// CHECK-NEXT: %[[V8:.*]] = nn.reverse %[[V7]] over [0]
// CHECK-NEXT: %[[V9:.*]], %[[V10:.*]] = nn.scan %[[V11:.*]] to 5 inits(%[[V12:.*]] = %[[V1]] : tensor<2xf32>) xs(%[[V13:.*]] = %[[V8]], %[[V14:.*]] = %[[A1]], %[[V15:.*]] = %[[V0]] : tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[V16:.*]] = nn.add %[[V12]], %[[V15]]
// CHECK-NEXT: %[[V17:.*]] = nn.mul %[[V16]], %[[V14]]
// CHECK-NEXT: %[[V18:.*]] = nn.mul %[[V16]], %[[V13]]
// CHECK-NEXT: nn.scan_yield carries(%[[V17]] : tensor<2xf32>) ys(%[[V18]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V19:.*]] = nn.slice %[[V9]] from [5, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V20:.*]] = nn.reshape %[[V19]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: return %[[V20]], %[[V10]]
func.func @reverse(%h: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %s:2 = nn.scan %t to 5 reverse inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>) ys(%0 : tensor<2xf32>)
  }
  %z = nn.sum %s#1 over [0, 1] : tensor<5x2xf32>
  %g:2 = nn.gradient %z wrt %h, %xs : tensor<f32>, tensor<2xf32>, tensor<5x2xf32>
  return %g#0, %g#1 : tensor<2xf32>, tensor<5x2xf32>
}

// Past the end of a row its x is zero, what flows into its carry stays as it was, and nothing flows into its x.
// CHECK-LABEL: func.func @lengths
// CHECK-SAME: (%[[A0:.*]]: tensor<2xf32>, %[[A1:.*]]: tensor<5x2xf32>, %[[A2:.*]]: tensor<2xi64>)
// CHECK-NEXT: %[[V0:.*]] = nn.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = nn.scan %[[V2:.*]] to 5 inits(%[[V3:.*]] = %[[A0]] : tensor<2xf32>) xs(%[[V4:.*]] = %[[A1]] : tensor<5x2xf32>) lengths(%[[A2]] : tensor<2xi64>) -> histories(tensor<6x2xf32>) {
// CHECK-NEXT: %[[V5:.*]] = nn.mul %[[V3]], %[[V4]]
// CHECK-NEXT: nn.scan_yield carries(%[[V5]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V6:.*]] = nn.slice %[[V1]] from [0, 0] to [5, 2] by [1, 1]
// CHECK-NEXT: %[[V7:.*]], %[[V8:.*]] = nn.scan %[[V9:.*]] to 5 reverse inits(%[[V10:.*]] = %[[V0]] : tensor<2xf32>) xs(%[[V11:.*]] = %[[V6]], %[[V12:.*]] = %[[A1]] : tensor<5x2xf32>, tensor<5x2xf32>) invariants(%[[V13:.*]] = %[[A2]] : tensor<2xi64>) -> histories(tensor<6x2xf32>) ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[V14:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V15:.*]] = nn.compare  lt %[[V9]], %[[V13]]
// CHECK-NEXT: %[[V16:.*]] = nn.select %[[V15]], %[[V12]], %[[V14]]
// CHECK-NEXT: %[[V17:.*]] = nn.select %[[V15]], %[[V10]], %[[V14]]
// CHECK-NEXT: %[[V18:.*]] = nn.mul %[[V17]], %[[V16]]
// CHECK-NEXT: %[[V19:.*]] = nn.mul %[[V17]], %[[V11]]
// CHECK-NEXT: %[[V20:.*]] = nn.select %[[V15]], %[[V18]], %[[V10]]
// CHECK-NEXT: %[[V21:.*]] = nn.select %[[V15]], %[[V19]], %[[V14]]
// CHECK-NEXT: nn.scan_yield carries(%[[V20]] : tensor<2xf32>) ys(%[[V21]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V22:.*]] = nn.slice %[[V7]] from [5, 0] to [6, 2] by [1, 1]
// CHECK-NEXT: %[[V23:.*]] = nn.reshape %[[V22]] : tensor<1x2xf32> to tensor<2xf32>
// CHECK-NEXT: return %[[V23]], %[[V8]]
func.func @lengths(%h: tensor<2xf32>, %xs: tensor<5x2xf32>, %n: tensor<2xi64>) -> (tensor<2xf32>, tensor<5x2xf32>) {
  %s = nn.scan %t to 5 inits(%c = %h : tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>) lengths(%n : tensor<2xi64>) -> histories(tensor<6x2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%0 : tensor<2xf32>)
  }
  %l = nn.slice %s from [5, 0] to [6, 2] by [1, 1] : tensor<6x2xf32>
  %z = nn.sum %l over [0, 1] : tensor<1x2xf32>
  %g:2 = nn.gradient %z wrt %h, %xs : tensor<f32>, tensor<2xf32>, tensor<5x2xf32>
  return %g#0, %g#1 : tensor<2xf32>, tensor<5x2xf32>
}

// The gradient of a sum is the same in all steps.
// CHECK-LABEL: func.func @sums
// CHECK-SAME: (%[[A0:.*]]: tensor<5x2xf32>)
// CHECK-NEXT: %[[V0:.*]] = nn.scan %[[V1:.*]] to 5 xs(%[[V2:.*]] = %[[A0]] : tensor<5x2xf32>) -> sums(tensor<2xf32>) {
// CHECK-NEXT: %[[V3:.*]] = nn.mul %[[V2]], %[[V2]]
// CHECK-NEXT: nn.scan_yield sums(%[[V3]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: %[[V4:.*]] = nn.exp %[[V0]]
// CHECK-NEXT: %[[V5:.*]] = nn.scan %[[V6:.*]] to 5 reverse xs(%[[V7:.*]] = %[[A0]] : tensor<5x2xf32>) invariants(%[[V8:.*]] = %[[V4]] : tensor<2xf32>) -> ys(tensor<5x2xf32>) {
// CHECK-NEXT: %[[V9:.*]] = nn.mul %[[V8]], %[[V7]]
// CHECK-NEXT: %[[V10:.*]] = nn.add %[[V9]], %[[V9]]
// CHECK-NEXT: nn.scan_yield ys(%[[V10]] : tensor<2xf32>)
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V5]]
func.func @sums(%xs: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %s = nn.scan %t to 5 xs(%x = %xs : tensor<5x2xf32>) -> sums(tensor<2xf32>) {
    %0 = nn.mul %x, %x : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield sums(%0 : tensor<2xf32>)
  }
  %q = nn.exp %s : tensor<2xf32>
  %z = nn.sum %q over [0] : tensor<2xf32>
  %g = nn.gradient %z wrt %xs : tensor<f32>, tensor<5x2xf32>
  return %g : tensor<5x2xf32>
}

// A carry on which no result with a gradient depends takes none: no zeros go back with it.
// CHECK-LABEL: func.func @inactive_carry
// CHECK: %[[ZERO:.*]] = nn.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK: nn.scan %{{.*}} to 5 reverse inits(%{{[^,]*}} = %{{[^,]*}} : tensor<2xf32>)
// CHECK: return %{{.*}}, %[[ZERO]]
func.func @inactive_carry(%h: tensor<2xf32>, %m: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %s:2 = nn.scan %t to 5 inits(%c = %h, %e = %m : tensor<2xf32>, tensor<2xf32>) xs(%x = %xs : tensor<5x2xf32>)
      -> histories(tensor<6x2xf32>, tensor<6x2xf32>) {
    %0 = nn.mul %c, %x : tensor<2xf32>, tensor<2xf32>
    %1 = nn.add %e, %0 : tensor<2xf32>, tensor<2xf32>
    nn.scan_yield carries(%0, %1 : tensor<2xf32>, tensor<2xf32>)
  }
  %l = nn.slice %s#0 from [5, 0] to [6, 2] by [1, 1] : tensor<6x2xf32>
  %q = nn.mul %l, %l : tensor<1x2xf32>, tensor<1x2xf32>
  %z = nn.sum %q over [0, 1] : tensor<1x2xf32>
  %g:2 = nn.gradient %z wrt %h, %m : tensor<f32>, tensor<2xf32>, tensor<2xf32>
  return %g#0, %g#1 : tensor<2xf32>, tensor<2xf32>
}
