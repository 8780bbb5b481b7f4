// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loop over rows around a loop over their parts, from the last one to the first.

module attributes {nn.model = "nested", nn.optimize = true} {
  nn.state @file bytes 64 {
    nn.segment "trainer.step"  header : tensor<i64> at 0
    nn.segment "trainer.seed"  header : tensor<i64> at 8
    nn.segment "trainer.lr"  header : tensor<f64> at 16
    nn.segment "trainer.batch"  header : tensor<i64> at 24
  }
func.func @nested(%w: tensor<16xf32> {nn.name="w"}, %xs: tensor<5x4x16xf32> {nn.name="xs"}) -> (tensor<5x4x16xf32> {nn.name="r"}, tensor<16xf32>{nn.name="f"}) attributes {nn.dims = {}, nn.entry = "nested", nn.state = @file} {
  %s:2 = nn.scan %t to 5 inits(%a = %w : tensor<16xf32>) xs(%xx = %xs : tensor<5x4x16xf32>) invariants(%v = %w : tensor<16xf32>) -> histories(tensor<6x16xf32>) ys(tensor<5x4x16xf32>) {
    %i = nn.exp %a : tensor<16xf32>
    %0:2 = nn.scan %u to 4 reverse inits(%b = %i : tensor<16xf32>) xs(%x = %xx : tensor<4x16xf32>) invariants(%q = %v : tensor<16xf32>) -> histories(tensor<5x16xf32>) ys(tensor<4x16xf32>) {
      %1 = nn.mul %b, %x : tensor<16xf32>, tensor<16xf32>
      %2 = nn.tanh %1 : tensor<16xf32>
      %3 = nn.add %2, %q : tensor<16xf32>, tensor<16xf32>
      nn.scan_yield carries(%2 : tensor<16xf32>) ys(%3 : tensor<16xf32>)
    }
    %f = nn.slice %0#0 from [4, 0] to [5, 16] by [1, 1] : tensor<5x16xf32>
    %g = nn.reshape %f : tensor<1x16xf32> to tensor<16xf32>
    nn.scan_yield carries(%g : tensor<16xf32>) ys(%0#1 : tensor<4x16xf32>)
  }
  %f = nn.slice %s#0 from [5, 0] to [6, 16] by [1, 1] : tensor<6x16xf32>
  %g = nn.reshape %f : tensor<1x16xf32> to tensor<16xf32>
  return %s#1, %g : tensor<5x4x16xf32>, tensor<16xf32>
}
}
