// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions and types as text: the parentheses that the grammar needs and no
// others, and the layout of long calls.

#include "PrinterImpl.h"
#include "sinter/Frontend/Printer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/ConvertUTF.h"

using namespace sinter;
using namespace sinter::ast;
using llvm::raw_ostream;
using llvm::StringRef;

namespace {
enum Precedence : unsigned {
  Lowest,
  OrLevel,
  AndLevel,
  NotLevel,
  CompareLevel,
  SumLevel,
  ProductLevel,
  SignLevel,
  PowerLevel,
  PostfixLevel,
};
} // namespace

static Precedence precedence(BinaryOp op) {
  switch (op) {
  case BinaryOp::Or:
    return OrLevel;
  case BinaryOp::And:
    return AndLevel;
  case BinaryOp::Equal:
  case BinaryOp::NotEqual:
  case BinaryOp::LessEqual:
  case BinaryOp::GreaterEqual:
  case BinaryOp::Less:
  case BinaryOp::Greater:
    return CompareLevel;
  case BinaryOp::Add:
  case BinaryOp::Subtract:
    return SumLevel;
  case BinaryOp::Power:
    return PowerLevel;
  default:
    return ProductLevel;
  }
}

static Precedence precedence(const Expr &expr) {
  if (auto *binary = llvm::dyn_cast<BinaryExpr>(&expr))
    return precedence(binary->op);
  if (auto *unary = llvm::dyn_cast<UnaryExpr>(&expr))
    return unary->op == UnaryOp::Not ? NotLevel : SignLevel;
  return llvm::isa<ConditionalExpr>(expr) ? Lowest : PostfixLevel;
}

static void printUnary(const UnaryExpr &unary, raw_ostream &os) {
  os << spelling(unary.op);
  if (unary.op == UnaryOp::Not)
    os << ' ';
  printExpr(*unary.operand, os,
            unary.op == UnaryOp::Not ? NotLevel : SignLevel);
}

static void printBinary(const BinaryExpr &binary, raw_ostream &os) {
  unsigned level = precedence(binary.op);
  // Powers associate to the right and take a sign there; comparisons do not
  // associate; the others associate to the left.
  unsigned left = level == PowerLevel     ? unsigned(PostfixLevel)
                  : level == CompareLevel ? level + 1
                                          : level;
  unsigned right = level == PowerLevel ? unsigned(SignLevel) : level + 1;
  printExpr(*binary.lhs, os, left);
  os << ' ' << spelling(binary.op) << ' ';
  printExpr(*binary.rhs, os, right);
}

static void printElements(llvm::ArrayRef<Expr *> elements, raw_ostream &os) {
  llvm::interleave(
      elements, os,
      [&](const Expr *element) { printExpr(*element, os, Lowest); }, ", ");
}

static void printIndex(const Index &index, raw_ostream &os) {
  if (index.kind == IndexKind::Ellipsis) {
    os << "...";
    return;
  }
  if (index.kind == IndexKind::Value) {
    printExpr(*index.value, os, Lowest);
    return;
  }
  if (index.start)
    printExpr(*index.start, os, Lowest);
  os << ':';
  if (index.stop)
    printExpr(*index.stop, os, Lowest);
  if (index.step) {
    os << ':';
    printExpr(*index.step, os, Lowest);
  }
}

static void printMember(const MemberExpr &member, raw_ostream &os) {
  // A point after digits would be read as part of the number.
  bool number = llvm::isa<NumberExpr>(member.object);
  os << (number ? "(" : "");
  printExpr(*member.object, os, PostfixLevel);
  os << (number ? ")" : "") << '.' << member.member.name;
}

void sinter::printArgument(const Argument &argument, raw_ostream &os) {
  if (argument.name)
    os << argument.name.name << '=';
  printExpr(*argument.value, os, Lowest);
}

static void printBare(const Expr &expr, raw_ostream &os) {
  llvm::TypeSwitch<const Expr *>(&expr)
      .Case<NumberExpr>([&](auto *number) { os << number->spelling; })
      .Case<StringExpr>([&](auto *string) { printString(string->value, os); })
      .Case<BoolExpr>([&](auto *b) { os << (b->value ? "true" : "false"); })
      .Case<NoneExpr>([&](auto *) { os << "none"; })
      .Case<NameExpr>([&](auto *name) { os << name->name; })
      .Case<DTypeExpr>([&](auto *dtype) { os << nameOf(dtype->dtype); })
      .Case<TupleExpr>([&](auto *tuple) {
        os << '(';
        printElements(tuple->elements, os);
        os << (tuple->elements.size() == 1 ? ",)" : ")");
      })
      .Case<ListExpr>([&](auto *list) {
        os << '[';
        printElements(list->elements, os);
        os << ']';
      })
      .Case<UnaryExpr>([&](auto *unary) { printUnary(*unary, os); })
      .Case<BinaryExpr>([&](auto *binary) { printBinary(*binary, os); })
      .Case<ConditionalExpr>([&](auto *conditional) {
        printExpr(*conditional->thenValue, os, OrLevel);
        os << " if ";
        printExpr(*conditional->condition, os, OrLevel);
        os << " else ";
        printExpr(*conditional->elseValue, os, Lowest);
      })
      .Case<MemberExpr>([&](auto *member) { printMember(*member, os); })
      .Case<CallExpr>([&](auto *call) {
        printExpr(*call->callee, os, PostfixLevel);
        os << '(';
        llvm::interleave(
            call->arguments, os,
            [&](const Argument &argument) { printArgument(argument, os); },
            ", ");
        os << ')';
      })
      .Case<SubscriptExpr>([&](auto *subscript) {
        printExpr(*subscript->object, os, PostfixLevel);
        os << '[';
        llvm::interleave(
            subscript->indices, os,
            [&](const Index &index) { printIndex(index, os); }, ", ");
        os << ']';
      });
}

void sinter::printExpr(const Expr &expr, raw_ostream &os,
                       unsigned minPrecedence) {
  bool parentheses = precedence(expr) < minPrecedence;
  os << (parentheses ? "(" : "");
  printBare(expr, os);
  os << (parentheses ? ")" : "");
}

std::string sinter::printExpr(const Expr &expr) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printExpr(expr, os, Lowest);
  return text;
}

void sinter::printString(StringRef value, raw_ostream &os) {
  auto *first = reinterpret_cast<const llvm::UTF8 *>(value.begin());
  auto *last = reinterpret_cast<const llvm::UTF8 *>(value.end());
  bool isUTF8 = llvm::isLegalUTF8String(&first, last);
  os << '"';
  for (unsigned char byte : value) {
    if (byte == '"' || byte == '\\')
      os << '\\' << char(byte);
    else if (byte == '\n')
      os << "\\n";
    else if (byte == '\t')
      os << "\\t";
    else if (byte >= 0x80 ? isUTF8 : llvm::isPrint(byte))
      os << char(byte);
    else
      os << "\\x" << llvm::hexdigit(byte >> 4, /*LowerCase=*/true)
         << llvm::hexdigit(byte & 15, /*LowerCase=*/true);
  }
  os << '"';
}

void sinter::printType(const TypeExpr &type, raw_ostream &os) {
  if (type.isTuple) {
    os << '(';
    llvm::interleave(
        type.elements, os,
        [&](const TypeExpr *element) { printType(*element, os); }, ", ");
    os << ')';
    return;
  }
  os << nameOf(type.dtype);
  if (type.dims.empty())
    return;
  os << '[';
  printElements(type.dims, os);
  os << ']';
}

std::string sinter::printType(const TypeExpr &type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printType(type, os);
  return text;
}

/// Prints `count` parts, each on a line of its own, between two brackets.
static void
printLines(size_t count, StringRef opening, StringRef closing, raw_ostream &os,
           unsigned indentation,
           llvm::function_ref<void(size_t part, unsigned indentation)> print) {
  constexpr unsigned step = 2;
  os << opening << '\n';
  for (size_t part = 0; part < count; ++part) {
    os.indent(indentation + step);
    print(part, indentation + step);
    os << (part + 1 < count ? ",\n" : "\n");
  }
  os.indent(indentation) << closing;
}

void sinter::printLaidOut(const Expr &expr, raw_ostream &os,
                          unsigned indentation, unsigned column) {
  constexpr size_t widest = 100;
  std::string flat = printExpr(expr);
  auto *call = llvm::dyn_cast<CallExpr>(&expr);
  auto *list = llvm::dyn_cast<ListExpr>(&expr);
  if (column + flat.size() <= widest || !(call || list) ||
      (call && call->arguments.empty()) || (list && list->elements.empty())) {
    os << flat;
    return;
  }
  if (list) {
    printLines(list->elements.size(), "[", "]", os, indentation,
               [&](size_t part, unsigned inner) {
                 printLaidOut(*list->elements[part], os, inner, inner);
               });
    return;
  }
  printExpr(*call->callee, os, PostfixLevel);
  printLines(call->arguments.size(), "(", ")", os, indentation,
             [&](size_t part, unsigned inner) {
               const Argument &argument = call->arguments[part];
               if (argument.name)
                 os << argument.name.name << '=';
               printLaidOut(*argument.value, os, inner,
                            inner + argument.name.name.size() + 1);
             });
}
