// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter compile`: a bundle, or one phase.

#include "Commands.h"
#include "sinter/Data/DataSource.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

namespace sinter::driver {

std::string CommonOptions::dataFolder() const {
  if (!dataDirectory.empty())
    return dataDirectory;
  std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Adds "N=64,32" to `dims`.
static void addDim(const std::string &text,
                   std::map<std::string, std::vector<int64_t>> &dims) {
  size_t equals = text.find('=');
  std::vector<int64_t> values;
  for (size_t at = equals; at < text.size();) {
    size_t end = std::min(text.find(',', at + 1), text.size());
    std::string number = text.substr(at + 1, end - at - 1);
    bool digits = !number.empty() && number.size() <= 12 &&
                  number.find_first_not_of("0123456789") == std::string::npos;
    values.push_back(digits ? std::stoll(number) : 0);
    at = end;
    if (values.back() < 1)
      throw UsageError(fmt::format(
          "--dim: expected a positive number, but got '{}'", number));
  }
  if (equals == 0 || values.empty())
    throw UsageError(
        fmt::format("--dim: expected NAME=NUMBER, but got '{}'", text));
  dims[text.substr(0, equals)] = values;
}

CompilerOptions CommonOptions::compilerOptions() const {
  CompilerOptions options;
  options.file = file;
  for (const std::string &dim : dims)
    addDim(dim, options.dims);
  options.entry = entry;
  options.dtype = dtype;
  options.triple = triple;
  options.runner = runner;
  options.cpu = cpu;
  options.fold = fold;
  options.optimize = !reference;
  options.levelGiven = levelGiven;
  options.compileThreads = compileThreads;
  options.insertPass = insertPass;
  options.insertAfter = insertAfter;
  options.dataShapes = [folder = dataFolder()](const std::string &source,
                                               std::string &error) {
    return tryFieldShapes(source, folder, error);
  };
  return options;
}

void checkFoldersOf(CompilerOptions &options, bool ofTraining,
                    const std::string &block) {
  options.checkFolder = [ofTraining, block](bool isTrain,
                                            const std::string &name,
                                            const std::string &folder) {
    if (isTrain != ofTraining || (!block.empty() && name != block))
      return std::string();
    try {
      checkFolderWritable(folder);
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string();
  };
}

/// What only capture reads has no meaning for a dump, which was captured.
static void checkDumpOptions(const CommonOptions &common,
                             const std::string &startFrom) {
  if (startFrom.empty() || startFrom == "source")
    return;
  for (const char *option : {"--dim", "--dtype", "--entry", "--data-dir"})
    if (common.given.count(option))
      throw UsageError(fmt::format("expected no {} with --start-from={}: a "
                                   "dump holds what was captured",
                                   option, startFrom));
}

/// Weights take a run of `init`. The code of dumps after linalg is not known to
/// stay inside of its buffers, so it runs when its user asks for it.
static InitialWeights weightsOf(const CompileOptions &options) {
  bool needsTrust = options.startFrom == "loops" || options.startFrom == "llvm";
  if (options.trust && !needsTrust)
    throw UsageError("--trust: expected --start-from=loops or llvm: other code "
                     "is verified");
  return {!needsTrust || options.trust, options.seed};
}

int compile(const CommonOptions &common, const CompileOptions &options) {
  checkDumpOptions(common, options.startFrom);
  const InitialWeights weights = weightsOf(options);
  CompilerOptions compilerOptions = common.compilerOptions();
  compilerOptions.startFrom = options.startFrom;
  compilerOptions.onUnreadableDump = [] { std::_Exit(BadInput); };
  compilerOptions.dumpDirectory = options.dumpDirectory;
  compilerOptions.lineTables = options.lineTables;
  // Only dumps were asked for if there is a folder for them and none for code.
  bool bundle = options.emit.empty() &&
                (options.dumpDirectory.empty() || !options.output.empty());
  BundlePlace place;
  if (bundle) {
    place = bundlePlace(options.output, common.file);
    compilerOptions.model = place.stem;
  }
  std::string output = options.output == "-" ? "" : options.output;
  if (output.empty() && options.emit == "exe")
    output = std::filesystem::path(common.file).stem().string();
  checkOutputs({{"the model", common.file}}, {{"-o", output}});
  if (!bundle && common.given.count("--seed"))
    throw UsageError("--seed: expected no --emit with it: it is the seed of "
                     "the weights");
  std::unique_ptr<Compiler> compiler = Compiler::create(compilerOptions);
  if (bundle)
    return compiler && writeBundle(*compiler, place, weights) ? Done : BadInput;
  if (options.emit == "exe")
    return compiler && compiler->makeProgram(output) ? Done : BadInput;
  std::string text;
  if (!compiler ||
      !compiler->emit(options.emit.empty() ? "obj" : options.emit, text))
    return BadInput;
  if (!output.empty())
    writeFileAtomically(output, text);
  else if (!options.emit.empty() &&
           (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
            std::fflush(stdout)))
    throw Error("cannot write to the standard output");
  return Done;
}

} // namespace sinter::driver
