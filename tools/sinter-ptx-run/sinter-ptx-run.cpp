// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter-ptx-run`: runs a kernel of a PTX file on the machine of lib/PTX.
#include "Argument.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Npy.h"
#include "sinter/Driver/CommandLine.h"
#include "sinter/PTX/Module.h"
#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>

using namespace sinter;
using namespace sinter::ptxrun;
using driver::UsageError;

namespace {

struct Options {
  std::string file, kernel;
  std::vector<uint32_t> grid = {1}, block = {1};
  uint32_t shared = 0;
  std::vector<std::string> arguments, saved;
  std::vector<size_t> printed;
  uint64_t seed = 1, seeds = 0, fuel = ptx::LaunchOptions().fuel;
  bool unchecked = false, cooperative = false, list = false, timed = false;
};

/// A kernel with its arguments, to be launched once or more.
class Runner {
public:
  explicit Runner(const Options &options);
  int run();

private:
  const ptx::Kernel &chooseKernel() const;
  /// False: one cannot be translated.
  bool listKernels() const;
  /// False: the machine has reported something.
  bool launch(uint64_t seed);
  std::vector<uint64_t> placeArguments();
  void collect(const std::vector<uint64_t> &values);
  void printResults() const;
  void saveResults() const;
  const Tensor &buffer(const std::string &option, size_t number) const;

  const Options &options;
  std::vector<Argument> arguments;
  std::unique_ptr<ptx::Device> device;
  std::unique_ptr<ptx::LoadedModule> module;
  /// After the last launch.
  std::vector<Tensor> results;
};

} // namespace

/// Prints an error that names its place itself.
template <typename T> static T valueOf(llvm::Expected<T> value) {
  if (value)
    return std::move(*value);
  fmt::print(stderr, "{}\n", llvm::toString(value.takeError()));
  throw driver::Reported();
}

Runner::Runner(const Options &options) : options(options) {
  for (const std::string &text : options.arguments)
    arguments.push_back(parseArgument(text, arguments.size()));
  std::string text = readFile(options.file);
  device = valueOf(ptx::Device::create());
  ptx::ModuleOptions moduleOptions;
  moduleOptions.checked = !options.unchecked;
  module = valueOf(
      ptx::LoadedModule::load(*device, text, options.file, moduleOptions));
}

bool Runner::listKernels() const {
  bool isComplete = true;
  for (const ptx::Kernel &kernel : module->kernels()) {
    std::string sizes;
    for (const auto &parameter : kernel.parameters)
      sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", parameter.bytes);
    fmt::print("{}: parameters of {} bytes, {} bytes of shared memory, at most "
               "{} threads\n",
               kernel.name, sizes.empty() ? "no" : sizes, kernel.sharedBytes,
               kernel.maximumThreads);
    if (!kernel.error.empty()) {
      fmt::print(stderr, "{}\n", kernel.error);
      isComplete = false;
    }
  }
  return isComplete;
}

const ptx::Kernel &Runner::chooseKernel() const {
  std::string names;
  for (const ptx::Kernel &kernel : module->kernels()) {
    if (kernel.name == options.kernel ||
        (options.kernel.empty() && module->kernels().size() == 1))
      return kernel;
    names += (names.empty() ? "" : ", ") + kernel.name;
  }
  throw Error(fmt::format(
      "{}: expected {}, but got {}", options.file,
      names.empty() ? "a kernel" : "--kernel to be one of " + names,
      options.kernel.empty() ? "none" : "'" + options.kernel + "'"));
}

/// The value of each argument: a scalar's bits or a buffer's address.
std::vector<uint64_t> Runner::placeArguments() {
  std::vector<uint64_t> values;
  for (const Argument &argument : arguments) {
    const Tensor &tensor = argument.value;
    uint64_t value = 0;
    if (argument.kind == Argument::Scalar) {
      std::memcpy(&value, tensor.bytes.data(), tensor.spec.bytes());
    } else if (argument.kind == Argument::SameBuffer) {
      value = values[argument.same];
    } else {
      value = device->allocate(tensor.spec.bytes());
      if (!value)
        throw Error("the device has no memory for " + typeText(tensor.spec));
      if (argument.kind == Argument::Buffer)
        device->write(value, tensor.bytes.data(), tensor.spec.bytes());
    }
    values.push_back(value);
  }
  return values;
}

void Runner::collect(const std::vector<uint64_t> &values) {
  results.clear();
  for (size_t i = 0; i < arguments.size(); ++i) {
    Tensor result = arguments[i].value;
    bool isOwn = arguments[i].kind == Argument::Buffer ||
                 arguments[i].kind == Argument::Uninitialised;
    if (isOwn) {
      device->read(values[i], result.bytes.data(), result.spec.bytes());
      device->free(values[i]);
    }
    results.push_back(std::move(result));
  }
}

static ptx::Dimensions dimensions(const std::vector<uint32_t> &extents) {
  ptx::Dimensions result;
  uint32_t *parts[] = {&result.x, &result.y, &result.z};
  for (size_t i = 0; i < extents.size(); ++i)
    *parts[i] = extents[i];
  return result;
}

bool Runner::launch(uint64_t seed) {
  std::vector<uint64_t> values = placeArguments();
  std::vector<const void *> pointers;
  for (uint64_t &value : values)
    pointers.push_back(&value);
  ptx::LaunchOptions launch;
  launch.grid = dimensions(options.grid);
  launch.block = dimensions(options.block);
  launch.dynamicSharedBytes = options.shared;
  launch.cooperative = options.cooperative;
  launch.fuel = options.fuel;
  launch.seed = seed;
  auto start = std::chrono::steady_clock::now();
  std::vector<ptx::Report> reports =
      device->launch(chooseKernel(), launch, pointers);
  std::chrono::duration<double, std::milli> time =
      std::chrono::steady_clock::now() - start;
  if (options.timed)
    fmt::print(stderr, "seed {}: {:.2f} ms\n", seed, time.count());
  collect(values);
  for (const ptx::Report &report : reports)
    fmt::print(stderr, "{}\n", report.text);
  if (!reports.empty())
    fmt::print(stderr, "{} error{} with seed {}\n", reports.size(),
               reports.size() == 1 ? "" : "s", seed);
  return reports.empty();
}

const Tensor &Runner::buffer(const std::string &option, size_t number) const {
  if (number >= results.size())
    throw UsageError(fmt::format("{}: expected the number of an argument, but "
                                 "got {}",
                                 option, number));
  const Argument &argument = arguments[number];
  return results[argument.kind == Argument::SameBuffer ? argument.same
                                                       : number];
}

void Runner::printResults() const {
  for (size_t number : options.printed) {
    const Tensor &tensor = buffer("--print", number);
    fmt::print("{}: {} {}\n", number, typeText(tensor.spec), valueText(tensor));
  }
}

void Runner::saveResults() const {
  for (const std::string &text : options.saved) {
    auto [number, file] = llvm::StringRef(text).split('=');
    size_t index;
    if (number.getAsInteger(10, index) || file.empty())
      throw UsageError("--save: expected N=FILE.npy, but got '" + text + "'");
    writeNpy(file.str(), viewOf(buffer("--save", index), ""));
  }
}

int Runner::run() {
  if (options.list)
    return listKernels() ? driver::Done : driver::BadInput;
  chooseKernel();
  uint64_t last = options.seeds ? options.seeds : options.seed;
  std::vector<Tensor> first;
  for (uint64_t seed = options.seeds ? 1 : options.seed; seed <= last; ++seed) {
    if (!launch(seed))
      return driver::CheckFailed;
    for (size_t i = 0; i < first.size(); ++i)
      if (std::memcmp(first[i].bytes.data(), results[i].bytes.data(),
                      first[i].spec.bytes())) {
        fmt::print(stderr, "argument {} with seed {} is not that with seed 1\n",
                   i, seed);
        return driver::CheckFailed;
      }
    if (first.empty())
      first = results;
  }
  printResults();
  saveResults();
  return driver::Done;
}

static void addOptions(CLI::App &app, Options &options) {
  app.add_option("file", options.file, "PTX file")->required();
  app.add_option("--kernel", options.kernel, "which one (default: the only)");
  app.add_option("--grid", options.grid, "blocks: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  app.add_option("--block", options.block, "threads of a block: X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  app.add_option("--shared", options.shared, "bytes of dynamic shared memory");
  app.add_option("--arg", options.arguments, argumentForms)
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--print", options.printed, "print argument N afterwards")
      ->allow_extra_args(false);
  app.add_option("--save", options.saved, "write argument N: N=FILE.npy")
      ->allow_extra_args(false);
  app.add_option("--seed", options.seed, "from which orders are drawn");
  app.add_option("--seeds", options.seeds,
                 "run with seeds 1 to N, which must agree in every bit");
  app.add_option("--fuel", options.fuel,
                 "backward branches and calls of a thread");
  app.add_flag("--no-check{true},--check{false}", options.unchecked,
               "check no accesses, which is faster");
  app.add_flag("--cooperative", options.cooperative,
               "the grid may synchronise");
  app.add_flag("--list", options.list,
               "list kernels, and what cannot be translated, and stop");
  app.add_flag("--time", options.timed, "print how long launches take");
}

static int runTool(int argc, char **argv) {
  CLI::App app("Executes a kernel of a PTX file without a GPU, and checks what "
               "it does",
               "sinter-ptx-run");
  app.set_version_flag("--version", driver::versionText);
  app.footer("Exit codes: 0 done; 1 the file cannot be used; 2 wrong usage; 3 "
             "the kernel did something wrong.");
  Options options;
  addOptions(app, options);
  int exitCode = driver::Done;
  if (!driver::parseCommandLine(app, argc, argv, exitCode))
    return exitCode;
  return Runner(options).run();
}

int main(int argc, char **argv) {
  return driver::runReportingErrors("sinter-ptx-run",
                                    [&] { return runTool(argc, argv); });
}
