// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses and checks the target.
#include "sinter/Execution/TargetMachine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
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

/// The family of an architecture that code is made for; nothing for the others,
/// those with pointers of another size or object files without ELF included:
/// the C interface and the golden numbers know none of them.
static std::optional<Triple::ArchType> supportedArch(const Triple &triple) {
  bool hasOtherABI = triple.isX32() || triple.isOSWindows() ||
                     triple.getEnvironment() == Triple::GNUILP32;
  if (!triple.isOSBinFormatELF() || hasOtherABI)
    return std::nullopt;
  for (Triple::ArchType arch :
       {Triple::aarch64, Triple::riscv64, Triple::x86_64})
    if (triple.getArch() == arch)
      return arch;
  return std::nullopt;
}

/// What every machine of the target has, as distributions for it assume: on
/// RISC-V the extensions of rv64gc, which LLVM's plain CPU lacks.
static StringRef baselineFeatures(const Triple &triple, StringRef cpu) {
  return triple.isRISCV64() && cpu == "generic-rv64" ? "+m,+a,+f,+d,+c" : "";
}

/// Null if the target has no such CPU, or one without 64-bit registers or
/// floating point.
static std::unique_ptr<MCSubtargetInfo>
createSubtarget(const Target &target, const Triple &triple, StringRef cpu) {
  std::unique_ptr<MCSubtargetInfo> info(
      target.createMCSubtargetInfo(triple.str(), "", ""));
  if (!info->isCPUStringValid(cpu))
    return nullptr;
  info.reset(target.createMCSubtargetInfo(triple.str(), cpu,
                                          baselineFeatures(triple, cpu)));
  StringRef needed = triple.isX86()       ? "+64bit,+sse2"
                     : triple.isRISCV64() ? "+64bit,+f,+d"
                                          : "+neon";
  return info->checkFeatures(needed) ? std::move(info) : nullptr;
}

sinter::TargetNames sinter::hostTarget() {
  initializeTargets();
  TargetNames names{Triple::normalize(sys::getProcessTriple()),
                    sys::getHostCPUName().str(), ""};
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(names.triple, error);
  if (!target)
    return names;
  std::unique_ptr<MCSubtargetInfo> info =
      createSubtarget(*target, Triple(names.triple), names.cpu);
  if (!info)
    return names;
  // What differs from the CPU of that name, sorted: the map is unordered. What
  // is missing comes last, since a feature brings along those it implies.
  std::string present, missing;
  StringMap<bool> features = sys::getHostCPUFeatures();
  for (const SubtargetFeatureKV &feature : info->getAllProcessorFeatures()) {
    auto found = features.find(feature.Key);
    if (found == features.end() ||
        found->second == info->getFeatureBits()[feature.Value])
      continue;
    std::string &list = found->second ? present : missing;
    list += (found->second ? ",+" : ",-") + std::string(feature.Key);
  }
  names.features = StringRef(present + missing).ltrim(',').str();
  return names;
}

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static Error unknownCPU(const Target &target, const Triple &triple,
                        StringRef cpu) {
  std::string known;
  raw_string_ostream stream(known);
  ListSeparator separator;
  std::unique_ptr<MCSubtargetInfo> info(
      target.createMCSubtargetInfo(triple.str(), "", ""));
  for (const SubtargetSubTypeKV &entry : info->getAllProcessorDescriptions())
    if (createSubtarget(target, triple, entry.Key))
      stream << separator << entry.Key;
  return makeError("unknown cpu '" + cpu + "' for " + triple.str() +
                   "; known: " + stream.str());
}

/// Fills in what the names leave open.
static Expected<sinter::TargetNames> completeNames(sinter::TargetNames names) {
  sinter::TargetNames host = sinter::hostTarget();
  std::string given = names.triple;
  names.triple = given.empty() ? host.triple : Triple::normalize(given);
  std::optional<Triple::ArchType> arch = supportedArch(Triple(names.triple));
  if (!arch)
    return makeError("unknown target '" +
                     (given.empty() ? host.triple : given) +
                     "'; known: aarch64-linux-gnu, riscv64-linux-gnu, "
                     "x86_64-linux-gnu");
  bool isHost = arch == Triple(host.triple).getArch();
  if (names.cpu == "native" && !isHost)
    return makeError("expected --mcpu to name a cpu of " + names.triple +
                     ", but got 'native': this machine is another one");
  if (names.cpu.empty() && !isHost)
    names.cpu = arch == Triple::riscv64 ? "generic-rv64" : "generic";
  if (names.cpu.empty() || names.cpu == "native") {
    names.cpu = host.cpu;
    if (names.features.empty())
      names.features = host.features;
  }
  return names;
}

Expected<std::unique_ptr<TargetMachine>>
sinter::createTargetMachine(const TargetNames &given, bool optimize) {
  initializeTargets();
  Expected<TargetNames> names = completeNames(given);
  if (!names)
    return names.takeError();
  Triple triple(names->triple);
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(names->triple, error);
  if (!target)
    return makeError(error);
  if (!createSubtarget(*target, triple, names->cpu))
    return unknownCPU(*target, triple, names->cpu);

  TargetOptions options;
  // Fuses the multiply-adds that a lowering writes and no others.
  options.AllowFPOpFusion = FPOpFusion::Standard;
  if (triple.isRISCV64())
    options.MCOptions.ABIName = "lp64d";
  std::string features(baselineFeatures(triple, names->cpu));
  if (!names->features.empty())
    features += (features.empty() ? "" : ",") + names->features;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      names->triple, names->cpu, features, options, Reloc::PIC_, std::nullopt,
      optimize ? CodeGenOptLevel::Default : CodeGenOptLevel::Less));
  if (!machine)
    return makeError("no code generator for " + names->triple);
  return machine;
}

/// Whether LLVM uses the instructions of a feature by itself. Intel's CPUs have
/// many for systems, such as protection keys, which AMD's lack.
static bool isChosenByCompiler(const Triple &triple, StringRef feature) {
  if (!triple.isX86())
    return true;
  return any_of(ArrayRef<StringRef>{"sse", "ssse", "avx", "fma", "f16c", "bmi",
                                    "lzcnt", "movbe", "popcnt"},
                [&](StringRef start) { return feature.starts_with(start); });
}

bool sinter::runsOnHost(const TargetMachine &machine, std::string &why) {
  const Triple &triple = machine.getTargetTriple();
  raw_string_ostream stream(why);
  stream << "this machine cannot run code for ";
  if (triple.getArch() != Triple(sys::getProcessTriple()).getArch()) {
    stream << triple.str();
    return false;
  }
  StringMap<bool> features = sys::getHostCPUFeatures();
  const MCSubtargetInfo &info = *machine.getMCSubtargetInfo();
  ListSeparator separator;
  stream << machine.getTargetCPU() << ": it has no ";
  bool complete = true;
  for (const SubtargetFeatureKV &feature : info.getAllProcessorFeatures()) {
    auto found = features.find(feature.Key);
    if (found == features.end() || found->second ||
        !info.getFeatureBits()[feature.Value] ||
        !isChosenByCompiler(triple, feature.Key))
      continue;
    stream << separator << feature.Key;
    complete = false;
  }
  return complete;
}

unsigned sinter::vectorBytesOf(const TargetMachine &machine) {
  const MCSubtargetInfo *info = machine.getMCSubtargetInfo();
  if (machine.getTargetTriple().isRISCV64()) {
    // Without the V extension LLVM makes scalars of a vector's elements: the
    // 32 registers are then 16 vectors of two floats.
    if (!info->checkFeatures("+zve32f"))
      return 8;
    if (info->checkFeatures("+zvl512b"))
      return 64;
    return info->checkFeatures("+zvl256b") ? 32 : 16;
  }
  if (!machine.getTargetTriple().isX86())
    return 16;
  if (info->checkFeatures("+avx512f,+avx512bw,+avx512dq,+avx512vl"))
    return 64;
  return info->checkFeatures("+avx2,+fma") ? 32 : 16;
}

bool sinter::hasFma(const TargetMachine &machine) {
  const MCSubtargetInfo *info = machine.getMCSubtargetInfo();
  return !machine.getTargetTriple().isX86() || info->checkFeatures("+fma") ||
         info->checkFeatures("+avx512f");
}
