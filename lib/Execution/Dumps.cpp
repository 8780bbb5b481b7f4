// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dumps on disk, their settings, and options that contradict these.

#include "Dumps.h"
#include "mlir/Parser/Parser.h"
#include "sinter/Data/File.h"
#include "sinter/Execution/TargetMachine.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

/// MLIR's bytecode begins with these bytes. Its reader trusts what it reads.
static constexpr llvm::StringLiteral bytecodeMagic("ML\xefR");
/// MLIR's parser and what walks its attributes recur into brackets. No dump of
/// ours nests a tenth as deep.
static constexpr unsigned maxNesting = 1000;

/// The line where brackets outside of strings nest too deep; nothing if they do
/// not.
static std::optional<unsigned> findDeepNesting(llvm::StringRef text) {
  unsigned depth = 0, line = 1;
  bool isString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    line += c == '\n';
    if (isString && c == '\\')
      ++i;
    else if (c == '"')
      isString = !isString;
    if (isString)
      continue;
    bool isArrow = c == '>' && i > 0 && text[i - 1] == '-';
    if (llvm::StringRef("([{<").contains(c) && ++depth > maxNesting)
      return line;
    if (llvm::StringRef(")]}>").contains(c) && !isArrow && depth > 0)
      --depth;
  }
  return std::nullopt;
}

/// Whether a dump can be read without a stack as deep as it nests; an error
/// otherwise. What cannot be opened is the parser's to report.
static bool checkNesting(llvm::StringRef file, MLIRContext &context) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(file);
  std::optional<unsigned> line =
      buffer ? findDeepNesting((*buffer)->getBuffer()) : std::nullopt;
  if (line)
    emitError(FileLineColLoc::get(&context, file, *line, 1))
        << "expected brackets nested at most " << maxNesting << " deep";
  return !line;
}

OwningOpRef<ModuleOp> sinter::parseDump(llvm::StringRef file,
                                        MLIRContext &context) {
  OwningOpRef<ModuleOp> module;
  auto start = llvm::MemoryBuffer::getFileSlice(file, bytecodeMagic.size(), 0);
  if (start && (*start)->getBuffer() == bytecodeMagic) {
    emitError(FileLineColLoc::get(&context, file, 1, 1))
        << "expected a dump as text, but got MLIR's bytecode";
    return module;
  }
  if (file != "-" && !checkNesting(file, context))
    return module;
  // The parser fails where a value that an op with a region names is defined
  // inside of that region: it destroys what stands for the value until then.
  llvm::CrashRecoveryContext::Enable();
  llvm::CrashRecoveryContext recovery;
  bool survived = recovery.RunSafely([&] {
    module = parseSourceFile<ModuleOp>(
        file, ParserConfig(&context, /*verifyAfterParse=*/false));
  });
  llvm::CrashRecoveryContext::Disable();
  if (!survived)
    emitError(FileLineColLoc::get(&context, file, 1, 1))
        << "expected a dump, but got text that MLIR's parser cannot read";
  return module;
}

/// Takes the text that `dump` has under `name`. `given` is what the command
/// line says, in the same words; empty if it says nothing.
static bool takeText(ModuleOp dump, llvm::StringRef name,
                     llvm::StringRef option, const std::string &given,
                     std::string &value) {
  auto known = dump->getAttrOfType<StringAttr>(name);
  if (!known)
    return true;
  if (!given.empty() && given != known.getValue()) {
    dump.emitError("expected ")
        << option << " to be that of the dump, '" << known.getValue()
        << "', but got '" << given << "'";
    return false;
  }
  value = known.str();
  return true;
}

bool sinter::takeSettings(ModuleOp dump, CompilerOptions &options,
                          std::string &features) {
  std::string triple =
      options.triple.empty() ? "" : llvm::Triple::normalize(options.triple);
  std::string cpu = options.cpu == "native" ? hostTarget().cpu : options.cpu;
  if (!takeText(dump, "nn.target", "--target", triple, options.triple) ||
      !takeText(dump, "nn.cpu", "--mcpu", cpu, options.cpu) ||
      !takeText(dump, "nn.features", "features", "", features))
    return false;
  auto fold = dump->getAttrOfType<BoolAttr>("nn.fold");
  if (options.fold && fold && !fold.getValue()) {
    dump.emitError("expected no --fold: the dump was made without it");
    return false;
  }
  options.fold = fold ? fold.getValue() : options.fold;
  auto optimize = dump->getAttrOfType<BoolAttr>("nn.optimize");
  if (!optimize)
    return true;
  if (options.levelGiven && options.optimize != optimize.getValue()) {
    dump.emitError("expected -O to be that of the dump, which is ")
        << (optimize.getValue() ? "optimized" : "of -O0");
    return false;
  }
  options.optimize = optimize.getValue();
  return true;
}

bool sinter::writeDump(llvm::StringRef directory, Phase phase,
                       llvm::function_ref<void(llvm::raw_ostream &)> print,
                       std::string &why) {
  if (std::error_code error = llvm::sys::fs::create_directories(directory)) {
    why = ("cannot create '" + directory + "': " + error.message()).str();
    return false;
  }
  llvm::SmallString<256> path(directory);
  llvm::sys::path::append(
      path, "0" + std::to_string(int(phase)) + "-" + nameOf(phase).str() +
                (phase == Phase::Source ? ".sinter" : ".mlir"));
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os);
  return tryWriteFileAtomically(path.str().str(), os.str(), why);
}
