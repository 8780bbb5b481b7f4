// RUN: sinter-opt %s --split-input-file --verify-diagnostics

func.func @no_broadcast(%x: tensor<3x4xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast, but got [3, 4] and [3]}}
  %0 = nn.add %x, %y : tensor<3x4xf32>, tensor<3xf32>
  return
}

// -----

func.func @element_types(%x: tensor<3xf32>, %y: tensor<3xi64>) {
  // expected-error@+1 {{expected one element type, but got 'f32' and 'i64'}}
  %0 = nn.mul %x, %y : tensor<3xf32>, tensor<3xi64>
  return
}

// -----

func.func @select_types(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf64>) {
  // expected-error@+1 {{expected one element type, but got 'f32' and 'f64'}}
  %0 = nn.select %c, %x, %y : tensor<3xi1>, tensor<3xf32>, tensor<3xf64>
  return
}

// -----

func.func @cast_shape(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected a result of the input's shape [3], but got [4]}}
  %0 = nn.cast %x : tensor<3xf32> to tensor<4xi64>
  return
}

// -----

func.func @iota_dim() {
  // expected-error@+1 {{expected a dimension below the rank 1, but got 1}}
  %0 = nn.iota 1 : tensor<3xi64>
  return
}

// -----

func.func @reduction_dims(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected sorted dimensions below the rank 2, but got [1, 0]}}
  %0 = nn.sum %x over [1, 0] : tensor<3x4xf32>
  return
}

// -----

func.func @arg_dim(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected sorted dimensions below the rank 2, but got [2]}}
  %0 = nn.argmax %x over 2 : tensor<3x4xf32>
  return
}

// -----

func.func @matmul_rank(%x: tensor<3xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected matrices of rank 2 or more, but got [3] and [3, 4]}}
  %0 = nn.matmul %x, %y : tensor<3xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @matmul_inner(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) {
  // expected-error@+1 {{expected matrices that fit, but got [3, 4] and [3, 4]}}
  %0 = nn.matmul %x, %y : tensor<3x4xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @matmul_batch(%x: tensor<2x3x4xf32>, %y: tensor<5x4x3xf32>) {
  // expected-error@+1 {{expected matrices that fit, but got [2, 3, 4] and [5, 4, 3]}}
  %0 = nn.matmul %x, %y : tensor<2x3x4xf32>, tensor<5x4x3xf32>
  return
}

// -----

func.func @linear_features(%x: tensor<3x4xf32>, %w: tensor<6x5xf32>) {
  // expected-error@+1 {{expected an input [..., in] and a weight [out, in], but got [3, 4] and [6, 5]}}
  %0 = nn.linear %x, %w : tensor<3x4xf32>, tensor<6x5xf32>
  return
}

// -----

func.func @linear_bias(%x: tensor<3x4xf32>, %w: tensor<6x4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected a bias [6], but got [4]}}
  %0 = nn.linear %x, %w bias %b : tensor<3x4xf32>, tensor<6x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @reshape_count(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected 12 elements of 'f32', but got 'tensor<13xf32>'}}
  %0 = nn.reshape %x : tensor<3x4xf32> to tensor<13xf32>
  return
}

// -----

func.func @broadcast_shape(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected an input that broadcasts to 'tensor<3x4xf32>', but got 'tensor<3xf32>'}}
  %0 = nn.broadcast %x : tensor<3xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @permutation(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected a permutation, but got [0, 0]}}
  %0 = nn.transpose %x [0, 0] : tensor<3x4xf32>
  return
}

// -----

func.func @panels_of_a_vector(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected matrices and a positive width, but got [3] and 4}}
  %0 = nn.pack_panels %x width 4 : tensor<3xf32>
  return
}

// -----

func.func @panels_of_no_width(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected matrices and a positive width, but got [3, 4] and 0}}
  %0 = nn.pack_panels %x width 0 : tensor<3x4xf32>
  return
}

// -----

func.func @too_few_panels(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected panels of 9 columns, but got [2, 3, 4]}}
  %0 = nn.unpack_panels %x columns 9 : tensor<2x3x4xf32>
  return
}

// -----

func.func @slice_limits(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected a slice of 3 elements, but got 1 to 4 by 1}}
  %0 = nn.slice %x from [1] to [4] by [1] : tensor<3xf32>
  return
}

// -----

func.func @slice_rank(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected 1 starts, but got 2}}
  %0 = nn.slice %x from [0, 0] to [3] by [1] : tensor<3xf32>
  return
}

// -----

func.func @pad_amounts(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected amounts from 0 to 1099511627776, but got [-1, 0, 0]}}
  %0 = nn.pad %x low [-1] high [0] interior [0] value 0.0 : tensor<3xf32>
  return
}

// -----

func.func @concat_shapes(%x: tensor<3x4xf32>, %y: tensor<2x5xf32>) {
  // expected-error@+1 {{expected operands that differ along dimension 0 alone, but got 'tensor<3x4xf32>' and 'tensor<2x5xf32>'}}
  %0 = nn.concat %x, %y along 0 : tensor<3x4xf32>, tensor<2x5xf32>
  return
}

// -----

func.func @reverse_dim(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected a dimension below the rank 1, but got 1}}
  %0 = nn.reverse %x over [1] : tensor<3xf32>
  return
}

// -----

func.func @gather_shape(%x: tensor<3x4xf32>, %i: tensor<5x2xi64>) {
  // expected-error@+1 {{expected indices inside [3, 4], but got [5, 2]}}
  %0 = nn.gather %x, %i along 1 : tensor<3x4xf32>, tensor<5x2xi64>
  return
}

// -----

func.func @take_scalar(%x: tensor<f32>, %i: tensor<5xi64>) {
  // expected-error@+1 {{expected a table, but got a scalar}}
  %0 = nn.take %x, %i : tensor<f32>, tensor<5xi64>
  return
}

// -----

func.func @softmax_dim(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected a dimension below the rank 2, but got 2}}
  %0 = nn.softmax %x over 2 : tensor<3x4xf32>
  return
}

// -----

func.func @channels(%x: tensor<3x4xf32>, %c: tensor<3xf32>) {
  // expected-error@+1 {{expected 'tensor<4xf32>' for each channel, but got 'tensor<3xf32>'}}
  %0:5 = nn.batch_norm %x running %c, %c {eps = 1.0e-5, momentum = 0.1, training = false} : tensor<3x4xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @one_value(%x: tensor<1x4xf32>, %c: tensor<4xf32>) {
  // expected-error@+2 {{'nn.batch_norm' op failed to infer returned types}}
  // expected-error@+1 {{expected more than 1 value per channel when training, but got an input [1, 4]}}
  %0:5 = nn.batch_norm %x running %c, %c {eps = 1.0e-5, momentum = 0.1, training = true} : tensor<1x4xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @target_shape(%x: tensor<3x4xf32>, %t: tensor<4xi64>) {
  // expected-error@+1 {{expected a target [3], but got [4]}}
  %0 = nn.nll_loss %x, %t mean ignore -100 : tensor<3x4xf32>, tensor<4xi64>
  return
}

// -----

func.func @class_weights(%x: tensor<3x4xf32>, %t: tensor<3xi64>, %w: tensor<3xf32>) {
  // expected-error@+1 {{expected 4 weights, but got 'tensor<3xf32>'}}
  %0 = nn.nll_loss %x, %t weight %w mean ignore -100 : tensor<3x4xf32>, tensor<3xi64>, tensor<3xf32>
  return
}

// -----

func.func @probability(%x: tensor<3xf32>, %n: tensor<i64>) {
  // expected-error@+1 {{expected a probability, but got 1.5}}
  %0 = nn.dropout %x p 1.5 seed %n, %n id 0 : tensor<3xf32>
  return
}

// -----

func.func @gradient_of_many(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected a single element to differentiate, but got 'tensor<3xf32>'}}
  %0 = nn.gradient %x wrt %x : tensor<3xf32>, tensor<3xf32>
  return
}

// -----

nn.state @Twice bytes 128 {
  // expected-note@+1 {{see existing symbol definition here}}
  nn.segment "a" parameter : tensor<4xf32> at 0
  // expected-error@+1 {{redefinition of symbol named 'a'}}
  nn.segment "a" parameter : tensor<4xf32> at 64
}

// -----

nn.state @TwiceAsAlias bytes 128 {
  // expected-error@+1 {{expected a new key, but got 'b' again}}
  nn.segment "a" parameter : tensor<4xf32> at 0 also ["b"]
  nn.segment "b" frozen : tensor<4xf32> at 64
}

// -----

nn.state @AliasOfHeader bytes 128 {
  // expected-error@+1 {{expected other keys of parameters and buffers alone}}
  nn.segment "trainer.step" header : tensor<i64> at 0 also ["b"]
}

// -----

nn.state @Overlap bytes 128 {
  nn.segment "a" parameter : tensor<20xf32> at 0
  // expected-error@+1 {{expected an offset of at least 80, but got 64}}
  nn.segment "b" parameter : tensor<4xf32> at 64
}

// -----

// expected-error@+1 {{expected at least 80 bytes, but got 64}}
nn.state @Small bytes 64 {
  nn.segment "a" parameter : tensor<4xf32> at 64
}

// -----

func.func @kernel_results(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected an nn.yield of the results' types}}
  %0 = nn.kernel (%a = %x : tensor<3xf32>) -> (tensor<4xf32>) domain [4] reduced [] {
    nn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @kernel_reduced(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected sorted dimensions of the domain [3], but got [1]}}
  %0 = nn.kernel (%a = %x : tensor<3xf32>) -> (tensor<3xf32>) domain [3] reduced [1] {
    nn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @kernel_reduced_twice(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected sorted dimensions of the domain [3], but got [0, 0]}}
  %0 = nn.kernel (%a = %x : tensor<3xf32>) -> (tensor<3xf32>) domain [3] reduced [0, 0] {
    nn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @kernel_extent(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected extents of 0 or more, but got the domain [-3]}}
  %0 = nn.kernel (%a = %x : tensor<3xf32>) -> (tensor<3xf32>) domain [-3] reduced [] {
    nn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @kernel_domain(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected fewer elements than in the domain [4294967296, 4294967296]}}
  %0 = nn.kernel (%a = %x : tensor<3xf32>) -> (tensor<3xf32>) domain [4294967296, 4294967296] reduced [] {
    nn.yield %a : tensor<3xf32>
  }
  return
}

// -----

func.func @uncountable(%x: tensor<4294967296x4294967296xf32>) {
  // expected-error@+1 {{operand #0 must be statically shaped tensor}}
  %0 = nn.relu %x : tensor<4294967296x4294967296xf32>
  return
}

// -----

func.func @element(%x: tensor<4xi7>) {
  // expected-error@+1 {{operand #0 must be statically shaped tensor}}
  %0 = nn.relu %x : tensor<4xi7>
  return
}

// -----

func.func @scatter_shape(%u: tensor<4x2xf32>, %i: tensor<4x3xi64>) {
  // expected-error@+1 {{expected updates and indices of one shape inside 'tensor<4x6xf32>', but got 'tensor<4x2xf32>' and 'tensor<4x3xi64>' along 1}}
  %0 = nn.scatter_add %u, %i along 1 : tensor<4x2xf32>, tensor<4x3xi64> to tensor<4x6xf32>
  return
}

// -----

nn.state @Large bytes 64 {
  // expected-error@+1 {{expected a static shape, but got 'tensor<?xf32>'}}
  nn.segment "w" parameter : tensor<?xf32> at 0
}

// -----

nn.state @Whole bytes 64 {
  // expected-error@+1 {{expected floats, but got 'i64'}}
  nn.segment "w" parameter : tensor<4xi64> at 0
}

// -----

nn.state @Aligned bytes 128 {
  // expected-error@+1 {{expected an offset that is a multiple of 64, but got 32}}
  nn.segment "w" parameter : tensor<4xf32> at 32
}

// -----

nn.state @Mixed bytes 128 {
  nn.segment "v" parameter : tensor<4xf32> at 0
  // expected-error@+1 {{expected parameters of one element type}}
  nn.segment "w" parameter : tensor<4xf64> at 64
}

// -----

nn.state @Pieces bytes 192 {
  nn.segment "v" parameter : tensor<4xf32> at 0
  nn.segment "b" buffer : tensor<4xf32> at 64
  // expected-error@+1 {{expected the segments of a run in one piece}}
  nn.segment "w" parameter : tensor<4xf32> at 128
}

// -----

nn.state @Layout bytes 128 {
  nn.segment "w" parameter : tensor<4xf32> at 0
  // expected-error@+1 {{expected the layout of the parameters, but got 'tensor<5xf32>' at 64}}
  nn.segment "optimizer.sum.w" optimizer : tensor<5xf32> at 64
}

// -----

nn.state @Missing bytes 192 {
  nn.segment "v" parameter : tensor<4xf32> at 0
  nn.segment "w" parameter : tensor<4xf32> at 64
  // expected-error@+1 {{expected one segment per parameter (2), but got 1}}
  nn.segment "optimizer.sum.v" optimizer : tensor<4xf32> at 128
}

// -----

nn.state @Key bytes 128 {
  nn.segment "w" parameter : tensor<4xf32> at 0
  // expected-error@+1 {{expected a key optimizer.RUN.PARAMETER, but got 'sum.w'}}
  nn.segment "sum.w" optimizer : tensor<4xf32> at 64
}

// -----

nn.state @Segments bytes 128 {
  // expected-error@+1 {{expected segments in a state, but got arith.constant}}
  %0 = arith.constant 1 : i64
}

// -----

func.func @view_outside(%w: memref<64xi8>) {
  // expected-error@+1 {{expected a view inside of 64 bytes, but got 32 bytes at 48}}
  %0 = nn.buffer_view %w at 48 : memref<64xi8> to memref<8xf32>
  return
}

// -----

func.func @view_alignment(%w: memref<64xi8>) {
  // expected-error@+1 {{expected an offset that is a multiple of 4, but got 2}}
  %0 = nn.buffer_view %w at 2 : memref<64xi8> to memref<8xf32>
  return
}

// -----

func.func @view_layout(%w: memref<64xi8>) {
  // expected-error@+1 {{expected contiguous buffers of numbers, but got 'memref<8xf32, strided<[2]>>'}}
  %0 = nn.buffer_view %w at 0 : memref<64xi8> to memref<8xf32, strided<[2]>>
  return
}

// -----

func.func @launch_tiles(%x: memref<4xf32>) {
  // expected-error@+1 {{expected a number of tiles, but got -1}}
  nn.launch @k tiles(-1) (%x) : memref<4xf32>
  return
}

// -----

func.func @launch_operands(%x: memref<?xf32>) {
  // expected-error@+1 {{expected contiguous buffers of numbers, but got 'memref<?xf32>'}}
  nn.launch @k tiles(1) (%x) : memref<?xf32>
  return
}

// -----

func.func @check_limit(%x: tensor<4xi64>) {
  // expected-error@+1 {{expected a limit of 0 or more, but got -1}}
  nn.check_index %x below -1 : tensor<4xi64>
  return
}

// -----

func.func @check_first(%x: tensor<4xi64>) {
  // expected-error@+1 {{expected a first index of -limit to limit, but got 5}}
  nn.check_index %x from 5 below 4 : tensor<4xi64>
  return
}

// -----

func.func @cumulate_dim(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected sorted dimensions below the rank 2, but got [2]}}
  %0 = nn.cumulate sum %x along 2 : tensor<2x3xf32>
  return
}

// -----

func.func @cumulate_kind(%x: tensor<2x3xi64>) {
  // expected-error @+1 {{expected numbers that the op cumulates so, but got 'tensor<2x3xi64>'}}
  %0 = nn.cumulate log_sum_exp %x along 1 : tensor<2x3xi64>
  return
}

// -----

func.func @cumulated_index(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expected numbers that the op cumulates so, but got 'tensor<2x3xf32>'}}
  %0 = nn.cumulated_index sum %x along 1 : tensor<2x3xf32>
  return
}

// -----

func.func @convolution_groups(%x: tensor<3x4x9xf32>, %w: tensor<6x2x3xf32>) {
  // expected-error@+1 {{expected channels that fit 1 groups, but got 'tensor<3x4x9xf32>' and 'tensor<6x2x3xf32>'}}
  %0 = nn.convolution %x, %w strides [1] dilations [1] spread [1] low [0] high [0] groups 1 : tensor<3x4x9xf32>, tensor<6x2x3xf32>
  return
}

// -----

func.func @convolution_stride(%x: tensor<3x4x9xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error@+1 {{expected positive strides, dilations and spread, and amounts up to 2147483648}}
  %0 = nn.convolution %x, %w strides [0] dilations [1] spread [1] low [0] high [0] groups 1 : tensor<3x4x9xf32>, tensor<6x4x3xf32>
  return
}

// -----

func.func @convolution_amounts(%x: tensor<3x4x9xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error@+1 {{expected 1 numbers of each kind, but got [1, 1]}}
  %0 = nn.convolution %x, %w strides [1, 1] dilations [1] spread [1] low [0] high [0] groups 1 : tensor<3x4x9xf32>, tensor<6x4x3xf32>
  return
}

// -----

func.func @convolution_taps(%x: tensor<3x4x9xf32>, %w: tensor<6x4x0xf32>) {
  // expected-error@+1 {{expected weights with taps, but got 'tensor<6x4x0xf32>'}}
  %0 = nn.convolution %x, %w strides [1] dilations [1] spread [1] low [0] high [0] groups 1 : tensor<3x4x9xf32>, tensor<6x4x0xf32>
  return
}

// -----

func.func @convolution_bias(%x: tensor<3x4x9xf32>, %w: tensor<6x4x3xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected a bias per channel, but got 'tensor<4xf32>'}}
  %0 = nn.convolution %x, %w bias %b strides [1] dilations [1] spread [1] low [0] high [0] groups 1 : tensor<3x4x9xf32>, tensor<6x4x3xf32>, tensor<4xf32>
  return
}

// -----

func.func @correlate_channels(%x: tensor<3x2x4x9xf32>, %w: tensor<2x3x5x5xf32>) {
  // expected-error@+1 {{expected [N, G, C, S…] and weight [G, O, C, K…], but got [3, 2, 4, 9] of}}
  %0 = nn.correlate %x order [0, 1, 2, 3], %w order [0, 3, 2, 1] into [0, 1, 3, 2] strides [1] dilations [1] : tensor<3x2x4x9xf32>, tensor<2x3x5x5xf32>
  return
}

// -----

func.func @windows_size(%x: tensor<4x9xf32>) {
  // expected-error@+1 {{expected a positive size, stride and dilation, but got [0, 1, 1]}}
  %0 = nn.windows %x along 1 size 0 stride 1 dilation 1 : tensor<4x9xf32>
  return
}

// -----

func.func @overlap_add_windows(%x: tensor<4x3x4xf32>) {
  // expected-error@+1 {{expected all windows of 8 elements, but got 'tensor<4x3x4xf32>'}}
  %0 = nn.overlap_add %x along 1 extent 8 stride 2 dilation 1 : tensor<4x3x4xf32>
  return
}

// -----

func.func @max_pool_dims(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected sizes of the last dimensions, but got [2, 2] for 'tensor<4xf32>'}}
  %0:2 = nn.max_pool %x sizes [2, 2] strides [2, 2] dilations [1, 1] low [0, 0] high [0, 0] : tensor<4xf32>
  return
}

// -----

func.func @max_pool_numbers(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{expected 2 numbers of each kind, but got [2]}}
  %0:2 = nn.max_pool %x sizes [2, 2] strides [2] dilations [1, 1] low [0, 0] high [0, 0] : tensor<4x6xf32>
  return
}

// -----

func.func @max_pool_amounts(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{expected positive sizes, strides and dilations, and amounts up to 2147483648}}
  %0:2 = nn.max_pool %x sizes [2] strides [0] dilations [1] low [0] high [0] : tensor<4x6xf32>
  return
}

// -----

func.func @max_pool_taps(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{expected up to 2147483648 taps, but got sizes [65536, 65536]}}
  %0:2 = nn.max_pool %x sizes [65536, 65536] strides [1, 1] dilations [1, 1] low [0, 0] high [0, 0] : tensor<4x6xf32>
  return
}
