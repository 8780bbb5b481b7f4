// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as one object: from a model file to IR at any phase, to object
// code and to a callable model. The header knows no LLVM, so that the driver
// stays cheap to build and may use exceptions.
#ifndef SINTER_EXECUTION_COMPILER_H
#define SINTER_EXECUTION_COMPILER_H

#include "sinter/Execution/EntryFacts.h"
#include "sinter/Frontend/SkippedNotes.h"
#include "sinter/Runtime/Model.h"
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sinter {

/// What to compile, and how.
struct CompilerOptions {
  std::string file;      ///< model text, or a dump when startFrom is set
  std::string startFrom; ///< phase of the dump; empty or source: model text
  std::string model;     ///< name for C names; empty: the file's stem
  std::map<std::string, std::vector<int64_t>> dims; ///< --dim N=64,32
  std::string entry; ///< only this entry; empty: all
  SkippedNotes skippedNotes = SkippedNotes::All;
  std::string dtype = "f32";
  std::string triple, cpu; ///< empty: the host's
  bool fold = false;       ///< --fold: batch norms into weights
  bool optimize = true;    ///< false: -O0, the reference schedule
  bool wideSums = true;    ///< of -O0: sums of f32 in f64
  bool levelGiven = false; ///< `optimize` was asked for: a dump must agree
  bool lineTables = false; ///< -g: DWARF line tables of the model file
  std::string runner; ///< command that calls code elsewhere; empty: load() here
  std::string dumpDirectory;        ///< --dump-phases
  bool evalMode = false;            ///< `check` in eval mode alone
  bool check = false;               ///< make the entries of `sinter check`
  std::set<std::string> cotangents; ///< outputs whose gradients are asked for
  bool isolateOps = false;          ///< see nn-isolate-gradients
  bool throughStops = false;        ///< see CaptureOptions
  bool gradientEntries = false;     ///< beside every fn F the entry "F.check"
  /// Called after an error in the text of a dump was printed. MLIR's parser
  /// does not survive every error: a program does best to end here.
  std::function<void()> onUnreadableDump;
  /// Passes after which -O0 takes over; not given: all are optimizing.
  std::optional<size_t> optimizedPasses;
  std::string insertPass, insertAfter; ///< see PipelineOptions
  bool warnings = true;                ///< false: print errors alone
  bool fusionReport = false;           ///< KernelInfo has decisions of fusion
  unsigned compileThreads = 1; ///< on which passes run; no byte depends on it
  /// Shapes of inputs by name: bind the dims of the entry's signature.
  std::map<std::string, std::vector<int64_t>> inputShapes;
  /// The same of inputs without names: for the other parameters, in order.
  std::vector<std::vector<int64_t>> unnamedInputShapes;
  /// Shapes of the fields of a data source, given as JSON
  /// (Training/Settings.h), rows in front; empty without an error: the data is
  /// not there.
  std::function<std::vector<std::vector<int64_t>>(const std::string &source,
                                                  std::string &error)>
      dataShapes;
  /// What is wrong with a folder that a train or run block says it writes;
  /// empty if nothing is, or if that block will not run.
  std::function<std::string(bool ofTraining, const std::string &block,
                            const std::string &folder)>
      checkFolder;
};

/// Bytes [begin, end) of a parameter of an entry.
struct ParameterRange {
  unsigned parameter;
  int64_t begin, end;
};

/// A loop of an entry, which launches its kernels and loops once a step.
struct LoopInfo {
  size_t number; ///< within the entry
  int64_t steps;
  bool reverse; ///< from the last time to the first
};

/// What one kernel is: for reports of memory, work and fusion. Amounts are of
/// all launches in a call of the entry.
struct KernelInfo {
  std::string name;
  std::vector<std::string> sources; ///< "file:line:column" of what fused
  std::vector<LoopInfo> loops;      ///< around its launch, outermost first
  int64_t flops = 0;                ///< of products, sums and elementwise ops
  int64_t productFlops = 0;         ///< of products alone
  int64_t bytes = 0; ///< that it reads and writes of its operands
  /// What it reads and writes of state, inputs and results.
  std::vector<ParameterRange> parameters;
  /// Decisions of fusion: "fused nn.linear, nn.relu", "not fused: …", each
  /// once; kept if the options ask for a report.
  std::vector<std::string> fusion;

  int64_t launches() const {
    int64_t count = 1;
    for (const LoopInfo &loop : loops)
      count *= loop.steps;
    return count;
  }
};

/// The position in `kernels`, those of an entry, of each launch, in the order
/// in which a call of the entry launches them.
std::vector<size_t> launchOrder(const std::vector<KernelInfo> &kernels);

/// Bytes of state, inputs and results that kernels read and write, each counted
/// once: what an entry cannot do without, however it is compiled.
int64_t parameterBytes(const std::vector<KernelInfo> &kernels);

/// Bytes that a call of an entry's instance needs.
struct MemoryInfo {
  int64_t inputs = 0, results = 0, workspace = 0;
  int64_t histories = 0; ///< slots of what loops over time carry
  int64_t saved = 0;     ///< what such loops store for other loops
};

/// One compilation. Errors are printed to stderr in clang's manner.
class Compiler {
public:
  /// Reads and captures the file (or parses the dump). Null after an error.
  static std::unique_ptr<Compiler> create(const CompilerOptions &options);
  ~Compiler();

  /// The text (or the bytes, for obj) at the end of `phase`, or one of the
  /// drawings; false after an error.
  bool emit(const std::string &phase, std::string &output);

  /// Compiles to object code, loads it and returns the table of its functions,
  /// valid as long as this object; null after an error.
  const Model *load();

  /// Compiles up to object code and returns the table of the model without
  /// code; null after an error.
  const Model *describe();
  /// Writes an executable program that trains and runs the model
  /// (Driver/Program.h); false after an error, `file` stays as it was then.
  bool makeProgram(const std::string &file);
  /// Loads, for this machine whatever the target, the `init` entries alone;
  /// null after an error.
  const Model *loadInitializers();

  /// Appends where a kernel of the model comes from and what it becomes: places
  /// in the model file with their lines, IR at kernels and loops, assembly.
  /// False after an error, such as a name that no kernel has.
  bool explainKernel(const std::string &name, std::string &text);

  /// "nn-fuse (fused)" for each pass from the graph phase on, in order.
  std::vector<std::string> passes() const;

  /// Kernels of an entry's instance in the order of the schedule, after load();
  /// those that run with a prepared state if asked for.
  std::vector<KernelInfo> kernelsOf(const std::string &entry,
                                    const std::vector<int64_t> &dims,
                                    bool prepared = false) const;
  /// The memory of an entry's instance, after load(), beside the state.
  MemoryInfo memoryOf(const std::string &entry,
                      const std::vector<int64_t> &dims) const;
  /// What the graph says about an entry's instance, after load().
  EntryFacts factsOf(const std::string &entry,
                     const std::vector<int64_t> &dims) const;

private:
  struct Implementation;
  explicit Compiler(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

/// The names of the phases, in order: source, graph, …, obj.
const std::vector<std::string> &phaseNames();
/// What `emit` draws in Graphviz's language beside them: dot is the fused
/// graph, dot-graph and dot-grad are those before.
const std::vector<std::string> &drawingNames();

} // namespace sinter
#endif
