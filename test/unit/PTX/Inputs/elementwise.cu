// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels whose threads know nothing of each other.
#include <cstdint>

__constant__ float coefficients[4];

/// Vectors of four; the last elements one by one.
extern "C" __global__ void polynomial(const float *__restrict__ x, float *y,
                                      int n) {
  int i = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
  auto value = [](float v) {
    return ((coefficients[3] * v + coefficients[2]) * v + coefficients[1]) * v +
           coefficients[0];
  };
  if (i + 4 <= n) {
    float4 v = *reinterpret_cast<const float4 *>(x + i);
    *reinterpret_cast<float4 *>(y + i) =
        make_float4(value(v.x), value(v.y), value(v.z), value(v.w));
    return;
  }
  for (; i < n; ++i)
    y[i] = value(x[i]);
}

/// A row each of the functions of the math library.
extern "C" __global__ void functions(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float v = x[i], positive = fabsf(v) + 0.125f;
  float results[] = {expf(v),  logf(positive),          tanhf(v),
                     erff(v),  sinf(100000 * v),        powf(positive, v),
                     rsqrtf(positive), v / 3,           cbrtf(v),
                     lgammaf(positive), rintf(10 * v),  fmodf(10 * v, 0.7f)};
  for (int k = 0; k < 12; ++k)
    y[k * n + i] = results[k];
}

/// Arithmetic that takes more than one instruction: 64-bit division, long
/// products, and a function that calls itself.
__device__ __noinline__ uint64_t fibonacci(uint32_t n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
extern "C" __global__ void integers(const uint64_t *x, uint64_t *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  uint64_t a = x[i], b = x[(i + 1) % n] | 1;
  uint64_t results[] = {a / b,
                        a % (b >> 40),
                        __umul64hi(a, b),
                        uint64_t(int64_t(a) / int32_t(b)),
                        uint64_t(__popcll(a) * 64 + __clzll(b >> 7)),
                        __brevll(a),
                        fibonacci(i % 12),
                        uint64_t(__funnelshift_l(a, b, 13))};
  for (int k = 0; k < 8; ++k)
    y[k * n + i] = results[k];
}

/// A switch becomes a table of branches, function pointers indirect calls.
typedef float (*Function)(float);
__device__ float twice(float x) { return 2 * x; }
__device__ float square(float x) { return x * x; }
__device__ Function functionTable[] = {twice, square};
extern "C" __global__ void dispatch(const float *x, float *y) {
  int i = threadIdx.x;
  float v = x[i];
  switch (i % 7) {
  case 0: v = v + 1; break;
  case 1: v = v * 3; break;
  case 2: v = -v; break;
  case 3: v = v - 7; break;
  case 4: v = v / 4; break;
  case 5: v = v * v * v; break;
  default: v = 0;
  }
  y[i] = functionTable[i & 1](v);
}
