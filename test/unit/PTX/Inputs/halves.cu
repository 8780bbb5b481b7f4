// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of 16-bit floats, and products of matrices of them.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>
using namespace nvcuda;

extern "C" __global__ void half_arithmetic(const half2 *x, const half2 *y,
                                           half2 *out) {
  int i = threadIdx.x;
  half2 a = x[i], b = y[i], sum = __hadd2(a, b);
  out[i] = __hfma2(a, b, sum);
  out[i + blockDim.x] = __hmax2(__hmul2(sum, b), __hneg2(a));
  out[i + 2 * blockDim.x] = __floats2half2_rn(__low2float(a) * 3, 7);
}

extern "C" __global__ void bf16_arithmetic(const __nv_bfloat162 *x,
                                           const __nv_bfloat162 *y,
                                           __nv_bfloat162 *out) {
  int i = threadIdx.x;
  __nv_bfloat162 a = x[i], b = y[i], sum = __hadd2_rn(a, b);
  out[i] = __hfma2(a, b, sum);
  out[i + blockDim.x] = __hmin2(sum, b);
  out[i + 2 * blockDim.x] =
      __floats2bfloat162_rn(__low2float(a) * 3, __high2float(b));
}

/// A warp for 16 by 16 elements; B is in column order.
template <typename T>
__device__ void product(const T *a, const T *b, float *c, int n, int k) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, T, wmma::row_major> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, T, wmma::col_major> right;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
  wmma::fill_fragment(sum, 0.f);
  for (int i = 0; i < k; i += 16) {
    wmma::load_matrix_sync(left, a + blockIdx.y * 16 * k + i, k);
    wmma::load_matrix_sync(right, b + blockIdx.x * 16 * k + i, k);
    wmma::mma_sync(sum, left, right, sum);
  }
  wmma::store_matrix_sync(c + blockIdx.y * 16 * n + blockIdx.x * 16, sum, n,
                          wmma::mem_row_major);
}
extern "C" __global__ void half_product(const half *a, const half *b, float *c,
                                        int n, int k) {
  product(a, b, c, n, k);
}
extern "C" __global__ void bf16_product(const __nv_bfloat16 *a,
                                        const __nv_bfloat16 *b, float *c, int n,
                                        int k) {
  product(a, b, c, n, k);
}

/// mma.sync with fragments from shared memory by ldmatrix: C = A B for 16 by 8
/// by 16 elements.
extern "C" __global__ void fragments(const half *a, const half *b, float *c) {
  __shared__ __align__(16) half left[16 * 16], right[16 * 8];
  for (int i = threadIdx.x; i < 256; i += 32)
    left[i] = a[i];
  for (int i = threadIdx.x; i < 128; i += 32)
    right[i] = b[i];
  __syncwarp();
  unsigned fa[4], fb[2];
  float d[4] = {};
  int lane = threadIdx.x;
  unsigned from = __cvta_generic_to_shared(left + lane % 16 * 16 + lane / 16 * 8);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(fa[0]), "=r"(fa[1]), "=r"(fa[2]), "=r"(fa[3])
               : "r"(from));
  from = __cvta_generic_to_shared(right + lane % 16 * 8);
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(fb[0]), "=r"(fb[1])
               : "r"(from));
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[0]),
                 "r"(fb[1]));
  int row = lane / 4, column = lane % 4 * 2;
  c[row * 8 + column] = d[0];
  c[row * 8 + column + 1] = d[1];
  c[(row + 8) * 8 + column] = d[2];
  c[(row + 8) * 8 + column + 1] = d[3];
}
