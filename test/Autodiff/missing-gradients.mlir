// RUN: sinter-opt %s --nn-expand-gradients --verify-diagnostics

// Every op without a gradient is reported, not the first alone.
func.func @all_at_once(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@+1 {{'nn.kernel' has no gradient, but one is asked for}}
  %a = nn.kernel (%k = %x : tensor<3xf32>) -> (tensor<3xf32>) domain [3] reduced [] {
    nn.yield %k : tensor<3xf32>
  }
  // expected-error@+1 {{'nn.kernel' has no gradient, but one is asked for}}
  %b = nn.kernel (%k = %a : tensor<3xf32>) -> (tensor<3xf32>) domain [3] reduced [] {
    nn.yield %k : tensor<3xf32>
  }
  %z = nn.sum %b over [0] : tensor<3xf32>
  %g = nn.gradient %z wrt %x : tensor<f32>, tensor<3xf32>
  return %g : tensor<3xf32>
}
