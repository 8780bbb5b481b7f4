// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter bench`: times of entries and of their kernels, as shares of what this
// machine can do at most, measured beside them.

#include "BenchReport.h"
#include "Session.h"
#include "sinter/Execution/Roofline.h"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <sys/resource.h>

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

/// What it takes to read the clock twice: as long as a small kernel.
static double clockCost() {
  std::vector<double> costs;
  for (int i = 0; i < 101; ++i) {
    auto from = Clock::now();
    costs.push_back(seconds(from, Clock::now()));
  }
  return median(costs);
}

/// How often the system has taken a processor away from this process.
static long involuntarySwitches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

namespace {

/// A context that times each launch of an entry: all go through parallel_for
/// when there is one.
class KernelClock {
public:
  explicit KernelClock(const sinter_ctx &inner)
      : inner(inner), cost(clockCost()) {}

  sinter_ctx context() {
    return {sizeof(sinter_ctx), inner.threads, this, &KernelClock::run,
            nullptr};
  }
  void start() { times.clear(); }
  /// Of the launches since the start, in order.
  const std::vector<double> &launches() const { return times; }

private:
  static void run(void *user, int64_t n, void (*body)(void *, int64_t, int64_t),
                  void *arg) {
    auto &clock = *static_cast<KernelClock *>(user);
    auto from = Clock::now();
    if (clock.inner.parallel_for)
      clock.inner.parallel_for(clock.inner.user, n, body, arg);
    else
      body(arg, 0, n);
    clock.times.push_back(
        std::max(seconds(from, Clock::now()) - clock.cost, 1e-9));
  }

  const sinter_ctx &inner;
  double cost;
  std::vector<double> times;
};

/// Samples of one entry or kernel.
struct Samples {
  std::vector<double> seconds, fmaRates, readRates, shares;

  void add(Measurement sample, double time) {
    seconds.push_back(time);
    fmaRates.push_back(sample.fmaRate);
    readRates.push_back(sample.readRate);
    shares.push_back(time > 0 ? sample.roof() / time : 0);
  }

  void summarise(Measurement &result) const {
    result.seconds = median(seconds);
    result.fmaRate = median(fmaRates);
    result.readRate = median(readRates);
    result.share = median(shares);
  }
};

/// One instance with buffers of its own and inputs that every entry accepts.
class InstanceBench {
public:
  InstanceBench(Session &session, const Entry &entry, const Instance &instance);

  EntryReport run(int wantedSamples);

private:
  void call(const sinter_ctx *ctx);
  double timeCall();
  bool sampleEntry(bool dropsDisturbed);
  void sampleKernels();

  Session &session;
  const Entry &entry;
  const Instance &instance;
  AlignedBuffer state;
  std::vector<Tensor> inputs, results;
  std::vector<const void *> in;
  std::vector<void *> out;
  Roofline roofline;
  KernelClock clock;
  EntryReport report;
  Samples whole;
  std::vector<Samples> kernels;
  std::vector<size_t> order; ///< the kernel of each launch
  int64_t repeats = 1;       ///< calls of a sample
};

} // namespace

/// Legal integers, in the order in which they are legal.
template <typename Integer>
static void fillIntegers(Tensor &tensor, const IndexRange &legal) {
  Integer *begin = tensor.as<Integer>(), *end = begin + tensor.spec.elements();
  int64_t count = std::max<int64_t>(legal.limit.value_or(0) - legal.first, 1);
  uint32_t random = 1;
  std::generate(begin, end, [&] {
    random = random * 1664525u + 1013904223u;
    return static_cast<Integer>(legal.first + (random >> 8) % count);
  });
  if (legal.isDescending)
    std::sort(begin, end, std::greater<>());
}

/// Small floats of both signs; integers from all that are legal, if that ends,
/// else the smallest.
static void fillInput(Tensor &tensor, const IndexRange &legal) {
  if (tensor.spec.dtype == DType::I64)
    return fillIntegers<int64_t>(tensor, legal);
  if (tensor.spec.dtype == DType::I32)
    return fillIntegers<int32_t>(tensor, legal);
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

InstanceBench::InstanceBench(Session &session, const Entry &entry,
                             const Instance &instance)
    : session(session), entry(entry), instance(instance),
      state(session.makeState(entry, 1)), roofline(*session.context()),
      clock(*session.context()) {
  session.initialize(entry.state, state);
  session.prepare(entry.state, state);
  EntryFacts facts = session.compiler().factsOf(entry.name, instance.dims);
  for (const TensorSpec &spec : instance.inputs) {
    IndexRange legal = facts.rangeOf(inputs.size());
    fillInput(inputs.emplace_back(spec), legal);
  }
  for (const TensorSpec &spec : instance.results)
    results.emplace_back(spec);
  for (const Tensor &input : inputs)
    in.push_back(input.bytes.data());
  for (Tensor &result : results)
    out.push_back(result.bytes.data());
  std::vector<KernelInfo> infos =
      session.compiler().kernelsOf(entry.name, instance.dims,
                                   /*prepared=*/true);
  order = launchOrder(infos);
  report.whole.name = entry.name;
  report.whole.bytes = parameterBytes(infos);
  for (size_t i = 0; i < instance.dims.size(); ++i)
    report.dims[entry.dims[i]] = instance.dims[i];
  for (const KernelInfo &info : infos) {
    report.whole.flops += info.flops;
    report.whole.productFlops += info.productFlops;
    Measurement &kernel = report.kernels.emplace_back();
    kernel.name = info.name;
    kernel.launches = info.launches();
    kernel.flops = info.flops;
    kernel.productFlops = info.productFlops;
    kernel.bytes = info.bytes;
  }
  kernels.resize(infos.size());
}

void InstanceBench::call(const sinter_ctx *ctx) {
  if (int32_t status = callEntry(entry, instance, ctx, state.data(), in, out,
                                 session.workspaceFor(entry)))
    throw Error(
        fmt::format("'{}': {}", entry.name, sinter_status_text(status)));
}

/// Seconds of one call with warm caches.
double InstanceBench::timeCall() {
  call(session.context());
  auto from = Clock::now();
  for (int64_t i = 0; i < repeats; ++i)
    call(session.context());
  return seconds(from, Clock::now()) / repeats;
}

/// One sample of the whole entry, between two of the multiply-adds. Drops it
/// and returns false if that is wanted and the system ran something else
/// meanwhile.
bool InstanceBench::sampleEntry(bool dropsDisturbed) {
  Measurement sample = report.whole;
  long switches = involuntarySwitches();
  sample.readRate = roofline.measureReadRate(sample.bytes);
  double before = roofline.measureFmaRate();
  double time = timeCall();
  sample.fmaRate = (before + roofline.measureFmaRate()) / 2;
  if (dropsDisturbed && involuntarySwitches() != switches)
    return false;
  whole.add(sample, time);
  return true;
}

void InstanceBench::sampleKernels() {
  sinter_ctx timed = clock.context();
  call(&timed);
  clock.start();
  call(&timed);
  double fmaRate = roofline.measureFmaRate();
  std::vector<double> times(kernels.size());
  for (size_t launch = 0; launch < order.size(); ++launch)
    times[order[launch]] += clock.launches().at(launch);
  for (size_t i = 0; i < kernels.size(); ++i) {
    Measurement sample = report.kernels[i];
    sample.fmaRate = fmaRate;
    sample.readRate = roofline.measureReadRate(
        sample.bytes / std::max<int64_t>(sample.launches, 1));
    kernels[i].add(sample, times[i]);
  }
}

EntryReport InstanceBench::run(int wantedSamples) {
  while (timeCall() * repeats < 200e-6)
    repeats *= 2;
  while (report.samples < wantedSamples) {
    // On a busy machine hardly a sample is undisturbed: then all count.
    ++(sampleEntry(report.dropped < 4 * wantedSamples) ? report.samples
                                                       : report.dropped);
    sampleKernels();
  }
  whole.summarise(report.whole);
  for (size_t i = 0; i < kernels.size(); ++i)
    kernels[i].summarise(report.kernels[i]);
  return std::move(report);
}

int bench(const CommonOptions &common, const BenchOptions &options) {
  Session session(common.compilerOptions(), common.threads);
  std::vector<EntryReport> reports;
  if (!options.json)
    printHead(session.context()->threads);
  for (const Entry &entry : session.entries(common.entry))
    for (const Instance &instance : entry.instances) {
      reports.push_back(
          InstanceBench(session, entry, instance).run(options.samples));
      if (!options.json)
        printTable(reports.back());
    }
  if (options.json)
    printJson(session.context()->threads, reports);
  return Done;
}

} // namespace sinter::driver
