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
#include <cctype>
#include <csignal>
#include <cstdio>
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

/// "unknown argument '--wieghts'", or what the library says, in our manner.
static std::string messageOf(const CLI::ParseError &error) {
  std::string text = error.what();
  const std::string unknown = "The following argument was not expected: ";
  if (text.compare(0, unknown.size(), unknown) == 0)
    return fmt::format("unknown argument '{}'; see --help",
                       text.substr(unknown.size()));
  if (text.size() > 1 && !std::isupper(static_cast<unsigned char>(text[1])))
    text[0] = char(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

bool parseCommandLine(CLI::App &app, int argc, char **argv, int &exitCode) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() != 0)
      throw UsageError(messageOf(error));
    app.exit(error); // prints help or the version
    exitCode = Done;
    return false;
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
