/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Threads for compiled models from OpenMP. C99; compile with -fopenmp. Include
 * it after the header of a model, or alone.
 *
 * Where other programs use the cores too, set OMP_WAIT_POLICY=passive: threads
 * that wait spin for a long time otherwise, on the core that the thread they
 * wait for needs. In C++, sinter::ThreadPool needs no such care. */
#ifndef SINTER_RUNTIME_OPENMP_H
#define SINTER_RUNTIME_OPENMP_H

#include "sinter/Runtime/ABI.h"
#include <omp.h>

#ifndef _OPENMP
#error "sinter/Runtime/OpenMP.h needs OpenMP: compile with -fopenmp"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A sinter_ctx's parallel_for: one range of tiles for each thread. `user` is
 * the number of threads as a pointer. */
static inline void
sinter_openmp_parallel_for(void *user, int64_t n,
                           void (*body)(void *arg, int64_t begin, int64_t end),
                           void *arg) {
  const int threads = (int)(intptr_t)user;
#pragma omp parallel num_threads(threads)
  {
    /* Without multiplying out, so that huge extents do not overflow. */
    const int64_t team = omp_get_num_threads(), index = omp_get_thread_num();
    const int64_t size = n / team, larger = n % team;
    const int64_t begin = index * size + (index < larger ? index : larger);
    const int64_t end = begin + size + (index < larger);
    if (begin < end)
      body(arg, begin, end);
  }
}

/** A context for calls that run on `threads` threads of OpenMP; less than 1:
 * as many as OpenMP would take. Results are the same bits for any number. The
 * context holds no resources and may be copied. */
static inline sinter_ctx sinter_openmp_context(int32_t threads) {
  const int32_t count = threads < 1 ? (int32_t)omp_get_max_threads() : threads;
  sinter_ctx ctx = {sizeof(sinter_ctx), 1, 0, 0, 0};
  ctx.threads = count;
  ctx.user = (void *)(intptr_t)count;
  /* One thread is fastest without a parallel region. */
  ctx.parallel_for = count > 1 ? sinter_openmp_parallel_for : 0;
  return ctx;
}

#ifdef __cplusplus
}
#endif
#endif
