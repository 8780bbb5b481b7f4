// The lowered ops give PyTorch's numbers: run through upstream's bufferization, loops and LLVM.
// RUN: sinter-opt --nn-to-linalg %s | mlir-opt --one-shot-bufferize=bufferize-function-boundaries --expand-strided-metadata --convert-linalg-to-loops --convert-scf-to-cf --lower-affine --arith-expand --convert-math-to-llvm --convert-math-to-libm --finalize-memref-to-llvm --convert-arith-to-llvm --convert-index-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts | mlir-cpu-runner -e main --entry-point-result=void --shared-libs=%llvm-lib/libmlir_runner_utils.so,%llvm-lib/libmlir_c_runner_utils.so | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefF64(tensor<*xf64>)
func.func private @printMemrefI64(tensor<*xi64>)

func.func @integer_division(%x: tensor<8xi64>, %y: tensor<8xi64>) -> (tensor<8xi64>, tensor<8xi64>) attributes {sinter.kernel} {
  %0 = nn.floor_divide %x, %y : tensor<8xi64>, tensor<8xi64>
  %1 = nn.remainder %x, %y : tensor<8xi64>, tensor<8xi64>
  return %0, %1 : tensor<8xi64>, tensor<8xi64>
}

func.func @float_division(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) attributes {sinter.kernel} {
  %0 = nn.floor_divide %x, %y : tensor<8xf32>, tensor<8xf32>
  %1 = nn.remainder %x, %y : tensor<8xf32>, tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

func.func @signs(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {sinter.kernel} {
  %0 = nn.sign %x : tensor<4xf32>
  %1 = nn.relu %x : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

func.func @bytes(%x: tensor<4xf32>) -> (tensor<4xi64>, tensor<4xf32>) attributes {sinter.kernel} {
  %0 = nn.cast %x : tensor<4xf32> to tensor<4xui8>
  %1 = nn.cast %0 : tensor<4xui8> to tensor<4xi64>
  %2 = nn.cast %0 : tensor<4xui8> to tensor<4xf32>
  return %1, %2 : tensor<4xi64>, tensor<4xf32>
}

func.func @arguments(%x: tensor<4x3xf32>) -> (tensor<4xi64>, tensor<1x3xi64>) attributes {sinter.kernel} {
  %0 = nn.argmax %x over 1 : tensor<4x3xf32>
  %1 = nn.argmin %x over 0 keepdim : tensor<4x3xf32>
  return %0, %1 : tensor<4xi64>, tensor<1x3xi64>
}

func.func @moves(%x: tensor<2x3xf32>) -> (tensor<3x7xf32>, tensor<2x6xf32>, tensor<3x2xf32>) attributes {sinter.kernel} {
  %0 = nn.pad %x low [1, 1] high [0, 1] interior [0, 1] value -1.0 : tensor<2x3xf32>
  %1 = nn.reverse %x over [1] : tensor<2x3xf32>
  %2 = nn.concat %x, %1 along 1 : tensor<2x3xf32>, tensor<2x3xf32>
  %3 = nn.transpose %x [1, 0] : tensor<2x3xf32>
  return %0, %2, %3 : tensor<3x7xf32>, tensor<2x6xf32>, tensor<3x2xf32>
}

func.func @reads(%x: tensor<2x3xf32>, %i: tensor<2x2xi64>) -> (tensor<2x2xf32>, tensor<2x2x3xf32>) attributes {sinter.kernel} {
  %0 = nn.gather %x, %i along 1 : tensor<2x3xf32>, tensor<2x2xi64>
  %1 = nn.take %x, %i : tensor<2x3xf32>, tensor<2x2xi64>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2x3xf32>
}

func.func @product(%x: tensor<2x1x2x3xf64>, %y: tensor<2x2x3xf64>) -> (tensor<2x2x2x2xf64>) attributes {sinter.kernel} {
  %0 = nn.matmul %x, %y transpose_b : tensor<2x1x2x3xf64>, tensor<2x2x3xf64>
  return %0 : tensor<2x2x2x2xf64>
}

func.func @draw(%seed: tensor<i64>, %step: tensor<i64>) -> (tensor<8xf32>, tensor<2x2xf64>) attributes {sinter.kernel} {
  %0 = nn.random_uniform %seed, %step id 0 : tensor<8xf32>
  %1 = nn.random_normal %seed, %step id 0 : tensor<2x2xf64>
  return %0, %1 : tensor<8xf32>, tensor<2x2xf64>
}

func.func @main() {
  %ix = arith.constant dense<[7, -7, 7, -7, 5, 0, -9223372036854775808, 6]> : tensor<8xi64>
  %iy = arith.constant dense<[2, 2, -2, -2, 0, 3, -1, 3]> : tensor<8xi64>
  %iq, %ir = call @integer_division(%ix, %iy) : (tensor<8xi64>, tensor<8xi64>) -> (tensor<8xi64>, tensor<8xi64>)
  %0 = tensor.cast %iq : tensor<8xi64> to tensor<*xi64>
  %1 = tensor.cast %ir : tensor<8xi64> to tensor<*xi64>
  // CHECK: [3, -4, -4, 3, 0, 0, -9223372036854775808, 2]
  call @printMemrefI64(%0) : (tensor<*xi64>) -> ()
  // CHECK: [1, 1, -1, -1, 0, 0, 0, 0]
  call @printMemrefI64(%1) : (tensor<*xi64>) -> ()

  %fx = arith.constant dense<[7.5, -7.5, 7.5, -7.5, 5.0, -5.0, 0.0, 1.0]> : tensor<8xf32>
  %fy = arith.constant dense<[2.0, 2.0, -2.0, -2.0, 0.0, 0.0, 0.0, 0.1]> : tensor<8xf32>
  %fq, %fr = call @float_division(%fx, %fy) : (tensor<8xf32>, tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>)
  %2 = tensor.cast %fq : tensor<8xf32> to tensor<*xf32>
  %3 = tensor.cast %fr : tensor<8xf32> to tensor<*xf32>
  // CHECK: [3, -4, -4, 3, inf, -inf, {{-?}}nan, 9]
  call @printMemrefF32(%2) : (tensor<*xf32>) -> ()
  // CHECK: [1.5, 0.5, -0.5, -1.5, {{-?}}nan, {{-?}}nan, {{-?}}nan, 0.1]
  call @printMemrefF32(%3) : (tensor<*xf32>) -> ()

  %sx = arith.constant dense<[-2.5, 0.0, 3.0, 0x7FC00000]> : tensor<4xf32>
  %ss, %sr = call @signs(%sx) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  %4 = tensor.cast %ss : tensor<4xf32> to tensor<*xf32>
  %5 = tensor.cast %sr : tensor<4xf32> to tensor<*xf32>
  // CHECK: [-1, 0, 1, 0]
  call @printMemrefF32(%4) : (tensor<*xf32>) -> ()
  // CHECK: [0, 0, 3, nan]
  call @printMemrefF32(%5) : (tensor<*xf32>) -> ()

  %bx = arith.constant dense<[1.9, 200.0, -1.0, 255.5]> : tensor<4xf32>
  %bi, %bf = call @bytes(%bx) : (tensor<4xf32>) -> (tensor<4xi64>, tensor<4xf32>)
  %6 = tensor.cast %bi : tensor<4xi64> to tensor<*xi64>
  %7 = tensor.cast %bf : tensor<4xf32> to tensor<*xf32>
  // CHECK: [1, 200, 255, 255]
  call @printMemrefI64(%6) : (tensor<*xi64>) -> ()
  // CHECK: [1, 200, 255, 255]
  call @printMemrefF32(%7) : (tensor<*xf32>) -> ()

  // The first of equals, the first NaN, and index 0 where all are the least number.
  %ax = arith.constant dense<[[1.0, 3.0, 3.0], [0xFF800000, 0xFF800000, 0xFF800000], [5.0, 0x7FC00000, 0x7FC00000], [2.0, 1.0, -4.0]]> : tensor<4x3xf32>
  %am, %an = call @arguments(%ax) : (tensor<4x3xf32>) -> (tensor<4xi64>, tensor<1x3xi64>)
  %8 = tensor.cast %am : tensor<4xi64> to tensor<*xi64>
  %9 = tensor.cast %an : tensor<1x3xi64> to tensor<*xi64>
  // CHECK: [1, 0, 1, 0]
  call @printMemrefI64(%8) : (tensor<*xi64>) -> ()
  // CHECK{LITERAL}: [[1, 2, 2]]
  call @printMemrefI64(%9) : (tensor<*xi64>) -> ()

  %mx = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %mp, %mc, %mt = call @moves(%mx) : (tensor<2x3xf32>) -> (tensor<3x7xf32>, tensor<2x6xf32>, tensor<3x2xf32>)
  %10 = tensor.cast %mp : tensor<3x7xf32> to tensor<*xf32>
  %11 = tensor.cast %mc : tensor<2x6xf32> to tensor<*xf32>
  %12 = tensor.cast %mt : tensor<3x2xf32> to tensor<*xf32>
  // CHECK{LITERAL}: [[-1, -1, -1, -1, -1, -1, -1],
  // CHECK{LITERAL}: [-1, 1, -1, 2, -1, 3, -1],
  // CHECK{LITERAL}: [-1, 4, -1, 5, -1, 6, -1]]
  call @printMemrefF32(%10) : (tensor<*xf32>) -> ()
  // CHECK{LITERAL}: [[1, 2, 3, 3, 2, 1],
  // CHECK{LITERAL}: [4, 5, 6, 6, 5, 4]]
  call @printMemrefF32(%11) : (tensor<*xf32>) -> ()
  // CHECK{LITERAL}: [[1, 4],
  // CHECK{LITERAL}: [2, 5],
  // CHECK{LITERAL}: [3, 6]]
  call @printMemrefF32(%12) : (tensor<*xf32>) -> ()

  // An index out of range reads nothing.
  %gi = arith.constant dense<[[2, 0], [-1, 1]]> : tensor<2x2xi64>
  %gg, %gt = call @reads(%mx, %gi) : (tensor<2x3xf32>, tensor<2x2xi64>) -> (tensor<2x2xf32>, tensor<2x2x3xf32>)
  %13 = tensor.cast %gg : tensor<2x2xf32> to tensor<*xf32>
  %14 = tensor.cast %gt : tensor<2x2x3xf32> to tensor<*xf32>
  // CHECK{LITERAL}: [[3, 1],
  // CHECK{LITERAL}: [0, 5]]
  call @printMemrefF32(%13) : (tensor<*xf32>) -> ()
  // CHECK{LITERAL}: [[[0, 0, 0],
  // CHECK{LITERAL}: [1, 2, 3]],
  // CHECK{LITERAL}: [[0, 0, 0],
  // CHECK{LITERAL}: [4, 5, 6]]]
  call @printMemrefF32(%14) : (tensor<*xf32>) -> ()

  %px = arith.constant dense<[[[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], [[[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]]]> : tensor<2x1x2x3xf64>
  %py = arith.constant dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 8.0, 9.0], [0.0, 1.0, 0.0]]]> : tensor<2x2x3xf64>
  %p = call @product(%px, %py) : (tensor<2x1x2x3xf64>, tensor<2x2x3xf64>) -> tensor<2x2x2x2xf64>
  %15 = tensor.cast %p : tensor<2x2x2x2xf64> to tensor<*xf64>
  // CHECK{LITERAL}: [[[[1, 4],
  // CHECK{LITERAL}: [2, 5]],
  // CHECK{LITERAL}: [[7, 0],
  // CHECK{LITERAL}: [8, 1]]],
  // CHECK{LITERAL}: [[[6, 15],
  // CHECK{LITERAL}: [6, 12]],
  // CHECK{LITERAL}: [[24, 1],
  // CHECK{LITERAL}: [18, 0]]]]
  call @printMemrefF64(%15) : (tensor<*xf64>) -> ()

  // Philox4x32-10 of key 0 and counter 0 is 6627e8d5 e169c58d bc57ac4c 9b00dbd8 (Random123's known answers).
  %zero = arith.constant dense<0> : tensor<i64>
  %u, %n = call @draw(%zero, %zero) : (tensor<i64>, tensor<i64>) -> (tensor<8xf32>, tensor<2x2xf64>)
  %16 = tensor.cast %u : tensor<8xf32> to tensor<*xf32>
  %17 = tensor.cast %n : tensor<2x2xf64> to tensor<*xf64>
  // CHECK: [0.399046, 0.88052, 0.735713, 0.605482,
  call @printMemrefF32(%16) : (tensor<*xf32>) -> ()
  // CHECK{LITERAL}: [[0.737926, -0.688434],
  // CHECK{LITERAL}: [-1.28602, -1.00379]]
  call @printMemrefF64(%17) : (tensor<*xf64>) -> ()
  return
}
