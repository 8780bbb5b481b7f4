// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device's memory and launches, through the interface.
#include "sinter/PTX/Module.h"
#include "gtest/gtest.h"

using namespace sinter::ptx;

static std::unique_ptr<Device> device() { return cantFail(Device::create()); }

TEST(DeviceTest, Memory) {
  auto gpu = device();
  uint64_t a = gpu->allocate(6), b = gpu->allocate(100);
  int value = 42;
  EXPECT_EQ(a % 256, 0u);
  EXPECT_TRUE(gpu->write(a, &value, 4));
  EXPECT_TRUE(gpu->isInitialised(a, 4));
  EXPECT_FALSE(gpu->isInitialised(a, 5));
  EXPECT_FALSE(gpu->isInitialised(b, 4));
  EXPECT_FALSE(gpu->write(a, &value, 7));
  EXPECT_FALSE(gpu->read(a + 4, &value, 4));
  EXPECT_TRUE(gpu->free(a));
  EXPECT_FALSE(gpu->free(a));
  EXPECT_FALSE(gpu->read(a, &value, 4));
  EXPECT_EQ(gpu->allocate(uint64_t(1) << 40), 0u);
}

TEST(DeviceTest, VariablesOfAModule) {
  auto gpu = device();
  auto module = cantFail(LoadedModule::load(
      *gpu,
      ".version 8.0\n.target sm_80\n.address_size 64\n"
      ".global .align 4 .u32 count = 5; .global .b64 where = count;\n"
      ".func (.param .b32 r) twice(.param .b32 a) { .reg .b32 %r<2>;\n"
      "ld.param.b32 %r1, [a]; add.u32 %r1, %r1, %r1;\n"
      "st.param.b32 [r], %r1; ret; }\n"
      ".entry k() { .reg .b32 %r<4>; .reg .b64 %rd<2>; .param .b32 x, y;\n"
      "ld.global.u64 %rd1, [where]; ld.global.u32 %r1, [%rd1];\n"
      "st.param.b32 [x], %r1; call (y), twice, (x); ld.param.b32 %r2, [y];\n"
      "st.global.u32 [count], %r2; ret; }",
      "k.ptx"));
  auto count = module->global("count");
  ASSERT_TRUE(count.has_value());
  EXPECT_FALSE(module->global("other").has_value());
  EXPECT_TRUE(gpu->launch(*module->kernel("k"), {}, {}).empty());
  uint32_t value = 0;
  EXPECT_TRUE(gpu->read(count->address, &value, 4));
  EXPECT_EQ(value, 10u);
}

/// A launch after one that failed is as good as the first.
TEST(DeviceTest, LaunchAfterAFault) {
  auto gpu = device();
  auto module = cantFail(LoadedModule::load(
      *gpu,
      ".version 8.0\n.target sm_80\n.address_size 64\n"
      ".entry k(.param .u32 n) { .reg .pred %p; .reg .b32 %r, %t;\n"
      "ld.param.u32 %r, [n]; mov.u32 %t, %tid.x; setp.lt.u32 %p, %t, %r;\n"
      "@%p bra $end; bar.sync 0, 64; $end: ret; }",
      "k.ptx"));
  const Kernel &kernel = *module->kernel("k");
  LaunchOptions options;
  options.grid = {3};
  options.block = {64};
  for (int i = 0; i < 3; ++i) {
    uint32_t some = 32, none = 0;
    auto reports = gpu->launch(kernel, options, {&some});
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_EQ(reports[0].kind, "deadlock");
    EXPECT_TRUE(gpu->launch(kernel, options, {&none}).empty());
  }
}
