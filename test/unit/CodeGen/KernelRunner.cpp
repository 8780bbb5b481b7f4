// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compilation and comparison of kernels.

#include "KernelRunner.h"

#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "sinter/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;

namespace sinter::test {

struct CompiledKernel::Code {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void (*entry)(void *const *, int64_t, int64_t) = nullptr;

  void load(std::unique_ptr<llvm::Module> module,
            std::unique_ptr<llvm::LLVMContext> context, Way way);
};

CompiledKernel::CompiledKernel() : code(std::make_unique<Code>()) {}
CompiledKernel::~CompiledKernel() = default;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registry
      .insert<affine::AffineDialect, arith::ArithDialect,
              bufferization::BufferizationDialect, func::FuncDialect,
              linalg::LinalgDialect, math::MathDialect, memref::MemRefDialect,
              scf::SCFDialect, tensor::TensorDialect, vector::VectorDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  return registry;
}

static LogicalResult lower(ModuleOp module, Way way, int64_t vectorBytes) {
  PassManager pm(module->getContext());
  if (way == Way::Loops) {
    EmitLoopsOptions options;
    options.vectorBytes = vectorBytes;
    pm.addPass(createEmitLoops(options));
    pm.addPass(createVerifyLoops());
    LLVMLoweringOptions lowering;
    lowering.exportKernels = true;
    buildLowerToLLVMPipeline(pm, lowering);
    return pm.run(module);
  }
  pm.addPass(bufferization::createOneShotBufferizePass());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertVectorToSCFPass());
  pm.addPass(createConvertSCFToCFPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions options;
  options.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(options));
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

/// void entry(ptr buffers, i64 begin, i64 end) calls @kernel.
static void addEntry(llvm::Module &module, size_t count) {
  llvm::LLVMContext &context = module.getContext();
  llvm::IRBuilder<> builder(context);
  auto *i64 = builder.getInt64Ty();
  auto *type = llvm::FunctionType::get(builder.getVoidTy(),
                                       {builder.getPtrTy(), i64, i64}, false);
  auto *entry = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                       "entry", module);
  builder.SetInsertPoint(llvm::BasicBlock::Create(context, "", entry));
  std::vector<llvm::Value *> arguments;
  for (size_t i = 0; i < count; ++i)
    arguments.push_back(builder.CreateLoad(
        builder.getPtrTy(),
        builder.CreateConstGEP1_64(builder.getPtrTy(), entry->getArg(0), i)));
  arguments.push_back(entry->getArg(1));
  arguments.push_back(entry->getArg(2));
  builder.CreateCall(module.getFunction("kernel"), arguments);
  builder.CreateRetVoid();
}

static void optimize(llvm::Module &module, llvm::TargetMachine &target) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) {
      function.addFnAttr("prefer-vector-width", "512");
      function.addFnAttr("target-cpu", target.getTargetCPU());
      function.addFnAttr("target-features", target.getTargetFeatureString());
    }
  module.setDataLayout(target.createDataLayout());
  llvm::PassBuilder builder(&target);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, modules);
}

void CompiledKernel::describe(const std::vector<Operand> &buffers,
                              int64_t tiles, int64_t inputs) {
  operands = buffers;
  tileCount = tiles;
  inputCount = inputs;
}

/// What the buffers of a kernel hold.
static std::vector<CompiledKernel::Operand> getOperandsOf(func::FuncOp kernel) {
  std::vector<CompiledKernel::Operand> operands;
  for (Type type : kernel.getArgumentTypes()) {
    auto buffer = dyn_cast<MemRefType>(type);
    if (!buffer)
      continue;
    std::string name;
    llvm::raw_string_ostream(name) << buffer.getElementType();
    operands.push_back(
        {buffer.getNumElements(), name,
         std::max<int64_t>(1, buffer.getElementTypeBitWidth() / 8)});
  }
  return operands;
}

/// SINTER_KERNEL_RUNNER_DUMP names a file for the code of the last kernel.
static void dump(llvm::Module &module, Way way) {
  const char *path = std::getenv("SINTER_KERNEL_RUNNER_DUMP");
  if (!path || way != Way::Loops)
    return;
  std::error_code error;
  llvm::raw_fd_ostream(path, error) << module;
}

void CompiledKernel::Code::load(std::unique_ptr<llvm::Module> module,
                                std::unique_ptr<llvm::LLVMContext> context,
                                Way way) {
  auto builder =
      llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto target = llvm::cantFail(builder.createTargetMachine());
  optimize(*module, *target);
  dump(*module, way);
  jit = llvm::cantFail(
      llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(builder).create());
  llvm::cantFail(jit->addIRModule(
      llvm::orc::ThreadSafeModule(std::move(module), std::move(context))));
  entry = llvm::cantFail(jit->lookup("entry"))
              .toPtr<void (*)(void *const *, int64_t, int64_t)>();
}

std::unique_ptr<CompiledKernel>
CompiledKernel::compile(const std::string &text, Way way, int64_t vectorBytes) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  MLIRContext context(makeRegistry(), MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(text, &context);
  auto function =
      module ? module->lookupSymbol<func::FuncOp>("kernel") : nullptr;
  if (!function)
    return nullptr;
  std::unique_ptr<CompiledKernel> result(new CompiledKernel);
  auto getNumber = [&](StringRef name) {
    return function->getAttrOfType<IntegerAttr>(name).getInt();
  };
  result->describe(getOperandsOf(function), getNumber("sinter.tiles"),
                   getNumber("sinter.inputs"));
  function.setPublic();
  if (failed(lower(*module, way, vectorBytes)))
    return nullptr;
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  auto llvmModule = translateModuleToLLVMIR(*module, *llvmContext);
  if (!llvmModule)
    return nullptr;
  addEntry(*llvmModule, result->operands.size());
  result->code->load(std::move(llvmModule), std::move(llvmContext), way);
  return result;
}

void CompiledKernel::run(const std::vector<void *> &buffers, int64_t begin,
                         int64_t end) const {
  code->entry(buffers.data(), begin, end);
}

namespace {
constexpr int64_t kGuardBytes = 128;

/// Operands with guard bytes on both sides.
struct Data {
  std::vector<std::vector<char>> bytes;
  std::vector<void *> pointers;

  void refresh() {
    pointers.clear();
    for (std::vector<char> &buffer : bytes)
      pointers.push_back(buffer.data() + kGuardBytes);
  }
};
} // namespace

template <typename T> static T read(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

static double readNumber(const char *at, const std::string &type) {
  if (type == "f32")
    return read<float>(at);
  if (type == "f64")
    return read<double>(at);
  if (type == "i64")
    return static_cast<double>(read<int64_t>(at));
  if (type == "i32")
    return read<int32_t>(at);
  return read<int8_t>(at);
}

static void writeNumber(char *at, const std::string &type, double value) {
  auto write = [&](auto number) { std::memcpy(at, &number, sizeof(number)); };
  if (type == "f32")
    write(static_cast<float>(value));
  else if (type == "f64")
    write(value);
  else if (type == "i64")
    write(static_cast<int64_t>(value * 10));
  else if (type == "i32")
    write(static_cast<int32_t>(value * 10));
  else if (type == "i1")
    write(static_cast<int8_t>(value > 0));
  else
    write(static_cast<int8_t>(value * 10));
}

static Data makeData(const CompiledKernel &kernel) {
  Data data;
  std::mt19937 random(1234);
  std::uniform_real_distribution<double> uniform(-2, 2);
  for (const CompiledKernel::Operand &operand : kernel.getOperands()) {
    int64_t size = operand.count * operand.elementBytes;
    std::vector<char> bytes(size + 2 * kGuardBytes, 0x5a);
    for (int64_t i = 0; i < operand.count; ++i)
      writeNumber(bytes.data() + kGuardBytes + i * operand.elementBytes,
                  operand.elementType, uniform(random));
    data.bytes.push_back(std::move(bytes));
  }
  data.refresh();
  return data;
}

static std::string compareOperand(const CompiledKernel::Operand &operand,
                                  const std::vector<char> &got,
                                  const std::vector<char> &want,
                                  double tolerance) {
  for (size_t i = 0; i < got.size(); ++i)
    if ((i < kGuardBytes || i >= got.size() - kGuardBytes) && got[i] != 0x5a)
      return "wrote outside of the buffer at byte " +
             std::to_string(static_cast<int64_t>(i) - kGuardBytes);
  double largest = 1e-6;
  auto valueOf = [&](const std::vector<char> &bytes, int64_t i) {
    return readNumber(bytes.data() + kGuardBytes + i * operand.elementBytes,
                      operand.elementType);
  };
  for (int64_t i = 0; i < operand.count; ++i)
    if (std::isfinite(valueOf(want, i)))
      largest = std::max(largest, std::abs(valueOf(want, i)));
  bool isFloat = operand.elementType[0] == 'f';
  for (int64_t i = 0; i < operand.count; ++i) {
    double a = valueOf(got, i), b = valueOf(want, i);
    bool same = a == b || (std::isnan(a) && std::isnan(b)) ||
                (isFloat && std::abs(a - b) <= tolerance * largest);
    if (!same)
      return "element " + std::to_string(i) + " is " + std::to_string(a) +
             " instead of " + std::to_string(b);
  }
  return "";
}

std::string compare(const std::string &text, double tolerance,
                    int64_t vectorBytes) {
  auto loops = CompiledKernel::compile(text, Way::Loops, vectorBytes);
  auto reference = CompiledKernel::compile(text, Way::Reference);
  if (!loops || !reference)
    return loops ? "the reference does not compile" : "does not compile";
  const Data initial = makeData(*loops);
  Data want = initial, got = initial, tiled = initial;
  want.refresh(), got.refresh(), tiled.refresh();
  reference->run(want.pointers, 0, reference->getTileCount());
  loops->run(got.pointers, 0, loops->getTileCount());
  for (int64_t tile = loops->getTileCount(); tile-- > 0;)
    loops->run(tiled.pointers, tile, tile + 1);
  for (size_t i = 0; i < initial.bytes.size(); ++i) {
    std::string name = "operand " + std::to_string(i) + ": ";
    if (static_cast<int64_t>(i) < loops->getInputCount() &&
        got.bytes[i] != initial.bytes[i])
      return name + "an input was written";
    if (got.bytes[i] != tiled.bytes[i])
      return name + "tiles one by one give other bits";
    std::string difference = compareOperand(
        loops->getOperands()[i], got.bytes[i], want.bytes[i], tolerance);
    if (!difference.empty())
      return name + difference;
  }
  return "";
}

} // namespace sinter::test
