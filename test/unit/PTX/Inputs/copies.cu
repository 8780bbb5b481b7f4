// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asynchronous copies: a pipeline of two stages, and a barrier in shared memory.
#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/pipeline>
namespace cg = cooperative_groups;

#pragma nv_diag_suppress static_var_with_dynamic_init
constexpr int threads = 64;

/// Sums over tiles; each thread reads what its neighbour copied.
extern "C" __global__ void pipelined(const float4 *x, float *out, int count) {
  __shared__ float4 stage[2][threads];
  cg::thread_block block = cg::this_thread_block();
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, 2> state;
  auto pipeline = cuda::make_pipeline(block, &state);
  x += blockIdx.x * count * threads;
  auto issue = [&](int tile) {
    pipeline.producer_acquire();
    if (tile < count)
      cuda::memcpy_async(block, stage[tile % 2], x + tile * threads,
                         sizeof stage[0], pipeline);
    pipeline.producer_commit();
  };
  issue(0);
  float sum = 0;
  for (int tile = 0; tile < count; ++tile) {
    issue(tile + 1);
    pipeline.consumer_wait();
    float4 v = stage[tile % 2][(threadIdx.x + 1) % threads];
    sum += v.x + v.y + v.z + v.w;
    pipeline.consumer_release();
  }
  out[blockIdx.x * threads + threadIdx.x] = sum;
}

extern "C" __global__ void reversed(const int4 *x, int4 *y) {
  __shared__ int4 part[threads];
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  cg::thread_block block = cg::this_thread_block();
  if (!threadIdx.x)
    init(&barrier, threads);
  __syncthreads();
  cuda::memcpy_async(block, part, x + blockIdx.x * threads, sizeof part,
                     barrier);
  barrier.arrive_and_wait();
  y[blockIdx.x * threads + threadIdx.x] = part[threads - 1 - threadIdx.x];
}
