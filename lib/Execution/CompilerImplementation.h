// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a compiler holds, for the files that implement it.

#ifndef SINTER_LIB_EXECUTION_COMPILERIMPLEMENTATION_H
#define SINTER_LIB_EXECUTION_COMPILERIMPLEMENTATION_H

#include "DiagnosticOutput.h"
#include "RemoteObject.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "sinter/Data/Printable.h"
#include "sinter/Execution/Compiler.h"
#include "sinter/Execution/JIT.h"
#include "sinter/Frontend/Parser.h"
#include "sinter/Pipelines/Pipelines.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace sinter {

struct Compiler::Implementation {
  CompilerOptions options;
  std::unique_ptr<Source> source;
  std::unique_ptr<Diagnostics> diagnostics;
  std::unique_ptr<ast::Program> program;
  std::unique_ptr<llvm::ThreadPoolInterface> threads; ///< of the context
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Phase phase = Phase::Source; ///< how far the module is
  std::string features;        ///< of the CPU, as a dump names them
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<LoadedObject> object;
  std::unique_ptr<RemoteObject> remote;
  Model table;
  std::map<std::string, std::vector<KernelInfo>> kernels; ///< by instanceKey
  std::map<std::string, MemoryInfo> memory;
  std::map<std::string, EntryFacts> facts; ///< by instanceKey
  DiagnosticOutput messages;               ///< of passes

  bool createTarget();
  bool readText();
  bool readDump();
  bool captureModule();
  PipelineOptions pipelineOptions() const;
  bool advance(Phase to);
  bool emitDot(Phase at, std::string &output);
  bool emitIR(Phase to, std::string &output);
  void recordKernels(mlir::ModuleOp at);
  void recordFacts();
  bool dump(Phase at, llvm::function_ref<void(llvm::raw_ostream &)> print);
  bool describe();
  bool compileObject(std::string &bytes);
  bool compileAssembly(std::string &text);
  bool explainKernel(llvm::StringRef name, std::string &text);
  bool compileInitializers(llvm::SmallVectorImpl<char> &bytes);
  bool loadCode(llvm::ArrayRef<char> bytes,
                llvm::function_ref<bool(const Entry &)> wanted);
  bool loadElsewhere(llvm::StringRef bytes);
};

/// What has no place in a model file: a file, a target, a phase.
inline bool fail(const llvm::Twine &message) {
  llvm::errs() << "sinter: error: " << printable(message.str()) << "\n";
  return false;
}

/// Runs `body` with diagnostics going to `implementation`.
template <typename Implementation, typename Body>
bool reporting(Implementation &implementation, Body body) {
  mlir::ScopedDiagnosticHandler handler(
      implementation.context.get(), [&](mlir::Diagnostic &diagnostic) {
        implementation.messages.handle(diagnostic);
      });
  return body();
}

} // namespace sinter

#endif // SINTER_LIB_EXECUTION_COMPILERIMPLEMENTATION_H
