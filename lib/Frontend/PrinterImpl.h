// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the printers of declarations and of expressions share.

#ifndef SINTER_LIB_FRONTEND_PRINTERIMPL_H
#define SINTER_LIB_FRONTEND_PRINTERIMPL_H

#include "sinter/Frontend/AST.h"
#include "llvm/Support/raw_ostream.h"

namespace sinter {

/// Prints one expression, with parentheses if it binds less tightly than
/// `minPrecedence` (0: never).
void printExpr(const ast::Expr &expr, llvm::raw_ostream &os,
               unsigned minPrecedence);
void printType(const ast::TypeExpr &type, llvm::raw_ostream &os);
/// Prints a string in quotes, with C escapes.
void printString(llvm::StringRef value, llvm::raw_ostream &os);
void printArgument(const ast::Argument &argument, llvm::raw_ostream &os);

/// Prints an expression that begins at a column of a line with an indentation;
/// if the line would become too long, the arguments of a call and the elements
/// of a list get lines of their own.
void printLaidOut(const ast::Expr &expr, llvm::raw_ostream &os,
                  unsigned indentation, unsigned column);

} // namespace sinter

#endif // SINTER_LIB_FRONTEND_PRINTERIMPL_H
