// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of a program that holds one model.
#include "sinter/Driver/Program.h"
#include "sinter/Data/ModelDescription.h"
#include "sinter/Driver/RunCommand.h"
#include "sinter/Driver/TrainCommand.h"
#include <CLI/CLI.hpp>

using namespace sinter;
using namespace sinter::driver;

static Model modelOf(const sinter_program &program) {
  Model model = parseModelDescription(program.description);
  for (size_t i = 0; i < model.entries.size(); ++i)
    model.entries[i].function = program.entries[i];
  return model;
}

static int dispatch(const Model &model, int argc, char **argv) {
  CLI::App app("Trains and runs the model " + model.name, model.name);
  app.require_subcommand(1);
  ExecutionOptions execution;
  execution.dataDirectory = ".";
  RunOptions runOptions;
  TrainOptions trainOptions;
  CLI::App &runCommand = *app.add_subcommand("run", "call an entry");
  addExecutionOptions(runCommand, execution);
  addRunOptions(runCommand, runOptions);
  CLI::App &trainCommand = *app.add_subcommand("train", "run a train block");
  addExecutionOptions(trainCommand, execution);
  addTrainOptions(trainCommand, trainOptions);
  int exitCode = Done;
  if (!parseCommandLine(app, argc, argv, exitCode))
    return exitCode;
  if (trainCommand.parsed())
    return trainBlock(model, execution, execution.dataDirectory, trainOptions);
  ModelSession session(model, execution.threads);
  if (wantsBlock(model, execution.entry, runOptions)) {
    runBlock(session, execution.dataDirectory, runOptions);
    return Done;
  }
  runEntry(session, execution.entry, parseInputs(runOptions.inputs),
           runOptions);
  return Done;
}

int sinter_program_main(int argc, char **argv, const sinter_program *program) {
  std::string name = argc > 0 ? argv[0] : "program";
  name = name.substr(name.rfind('/') + 1);
  return runReportingErrors(
      name, [&] { return dispatch(modelOf(*program), argc, argv); });
}
