// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// RUN: sinter-opt %s --nn-pipeline-to="phase=llvm" | FileCheck %s

module attributes {nn.model = "net"} {
  func.func @"M.f$N4"(%x: tensor<4x8xf32> {nn.name = "x"}, %y: tensor<4xi32> {nn.name = "y"}) -> (tensor<4x8xf32> {nn.name = "r"})
      attributes {nn.entry = "M.f", nn.dims = {N = 4 : i64}} {
    nn.check_index %y below 8 ignore -100 as "labels" of "y" : tensor<4xi32>
    // Checked already.
    nn.check_index %y below 8 ignore -100 as "indices" of "y" : tensor<4xi32>
    %0 = nn.exp %x : tensor<4x8xf32>
    return %0 : tensor<4x8xf32>
  }
  func.func @"M.f$N512"(%x: tensor<512x512xf32> {nn.name = "x"}, %y: tensor<4xi32> {nn.name = "y"}) -> (tensor<512x512xf32> {nn.name = "r"})
      attributes {nn.entry = "M.f", nn.dims = {N = 512 : i64}} {
    %0 = nn.exp %x : tensor<512x512xf32>
    return %0 : tensor<512x512xf32>
  }
}

// Kernels are internal, and so is what runs one on a range of tiles.
// CHECK: llvm.func internal @exp_4x8
// CHECK-LABEL: llvm.func internal @exp_4x8.tiles
// CHECK-SAME: (%[[T:.*]]: !llvm.ptr, %[[B:.*]]: i64, %[[E:.*]]: i64)
// CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[B]], %[[E]]) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, i64, i64) -> ()

// Of each pointer in a struct: its bytes, the bits of an address that must be 0, whether it is written.
// CHECK: llvm.mlir.global internal constant @M.f$N4.instance.inputs(dense<{{\[\[}}128, 3, 0], [16, 3, 0]]> : tensor<2x3xi64>)
// CHECK: llvm.mlir.global internal constant @M.f$N4.instance.results(dense<{{\[\[}}128, 3, 1]]> : tensor<1x3xi64>)

// Null pointers are status 1, misaligned ones 2, overlapping ones 5, an index out of range 4: with its row in the struct of results.
// CHECK-LABEL: llvm.func internal @M.f$N4.instance
// CHECK: %[[NULL:.*]] = llvm.mlir.zero
// CHECK: llvm.icmp "eq" %arg2, %[[NULL]]
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: %[[KNOWN:.*]] = llvm.mlir.addressof @M.f$N4.instance.inputs
// CHECK: llvm.call @sinter.null(%arg2, %[[KNOWN]],
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.call @sinter.null(%arg3,
// CHECK: llvm.call @sinter.misaligned(%arg2, %[[KNOWN]],
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.call @sinter.misaligned(%arg3,
// CHECK: llvm.call @sinter.ranges(%arg2, %[[KNOWN]],
// CHECK: llvm.call @sinter.ranges(%arg3,
// CHECK: llvm.call @sinter.overlap
// CHECK: llvm.mlir.constant(5 : i32)
// CHECK: llvm.icmp "uge"
// CHECK: llvm.mlir.constant(-100 : i64)
// CHECK: llvm.sdiv
// CHECK: llvm.store
// CHECK: llvm.mlir.constant(4 : i32)
// CHECK-NOT: llvm.icmp "uge"

// Many tiles go through parallel_for if there is one.
// CHECK-LABEL: llvm.func internal @M.f$N512.instance
// CHECK: llvm.alloca
// CHECK: llvm.mlir.addressof @exp_512x512 :
// CHECK: llvm.mlir.addressof @exp_512x512.tiles

// The C function dispatches on the dims, which stand after the pointers.
// CHECK-LABEL: llvm.func @net_f
// CHECK: llvm.mlir.constant(4 : i64)
// CHECK: llvm.call @M.f$N4.instance(%arg0, %arg1, %arg2, %arg3, %arg4)
// CHECK: llvm.mlir.constant(512 : i64)
// CHECK: llvm.call @M.f$N512.instance(%arg0, %arg1, %arg2, %arg3, %arg4)
// CHECK: llvm.mlir.constant(3 : i32)

// What the model is: the tables that were in the module, in the object.
// CHECK: llvm.mlir.global external constant @net_description("{\22sinter_model\22:1,{{.*}}\22symbol\22:\22net_f\22
// CHECK-SAME: \22limits\22:[{\22limit\22:8,\22what\22:\22labels\22,\22input\22:1,\22ignored\22:-100},{{.*}}]
// CHECK-SAME: }\00")
