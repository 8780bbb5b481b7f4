// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text of a model file to its syntax tree.

#ifndef SINTER_FRONTEND_PARSER_H
#define SINTER_FRONTEND_PARSER_H

#include "sinter/Frontend/AST.h"
#include "sinter/Frontend/Diagnostics.h"
#include <memory>

namespace sinter {

/// Parses a whole file. All syntax errors go to `diagnostics`; the tree then
/// lacks what could not be parsed, so the caller stops if there are any.
/// Never null. The tree points into `source`.
std::unique_ptr<ast::Program> parseProgram(const Source &source,
                                           Diagnostics &diagnostics);

/// Parses the whole source of `program` as one expression, for values given on
/// the command line; null after an error.
ast::Expr *parseExpression(ast::Program &program, Diagnostics &diagnostics);

} // namespace sinter

#endif // SINTER_FRONTEND_PARSER_H
