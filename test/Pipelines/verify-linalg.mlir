// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-verify-linalg --split-input-file --verify-diagnostics

func.func private @k(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  // expected-error @below {{expected linalg on tensors in a kernel, but got nn.relu}}
  %1 = nn.relu %0 : tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

// expected-error @below {{expected a kernel's operands to be contiguous buffers of numbers, but got 'tensor<4xf32>'}}
func.func private @signature(%x: tensor<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  return
}

// -----

func.func private @inside(%x: memref<4xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.empty() : tensor<4xf32>
  // expected-error @below {{expected linalg on tensors in a kernel, but got linalg.generic}}
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%1 : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = memref.alloca() : memref<4xf32>
    linalg.yield %a : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @slice(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  // expected-error @below {{expected a static slice inside of 'tensor<8xf32>', but got 4 elements from 2 in steps of 2}}
  %1 = tensor.extract_slice %0[2] [4] [2] : tensor<8xf32> to tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @slice_from_below(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  // expected-error @below {{expected a static slice inside of 'tensor<8xf32>', but got 4 elements from 2 in steps of -1}}
  %1 = tensor.extract_slice %0[2] [4] [-1] : tensor<8xf32> to tensor<4xf32>
  bufferization.materialize_in_destination %1 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @part(%x: memref<4xf32>, %y: memref<8xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.empty() : tensor<8xf32>
  // expected-error @below {{expected a static slice inside of 'tensor<8xf32>', but got 4 elements from 5 in steps of 1}}
  %2 = tensor.insert_slice %0 into %1[5] [4] [1] : tensor<4xf32> into tensor<8xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<8xf32>, memref<8xf32>) -> ()
  return
}

// -----

func.func private @clamped(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %inside = arith.cmpi ult, %data, %limit : index
    %at = arith.select %inside, %data, %zero : index
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @clamped_too_far(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %inside = arith.cmpi ult, %data, %far : index
    %at = arith.select %inside, %data, %zero : index
    // expected-error @below {{expected indices that are known to be inside of 'tensor<8xf32>', but got one from 0 to 8 for 8 elements}}
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @not_clamped(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %at = arith.addi %data, %zero : index
    // expected-error @below {{but got one from -9223372036854775808 to 9223372036854775807 for 8 elements}}
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @other_number(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %inside = arith.cmpi ult, %i, %limit : index
    %at = arith.select %inside, %data, %zero : index
    // expected-error @below {{expected indices that are known to be inside of}}
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @mirrored(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %last = arith.constant 3 : index
    %at = arith.subi %last, %i : index
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @mirrored_below_zero(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %last = arith.constant 2 : index
    %at = arith.subi %last, %i : index
    // expected-error @below {{but got one from -1 to 2 for 8 elements}}
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @bounded(%x: memref<8xf32>, %y: memref<4xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<8xf32>
  %1 = tensor.empty() : tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%1 : tensor<4xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %zero = arith.constant 0 : index
    %limit = arith.constant 8 : index
    %far = arith.constant 9 : index
    %number = arith.fptosi %b : f32 to i64
    %data = arith.index_cast %number : i64 to index
    %seven = arith.constant 7 : index
    %above = arith.maxsi %data, %zero : index
    %at = arith.minsi %above, %seven : index
    %c = tensor.extract %0[%at] : tensor<8xf32>
    linalg.yield %c : f32
  } -> tensor<4xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xf32>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @panels(%x: memref<4xf32>, %y: memref<2x2xf32>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xf32>
  %1 = tensor.empty() : tensor<2x2xf32>
  // expected-error @below {{expected an indexing map into 'tensor<2x2xf32>', but got affine_map<(d0) -> (d0 floordiv 3, d0 mod 3)> of the extents [4]}}
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i floordiv 3, i mod 3)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xf32>) outs(%1 : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<2x2xf32>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<2x2xf32>, memref<2x2xf32>) -> ()
  return
}

// -----

func.func private @divided(%x: memref<4xi64>, %y: memref<4xi64>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xi64>
  %1 = tensor.empty() : tensor<4xi64>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xi64>) outs(%1 : tensor<4xi64>) {
  ^bb0(%a: i64, %b: i64):
    %zero = arith.constant 0 : i64
    %one = arith.constant 1 : i64
    %minus = arith.constant -1 : i64
    %is_zero = arith.cmpi eq, %a, %zero : i64
    %is_minus = arith.cmpi eq, %a, %minus : i64
    %unsafe = arith.ori %is_zero, %is_minus : i1
    %d = arith.select %unsafe, %one, %a : i64
    %q = arith.divsi %one, %d : i64
    linalg.yield %q : i64
  } -> tensor<4xi64>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xi64>, memref<4xi64>) -> ()
  return
}

// -----

func.func private @divided_by_minus_one(%x: memref<4xi64>, %y: memref<4xi64>, %begin: index, %end: index)
    attributes {sinter.kernel, sinter.inputs = 1 : i64, sinter.inouts = 0 : i64, sinter.domain = array<i64: 4>,
                sinter.reduced = array<i64>, sinter.tile_sizes = array<i64: 4>, sinter.tiles = 1 : i64} {
  %0 = bufferization.to_tensor %x restrict : memref<4xi64>
  %1 = tensor.empty() : tensor<4xi64>
  %2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%0 : tensor<4xi64>) outs(%1 : tensor<4xi64>) {
  ^bb0(%a: i64, %b: i64):
    %zero = arith.constant 0 : i64
    %one = arith.constant 1 : i64
    %minus = arith.constant -1 : i64
    %is_zero = arith.cmpi eq, %a, %zero : i64
    %is_minus = arith.cmpi eq, %a, %minus : i64
    %d = arith.select %is_zero, %one, %a : i64
    // expected-error @below {{expected a divisor that is known not to be 0 or -1}}
    %q = arith.divsi %one, %d : i64
    linalg.yield %q : i64
  } -> tensor<4xi64>
  bufferization.materialize_in_destination %2 in restrict writable %y : (tensor<4xi64>, memref<4xi64>) -> ()
  return
}
