// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUB's block and warp algorithms.
#include <cub/block/block_load.cuh>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>
#include <cub/block/block_store.cuh>
#include <cub/warp/warp_reduce.cuh>
#include <cub/warp/warp_scan.cuh>

constexpr int threads = 128, each = 4, perBlock = threads * each;

extern "C" __global__ void reduce(const int *x, int *out) {
  using Reduce = cub::BlockReduce<int, threads>;
  __shared__ typename Reduce::TempStorage storage;
  int sum = Reduce(storage).Sum(x[blockIdx.x * threads + threadIdx.x]);
  if (!threadIdx.x)
    out[blockIdx.x] = sum;
}

extern "C" __global__ void scan(const int *x, int *out) {
  using Load = cub::BlockLoad<int, threads, each, cub::BLOCK_LOAD_TRANSPOSE>;
  using Scan = cub::BlockScan<int, threads>;
  using Store = cub::BlockStore<int, threads, each, cub::BLOCK_STORE_TRANSPOSE>;
  __shared__ union {
    typename Load::TempStorage load;
    typename Scan::TempStorage scan;
    typename Store::TempStorage store;
  } storage;
  int values[each];
  Load(storage.load).Load(x + blockIdx.x * perBlock, values);
  __syncthreads();
  Scan(storage.scan).InclusiveSum(values, values);
  __syncthreads();
  Store(storage.store).Store(out + blockIdx.x * perBlock, values);
}

extern "C" __global__ void sort(const int *x, int *out) {
  using Sort = cub::BlockRadixSort<int, threads, each>;
  __shared__ typename Sort::TempStorage storage;
  int values[each];
  for (int i = 0; i < each; ++i)
    values[i] = x[blockIdx.x * perBlock + threadIdx.x * each + i];
  Sort(storage).Sort(values);
  for (int i = 0; i < each; ++i)
    out[blockIdx.x * perBlock + threadIdx.x * each + i] = values[i];
}

extern "C" __global__ void warps(const int *x, int *largest, int *sums) {
  using Reduce = cub::WarpReduce<int>;
  using Scan = cub::WarpScan<int>;
  __shared__ typename Reduce::TempStorage forReduce[threads / 32];
  __shared__ typename Scan::TempStorage forScan[threads / 32];
  int warp = threadIdx.x / 32, i = blockIdx.x * threads + threadIdx.x;
  int value = x[i], sum;
  int most = Reduce(forReduce[warp]).Reduce(value, [](int a, int b) {
    return a > b ? a : b;
  });
  Scan(forScan[warp]).InclusiveSum(value, sum);
  if (threadIdx.x % 32 == 0)
    largest[i / 32] = most;
  sums[i] = sum;
}
