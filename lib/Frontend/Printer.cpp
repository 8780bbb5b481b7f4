// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Items and statements as canonical source text: the phase "source".

#include "sinter/Frontend/Printer.h"
#include "PrinterImpl.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::raw_ostream;
using llvm::StringRef;

namespace {

class SourcePrinter {
public:
  explicit SourcePrinter(raw_ostream &os) : os(os) {}

  void printDecls(llvm::ArrayRef<Decl *> decls);

private:
  void printDecl(const Decl &decl);
  void printDims(const DimsDecl &dims);
  void printFunction(const FunctionDecl &function);
  void printModule(const ModuleDecl &module);
  void printTrainRun(const TrainRunDecl &block);
  void printTensor(const TensorDecl &tensor);
  void printBody(llvm::ArrayRef<Decl *> decls);
  void printParams(llvm::ArrayRef<Parameter> params);
  void printResult(const std::optional<Result> &result);

  void printBlock(const Block &block);
  void printStmt(const Stmt &stmt);
  void printIf(const IfStmt &branch);
  void printFor(const ForStmt &loop);
  void printPattern(const Pattern &pattern, bool nested);
  void printValues(StringRef keyword, llvm::ArrayRef<Argument> values);
  /// Prints `text` and `value` with line breaks where it is long.
  void printAssigned(const llvm::Twine &text, const Expr &value);

  raw_ostream &line() { return os.indent(indentation); }

  static constexpr unsigned step = 2;
  raw_ostream &os;
  unsigned indentation = 0;
};

} // namespace

/// Functions, modules and blocks stand apart; lines of one kind stay together.
static bool isLine(const Decl &decl) {
  return !llvm::isa<FunctionDecl, ModuleDecl, TrainRunDecl>(decl);
}

void SourcePrinter::printDecls(llvm::ArrayRef<Decl *> decls) {
  const Decl *previous = nullptr;
  for (const Decl *decl : decls) {
    if (previous && !(isLine(*previous) && isLine(*decl)))
      os << '\n';
    printDecl(*decl);
    previous = decl;
  }
}

void SourcePrinter::printDecl(const Decl &decl) {
  StringRef name = decl.name.name;
  llvm::TypeSwitch<const Decl *>(&decl)
      .Case<DimsDecl>([&](auto *dims) { printDims(*dims); })
      .Case<FunctionDecl>([&](auto *function) { printFunction(*function); })
      .Case<ModuleDecl>([&](auto *module) { printModule(*module); })
      .Case<TrainRunDecl>([&](auto *block) { printTrainRun(*block); })
      .Case<TensorDecl>([&](auto *tensor) { printTensor(*tensor); })
      .Case<ConstDecl>([&](auto *constant) {
        printAssigned("const " + name + " = ", *constant->value);
      })
      .Case<SubmoduleDecl, SettingDecl>(
          [&](auto *named) { printAssigned(name + " = ", *named->value); })
      .Case<CarryDecl>([&](auto *carry) {
        printAssigned("carry " + name + ": " + printType(*carry->type) + " = ",
                      *carry->init);
      });
}

void SourcePrinter::printDims(const DimsDecl &dims) {
  line() << "dim ";
  llvm::interleave(
      dims.dims, os,
      [&](const Dim &dim) {
        os << dim.name.name;
        if (dim.defaultExtent)
          os << " = " << *dim.defaultExtent;
      },
      ", ");
  os << '\n';
}

void SourcePrinter::printFunction(const FunctionDecl &function) {
  line() << "fn " << function.name.name;
  os << '(';
  printParams(function.params);
  os << ')';
  printResult(function.result);
  os << ' ';
  printBlock(function.body);
  os << '\n';
}

void SourcePrinter::printModule(const ModuleDecl &module) {
  std::string head;
  llvm::raw_string_ostream headStream(head);
  headStream << "module " << module.name.name;
  if (!module.params.empty()) {
    headStream << '(';
    SourcePrinter(headStream).printParams(module.params);
    headStream << ')';
  }
  if (!module.value) {
    line() << head << ' ';
    printBody(module.members);
    return;
  }
  line() << head << " = ";
  printLaidOut(*module.value, os, indentation, indentation + head.size() + 3);
  if (module.input) {
    os << " : ";
    printType(*module.input, os);
    printResult(module.result);
  }
  os << '\n';
}

void SourcePrinter::printTrainRun(const TrainRunDecl &block) {
  line() << (block.isTrain ? "train " : "run ") << block.name.name;
  if (!block.arguments.empty()) {
    os << '(';
    llvm::interleave(
        block.arguments, os,
        [&](const Argument &argument) { printArgument(argument, os); }, ", ");
    os << ')';
  }
  if (block.alias)
    os << " as " << block.alias.name;
  os << ' ';
  printBody(block.entries);
}

void SourcePrinter::printTensor(const TensorDecl &tensor) {
  std::string text = tensor.isBuffer ? "buffer " : "parameter ";
  text += (tensor.name.name + ": " + printType(*tensor.type)).str();
  if (tensor.init)
    printAssigned(text + " = ", *tensor.init);
  else
    line() << text << '\n';
}

void SourcePrinter::printBody(llvm::ArrayRef<Decl *> decls) {
  if (decls.empty()) {
    os << "{}\n";
    return;
  }
  os << "{\n";
  indentation += step;
  printDecls(decls);
  indentation -= step;
  line() << "}\n";
}

void SourcePrinter::printParams(llvm::ArrayRef<Parameter> params) {
  llvm::interleave(
      params, os,
      [&](const Parameter &param) {
        os << param.name.name;
        if (param.type) {
          os << ": ";
          printType(*param.type, os);
        }
        if (param.defaultValue) {
          os << " = ";
          printExpr(*param.defaultValue, os, 0);
        }
      },
      ", ");
}

void SourcePrinter::printResult(const std::optional<Result> &result) {
  if (!result)
    return;
  os << " -> ";
  const ResultField &first = result->fields.front();
  bool single =
      result->fields.size() == 1 && !first.name && !first.type->isTuple;
  os << (single ? "" : "(");
  llvm::interleave(
      result->fields, os,
      [&](const ResultField &field) {
        if (field.name)
          os << field.name.name << ": ";
        printType(*field.type, os);
      },
      ", ");
  os << (single ? "" : ")");
}

void SourcePrinter::printBlock(const Block &block) {
  if (block.statements.empty()) {
    os << "{}";
    return;
  }
  os << "{\n";
  indentation += step;
  for (const Stmt *stmt : block.statements)
    printStmt(*stmt);
  indentation -= step;
  line() << '}';
}

void SourcePrinter::printStmt(const Stmt &stmt) {
  llvm::TypeSwitch<const Stmt *>(&stmt)
      .Case<ReturnStmt>([&](auto *s) { printValues("return", s->values); })
      .Case<YieldStmt>([&](auto *s) { printValues("yield", s->values); })
      .Case<IfStmt>([&](auto *branch) {
        line();
        printIf(*branch);
        os << '\n';
      })
      .Case<ForStmt>([&](auto *loop) { printFor(*loop); })
      .Case<AssignStmt>([&](auto *assign) {
        std::string target;
        llvm::raw_string_ostream targetStream(target);
        SourcePrinter(targetStream).printPattern(*assign->target, false);
        printAssigned(target + " = ", *assign->value);
      });
}

void SourcePrinter::printIf(const IfStmt &branch) {
  os << "if " << printExpr(*branch.condition) << ' ';
  printBlock(branch.thenBlock);
  if (!branch.hasElse)
    return;
  os << " else ";
  llvm::ArrayRef<Stmt *> otherwise = branch.elseBlock.statements;
  if (otherwise.size() == 1 && llvm::isa<IfStmt>(otherwise.front()))
    printIf(*llvm::cast<IfStmt>(otherwise.front()));
  else
    printBlock(branch.elseBlock);
}

void SourcePrinter::printFor(const ForStmt &loop) {
  line();
  if (loop.target) {
    printPattern(*loop.target, false);
    os << " = ";
  }
  // A point of a number must not touch those of the range.
  std::string begin = printExpr(*loop.begin), end = printExpr(*loop.end);
  os << "for " << loop.variable.name << " in " << begin;
  os << (begin.back() == '.' ? " .." : "..") << (end.front() == '.' ? " " : "");
  os << end << ' ';
  printBlock(loop.body);
  os << '\n';
}

void SourcePrinter::printPattern(const Pattern &pattern, bool nested) {
  if (!pattern.isTuple()) {
    os << pattern.name.name;
    return;
  }
  os << (nested ? "(" : "");
  llvm::interleave(
      pattern.elements, os,
      [&](const Pattern *element) { printPattern(*element, true); }, ", ");
  os << (nested ? ")" : "");
}

/// Named values get a line each if the line would be long.
void SourcePrinter::printValues(StringRef keyword,
                                llvm::ArrayRef<Argument> values) {
  constexpr size_t widest = 100;
  std::string flat, broken;
  llvm::raw_string_ostream flatStream(flat), brokenStream(broken);
  auto print = [&](raw_ostream &stream) {
    return [&](const Argument &value) {
      if (value.name)
        stream << value.name.name << " = ";
      printExpr(*value.value, stream, 0);
    };
  };
  std::string separator =
      ",\n" + std::string(indentation + keyword.size() + 1, ' ');
  llvm::interleave(values, flatStream, print(flatStream), ", ");
  llvm::interleave(values, brokenStream, print(brokenStream), separator);
  bool fits = indentation + keyword.size() + 1 + flat.size() <= widest;
  line() << keyword << (values.empty() ? "" : " ") << (fits ? flat : broken)
         << '\n';
}

void SourcePrinter::printAssigned(const llvm::Twine &text, const Expr &value) {
  std::string begin = text.str();
  line() << begin;
  printLaidOut(value, os, indentation, indentation + begin.size());
  os << '\n';
}

void sinter::printProgram(const Program &program, raw_ostream &os) {
  SourcePrinter(os).printDecls(program.items);
}
