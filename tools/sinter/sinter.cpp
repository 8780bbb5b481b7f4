// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The driver's command line: sinter compile | run | train | check | inspect |
// bench.

#include "Session.h"
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <system_error>

using namespace sinter;
using namespace sinter::driver;

namespace {

/// Adds what all commands take.
void addCommon(CLI::App &command, CommonOptions &options) {
  command.add_option("file", options.file, "model file")->required();
  command.add_option("--entry", options.entry, "only this entry: [MODULE.]FN");
  command.add_option("--dim", options.dims, "bind a dim: N=64 or N=64,32")
      ->allow_extra_args(false);
  command.add_option("--dtype", options.dtype, "element type of f32 values")
      ->check(CLI::IsMember({"f32", "f64"}));
  command.add_option("--device", options.device, "where to run")
      ->check(CLI::IsMember({"cpu"}));
  command.add_option("--target", options.triple, "target triple");
  command.add_option("--mcpu", options.cpu, "target CPU (default: the host's)");
  command.add_option("--data-dir", options.dataDirectory,
                     "folder of data files (default: the model file's)");
  command.add_option("--threads", options.threads, "threads to run on")
      ->check(CLI::Range(1, 1024));
  command
      .add_option_function<int>(
          "-O", [&](int level) { options.reference = level == 0; },
          "-O0: the plain reference schedule")
      ->check(CLI::Range(0, 3));
}

void addCompile(CLI::App &app, CommonOptions &common, CompileOptions &options) {
  CLI::App &command = *app.add_subcommand("compile", "print IR or write code");
  addCommon(command, common);
  command.add_option("-o", options.output, "output file");
  command.add_option("--emit", options.emit, "phase to print")
      ->check(CLI::IsMember(phaseNames()));
  command
      .add_option("--start-from", options.startFrom,
                  "FILE is a dump of this phase")
      ->check(CLI::IsMember(phaseNames()));
  command.add_option("--dump-phases", options.dumpDirectory,
                     "write DIR/NN-PHASE.mlir for every phase");
}

void addRun(CLI::App &app, CommonOptions &common, RunOptions &options) {
  CLI::App &command =
      *app.add_subcommand("run", "call an entry or go through a run block");
  addCommon(command, common);
  command.add_option("block", options.block, "run block");
  command.add_option("--weights", options.weights, "safetensors file");
  command
      .add_option("--input", options.inputs,
                  "[NAME=]@FILE.npy or [NAME=]LITERAL")
      ->allow_extra_args(false);
  command.add_option("-o", options.output, "write results to this file");
  command.add_option("--seed", options.seed, "seed of random draws");
}

void addTrain(CLI::App &app, CommonOptions &common, TrainOptions &options) {
  CLI::App &command = *app.add_subcommand("train", "run a train block");
  addCommon(command, common);
  command.add_option("block", options.block, "train block");
  command.add_option("--save", options.save, "write a checkpoint here");
  command.add_option("--resume", options.resume, "continue from a checkpoint");
  command.add_option("--init", options.init, "start from these weights");
  command.add_option("--seed", options.seed, "overrides the block's seed")
      ->check(CLI::NonNegativeNumber);
}

void addCheck(CLI::App &app, CommonOptions &common, CheckOptions &options) {
  CLI::App &command =
      *app.add_subcommand("check", "compare with golden numbers");
  addCommon(command, common);
  command.add_option("--golden", options.golden, "safetensors file");
  command
      .add_option("--tolerance", options.tolerance, "output=1e-5,grad=1e-5,…")
      ->expected(0, 1);
  command.add_flag("--eval", options.eval, "everything in eval mode");
  command.add_flag("--gradients", options.gradients,
                   "finite differences in f64");
  command.add_option("--steps", options.steps, "training steps to compare")
      ->check(CLI::PositiveNumber);
}

/// What was printed must have arrived: a full disk is no success.
int finish(int code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout))
    return code;
  throw Error("cannot write to the standard output");
}

int dispatch(int argc, char **argv) {
  CLI::App app("Sinter compiles networks described in text, training included",
               "sinter");
  app.require_subcommand(1);
  app.set_version_flag("--version", "sinter 0.1.0");
  CommonOptions common;
  CompileOptions compileOptions;
  RunOptions runOptions;
  TrainOptions trainOptions;
  CheckOptions checkOptions;
  BenchOptions benchOptions;
  addCompile(app, common, compileOptions);
  addRun(app, common, runOptions);
  addTrain(app, common, trainOptions);
  addCheck(app, common, checkOptions);
  addCommon(*app.add_subcommand("inspect", "entries, state, kernels, fusion"),
            common);
  CLI::App &benchCommand =
      *app.add_subcommand("bench", "time entries and kernels");
  addCommon(benchCommand, common);
  benchCommand.add_option("--samples", benchOptions.samples, "samples a time")
      ->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? Done : WrongUsage;
  }
  const std::string command = app.get_subcommands().front()->get_name();
  if (command == "compile")
    return compile(common, compileOptions);
  if (command == "run")
    return run(common, runOptions);
  if (command == "train")
    return train(common, trainOptions);
  if (command == "check")
    return check(common, checkOptions);
  if (command == "inspect")
    return inspect(common);
  return bench(common, benchOptions);
}

} // namespace

int main(int argc, char **argv) {
  // A file-size limit is an error of the write, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return finish(dispatch(argc, argv));
  } catch (const Reported &) {
    return BadInput;
  } catch (const UsageError &error) {
    std::fprintf(stderr, "sinter: error: %s\n", error.what());
    return WrongUsage;
  } catch (const Error &error) {
    std::fprintf(stderr, "sinter: error: %s\n", error.what());
    return BadInput;
  } catch (const std::system_error &error) {
    std::fprintf(stderr, "sinter: error: %s\n", error.what());
    return BadInput;
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "sinter: error: out of memory\n");
    return BadInput;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "sinter: internal error: %s\n", error.what());
    return InternalError;
  }
}
