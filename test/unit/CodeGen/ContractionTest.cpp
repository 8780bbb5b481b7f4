// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products of any shape and layout with epilogues, against scalar loops made by
// upstream passes.

#include "KernelRunner.h"
#include "KernelText.h"

#include <gtest/gtest.h>

using namespace sinter::test;

struct Product {
  int64_t m, n, k;
  bool lhsTransposed = false, rhsTransposed = false;
  Sizes tiles;
  std::string element = "f32";
};

/// relu(lhs · rhs + bias) and its mask.
static KernelText linear(const Product &p) {
  std::string e = p.element;
  std::string lhs = p.lhsTransposed ? typeOf({p.k, p.m}, e)
                                    : typeOf({p.m, p.k}, e),
              rhs = p.rhsTransposed ? typeOf({p.n, p.k}, e)
                                    : typeOf({p.k, p.n}, e),
              bias = typeOf({p.n}, e), full = typeOf({p.m, p.n}, e),
              mask = typeOf({p.m, p.n}, "i1");
  KernelText kernel{
      {lhs, rhs, bias}, {full, mask}, {p.m, p.n}, {}, p.tiles, ""};
  std::string t = "tensor<" + full + ">";
  kernel.body =
      "  %zero = arith.constant 0.0 : " + e + "\n  %e = tensor.empty() : " + t +
      "\n  %me = tensor.empty() : tensor<" + mask +
      ">\n  %z = linalg.fill ins(%zero : " + e + ") outs(%e : " + t + ") -> " +
      t +
      "\n  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (" +
      (p.lhsTransposed ? "k, m" : "m, k") + ")>, affine_map<(m, n, k) -> (" +
      (p.rhsTransposed ? "n, k" : "k, n") +
      ")>, affine_map<(m, n, k) -> (m, n)>], iterator_types = [\"parallel\", "
      "\"parallel\", \"reduction\"]} ins(%t0, %t1 : tensor<" +
      lhs + ">, tensor<" + rhs + ">) outs(%z : " + t + ") {\n  ^bb0(%a: " + e +
      ", %b: " + e + ", %c: " + e + "):\n    %m = arith.mulf %a, %b : " + e +
      "\n    %s = arith.addf %c, %m : " + e + "\n    linalg.yield %s : " + e +
      "\n  } -> " + t +
      "\n  %r0, %r1 = linalg.generic {indexing_maps = [affine_map<(m, n) -> "
      "(m, "
      "n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>, "
      "affine_map<(m, n) -> (m, n)>], iterator_types = [\"parallel\", "
      "\"parallel\"]} ins(%p, %t2 : " +
      t + ", tensor<" + bias + ">) outs(%e, %me : " + t + ", tensor<" + mask +
      ">) {\n  ^bb0(%a: " + e + ", %b: " + e + ", %o: " + e +
      ", %q: i1):\n    %s = arith.addf %a, %b : " + e +
      "\n    %c = arith.cmpf ugt, %s, %zero : " + e +
      "\n    %r = arith.select %c, %s, %zero : " + e +
      "\n    linalg.yield %r, %c : " + e + ", i1\n  } -> (" + t + ", tensor<" +
      mask + ">)\n";
  return kernel;
}

TEST(Contraction, AnyShapeAndLayout) {
  for (auto [m, n, k] :
       std::vector<std::tuple<int64_t, int64_t, int64_t>>{{1, 1, 5},
                                                          {1, 40, 9},
                                                          {5, 1, 7},
                                                          {2, 3, 1},
                                                          {3, 17, 16},
                                                          {9, 16, 20},
                                                          {16, 33, 5},
                                                          {21, 48, 31},
                                                          {24, 100, 3},
                                                          {70, 10, 64},
                                                          {8, 64, 32}})
    for (int layout = 0; layout < 4; ++layout) {
      Sizes tilings[] = {{m, n}, {8, n}, {6, 16}};
      Product p{m,
                n,
                k,
                (layout & 1) != 0,
                (layout & 2) != 0,
                tilings[(m + layout) % 3]};
      EXPECT_EQ("", compare(linear(p).print()))
          << m << "x" << n << "x" << k << " layout " << layout;
    }
}

TEST(Contraction, DoublesAndShorterVectors) {
  for (bool transposed : {false, true}) {
    Product p{13, 37, 29, false, transposed, {13, 37}};
    EXPECT_EQ("", compare(linear(p).print(), 1e-5, 32));
    EXPECT_EQ("", compare(linear(p).print(), 1e-5, 16));
    p.element = "f64";
    EXPECT_EQ("", compare(linear(p).print(), 1e-13));
  }
}

TEST(Contraction, BatchesAndFusedFactors) {
  KernelText kernel{{"3x5x7xf32", "3x7x20xf32"},
                    {"3x5x20xf32"},
                    {3, 5, 20},
                    {},
                    {1, 4, 20},
                    ""};
  kernel.body = R"(
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5x20xf32>
  %le = tensor.empty() : tensor<3x5x7xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x5x20xf32>) -> tensor<3x5x20xf32>
  %l = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (a, b, c)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%t0 : tensor<3x5x7xf32>) outs(%le : tensor<3x5x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<3x5x7xf32>
  %r0 = linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>,
      affine_map<(b, m, n, k) -> (b, m, n)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%l, %t1 : tensor<3x5x7xf32>, tensor<3x7x20xf32>) outs(%z : tensor<3x5x20xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<3x5x20xf32>
)";
  EXPECT_EQ("", compare(kernel.print()));
}

/// relu(lhs · rhs) with factors in panels: lhs [ceil(m / 16)][k][16], rhs
/// [ceil(n / width)][k][width].
static KernelText panels(int64_t m, int64_t n, int64_t k, int64_t width,
                         Sizes tiles, const std::string &e = "f32") {
  std::string lhs = typeOf({(m + 15) / 16, k, 16}, e),
              rhs = typeOf({(n + width - 1) / width, k, width}, e),
              full = typeOf({m, n}, e), w = std::to_string(width);
  KernelText kernel{{lhs, rhs}, {full}, {m, n}, {}, tiles, ""};
  std::string t = "tensor<" + full + ">";
  kernel.body =
      "  %zero = arith.constant 0.0 : " + e + "\n  %e = tensor.empty() : " + t +
      "\n  %z = linalg.fill ins(%zero : " + e + ") outs(%e : " + t + ") -> " +
      t +
      "\n  %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m "
      "floordiv 16, k, m mod 16)>, affine_map<(m, n, k) -> (n floordiv " +
      w + ", k, n mod " + w +
      ")>, affine_map<(m, n, k) -> (m, n)>], iterator_types = [\"parallel\", "
      "\"parallel\", \"reduction\"]} ins(%t0, %t1 : tensor<" +
      lhs + ">, tensor<" + rhs + ">) outs(%z : " + t + ") {\n  ^bb0(%a: " + e +
      ", %b: " + e + ", %c: " + e + "):\n    %m = arith.mulf %a, %b : " + e +
      "\n    %s = arith.addf %c, %m : " + e + "\n    linalg.yield %s : " + e +
      "\n  } -> " + t +
      "\n  %r0 = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, "
      "n)>, affine_map<(m, n) -> (m, n)>], iterator_types = [\"parallel\", "
      "\"parallel\"]} ins(%p : " +
      t + ") outs(%e : " + t + ") {\n  ^bb0(%a: " + e + ", %o: " + e +
      "):\n    %r = arith.maximumf %a, %zero : " + e +
      "\n    linalg.yield %r : " + e + "\n  } -> " + t + "\n";
  return kernel;
}

TEST(Contraction, FactorsInPanels) {
  for (auto [m, n, k] : std::vector<std::tuple<int64_t, int64_t, int64_t>>{
           {8, 32, 9}, {37, 70, 5}, {16, 65, 33}, {50, 10, 7}, {64, 96, 16}}) {
    // Widths that the vectors divide, that divide them, and that do neither.
    for (int64_t width : {32, 16, 8, 12})
      EXPECT_EQ("", compare(panels(m, n, k, width, {m, n}).print()))
          << m << "x" << n << "x" << k << " width " << width;
    EXPECT_EQ("", compare(panels(m, n, k, 32, {24, 32}).print()));
    EXPECT_EQ("", compare(panels(m, n, k, 32, {8, 64}).print(), 1e-5, 32));
    EXPECT_EQ("", compare(panels(m, n, k, 16, {m, n}, "f64").print(), 1e-13));
  }
}

TEST(Contraction, OfIntegers) {
  KernelText kernel{
      {"5x6xi64", "6x21xi64"}, {"5x21xi64"}, {5, 21}, {}, {2, 21}, ""};
  kernel.body = R"(
  %zero = arith.constant 0 : i64
  %e = tensor.empty() : tensor<5x21xi64>
  %z = linalg.fill ins(%zero : i64) outs(%e : tensor<5x21xi64>) -> tensor<5x21xi64>
  %r0 = linalg.matmul ins(%t0, %t1 : tensor<5x6xi64>, tensor<6x21xi64>) outs(%z : tensor<5x21xi64>) -> tensor<5x21xi64>
)";
  EXPECT_EQ("", compare(kernel.print()));
}

/// Products that no builder takes: both factors vary with the columns.
TEST(Contraction, FallsBackToTheNest) {
  KernelText kernel{
      {"4x9x18xf32", "9x18xf32"}, {"4x18xf32"}, {4, 18}, {}, {2, 18}, ""};
  kernel.body = R"(
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x18xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x18xf32>) -> tensor<4x18xf32>
  %r0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k, n)>, affine_map<(m, n, k) -> (k, n)>,
      affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%t0, %t1 : tensor<4x9x18xf32>, tensor<9x18xf32>) outs(%z : tensor<4x18xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x18xf32>
)";
  EXPECT_EQ("", compare(kernel.print()));
}
