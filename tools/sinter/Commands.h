// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of the driver and what they share.
#ifndef SINTER_TOOLS_SINTER_COMMANDS_H
#define SINTER_TOOLS_SINTER_COMMANDS_H

#include "sinter/Driver/CommandLine.h"
#include "sinter/Execution/Compiler.h"
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sinter::driver {

/// Options that all commands take.
struct CommonOptions : ExecutionOptions {
  std::string file;
  std::vector<std::string> dims; ///< "N=64,32"
  std::string dtype = "f32";
  std::string device = "cpu";
  std::string triple, cpu;
  std::string runner;          ///< command that calls code elsewhere
  bool fold = false;           ///< batch norms into weights
  bool reference = false;      ///< -O0
  bool levelGiven = false;     ///< -O was given
  std::set<std::string> given; ///< names of all options on the command line
  unsigned compileThreads = 1;
  std::string insertPass, insertAfter; ///< of tests alone: a wrong pass

  /// Where data files are looked up: --data-dir, or the model file's folder.
  std::string dataFolder() const;
  /// Checks the options against each other; throws Error.
  CompilerOptions compilerOptions() const;
};

/// Checks folders that a train block, or a run block, says it writes: of the
/// one with this name, or of the only one if the name is empty.
void checkFoldersOf(CompilerOptions &options, bool ofTraining,
                    const std::string &block);

struct CompileOptions {
  std::string output, emit, startFrom, dumpDirectory;
  bool lineTables = false;     ///< -g
  bool trust = false;          ///< runs the code of dumps after linalg
  std::optional<int64_t> seed; ///< of the weights; nothing: the train block's
};

/// The folder of a bundle and the stem of its files.
struct BundlePlace {
  std::string folder, stem;
};

/// Where -o, or without it the model file's name, puts a bundle: "build/mlp" is
/// a folder whose files have the stem mlp. Throws UsageError.
BundlePlace bundlePlace(const std::string &output, const std::string &file);
/// The initial weights of a bundle: whether its code may run to give them, and
/// the seed if it is not the train block's.
struct InitialWeights {
  bool wanted = true;
  std::optional<int64_t> seed;
};
/// Writes STEM.o, libSTEM.a, STEM.h and, if the model has weights that are
/// wanted, STEM.safetensors: all of them, or none. False after errors of the
/// compiler; throws Error.
bool writeBundle(Compiler &compiler, const BundlePlace &place,
                 const InitialWeights &weights);

struct CheckOptions {
  std::string golden, tolerance;
  bool eval = false;
  int64_t steps = 0;
  int64_t seed = 1; ///< of random inputs
  bool gradients = false, bisect = false;
};
struct InspectOptions {
  std::string kernel; ///< show this kernel alone
  bool json = false;
};
struct BenchOptions {
  int samples = 30;
  bool json = false;
};

struct ListOptions {
  std::string pattern;   ///< part of a name, or a pattern with '*'; empty: all
  bool markdown = false; ///< as docs/reference.md
};

/// The driver's command line. `presets` are common options that it starts from.
int runDriver(int argc, char **argv, const CommonOptions &presets);
int compile(const CommonOptions &common, const CompileOptions &options);
int run(const CommonOptions &common, const RunOptions &options);
int train(const CommonOptions &common, const TrainOptions &options);
int check(const CommonOptions &common, const CheckOptions &options);
int inspect(const CommonOptions &common, const InspectOptions &options);
int bench(const CommonOptions &common, const BenchOptions &options);
int list(const ListOptions &options);

} // namespace sinter::driver
#endif
