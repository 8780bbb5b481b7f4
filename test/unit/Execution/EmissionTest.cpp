// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target machines, object code and loading.
#include "CompiledText.h"
#include "sinter/Execution/JIT.h"
#include "sinter/Execution/Roofline.h"
#include "sinter/Execution/TargetMachine.h"
#include "sinter/Runtime/ThreadPool.h"
#include <gtest/gtest.h>

using namespace sinter;
using namespace sinter::test;

namespace {

const char *const addOne = R"(
  func.func @add_one(%x: memref<5xf32>, %y: memref<5xf32>, %begin: index, %end: index)
      attributes {sinter.kernel} {
    %one = arith.constant 1.0 : f32
    %step = arith.constant 1 : index
    scf.for %i = %begin to %end step %step {
      %0 = memref.load %x[%i] : memref<5xf32>
      %1 = arith.addf %0, %one : f32
      memref.store %1, %y[%i] : memref<5xf32>
    }
    return
  })";

TEST(Emission, GivesTheSameBytesTwice) {
  auto first = compileText(addOne), second = compileText(addOne);
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(llvm::ArrayRef<char>(first) == llvm::ArrayRef<char>(second));
}

TEST(JIT, RunsATileRangeOfAnObject) {
  CompiledText text(addOne);
  ASSERT_TRUE(text.is());
  float x[5] = {1, 2, 3, 4, 5}, y[5] = {};
  text.get<void(float *, float *, int64_t, int64_t)>("add_one")(x, y, 1, 4);
  float expected[5] = {0, 3, 4, 5, 0};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(y[i], expected[i]);
}

TEST(JIT, ReportsAnUnknownFunction) {
  auto object = loadObject(compileText(addOne));
  ASSERT_TRUE(bool(object));
  auto found = (*object)->lookup("no_such_function");
  EXPECT_FALSE(bool(found));
  llvm::consumeError(found.takeError());
}

TEST(JIT, ReportsBytesThatAreNoObject) {
  auto object = loadObject({'n', 'o'});
  EXPECT_FALSE(bool(object));
  llvm::consumeError(object.takeError());
}

TEST(Target, IsTheHostByDefault) {
  auto machine = createTargetMachine();
  ASSERT_TRUE(bool(machine));
  EXPECT_EQ((*machine)->getTargetCPU().str(), hostTarget().cpu);
}

TEST(Target, ListsTheKnownCpus) {
  auto machine = createTargetMachine({"x86_64-linux-gnu", "pentium-9"});
  ASSERT_FALSE(bool(machine));
  std::string message = llvm::toString(machine.takeError());
  EXPECT_NE(message.find("unknown cpu 'pentium-9'"), std::string::npos);
  EXPECT_NE(message.find("x86-64-v3"), std::string::npos);
}

TEST(Target, ListsOnlyCpusOfItsArchitecture) {
  auto machine = createTargetMachine({"x86_64-linux-gnu", "i386"});
  ASSERT_FALSE(bool(machine));
  std::string message = llvm::toString(machine.takeError());
  EXPECT_NE(message.find("unknown cpu 'i386'"), std::string::npos);
  EXPECT_EQ(message.find("pentium"), std::string::npos);
}

TEST(Target, ListsTheKnownTriples) {
  for (const char *triple : {"nonsense", "powerpc64le-linux-gnu",
                             "aarch64-apple-darwin", "x86_64-linux-gnux32"}) {
    auto machine = createTargetMachine({triple});
    ASSERT_FALSE(bool(machine)) << triple;
    EXPECT_EQ(llvm::toString(machine.takeError()),
              "unknown target '" + std::string(triple) +
                  "'; known: aarch64-linux-gnu, riscv64-linux-gnu, "
                  "x86_64-linux-gnu");
  }
}

TEST(Target, IsPlainForAnotherArchitecture) {
  bool onX86 = llvm::Triple(hostTarget().triple).isX86();
  const char *other = onX86 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  auto machine = createTargetMachine({other});
  ASSERT_TRUE(bool(machine));
  EXPECT_EQ((*machine)->getTargetCPU().str(), "generic");
  auto native = createTargetMachine({other, "native"});
  ASSERT_FALSE(bool(native));
  llvm::consumeError(native.takeError());
}

TEST(Target, KnowsTheWidthOfVectors) {
  auto width = [](const char *triple, const char *cpu) {
    auto machine = createTargetMachine({triple, cpu});
    return machine ? vectorBytesOf(**machine) : 0;
  };
  EXPECT_EQ(width("x86_64-linux-gnu", "x86-64-v4"), 64u);
  EXPECT_EQ(width("x86_64-linux-gnu", "x86-64-v3"), 32u);
  EXPECT_EQ(width("x86_64-linux-gnu", "x86-64"), 16u);
  EXPECT_EQ(width("aarch64-linux-gnu", "cortex-a72"), 16u);
  EXPECT_EQ(width("riscv64-linux-gnu", "sifive-u74"), 8u);
  EXPECT_EQ(width("riscv64-linux-gnu", "sifive-x280"), 64u);
}

TEST(Target, KnowsFusedMultiplyAdds) {
  auto fuses = [](const char *triple, const char *cpu) {
    auto machine = createTargetMachine({triple, cpu});
    return machine && hasFma(**machine);
  };
  EXPECT_FALSE(fuses("x86_64-linux-gnu", "x86-64-v2"));
  EXPECT_TRUE(fuses("x86_64-linux-gnu", "x86-64-v3"));
  EXPECT_TRUE(fuses("aarch64-linux-gnu", "generic"));
  EXPECT_TRUE(fuses("riscv64-linux-gnu", "generic-rv64"));
}

TEST(Roofline, MeasuresTheMachine) {
  // Any machine that runs this makes more than 0.1 GF/s and 0.1 GB/s.
  for (int threads : {1, 2}) {
    ThreadPool pool(threads);
    sinter_ctx context = pool.context();
    Roofline roofline(context);
    EXPECT_GT(roofline.measureFmaRate(), 1e8);
    for (int64_t bytes : {0, 100, 1 << 20})
      EXPECT_GT(roofline.measureReadRate(bytes), 1e8);
  }
}

} // namespace
