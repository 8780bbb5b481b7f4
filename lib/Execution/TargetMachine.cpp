// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses and checks the target.
#include "sinter/Execution/TargetMachine.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

static void initializeTargets() {
  // Static initialisation is thread-safe and happens once.
  static const bool initialized = [] {
    InitializeAllTargetInfos();
    InitializeAllTargets();
    InitializeAllTargetMCs();
    InitializeAllAsmPrinters();
    return true;
  }();
  (void)initialized;
}

sinter::TargetNames sinter::hostTarget() {
  // The feature map is unordered; the string must not depend on that.
  StringMap<bool> map = sys::getHostCPUFeatures();
  SmallVector<StringRef> names(map.keys());
  llvm::sort(names);
  SubtargetFeatures features;
  for (StringRef name : names)
    features.AddFeature(name, map.lookup(name));
  return {sys::getProcessTriple(), sys::getHostCPUName().str(),
          features.getString()};
}

static Error unknownCPU(const MCSubtargetInfo &info, StringRef cpu,
                        StringRef triple) {
  std::string message;
  raw_string_ostream stream(message);
  stream << "unknown cpu '" << cpu << "' for " << triple << "; known: ";
  ListSeparator separator;
  for (const SubtargetSubTypeKV &known : info.getAllProcessorDescriptions())
    stream << separator << known.Key;
  return createStringError(inconvertibleErrorCode(), message);
}

Expected<std::unique_ptr<TargetMachine>>
sinter::createTargetMachine(StringRef triple, StringRef cpu, StringRef features,
                            bool optimize) {
  initializeTargets();
  TargetNames host = hostTarget();
  std::string tripleName =
      triple.empty() ? host.triple : Triple::normalize(triple);
  std::string cpuName = cpu.str(), featureString = features.str();
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(tripleName, error);
  if (!target)
    return createStringError(inconvertibleErrorCode(), error);
  bool isHost = Triple(tripleName).getArch() == Triple(host.triple).getArch();
  if (cpuName.empty() || cpuName == "native") {
    cpuName = isHost ? host.cpu : "";
    if (isHost && featureString.empty())
      featureString = host.features;
  }
  std::unique_ptr<MCSubtargetInfo> info(
      target->createMCSubtargetInfo(tripleName, "", ""));
  if (!cpuName.empty() && !info->isCPUStringValid(cpuName))
    return unknownCPU(*info, cpuName, tripleName);

  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Strict;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      tripleName, cpuName, featureString, options, Reloc::PIC_, std::nullopt,
      optimize ? CodeGenOptLevel::Default : CodeGenOptLevel::Less));
  if (!machine)
    return createStringError(inconvertibleErrorCode(),
                             "no code generator for " + tripleName);
  return machine;
}

unsigned sinter::vectorBytesOf(const TargetMachine &machine) {
  const MCSubtargetInfo *info = machine.getMCSubtargetInfo();
  if (!machine.getTargetTriple().isX86())
    return 16;
  if (info->checkFeatures("+avx512f,+avx512bw,+avx512dq,+avx512vl"))
    return 64;
  return info->checkFeatures("+avx2,+fma") ? 32 : 16;
}
