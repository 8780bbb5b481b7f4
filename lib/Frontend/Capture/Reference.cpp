// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference: syntax in words, and the rows of all tables.
#include "sinter/Frontend/Capture/Reference.h"
#include "Tables.h"
#include "sinter/Training/SettingTable.h"
#include "llvm/ADT/StringExtras.h"

namespace sinter {

using namespace capturing;

std::string ReferenceItem::name() const {
  return llvm::StringRef(signature)
      .take_while([](char c) { return llvm::isAlnum(c) || c == '_'; })
      .str();
}

static std::string textOf(const char *text) { return text ? text : ""; }

/// The item of a row that describes itself.
template <typename Row>
static ReferenceItem itemOf(llvm::StringRef signature, const Row &row) {
  return {signature.str(), textOf(row.summary), textOf(row.pytorch),
          textOf(row.absent)};
}

static ReferenceSection syntaxOfFiles() {
  return {
      "Items of a file",
      {{"dim N, T = 10", "names of extents, with a default if wanted", "", ""},
       {"const c = expr", "a value that is computed once, when compiling", "",
        ""},
       {"fn f(x: f32[N]) -> f32[N] { … }",
        "a function; with types on all parameters an entry", "def", ""},
       {"module M(width = 10) { … }",
        "a network: submodules, parameters, buffers and functions", "nn.Module",
        ""},
       {"module M = expr : type -> type", "a network that is one expression",
        "nn.Sequential", ""},
       {"train M(…) as Name { … }", "how to train a module", "", ""},
       {"run M(…) as Name { … }", "how to send data through a module", "", ""},
       {"name = expr", "of a module: a submodule; of a block: a setting", "",
        ""},
       {"parameter w: f32[10] = expr", "of a module: a trained tensor",
        "nn.Parameter", ""},
       {"buffer n: i64 = 0", "of a module: state that is not trained",
        "Module.register_buffer", ""},
       {"carry h: f32[N] = expr",
        "of a block: a name of step that it hands to the next step", "", ""},
       {"fn step(x: f32[N, 4], y: i64[N]) { … }",
        "of a block: one step on a batch; model is the module", "", ""}}};
}

static ReferenceSection syntaxOfStatements() {
  return {
      "Statements",
      {{"x = expr", "binds a name, or binds it anew", "", ""},
       {"a, (b, _) = expr", "takes a tuple apart", "", ""},
       {"return a, b", "results; return loss = a names one", "return", ""},
       {"if cond { … } else if cond { … } else { … }",
        "the condition is known when compiling", "if, elif, else", ""},
       {"for i in 0..n { … }", "repeats; n is not reached", "for i in range(n)",
        "while"},
       {"ys = for i in 0..n { yield expr }",
        "the sequence of what it yields: a tensor, or a list for stack and cat",
        "", ""}}};
}

static ReferenceSection syntaxOfExpressions() {
  return {
      "Operators, from the loosest to the tightest",
      {{"a if cond else b", "the condition is known when compiling", "", ""},
       {"a or b", "of values known when compiling", "or",
        "of tensors: logical_or"},
       {"a and b", "of values known when compiling", "and",
        "of tensors: logical_and"},
       {"not a", "of a value known when compiling", "not",
        "of tensors: logical_not"},
       {"a == b", "equal; they do not chain", "torch.eq", ""},
       {"a != b", "not equal", "torch.ne", ""},
       {"a <= b", "at most", "torch.le", ""},
       {"a >= b", "at least", "torch.ge", ""},
       {"a < b", "less", "torch.lt", ""},
       {"a > b", "greater", "torch.gt", ""},
       {"a + b", "the sum", "torch.add", ""},
       {"a - b", "the difference", "torch.sub", ""},
       {"a * b", "the product of elements", "torch.mul", ""},
       {"a / b", "the true quotient", "torch.div", ""},
       {"a // b", "the quotient, rounded down", "torch.floor_divide", ""},
       {"a % b", "the remainder, with the sign of b", "torch.remainder", ""},
       {"a @ b", "the matrix product", "torch.matmul", ""},
       {"-a", "the negative; +a is a", "torch.neg", ""},
       {"a ** b", "the power; -a ** 2 is -(a ** 2)", "torch.pow", ""},
       {"x[0]", "an element of dim 0, without the dim; x[-1] is the last",
        "x[0]", "masks: use where"},
       {"x[1:5, ::2]", "slices with a positive step", "x[1:5, ::2]", ""},
       {"x[..., 0]", "... stands for the dims between", "x[..., 0]", ""},
       {"x[none]", "a new dim of extent 1", "x[None]", ""},
       {"x[index]", "rows by a tensor of indices", "x[index]", ""},
       {"f(x, dim=1)", "a call; x.f(dim=1) is the same", "", ""},
       {"nn.f", "always the built-in; so do F., torch. and optim.", "", ""},
       {"[1, 2]", "a list; (1, 2) is a tuple", "", ""},
       {"true", "the flag; false is the other", "True", ""},
       {"none", "no value", "None", ""}}};
}

static ReferenceSection dtypeSection() {
  ReferenceSection section{"Dtypes", {}};
  for (const DTypeInfo &info : dtypes) {
    std::string torch = std::string("torch.") + info.torch;
    if (std::string(info.torch) != info.torchAlias)
      torch += std::string(", torch.") + info.torchAlias;
    section.items.push_back(
        {info.name,
         std::to_string(info.bytes) + (info.bytes == 1 ? " byte" : " bytes"),
         torch, info.inModels ? "" : "tensors of models: in files alone"});
  }
  return section;
}

static ReferenceSection settingSection(bool ofRun) {
  ReferenceSection section{ofRun ? "Settings of train and run blocks"
                                 : "Settings of train blocks",
                           {}};
  for (const SettingInfo &info : settingTable) {
    if (info.ofRun != ofRun)
      continue;
    std::string text = info.defaultText;
    section.items.push_back(
        {text.empty() ? info.name : info.name + (" = " + text), info.summary,
         "", ""});
  }
  return section;
}

static ReferenceSection objectSection(const char *title,
                                      ObjectCategory category) {
  ReferenceSection section{title, {}};
  for (const ObjectRow &row : objectRows())
    if (row.category == category)
      section.items.push_back(itemOf(row.signature, row));
  return section;
}

/// Layers that are functions say what the function says.
static ReferenceSection functionalLayerSection() {
  llvm::StringMap<const FunctionRow *> functions;
  for (const auto &family : functionFamilies())
    for (const FunctionRow &row : family.rows)
      functions[llvm::StringRef(row.signature).split('(').first] = &row;
  ReferenceSection section{"Layers that are functions", {}};
  for (const FunctionalLayerRow &row : functionalLayers()) {
    ReferenceItem item = itemOf(row.signature, *functions.lookup(row.function));
    item.pytorch = "nn." + item.name();
    section.items.push_back(std::move(item));
  }
  return section;
}

static ReferenceSection absentSection() {
  ReferenceSection section{"What is not there", {}};
  for (const AbsentRow &row : absentRows()) {
    std::vector<std::string> names(row.names.begin(), row.names.end());
    section.items.push_back({llvm::join(names, ", "), row.reason, "", ""});
  }
  return section;
}

/// One section for each family of a table.
template <typename Row, typename ItemOf>
static void addFamilies(std::vector<ReferenceSection> &sections,
                        const std::vector<Family<Row>> &families,
                        const ItemOf &toItem) {
  for (const Family<Row> &family : families) {
    ReferenceSection &section = sections.emplace_back();
    section.title = family.title;
    for (const Row &row : family.rows)
      section.items.push_back(toItem(row));
  }
}

/// A section of rows that have names and no arguments.
template <typename Row>
static ReferenceSection nameSection(const char *title, llvm::ArrayRef<Row> rows,
                                    const std::string &prefix) {
  ReferenceSection section{title, {}};
  for (const Row &row : rows)
    section.items.push_back(itemOf(prefix + row.name, row));
  return section;
}

std::vector<ReferenceSection> languageReference() {
  std::vector<ReferenceSection> sections{
      syntaxOfFiles(),
      syntaxOfStatements(),
      syntaxOfExpressions(),
      dtypeSection(),
      nameSection("Constants", constantRows(), ""),
      nameSection("Attributes of tensors", attributeRows(), "x.")};
  addFamilies(sections, functionFamilies(), [](const FunctionRow &row) {
    return itemOf(row.signature, row);
  });
  addFamilies(sections, layerFamilies(), [](const LayerRow &row) {
    std::string pytorch =
        "nn." + llvm::StringRef(row.signature).split('(').first.str();
    return ReferenceItem{row.signature, textOf(row.summary), pytorch,
                         textOf(row.absent)};
  });
  sections.push_back(functionalLayerSection());
  sections.push_back(objectSection("Optimizers", ObjectCategory::Optimizer));
  sections.push_back(objectSection("Schedules", ObjectCategory::Schedule));
  sections.push_back(objectSection("Data", ObjectCategory::DataSet));
  sections.push_back(objectSection("Transforms", ObjectCategory::Transform));
  sections.push_back(settingSection(true));
  sections.push_back(settingSection(false));
  sections.push_back(absentSection());
  return sections;
}

} // namespace sinter
