// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls by files: what a call reads goes into a request, what it writes comes
// back in a reply.
#include "RemoteObject.h"
#include "sinter/Data/File.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace llvm;

namespace {

/// The arguments of one call as bytes.
class Call {
public:
  Call(const sinter::Entry &entry, uint64_t stateBytes, const void *in,
       void *out)
      : workspaceBytes(entry.workspaceBytes), stateBytes(stateBytes),
        in(static_cast<const int64_t *>(in)), out(static_cast<int64_t *>(out)) {
    size_t inputs = entry.instances.front().inputs.size();
    for (const sinter::Instance &candidate : entry.instances)
      if (std::equal(candidate.dims.begin(), candidate.dims.end(),
                     this->in + inputs))
        instance = &candidate;
  }

  bool isCompiled() const { return instance; }

  std::string request(const void *state) const {
    std::string bytes;
    auto addWord = [&](int64_t word) {
      bytes.append(reinterpret_cast<const char *>(&word), sizeof(word));
    };
    auto addData = [&](const void *from, size_t size) {
      bytes.append(static_cast<const char *>(from), size);
    };
    for (uint64_t word :
         {stateBytes, workspaceBytes, uint64_t(instance->inputs.size()),
          uint64_t(instance->results.size()), uint64_t(instance->dims.size())})
      addWord(word);
    for (const sinter::TensorSpec &spec : instance->inputs)
      addWord(spec.bytes());
    for (const sinter::TensorSpec &spec : instance->results)
      addWord(spec.bytes());
    for (int64_t dim : instance->dims)
      addWord(dim);
    addData(state, stateBytes);
    for (auto [number, spec] : enumerate(instance->inputs))
      addData(pointer(in[number]), spec.bytes());
    for (auto [number, spec] : enumerate(instance->results))
      addData(pointer(out[number]), spec.bytes());
    return bytes;
  }

  /// Takes the reply apart; false if it has not the size that it must have.
  bool accept(StringRef reply, void *state, int32_t &status) const {
    uint64_t expected = 2 * sizeof(int64_t) + stateBytes;
    for (const sinter::TensorSpec &spec : instance->results)
      expected += spec.bytes();
    if (reply.size() != expected)
      return false;
    auto take = [&](void *to, size_t size) {
      std::memcpy(to, reply.data(), size);
      reply = reply.drop_front(size);
    };
    int64_t word;
    take(&word, sizeof(word));
    status = static_cast<int32_t>(word);
    take(&out[instance->results.size()], sizeof(int64_t));
    if (stateBytes)
      take(state, stateBytes);
    for (auto [number, spec] : enumerate(instance->results))
      if (spec.bytes())
        take(pointer(out[number]), spec.bytes());
    return true;
  }

private:
  static void *pointer(int64_t word) { return reinterpret_cast<void *>(word); }

  const sinter::Instance *instance = nullptr;
  uint64_t workspaceBytes, stateBytes;
  const int64_t *in; ///< pointers, then dims
  int64_t *out;      ///< pointers, then the row
};

} // namespace

Expected<std::unique_ptr<sinter::RemoteObject>>
sinter::RemoteObject::create(StringRef command, StringRef object) {
  ErrorOr<std::string> program = sys::findProgramByName(command);
  if (!program)
    return createStringError(program.getError(),
                             "cannot run '" + command +
                                 "': " + program.getError().message());
  SmallString<128> folder;
  if (std::error_code error = sys::fs::createUniqueDirectory("sinter", folder))
    return createStringError(error, "cannot create a temporary folder: " +
                                        error.message());
  std::unique_ptr<RemoteObject> remote(new RemoteObject(*program, folder));
  std::string why;
  if (!tryWriteFileAtomically(remote->path("model.o"), object, why))
    return createStringError(inconvertibleErrorCode(), why);
  return remote;
}

sinter::RemoteObject::~RemoteObject() { sys::fs::remove_directories(folder); }

std::string sinter::RemoteObject::path(StringRef name) const {
  SmallString<128> result(folder);
  sys::path::append(result, name);
  return result.str().str();
}

bool sinter::RemoteObject::run(StringRef symbol, StringRef request,
                               std::string &reply) const {
  auto fail = [&](const Twine &why) {
    errs() << "sinter: error: '" << command << "': " << why << "\n";
    return false;
  };
  std::string object = path("model.o"), asked = path("request"),
              answered = path("reply"), why;
  if (!tryWriteFileAtomically(asked, request, why))
    return fail(why);
  sys::fs::remove(answered);
  int code =
      sys::ExecuteAndWait(command, {command, object, symbol, asked, answered},
                          std::nullopt, {}, 0, 0, &why);
  if (code != 0)
    return fail("expected exit code 0, but got " + Twine(code) +
                (why.empty() ? "" : ": ") + why);
  auto read = MemoryBuffer::getFile(answered, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!read)
    return fail("it wrote no reply: " + read.getError().message());
  reply = (*read)->getBuffer().str();
  return true;
}

sinter::EntryFunction sinter::RemoteObject::bind(const Entry &entry,
                                                 uint64_t stateBytes) const {
  return [this, entry, stateBytes](const sinter_ctx *, void *state,
                                   const void *in, void *out, void *) {
    Call call(entry, stateBytes, in, out);
    if (!call.isCompiled())
      return int32_t(SINTER_UNCOMPILED_DIMS);
    std::string reply;
    int32_t status = SINTER_STATUS_COUNT;
    if (!run(entry.symbol, call.request(state), reply))
      return status;
    if (!call.accept(reply, state, status))
      errs() << "sinter: error: '" << command
             << "': the reply has the wrong size\n";
    return status;
  };
}
