// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The driver's command line: sinter compile | run | train | check | inspect |
// bench | list.

#include "Session.h"
#include <CLI/CLI.hpp>

using namespace sinter;
using namespace sinter::driver;

namespace {

/// Adds what all commands take.
void addCommon(CLI::App &command, CommonOptions &options) {
  command.add_option("file", options.file, "model file")->required();
  addExecutionOptions(command, options);
  command.add_option("--dim", options.dims, "bind a dim: N=64 or N=64,32")
      ->allow_extra_args(false);
  command.add_option("--dtype", options.dtype, "element type of f32 values")
      ->check(CLI::IsMember({"f32", "f64"}));
  command.add_option("--device", options.device, "where to run")
      ->check(CLI::IsMember({"cpu"}));
  command.add_option("--target", options.triple, "target triple");
  command.add_option("--mcpu", options.cpu, "target CPU (default: the host's)");
  command
      .add_option("--compile-threads", options.compileThreads,
                  "threads to compile on")
      ->check(CLI::Range(1, 1024));
  command.add_flag("--fold", options.fold,
                   "fold batch norms of evaluation into the weights before "
                   "them, which rounds differently");
  command
      .add_option_function<int>(
          "-O",
          [&](int level) {
            options.reference = level == 0;
            options.levelGiven = true;
          },
          "-O0: the plain reference schedule")
      ->check(CLI::Range(0, 3));
}

void addRunner(CLI::App &command, CommonOptions &options) {
  command.add_option(
      "--runner", options.runner,
      "command that calls the code, on an emulator for instance");
}

/// Assembly and object code are the end.
std::vector<std::string> startPhaseNames() {
  std::vector<std::string> names = phaseNames();
  names.resize(names.size() - 2);
  return names;
}

void addCompile(CLI::App &app, CommonOptions &common, CompileOptions &options) {
  CLI::App &command = *app.add_subcommand(
      "compile", "make object code, a C header and weights, or print a phase");
  addCommon(command, common);
  command.add_option("-o", options.output,
                     "output folder, whose name the files get; with --emit a "
                     "file");
  command
      .add_option("--seed", options.seed,
                  "of the weights (default: the train block's, else 0)")
      ->check(CLI::NonNegativeNumber);
  std::vector<std::string> emitted = phaseNames();
  emitted.insert(emitted.end(), drawingNames().begin(), drawingNames().end());
  emitted.push_back("exe");
  command
      .add_option("--emit", options.emit,
                  "print this phase instead, draw a graph for Graphviz (dot: "
                  "the fused one), or make a program: exe")
      ->check(CLI::IsMember(emitted));
  command
      .add_option("--start-from", options.startFrom,
                  "FILE is a dump of this phase")
      ->check(CLI::IsMember(startPhaseNames()));
  command.add_flag("--trust", options.trust,
                   "run code of a dump of loops or llvm, for initial weights");
  command.add_flag("-g", options.lineTables,
                   "DWARF line tables of the model file");
  command.add_option("--dump-phases", options.dumpDirectory,
                     "write DIR/NN-PHASE.mlir for every phase");
}

void addRun(CLI::App &app, CommonOptions &common, RunOptions &options) {
  CLI::App &command =
      *app.add_subcommand("run", "call an entry or go through a run block");
  addCommon(command, common);
  addRunner(command, common);
  addRunOptions(command, options);
}

void addTrain(CLI::App &app, CommonOptions &common, TrainOptions &options) {
  CLI::App &command = *app.add_subcommand("train", "run a train block");
  addCommon(command, common);
  addRunner(command, common);
  addTrainOptions(command, options);
}

void addCheck(CLI::App &app, CommonOptions &common, CheckOptions &options) {
  CLI::App &command =
      *app.add_subcommand("check", "compare optimized code with -O0 in f64");
  addCommon(command, common);
  addRunner(command, common);
  command.add_option("--golden", options.golden, "safetensors file");
  command
      .add_option("--tolerance", options.tolerance, "output=1e-5,grad=1e-5,…")
      ->expected(0, 1);
  command.add_flag("--eval", options.eval, "everything in eval mode");
  command.add_flag("--gradients", options.gradients,
                   "finite differences in f64");
  command.add_flag("--bisect", options.bisect,
                   "name the first pass after which results differ");
  command.add_option("--seed", options.seed, "seed of random inputs")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--steps", options.steps, "training steps to compare")
      ->check(CLI::PositiveNumber);
}

void addInspect(CLI::App &app, CommonOptions &common, InspectOptions &options) {
  CLI::App &command =
      *app.add_subcommand("inspect", "entries, state, kernels, fusion");
  addCommon(command, common);
  command.add_option("--kernel", options.kernel,
                     "where this kernel comes from, its IR and assembly");
  command.add_flag("--json", options.json, "print JSON");
}

void addList(CLI::App &app, ListOptions &options) {
  CLI::App &command =
      *app.add_subcommand("list", "what the language has: names, parameters");
  command.add_option("pattern", options.pattern,
                     "part of a name, or a pattern such as '*softmax'");
  command.add_flag("--markdown", options.markdown, "print docs/reference.md");
}

int dispatch(int argc, char **argv, CommonOptions common) {
  CLI::App app("Sinter compiles networks described in text, training included",
               "sinter");
  app.require_subcommand(1);
  app.set_version_flag("--version", versionText);
  CompileOptions compileOptions;
  RunOptions runOptions;
  TrainOptions trainOptions;
  CheckOptions checkOptions;
  InspectOptions inspectOptions;
  BenchOptions benchOptions;
  addCompile(app, common, compileOptions);
  addRun(app, common, runOptions);
  addTrain(app, common, trainOptions);
  addCheck(app, common, checkOptions);
  addInspect(app, common, inspectOptions);
  CLI::App &benchCommand =
      *app.add_subcommand("bench", "time entries and kernels");
  addCommon(benchCommand, common);
  benchCommand.add_option("--samples", benchOptions.samples, "samples a time")
      ->check(CLI::PositiveNumber);
  benchCommand.add_flag("--json", benchOptions.json, "print JSON");
  ListOptions listOptions;
  addList(app, listOptions);
  int exitCode = Done;
  if (!parseCommandLine(app, argc, argv, exitCode))
    return exitCode;
  CLI::App &chosen = *app.get_subcommands().front();
  for (const CLI::Option *option : chosen.get_options())
    if (option->count())
      common.given.insert(option->get_name());
  const std::string command = chosen.get_name();
  if (command == "compile")
    return compile(common, compileOptions);
  if (command == "run")
    return run(common, runOptions);
  if (command == "train")
    return train(common, trainOptions);
  if (command == "check")
    return check(common, checkOptions);
  if (command == "inspect")
    return inspect(common, inspectOptions);
  if (command == "list")
    return list(listOptions);
  return bench(common, benchOptions);
}

} // namespace

int driver::runDriver(int argc, char **argv, const CommonOptions &presets) {
  return runReportingErrors("sinter",
                            [&] { return dispatch(argc, argv, presets); });
}
