// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code that is not ours says whether the machine is right: CUDA C++, as nvcc
// compiles it, gives the host's results with any seed, and no report.
#include "../../../lib/PTX/Machine/Values.h"
#include "CudaKernels.h"
#include "Standardized.h"
#include <cmath>
#include <numeric>

using namespace sinter::ptx;

static void expectNear(const std::vector<float> &actual,
                       const std::vector<double> &expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_LE(std::fabs(actual[i] - expected[i]),
              tolerance * std::max(1.0, std::fabs(expected[i])))
        << "element " << i << ": " << actual[i] << " for " << expected[i];
}

TEST_F(CudaKernels, Polynomial) {
  load("elementwise.cu");
  forSeeds([&] {
    const int n = 1001;
    std::vector<float> x = floats(n), c = floats(4);
    device->write(module->global("coefficients")->address, c.data(), 16);
    uint64_t y = allocate<float>(n);
    launch("polynomial", {2}, {128}, upload(x), y, n);
    std::vector<double> expected;
    for (float v : x)
      expected.push_back(((double(c[3]) * v + c[2]) * v + c[1]) * v + c[0]);
    expectNear(download<float>(y, n), expected, 1e-6);

    uint64_t z = allocate<float>(12 * n);
    launch("functions", {8}, {128}, upload(x), z, n);
    std::vector<double> results(12 * n);
    for (int i = 0; i < n; ++i) {
      double v = x[i], p = std::fabs(x[i]) + 0.125f;
      double row[] = {std::exp(v),
                      std::log(p),
                      std::tanh(v),
                      std::erf(v),
                      std::sin(double(100000 * x[i])),
                      std::pow(p, v),
                      1 / std::sqrt(p),
                      v / 3,
                      std::cbrt(v),
                      std::lgamma(p),
                      std::rint(10 * x[i]),
                      std::fmod(10 * x[i], 0.7f)};
      for (int k = 0; k < 12; ++k)
        results[k * n + i] = row[k];
    }
    expectNear(download<float>(z, 12 * n), results, 2e-6);
  });
}

TEST_F(CudaKernels, Integers) {
  load("elementwise.cu");
  forSeeds([&] {
    const int n = 64;
    std::vector<uint64_t> x(n);
    for (uint64_t &value : x)
      value = uint64_t(random()) << 32 | random();
    uint64_t y = allocate<uint64_t>(8 * n);
    launch("integers", {2}, {32}, upload(x), y, n);
    auto results = download<uint64_t>(y, 8 * n);
    uint64_t fibonacci[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
    for (int i = 0; i < n; ++i) {
      uint64_t a = x[i], b = x[(i + 1) % n] | 1, reversed = 0;
      for (int bit = 0; bit < 64; ++bit)
        reversed |= (a >> bit & 1) << (63 - bit);
      uint64_t low = uint32_t(a), high = uint32_t(b);
      uint64_t expected[] = {
          a / b,
          a % (b >> 40),
          uint64_t((unsigned __int128)a * b >> 64),
          uint64_t(int64_t(a) / int32_t(b)),
          uint64_t(__builtin_popcountll(a) * 64 + __builtin_clzll(b >> 7)),
          reversed,
          fibonacci[i % 12],
          uint32_t((high << 32 | low) >> 19)};
      for (int k = 0; k < 8; ++k)
        ASSERT_EQ(results[k * n + i], expected[k]) << k << ", " << i;
    }
    std::vector<float> v = floats(64, 9);
    uint64_t out = allocate<float>(64);
    launch("dispatch", {1}, {64}, upload(v), out);
    std::vector<double> expected;
    for (int i = 0; i < 64; ++i) {
      double t = v[i];
      double cases[] = {t + 1, t * 3, -t, t - 7, t / 4, t * t * t, 0};
      double r = cases[i % 7];
      expected.push_back(i & 1 ? r * r : 2 * r);
    }
    expectNear(download<float>(out, 64), expected, 1e-5);
  });
}

TEST_F(CudaKernels, Matmul) {
  load("matmul.cu");
  forSeeds([&] {
    const int m = 40, n = 33, k = 70;
    std::vector<float> a = floats(m * k), b = floats(k * n);
    uint64_t c = allocate<float>(m * n);
    launch("matmul", {3, 3}, {16, 16}, upload(a), upload(b), c, m, n, k);
    std::vector<double> expected(m * n);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j)
        for (int t = 0; t < k; ++t)
          expected[i * n + j] += double(a[i * k + t]) * b[t * n + j];
    expectNear(download<float>(c, m * n), expected, 1e-5);

    const int size = 32;
    std::vector<float> x = floats(size * size);
    uint64_t y = allocate<float>(size * size);
    options.dynamicSharedBytes = 16 * 17 * 4;
    launch("transpose", {2, 2}, {16, 16}, upload(x), y, size);
    options.dynamicSharedBytes = 0;
    auto transposed = download<float>(y, size * size);
    for (int i = 0; i < size * size; ++i)
      ASSERT_EQ(transposed[i], x[i % size * size + i / size]);
  });
}

TEST_F(CudaKernels, Reductions) {
  load("reduction.cu");
  forSeeds([&] {
    const int rows = 3, n = 300;
    std::vector<float> x = floats(rows * n);
    uint64_t y = allocate<float>(rows * n);
    launch("standardize", {rows}, {128}, upload(x), y, n);
    expectNear(download<float>(y, rows * n), standardized(x, rows, n), 1e-5);

    uint64_t partial = allocate<float>(8), total = allocate<float>(1);
    launch("total", {8}, {64}, upload(x), partial, total, rows * n);
    expectNear(download<float>(total, 1),
               {std::accumulate(x.begin(), x.end(), 0.0)}, 1e-4);
  });
}

TEST_F(CudaKernels, Atomics) {
  load("reduction.cu");
  forSeeds([&] {
    const int n = 3000;
    std::vector<uint8_t> bytes(n);
    std::vector<uint32_t> expected(256);
    for (uint8_t &byte : bytes)
      ++expected[byte = random()];
    uint64_t counts = upload(std::vector<uint32_t>(256));
    launch("histogram", {4}, {128}, upload(bytes), counts, n);
    EXPECT_EQ(download<uint32_t>(counts, 256), expected);

    std::vector<int> x = integers(256, 1000);
    std::vector<int64_t> wanted = {0, 5000, -1, 0, 0, -1};
    uint64_t results = upload(wanted), sum = upload(std::vector<double>(1));
    uint64_t largest = upload(std::vector<float>{-1});
    for (int v : x) {
      wanted[0] += v;
      wanted[1] = std::min<int64_t>(wanted[1], v);
      wanted[2] = std::max<int64_t>(wanted[2], v);
      wanted[3] ^= v;
      wanted[4] |= int64_t(1) << (v & 63);
      wanted[5] &= ~(int64_t(1) << (v & 63));
    }
    launch("atomics", {4}, {64}, upload(x), results, largest, sum);
    EXPECT_EQ(download<int64_t>(results, 6), wanted);
    EXPECT_EQ(download<float>(largest, 1)[0], wanted[2]);
    EXPECT_EQ(download<double>(sum, 1)[0], wanted[0] * 0.5);
  });
}

TEST_F(CudaKernels, Cub) {
  load("cub.cu");
  forSeeds([&] {
    const int n = 1024, block = 512;
    std::vector<int> x = integers(n, 1000), sums(8), scans(n), sorted = x;
    std::vector<int> most(n / 32), inWarp(n);
    for (int i = 0; i < n; ++i) {
      sums[i / 128] += x[i];
      scans[i] = x[i] + (i % block ? scans[i - 1] : 0);
      most[i / 32] = std::max(most[i / 32], x[i]);
      inWarp[i] = x[i] + (i % 32 ? inWarp[i - 1] : 0);
    }
    for (int i = 0; i < n; i += block)
      std::sort(sorted.begin() + i, sorted.begin() + i + block);
    uint64_t in = upload(x), out = allocate<int>(n), more = allocate<int>(n);
    launch("reduce", {8}, {128}, in, out);
    EXPECT_EQ(download<int>(out, 8), sums);
    launch("scan", {2}, {128}, in, out);
    EXPECT_EQ(download<int>(out, n), scans);
    launch("sort", {2}, {128}, in, out);
    EXPECT_EQ(download<int>(out, n), sorted);
    launch("warps", {8}, {128}, in, more, out);
    EXPECT_EQ(download<int>(more, n / 32), most);
    EXPECT_EQ(download<int>(out, n), inWarp);
  });
}

TEST_F(CudaKernels, CooperativeGroups) {
  load("groups.cu");
  forSeeds([&] {
    const int n = 256;
    std::vector<int> x = integers(n, 100), sums(n / 8), scans(n);
    int odd = 0;
    for (int i = 0; i < n; ++i) {
      sums[i / 8] += x[i];
      scans[i] = x[i] + (i % 32 ? scans[i - 1] : 0);
      odd += x[i] & 1;
    }
    uint64_t s = allocate<int>(n / 8), c = allocate<int>(n);
    uint64_t o = upload(std::vector<int>(1));
    launch("tiles", {2}, {128}, upload(x), s, c, o);
    EXPECT_EQ(download<int>(s, n / 8), sums);
    EXPECT_EQ(download<int>(c, n), scans);
    EXPECT_EQ(download<int>(o, 1)[0], odd);

    std::vector<float> a = floats(500), b(500);
    uint64_t left = upload(a), right = allocate<float>(500);
    options.cooperative = true;
    launch("smooth", {4}, {64}, left, right, 500, 4);
    options.cooperative = false;
    for (int step = 0; step < 4; ++step) {
      for (int i = 0; i < 500; ++i)
        b[i] = (a[i] + a[(i + 1) % 500]) / 2;
      std::swap(a, b);
    }
    EXPECT_EQ(download<float>(left, 500), a);
  });
}

TEST_F(CudaKernels, AsynchronousCopies) {
  load("copies.cu");
  forSeeds([&] {
    const int count = 5, threads = 64;
    std::vector<float> x = floats(2 * count * threads * 4);
    std::vector<double> sums(2 * threads);
    for (int i = 0; i < 2 * threads; ++i)
      for (int tile = 0; tile < count; ++tile)
        for (int j = 0; j < 4; ++j)
          sums[i] +=
              x[((i / threads * count + tile) * threads + (i + 1) % threads) *
                    4 +
                j];
    uint64_t out = allocate<float>(2 * threads);
    launch("pipelined", {2}, {threads}, upload(x), out, count);
    expectNear(download<float>(out, 2 * threads), sums, 1e-5);

    std::vector<int> v = integers(2 * threads * 4, 1 << 30), w(v.size());
    for (int i = 0; i < 2 * threads * 4; ++i)
      w[i] = v[i / 256 * 256 + (63 - i / 4 % 64) * 4 + i % 4];
    uint64_t y = allocate<int>(v.size());
    launch("reversed", {2}, {threads}, upload(v), y);
    EXPECT_EQ(download<int>(y, v.size()), w);
  });
}

/// One rounding of each operation, in a 16-bit format.
static void checkHalves(const std::vector<uint16_t> &x,
                        const std::vector<uint16_t> &y,
                        const std::vector<uint16_t> &out, FloatFormat format) {
  size_t n = x.size();
  auto round = [&](double value) {
    return decodeFloat(encodeFloat(value, format), format);
  };
  for (size_t i = 0; i < n; ++i) {
    double a = decodeFloat(x[i], format), b = decodeFloat(y[i], format);
    double sum = round(a + b);
    bool isHalf = format.mantissaBits == 10;
    double second = isHalf ? std::max(round(sum * b), -a) : std::min(sum, b);
    double third = i % 2 == 0 ? round(float(a) * 3) : isHalf ? 7 : b;
    ASSERT_EQ(out[i], encodeFloat(a * b + sum, format)) << i;
    ASSERT_EQ(decodeFloat(out[n + i], format), second) << i;
    ASSERT_EQ(decodeFloat(out[2 * n + i], format), third) << i;
  }
}

TEST_F(CudaKernels, Halves) {
  load("halves.cu");
  forSeeds([&] {
    for (FloatFormat format : {halfFormat, bfloatFormat}) {
      bool isHalf = format.mantissaBits == 10;
      auto numbers = [&](size_t count) {
        std::vector<uint16_t> bits;
        for (float value : floats(count))
          bits.push_back(encodeFloat(value, format));
        return bits;
      };
      auto x = numbers(128), y = numbers(128);
      uint64_t out = allocate<uint16_t>(3 * 128);
      launch(isHalf ? "half_arithmetic" : "bf16_arithmetic", {1}, {64},
             upload(x), upload(y), out);
      checkHalves(x, y, download<uint16_t>(out, 3 * 128), format);

      const int m = 32, n = 16, k = 48;
      auto a = numbers(m * k), b = numbers(n * k);
      std::vector<double> expected(m * n);
      for (int i = 0; i < m * n; ++i)
        for (int t = 0; t < k; ++t)
          expected[i] += decodeFloat(a[i / n * k + t], format) *
                         decodeFloat(b[i % n * k + t], format);
      uint64_t c = allocate<float>(m * n);
      launch(isHalf ? "half_product" : "bf16_product", {1, 2}, {32}, upload(a),
             upload(b), c, n, k);
      expectNear(download<float>(c, m * n), expected, 1e-5);
      if (!isHalf)
        continue;
      expected.assign(128, 0);
      for (int i = 0; i < 128; ++i)
        for (int t = 0; t < 16; ++t)
          expected[i] += decodeFloat(a[i / 8 * 16 + t], format) *
                         decodeFloat(b[t * 8 + i % 8], format);
      launch("fragments", {1}, {32}, upload(a), upload(b), c);
      expectNear(download<float>(c, 128), expected, 1e-6);
    }
  });
}
