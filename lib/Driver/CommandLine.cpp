// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Options of `run` and `train`, and the border where exceptions become exit
// codes.
#include "sinter/Driver/CommandLine.h"
#include "sinter/Data/Printable.h"
#include "sinter/Driver/Picture.h"
#include "sinter/Driver/ResultFile.h"
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <new>
#include <system_error>

namespace sinter::driver {

void addExecutionOptions(CLI::App &command, ExecutionOptions &options) {
  command.add_option("--entry", options.entry, "only this entry: [MODULE.]FN");
  command.add_option("--data-dir", options.dataDirectory,
                     "folder of data files");
  command
      .add_option(
          "--threads", options.threads,
          "threads to run on (1; to train, all cores if that is faster)")
      ->check(CLI::Range(1, 1024));
}

/// `--plot`, which means FILE, or `--plot=NAME`.
static void addPlot(CLI::App &command, const std::string &file,
                    std::string &plot, const std::string &what) {
  command.add_flag("--plot{" + file + "}", plot, what)->check(checkPictureName);
}

void addRunOptions(CLI::App &command, RunOptions &options) {
  command.add_option("block", options.block, "run block");
  command.add_option("--weights", options.weights, "safetensors file");
  command
      .add_option("--input", options.inputs,
                  "[NAME=]@FILE.npy or [NAME=]LITERAL")
      ->allow_extra_args(false);
  command
      .add_option("-o", options.output,
                  "write results to this .npy, .npz, .safetensors, .csv or "
                  ".json file")
      ->check(checkResultName);
  command.add_option("--seed", options.seed, "seed of random draws");
  addPlot(command, "results.svg", options.plot,
          "draw results with one dimension as curves, as SVG or PNG");
}

void addTrainOptions(CLI::App &command, TrainOptions &options) {
  command.add_option("block", options.block, "train block");
  command.add_option("--save", options.save, "write a checkpoint here");
  command.add_option("--resume", options.resume, "continue from a checkpoint");
  command.add_option("--init", options.init, "start from these weights");
  command.add_option("--seed", options.seed, "overrides the block's seed")
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--exact", options.exact,
                   "print losses in hexadecimal, with all their bits");
  addPlot(command, "loss.svg", options.plot,
          "draw losses over steps, as SVG or PNG");
}

/// The commands of a program: "compile, run, …".
static std::string commandsOf(const CLI::App &app) {
  std::string names;
  for (const CLI::App *command : app.get_subcommands({}))
    names += (names.empty() ? "" : ", ") + command->get_name();
  return names;
}

/// Splits "BEFORE{separator}AFTER"; false if `separator` is not in `text`.
static bool split(const std::string &text, const std::string &separator,
                  std::string &before, std::string &after) {
  const size_t at = text.find(separator);
  if (at == std::string::npos)
    return false;
  before = text.substr(0, at);
  after = text.substr(at + separator.size());
  return true;
}

/// What the library says, in our manner: "unknown argument '--wieghts'",
/// "--threads: expected 1 to 1024, but got 0".
static std::string messageOf(const CLI::App &app, const CLI::ParseError &error,
                             const std::string &first) {
  const std::string text = error.what();
  std::string before, after, option, value;
  if (split(text, "was not expected: ", before, after))
    return fmt::format("unknown argument '{}'; see --help", after);
  if (split(text, "were not expected: ", before, after))
    return fmt::format("unknown arguments '{}'; see --help", after);
  if (text == "A subcommand is required")
    return fmt::format("expected one of the commands {}, but got {}",
                       commandsOf(app),
                       first.empty() ? "none" : "'" + first + "'");
  if (split(text, " is required", before, after))
    return fmt::format("expected {}, but got none; see --help", before);
  if (split(text, " not in {", before, after) &&
      split(before, ": ", option, value))
    return fmt::format("{}: expected one of {}, but got '{}'", option,
                       after.substr(0, after.rfind('}')), value);
  if (split(text, " not in range ", before, after) &&
      split(before, ": Value ", option, value))
    return fmt::format("{}: expected {}, but got {}", option, after, value);
  return text;
}

/// `--save=` names nothing.
static void refuseEmptyValues(const CLI::App &app) {
  for (const CLI::Option *option : app.get_options())
    for (const std::string &value : option->results())
      if (value.empty() && option->get_items_expected_min() > 0)
        throw UsageError(fmt::format("{}: expected a value, but got none",
                                     option->get_name()));
  for (const CLI::App *command : app.get_subcommands())
    refuseEmptyValues(*command);
}

bool parseCommandLine(CLI::App &app, int argc, char **argv, int &exitCode) {
  try {
    app.parse(argc, argv);
    refuseEmptyValues(app);
    return true;
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() != 0)
      throw UsageError(messageOf(app, error, argc > 1 ? argv[1] : ""));
    app.exit(error); // prints help or the version
    exitCode = Done;
    return false;
  }
}

/// Whether both names are of one file, there or not. Devices and pipes are read
/// and written at once.
static bool isSameFile(const std::string &left, const std::string &right) {
  namespace fs = std::filesystem;
  std::error_code code;
  if (fs::exists(left, code) && !fs::is_regular_file(left, code))
    return false;
  if (fs::equivalent(left, right, code) && !code)
    return true;
  fs::path first = fs::weakly_canonical(left, code), second;
  if (!code)
    second = fs::weakly_canonical(right, code);
  return !code && first == second;
}

void checkOutputs(const std::vector<NamedFile> &inputs,
                  const std::vector<NamedFile> &outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NamedFile &output = outputs[i];
    if (output.file.empty())
      continue;
    for (const NamedFile &input : inputs)
      if (!input.file.empty() && isSameFile(output.file, input.file))
        throw UsageError(fmt::format("{}: expected another file than {}, '{}', "
                                     "which it would overwrite",
                                     output.option, input.option, input.file));
    for (size_t j = 0; j < i; ++j)
      if (!outputs[j].file.empty() && isSameFile(output.file, outputs[j].file))
        throw UsageError(fmt::format("{}: expected another file than that of "
                                     "{}, but got '{}' again",
                                     output.option, outputs[j].option,
                                     output.file));
  }
}

/// What was printed must have arrived: a full disk is no success.
static int finish(int code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout))
    return code;
  throw Error("cannot write to the standard output");
}

int runReportingErrors(const std::string &name,
                       const std::function<int()> &command) {
  auto fail = [&](const char *kind, const char *text, ExitCode code) {
    fmt::print(stderr, "{}: {}: {}\n", name, kind, printable(text));
    return int(code);
  };
  // A file-size limit is an error of the write, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return finish(command());
  } catch (const Reported &) {
    return BadInput;
  } catch (const UsageError &error) {
    return fail("error", error.what(), WrongUsage);
  } catch (const Error &error) {
    return fail("error", error.what(), BadInput);
  } catch (const std::system_error &error) {
    return fail("error", error.what(), BadInput);
  } catch (const std::bad_alloc &) {
    return fail("error", "out of memory", BadInput);
  } catch (const std::exception &error) {
    return fail("internal error", error.what(), InternalError);
  }
}

} // namespace sinter::driver
