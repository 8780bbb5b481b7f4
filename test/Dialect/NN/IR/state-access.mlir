// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What reads or writes state agrees with the table.
// RUN: sinter-opt %s --split-input-file --verify-diagnostics

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @table() {
  // expected-error@+1 {{expected the table of a state, but got 'Nowhere'}}
  %0 = nn.get_segment @Nowhere "w" : tensor<4xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @own_table() attributes {nn.state = @M} {
  // expected-error@+1 {{expected the state of the entry, 'M', but got 'Other'}}
  %0 = nn.get_segment @Other "w" : tensor<4xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @key() {
  // expected-error@+1 {{expected a segment of 'M', but got 'v'}}
  %0 = nn.get_segment @M "v" : tensor<4xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @get_type() {
  // expected-error@+1 {{expected 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %0 = nn.get_segment @M "w" : tensor<5xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @set_type(%x: tensor<f32>) {
  // expected-error@+1 {{expected 'tensor<i64>', but got 'tensor<f32>'}}
  nn.set_segment @M "steps" %x : tensor<f32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @run() {
  // expected-error@+1 {{expected a run of 'M', but got 'optimizer.exp_avg'}}
  %0 = nn.get_run @M "optimizer.exp_avg" : tensor<16xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @run_type(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 'tensor<16xf32>', but got 'tensor<4xf32>'}}
  nn.set_run @M "parameter" %x : tensor<4xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @parts(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected one value per parameter (1), but got 2}}
  %0 = nn.pack_run @M %x, %x : tensor<4xf32>, tensor<4xf32> to tensor<16xf32>
  return
}

// -----

nn.state @M bytes 256 {
  nn.segment "w" parameter : tensor<4xf32> at 64
  nn.segment "steps" buffer : tensor<i64> at 128
}
nn.state @Other bytes 64 {
}
func.func @part(%x: tensor<5xf32>) {
  // expected-error@+1 {{expected 'tensor<4xf32>', but got 'tensor<5xf32>'}}
  %0 = nn.pack_run @M %x : tensor<5xf32> to tensor<16xf32>
  return
}
