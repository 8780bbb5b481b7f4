// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cooperative groups, up to the whole grid.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
namespace cg = cooperative_groups;

extern "C" __global__ void tiles(const int *x, int *sums, int *scans,
                                 int *odd) {
  cg::thread_block block = cg::this_thread_block();
  auto eight = cg::tiled_partition<8>(block);
  auto warp = cg::tiled_partition<32>(block);
  int i = cg::this_grid().thread_rank(), value = x[i];
  int sum = cg::reduce(eight, value, cg::plus<int>());
  if (eight.thread_rank() == 0)
    sums[i / 8] = sum;
  scans[i] = cg::inclusive_scan(warp, value, cg::plus<int>());
  if (value & 1) {
    cg::coalesced_group those = cg::coalesced_threads();
    if (those.thread_rank() == 0)
      atomicAdd(odd, int(those.size()));
  }
}

/// Smooths `steps` times, with the whole grid in step.
extern "C" __global__ void smooth(float *a, float *b, int n, int steps) {
  cg::grid_group grid = cg::this_grid();
  for (int step = 0; step < steps; ++step) {
    for (int i = grid.thread_rank(); i < n; i += grid.size())
      b[i] = (a[i] + a[(i + 1) % n]) / 2;
    grid.sync();
    float *other = a;
    a = b;
    b = other;
  }
}
