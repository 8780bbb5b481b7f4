// RUN: sinter-opt %s --nn-expand-gradients --canonicalize --cse | FileCheck %s

// Gradients come from results where possible.
// CHECK-LABEL: func @relu
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK: %[[Y:.*]] = nn.relu %[[X]]
// CHECK: %[[OFF:.*]] = nn.compare le %[[Y]]
// CHECK: %[[G:.*]] = nn.select %[[OFF]]
// CHECK: return %[[G]]
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = nn.relu %x : tensor<4xf32>
  %z = nn.sum %y over [0] : tensor<4xf32>
  %g = nn.gradient %z wrt %x : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// What broadcast is summed back.
// CHECK-LABEL: func @broadcast
// CHECK-SAME: (%[[X:.*]]: tensor<3x4xf32>, %[[B:.*]]: tensor<4xf32>)
// CHECK: %[[S:.*]] = nn.sum %[[X]] over [0]
// CHECK: return %[[S]]
func.func @broadcast(%x: tensor<3x4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %y = nn.mul %x, %b : tensor<3x4xf32>, tensor<4xf32>
  %z = nn.sum %y over [0, 1] : tensor<3x4xf32>
  %g = nn.gradient %z wrt %b : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: func @linear
// CHECK-SAME: (%[[X:.*]]: tensor<8x4xf32>, %[[W:.*]]: tensor<3x4xf32>, %[[B:.*]]: tensor<3xf32>)
// CHECK: %[[Y:.*]] = nn.linear
// CHECK: %[[G:.*]] = nn.add %[[Y]], %[[Y]]
// CHECK-DAG: %[[GX:.*]] = nn.matmul %[[G]], %[[W]] : tensor<8x3xf32>, tensor<3x4xf32>
// CHECK-DAG: %[[GW:.*]] = nn.matmul %[[G]] transpose_a, %[[X]] : tensor<8x3xf32>, tensor<8x4xf32>
// CHECK-DAG: %[[GB:.*]] = nn.sum %[[G]] over [0]
// CHECK: return %[[GX]], %[[GW]], %[[GB]]
func.func @linear(%x: tensor<8x4xf32>, %w: tensor<3x4xf32>, %b: tensor<3xf32>) -> (tensor<8x4xf32>, tensor<3x4xf32>, tensor<3xf32>) {
  %y = nn.linear %x, %w bias %b : tensor<8x4xf32>, tensor<3x4xf32>, tensor<3xf32>
  %q = nn.mul %y, %y : tensor<8x3xf32>, tensor<8x3xf32>
  %z = nn.sum %q over [0, 1] : tensor<8x3xf32>
  %g:3 = nn.gradient %z wrt %x, %w, %b : tensor<f32>, tensor<8x4xf32>, tensor<3x4xf32>, tensor<3xf32>
  return %g#0, %g#1, %g#2 : tensor<8x4xf32>, tensor<3x4xf32>, tensor<3xf32>
}

// The backward of a slice pads, that of a gather scatters, that of a dropout draws the same mask.
// CHECK-LABEL: func @moves
// CHECK-DAG: nn.pad %{{.*}} low [1] high [2] interior [1]
// CHECK-DAG: nn.scatter_add %{{.*}} along 0
// CHECK-DAG: nn.dropout %{{.*}} id 7
// CHECK-DAG: nn.dropout %{{.*}} id 7
func.func @moves(%x: tensor<8xf32>, %i: tensor<3xi64>, %n: tensor<i64>) -> tensor<8xf32> {
  %a = nn.slice %x from [1] to [7] by [2] : tensor<8xf32>
  %b = nn.gather %x, %i along 0 : tensor<8xf32>, tensor<3xi64>
  %c = nn.mul %a, %b : tensor<3xf32>, tensor<3xf32>
  %d = nn.dropout %c p 0.5 seed %n, %n id 7 : tensor<3xf32>
  %e = nn.mul %d, %d : tensor<3xf32>, tensor<3xf32>
  %z = nn.sum %e over [0] : tensor<3xf32>
  %g = nn.gradient %z wrt %x : tensor<f32>, tensor<8xf32>
  return %g : tensor<8xf32>
}

// Inner gradients are expanded first: the second derivative of x³ is 6x.
// CHECK-LABEL: func @nested
// CHECK-NOT: nn.gradient
// CHECK: return
func.func @nested(%x: tensor<f32>) -> tensor<f32> {
  %a = nn.mul %x, %x : tensor<f32>, tensor<f32>
  %b = nn.mul %a, %x : tensor<f32>, tensor<f32>
  %g = nn.gradient %b wrt %x : tensor<f32>, tensor<f32>
  %h = nn.gradient %g wrt %x : tensor<f32>, tensor<f32>
  return %h : tensor<f32>
}

// A variable may be computed from another one: that one's gradient goes through it.
// CHECK-LABEL: func @through_a_variable
// CHECK-SAME: (%[[X:.*]]: tensor<f32>)
// CHECK: %[[Y:.*]] = nn.exp %[[X]]
// CHECK: %[[GY:.*]] = nn.cos %[[Y]]
// CHECK: %[[GX:.*]] = nn.mul %[[GY]], %[[Y]]
// CHECK: return %[[GX]], %[[GY]]
func.func @through_a_variable(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %y = nn.exp %x : tensor<f32>
  %z = nn.sin %y : tensor<f32>
  %g:2 = nn.gradient %z wrt %x, %y : tensor<f32>, tensor<f32>, tensor<f32>
  return %g#0, %g#1 : tensor<f32>, tensor<f32>
}

// Nothing flows through stop_gradient: what remains is a zero.
// CHECK-LABEL: func @stopped
// CHECK: %[[Z:.*]] = nn.constant dense<0.000000e+00> : tensor<f32>
// CHECK: return %[[Z]]
func.func @stopped(%x: tensor<f32>) -> tensor<f32> {
  %y = nn.stop_gradient %x : tensor<f32>
  %z = nn.exp %y : tensor<f32>
  %g = nn.gradient %z wrt %x : tensor<f32>, tensor<f32>
  return %g : tensor<f32>
}
