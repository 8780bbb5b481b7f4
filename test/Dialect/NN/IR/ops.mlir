// RUN: sinter-opt %s | sinter-opt | FileCheck %s
// RUN: sinter-opt %s --mlir-print-op-generic | sinter-opt | FileCheck %s

// CHECK-LABEL: func @unary
func.func @unary(%x: tensor<3x5xf32>, %b: tensor<3xi1>) {
  // CHECK: nn.neg %{{.*}} : tensor<3x5xf32>
  %0 = nn.neg %x : tensor<3x5xf32>
  // CHECK: nn.abs
  %1 = nn.abs %x : tensor<3x5xf32>
  // CHECK: nn.sign
  %2 = nn.sign %x : tensor<3x5xf32>
  // CHECK: nn.floor
  %3 = nn.floor %x : tensor<3x5xf32>
  // CHECK: nn.exp
  %4 = nn.exp %x : tensor<3x5xf32>
  // CHECK: nn.expm1
  %5 = nn.expm1 %x : tensor<3x5xf32>
  // CHECK: nn.log
  %6 = nn.log %x : tensor<3x5xf32>
  // CHECK: nn.log1p
  %7 = nn.log1p %x : tensor<3x5xf32>
  // CHECK: nn.sqrt
  %8 = nn.sqrt %x : tensor<3x5xf32>
  // CHECK: nn.rsqrt
  %9 = nn.rsqrt %x : tensor<3x5xf32>
  // CHECK: nn.sin
  %10 = nn.sin %x : tensor<3x5xf32>
  // CHECK: nn.cos
  %11 = nn.cos %x : tensor<3x5xf32>
  // CHECK: nn.tanh
  %12 = nn.tanh %x : tensor<3x5xf32>
  // CHECK: nn.sigmoid
  %13 = nn.sigmoid %x : tensor<3x5xf32>
  // CHECK: nn.erf
  %14 = nn.erf %x : tensor<3x5xf32>
  // CHECK: nn.relu
  %15 = nn.relu %x : tensor<3x5xf32>
  // CHECK: nn.logical_not %{{.*}} : tensor<3xi1>
  %16 = nn.logical_not %b : tensor<3xi1>
  // CHECK: nn.stop_gradient
  %17 = nn.stop_gradient %x : tensor<3x5xf32>
  // CHECK: nn.cast %{{.*}} : tensor<3x5xf32> to tensor<3x5xi64>
  %18 = nn.cast %x : tensor<3x5xf32> to tensor<3x5xi64>
  return
}

// CHECK-LABEL: func @binary
func.func @binary(%x: tensor<3x1xf32>, %y: tensor<5xf32>, %b: tensor<5xi1>, %n: tensor<i64>) -> tensor<3x5xf32> {
  // CHECK: nn.add %{{.*}}, %{{.*}} : tensor<3x1xf32>, tensor<5xf32>
  %0 = nn.add %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.sub
  %1 = nn.sub %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.mul
  %2 = nn.mul %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.div
  %3 = nn.div %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.floor_divide %{{.*}} : tensor<i64>, tensor<i64>
  %4 = nn.floor_divide %n, %n : tensor<i64>, tensor<i64>
  // CHECK: nn.remainder
  %5 = nn.remainder %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.pow
  %6 = nn.pow %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.maximum
  %7 = nn.maximum %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.minimum
  %8 = nn.minimum %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: nn.logical_and
  %9 = nn.logical_and %b, %b : tensor<5xi1>, tensor<5xi1>
  // CHECK: nn.logical_or
  %10 = nn.logical_or %b, %b : tensor<5xi1>, tensor<5xi1>
  // CHECK: nn.compare le %{{.*}}, %{{.*}} : tensor<3x1xf32>, tensor<5xf32>
  %11 = nn.compare le %x, %y : tensor<3x1xf32>, tensor<5xf32>
  // CHECK: %[[S:.*]] = nn.select %{{.*}} : tensor<5xi1>, tensor<3x1xf32>, tensor<5xf32>
  %12 = nn.select %b, %x, %y : tensor<5xi1>, tensor<3x1xf32>, tensor<5xf32>
  // CHECK: return %[[S]] : tensor<3x5xf32>
  return %12 : tensor<3x5xf32>
}

// CHECK-LABEL: func @reductions
func.func @reductions(%x: tensor<2x3x4xf32>) {
  // CHECK: nn.sum %{{.*}} over [0, 2] : tensor<2x3x4xf32>
  %0 = nn.sum %x over [0, 2] : tensor<2x3x4xf32>
  // CHECK: nn.prod %{{.*}} over [1] keepdim : tensor<2x3x4xf32>
  %1 = nn.prod %x over [1] keepdim : tensor<2x3x4xf32>
  // CHECK: nn.amax %{{.*}} over [0, 1, 2]
  %2 = nn.amax %x over [0, 1, 2] : tensor<2x3x4xf32>
  // CHECK: nn.amin
  %3 = nn.amin %x over [1] : tensor<2x3x4xf32>
  // CHECK: nn.argmax %{{.*}} over 1 : tensor<2x3x4xf32>
  %4 = nn.argmax %x over 1 : tensor<2x3x4xf32>
  // CHECK: nn.argmin %{{.*}} over 2 keepdim
  %5 = nn.argmin %x over 2 keepdim : tensor<2x3x4xf32>
  // CHECK: nn.max_with_indices %{{.*}} over 0
  %6:2 = nn.max_with_indices %x over 0 : tensor<2x3x4xf32>
  // CHECK: nn.min_with_indices %{{.*}} over 0 keepdim
  %7:2 = nn.min_with_indices %x over 0 keepdim : tensor<2x3x4xf32>
  // CHECK: nn.cumulate sum %{{.*}} along 1 : tensor<2x3x4xf32>
  %8 = nn.cumulate sum %x along 1 : tensor<2x3x4xf32>
  // CHECK: nn.cumulate log_sum_exp %{{.*}} along 0 : tensor<2x3x4xf32>
  %9 = nn.cumulate log_sum_exp %x along 0 : tensor<2x3x4xf32>
  // CHECK: nn.cumulated_index maximum %{{.*}} along 2 : tensor<2x3x4xf32>
  %10 = nn.cumulated_index maximum %x along 2 : tensor<2x3x4xf32>
  // CHECK: nn.vector_norm %{{.*}} p 3.000000e+00 over [1] keepdim : tensor<2x3x4xf32>
  %11 = nn.vector_norm %x p 3.0 over [1] keepdim : tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: func @products
func.func @products(%a: tensor<7x1x3x4xf32>, %b: tensor<2x5x4xf32>, %w: tensor<6x4xf32>, %c: tensor<6xf32>)
    -> (tensor<7x2x3x5xf32>, tensor<7x1x3x6xf32>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} transpose_b : tensor<7x1x3x4xf32>, tensor<2x5x4xf32>
  %0 = nn.matmul %a, %b transpose_b : tensor<7x1x3x4xf32>, tensor<2x5x4xf32>
  // CHECK: nn.matmul %{{.*}} transpose_a, %{{.*}} : tensor<6x4xf32>, tensor<6x4xf32>
  %1 = nn.matmul %w transpose_a, %w : tensor<6x4xf32>, tensor<6x4xf32>
  // CHECK: nn.linear %{{.*}}, %{{.*}} : tensor<6x4xf32>, tensor<6x4xf32>
  %2 = nn.linear %w, %w : tensor<6x4xf32>, tensor<6x4xf32>
  // CHECK: nn.linear %{{.*}}, %{{.*}} bias %{{.*}} : tensor<7x1x3x4xf32>, tensor<6x4xf32>, tensor<6xf32>
  %3 = nn.linear %a, %w bias %c : tensor<7x1x3x4xf32>, tensor<6x4xf32>, tensor<6xf32>
  return %0, %3 : tensor<7x2x3x5xf32>, tensor<7x1x3x6xf32>
}

// CHECK-LABEL: func @shapes
func.func @shapes(%x: tensor<4x6xf32>, %i: tensor<4x2xi64>, %u: tensor<4x2xf32>) {
  // CHECK: nn.reshape %{{.*}} : tensor<4x6xf32> to tensor<2x12xf32>
  %0 = nn.reshape %x : tensor<4x6xf32> to tensor<2x12xf32>
  // CHECK: nn.transpose %{{.*}} [1, 0] : tensor<4x6xf32>
  %1 = nn.transpose %x [1, 0] : tensor<4x6xf32>
  // CHECK: %[[PANELS:.*]] = nn.pack_panels %{{.*}} width 4 : tensor<4x6xf32>
  %panels = nn.pack_panels %x width 4 : tensor<4x6xf32>
  // CHECK: nn.unpack_panels %[[PANELS]] columns 6 : tensor<2x4x4xf32>
  %matrix = nn.unpack_panels %panels columns 6 : tensor<2x4x4xf32>
  // CHECK: nn.pack_panels %{{.*}} width 3 transposed : tensor<4x6xf32>
  %rows = nn.pack_panels %x width 3 transposed : tensor<4x6xf32>
  // CHECK: nn.broadcast %{{.*}} : tensor<4x6xf32> to tensor<3x4x6xf32>
  %2 = nn.broadcast %x : tensor<4x6xf32> to tensor<3x4x6xf32>
  // CHECK: nn.slice %{{.*}} from [1, 0] to [4, 6] by [2, 1]
  %3 = nn.slice %x from [1, 0] to [4, 6] by [2, 1] : tensor<4x6xf32>
  // CHECK: nn.pad %{{.*}} low [0, 1] high [2, 0] interior [1, 0] value 1.5
  %4 = nn.pad %x low [0, 1] high [2, 0] interior [1, 0] value 1.5 : tensor<4x6xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} along 1 : tensor<4x6xf32>, tensor<4x2xf32>
  %5 = nn.concat %x, %u along 1 : tensor<4x6xf32>, tensor<4x2xf32>
  // CHECK: nn.reverse %{{.*}} over [0]
  %6 = nn.reverse %x over [0] : tensor<4x6xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} along 1 : tensor<4x6xf32>, tensor<4x2xi64>
  %7 = nn.gather %x, %i along 1 : tensor<4x6xf32>, tensor<4x2xi64>
  // CHECK: nn.scatter_add %{{.*}} along 1 : tensor<4x2xf32>, tensor<4x2xi64> to tensor<4x6xf32>
  %8 = nn.scatter_add %u, %i along 1 : tensor<4x2xf32>, tensor<4x2xi64> to tensor<4x6xf32>
  // CHECK: nn.take %{{.*}} : tensor<4x6xf32>, tensor<4x2xi64>
  %9 = nn.take %x, %i : tensor<4x6xf32>, tensor<4x2xi64>
  // CHECK: nn.iota 1 : tensor<4x6xi64>
  %10 = nn.iota 1 : tensor<4x6xi64>
  // CHECK: nn.constant dense<2.000000e+00> : tensor<3xf32>
  %11 = nn.constant dense<2.0> : tensor<3xf32>
  return
}

// CHECK-LABEL: func @layers
func.func @layers(%x: tensor<4x6xf32>, %c: tensor<6xf32>, %t: tensor<4xi64>, %n: tensor<i64>) {
  // CHECK: nn.softmax %{{.*}} over 1
  %0 = nn.softmax %x over 1 : tensor<4x6xf32>
  // CHECK: nn.log_softmax %{{.*}} over 0
  %1 = nn.log_softmax %x over 0 : tensor<4x6xf32>
  // CHECK: nn.batch_norm %{{.*}} running %{{.*}}, %{{.*}} weight %{{.*}} bias %{{.*}} {eps = {{.*}}, momentum = {{.*}}, training = true}
  %2:5 = nn.batch_norm %x running %c, %c weight %c bias %c {eps = 1.0e-5, momentum = 0.1, training = true}
      : tensor<4x6xf32>, tensor<6xf32>, tensor<6xf32>, weight tensor<6xf32>, bias tensor<6xf32>
  // CHECK: nn.nll_loss %{{.*}}, %{{.*}} mean ignore -100 : tensor<4x6xf32>, tensor<4xi64>
  %3 = nn.nll_loss %x, %t mean ignore -100 : tensor<4x6xf32>, tensor<4xi64>
  // CHECK: nn.nll_loss %{{.*}}, %{{.*}} weight %{{.*}} none ignore 2
  %4 = nn.nll_loss %x, %t weight %c none ignore 2 : tensor<4x6xf32>, tensor<4xi64>, tensor<6xf32>
  // CHECK: nn.random_uniform %{{.*}}, %{{.*}} id 5 : tensor<3xf32>
  %5 = nn.random_uniform %n, %n id 5 : tensor<3xf32>
  // CHECK: nn.random_uniform %{{.*}}, %{{.*}} draw %{{.*}} id 0 : tensor<3xf32>
  %drawn = nn.random_uniform %n, %n draw %n id 0 : tensor<3xf32>
  // CHECK: nn.random_normal %{{.*}}, %{{.*}} id 6 : tensor<3xf64>
  %6 = nn.random_normal %n, %n id 6 : tensor<3xf64>
  // CHECK: nn.dropout %{{.*}} p {{.*}} seed %{{.*}}, %{{.*}} id 7
  %7 = nn.dropout %x p 0.5 seed %n, %n id 7 : tensor<4x6xf32>
  // CHECK: nn.clip_by_norm %{{.*}} max {{.*}} p {{.*}} : tensor<6xf32>
  %8:2 = nn.clip_by_norm %c max 1.0 p 2.0 : tensor<6xf32>
  return
}

// CHECK-LABEL: func @optimizers
func.func @optimizers(%p: tensor<16xf32>, %h: tensor<f64>, %n: tensor<i64>) {
  // CHECK: nn.sgd
  %0 = nn.sgd %p, %p, %h, %n {operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 0, 0, 0>}
      : (tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>) -> tensor<16xf32>
  // CHECK: nn.adam
  %1:3 = nn.adam %p, %p, %p, %p, %h, %n, %h, %h, %h {operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0>}
      : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<f64>, tensor<f64>)
      -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  // CHECK: nn.rmsprop
  %2:3 = nn.rmsprop %p, %p, %p, %p, %h, %h, %h {operandSegmentSizes = array<i32: 1, 1, 1, 0, 1, 1, 1, 1, 0, 0>}
      : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<f64>, tensor<f64>)
      -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  // CHECK: nn.adagrad
  %3:2 = nn.adagrad %p, %p, %p, %h, %n, %h {operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 0, 0>}
      : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f64>, tensor<i64>, tensor<f64>) -> (tensor<16xf32>, tensor<16xf32>)
  return
}

// CHECK-LABEL: nn.state @Net bytes 192
nn.state @Net bytes 192 {
  // CHECK: nn.segment "trainer.step" header : tensor<i64> at 0
  nn.segment "trainer.step" header : tensor<i64> at 0
  // CHECK: nn.segment "weight" parameter : tensor<2x3xf32> at 64
  nn.segment "weight" parameter : tensor<2x3xf32> at 64
  // CHECK: nn.segment "bias" parameter : tensor<2xf32> at 128
  nn.segment "bias" parameter : tensor<2xf32> at 128
}

// CHECK: nn.block @Train {epochs = 3 : i64}
nn.block @Train {epochs = 3 : i64}

// CHECK-LABEL: func @structure
func.func @structure(%w: tensor<2x3xf32>, %b: tensor<2xf32>, %t: tensor<4xi64>) {
  // CHECK: nn.get_segment @Net "weight" : tensor<2x3xf32>
  %0 = nn.get_segment @Net "weight" : tensor<2x3xf32>
  // CHECK: nn.set_segment @Net "weight" %{{.*}} : tensor<2x3xf32>
  nn.set_segment @Net "weight" %w : tensor<2x3xf32>
  // CHECK: %[[PARAMETERS:.*]] = nn.get_run @Net "parameter" : tensor<32xf32>
  %1 = nn.get_run @Net "parameter" : tensor<32xf32>
  // CHECK: nn.pack_run @Net %{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2xf32> to tensor<32xf32>
  %2 = nn.pack_run @Net %w, %b : tensor<2x3xf32>, tensor<2xf32> to tensor<32xf32>
  // CHECK: nn.set_run @Net "parameter" %{{.*}} : tensor<32xf32>
  nn.set_run @Net "parameter" %1 : tensor<32xf32>
  // CHECK: nn.check_index %{{.*}} below 10 ignore -100 : tensor<4xi64>
  nn.check_index %t below 10 ignore -100 : tensor<4xi64>
  // CHECK: nn.check_index %{{.*}} from 1 below 10 descending as "lengths" of "n" part : tensor<4xi64>
  nn.check_index %t from 1 below 10 descending as "lengths" of "n" part : tensor<4xi64>
  %3 = nn.sum %w over [0, 1] : tensor<2x3xf32>
  // CHECK: nn.gradient %{{.*}} wrt %{{.*}} : tensor<f32>, tensor<2x3xf32>
  %4 = nn.gradient %3 wrt %w : tensor<f32>, tensor<2x3xf32>
  // CHECK: nn.kernel (%[[A:.*]] = %{{.*}} : tensor<2x3xf32>) -> (tensor<2x3xf32>) domain [2, 3] reduced []
  %5 = nn.kernel (%a = %w : tensor<2x3xf32>) -> (tensor<2x3xf32>) domain [2, 3] reduced [] {
    // CHECK-NEXT: %[[E:.*]] = nn.exp %[[A]]
    %6 = nn.exp %a : tensor<2x3xf32>
    // CHECK-NEXT: nn.yield %[[E]] : tensor<2x3xf32>
    nn.yield %6 : tensor<2x3xf32>
  }
  return
}

// CHECK-LABEL: func @convolution
func.func @convolution(%x: tensor<3x4x9xf32>, %w: tensor<6x2x3xf32>, %b: tensor<6xf32>, %p: tensor<3x2x4x9xf32>, %q: tensor<2x3x4x5xf32>) {
  // CHECK: nn.convolution %{{.*}}, %{{.*}} strides [2] dilations [1] spread [1] low [1] high [-1] groups 2 : tensor<3x4x9xf32>, tensor<6x2x3xf32>
  %0 = nn.convolution %x, %w strides [2] dilations [1] spread [1] low [1] high [-1] groups 2 : tensor<3x4x9xf32>, tensor<6x2x3xf32>
  // CHECK: nn.convolution %{{.*}}, %{{.*}} bias %{{.*}} strides
  %1 = nn.convolution %x, %w bias %b strides [1] dilations [2] spread [3] low [0] high [0] groups 2 : tensor<3x4x9xf32>, tensor<6x2x3xf32>, tensor<6xf32>
  // CHECK: nn.correlate %{{.*}} order [0, 1, 2, 3], %{{.*}} order [0, 3, 2, 1] into [0, 1, 3, 2] strides [2] dilations [1] : tensor<3x2x4x9xf32>, tensor<2x3x4x5xf32>
  %2 = nn.correlate %p order [0, 1, 2, 3], %q order [0, 3, 2, 1] into [0, 1, 3, 2] strides [2] dilations [1] : tensor<3x2x4x9xf32>, tensor<2x3x4x5xf32>
  // CHECK: nn.windows %{{.*}} along 1 size 2 stride 2 dilation 1 : tensor<3x4x9xf32>
  %3 = nn.windows %x along 1 size 2 stride 2 dilation 1 : tensor<3x4x9xf32>
  // CHECK: nn.overlap_add %{{.*}} along 1 extent 4 stride 2 dilation 1 : tensor<3x2x2x9xf32>
  %4 = nn.overlap_add %3 along 1 extent 4 stride 2 dilation 1 : tensor<3x2x2x9xf32>
  // CHECK: nn.max_pool %{{.*}} sizes [2] strides [2] dilations [1] low [1] high [0] : tensor<3x4x9xf32>
  %5:2 = nn.max_pool %x sizes [2] strides [2] dilations [1] low [1] high [0] : tensor<3x4x9xf32>
  return
}
