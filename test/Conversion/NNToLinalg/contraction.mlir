// RUN: sinter-opt --nn-to-linalg --split-input-file %s | FileCheck %s

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func.func @plain
// CHECK: %[[INIT:.+]] = linalg.fill
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: outs(%[[INIT]] : tensor<3x5xf32>)
// CHECK: ^bb0(%[[X:.+]]: f32, %[[Y:.+]]: f32, %[[SUM:.+]]: f32):
// CHECK-NEXT: %[[PRODUCT:.+]] = arith.mulf %[[X]], %[[Y]]
// CHECK-NEXT: arith.addf %[[SUM]], %[[PRODUCT]]
func.func @plain(%a: tensor<3x4xf32>, %b: tensor<4x5xf32>) -> tensor<3x5xf32> attributes {sinter.kernel} {
  %0 = nn.matmul %a, %b : tensor<3x4xf32>, tensor<4x5xf32>
  return %0 : tensor<3x5xf32>
}

// -----

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func.func @transposed
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.+}}]
func.func @transposed(%a: tensor<4x3xf64>, %b: tensor<5x4xf64>) -> tensor<3x5xf64> attributes {sinter.kernel} {
  %0 = nn.matmul %a transpose_a, %b transpose_b : tensor<4x3xf64>, tensor<5x4xf64>
  return %0 : tensor<3x5xf64>
}

// -----

// Batch dimensions broadcast: a missing one is dropped, a unit one reads index 0.
// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, 0, d2, d4)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @batches
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]]
func.func @batches(%a: tensor<2x1x3x4xf32>, %b: tensor<6x4x5xf32>) -> tensor<2x6x3x5xf32> attributes {sinter.kernel} {
  %0 = nn.matmul %a, %b : tensor<2x1x3x4xf32>, tensor<6x4x5xf32>
  return %0 : tensor<2x6x3x5xf32>
}

// -----

// CHECK-LABEL: func.func @narrow
// CHECK: arith.extf %{{.+}} : bf16 to f32
// CHECK: arith.addf %{{.+}} : f32
// CHECK: arith.truncf %{{.+}} : f32 to bf16
func.func @narrow(%a: tensor<3x4xbf16>, %b: tensor<4x5xbf16>) -> tensor<3x5xbf16> attributes {sinter.kernel} {
  %0 = nn.matmul %a, %b : tensor<3x4xbf16>, tensor<4x5xbf16>
  return %0 : tensor<3x5xbf16>
}

// -----

// Packing walks over the matrix; a product reads panels where they lie.
// CHECK-DAG: #[[SOURCE:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[PANELS:.+]] = affine_map<(d0, d1) -> (d1 floordiv 4, d0, d1 mod 4)>
// CHECK-LABEL: func.func @pack
// CHECK: linalg.generic {indexing_maps = [#[[SOURCE]], #[[PANELS]]], iterator_types = ["parallel", "parallel"]}
// CHECK-SAME: ins(%arg0 : tensor<6x3xf32>)
func.func @pack(%a: tensor<6x3xf32>) -> tensor<2x3x4xf32> attributes {sinter.kernel} {
  %0 = nn.pack_panels %a width 4 transposed : tensor<6x3xf32>
  return %0 : tensor<2x3x4xf32>
}

// -----

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d0 floordiv 4, d2, d0 mod 4)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d1 floordiv 4, d2, d1 mod 4)>
// CHECK-LABEL: func.func @panels
// CHECK-NOT: linalg.generic
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.+}}]
// CHECK-SAME: ins(%arg0, %arg1 : tensor<3x3x4xf32>, tensor<2x3x4xf32>)
func.func @panels(%a: tensor<3x3x4xf32>, %b: tensor<2x3x4xf32>) -> tensor<10x6xf32> attributes {sinter.kernel} {
  %0 = nn.unpack_panels %a columns 10 : tensor<3x3x4xf32>
  %1 = nn.unpack_panels %b columns 6 : tensor<2x3x4xf32>
  %2 = nn.matmul %0 transpose_a, %1 : tensor<3x10xf32>, tensor<3x6xf32>
  return %2 : tensor<10x6xf32>
}

// -----

// CHECK-DAG: #[[PANELS:.+]] = affine_map<(d0, d1) -> (d1 floordiv 4, d0, d1 mod 4)>
// CHECK-LABEL: func.func @unpack
// CHECK: linalg.generic {indexing_maps = [#[[PANELS]], #{{.+}}]
func.func @unpack(%a: tensor<2x3x4xf32>) -> tensor<3x6xf32> attributes {sinter.kernel} {
  %0 = nn.unpack_panels %a columns 6 : tensor<2x3x4xf32>
  return %0 : tensor<3x6xf32>
}

// -----

// Windows are an index map of the input; channels of the result are the columns.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d2 * 2 + d4 * 3)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d4, d5, d3)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func.func @windows
// CHECK: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]]
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]
func.func @windows(%x: tensor<3x2x4x9xf32>, %w: tensor<2x2x4x5xf32>) -> tensor<3x2x3x5xf32> attributes {sinter.kernel} {
  %0 = nn.correlate %x order [0, 1, 2, 3], %w order [0, 3, 2, 1] into [0, 1, 3, 2] strides [2] dilations [3] : tensor<3x2x4x9xf32>, tensor<2x2x4x5xf32>
  return %0 : tensor<3x2x3x5xf32>
}
