// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From text to code: parse, place variables, translate, optimise, compile.
#include "Compile.h"
#include "Translate/ModuleContext.h"
#include "sinter/PTX/Parser.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace sinter::ptx;

struct LoadedModule::Implementation {
  Device &device;
  Records records;
  std::vector<Kernel> kernels;
  llvm::StringMap<GlobalVariable> globals;
  std::unique_ptr<llvm::orc::LLJIT> jit;

  explicit Implementation(Device &device) : device(device) {}
  ~Implementation() {
    for (auto &global : globals)
      device.free(global.second.address);
  }

  llvm::Error placeVariables(const Module &module);
  llvm::Error relocate(const Module &module);
  llvm::StringMap<std::string> translate(ModuleContext &context,
                                         llvm::StringRef text);
  void addKernels(const ModuleContext &context,
                  const llvm::StringMap<std::string> &errors);
  llvm::Error link(ModuleContext &context, std::unique_ptr<llvm::Module> ir,
                   std::unique_ptr<llvm::LLVMContext> llvm);
};

/// Variables of the module are zero unless they have a value.
llvm::Error LoadedModule::Implementation::placeVariables(const Module &module) {
  for (const Variable &variable : module.variables) {
    if ((variable.space != Space::Global &&
         variable.space != Space::Constant) ||
        !variable.size)
      continue;
    uint64_t address = device.allocate(
        variable.size, std::max<uint64_t>(16, variable.alignment));
    if (!address)
      return llvm::createStringError("no room for variable '" + variable.name +
                                     "'");
    std::vector<uint8_t> bytes = variable.initialiser;
    bytes.resize(variable.size);
    device.write(address, bytes.data(), bytes.size());
    globals[variable.name] = {address, variable.size};
  }
  return llvm::Error::success();
}

/// Fills in the addresses in initialisers, of variables and of functions.
llvm::Error LoadedModule::Implementation::relocate(const Module &module) {
  for (const Variable &variable : module.variables)
    for (const Relocation &relocation : variable.relocations) {
      auto self = globals.find(variable.name);
      auto found = globals.find(relocation.symbol);
      uint64_t value = 0;
      if (found != globals.end()) {
        value = found->second.address;
      } else {
        auto symbol = jit->lookup(irName(relocation.symbol));
        if (!symbol)
          return symbol.takeError();
        value = symbol->getValue();
      }
      value += relocation.addend;
      device.write(self->second.address + relocation.offset, &value,
                   std::min<uint64_t>(8, variable.type.bytes()));
    }
  return llvm::Error::success();
}

/// Translates all functions; one that cannot be does not spoil the others.
llvm::StringMap<std::string>
LoadedModule::Implementation::translate(ModuleContext &context,
                                        llvm::StringRef text) {
  for (const Variable &variable : context.syntax.variables)
    context.variables[variable.name] = &variable;
  for (const Function &function : context.syntax.functions)
    declareFunction(context, function);
  llvm::StringMap<std::string> errors;
  for (const Function &function : context.syntax.functions) {
    if (!function.hasBody)
      continue;
    std::string error = translateFunction(context, function, text);
    if (error.empty())
      continue;
    errors[function.name] = error;
    llvm::Function *ir = context.ir.getFunction(irName(function.name));
    ir->deleteBody();
  }
  return errors;
}

/// An error of a function that is called, or whose address is taken, is one of
/// every kernel.
void LoadedModule::Implementation::addKernels(
    const ModuleContext &context, const llvm::StringMap<std::string> &errors) {
  const Module &module = context.syntax;
  std::string common;
  uint64_t localBytes = 0;
  for (const Function &function : module.functions) {
    auto found = errors.find(function.name);
    if (!function.isEntry && found != errors.end() &&
        !context.ir.getFunction(irName(function.name))->use_empty())
      common = found->second;
    for (const Variable &variable : function.variables)
      if (variable.space == Space::Local)
        localBytes += variable.size;
  }
  for (const Function &function : module.functions) {
    if (!function.isEntry || !function.hasBody)
      continue;
    Kernel kernel;
    kernel.name = function.name;
    for (unsigned i : function.parameters) {
      const Variable &parameter = function.variables[i];
      uint32_t offset =
          llvm::alignTo(kernel.parameterBytes, parameter.alignment);
      kernel.parameters.push_back({offset, uint32_t(parameter.size)});
      kernel.parameterBytes = offset + parameter.size;
    }
    kernel.sharedBytes = context.layout.bytes(function);
    kernel.sharedMap = context.layout.map(function);
    kernel.dynamicSharedAlignment = context.layout.dynamicAlignment();
    if (function.maximumThreads)
      kernel.maximumThreads = std::min<uint64_t>(1024, function.maximumThreads);
    kernel.requiredThreads = function.requiredThreads;
    kernel.localBytes = localBytes;
    kernel.checked = context.checked;
    kernel.error = errors.lookup(function.name);
    if (kernel.error.empty())
      kernel.error = common;
    kernel.location = module.name + ":" +
                      std::to_string(function.position.line) + ":" +
                      std::to_string(function.position.column);
    kernels.push_back(std::move(kernel));
  }
}

llvm::Error
LoadedModule::Implementation::link(ModuleContext &context,
                                   std::unique_ptr<llvm::Module> ir,
                                   std::unique_ptr<llvm::LLVMContext> llvm) {
  // What was left without a body is never called: its kernels have an error.
  for (llvm::Function &function : llvm::make_early_inc_range(*ir)) {
    if (!function.isDeclaration() || !function.getName().starts_with("ptx."))
      continue;
    function.replaceAllUsesWith(
        llvm::ConstantPointerNull::get(function.getType()));
    function.eraseFromParent();
  }
  auto compiled = compile(std::move(ir), std::move(llvm));
  if (!compiled)
    return compiled.takeError();
  jit = std::move(*compiled);
  for (Kernel &kernel : kernels) {
    if (!kernel.error.empty())
      continue;
    auto symbol = jit->lookup(irName(kernel.name));
    if (!symbol)
      return symbol.takeError();
    kernel.entry = symbol->toPtr<void (*)(void *, void *)>();
  }
  return llvm::Error::success();
}

LoadedModule::LoadedModule(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
LoadedModule::~LoadedModule() = default;

llvm::Expected<std::unique_ptr<LoadedModule>>
LoadedModule::load(Device &device, llvm::StringRef text, llvm::StringRef name,
                   ModuleOptions options) {
  llvm::Expected<Module> module = parse(text, name);
  if (!module)
    return module.takeError();
  auto result = std::make_unique<Implementation>(device);
  if (llvm::Error error = result->placeVariables(*module))
    return error;
  auto llvm = std::make_unique<llvm::LLVMContext>();
  auto ir = std::make_unique<llvm::Module>(name, *llvm);
  ModuleContext context{*module,
                        *ir,
                        device.implementation(),
                        result->records,
                        result->globals,
                        options.checked};
  llvm::StringMap<std::string> errors = result->translate(context, text);
  result->addKernels(context, errors);
  if (llvm::Error error = result->link(context, std::move(ir), std::move(llvm)))
    return error;
  if (llvm::Error error = result->relocate(*module))
    return error;
  return std::unique_ptr<LoadedModule>(new LoadedModule(std::move(result)));
}

const std::vector<Kernel> &LoadedModule::kernels() const {
  return implementation->kernels;
}

const Kernel *LoadedModule::kernel(llvm::StringRef name) const {
  for (const Kernel &kernel : implementation->kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

std::optional<GlobalVariable> LoadedModule::global(llvm::StringRef name) const {
  auto found = implementation->globals.find(name);
  if (found == implementation->globals.end())
    return std::nullopt;
  return found->second;
}
