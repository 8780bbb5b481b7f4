// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums: over a block by shuffles, over a grid by the last block that is done.
__device__ float sumOfBlock(float value) {
  __shared__ float sums[32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int distance = 16; distance; distance /= 2)
    value += __shfl_down_sync(~0u, value, distance);
  __syncthreads(); // the last call has read `sums`
  if (!lane)
    sums[warp] = value;
  __syncthreads();
  int warps = blockDim.x / 32;
  if (!warp) {
    value = lane < warps ? sums[lane] : 0;
    for (int distance = 16; distance; distance /= 2)
      value += __shfl_xor_sync(~0u, value, distance);
    if (!lane)
      sums[0] = value;
  }
  __syncthreads();
  return sums[0];
}

/// Rows of `n` values: (x - mean) / deviation.
extern "C" __global__ void standardize(const float *x, float *y, int n) {
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  float sum = 0, squares = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    sum += x[i];
  float mean = sumOfBlock(sum) / n;
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    squares += (x[i] - mean) * (x[i] - mean);
  float scale = rsqrtf(sumOfBlock(squares) / n + 1e-5f);
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    y[i] = (x[i] - mean) * scale;
}

__device__ unsigned arrived;

/// Partial sums of blocks, which the last block adds in their order.
extern "C" __global__ void total(const float *x, volatile float *partial,
                                 float *out, int n) {
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    sum += x[i];
  sum = sumOfBlock(sum);
  __shared__ bool isLast;
  if (!threadIdx.x) {
    partial[blockIdx.x] = sum;
    __threadfence();
    isLast = atomicInc(&arrived, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (isLast && !threadIdx.x) {
    __threadfence();
    sum = 0;
    for (int i = 0; i < gridDim.x; ++i)
      sum += partial[i];
    *out = sum;
  }
}

/// A histogram in shared memory, added to one in global memory.
extern "C" __global__ void histogram(const unsigned char *x, unsigned *counts,
                                     int n) {
  __shared__ unsigned own[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    own[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    atomicAdd(&own[x[i]], 1);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    atomicAdd(&counts[i], own[i]);
}

/// Every kind of atomic: results[0..7].
extern "C" __global__ void atomics(const int *x, long long *results,
                                   float *largest, double *sum) {
  int v = x[blockIdx.x * blockDim.x + threadIdx.x];
  auto *words = reinterpret_cast<unsigned long long *>(results);
  atomicAdd(words, (unsigned long long)v);
  atomicMin(results + 1, (long long)v);
  atomicMax(results + 2, (long long)v);
  atomicXor(words + 3, (unsigned long long)v);
  atomicOr(words + 4, 1ull << (v & 63));
  atomicAnd(words + 5, ~(1ull << (v & 63)));
  atomicAdd(sum, v * 0.5);
  // The largest float, by a loop around compare-and-swap.
  int *bits = reinterpret_cast<int *>(largest), old = *bits, expected;
  do {
    expected = old;
    old = atomicCAS(bits, expected,
                    __float_as_int(fmaxf(__int_as_float(expected), v)));
  } while (old != expected);
}
