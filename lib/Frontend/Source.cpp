// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text of one model file and its lines.

#include "sinter/Frontend/Source.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <limits>

using namespace sinter;
using llvm::StringRef;

Source::Source(std::string name, std::string text)
    : fileName(std::move(name)), contents(std::move(text)) {
  lineStarts.push_back(0);
  for (uint32_t i = 0, size = contents.size(); i < size; ++i)
    if (contents[i] == '\n')
      lineStarts.push_back(i + 1);
}

std::unique_ptr<Source> Source::fromFile(StringRef path, std::string &error) {
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false);
  if (std::error_code code = buffer.getError()) {
    error = code.message();
    return nullptr;
  }
  StringRef text = (*buffer)->getBuffer();
  if (text.size() >= size_t(std::numeric_limits<int32_t>::max())) {
    error = "the file has 2 GiB or more";
    return nullptr;
  }
  std::string name = path == "-" ? "<stdin>" : path.str();
  return std::make_unique<Source>(std::move(name), text.str());
}

LineColumn Source::position(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, contents.size());
  auto next = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  unsigned line = next - lineStarts.begin();
  return {line, offset - lineStarts[line - 1] + 1};
}

uint32_t Source::offset(LineColumn position) const {
  unsigned number = std::clamp(position.line, 1u, numLines());
  uint32_t column = position.column > 0 ? position.column - 1 : 0;
  uint32_t length = line(number).size();
  return lineStarts[number - 1] + std::min(column, length);
}

StringRef Source::line(unsigned number) const {
  if (number == 0 || number > numLines())
    return StringRef();
  uint32_t begin = lineStarts[number - 1];
  uint32_t end = number < numLines() ? lineStarts[number] - 1 : contents.size();
  return text().slice(begin, end).rtrim('\r');
}
