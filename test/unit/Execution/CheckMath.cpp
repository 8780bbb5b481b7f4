// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// check-math [--all] [NAME…]: the largest error of each expanded function, over
// every 1021st f32 or over all 2^32.
#include "MathAccuracy.h"
#include <cstdio>
#include <set>

int main(int count, char **arguments) {
  bool all = false;
  std::set<std::string> names;
  for (int i = 1; i < count; ++i) {
    if (std::string(arguments[i]) == "--all")
      all = true;
    else
      names.insert(arguments[i]);
  }
  uint32_t stride = all ? 1 : 1021;
  for (const auto &function : sinter::test::mathFunctions()) {
    if (!names.empty() && !names.count(function.name))
      continue;
    sinter::test::MathChecker checker(function);
    if (!checker.is())
      return 1;
    auto found = checker.check(0, stride, (uint64_t(1) << 32) / stride, !all);
    std::printf("%-10s %8.3f ulp at %.9g (%a)\n", function.name.c_str(),
                found.worst, found.argument, found.argument);
    std::fflush(stdout);
  }
}
