// RUN: sinter-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @neutral
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
func.func @neutral(%x: tensor<2x3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %one = nn.constant dense<1.0> : tensor<f32>
  %zero = nn.constant dense<0.0> : tensor<f32>
  %minus = nn.constant dense<-0.0> : tensor<f32>
  %0 = nn.mul %x, %one : tensor<2x3xf32>, tensor<f32>
  %1 = nn.mul %one, %x : tensor<f32>, tensor<2x3xf32>
  %2 = nn.div %x, %one : tensor<2x3xf32>, tensor<f32>
  %3 = nn.sub %x, %zero : tensor<2x3xf32>, tensor<f32>
  %4 = nn.add %x, %minus : tensor<2x3xf32>, tensor<f32>
  return %0, %1, %2, %3, %4 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// -0 + 0 is 0, infinity * 0 is NaN, and a broadcast has another shape.
// CHECK-LABEL: func @numbers_stay
// CHECK: nn.add
// CHECK: nn.mul
// CHECK: nn.mul
func.func @numbers_stay(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<2x3xf32>) {
  %zero = nn.constant dense<0.0> : tensor<f32>
  %ones = nn.constant dense<1.0> : tensor<2x1xf32>
  %0 = nn.add %x, %zero : tensor<3xf32>, tensor<f32>
  %1 = nn.mul %x, %zero : tensor<3xf32>, tensor<f32>
  %2 = nn.mul %x, %ones : tensor<3xf32>, tensor<2x1xf32>
  return %0, %1, %2 : tensor<3xf32>, tensor<3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func @splats
// CHECK-DAG: %[[A:.*]] = nn.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-DAG: %[[B:.*]] = nn.constant dense<5> : tensor<i64>
// CHECK-DAG: %[[C:.*]] = nn.constant dense<2.000000e+00> : tensor<2x2xf32>
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @splats() -> (tensor<3xf32>, tensor<i64>, tensor<2x2xf32>) {
  %1 = nn.constant dense<1.0> : tensor<3xf32>
  %2 = nn.constant dense<2.0> : tensor<f32>
  %3 = nn.constant dense<2> : tensor<i64>
  %4 = nn.constant dense<3> : tensor<i64>
  %5 = nn.div %1, %2 : tensor<3xf32>, tensor<f32>
  %6 = nn.add %3, %4 : tensor<i64>, tensor<i64>
  %7 = nn.broadcast %2 : tensor<f32> to tensor<2x2xf32>
  return %5, %6, %7 : tensor<3xf32>, tensor<i64>, tensor<2x2xf32>
}

// CHECK-LABEL: func @moves
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
func.func @moves(%x: tensor<2x3x4xf32>)
    -> (tensor<24xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) {
  // CHECK: %[[FLAT:.*]] = nn.reshape %[[X]] : tensor<2x3x4xf32> to tensor<24xf32>
  %0 = nn.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  %1 = nn.reshape %0 : tensor<6x4xf32> to tensor<24xf32>
  %2 = nn.reshape %0 : tensor<6x4xf32> to tensor<2x3x4xf32>
  %3 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf32>
  %4 = nn.transpose %3 [1, 2, 0] : tensor<4x2x3xf32>
  %5 = nn.sum %x over [] : tensor<2x3x4xf32>
  %6 = nn.cast %x : tensor<2x3x4xf32> to tensor<2x3x4xf32>
  %7 = nn.slice %x from [0, 0, 0] to [2, 3, 4] by [1, 1, 1] : tensor<2x3x4xf32>
  // CHECK-NEXT: return %[[FLAT]], %[[X]], %[[X]], %[[X]], %[[X]], %[[X]]
  return %1, %2, %4, %5, %6, %7
      : tensor<24xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: func @choices
// CHECK-SAME: (%[[C:.*]]: tensor<3xi1>, %[[X:.*]]: tensor<3xf32>, %[[Y:.*]]: tensor<3xf32>)
func.func @choices(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  // CHECK-NEXT: %[[R:.*]] = nn.relu %[[X]]
  %true = nn.constant dense<true> : tensor<i1>
  %0 = nn.select %true, %x, %y : tensor<i1>, tensor<3xf32>, tensor<3xf32>
  %1 = nn.select %c, %y, %y : tensor<3xi1>, tensor<3xf32>, tensor<3xf32>
  %2 = nn.relu %x : tensor<3xf32>
  %3 = nn.relu %2 : tensor<3xf32>
  // CHECK-NEXT: return %[[X]], %[[Y]], %[[R]]
  return %0, %1, %3 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}
