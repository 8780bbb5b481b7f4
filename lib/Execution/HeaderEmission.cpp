// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The frame of a model's C header, and the names in it.
#include "sinter/Execution/HeaderEmission.h"
#include "HeaderWriter.h"
#include <fmt/format.h>

using namespace sinter;

/// include/sinter/Runtime/ABI.h, as it is.
static const char abiText[] =
#include "ABIText.inc"
    ;

static constexpr size_t columns = 80;

std::string Names::add(const std::string &name) {
  std::string result = cIdentifier(name);
  while (!taken.insert(result).second)
    result += "_";
  return result;
}

std::string sinter::upperCase(const std::string &name) {
  std::string result = name;
  for (char &c : result)
    if (c >= 'a' && c <= 'z')
      c = char(c - 'a' + 'A');
  return result;
}

const char *sinter::elementTypeName(DType dtype) {
  switch (dtype) {
  case DType::F64:
    return "double";
  case DType::F32:
    return "float";
  case DType::F16:
  case DType::BF16:
    return "uint16_t";
  case DType::I64:
    return "int64_t";
  case DType::I32:
    return "int32_t";
  case DType::I16:
    return "int16_t";
  case DType::I8:
    return "int8_t";
  case DType::U8:
  case DType::Bool:
    return "uint8_t";
  }
  return "void";
}

/// Adds `text` word by word; lines after the first start with `indent`.
static void addWrapped(std::string &result, std::string line,
                       const std::string &text, const std::string &indent) {
  size_t at = 0;
  while (at < text.size()) {
    size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    if (line.size() + 1 + word.size() > columns &&
        line.size() > indent.size()) {
      result += line + "\n";
      line = indent;
    }
    line += (line.empty() || line.back() == ' ' ? "" : " ") + word;
    at = end + 1;
  }
  while (!line.empty() && line.back() == ' ')
    line.pop_back();
  result += line + "\n";
}

/// Text from a model file cannot end a comment.
static std::string harmless(std::string text) {
  for (size_t at; (at = text.find("*/")) != std::string::npos;)
    text.replace(at, 2, "* /");
  for (size_t at; (at = text.find("/*")) != std::string::npos;)
    text.replace(at, 2, "/ *");
  for (char &c : text)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
  return text;
}

std::string sinter::blockComment(const std::vector<std::string> &paragraphs) {
  if (paragraphs.size() == 1 && paragraphs[0].size() + 7 <= columns)
    return "/** " + harmless(paragraphs[0]) + " */\n";
  std::string result = "/**\n";
  for (const std::string &paragraph : paragraphs) {
    // What is indented stays so.
    size_t space = paragraph.find_first_not_of(' ');
    std::string indent =
        " * " + std::string(space == std::string::npos ? 0 : space, ' ');
    addWrapped(result, indent, harmless(paragraph).substr(indent.size() - 3),
               indent);
  }
  return result + " */\n";
}

std::string sinter::memberLine(const std::string &declaration,
                               const std::string &comment) {
  std::string line = "  " + declaration + ";", text = harmless(comment);
  if (text.empty())
    return line + "\n";
  if (line.size() + text.size() + 9 <= columns)
    return line + " /**< " + text + " */\n";
  std::string result;
  addWrapped(result, "  /**", text + " */", "   * ");
  return result + line + "\n";
}

HeaderNames::HeaderNames(const Model &model) {
  std::set<std::string> modules;
  for (const Entry &entry : model.entries) {
    scope.add(entry.symbol);
    size_t dot = entry.name.rfind('.');
    if (dot != std::string::npos)
      modules.insert(entry.name.substr(0, dot));
  }
  scope.add(descriptionSymbol(model));
  for (const StateTable &table : model.states) {
    bool isOnly = model.states.size() == 1 ||
                  (modules.size() == 1 && modules.count(table.name));
    stateTypes[table.name] =
        scope.add(model.symbol + (isOnly ? "" : "_" + table.name) + "_state");
  }
}

static std::string introduction(const Model &model) {
  return blockComment(
      {fmt::format("The model {}, compiled by Sinter.", model.name), "",
       "Link the object file or the archive beside this header, and -lm. The "
       "functions allocate nothing and have no globals: state, arguments, "
       "results and workspace are the caller's. A call may run beside others "
       "that have another workspace and do not write the same state.",
       "",
       "Every function takes a context (null: serial), the state block (zeroed "
       "before its first use, aligned to SINTER_ALIGNMENT), a struct of "
       "pointers "
       "to arguments, a struct of pointers to results, and a workspace aligned "
       "to SINTER_ALIGNMENT, whose content does not matter before or after. "
       "Tensors are dense, row-major and aligned to their elements. What is "
       "not used may be null. "
       "Arguments "
       "may overlap each other; what a function writes (results, the "
       "workspace, "
       "a state that it changes) must lie apart from all other buffers. "
       "Arguments are checked before anything is written; the result is a "
       "sinter_status, whose text is sinter_status_text(status)."});
}

std::string sinter::emitHeader(const Model &model) {
  HeaderNames names(model);
  std::string guard = "SINTER_MODEL_" + upperCase(model.symbol) + "_H";
  std::string text = introduction(model);
  text += fmt::format("#ifndef {0}\n#define {0}\n\n", guard);
  text += abiText;
  text += "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (const StateTable &table : model.states)
    text += emitState(model, table, names);
  for (const Entry &entry : model.entries)
    text += emitEntry(model, entry, names);
  text += blockComment({"The tables of this model as JSON, which `sinter "
                        "inspect` shows."});
  text += fmt::format("extern const char {}[];\n", descriptionSymbol(model));
  return text + "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
}
