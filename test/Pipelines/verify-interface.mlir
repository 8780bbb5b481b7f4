// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What holds in every phase up to loops.
// RUN: sinter-opt %s --nn-verify-interface --split-input-file --verify-diagnostics

module attributes {nn.model = "net", nn.target = "x86_64-linux-gnu", nn.cpu = "x86-64-v3", nn.optimize = true, nn.vector_bytes = 32 : i64} {
  nn.state @M bytes 128 {
    nn.segment "w" parameter : tensor<4xf32> at 64
  }
  nn.block @M.block {name = "M"}
  memref.global "private" constant @c : memref<4xf32> = dense<1.0>
  func.func @"M.f$N4"(%x: tensor<4xf32> {nn.name = "x"}, %g: tensor<16xf32> {nn.name = "g", nn.inout})
      -> (tensor<f32> {nn.name = "y"}, tensor<16xf32> {nn.name = "g", nn.inout})
      attributes {nn.entry = "M.f", nn.state = @M, nn.dims = {N = 4 : i64}} {
    %y = nn.sum %x over [0] : tensor<4xf32>
    return %y, %g : tensor<f32>, tensor<16xf32>
  }
  func.func @"M.g"(%s: memref<128xi8> {nn.role = "state"}, %x: memref<4xf32> {nn.role = "input", nn.name = "x"},
                   %y: memref<4xf32> {nn.role = "result", nn.result = "y"}, %g: memref<4xf32> {nn.role = "inout", nn.result = "g"},
                   %w: memref<64xi8> {nn.role = "workspace"})
      attributes {nn.entry = "M.g", nn.state = @M, nn.workspace_bytes = 64 : i64} {
    return
  }
}

// -----

// expected-error @below {{expected a text as the module's 'nn.target', but got 1 : i64}}
module attributes {nn.target = 1} {
}

// -----

// expected-error @below {{expected a text as the module's 'nn.model', but got ""}}
module attributes {nn.model = ""} {
}

// -----

// expected-error @below {{expected a flag as the module's 'nn.optimize', but got 1 : i64}}
module attributes {nn.optimize = 1} {
}

// -----

// expected-error @below {{expected 8, 16, 32 or 64 as the module's 'nn.vector_bytes', but got 48 : i64}}
module attributes {nn.vector_bytes = 48} {
}

// -----

// expected-error @below {{expected a name in the settings of a block}}
nn.block @b {epochs = 3 : i64}

// -----

module {
  // expected-error @below {{expected tables, entries, kernels and constants in a module, but got builtin.module}}
  module {
  }
}

// -----

// expected-error @below {{expected an entry with a body}}
func.func private @declared() attributes {nn.entry = "f"}

// -----

// expected-error @below {{expected the attribute 'nn.entry' on an entry, its name}}
func.func @f() {
  return
}

// -----

// expected-error @below {{expected numbers as the entry's 'nn.dims', but got {N = "4"}}}
func.func @f() attributes {nn.entry = "f", nn.dims = {N = "4"}} {
  return
}

// -----

// expected-error @below {{expected the table of a state as the entry's 'nn.state', but got @M}}
func.func @f() attributes {nn.entry = "f", nn.state = @M} {
  return
}

// -----

// expected-error @below {{expected a name for each argument of an entry}}
func.func @f(%x: tensor<4xf32>) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected another name for each argument of an entry, but got 'x' again}}
func.func @f(%x: tensor<4xf32> {nn.name = "x"}, %y: tensor<4xf32> {nn.name = "x"}) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected values of static shape and of a type that the language has, but got 'tensor<?xf32>'}}
func.func @f(%x: tensor<?xf32> {nn.name = "x"}) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected values of static shape and of a type that the language has, but got 'tensor<4xi7>'}}
func.func @f(%x: tensor<4xi7> {nn.name = "x"}) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected a result with 'nn.inout' and the type of the argument 'x'}}
func.func @f(%x: tensor<4xf32> {nn.name = "x", nn.inout}) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected an argument with 'nn.inout' and the type of the result 'x'}}
func.func @f(%x: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "x", nn.inout}) attributes {nn.entry = "f"} {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{expected the buffers of an entry to be the state, inputs and results, the workspace, but got 'input' of 'memref<4xf32>' as buffer 0}}
func.func @f(%x: memref<4xf32> {nn.role = "input", nn.name = "x"}, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f", nn.workspace_bytes = 64 : i64} {
  return
}

// -----

// expected-error @below {{expected the buffers of an entry to be the state, inputs and results, the workspace, but got '' of 'memref<4xf32>' as buffer 1}}
func.func @f(%s: memref<0xi8> {nn.role = "state"}, %x: memref<4xf32>, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f", nn.workspace_bytes = 64 : i64} {
  return
}

// -----

// expected-error @below {{expected a name for each result of an entry}}
func.func @f(%s: memref<0xi8> {nn.role = "state"}, %x: memref<4xf32> {nn.role = "result"}, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f", nn.workspace_bytes = 64 : i64} {
  return
}

// -----

// expected-error @below {{expected a state and a workspace among the buffers of an entry}}
func.func @f(%s: memref<0xi8> {nn.role = "state"}) attributes {nn.entry = "f", nn.workspace_bytes = 64 : i64} {
  return
}

// -----

// expected-error @below {{expected the attribute 'nn.workspace_bytes' on an entry}}
func.func @f(%s: memref<0xi8> {nn.role = "state"}, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f"} {
  return
}

// -----

// expected-error @below {{expected 32 bytes as buffer 1, but got 'memref<64xi8>'}}
func.func @f(%s: memref<0xi8> {nn.role = "state"}, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f", nn.workspace_bytes = 32 : i32} {
  return
}

// -----

// expected-error @below {{expected 0 bytes as buffer 0, but got 'memref<4xi8>'}}
func.func @f(%s: memref<4xi8> {nn.role = "state"}, %w: memref<64xi8> {nn.role = "workspace"}) attributes {nn.entry = "f", nn.workspace_bytes = 64 : i64} {
  return
}

// -----

// expected-note @below {{the first instance is here}}
func.func @a(%x: tensor<4xf32> {nn.name = "x"}) attributes {nn.entry = "f", nn.dims = {N = 4 : i64}} {
  return
}
// expected-error @below {{expected instances of an entry to have the same dims, arguments and results}}
func.func @b(%x: tensor<8xf32> {nn.name = "y"}) attributes {nn.entry = "f", nn.dims = {N = 8 : i64}} {
  return
}

// -----

// expected-note @below {{the first instance is here}}
func.func @a(%x: tensor<4xf32> {nn.name = "x"}) attributes {nn.entry = "f", nn.dims = {N = 4 : i64}} {
  return
}
// expected-error @below {{expected instances of an entry to have other dims each}}
func.func @b(%x: tensor<8xf32> {nn.name = "x"}) attributes {nn.entry = "f", nn.dims = {N = 4 : i64}} {
  return
}

// -----

nn.state @N bytes 64 {
  nn.segment "prepared.valid" buffer : tensor<i64> at 0
}
// expected-error @below {{expected a state with a prepared segment 'prepared.valid' of 'tensor<i64>' for an instance with 'nn.prepared'}}
func.func @f(%x: tensor<2xf32> {nn.name = "x"}) attributes {nn.entry = "f", nn.state = @N, nn.prepared} {
  return
}

// -----

nn.state @N bytes 64 {
  nn.segment "prepared.valid" prepared : tensor<i64> at 0
}
// expected-error @below {{expected an instance without 'nn.prepared' of the same dims}}
func.func @f(%x: tensor<2xf32> {nn.name = "x"}) attributes {nn.entry = "f", nn.state = @N, nn.prepared} {
  return
}
