// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links a program: finds the linker and the runtime libraries, and runs it in a
// folder of its own.
#include "sinter/Data/File.h"
#include "sinter/Execution/ProgramEmission.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

/// From what needs others to what others need.
static constexpr StringRef runtimeLibraries[] = {
    "libSinterDriver.a", "libSinterTraining.a", "libSinterData.a",
    "libSinterRuntime.a"};

/// What these need, in the same order.
static constexpr StringRef systemLibraries[] = {
    "-larchive", "-lminizip", "-lprotobuf-lite", "-lpng16", "-lz",
    "-lstdc++",  "-lm",       "-pthread"};

/// The triple as C compilers have it in their names: "aarch64-linux-gnu".
static std::string shortTriple(const Triple &triple) {
  return (triple.getArchName() + "-" + triple.getOSName() + "-" +
          triple.getEnvironmentName())
      .str();
}

static bool isHost(const Triple &triple) {
  Triple host(sys::getProcessTriple());
  return triple.getArch() == host.getArch() && triple.getOS() == host.getOS();
}

/// The path of the linker; an error lists what was tried.
static Expected<std::string> findLinker(const Triple &triple) {
  SmallVector<std::string> names = {"cc", "gcc", "clang"};
  if (!isHost(triple))
    names = {shortTriple(triple) + "-gcc"};
  for (const std::string &name : names)
    if (ErrorOr<std::string> path = sys::findProgramByName(name))
      return *path;
  return createStringError("expected a linker for " + triple.str() +
                           " in PATH (" + join(names, " or ") +
                           "), but got none");
}

/// The folder of the runtime libraries: lib beside the folder of this program,
/// in a build as in an installation; of other machines, a folder in it.
static Expected<std::string> findRuntime(const Triple &triple) {
  SmallString<256> folder(sys::path::parent_path(
      sys::path::parent_path(sys::fs::getMainExecutable(nullptr, nullptr))));
  sys::path::append(folder, "lib");
  if (!isHost(triple))
    sys::path::append(folder, shortTriple(triple));
  for (StringRef library : runtimeLibraries)
    if (!sys::fs::exists(folder + "/" + library))
      return createStringError("expected Sinter's runtime libraries for " +
                               triple.str() + " in '" + folder +
                               "', but there is no " + library);
  return folder.str().str();
}

static Error ioError(const Twine &what, std::error_code code) {
  return createStringError("cannot write " + what + ": " + code.message());
}

/// Runs the linker on `files` (objects, then libraries); what it says goes to
/// `log`.
static bool runLinker(const std::string &linker,
                      const std::vector<std::string> &files, StringRef mode,
                      const std::string &program, const std::string &log) {
  std::vector<StringRef> arguments = {linker, mode, "-o", program};
  arguments.insert(arguments.end(), files.begin(), files.end());
  arguments.insert(arguments.end(), std::begin(systemLibraries),
                   std::end(systemLibraries));
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  return sys::ExecuteAndWait(linker, arguments, std::nullopt, redirects) == 0;
}

/// Reads the linked program and puts it where it is wanted, whole or not at
/// all.
static Error install(const std::string &program, const std::string &file) {
  auto bytes = MemoryBuffer::getFile(program, false, false);
  if (!bytes)
    return ioError("'" + file + "'", bytes.getError());
  std::string why;
  StringRef content = (*bytes)->getBuffer();
  if (!sinter::tryWriteFileAtomically(
          file, std::string_view(content.data(), content.size()), why))
    return createStringError(why);
  // Devices keep their permissions.
  if (!sys::fs::is_regular_file(file))
    return Error::success();
  ErrorOr<sys::fs::perms> old = sys::fs::getPermissions(file);
  std::error_code failed =
      old ? sys::fs::setPermissions(file, *old | sys::fs::all_exe)
          : old.getError();
  return failed ? ioError("'" + file + "'", failed) : Error::success();
}

static Error link(const std::vector<std::string> &objects, const Triple &triple,
                  const std::string &file, const std::string &folder) {
  Expected<std::string> linker = findLinker(triple);
  if (!linker)
    return linker.takeError();
  Expected<std::string> runtime = findRuntime(triple);
  if (!runtime)
    return runtime.takeError();
  std::vector<std::string> files;
  for (const std::string &object : objects) {
    files.push_back(folder + "/" + std::to_string(files.size()) + ".o");
    std::string why;
    if (!sinter::tryWriteFileAtomically(files.back(), object, why))
      return createStringError(why);
  }
  for (StringRef library : runtimeLibraries)
    files.push_back(*runtime + "/" + library.str());
  const std::string program = folder + "/program", log = folder + "/log";
  // Not every system has its libraries as archives.
  if (runLinker(*linker, files, "-static-pie", program, log) ||
      runLinker(*linker, files, "-pie", program, log))
    return install(program, file);
  auto said = MemoryBuffer::getFile(log);
  return createStringError("linking with " + *linker + " failed:\n" +
                           (said ? (*said)->getBuffer().trim() : StringRef()));
}

bool sinter::linkProgram(const std::vector<std::string> &objects,
                         const std::string &triple, const std::string &file,
                         std::string &error) {
  SmallString<128> folder;
  if (std::error_code code =
          sys::fs::createUniqueDirectory("sinter-program", folder)) {
    error = "cannot make a temporary folder: " + code.message();
    return false;
  }
  auto remove =
      make_scope_exit([&] { sys::fs::remove_directories(folder, true); });
  Error failed = link(objects, Triple(triple), file, folder.str().str());
  if (!failed)
    return true;
  error = toString(std::move(failed));
  return false;
}
