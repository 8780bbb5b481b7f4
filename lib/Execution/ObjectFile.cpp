// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Archives, and the description in an object.
#include "sinter/Execution/ObjectFile.h"
#include "sinter/Data/ModelDescription.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

bool sinter::makeArchive(const std::string &name, std::string_view object,
                         std::string &archive, std::string &error) {
  NewArchiveMember member;
  member.Buf = MemoryBuffer::getMemBuffer(object, name, false);
  member.MemberName = member.Buf->getBufferIdentifier();
  std::vector<NewArchiveMember> members;
  members.push_back(std::move(member));
  Expected<std::unique_ptr<MemoryBuffer>> written = writeArchiveToBuffer(
      members, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU,
      /*Deterministic=*/true, /*Thin=*/false);
  if (!written) {
    error = toString(written.takeError());
    return false;
  }
  archive = (*written)->getBuffer().str();
  return true;
}

bool sinter::isObjectFile(std::string_view bytes) {
  file_magic magic = identify_magic(bytes);
  return magic.is_object() || magic == file_magic::archive;
}

/// The bytes of a symbol up to the first 0, or nothing if they are not in the
/// file.
static Expected<StringRef> textOf(const object::ObjectFile &file,
                                  const object::SymbolRef &symbol) {
  Expected<object::section_iterator> section = symbol.getSection();
  if (!section)
    return section.takeError();
  if (*section == file.section_end())
    return createStringError("expected the description in the file, but got "
                             "a reference to another one");
  Expected<StringRef> contents = (*section)->getContents();
  Expected<uint64_t> address = symbol.getAddress();
  if (!contents)
    return contents.takeError();
  if (!address)
    return address.takeError();
  uint64_t start = *address - (*section)->getAddress();
  if (*address < (*section)->getAddress() || start > contents->size())
    return createStringError("expected the description within its section");
  StringRef rest = contents->drop_front(start);
  size_t end = rest.find('\0');
  if (end == StringRef::npos)
    return createStringError("expected the end of the description");
  return rest.take_front(end);
}

/// The description in one object; nothing if it has none.
static Expected<std::optional<StringRef>>
descriptionIn(const object::ObjectFile &file) {
  for (const object::SymbolRef &symbol : file.symbols()) {
    Expected<StringRef> name = symbol.getName();
    Expected<uint32_t> flags = symbol.getFlags();
    if (!name)
      return name.takeError();
    if (!flags)
      return flags.takeError();
    if (!name->ends_with(sinter::descriptionSuffix) ||
        (*flags & object::SymbolRef::SF_Undefined))
      continue;
    Expected<StringRef> text = textOf(file, symbol);
    if (!text)
      return text.takeError();
    // Another library may have a symbol of such a name.
    if (text->starts_with("{\"sinter_model\""))
      return *text;
  }
  return std::nullopt;
}

static Expected<std::optional<std::string>>
descriptionIn(MemoryBufferRef bytes) {
  Expected<std::unique_ptr<object::Binary>> binary =
      object::createBinary(bytes);
  if (!binary)
    return binary.takeError();
  if (auto *file = dyn_cast<object::ObjectFile>(binary->get())) {
    Expected<std::optional<StringRef>> text = descriptionIn(*file);
    if (!text)
      return text.takeError();
    if (*text)
      return (*text)->str();
    return std::nullopt;
  }
  auto *archive = dyn_cast<object::Archive>(binary->get());
  if (!archive)
    return std::nullopt;
  std::optional<std::string> found;
  Error failure = Error::success();
  for (const object::Archive::Child &child : archive->children(failure)) {
    Expected<MemoryBufferRef> member = child.getMemoryBufferRef();
    if (!member)
      return joinErrors(member.takeError(), std::move(failure));
    // LLVM takes the member's header at its word.
    if (member->getBufferStart() < bytes.getBufferStart() ||
        member->getBufferEnd() > bytes.getBufferEnd())
      return joinErrors(
          createStringError("expected an archive, but it ends within a member"),
          std::move(failure));
    Expected<std::optional<std::string>> text = descriptionIn(*member);
    if (!text)
      return joinErrors(text.takeError(), std::move(failure));
    if (*text && !found)
      found = std::move(*text);
  }
  if (failure)
    return std::move(failure);
  return found;
}

bool sinter::readObjectDescription(std::string_view bytes,
                                   std::string &description,
                                   std::string &error) {
  Expected<std::optional<std::string>> text =
      descriptionIn(MemoryBufferRef(bytes, "object"));
  if (!text)
    error = toString(text.takeError());
  else if (!*text)
    error = "expected an object that `sinter compile` wrote, but got one "
            "without a description of a model";
  else
    description = std::move(**text);
  return error.empty();
}
