// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the compiler from linalg or loops to loaded code.
#include "CompiledText.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "sinter/CodeGen/CPU/Lowering/Passes.h"
#include "sinter/Execution/JIT.h"
#include "sinter/Execution/ObjectEmission.h"
#include "sinter/Execution/TargetMachine.h"

using namespace mlir;
using namespace sinter::test;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registry.insert<func::FuncDialect, arith::ArithDialect, math::MathDialect,
                  linalg::LinalgDialect, memref::MemRefDialect, scf::SCFDialect,
                  tensor::TensorDialect, vector::VectorDialect,
                  LLVM::LLVMDialect, bufferization::BufferizationDialect>();
  sinter::registerLLVMTranslation(registry);
  return registry;
}

static FailureOr<llvm::SmallVector<char, 0>>
compileModule(ModuleOp module, const TextOptions &options) {
  PassManager manager(module.getContext());
  if (options.referenceLoops)
    manager.addPass(sinter::createReferenceLoops());
  sinter::LLVMLoweringOptions lowering;
  lowering.exportKernels = true;
  lowering.expandMath = options.expandMath;
  sinter::buildLowerToLLVMPipeline(manager, lowering);
  if (failed(manager.run(module)))
    return failure();
  auto machine = sinter::createTargetMachine();
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  return sinter::emitObject(module, **machine);
}

llvm::SmallVector<char, 0> sinter::test::compileText(llvm::StringRef text,
                                                     const TextOptions &options,
                                                     std::string *error) {
  MLIRContext context(makeRegistry(), MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  std::string first;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (first.empty())
      first = diagnostic.str();
    return success(error != nullptr);
  });
  auto module = parseSourceString<ModuleOp>(text, &context);
  llvm::SmallVector<char, 0> bytes;
  if (module)
    if (auto object = compileModule(*module, options); succeeded(object))
      bytes = std::move(*object);
  if (error)
    *error = first;
  return bytes;
}

struct CompiledText::Code {
  std::unique_ptr<sinter::LoadedObject> object;
};

CompiledText::CompiledText(llvm::StringRef text, const TextOptions &options)
    : code(std::make_unique<Code>()) {
  auto bytes = compileText(text, options);
  if (bytes.empty())
    return;
  auto object = sinter::loadObject(bytes);
  if (object)
    code->object = std::move(*object);
  else
    llvm::logAllUnhandledErrors(object.takeError(), llvm::errs());
}

CompiledText::~CompiledText() = default;

bool CompiledText::is() const { return code->object != nullptr; }

void *CompiledText::address(llvm::StringRef name) const {
  if (!code->object)
    return nullptr;
  auto found = code->object->lookup(name);
  if (found)
    return *found;
  llvm::logAllUnhandledErrors(found.takeError(), llvm::errs());
  return nullptr;
}
