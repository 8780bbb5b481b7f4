// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the command lines of `sinter` and of the programs that it makes share:
// options, exit codes and how errors end a process. No LLVM here.
#ifndef SINTER_DRIVER_COMMANDLINE_H
#define SINTER_DRIVER_COMMANDLINE_H

#include "sinter/Data/Error.h"
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sinter::driver {

/// Exit codes of the driver and of programs.
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

/// A file that an option names.
struct NamedFile {
  std::string option, file; ///< no file: the option is not given
};

/// Throws UsageError if an output is one of the inputs or another output.
void checkOutputs(const std::vector<NamedFile> &inputs,
                  const std::vector<NamedFile> &outputs);

/// Thrown after diagnostics have been printed: ends with BadInput.
struct Reported {};

/// Options of everything that executes.
struct ExecutionOptions {
  std::string entry; ///< [MODULE.]FN; empty: all, or the only one
  std::string dataDirectory;
  int threads = 0; ///< 0: one, to train all if that is faster
};

struct RunOptions {
  std::string block, weights, output;
  std::string plot;                ///< picture of the results; empty: none
  std::vector<std::string> inputs; ///< "[NAME=]@FILE.npy" or "[NAME=]LITERAL"
  int64_t seed = 0;
};

struct TrainOptions {
  std::string block, save, resume, init;
  std::string plot;   ///< picture of the losses; empty: none
  int64_t seed = -1;  ///< below 0: the block's
  bool exact = false; ///< losses as hexadecimal floating-point numbers
};

/// Add the options to a command; `options` must outlive the parsing.
void addExecutionOptions(CLI::App &command, ExecutionOptions &options);
void addRunOptions(CLI::App &command, RunOptions &options);
void addTrainOptions(CLI::App &command, TrainOptions &options);

/// What --version prints, that of CMakeLists.txt.
inline constexpr char versionText[] = "sinter 0.1.0";

/// Parses the command line. False if there is nothing more to do: help or an
/// error has been printed, and `exitCode` is set.
bool parseCommandLine(CLI::App &app, int argc, char **argv, int &exitCode);

/// Runs `command` and turns what it throws into a message "NAME: error: …" and
/// an exit code. A standard output that could not be written is an error too.
int runReportingErrors(const std::string &name,
                       const std::function<int()> &command);

} // namespace sinter::driver
#endif
