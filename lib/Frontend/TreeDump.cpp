// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A syntax tree as nested lists: what the tests compare, and what shows how an
// expression was read.

#include "PrinterImpl.h"
#include "sinter/Frontend/Printer.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::raw_ostream;
using llvm::StringRef;

namespace {

/// Prints "(head part part …)"; what is absent is "_".
class TreePrinter {
public:
  explicit TreePrinter(raw_ostream &os) : os(os) {}

  void print(const Expr *expr);
  void print(const Decl *decl);

private:
  void print(const TypeExpr *type);
  void print(const Stmt *stmt);
  void print(const Pattern *pattern);
  void print(const Block &block) { list("block", block.statements); }
  void print(const Identifier &id) { os << (id ? id.name : "_"); }
  void print(const Argument &argument) {
    named("=", argument.name, argument.value);
  }
  void print(const Index &index);
  void print(const Parameter &param) {
    node("param", param.name, param.type, param.defaultValue);
  }
  void print(const ResultField &field) {
    node("field", field.name, field.type);
  }
  void print(const Dim &dim);
  void print(const std::optional<Result> &result);
  void print(StringRef text) { os << text; }

  template <typename T>
  void named(StringRef head, const Identifier &name, const T &value) {
    if (name)
      node(head, name, value);
    else
      print(value);
  }
  template <typename... Parts>
  void node(StringRef head, const Parts &...parts) {
    os << '(' << head;
    ((os << ' ', print(parts)), ...);
    os << ')';
  }
  template <typename T> void print(llvm::ArrayRef<T> parts) { list("", parts); }
  template <typename T> void list(StringRef head, llvm::ArrayRef<T> parts) {
    os << '(' << head;
    for (const T &part : parts) {
      os << (&part == parts.begin() && head.empty() ? "" : " ");
      print(part);
    }
    os << ')';
  }

  raw_ostream &os;
};

} // namespace

void TreePrinter::print(const Expr *expr) {
  if (!expr) {
    os << '_';
    return;
  }
  llvm::TypeSwitch<const Expr *>(expr)
      .Case<TupleExpr>([&](auto *e) { list("tuple", e->elements); })
      .Case<ListExpr>([&](auto *e) { list("list", e->elements); })
      .Case<UnaryExpr>([&](auto *e) { node(spelling(e->op), e->operand); })
      .Case<BinaryExpr>([&](auto *e) { node(spelling(e->op), e->lhs, e->rhs); })
      .Case<ConditionalExpr>([&](auto *e) {
        node("if", e->condition, e->thenValue, e->elseValue);
      })
      .Case<MemberExpr>([&](auto *e) { node(".", e->object, e->member); })
      .Case<CallExpr>([&](auto *e) { node("call", e->callee, e->arguments); })
      .Case<SubscriptExpr>(
          [&](auto *e) { node("index", e->object, e->indices); })
      .Default([&](const Expr *literal) { printExpr(*literal, os, 0); });
}

void TreePrinter::print(const Index &index) {
  switch (index.kind) {
  case IndexKind::Value:
    return print(index.value);
  case IndexKind::Slice:
    return node(":", index.start, index.stop, index.step);
  case IndexKind::Ellipsis:
    os << "...";
  }
}

void TreePrinter::print(const TypeExpr *type) {
  if (!type)
    os << '_';
  else if (type->isTuple)
    list("types", type->elements);
  else
    list(nameOf(type->dtype), type->dims);
}

void TreePrinter::print(const Pattern *pattern) {
  if (!pattern)
    os << '_';
  else if (pattern->isTuple())
    list("pattern", pattern->elements);
  else
    os << pattern->name.name;
}

void TreePrinter::print(const Dim &dim) {
  if (dim.defaultExtent)
    node("=", dim.name, StringRef(std::to_string(*dim.defaultExtent)));
  else
    print(dim.name);
}

void TreePrinter::print(const std::optional<Result> &result) {
  if (result)
    list("->", result->fields);
  else
    os << '_';
}

void TreePrinter::print(const Stmt *stmt) {
  llvm::TypeSwitch<const Stmt *>(stmt)
      .Case<ReturnStmt>([&](auto *s) { list("return", s->values); })
      .Case<YieldStmt>([&](auto *s) { list("yield", s->values); })
      .Case<IfStmt>([&](auto *s) {
        if (s->hasElse)
          node("if", s->condition, s->thenBlock, s->elseBlock);
        else
          node("if", s->condition, s->thenBlock);
      })
      .Case<ForStmt>([&](auto *s) {
        node("for", s->target, s->variable, s->begin, s->end, s->body);
      })
      .Case<AssignStmt>([&](auto *s) { node("=", s->target, s->value); });
}

void TreePrinter::print(const Decl *decl) {
  llvm::TypeSwitch<const Decl *>(decl)
      .Case<DimsDecl>([&](auto *d) { list("dim", d->dims); })
      .Case<ConstDecl>([&](auto *d) { node("const", d->name, d->value); })
      .Case<FunctionDecl>(
          [&](auto *d) { node("fn", d->name, d->params, d->result, d->body); })
      .Case<ModuleDecl>([&](auto *d) {
        node("module", d->name, d->params, d->members, d->value, d->input,
             d->result);
      })
      .Case<TrainRunDecl>([&](auto *d) {
        node(d->isTrain ? "train" : "run", d->name, d->arguments, d->alias,
             d->entries);
      })
      .Case<TensorDecl>([&](auto *d) {
        node(d->isBuffer ? "buffer" : "parameter", d->name, d->type, d->init);
      })
      .Case<CarryDecl>(
          [&](auto *d) { node("carry", d->name, d->type, d->init); })
      .Case<SubmoduleDecl, SettingDecl>(
          [&](auto *d) { node("=", d->name, d->value); });
}

void sinter::dumpTree(const Program &program, raw_ostream &os) {
  TreePrinter printer(os);
  for (const Decl *item : program.items) {
    printer.print(item);
    os << '\n';
  }
}

std::string sinter::dumpTree(const Expr &expr) {
  std::string text;
  llvm::raw_string_ostream os(text);
  TreePrinter(os).print(&expr);
  return text;
}
