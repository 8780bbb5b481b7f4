// RUN: sinter-opt --nn-to-linalg %s | FileCheck %s

// The words of the counter: element / 4, its high half with those of id and step, the id, the step.
// CHECK-LABEL: func.func @uniform
// CHECK: ^bb0(%[[SEED:.+]]: i64, %[[STEP:.+]]: i64, %{{.+}}: f32):
// CHECK: linalg.index 0
// CHECK: linalg.index 1
// CHECK: %[[NUMBER:.+]] = arith.index_cast %{{.+}} : index to i64
// CHECK: arith.shrui %[[NUMBER]]
// CHECK: arith.trunci %[[SEED]] : i64 to i32
// CHECK-COUNT-20: arith.mului_extended
// CHECK-NOT: arith.mului_extended
// CHECK: arith.sitofp %{{.+}} : i32 to f32
// CHECK: arith.constant 5.96046448E-8 : f32
// CHECK: arith.mulf
func.func @uniform(%seed: tensor<i64>, %step: tensor<i64>) -> tensor<3x5xf32> attributes {sinter.kernel} {
  %0 = nn.random_uniform %seed, %step id 7 : tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// CHECK-LABEL: func.func @normal
// CHECK: math.log
// CHECK: math.sqrt
// CHECK: math.cos
func.func @normal(%seed: tensor<i64>, %step: tensor<i64>) -> tensor<8xf64> attributes {sinter.kernel} {
  %0 = nn.random_normal %seed, %step id 7 : tensor<8xf64>
  return %0 : tensor<8xf64>
}
