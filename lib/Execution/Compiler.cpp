// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as one object: reading, capture, phases, object code, reports.

#include "CompilerImplementation.h"
#include "DotEmission.h"
#include "Dumps.h"
#include "KernelProvenance.h"
#include "ReadEntryFacts.h"
#include "mlir/IR/Verifier.h"
#include "sinter/Data/File.h"
#include "sinter/Dialect/NN/IR/Preparation.h"
#include "sinter/Execution/KernelReport.h"
#include "sinter/Execution/LineTables.h"
#include "sinter/Execution/ObjectEmission.h"
#include "sinter/Execution/Places.h"
#include "sinter/Execution/TargetMachine.h"
#include "sinter/Frontend/Capture/Capture.h"
#include "sinter/Frontend/Printer.h"
#include "sinter/Pipelines/ModelTable.h"
#include "sinter/Pipelines/Steps.h"
#include "llvm/MC/MCAsmInfo.h"

using namespace mlir;

namespace sinter {

const std::vector<std::string> &phaseNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (unsigned phase = 0; phase <= unsigned(Phase::Obj); ++phase)
      all.push_back(nameOf(Phase(phase)).str());
    return all;
  }();
  return names;
}

static std::string instanceKey(llvm::StringRef entry,
                               llvm::ArrayRef<int64_t> dims) {
  std::string key = entry.str();
  for (int64_t dim : dims)
    key += "," + std::to_string(dim);
  return key;
}

bool Compiler::Implementation::createTarget() {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> created =
      createTargetMachine({options.triple, options.cpu, features},
                          options.optimize && !options.optimizedPasses);
  if (!created && module)
    return module->emitError(llvm::toString(created.takeError())), false;
  if (!created)
    return fail(llvm::toString(created.takeError()));
  machine = std::move(*created);
  return true;
}

/// What a file that is no model text is, with what to do; empty if it may be.
static std::string describeNoModelText(llvm::StringRef text) {
  if (text.take_front(1024).contains('\0'))
    return "no text: expected a model file";
  // The attribute tells it from a module that is called attributes.
  llvm::StringRef start = text.ltrim().take_front(4096);
  bool isDump = start.starts_with("#loc") || start.starts_with("module {") ||
                (start.starts_with("module attributes {") &&
                 start.contains("nn.model = "));
  return isDump ? "a dump of the compiler's: expected compile with "
                  "--start-from=PHASE to go on from it"
                : "";
}

bool Compiler::Implementation::readText() {
  std::string why;
  source = Source::fromFile(options.file, why);
  if (!source)
    return fail("cannot read '" + options.file + "': " + why);
  if (std::string wrong = describeNoModelText(source->text()); !wrong.empty())
    return fail("'" + options.file + "' is " + wrong);
  messages.source = source.get();
  diagnostics = std::make_unique<Diagnostics>(*source);
  program = parseProgram(*source, *diagnostics);
  if (diagnostics->hasErrors()) {
    diagnostics->printToStderr();
    return false;
  }
  return true;
}

bool Compiler::Implementation::readDump() {
  std::optional<Phase> from = phaseNamed(options.startFrom);
  if (!from || *from > Phase::Llvm)
    return fail("cannot start from phase '" + options.startFrom + "'");
  phase = *from;
  messages.afterError = options.onUnreadableDump;
  module = parseDump(options.file, *context);
  messages.afterError = nullptr;
  if (!module || failed(verify(*module)))
    return false;
  if (module->getBody()->empty())
    return fail("'" + options.file + "' holds no entry: it is no dump");
  return succeeded(verifyPhase(*module, phase)) &&
         takeSettings(*module, options, features);
}

bool Compiler::Implementation::captureModule() {
  if (module)
    return true;
  CaptureOptions capturing;
  capturing.model = options.model;
  capturing.dims = options.dims;
  capturing.dtype = options.dtype;
  capturing.entry = options.entry;
  capturing.skippedNotes = options.skippedNotes;
  capturing.inputShapes = options.inputShapes;
  capturing.unnamedInputShapes = options.unnamedInputShapes;
  capturing.check = options.check;
  capturing.evalMode = options.evalMode;
  capturing.cotangents = options.cotangents;
  capturing.gradientEntries = options.gradientEntries;
  capturing.throughStops = options.throughStops;
  if (options.dataShapes)
    capturing.dataShapes = [this](llvm::StringRef source, std::string &error) {
      return options.dataShapes(source.str(), error);
    };
  if (options.checkFolder)
    capturing.checkFolder = [this](bool ofTraining, llvm::StringRef block,
                                   llvm::StringRef folder) {
      return options.checkFolder(ofTraining, block.str(), folder.str());
    };
  module = capture(*program, *context, capturing, *diagnostics);
  if (options.warnings || diagnostics->hasErrors())
    diagnostics->printToStderr();
  if (!module || diagnostics->hasErrors())
    return false;
  return dump(Phase::Source,
              [&](llvm::raw_ostream &os) { printProgram(*program, os); }) &&
         advance(Phase::Graph);
}

/// Dumps carry locations, which later phases and messages need.
static void printModule(ModuleOp module, llvm::raw_ostream &os) {
  module.print(os, OpPrintingFlags().enableDebugInfo());
  os << "\n";
}

bool Compiler::Implementation::dump(
    Phase at, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  std::string why;
  return options.dumpDirectory.empty() ||
         writeDump(options.dumpDirectory, at, print, why) || fail(why);
}

/// Ends the keys of instances for prepared states.
static const std::string preparedSuffix = "$prepared";

/// The key of an entry's function; empty if it is none.
static std::string instanceKey(func::FuncOp function) {
  auto name = function->getAttrOfType<StringAttr>("nn.entry");
  if (!name)
    return "";
  llvm::SmallVector<int64_t> dims;
  if (auto all = function->getAttrOfType<DictionaryAttr>("nn.dims"))
    for (NamedAttribute dim : all)
      dims.push_back(cast<IntegerAttr>(dim.getValue()).getInt());
  return instanceKey(name, dims) +
         (nn::isForPrepared(function) ? preparedSuffix : "");
}

void Compiler::Implementation::recordFacts() {
  for (auto function : module->getOps<func::FuncOp>())
    if (std::string key = instanceKey(function);
        !key.empty() && !nn::isForPrepared(function))
      facts[key] = readEntryFacts(function);
}

void Compiler::Implementation::recordKernels(ModuleOp at) {
  SymbolTable symbols(at);
  for (auto function : at.getOps<func::FuncOp>())
    if (std::string key = instanceKey(function); !key.empty()) {
      kernels[key] = reportKernels(function, symbols);
      memory[key] = reportMemory(function);
    }
}

PipelineOptions Compiler::Implementation::pipelineOptions() const {
  PipelineOptions pipeline;
  pipeline.fold = options.fold;
  pipeline.optimize = options.optimize;
  pipeline.wideSums = options.wideSums;
  pipeline.target = machine->getTargetTriple().str();
  pipeline.cpu = machine->getTargetCPU().str();
  pipeline.features = machine->getTargetFeatureString().str();
  pipeline.vectorBytes = vectorBytesOf(*machine);
  pipeline.fma = hasFma(*machine);
  pipeline.isolateGradients = options.isolateOps;
  pipeline.remarks = options.fusionReport;
  pipeline.insert = options.insertPass;
  pipeline.insertAfter = options.insertAfter;
  return pipeline;
}

bool Compiler::Implementation::advance(Phase to) {
  if (to <= phase)
    return to == phase || fail("the dump is of phase " + nameOf(phase) +
                               ", which is after " + nameOf(to));
  bool good = true;
  auto afterPhase = [&](Phase at, ModuleOp now) {
    if (at == Phase::Kernels)
      recordKernels(now);
    good =
        good && dump(at, [&](llvm::raw_ostream &os) { printModule(now, os); });
  };
  bool isSnapshot = options.optimizedPasses && to == Phase::Llvm;
  LogicalResult result =
      isSnapshot ? runSnapshot(*module, phase, *options.optimizedPasses,
                               pipelineOptions(), afterPhase)
                 : runPhases(*module, phase, to, pipelineOptions(), afterPhase);
  phase = to;
  if (failed(result) && !messages.reported)
    return fail("a pass up to phase " + nameOf(to) +
                " failed and said nothing: "
                "this is an error of Sinter");
  return succeeded(result) && good;
}

bool Compiler::Implementation::compileObject(std::string &bytes) {
  if (options.lineTables)
    attachLineTables(*module, options.optimize);
  FailureOr<llvm::SmallVector<char, 0>> emitted = emitObject(*module, *machine);
  if (failed(emitted))
    return false;
  bytes.assign(emitted->begin(), emitted->end());
  return true;
}

bool Compiler::Implementation::compileAssembly(std::string &text) {
  if (options.lineTables)
    attachLineTables(*module, options.optimize);
  FailureOr<std::string> emitted = emitAssembly(*module, *machine);
  text = succeeded(emitted) ? *emitted : "";
  return succeeded(emitted);
}

bool Compiler::Implementation::explainKernel(llvm::StringRef name,
                                             std::string &text) {
  if (!captureModule() || !advance(Phase::Kernels))
    return false;
  func::FuncOp kernel = findKernel(*module, name);
  if (!kernel)
    return fail(unknownKernel(*module, name));
  llvm::raw_string_ostream os(text);
  os << "kernel " << name << ", made of\n";
  printPlaces(kernel, *source, os);
  for (Phase at : {Phase::Kernels, Phase::Loops}) {
    if (!advance(at))
      return false;
    os << "\n" << nameOf(at) << "\n";
    findKernel(*module, name).print(os, OpPrintingFlags().useLocalScope());
    os << "\n";
  }
  std::string assembly;
  options.lineTables = true;
  if (!advance(Phase::Llvm) || !compileAssembly(assembly))
    return false;
  os << "\nassembly for " << machine->getTargetCPU() << "\n"
     << assemblyOf(name, assembly, machine->getMCAsmInfo()->getCommentString());
  return true;
}

Compiler::Compiler(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
Compiler::~Compiler() = default;

std::unique_ptr<Compiler> Compiler::create(const CompilerOptions &options) {
  auto state = std::make_unique<Implementation>();
  state->options = options;
  state->messages.file = options.file;
  DialectRegistry registry;
  registerDialects(registry);
  registerLLVMTranslation(registry);
  state->context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  state->context->printOpOnDiagnostic(false);
  if (options.compileThreads > 1) {
    state->threads = std::make_unique<llvm::DefaultThreadPool>(
        llvm::hardware_concurrency(options.compileThreads));
    state->context->setThreadPool(*state->threads);
  }
  bool isText = options.startFrom.empty() || options.startFrom == "source";
  bool ready = reporting(*state, [&] {
    return (isText ? state->readText() : state->readDump()) &&
           state->createTarget();
  });
  if (!ready)
    return nullptr;
  return std::unique_ptr<Compiler>(new Compiler(std::move(state)));
}

bool Compiler::Implementation::emitIR(Phase to, std::string &output) {
  if (to == Phase::Source) {
    if (!program)
      return fail("a dump has no source text");
    llvm::raw_string_ostream os(output);
    printProgram(*program, os);
    return true;
  }
  if (!captureModule() || !advance(std::min(to, Phase::Llvm)))
    return false;
  if (to == Phase::Obj)
    return compileObject(output);
  if (to == Phase::Asm)
    return compileAssembly(output);
  llvm::raw_string_ostream os(output);
  printModule(*module, os);
  return true;
}

const std::vector<std::string> &drawingNames() {
  static const std::vector<std::string> names = {"dot", "dot-graph",
                                                 "dot-grad"};
  return names;
}

bool Compiler::Implementation::emitDot(Phase at, std::string &output) {
  if (!captureModule() || !advance(at))
    return false;
  llvm::raw_string_ostream os(output);
  printDot(*module, os);
  return true;
}

bool Compiler::emit(const std::string &name, std::string &output) {
  if (llvm::is_contained(drawingNames(), name)) {
    llvm::StringRef phase = llvm::StringRef(name).split('-').second;
    return reporting(*implementation, [&] {
      return implementation->emitDot(
          phase.empty() ? Phase::Fused : *phaseNamed(phase), output);
    });
  }
  std::optional<Phase> to = phaseNamed(name);
  if (!to)
    return fail("there is no phase '" + name + "'");
  return reporting(*implementation,
                   [&] { return implementation->emitIR(*to, output); });
}

bool Compiler::explainKernel(const std::string &name, std::string &text) {
  return reporting(*implementation,
                   [&] { return implementation->explainKernel(name, text); });
}

std::vector<std::string> Compiler::passes() const {
  std::vector<std::string> names;
  for (const Step &step :
       listSteps(implementation->context.get(), Phase::Graph, Phase::Llvm,
                 implementation->pipelineOptions()))
    names.push_back(step.pass + " (" + nameOf(step.phase).str() + ")");
  return names;
}

std::vector<KernelInfo> Compiler::kernelsOf(const std::string &entry,
                                            const std::vector<int64_t> &dims,
                                            bool prepared) const {
  std::string key = instanceKey(entry, dims);
  auto found = implementation->kernels.find(key + preparedSuffix);
  if (!prepared || found == implementation->kernels.end())
    found = implementation->kernels.find(key);
  return found == implementation->kernels.end() ? std::vector<KernelInfo>()
                                                : found->second;
}

MemoryInfo Compiler::memoryOf(const std::string &entry,
                              const std::vector<int64_t> &dims) const {
  auto found = implementation->memory.find(instanceKey(entry, dims));
  return found == implementation->memory.end() ? MemoryInfo() : found->second;
}

EntryFacts Compiler::factsOf(const std::string &entry,
                             const std::vector<int64_t> &dims) const {
  auto found = implementation->facts.find(instanceKey(entry, dims));
  return found == implementation->facts.end() ? EntryFacts() : found->second;
}

} // namespace sinter
