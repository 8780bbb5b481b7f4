// RUN: sinter-opt --nn-to-linalg --split-input-file %s | FileCheck %s

// CHECK: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK: #[[ROW:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK: #[[COLUMN:.+]] = affine_map<(d0, d1) -> (d0, 0)>

// A missing dimension is dropped from the map, a unit dimension reads index 0.
// CHECK-LABEL: func.func @broadcast_operands
// CHECK-SAME: (%[[X:.+]]: tensor<4x8xf32>, %[[ROWS:.+]]: tensor<8xf32>, %[[COLUMNS:.+]]: tensor<4x1xf32>)
// CHECK: %[[EMPTY:.+]] = tensor.empty() : tensor<4x8xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK-SAME: ins(%[[X]], %[[ROWS]] : tensor<4x8xf32>, tensor<8xf32>) outs(%[[EMPTY]] : tensor<4x8xf32>)
// CHECK: arith.addf
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[COLUMN]], #[[ID]]]
// CHECK: arith.mulf
func.func @broadcast_operands(%x: tensor<4x8xf32>, %rows: tensor<8xf32>, %columns: tensor<4x1xf32>) -> tensor<4x8xf32> attributes {sinter.kernel} {
  %0 = nn.add %x, %rows : tensor<4x8xf32>, tensor<8xf32>
  %1 = nn.mul %0, %columns : tensor<4x8xf32>, tensor<4x1xf32>
  return %1 : tensor<4x8xf32>
}

// Both operands may broadcast, and one may be a scalar.
// CHECK-LABEL: func.func @outer
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<3x1xf64>, tensor<5xf64>) outs({{.*}} : tensor<3x5xf64>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<3x5xf64>, tensor<f64>)
func.func @outer(%x: tensor<3x1xf64>, %y: tensor<5xf64>, %z: tensor<f64>) -> tensor<3x5xf64> attributes {sinter.kernel} {
  %0 = nn.sub %x, %y : tensor<3x1xf64>, tensor<5xf64>
  %1 = nn.div %0, %z : tensor<3x5xf64>, tensor<f64>
  return %1 : tensor<3x5xf64>
}

// -----

// A splat is a scalar of the region, not an operand.
// CHECK-LABEL: func.func @splat
// CHECK-NOT: dense
// CHECK: linalg.generic {{.*}} ins(%{{.+}} : tensor<2x3x4x5xf32>)
// CHECK: %[[TWO:.+]] = arith.constant 2.000000e+00 : f32
// CHECK: arith.mulf %{{.+}}, %[[TWO]]
func.func @splat(%x: tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32> attributes {sinter.kernel} {
  %two = nn.constant dense<2.0> : tensor<f32>
  %0 = nn.mul %x, %two : tensor<2x3x4x5xf32>, tensor<f32>
  return %0 : tensor<2x3x4x5xf32>
}

// CHECK-LABEL: func.func @table
// CHECK: arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
func.func @table(%x: tensor<2xf32>) -> tensor<2xf32> attributes {sinter.kernel} {
  %table = nn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = nn.mul %x, %table : tensor<2xf32>, tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Without dimensions there are no loops.
// CHECK-LABEL: func.func @scalar
// CHECK: linalg.generic {indexing_maps = [#{{.+}}, #{{.+}}], iterator_types = []}
func.func @scalar(%x: tensor<f32>) -> tensor<f32> attributes {sinter.kernel} {
  %0 = nn.neg %x : tensor<f32>
  return %0 : tensor<f32>
}

// -----

// CHECK-LABEL: func.func @unary_floats
func.func @unary_floats(%x: tensor<6xf32>) -> tensor<6xf32> attributes {sinter.kernel} {
  // CHECK: arith.negf
  %0 = nn.neg %x : tensor<6xf32>
  // CHECK: math.absf
  %1 = nn.abs %0 : tensor<6xf32>
  // CHECK: math.floor
  %2 = nn.floor %1 : tensor<6xf32>
  // CHECK: math.exp
  %3 = nn.exp %2 : tensor<6xf32>
  // CHECK: math.expm1
  %4 = nn.expm1 %3 : tensor<6xf32>
  // CHECK: math.log
  %5 = nn.log %4 : tensor<6xf32>
  // CHECK: math.log1p
  %6 = nn.log1p %5 : tensor<6xf32>
  // CHECK: math.sqrt
  %7 = nn.sqrt %6 : tensor<6xf32>
  // CHECK: math.rsqrt
  %8 = nn.rsqrt %7 : tensor<6xf32>
  // CHECK: math.sin
  %9 = nn.sin %8 : tensor<6xf32>
  // CHECK: math.cos
  %10 = nn.cos %9 : tensor<6xf32>
  // CHECK: math.tanh
  %11 = nn.tanh %10 : tensor<6xf32>
  // CHECK: math.erf
  %12 = nn.erf %11 : tensor<6xf32>
  return %12 : tensor<6xf32>
}

// CHECK-LABEL: func.func @sigmoid
// CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: f32):
// CHECK: %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[NEGATED:.+]] = arith.negf %[[X]]
// CHECK: %[[POWER:.+]] = math.exp %[[NEGATED]]
// CHECK: %[[SUM:.+]] = arith.addf %[[POWER]], %[[ONE]]
// CHECK: arith.divf %[[ONE]], %[[SUM]]
func.func @sigmoid(%x: tensor<6xf32>) -> tensor<6xf32> attributes {sinter.kernel} {
  %0 = nn.sigmoid %x : tensor<6xf32>
  return %0 : tensor<6xf32>
}

// NaN stays, but the sign of it is 0.
// CHECK-LABEL: func.func @relu
// CHECK: arith.maximumf
func.func @relu(%x: tensor<6xf32>) -> tensor<6xf32> attributes {sinter.kernel} {
  %0 = nn.relu %x : tensor<6xf32>
  return %0 : tensor<6xf32>
}

// CHECK-LABEL: func.func @sign
// CHECK: ^bb0(%[[X:.+]]: f64, %{{.+}}: f64):
// CHECK: %[[BELOW:.+]] = arith.cmpf olt, %[[X]]
// CHECK: %[[REST:.+]] = arith.select %[[BELOW]], %{{.+}}, %[[ZERO:.+]] :
// CHECK: arith.select %{{.+}}, %{{.+}}, %[[REST]]
func.func @sign(%x: tensor<6xf64>) -> tensor<6xf64> attributes {sinter.kernel} {
  %0 = nn.sign %x : tensor<6xf64>
  return %0 : tensor<6xf64>
}

// CHECK-LABEL: func.func @stop_gradient(
// CHECK-SAME: %[[X:.+]]: tensor<6xf64>
// CHECK-NEXT: return %[[X]]
func.func @stop_gradient(%x: tensor<6xf64>) -> tensor<6xf64> attributes {sinter.kernel} {
  %0 = nn.stop_gradient %x : tensor<6xf64>
  return %0 : tensor<6xf64>
}

// -----

// CHECK-LABEL: func.func @integers
func.func @integers(%x: tensor<6xi64>, %y: tensor<6xi64>) -> tensor<6xi64> attributes {sinter.kernel} {
  // CHECK: arith.addi
  %0 = nn.add %x, %y : tensor<6xi64>, tensor<6xi64>
  // CHECK: arith.subi
  %1 = nn.sub %0, %y : tensor<6xi64>, tensor<6xi64>
  // CHECK: arith.muli
  %2 = nn.mul %1, %y : tensor<6xi64>, tensor<6xi64>
  // CHECK: arith.maxsi
  %3 = nn.maximum %2, %y : tensor<6xi64>, tensor<6xi64>
  // CHECK: arith.minsi
  %4 = nn.minimum %3, %y : tensor<6xi64>, tensor<6xi64>
  // CHECK: math.absi
  %5 = nn.abs %4 : tensor<6xi64>
  // CHECK: %[[ZERO:.+]] = arith.constant 0 : i64
  // CHECK: arith.maxsi %{{.+}}, %[[ZERO]]
  %6 = nn.relu %5 : tensor<6xi64>
  // CHECK: arith.subi
  %7 = nn.neg %6 : tensor<6xi64>
  return %7 : tensor<6xi64>
}

// Division never traps: 1 takes the place of 0 and -1.
// CHECK-LABEL: func.func @integer_division
// CHECK: %[[ONE:.+]] = arith.constant 1 : i64
// CHECK: %[[UNSAFE:.+]] = arith.ori
// CHECK: %[[DIVISOR:.+]] = arith.select %[[UNSAFE]], %[[ONE]], %[[Y:.+]] : i64
// CHECK: arith.divsi %{{.+}}, %[[DIVISOR]]
// CHECK: linalg.generic
// CHECK: arith.remsi
func.func @integer_division(%x: tensor<6xi64>, %y: tensor<6xi64>) -> tensor<6xi64> attributes {sinter.kernel} {
  %0 = nn.floor_divide %x, %y : tensor<6xi64>, tensor<6xi64>
  %1 = nn.remainder %0, %y : tensor<6xi64>, tensor<6xi64>
  return %1 : tensor<6xi64>
}

// CHECK-LABEL: func.func @bools
func.func @bools(%x: tensor<6xi1>, %y: tensor<6xi1>) -> tensor<6xi1> attributes {sinter.kernel} {
  // CHECK: arith.ori
  %0 = nn.add %x, %y : tensor<6xi1>, tensor<6xi1>
  // CHECK: arith.andi
  %1 = nn.mul %0, %y : tensor<6xi1>, tensor<6xi1>
  // CHECK: arith.andi
  %2 = nn.logical_and %1, %y : tensor<6xi1>, tensor<6xi1>
  // CHECK: arith.ori
  %3 = nn.logical_or %2, %y : tensor<6xi1>, tensor<6xi1>
  // CHECK: %[[TRUE:.+]] = arith.constant true
  // CHECK: arith.xori %{{.+}}, %[[TRUE]]
  %4 = nn.logical_not %3 : tensor<6xi1>
  // CHECK: arith.ori
  %5 = nn.maximum %4, %y : tensor<6xi1>, tensor<6xi1>
  // CHECK: arith.cmpi ult
  %6 = nn.compare lt %5, %y : tensor<6xi1>, tensor<6xi1>
  return %6 : tensor<6xi1>
}

// -----

// CHECK-LABEL: func.func @binary_floats
func.func @binary_floats(%x: tensor<6xf32>, %y: tensor<6xf32>) -> tensor<6xf32> attributes {sinter.kernel} {
  // CHECK: arith.subf
  %0 = nn.sub %x, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.divf
  %1 = nn.div %0, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: math.powf
  %2 = nn.pow %1, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.maximumf
  %3 = nn.maximum %2, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.minimumf
  %4 = nn.minimum %3, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.remf
  // CHECK: math.floor
  // CHECK: math.copysign
  %5 = nn.floor_divide %4, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.remf
  // CHECK: arith.addf
  // CHECK: arith.select
  %6 = nn.remainder %5, %y : tensor<6xf32>, tensor<6xf32>
  return %6 : tensor<6xf32>
}

// All predicates but `ne` are false on NaN.
// CHECK-LABEL: func.func @compare
func.func @compare(%x: tensor<6xf32>, %y: tensor<6xf32>, %i: tensor<6xi64>) -> tensor<6xi1> attributes {sinter.kernel} {
  // CHECK: arith.cmpf oeq
  %0 = nn.compare eq %x, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.cmpf une
  %1 = nn.compare ne %x, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.cmpf ole
  %2 = nn.compare le %x, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.cmpf ogt
  %3 = nn.compare gt %x, %y : tensor<6xf32>, tensor<6xf32>
  // CHECK: arith.cmpi sge
  %4 = nn.compare ge %i, %i : tensor<6xi64>, tensor<6xi64>
  %5 = nn.logical_and %0, %1 : tensor<6xi1>, tensor<6xi1>
  %6 = nn.logical_and %2, %3 : tensor<6xi1>, tensor<6xi1>
  %7 = nn.logical_and %5, %6 : tensor<6xi1>, tensor<6xi1>
  %8 = nn.logical_and %7, %4 : tensor<6xi1>, tensor<6xi1>
  return %8 : tensor<6xi1>
}

// CHECK-LABEL: func.func @select
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}}, %{{.+}} : tensor<3xi1>, tensor<2x3xf32>, tensor<f32>)
// CHECK: arith.select
func.func @select(%c: tensor<3xi1>, %x: tensor<2x3xf32>, %y: tensor<f32>) -> tensor<2x3xf32> attributes {sinter.kernel} {
  %0 = nn.select %c, %x, %y : tensor<3xi1>, tensor<2x3xf32>, tensor<f32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @iota
// CHECK: %[[INDEX:.+]] = linalg.index 1
// CHECK: arith.index_cast %[[INDEX]] : index to i64
func.func @iota() -> tensor<2x3xi64> attributes {sinter.kernel} {
  %0 = nn.iota 1 : tensor<2x3xi64>
  return %0 : tensor<2x3xi64>
}

// -----

// CHECK-LABEL: func.func @casts
func.func @casts(%x: tensor<4xf32>) -> tensor<4xf32> attributes {sinter.kernel} {
  // CHECK: arith.fptosi %{{.+}} : f32 to i64
  %0 = nn.cast %x : tensor<4xf32> to tensor<4xi64>
  // CHECK: arith.cmpi ne
  %1 = nn.cast %0 : tensor<4xi64> to tensor<4xi1>
  // CHECK: arith.uitofp %{{.+}} : i1 to f64
  %2 = nn.cast %1 : tensor<4xi1> to tensor<4xf64>
  // CHECK: arith.truncf %{{.+}} : f64 to f32
  %3 = nn.cast %2 : tensor<4xf64> to tensor<4xf32>
  // CHECK: arith.cmpf une
  %4 = nn.cast %3 : tensor<4xf32> to tensor<4xi1>
  // CHECK: arith.extui %{{.+}} : i1 to i64
  %5 = nn.cast %4 : tensor<4xi1> to tensor<4xi64>
  // CHECK: arith.trunci %{{.+}} : i64 to i32
  %6 = nn.cast %5 : tensor<4xi64> to tensor<4xi32>
  // CHECK: arith.sitofp %{{.+}} : i32 to f32
  %7 = nn.cast %6 : tensor<4xi32> to tensor<4xf32>
  return %7 : tensor<4xf32>
}

// Unsigned bytes are i8 from here on, in the signature too; what they mean stays with the op.
// CHECK-LABEL: func.func @bytes
// CHECK-SAME: (%[[X:.+]]: memref<4xi8>, %[[Y:.+]]: memref<4xf32>, %[[Z:.+]]: memref<4xi8>)
// CHECK: bufferization.to_tensor %[[X]] restrict : memref<4xi8>
// CHECK: arith.uitofp %{{.+}} : i8 to f32
// CHECK: arith.maxui %{{.+}}, %{{.+}} : i8
// CHECK: materialize_in_destination {{.*}} : (tensor<4xi8>, memref<4xi8>)
func.func @bytes(%x: memref<4xui8>, %y: memref<4xf32>, %z: memref<4xui8>) attributes {sinter.kernel} {
  %0 = bufferization.to_tensor %x restrict : memref<4xui8>
  %1 = nn.cast %0 : tensor<4xui8> to tensor<4xf32>
  %2 = nn.constant dense<[1, 2, 3, 200]> : tensor<4xui8>
  %3 = nn.maximum %0, %2 : tensor<4xui8>, tensor<4xui8>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  bufferization.materialize_in_destination %3 in restrict writable %z : (tensor<4xui8>, memref<4xui8>) -> ()
  return
}

// Other functions are left alone.
// CHECK-LABEL: func.func @no_kernel
// CHECK: nn.neg
func.func @no_kernel(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.neg %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
