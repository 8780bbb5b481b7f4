// RUN: sinter-opt --nn-to-linalg --split-input-file %s | FileCheck %s

// CHECK: #[[ID:.+]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK: #[[ROWS:.+]] = affine_map<(d0, d1, d2) -> (d1)>

// CHECK-LABEL: func.func @sum
// CHECK: %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[EMPTY:.+]] = tensor.empty() : tensor<3xf32>
// CHECK: %[[INIT:.+]] = linalg.fill ins(%[[ZERO]] : f32) outs(%[[EMPTY]] : tensor<3xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROWS]]], iterator_types = ["reduction", "parallel", "reduction"]}
// CHECK-SAME: outs(%[[INIT]] : tensor<3xf32>)
// CHECK: ^bb0(%[[X:.+]]: f32, %[[SUM:.+]]: f32):
// CHECK-NEXT: %[[NEXT:.+]] = arith.addf %[[SUM]], %[[X]]
// CHECK-NEXT: linalg.yield %[[NEXT]]
func.func @sum(%x: tensor<2x3x4xf32>) -> tensor<3xf32> attributes {sinter.kernel} {
  %0 = nn.sum %x over [0, 2] : tensor<2x3x4xf32>
  return %0 : tensor<3xf32>
}

// -----

// CHECK: #[[KEPT:.+]] = affine_map<(d0, d1, d2) -> (d0, 0, 0)>

// A kept dimension is index 0 of the result.
// CHECK-LABEL: func.func @keepdim
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[KEPT]]], iterator_types = ["parallel", "reduction", "reduction"]}
// CHECK-SAME: outs(%{{.+}} : tensor<2x1x1xf64>)
func.func @keepdim(%x: tensor<2x3x4xf64>) -> tensor<2x1x1xf64> attributes {sinter.kernel} {
  %0 = nn.sum %x over [1, 2] keepdim : tensor<2x3x4xf64>
  return %0 : tensor<2x1x1xf64>
}

// -----

// CHECK-LABEL: func.func @full
// CHECK: arith.constant 1.000000e+00 : f32
// CHECK: iterator_types = ["reduction", "reduction"]
// CHECK: arith.mulf
func.func @full(%x: tensor<3x4xf32>) -> tensor<f32> attributes {sinter.kernel} {
  %0 = nn.prod %x over [0, 1] : tensor<3x4xf32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @scalar
// CHECK: iterator_types = []
func.func @scalar(%x: tensor<f32>) -> tensor<f32> attributes {sinter.kernel} {
  %0 = nn.amax %x over [] : tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @extrema
// CHECK: arith.constant 0xFF800000 : f32
// CHECK: arith.maximumf
// CHECK: arith.constant 0x7F800000 : f32
// CHECK: arith.minimumf
func.func @extrema(%x: tensor<3x4xf32>) -> (tensor<3xf32>, tensor<3xf32>) attributes {sinter.kernel} {
  %0 = nn.amax %x over [1] : tensor<3x4xf32>
  %1 = nn.amin %x over [1] : tensor<3x4xf32>
  return %0, %1 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func @integers
// CHECK: arith.constant 0 : i64
// CHECK: arith.addi
// CHECK: arith.constant -9223372036854775808 : i64
// CHECK: arith.maxsi
// CHECK: arith.constant 9223372036854775807 : i64
// CHECK: arith.minsi
func.func @integers(%x: tensor<3x4xi64>) -> (tensor<3xi64>, tensor<3xi64>, tensor<3xi64>) attributes {sinter.kernel} {
  %0 = nn.sum %x over [1] : tensor<3x4xi64>
  %1 = nn.amax %x over [1] : tensor<3x4xi64>
  %2 = nn.amin %x over [1] : tensor<3x4xi64>
  return %0, %1, %2 : tensor<3xi64>, tensor<3xi64>, tensor<3xi64>
}

// Any and all.
// CHECK-LABEL: func.func @bools
// CHECK: arith.constant false
// CHECK: arith.ori
// CHECK: arith.constant true
// CHECK: arith.andi
func.func @bools(%x: tensor<3x4xi1>) -> (tensor<3xi1>, tensor<3xi1>) attributes {sinter.kernel} {
  %0 = nn.amax %x over [1] : tensor<3x4xi1>
  %1 = nn.amin %x over [1] : tensor<3x4xi1>
  return %0, %1 : tensor<3xi1>, tensor<3xi1>
}

// f16 accumulates in f32.
// CHECK-LABEL: func.func @narrow
// CHECK: outs(%{{.+}} : tensor<3xf32>)
// CHECK: arith.extf
// CHECK: arith.addf %{{.+}}, %{{.+}} : f32
// CHECK: arith.truncf %{{.+}} : f32 to f16
func.func @narrow(%x: tensor<3x4xf16>) -> tensor<3xf16> attributes {sinter.kernel} {
  %0 = nn.sum %x over [1] : tensor<3x4xf16>
  return %0 : tensor<3xf16>
}

// The first of equals wins, and the first NaN.
// CHECK-LABEL: func.func @argmax
// CHECK: %[[LEAST:.+]] = arith.constant 0xFF800000 : f32
// CHECK: %[[VALUES:.+]] = linalg.fill ins(%[[LEAST]] : f32)
// CHECK: %[[INDICES:.+]] = linalg.fill ins(%{{.+}} : i64)
// CHECK: %[[RESULT:.+]]:2 = linalg.generic
// CHECK-SAME: outs(%[[VALUES]], %[[INDICES]] : tensor<3xf32>, tensor<3xi64>)
// CHECK: ^bb0(%[[X:.+]]: f32, %[[BEST:.+]]: f32, %[[AT:.+]]: i64):
// CHECK: %[[LARGER:.+]] = arith.cmpf ogt, %[[X]], %[[BEST]]
// CHECK: %[[NAN:.+]] = arith.cmpf uno, %[[X]], %[[X]]
// CHECK: %[[NUMBER:.+]] = arith.cmpf ord, %[[BEST]], %[[BEST]]
// CHECK: %[[FIRST:.+]] = arith.andi %[[NAN]], %[[NUMBER]]
// CHECK: %[[BETTER:.+]] = arith.ori %[[LARGER]], %[[FIRST]]
// CHECK: linalg.index 1
// CHECK: arith.select %[[BETTER]], %[[X]], %[[BEST]]
// CHECK: arith.select %[[BETTER]], %{{.+}}, %[[AT]]
// CHECK: return %[[RESULT]]#1
func.func @argmax(%x: tensor<3x4xf32>) -> tensor<3xi64> attributes {sinter.kernel} {
  %0 = nn.argmax %x over 1 : tensor<3x4xf32>
  return %0 : tensor<3xi64>
}

// CHECK-LABEL: func.func @argmin
// CHECK: arith.cmpi slt
func.func @argmin(%x: tensor<3x4xi64>) -> tensor<1x4xi64> attributes {sinter.kernel} {
  %0 = nn.argmin %x over 0 keepdim : tensor<3x4xi64>
  return %0 : tensor<1x4xi64>
}
