// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the nn dialect, in the order in which the pipeline runs them.
#ifndef SINTER_NN_PASSES
#define SINTER_NN_PASSES

include "mlir/Pass/PassBase.td"

def NNExpandGradients : Pass<"nn-expand-gradients", "::mlir::func::FuncOp"> {
  let summary = "replaces every nn.gradient by the ops that compute it";
  let description = [{
    Inner gradients first, so that gradients of gradients work. All ops without a gradient are reported at once.

    ```mlir
    %y = nn.mul %x, %x : tensor<f32>, tensor<f32>
    %g = nn.gradient %y wrt %x : tensor<f32>, tensor<f32>
    // becomes a sum of products of %x with the gradient 1 of %y
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNPoolFirst : Pass<"nn-pool-first", "::mlir::func::FuncOp"> {
  let summary = "pools before rectifying";
  let description = [{
    The maximum of rectified elements is the rectified maximum, which are fewer elements, and the gradient needs the larger tensor no more. Before
    gradients are ops; where nothing else reads the rectified tensor, nor the taps.

    ```mlir
    %0 = nn.relu %x : tensor<3x4x9xf32>
    %y, %t = nn.max_pool %0 sizes [3] strides [3] dilations [1] low [0] high [0] : tensor<3x4x9xf32>
    // becomes
    %0, %t = nn.max_pool %x sizes [3] strides [3] dilations [1] low [0] high [0] : tensor<3x4x9xf32>
    %y = nn.relu %0 : tensor<3x4x3xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNIsolateGradients : Pass<"nn-isolate-gradients", "::mlir::ModuleOp"> {
  let summary = "makes an entry of its own of every op that a gradient goes through";
  let description = [{
    For `sinter check --gradients`, which compares the gradient of each op by itself with finite differences. Of several gradients of
    an entry, the last one counts; the others are expanded. An entry ENTRY, the Ith of that name, then returns the operands of the
    ops, `value0`, `value1` and so on; op K of them becomes the entry ENTRY.opI.K.NAME, whose arguments are its operands J,
    `J.valueN`, and a `cotangent.R` for each float result R, and whose results are `output.R` and `grad.input.J.valueN`. Constants stay
    inside.

    ```mlir
    func.func @f(%x: tensor<4xf32> {nn.name = "x"}) -> … {
      %1 = nn.exp %x : tensor<4xf32>
      …
      %g = nn.gradient %2 wrt %x : tensor<f32>, tensor<4xf32>
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<4xf32> {nn.name = "x"}) -> (tensor<4xf32> {nn.name = "value0"}) …
    func.func @f.op0.0.nn.exp(%0: tensor<4xf32> {nn.name = "0.value0"}, %c: tensor<4xf32> {nn.name = "cotangent.0"})
        -> (tensor<4xf32> {nn.name = "output.0"}, tensor<4xf32> {nn.name = "grad.input.0.value0"}) …
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNSplitUpdates : Pass<"nn-split-updates", "::mlir::func::FuncOp"> {
  let summary = "updates each parameter by itself where the gradient of one is scattered";
  let description = [{
    Where indices select few rows of a parameter (an embedding), its gradient is almost all zeros. Updates of runs need it in
    memory; that of a segment is computed with the sums of the rows, in one kernel. What reads the gradients otherwise, such as their norm,
    keeps the run.

    ```mlir
    %g = nn.scatter_add %u, %i along 0 : tensor<64x128xf32>, tensor<64x128xi64> to tensor<20000x128xf32>
    %r = nn.pack_run @Net %g, %h : tensor<20000x128xf32>, tensor<16xf32> to tensor<2560016xf32>
    %p = nn.get_run @Net "parameter" : tensor<2560016xf32>
    %q = nn.sgd %p, %r, … : … -> tensor<2560016xf32>
    nn.set_run @Net "parameter" %q : tensor<2560016xf32>
    // becomes, for each segment
    %p = nn.get_segment @Net "table" : tensor<20000x128xf32>
    %q = nn.sgd %p, %g, … : … -> tensor<20000x128xf32>
    nn.set_segment @Net "table" %q : tensor<20000x128xf32>
    ```
  }];
  let options = [Option<"minElements", "min-elements", "int64_t", "16384", "fewest elements of a parameter that is worth it">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNFoldBatchNorms : Pass<"nn-fold-batch-norms", "::mlir::ModuleOp"> {
  let summary = "multiplies weights by the scales of batch norms behind their products";
  let description = [{
    Where a batch norm by running statistics follows a convolution or a linear layer, and all that both read but the input is made of what training
    alone changes. The result rounds differently, so a user has to ask for it. Norms that stay are told with the reason.

    ```mlir
    %0 = nn.linear %x, %w : tensor<8x4xf32>, tensor<16x4xf32>
    %y, %a, %b, %c, %d = nn.batch_norm %0 running %mean, %variance {training = false, …} : …
    // becomes
    %scale = … : tensor<16xf32>   // 1 / sqrt(%variance + eps)
    %shift = … : tensor<16xf32>   // -%mean * %scale
    %0 = nn.reshape %scale : tensor<16xf32> to tensor<16x1xf32>
    %1 = nn.mul %w, %0 : tensor<16x4xf32>, tensor<16x1xf32>
    %y = nn.linear %x, %1 bias %shift : tensor<8x4xf32>, tensor<16x4xf32>, tensor<16xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNDecompose : Pass<"nn-decompose", "::mlir::func::FuncOp"> {
  let summary = "writes layers in primitives";
  let description = [{
    Applies DecomposableOpInterface until no layer is left. A primitive's location keeps the name of its layer, so that
    reports can speak of layers.

    ```mlir
    %y = nn.linear %x, %w, %b : tensor<64x784xf32>, tensor<128x784xf32>, tensor<128xf32>
    // becomes
    %0 = nn.matmul %x, %w transpose_b : tensor<64x784xf32>, tensor<128x784xf32>
    %y = nn.add %0, %b : tensor<64x128xf32>, tensor<128xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNSimplify : Pass<"nn-simplify", "::mlir::func::FuncOp"> {
  let summary = "folds, removes common and dead ops, lets elementwise ops broadcast";
  let description = [{
    Folds and canonicalizations of the dialect, common subexpressions, and rewrites that help kernels form: an operand
    of an elementwise op that is a constant splat or an nn.broadcast becomes its unbroadcast form, a transposition of the
    matrices of a product becomes a flag of it, and elementwise ops move before the reshape of a product's result. No number changes.

    ```mlir
    %c = nn.constant dense<2.0> : tensor<64x128xf32>
    %y = nn.mul %x, %c : tensor<64x128xf32>, tensor<64x128xf32>
    // becomes
    %c = nn.constant dense<2.0> : tensor<f32>
    %y = nn.mul %x, %c : tensor<64x128xf32>, tensor<f32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNExpandLengths : Pass<"nn-expand-lengths", "::mlir::func::FuncOp"> {
  let summary = "writes the lengths and the time of scans as ops of their bodies";
  let description = [{
    In rows that have ended, slices of xs are selected to zero, carries to what they were, ys to zero. The time becomes an x.

    ```mlir
    %h = nn.scan %t to 28 inits(%c = %h0 : tensor<64x32xf32>) xs(%x = %xs : tensor<28x64x32xf32>) lengths(%n : tensor<64xi64>) -> …
    // becomes
    %times = nn.iota 0 : tensor<28xi64>
    %h = nn.scan %t to 28 inits(%c = %h0 …) xs(%x = %xs, %s = %times …) invariants(%m = %n …) -> … {
      %0 = nn.compare lt %s, %m : tensor<i64>, tensor<64xi64>
      …
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNExpandSums : Pass<"nn-expand-sums", "::mlir::func::FuncOp"> {
  let summary = "makes carries of the sums of scans";
  let description = [{
    What nn-move-out-of-scans leaves of them.

    ```mlir
    %s = nn.scan %t to 28 xs(%x = %xs : tensor<28xf32>) -> sums(tensor<f32>) {
      nn.scan_yield sums(%x : tensor<f32>)
    }
    // becomes
    %h = nn.scan %t to 28 inits(%a = %zero : tensor<f32>) xs(%x = %xs : tensor<28xf32>) -> histories(tensor<29xf32>) {
      %0 = nn.add %a, %x : tensor<f32>, tensor<f32>
      nn.scan_yield carries(%0 : tensor<f32>)
    }
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNShareHistories : Pass<"nn-share-histories", "::mlir::func::FuncOp"> {
  let summary = "reads what scans carry from their histories, in the order in which these are stored";
  let description = [{
    A y that is a carry, before or after the step, is read from the history. Histories of reverse scans are stored in the order of time: they are read through
    one nn.reverse, a view, in which all else is in that order.

    ```mlir
    %h, %y = nn.scan %t to 28 reverse inits(%c = %h0 : tensor<32xf32>) -> histories(tensor<29x32xf32>) ys(tensor<28x32xf32>) {
      %0 = nn.tanh %c : tensor<32xf32>
      nn.scan_yield carries(%0 : tensor<32xf32>) ys(%0 : tensor<32xf32>)
    }
    // %y becomes
    %0 = nn.reverse %h over [0] : tensor<29x32xf32>
    %y = nn.slice %0 from [0, 0] to [28, 32] by [1, 1] : tensor<29x32xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNMoveOutOfScans : Pass<"nn-move-out-of-scans", "::mlir::func::FuncOp"> {
  let summary = "does for all steps of a scan at once what the recurrence does not need step by step";
  let description = [{
    Ops that depend on xs and invariants alone are hoisted: the product of the inputs with their weights becomes one over all steps. What
    only ys and sums read is sunk: a sum of products over the steps becomes one product, whose reduced dimension spans all steps (the
    gradient of weights). Both through TimeBatchableOpInterface.

    ```mlir
    %s = nn.scan %t to 28 xs(%g = %gs, %h = %hs : tensor<28x64x256xf32>, tensor<28x64x64xf32>) -> sums(tensor<256x64xf32>) {
      %0 = nn.matmul %g transpose_a, %h : tensor<64x256xf32>, tensor<64x64xf32>
      nn.scan_yield sums(%0 : tensor<256x64xf32>)
    }
    // becomes
    %0 = nn.reshape %gs : tensor<28x64x256xf32> to tensor<1792x256xf32>
    %1 = nn.reshape %hs : tensor<28x64x64xf32> to tensor<1792x64xf32>
    %s = nn.matmul %0 transpose_a, %1 : tensor<1792x256xf32>, tensor<1792x64xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNClonePrepared : Pass<"nn-clone-prepared", "::mlir::ModuleOp"> {
  let summary = "gives entries that change no parameter a second instance, for prepared states";
  let description = [{
    Its attribute `nn.prepared` names what it reads of parameters, and of buffers that training alone changes. It may rely on
    `nn-hoist-preparation`, which leaves a unit attribute, for all that depends on these alone, so how it lays them out costs a call nothing.

    ```mlir
    func.func @Net.forward(…) attributes {nn.entry = "Net.forward", nn.state = @Net}
    func.func @Net.forward$prepared(…) attributes {nn.entry = "Net.forward", nn.state = @Net, nn.prepared = ["weight"]}
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNHoistPreparation : Pass<"nn-hoist-preparation", "::mlir::ModuleOp"> {
  let summary = "moves what depends on parameters alone from the entries for prepared states to one that prepares";
  let description = [{
    In functions with `nn.prepared`, whatever is made of parameters alone and takes work (a transposition, panels, a product, a reduction, a
    transcendental function) becomes a segment of the kind `prepared`, which the entry `STATE.prepare` computes. The segment
    `prepared.valid` says whether these are those of the parameters: `prepare` sets it, and each entry that sets a parameter clears it.
    Functions in which there is nothing to hoist are removed.

    ```mlir
    func.func @Net.forward$prepared(%x: tensor<64x784xf32> …) -> … attributes {nn.prepared, …} {
      %0 = nn.get_segment @Net "weight" : tensor<128x784xf32>
      %1 = nn.transpose %0 [1, 0] : tensor<128x784xf32>
      %2 = nn.matmul %x, %1 : tensor<64x784xf32>, tensor<784x128xf32>
      …
    // becomes
    func.func @Net.forward$prepared(%x: tensor<64x784xf32> …) -> … attributes {nn.prepared, …} {
      %1 = nn.get_segment @Net "prepared.weight" : tensor<784x128xf32>
      %2 = nn.matmul %x, %1 : tensor<64x784xf32>, tensor<784x128xf32>
      …
    func.func @Net.prepare() attributes {nn.entry = "Net.prepare", nn.state = @Net, nn.dims = {}} {
      %0 = nn.get_segment @Net "weight" : tensor<128x784xf32>
      %1 = nn.transpose %0 [1, 0] : tensor<128x784xf32>
      nn.set_segment @Net "prepared.weight" %1 : tensor<784x128xf32>
      …
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNOrientContractions : Pass<"nn-orient-contractions", "::mlir::func::FuncOp"> {
  let summary = "lays out the operands of big products";
  let description = [{
    A product whose right operand is transposed reads it once per row of the result with a stride. From a certain number of rows
    on it pays to transpose it explicitly, in a kernel of its own that several products share: from a sixteenth of the reduced
    extent on. Products with fewer rows or one column keep the flag: there the lanes run along the reduced dimension.

    Where a row of the right operand, or of a left one that is transposed, is longer than half a page, walking down its columns is
    slow; if the product uses each element often enough, the operand is packed into panels as wide as a register tile's columns,
    and transposed on the way if need be.

    ```mlir
    %y = nn.matmul %x, %w transpose_b : tensor<64x784xf32>, tensor<128x784xf32>
    %z = nn.matmul %a, %b : tensor<512x1024xf32>, tensor<1024x1024xf32>
    // becomes
    %t = nn.transpose %w [1, 0] : tensor<128x784xf32>
    %y = nn.matmul %x, %t : tensor<64x784xf32>, tensor<784x128xf32>
    %p = nn.pack_panels %b width 32 : tensor<1024x1024xf32>
    %u = nn.unpack_panels %p columns 1024 : tensor<32x1024x32xf32>
    %z = nn.matmul %a, %u : tensor<512x1024xf32>, tensor<1024x1024xf32>
    ```
  }];
  let options = [Option<"minRows", "min-rows", "int64_t", "8", "fewest rows of a product whose right operand is transposed">,
                 Option<"vectorBytes", "vector-bytes", "int64_t", "64", "width of the target's vector registers in bytes">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNSplitReductions : Pass<"nn-split-reductions", "::mlir::func::FuncOp"> {
  let summary = "turns a reduction of many elements to few into partials over a fixed number of chunks";
  let description = [{
    The partials are rows of one kernel, which threads share; their number depends on the shape alone, so the result is the same
    for any number of threads.

    ```mlir
    %s = nn.sum %x over [0] : tensor<65536xf32>
    // becomes
    %0 = nn.reshape %x : tensor<65536xf32> to tensor<64x1024xf32>
    %1 = nn.sum %0 over [1] : tensor<64x1024xf32>
    %s = nn.sum %1 over [0] : tensor<64xf32>
    ```
  }];
  let options = [Option<"minElements", "min-elements", "int64_t", "16385", "fewest elements per result that are split">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNSplitConcats : Pass<"nn-split-concats", "::mlir::func::FuncOp"> {
  let summary = "joins many parts in groups";
  let description = [{
    Groups of at most `max-parts` parts are joined, and these again, so that no kernel has more operands. A part is copied once more for each
    such level.

    ```mlir
    %y = nn.concat %a, %b, %c along 0 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
    // becomes, with max-parts=2
    %0 = nn.concat %a, %b along 0 : tensor<2xf32>, tensor<2xf32>
    %y = nn.concat %0, %c along 0 : tensor<4xf32>, tensor<2xf32>
    ```
  }];
  let options = [Option<"maxParts", "max-parts", "unsigned", "32", "most operands of a concatenation">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNJoinPads : Pass<"nn-join-pads", "::mlir::func::FuncOp"> {
  let summary = "puts the summands that are zero but for one part side by side";
  let description = [{
    The gradient of slices is a sum of tensors that `nn.pad` surrounds with zeros along a dimension. Parts in one place are added, parts that
    do not overlap are concatenated, with zeros in the gaps; parts that overlap remain summands. As intervals are coloured, there are as many
    concatenations as parts lie over one another, and what a sum takes no longer grows with the square of its parts.

    ```mlir
    %0 = nn.pad %a low [0, 4] high [0, 0] interior [0, 0] value 0.0 : tensor<4x2xf32>
    %1 = nn.pad %b low [0, 0] high [0, 2] interior [0, 0] value 0.0 : tensor<4x4xf32>
    %y = nn.add %0, %1 : tensor<4x6xf32>, tensor<4x6xf32>
    // becomes
    %y = nn.concat %b, %a along 1 : tensor<4x4xf32>, tensor<4x2xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNChooseLayouts : Pass<"nn-choose-layouts", "::mlir::func::FuncOp"> {
  let summary = "computes what follows a convolution in the order in which its result is stored";
  let description = [{
    The product that a convolution consists of has its channels last. All ops that keep dimensions apart (elementwise, reductions, slices, pads,
    windows, reshapes that join or split neighbours) are written in that order, forward and backward, until one needs another order: a flattening, a result,
    a product. Transpositions are left there alone. An op with several operands goes by the largest. Convolutions with too few channels for a vector
    keep PyTorch's order.

    ```mlir
    %1 = nn.transpose %0 [0, 1, 4, 2, 3] : tensor<3x1x8x8x16xf32>
    %2 = nn.reshape %1 : tensor<3x1x16x8x8xf32> to tensor<3x16x8x8xf32>
    %y = nn.exp %2 : tensor<3x16x8x8xf32>
    // becomes
    %1 = nn.reshape %0 : tensor<3x1x8x8x16xf32> to tensor<3x8x8x16xf32>
    %2 = nn.exp %1 : tensor<3x8x8x16xf32>
    %y = nn.transpose %2 [0, 3, 1, 2] : tensor<3x8x8x16xf32>
    ```
  }];
  let options = [Option<"vectorBytes", "vector-bytes", "int64_t", "64", "bytes of a vector">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNFuseLstmGates : Pass<"nn-fuse-lstm-gates", "::mlir::func::FuncOp"> {
  let summary = "brings the gates of recurrent steps into the form that one kernel computes";
  let description = [{
    The gates of an LSTM, a GRU or a layer of one's own are columns of one product side by side. Elementwise ops between the product and the
    slices that take gates are written on the gates, so that slices alone read the product. A backward step ends in a product, and the next one begins with arithmetic on it: the product moves to the start
    of the step, and what it reads is carried instead. `nn-fuse` then makes one kernel of the product and the arithmetic, forward and backward.

    ```mlir
    %0 = nn.matmul %h, %w : tensor<64x64xf32>, tensor<64x128xf32>
    %1 = nn.add %0, %x : tensor<64x128xf32>, tensor<64x128xf32>
    %2 = nn.slice %1 from [0, 0] to [64, 64] by [1, 1] : tensor<64x128xf32>
    // becomes
    %0 = nn.matmul %h, %w : tensor<64x64xf32>, tensor<64x128xf32>
    %1 = nn.slice %0 from [0, 0] to [64, 64] by [1, 1] : tensor<64x128xf32>
    %2 = nn.slice %x from [0, 0] to [64, 64] by [1, 1] : tensor<64x128xf32>
    %3 = nn.add %1, %2 : tensor<64x64xf32>, tensor<64x64xf32>
    ```
  }];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNFuse : Pass<"nn-fuse", "::mlir::func::FuncOp"> {
  let summary = "forms nn.kernel regions";
  let description = [{
    Every compute op gets into a kernel (docs/architecture.md says what one may hold). Starting from one kernel per op, kernels
    merge along the edges of the graph, in program order, where the result is again a kernel and no cycle through other ops
    forms; then kernels over the same domain that read the same operand merge. Constants, iotas, broadcasts, casts and changes of
    unit dimensions are cloned into each kernel that reads them. With `remarks`, `nn.fusion` says of each
    kernel what it fuses and why it does not hold what it reads; it stays at the call and the launch of the kernel.

    ```mlir
    %0 = nn.matmul %x, %w : tensor<64x784xf32>, tensor<784x128xf32>
    %1 = nn.relu %0 : tensor<64x128xf32>
    // becomes
    %1 = nn.kernel (%a = %x, %b = %w : tensor<64x784xf32>, tensor<784x128xf32>) -> tensor<64x128xf32> domain [64, 128] reduced [] {
      %0 = nn.matmul %a, %b : tensor<64x784xf32>, tensor<784x128xf32>
      %1 = nn.relu %0 : tensor<64x128xf32>
      nn.yield %1 : tensor<64x128xf32>
    }
    ```
  }];
  let options = [Option<"merge", "merge", "bool", "true", "merge kernels; otherwise there is one per op">,
                 Option<"remarks", "remarks", "bool", "false", "record the decisions at each kernel, as nn.fusion">];
  let dependentDialects = ["::sinter::nn::NNDialect"];
}

def NNOutlineKernels : Pass<"nn-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "moves kernels into functions and chooses their tiles";
  let description = [{
    Equal kernels share one private function, which works on tensors and is named after its main ops and its domain. Tiles are
    chosen from the work per element alone: enough of them for threads, none too small to be worth a call, whole vectors along the
    last dimension.

    ```mlir
    %y = func.call @relu_64x128(%x) : (tensor<64x128xf32>) -> tensor<64x128xf32>

    func.func private @relu_64x128(%x: tensor<64x128xf32>) -> tensor<64x128xf32>
        attributes {sinter.kernel, sinter.domain = array<i64: 64, 128>, sinter.reduced = array<i64>,
                    sinter.tile_sizes = array<i64: 32, 128>, sinter.tiles = 2 : i64} {…}
    ```
  }];
  let options = [Option<"singleTile", "single-tile", "bool", "false", "one tile per kernel">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def NNPlanMemory : Pass<"nn-plan-memory", "::mlir::ModuleOp"> {
  let summary = "turns entries into schedules of launches on planned buffers";
  let description = [{
    Every value gets a place: a segment of state, an argument, a result, or a slot of the workspace that values with disjoint
    lifetimes share. Producers write where a value is wanted: set_segment and set_run in place, returned values into the results,
    the inputs of pack_run side by side. Launches that read the old value of state move before the one that overwrites it; where
    that cannot be, and for values wanted in two places, a copy kernel is added. Kernels become functions of buffers.

    ```mlir
    func.func @f$(%x: tensor<64xf32> {nn.name = "x"}) -> (tensor<64xf32> {nn.name = "y"}) {
      %y = call @relu_64(%x) : (tensor<64xf32>) -> tensor<64xf32>
      return %y : tensor<64xf32>
    }
    // becomes
    func.func @f$(%state: memref<0xi8> {nn.role = "state"}, %x: memref<64xf32> {nn.name = "x", nn.role = "input"},
                  %y: memref<64xf32> {nn.role = "result", nn.result = "y"}, %workspace: memref<0xi8> {nn.role = "workspace"}) {
      nn.launch @relu_64 tiles(1) (%x, %y) : memref<64xf32>, memref<64xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::sinter::nn::NNDialect"];
}

#endif
