// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a syntax tree to text: canonical source that parses to the same tree,
// and a dump of the tree itself.

#ifndef SINTER_FRONTEND_PRINTER_H
#define SINTER_FRONTEND_PRINTER_H

#include "sinter/Frontend/AST.h"
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace sinter {

/// Prints canonical source text: one layout, as few parentheses as the grammar
/// needs, no comments. Printing what it parses to gives the same text.
void printProgram(const ast::Program &program, llvm::raw_ostream &os);

/// The canonical text of one expression, for messages.
std::string printExpr(const ast::Expr &expr);
/// The canonical text of one type, for messages.
std::string printType(const ast::TypeExpr &type);

/// Prints the tree as nested lists without source ranges: equal trees, and no
/// others, give equal text.
void dumpTree(const ast::Program &program, llvm::raw_ostream &os);
/// The same for one expression.
std::string dumpTree(const ast::Expr &expr);

} // namespace sinter

#endif // SINTER_FRONTEND_PRINTER_H
