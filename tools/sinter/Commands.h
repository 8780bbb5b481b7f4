// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of the driver and what they share.
#ifndef SINTER_TOOLS_SINTER_COMMANDS_H
#define SINTER_TOOLS_SINTER_COMMANDS_H

#include "sinter/Data/Error.h"
#include "sinter/Execution/Compiler.h"
#include <string>
#include <vector>

namespace sinter::driver {

/// Exit codes of the driver.
enum ExitCode : int {
  Done = 0,
  BadInput = 1,    ///< a located error was printed
  WrongUsage = 2,  ///< the command line
  CheckFailed = 3, ///< `check` found a difference
  InternalError = 70,
  Interrupted = 130,
};

/// What is wrong with the command line itself.
class UsageError : public Error {
public:
  using Error::Error;
};

/// Options that all commands take.
struct CommonOptions {
  std::string file;
  std::vector<std::string> dims; ///< "N=64,32"
  std::string entry;
  std::string dtype = "f32";
  std::string device = "cpu";
  std::string triple, cpu;
  std::string dataDirectory;
  bool reference = false; ///< -O0
  int threads = 1;

  /// Where data files are looked up: --data-dir, or the model file's folder.
  std::string dataFolder() const;
  /// Checks the options against each other; throws Error.
  CompilerOptions compilerOptions() const;
};

struct CompileOptions {
  std::string output, emit, startFrom, dumpDirectory;
};
struct RunOptions {
  std::string block, weights, output;
  std::vector<std::string> inputs; ///< "[NAME=]@FILE.npy" or "[NAME=]LITERAL"
  int64_t seed = 0;
};
struct TrainOptions {
  std::string block, save, resume, init;
  int64_t seed = -1; ///< below 0: the block's
};
struct CheckOptions {
  std::string golden, tolerance;
  bool eval = false;
  int64_t steps = 0;
  bool gradients = false;
};
struct BenchOptions {
  int samples = 30;
};

int compile(const CommonOptions &common, const CompileOptions &options);
int run(const CommonOptions &common, const RunOptions &options);
int train(const CommonOptions &common, const TrainOptions &options);
int check(const CommonOptions &common, const CheckOptions &options);
int inspect(const CommonOptions &common);
int bench(const CommonOptions &common, const BenchOptions &options);

} // namespace sinter::driver
#endif
