// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C = A B through shared memory, in tiles of 16 by 16; and a transpose.
constexpr int tile = 16;

extern "C" __global__ void matmul(const float *a, const float *b, float *c,
                                  int m, int n, int k) {
  __shared__ float left[tile][tile], right[tile][tile + 1];
  int row = blockIdx.y * tile + threadIdx.y;
  int column = blockIdx.x * tile + threadIdx.x;
  float sum = 0;
  for (int start = 0; start < k; start += tile) {
    int i = start + threadIdx.x, j = start + threadIdx.y;
    left[threadIdx.y][threadIdx.x] = row < m && i < k ? a[row * k + i] : 0;
    right[threadIdx.y][threadIdx.x] = column < n && j < k ? b[j * n + column] : 0;
    __syncthreads();
    for (int t = 0; t < tile; ++t)
      sum += left[threadIdx.y][t] * right[t][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < n)
    c[row * n + column] = sum;
}

extern "C" __global__ void transpose(const float *x, float *y, int n) {
  extern __shared__ float part[];
  int i = blockIdx.y * tile + threadIdx.y, j = blockIdx.x * tile + threadIdx.x;
  part[threadIdx.y * (tile + 1) + threadIdx.x] = x[i * n + j];
  __syncthreads();
  i = blockIdx.x * tile + threadIdx.y;
  j = blockIdx.y * tile + threadIdx.x;
  y[i * n + j] = part[threadIdx.x * (tile + 1) + threadIdx.y];
}
