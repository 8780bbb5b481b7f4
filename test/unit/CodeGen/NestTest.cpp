// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nests: elementwise chains, row and column reductions, transposes, slices,
// gathers, against scalar loops made by upstream passes.

#include "KernelRunner.h"
#include "KernelText.h"

#include <gtest/gtest.h>

using namespace sinter::test;

/// An elementwise generic "%name = f(operands)" with these maps, the result's
/// last.
static std::string generic(const std::string &name, const std::string &result,
                           const std::vector<std::string> &operands,
                           const std::vector<std::string> &types,
                           const std::vector<std::string> &maps,
                           const std::string &iterators,
                           const std::string &region,
                           const std::string &init = "") {
  std::string text;
  std::string out = init;
  if (out.empty()) {
    out = "%e_" + name.substr(1);
    text += "  " + out + " = tensor.empty() : tensor<" + result + ">\n";
  }
  text += "  " + name + " = linalg.generic {indexing_maps = [";
  for (size_t i = 0; i < maps.size(); ++i)
    text += (i ? ", " : "") + ("affine_map<" + maps[i] + ">");
  text += "], iterator_types = [" + iterators + "]} ";
  std::string names, typeNames, arguments;
  for (size_t i = 0; i < operands.size(); ++i) {
    names += (i ? ", " : "") + operands[i];
    typeNames += (i ? ", " : "") + ("tensor<" + types[i] + ">");
    arguments += "%x" + std::to_string(i) + ": " +
                 types[i].substr(types[i].find_last_of('x') + 1) + ", ";
  }
  if (!operands.empty())
    text += "ins(" + names + " : " + typeNames + ") ";
  text += "outs(" + out + " : tensor<" + result + ">) {\n  ^bb0(" + arguments +
          "%acc: " + result.substr(result.find_last_of('x') + 1) + "):\n" +
          region + "  } -> tensor<" + result + ">\n";
  return text;
}

static const std::string kParallel2 = R"("parallel", "parallel")";
static const std::string kRows = R"("parallel", "reduction")";
static const std::string kIdentity2 = "(d0, d1) -> (d0, d1)";
static const std::string kFirst = "(d0, d1) -> (d0)";
static const std::string kSecond = "(d0, d1) -> (d1)";

TEST(Nest, AddsOfAnySize) {
  for (int64_t size : {1, 2, 7, 15, 16, 17, 31, 64, 65, 127, 130, 1000})
    for (int64_t tile : {size, int64_t(33)}) {
      std::string type = typeOf({size}, "f32");
      KernelText kernel{{type, type}, {type}, {size}, {}, {tile}, ""};
      kernel.body = generic(
          "%r0", type, {"%t0", "%t1"}, {type, type},
          {"(d0) -> (d0)", "(d0) -> (d0)", "(d0) -> (d0)"}, R"("parallel")",
          "%s = arith.mulf %x0, %x1 : f32\n linalg.yield %s : f32\n");
      int64_t bytes = size % 3 == 0 ? 16 : size % 3 == 1 ? 32 : 64;
      EXPECT_EQ("", compare(kernel.print(), 1e-6, bytes)) << size;
    }
}

TEST(Nest, BroadcastsRowColumnAndScalar) {
  for (Sizes s : {Sizes{3, 5}, {1, 9}, {9, 1}, {7, 33}, {64, 10}, {1, 1}}) {
    std::string full = typeOf(s, "f32"), row = typeOf({s[0], 1}, "f32"),
                column = typeOf({s[1]}, "f32");
    KernelText kernel{{full, row, column, "f32"}, {full}, s, {}, {2, s[1]}, ""};
    kernel.body = generic(
        "%r0", full, {"%t0", "%t1", "%t2", "%t3"}, {full, row, column, "f32"},
        {kIdentity2, "(d0, d1) -> (d0, 0)", kSecond, "(d0, d1) -> ()",
         kIdentity2},
        kParallel2,
        "%p = arith.mulf %x0, %x1 : f32\n %q = arith.addf %p, %x2 : f32\n"
        "%s = arith.subf %q, %x3 : f32\n linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(kernel.print())) << join(s);
  }
}

/// softmax and the row maximum: two reductions, one after the other.
static KernelText softmax(int64_t rows, int64_t columns, int64_t tile,
                          const std::string &element) {
  std::string full = typeOf({rows, columns}, element),
              row = typeOf({rows}, element);
  KernelText kernel{{full}, {full, row},     {rows, columns},
                    {1},    {tile, columns}, ""};
  std::string e = element;
  kernel.body =
      "  %ninf = arith.constant 0x" +
      std::string(e == "f32" ? "FF800000" : "FFF0000000000000") + " : " + e +
      "\n  %zero = arith.constant 0.0 : " + e +
      "\n  %me = tensor.empty() : tensor<" + row +
      ">\n  %mi = linalg.fill ins(%ninf : " + e + ") outs(%me : tensor<" + row +
      ">) -> tensor<" + row + ">\n  %si = linalg.fill ins(%zero : " + e +
      ") outs(%me : tensor<" + row + ">) -> tensor<" + row + ">\n" +
      generic("%r1", row, {"%t0"}, {full}, {kIdentity2, kFirst}, kRows,
              "%s = arith.maximumf %x0, %acc : " + e +
                  "\n linalg.yield %s : " + e + "\n",
              "%mi") +
      generic("%ex", full, {"%t0", "%r1"}, {full, row},
              {kIdentity2, kFirst, kIdentity2}, kParallel2,
              "%p = arith.subf %x0, %x1 : " + e + "\n %s = math.exp %p : " + e +
                  "\n linalg.yield %s : " + e + "\n") +
      generic("%sum", row, {"%ex"}, {full}, {kIdentity2, kFirst}, kRows,
              "%s = arith.addf %acc, %x0 : " + e + "\n linalg.yield %s : " + e +
                  "\n",
              "%si") +
      generic("%r0", full, {"%ex", "%sum"}, {full, row},
              {kIdentity2, kFirst, kIdentity2}, kParallel2,
              "%s = arith.divf %x0, %x1 : " + e + "\n linalg.yield %s : " + e +
                  "\n");
  return kernel;
}

TEST(Nest, Softmax) {
  for (int64_t columns : {1, 3, 10, 16, 17, 33, 64, 129}) {
    int64_t rows = columns % 7 + 1;
    EXPECT_EQ("", compare(softmax(rows, columns, 3, "f32").print()))
        << rows << "x" << columns;
    EXPECT_EQ("", compare(softmax(rows, columns, rows, "f64").print(), 1e-12))
        << rows << "x" << columns;
  }
  EXPECT_EQ("", compare(softmax(6, 70, 2, "f32").print(), 1e-5, 32));
}

/// Sums and products over some dimensions of three.
TEST(Nest, SumsOverAnyDimensions) {
  Sizes s = {5, 6, 19};
  for (int mask = 1; mask < 8; ++mask) {
    Sizes reduced, kept, tiles;
    std::string map = "(d0, d1, d2) -> (", iterators;
    for (int64_t dim = 0; dim < 3; ++dim) {
      bool isReduced = mask >> dim & 1;
      (isReduced ? reduced : kept).push_back(isReduced ? dim : s[dim]);
      tiles.push_back(isReduced ? s[dim] : 4);
      if (!isReduced)
        map += (map.back() == '(' ? "d" : ", d") + std::to_string(dim);
      iterators += std::string(dim ? ", " : "") +
                   (isReduced ? R"("reduction")" : R"("parallel")");
    }
    std::string full = typeOf(s, "f32"), row = typeOf(kept, "f32");
    KernelText kernel{{full, row}, {row, row}, s, reduced, tiles, ""};
    std::string identity = "(d0, d1, d2) -> (d0, d1, d2)";
    kernel.body =
        "  %one = arith.constant 1.0 : f32\n  %e = tensor.empty() : tensor<" +
        row + ">\n  %init = linalg.fill ins(%one : f32) outs(%e : tensor<" +
        row + ">) -> tensor<" + row + ">\n" +
        generic("%r0", row, {"%t0"}, {full}, {identity, map + ")"}, iterators,
                "%s = arith.addf %acc, %x0 : f32\n linalg.yield %s : f32\n",
                "%t1") +
        generic("%r1", row, {"%t0"}, {full}, {identity, map + ")"}, iterators,
                "%s = arith.mulf %x0, %acc : f32\n linalg.yield %s : f32\n",
                "%init");
    EXPECT_EQ("", compare(kernel.print(), 1e-4)) << "mask " << mask;
  }
}

TEST(Nest, ArgMaximumOfRowsAndColumns) {
  for (bool ofRows : {true, false})
    for (Sizes s : {Sizes{4, 10}, {37, 50}, {1, 3}}) {
      int64_t kept = ofRows ? s[0] : s[1];
      std::string full = typeOf(s, "f32"), value = typeOf({kept}, "f32"),
                  index = typeOf({kept}, "i64"),
                  map = ofRows ? kFirst : kSecond,
                  n = std::to_string(ofRows ? 1 : 0);
      KernelText kernel{{full},
                        {value, index},
                        s,
                        {ofRows ? 1 : 0},
                        ofRows ? Sizes{3, s[1]} : Sizes{s[0], 20},
                        ""};
      kernel.body =
          "  %ninf = arith.constant 0xFF800000 : f32\n"
          "  %zero = arith.constant 0 : i64\n"
          "  %ve = tensor.empty() : tensor<" +
          value +
          ">\n"
          "  %ie = tensor.empty() : tensor<" +
          index +
          ">\n"
          "  %vi = linalg.fill ins(%ninf : f32) outs(%ve : tensor<" +
          value + ">) -> tensor<" + value +
          ">\n"
          "  %ii = linalg.fill ins(%zero : i64) outs(%ie : tensor<" +
          index + ">) -> tensor<" + index +
          ">\n"
          "  %r0, %r1 = linalg.generic {indexing_maps = [affine_map<" +
          kIdentity2 + ">, affine_map<" + map + ">, affine_map<" + map +
          ">], iterator_types = [" +
          (ofRows ? kRows : R"("reduction", "parallel")") +
          "]} ins(%t0 : tensor<" + full + ">) outs(%vi, %ii : tensor<" + value +
          ">, tensor<" + index +
          ">) {\n  ^bb0(%x: f32, %v: f32, %i: i64):\n"
          "    %j = linalg.index " +
          n +
          " : index\n"
          "    %jj = arith.index_cast %j : index to i64\n"
          "    %c = arith.cmpf ogt, %x, %v : f32\n"
          "    %nv = arith.select %c, %x, %v : f32\n"
          "    %ni = arith.select %c, %jj, %i : i64\n"
          "    linalg.yield %nv, %ni : f32, i64\n  } -> (tensor<" +
          value + ">, tensor<" + index + ">)\n";
      EXPECT_EQ("", compare(kernel.print())) << join(s) << ofRows;
    }
}

TEST(Nest, TransposesAndSlices) {
  for (Sizes s : {Sizes{5, 7}, {16, 16}, {33, 70}, {128, 20}, {64, 64}}) {
    std::string from = typeOf({s[1], s[0]}, "f32"), to = typeOf(s, "f32");
    for (Sizes tiles : {s, Sizes{8, s[1]}, Sizes{s[0], 24}}) {
      KernelText kernel{{from, to}, {to}, s, {}, tiles, ""};
      kernel.body =
          generic("%r0", to, {"%t0", "%t1"}, {from, to},
                  {"(d0, d1) -> (d1, d0)", kIdentity2, kIdentity2}, kParallel2,
                  "%s = arith.addf %x0, %x1 : f32\n linalg.yield %s : f32\n");
      EXPECT_EQ("", compare(kernel.print())) << join(s);
    }
    std::string bigger = typeOf({2 * s[0] + 1, s[1] + 3}, "f32");
    KernelText slice{{bigger}, {to}, s, {}, {s[0], 16}, ""};
    slice.body =
        "  %sl = tensor.extract_slice %t0[1, 2] [" + join(s) +
        "] [2, 1] : tensor<" + bigger + "> to tensor<" + to + ">\n" +
        generic("%r0", to, {"%sl"}, {to}, {kIdentity2, kIdentity2}, kParallel2,
                "%s = math.absf %x0 : f32\n linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(slice.print())) << join(s);
  }
}

TEST(Nest, ReshapesOfOperandsAndOutputs) {
  KernelText kernel{
      {"6x4x5xf32", "24x5xf32"}, {"4x30xf32"}, {24, 5}, {}, {7, 5}, ""};
  kernel.body =
      "  %c = tensor.collapse_shape %t0 [[0, 1], [2]] : tensor<6x4x5xf32> into "
      "tensor<24x5xf32>\n" +
      generic("%v", "24x5xf32", {"%c", "%t1"}, {"24x5xf32", "24x5xf32"},
              {kIdentity2, kIdentity2, kIdentity2}, kParallel2,
              "%s = arith.addf %x0, %x1 : f32\n linalg.yield %s : f32\n") +
      "  %f = tensor.collapse_shape %v [[0, 1]] : tensor<24x5xf32> into "
      "tensor<120xf32>\n"
      "  %r0 = tensor.expand_shape %f [[0, 1]] output_shape [4, 30] : "
      "tensor<120xf32> into tensor<4x30xf32>\n";
  EXPECT_EQ("", compare(kernel.print()));
  // A computed value between two reshapes is indexed by division.
  KernelText inner{{"6x35xf32"}, {"14x15xf32"}, {14, 15}, {}, {3, 15}, ""};
  inner.body =
      generic("%v", "6x35xf32", {"%t0"}, {"6x35xf32"}, {kIdentity2, kIdentity2},
              kParallel2,
              "%s = arith.mulf %x0, %x0 : f32\n linalg.yield %s : f32\n") +
      "  %f = tensor.collapse_shape %v [[0, 1]] : tensor<6x35xf32> into "
      "tensor<210xf32>\n"
      "  %x = tensor.expand_shape %f [[0, 1]] output_shape [14, 15] : "
      "tensor<210xf32> into tensor<14x15xf32>\n" +
      generic("%r0", "14x15xf32", {"%x"}, {"14x15xf32"},
              {kIdentity2, kIdentity2}, kParallel2,
              "%s = arith.addf %x0, %x0 : f32\n linalg.yield %s : f32\n");
  EXPECT_EQ("", compare(inner.print()));
}

/// Columns in panels of a width, of a matrix or of a transposed one. What lies
/// past the last column stays as it is.
static KernelText packed(int64_t rows, int64_t columns, int64_t width,
                         bool transposed, Sizes tiles) {
  std::string source = typeOf(transposed ? Sizes{columns, rows}
                                         : Sizes{rows, columns},
                              "f32"),
              target =
                  typeOf({(columns + width - 1) / width, rows, width}, "f32"),
              w = std::to_string(width);
  KernelText kernel{{source}, {target}, {rows, columns}, {}, tiles, ""};
  kernel.body =
      "  %r0 = linalg.generic {indexing_maps = [affine_map<(k, n) -> (" +
      std::string(transposed ? "n, k" : "k, n") +
      ")>, affine_map<(k, n) -> (n floordiv " + w + ", k, n mod " + w +
      ")>], iterator_types = [\"parallel\", \"parallel\"]} ins(%t0 : tensor<" +
      source + ">) outs(%t1 : tensor<" + target +
      ">) {\n  ^bb0(%a: f32, %o: f32):\n    linalg.yield %a : f32\n  } -> "
      "tensor<" +
      target + ">\n";
  return kernel;
}

TEST(Nest, PacksPanels) {
  for (bool transposed : {false, true})
    for (auto [rows, columns] : std::vector<std::pair<int64_t, int64_t>>{
             {1, 32}, {5, 70}, {33, 16}, {48, 129}, {20, 3}})
      for (int64_t width : {32, 16, 12}) {
        KernelText kernel =
            packed(rows, columns, width, transposed, {rows, columns});
        EXPECT_EQ("", compare(kernel.print()))
            << rows << "x" << columns << " width " << width;
        kernel.tiles = {16, 32};
        EXPECT_EQ("", compare(kernel.print(), 1e-5, 32));
      }
}

TEST(Nest, BooleansAreBytes) {
  for (int64_t size : {3, 16, 40, 77}) {
    std::string f = typeOf({size}, "f32"), b = typeOf({size}, "i1");
    std::string map = "(d0) -> (d0)";
    KernelText kernel{{f, b}, {b, f}, {size}, {}, {size}, ""};
    kernel.body =
        "  %zero = arith.constant 0.0 : f32\n" +
        generic("%r0", b, {"%t0", "%t1"}, {f, b}, {map, map, map},
                R"("parallel")",
                "%c = arith.cmpf ogt, %x0, %zero : f32\n"
                "%s = arith.xori %c, %x1 : i1\n linalg.yield %s : i1\n") +
        generic("%r1", f, {"%t0", "%r0"}, {f, b}, {map, map, map},
                R"("parallel")",
                "%s = arith.select %x1, %x0, %zero : f32\n"
                "linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(kernel.print())) << size;
  }
}

TEST(Nest, TransposesBooleans) {
  KernelText kernel{{"20x18xi1"}, {"18x20xi1"}, {18, 20}, {}, {18, 20}, ""};
  kernel.body = generic("%r0", "18x20xi1", {"%t0"}, {"20x18xi1"},
                        {"(d0, d1) -> (d1, d0)", kIdentity2}, kParallel2,
                        "linalg.yield %x0 : i1\n");
  EXPECT_EQ("", compare(kernel.print()));
}

TEST(Nest, IntegersIndexesAndGathers) {
  for (int64_t size : {5, 16, 45}) {
    std::string i = typeOf({size}, "i64"), f = typeOf({size, 3}, "f32"),
                table = "50x3xf32";
    KernelText kernel{{i, table}, {f}, {size, 3}, {}, {size, 3}, ""};
    kernel.body =
        "  %n = arith.constant 50 : i64\n  %zero = arith.constant 0 : i64\n" +
        generic("%r0", f, {"%t0"}, {i}, {kFirst, kIdentity2}, kParallel2,
                "%m = arith.remsi %x0, %n : i64\n"
                "%neg = arith.cmpi slt, %m, %zero : i64\n"
                "%up = arith.addi %m, %n : i64\n"
                "%at = arith.select %neg, %up, %m : i64\n"
                "%row = arith.index_cast %at : i64 to index\n"
                "%col = linalg.index 1 : index\n"
                "%v = tensor.extract %t1[%row, %col] : tensor<50x3xf32>\n"
                "%d = arith.index_cast %row : index to i64\n"
                "%df = arith.sitofp %d : i64 to f32\n"
                "%s = arith.addf %v, %df : f32\n linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(kernel.print())) << size;
  }
}

/// Mean and variance of columns, then the normalised values: batch norm.
TEST(Nest, BatchNormOfColumns) {
  for (Sizes s : {Sizes{6, 10}, {64, 128}, {33, 45}}) {
    std::string full = typeOf(s, "f32"), row = typeOf({s[1]}, "f32");
    KernelText kernel{{full}, {full, row, row}, s, {0}, {s[0], 40}, ""};
    std::string columns = R"("reduction", "parallel")";
    kernel.body =
        "  %n = arith.constant " + std::to_string(s[0]) +
        ".0 : f32\n"
        "  %zero = arith.constant 0.0 : f32\n"
        "  %eps = arith.constant 0.01 : f32\n"
        "  %e = tensor.empty() : tensor<" +
        row +
        ">\n"
        "  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<" +
        row + ">) -> tensor<" + row + ">\n" +
        generic("%sum", row, {"%t0"}, {full}, {kIdentity2, kSecond}, columns,
                "%s = arith.addf %acc, %x0 : f32\n linalg.yield %s : f32\n",
                "%z") +
        generic("%r1", row, {"%sum"}, {row}, {"(d0) -> (d0)", "(d0) -> (d0)"},
                R"("parallel")",
                "%s = arith.divf %x0, %n : f32\n linalg.yield %s : f32\n") +
        generic(
            "%r2", row, {"%t0", "%r1"}, {full, row},
            {kIdentity2, kSecond, kSecond}, columns,
            "%d = arith.subf %x0, %x1 : f32\n %q = arith.mulf %d, %d : f32\n"
            "%s = arith.addf %acc, %q : f32\n linalg.yield %s : f32\n",
            "%z") +
        generic("%r0", full, {"%t0", "%r1", "%r2"}, {full, row, row},
                {kIdentity2, kSecond, kSecond, kIdentity2}, kParallel2,
                "%d = arith.subf %x0, %x1 : f32\n"
                "%v = arith.addf %x2, %eps : f32\n %q = math.sqrt %v : f32\n"
                "%s = arith.divf %d, %q : f32\n linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(kernel.print())) << join(s);
  }
}

/// A parameter and its momentum, updated in place.
TEST(Nest, UpdatesInPlace) {
  for (int64_t size : {5, 64, 100, 1000}) {
    std::string f = typeOf({size}, "f32"), map = "(d0) -> (d0)";
    KernelText kernel{{f, "f64"}, {f, f}, {size}, {}, {48}, ""};
    kernel.body =
        "  %beta = arith.constant 0.9 : f32\n" +
        generic("%r1", f, {"%t0", "%t3"}, {f, f}, {map, map, map},
                R"("parallel")",
                "%m = arith.mulf %x1, %beta : f32\n"
                "%s = arith.addf %m, %x0 : f32\n linalg.yield %s : f32\n") +
        generic("%r0", f, {"%t2", "%r1", "%t1"}, {f, f, "f64"},
                {map, map, "(d0) -> ()", map}, R"("parallel")",
                "%lr = arith.truncf %x2 : f64 to f32\n"
                "%m = arith.mulf %x1, %lr : f32\n"
                "%s = arith.subf %x0, %m : f32\n linalg.yield %s : f32\n");
    EXPECT_EQ("", compare(kernel.print())) << size;
  }
}

/// All dimensions reduced, and none at all.
TEST(Nest, ReducesToAScalar) {
  for (Sizes s : {Sizes{}, {1}, {40}, {3, 50}, {1, 1}}) {
    Sizes reduced;
    std::string dims, iterators;
    for (size_t i = 0; i < s.size(); ++i) {
      reduced.push_back(i);
      dims += (i ? ", d" : "d") + std::to_string(i);
      iterators += std::string(i ? ", " : "") + R"("reduction")";
    }
    std::string full = typeOf(s, "f64");
    KernelText kernel{{full}, {"f64"}, s, reduced, s, ""};
    kernel.body =
        "  %one = arith.constant 1.0 : f64\n  %e = tensor.empty() : "
        "tensor<f64>\n  %i = linalg.fill ins(%one : f64) outs(%e : "
        "tensor<f64>) -> tensor<f64>\n" +
        generic("%r0", "f64", {"%t0"}, {full},
                {"(" + dims + ") -> (" + dims + ")", "(" + dims + ") -> ()"},
                iterators,
                "%s = arith.addf %acc, %x0 : f64\n"
                "linalg.yield %s : f64\n",
                "%i");
    EXPECT_EQ("", compare(kernel.print(), 1e-12)) << join(s);
  }
}

/// -log_softmax(x)[label]: a reduced value read at an index that is data.
TEST(Nest, ReadsARowAtALabel) {
  KernelText kernel{
      {"9x10xf32", "9xi64"}, {"9xf32"}, {9, 10}, {1}, {4, 10}, ""};
  kernel.body =
      "  %zero = arith.constant 0.0 : f32\n  %ten = arith.constant 10 : i64\n"
      "  %none = arith.constant 0 : i64\n"
      "  %e = tensor.empty() : tensor<9xf32>\n  %z = linalg.fill ins(%zero : "
      "f32) outs(%e : tensor<9xf32>) -> tensor<9xf32>\n" +
      generic("%ex", "9x10xf32", {"%t0"}, {"9x10xf32"},
              {kIdentity2, kIdentity2}, kParallel2,
              "%s = math.exp %x0 : f32\n linalg.yield %s : f32\n") +
      generic(
          "%sum", "9xf32", {"%ex"}, {"9x10xf32"}, {kIdentity2, kFirst}, kRows,
          "%s = arith.addf %acc, %x0 : f32\n linalg.yield %s : f32\n", "%z") +
      generic("%r0", "9xf32", {"%t1", "%sum"}, {"9xi64", "9xf32"},
              {"(d0) -> (d0)", "(d0) -> (d0)", "(d0) -> (d0)"}, R"("parallel")",
              "%in = arith.cmpi ult, %x0, %ten : i64\n"
              "%c = arith.select %in, %x0, %none : i64\n"
              "%at = arith.index_cast %c : i64 to index\n"
              "%row = linalg.index 0 : index\n"
              "%v = tensor.extract %ex[%row, %at] : tensor<9x10xf32>\n"
              "%s = arith.divf %v, %x1 : f32\n linalg.yield %s : f32\n");
  EXPECT_EQ("", compare(kernel.print()));
}

/// Narrow floats are storage: sums are f32.
TEST(Nest, ReducesHalfPrecision) {
  KernelText kernel{{"7x40xf16"}, {"7xf32"}, {7, 40}, {1}, {3, 40}, ""};
  kernel.body =
      "  %zero = arith.constant 0.0 : f32\n"
      "  %e = tensor.empty() : tensor<7xf32>\n  %z = linalg.fill ins(%zero : "
      "f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>\n" +
      generic("%r0", "7xf32", {"%t0"}, {"7x40xf16"}, {kIdentity2, kFirst},
              kRows,
              "%w = arith.extf %x0 : f16 to f32\n"
              "%s = arith.addf %acc, %w : f32\n linalg.yield %s : f32\n",
              "%z");
  EXPECT_EQ("", compare(kernel.print()));
}

/// A constant that is no splat is read like an operand.
TEST(Nest, ReadsConstants) {
  KernelText kernel{{"2x3xf32"}, {"2x3xf32"}, {2, 3}, {}, {1, 3}, ""};
  kernel.body =
      "  %c = arith.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf32>\n" +
      generic("%r0", "2x3xf32", {"%t0", "%c"}, {"2x3xf32", "3xf32"},
              {kIdentity2, kSecond, kIdentity2}, kParallel2,
              "%s = arith.mulf %x0, %x1 : f32\n linalg.yield %s : f32\n");
  EXPECT_EQ("", compare(kernel.print()));
}
