// RUN: sinter-opt --nn-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @reshapes
func.func @reshapes(%x: tensor<2x3x4xf32>, %s: tensor<f32>, %one: tensor<1x1xf32>) -> (tensor<6x4xf32>, tensor<2x1x3x4xf32>, tensor<4x6xf32>, tensor<1x1xf32>, tensor<f32>) attributes {sinter.kernel} {
  // CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
  %0 = nn.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  // CHECK: tensor.expand_shape %{{.+}} : tensor<2x3x4xf32> into tensor<2x1x3x4xf32>
  %1 = nn.reshape %x : tensor<2x3x4xf32> to tensor<2x1x3x4xf32>
  // CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0, 1, 2]] : tensor<2x3x4xf32> into tensor<24xf32>
  // CHECK: tensor.expand_shape %{{.+}} {{\[}}[0, 1]] output_shape [4, 6] : tensor<24xf32> into tensor<4x6xf32>
  %2 = nn.reshape %x : tensor<2x3x4xf32> to tensor<4x6xf32>
  // CHECK: tensor.expand_shape %{{.+}} [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
  %3 = nn.reshape %s : tensor<f32> to tensor<1x1xf32>
  // CHECK: tensor.collapse_shape %{{.+}} [] : tensor<1x1xf32> into tensor<f32>
  %4 = nn.reshape %one : tensor<1x1xf32> to tensor<f32>
  return %0, %1, %2, %3, %4 : tensor<6x4xf32>, tensor<2x1x3x4xf32>, tensor<4x6xf32>, tensor<1x1xf32>, tensor<f32>
}

// -----

// Result dimension i is input dimension permutation[i].
// CHECK-DAG: #[[READ:.+]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-LABEL: func.func @transpose
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #{{.+}}], iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK-SAME: outs(%{{.+}} : tensor<4x2x3xf32>)
func.func @transpose(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> attributes {sinter.kernel} {
  %0 = nn.transpose %x [2, 0, 1] : tensor<2x3x4xf32>
  return %0 : tensor<4x2x3xf32>
}

// -----

// CHECK-DAG: #[[READ:.+]] = affine_map<(d0, d1, d2) -> (0, d2)>
// CHECK-LABEL: func.func @broadcast
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #{{.+}}]
func.func @broadcast(%x: tensor<1x4xi64>) -> tensor<2x3x4xi64> attributes {sinter.kernel} {
  %0 = nn.broadcast %x : tensor<1x4xi64> to tensor<2x3x4xi64>
  return %0 : tensor<2x3x4xi64>
}

// -----

// CHECK-LABEL: func.func @slice
// CHECK: tensor.extract_slice %{{.+}}[1, 0] [2, 3] [2, 1] : tensor<5x4xf32> to tensor<2x3xf32>
func.func @slice(%x: tensor<5x4xf32>) -> tensor<2x3xf32> attributes {sinter.kernel} {
  %0 = nn.slice %x from [1, 0] to [5, 3] by [2, 1] : tensor<5x4xf32>
  return %0 : tensor<2x3xf32>
}

// Dimension 0 has no padding and needs no test.
// CHECK-LABEL: func.func @pad
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>)
// CHECK: %[[ROW:.+]] = linalg.index 0
// CHECK: %[[COLUMN:.+]] = linalg.index 1
// CHECK: %[[SHIFTED:.+]] = arith.subi %[[COLUMN]]
// CHECK: %[[INSIDE:.+]] = arith.cmpi ule, %[[SHIFTED]]
// CHECK: %[[AT:.+]] = arith.select %[[INSIDE]], %[[SHIFTED]]
// CHECK: %[[ELEMENT:.+]] = tensor.extract %[[X]][%[[ROW]], %[[AT]]]
// CHECK: %[[VALUE:.+]] = arith.constant 5.000000e-01
// CHECK: arith.select %[[INSIDE]], %[[ELEMENT]], %[[VALUE]]
func.func @pad(%x: tensor<2x3xf32>) -> tensor<2x6xf32> attributes {sinter.kernel} {
  %0 = nn.pad %x low [0, 1] high [0, 2] interior [0, 0] value 0.5 : tensor<2x3xf32>
  return %0 : tensor<2x6xf32>
}

// CHECK-LABEL: func.func @pad_interior
// CHECK: arith.remui
// CHECK: arith.divui
func.func @pad_interior(%x: tensor<3xf32>) -> tensor<5xf32> attributes {sinter.kernel} {
  %0 = nn.pad %x low [0] high [0] interior [1] value 0.0 : tensor<3xf32>
  return %0 : tensor<5xf32>
}

// Each input is read at an index within it.
// CHECK-LABEL: func.func @concat
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>, %[[Y:.+]]: tensor<2x4xf32>)
// CHECK: %[[BEFORE:.+]] = arith.cmpi slt
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: %[[FIRST:.+]] = tensor.extract %[[X]]
// CHECK: %[[SECOND:.+]] = tensor.extract %[[Y]]
// CHECK: arith.select %[[BEFORE]], %[[FIRST]], %[[SECOND]]
func.func @concat(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<2x7xf32> attributes {sinter.kernel} {
  %0 = nn.concat %x, %y along 1 : tensor<2x3xf32>, tensor<2x4xf32>
  return %0 : tensor<2x7xf32>
}

// CHECK-LABEL: func.func @reverse
// CHECK: %[[INDEX:.+]] = linalg.index 0
// CHECK: %[[LAST:.+]] = arith.constant 4 : index
// CHECK: arith.subi %[[LAST]], %[[INDEX]]
func.func @reverse(%x: tensor<5xi1>) -> tensor<5xi1> attributes {sinter.kernel} {
  %0 = nn.reverse %x over [0] : tensor<5xi1>
  return %0 : tensor<5xi1>
}

// -----

// An index out of range reads nothing.
// CHECK-LABEL: func.func @gather
// CHECK-SAME: (%[[X:.+]]: tensor<5x3xf32>, %[[I:.+]]: tensor<2x3xi64>)
// CHECK: linalg.generic {{.*}} ins(%[[I]] : tensor<2x3xi64>)
// CHECK: %[[COLUMN:.+]] = linalg.index 1
// CHECK: %[[INSIDE:.+]] = arith.cmpi ult, %[[NUMBER:.+]], %{{.+}} : i64
// CHECK: %[[SAFE:.+]] = arith.select %[[INSIDE]], %[[NUMBER]]
// CHECK: %[[AT:.+]] = arith.index_cast %[[SAFE]]
// CHECK: %[[ELEMENT:.+]] = tensor.extract %[[X]][%[[AT]], %[[COLUMN]]]
// CHECK: arith.select %[[INSIDE]], %[[ELEMENT]]
func.func @gather(%x: tensor<5x3xf32>, %i: tensor<2x3xi64>) -> tensor<2x3xf32> attributes {sinter.kernel} {
  %0 = nn.gather %x, %i along 0 : tensor<5x3xf32>, tensor<2x3xi64>
  return %0 : tensor<2x3xf32>
}

// -----

// CHECK-DAG: #[[INDICES:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @take
// CHECK-SAME: (%[[X:.+]]: tensor<5x4xf32>, %[[I:.+]]: tensor<2x3xi64>)
// CHECK: linalg.generic {indexing_maps = [#[[INDICES]], #{{.+}}]
// CHECK: tensor.extract %[[X]]
func.func @take(%x: tensor<5x4xf32>, %i: tensor<2x3xi64>) -> tensor<2x3x4xf32> attributes {sinter.kernel} {
  %0 = nn.take %x, %i : tensor<5x4xf32>, tensor<2x3xi64>
  return %0 : tensor<2x3x4xf32>
}

// -----

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2) -> (d0, d2 * 2 + d1 * 3)>
// CHECK-LABEL: func.func @windows
// CHECK: linalg.generic {indexing_maps = [#[[X]], #{{.+}}], iterator_types = ["parallel", "parallel", "parallel"]}
func.func @windows(%x: tensor<4x9xf32>) -> tensor<4x3x2xf32> attributes {sinter.kernel} {
  %0 = nn.windows %x along 1 size 3 stride 2 dilation 3 : tensor<4x9xf32>
  return %0 : tensor<4x3x2xf32>
}
