// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter bench`: time of entries and of their kernels, as shares of what a
// register-only FMA loop reaches in the same run.

#include "Session.h"
#include "sinter/Execution/Roofline.h"
#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>

namespace sinter::driver {

using Clock = std::chrono::steady_clock;

static double seconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

static double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

namespace {

/// A context whose parallel_for runs each kernel serially and times it: every
/// launch of an entry goes through parallel_for when there is one.
class KernelClock {
public:
  sinter_ctx context() {
    return {sizeof(sinter_ctx), 1, this, &KernelClock::run, nullptr};
  }
  void start() { at = 0; }
  double medianOf(size_t launch) const {
    return launch < times.size() ? median(times[launch]) : 0;
  }

private:
  static void run(void *user, int64_t n, void (*body)(void *, int64_t, int64_t),
                  void *arg) {
    auto &clock = *static_cast<KernelClock *>(user);
    auto from = Clock::now();
    body(arg, 0, n);
    double time = seconds(from, Clock::now());
    if (clock.at == clock.times.size())
      clock.times.emplace_back();
    clock.times[clock.at++].push_back(time);
  }

  std::vector<std::vector<double>> times; ///< by launch, then by sample
  size_t at = 0;
};

/// Buffers of one instance, with inputs that every entry accepts.
struct Call {
  std::vector<Tensor> inputs, results;
  std::vector<const void *> in;
  std::vector<void *> out;
};

} // namespace

/// Small floats of both signs; integers are 0, which is a label of any model.
static void fillInput(Tensor &tensor) {
  uint32_t random = 1;
  for (int64_t i = 0; i < tensor.spec.elements(); ++i) {
    random = random * 1664525u + 1013904223u;
    float value = static_cast<float>(random >> 8) / (1 << 23) - 1.0f;
    if (tensor.spec.dtype == DType::F32)
      tensor.as<float>()[i] = value;
    else if (tensor.spec.dtype == DType::F64)
      tensor.as<double>()[i] = value;
  }
}

static Call makeCall(const Instance &instance) {
  Call call;
  for (const TensorSpec &spec : instance.inputs)
    fillInput(call.inputs.emplace_back(spec));
  for (const TensorSpec &spec : instance.results)
    call.results.emplace_back(spec);
  for (const Tensor &input : call.inputs)
    call.in.push_back(input.bytes.data());
  for (Tensor &result : call.results)
    call.out.push_back(result.bytes.data());
  return call;
}

/// Times `body` so often that a sample takes at least 200 µs.
template <typename Body> static double sample(Body body) {
  int64_t repeats = 1;
  while (true) {
    auto from = Clock::now();
    for (int64_t i = 0; i < repeats; ++i)
      body();
    double time = seconds(from, Clock::now());
    if (time >= 200e-6)
      return time / repeats;
    repeats *= 2;
  }
}

static void benchInstance(Session &session, const Entry &entry,
                          const Instance &instance, int samples) {
  AlignedBuffer state = session.makeState(entry, 1);
  session.initialize(entry.state, state);
  Call call = makeCall(instance);
  KernelClock clock;
  sinter_ctx timed = clock.context();
  void *workspace = session.workspaceFor(entry);
  auto callWith = [&](const sinter_ctx *ctx) {
    return callEntry(entry, instance, ctx, state.data(), call.in, call.out,
                     workspace);
  };
  if (int32_t status = callWith(session.context()))
    throw Error(
        fmt::format("'{}': {}", entry.name, sinter_status_text(status)));
  std::vector<double> times, rates;
  for (int i = 0; i < samples; ++i) {
    rates.push_back(measureFmaRate());
    times.push_back(sample([&] { callWith(session.context()); }));
    clock.start();
    callWith(&timed);
  }
  std::vector<KernelInfo> kernels =
      session.compiler().kernelsOf(entry.name, instance.dims);
  double rate = median(rates);
  auto line = [&](const std::string &name, double time, int64_t flops) {
    double achieved = time > 0 ? flops / time : 0;
    fmt::print("{:<52} {:>10.2f} us {:>8.2f} GF/s {:>6.3f}\n", name, time * 1e6,
               achieved * 1e-9, achieved / rate);
  };
  int64_t flops = 0;
  for (const KernelInfo &kernel : kernels)
    flops += kernel.flops;
  std::string dims;
  for (size_t i = 0; i < instance.dims.size(); ++i)
    dims += fmt::format(" {}={}", entry.dims[i], instance.dims[i]);
  line(entry.name + dims, median(times), flops);
  for (size_t i = 0; i < kernels.size(); ++i)
    line("  " + kernels[i].name, clock.medianOf(i), kernels[i].flops);
}

int bench(const CommonOptions &common, const BenchOptions &options) {
  Session session(common.compilerOptions(), common.threads);
  fmt::print("register-only FMA loop: {:.1f} GF/s; shares below are of this "
             "loop, measured beside each sample\n{:<52} {:>13} {:>13} {:>6}\n",
             measureFmaRate() * 1e-9, "entry, kernel", "time", "rate", "share");
  for (const Entry &entry : session.entries(common.entry))
    for (const Instance &instance : entry.instances)
      benchInstance(session, entry, instance, options.samples);
  return Done;
}

} // namespace sinter::driver
