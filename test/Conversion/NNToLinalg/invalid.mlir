// RUN: sinter-opt --nn-to-linalg --split-input-file --verify-diagnostics %s

func.func @layer(%x: tensor<2x3xf32>) -> tensor<2x3xf32> attributes {sinter.kernel} {
  // expected-error @below {{expected a primitive in a kernel, but got a layer that is not decomposed}}
  %0 = nn.softmax %x over 1 : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @bools(%x: tensor<3xi1>) -> tensor<3xi1> attributes {sinter.kernel} {
  // expected-error @below {{expected numbers, but got bools}}
  %0 = nn.neg %x : tensor<3xi1>
  return %0 : tensor<3xi1>
}

// -----

func.func @half(%seed: tensor<i64>, %step: tensor<i64>) -> tensor<3xf16> attributes {sinter.kernel} {
  // expected-error @below {{expected a result of f32 or f64, but got 'tensor<3xf16>'}}
  %0 = nn.random_uniform %seed, %step id 1 : tensor<3xf16>
  return %0 : tensor<3xf16>
}
