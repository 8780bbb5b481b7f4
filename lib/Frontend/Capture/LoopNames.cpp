// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which names statements bind and read.
#include "Loop.h"

using llvm::dyn_cast;

namespace sinter::capturing {

static void addNames(const ast::Pattern &pattern,
                     std::set<std::string> &names) {
  if (!pattern.isTuple() && pattern.name.name != "_")
    names.insert(pattern.name.name.str());
  for (const ast::Pattern *element : pattern.elements)
    addNames(*element, names);
}

static void addNames(const ast::Block &block, std::set<std::string> &names) {
  for (const ast::Stmt *stmt : block.statements) {
    if (auto *assignment = dyn_cast<ast::AssignStmt>(stmt)) {
      addNames(*assignment->target, names);
    } else if (auto *branch = dyn_cast<ast::IfStmt>(stmt)) {
      addNames(branch->thenBlock, names);
      addNames(branch->elseBlock, names);
    } else if (auto *loop = dyn_cast<ast::ForStmt>(stmt)) {
      if (loop->target)
        addNames(*loop->target, names);
      names.insert(loop->variable.name.str());
      addNames(loop->body, names);
    }
  }
}

std::set<std::string> namesBoundIn(const ast::Block &block) {
  std::set<std::string> names;
  addNames(block, names);
  return names;
}

namespace {
/// Looks for reads of a name everywhere but in one block.
class NameSearch {
public:
  NameSearch(llvm::StringRef name, const ast::Block &skipped)
      : name(name), skipped(skipped) {}

  bool isIn(const ast::Block &block) const {
    return block.statements.data() != skipped.statements.data() &&
           llvm::any_of(block.statements,
                        [&](const ast::Stmt *stmt) { return isIn(*stmt); });
  }

private:
  bool isIn(const ast::Stmt &stmt) const {
    switch (stmt.kind) {
    case ast::StmtKind::Return:
      return isIn(llvm::cast<ast::ReturnStmt>(stmt).values);
    case ast::StmtKind::Yield:
      return isIn(llvm::cast<ast::YieldStmt>(stmt).values);
    case ast::StmtKind::If: {
      auto &branch = llvm::cast<ast::IfStmt>(stmt);
      return isIn(branch.condition) || isIn(branch.thenBlock) ||
             isIn(branch.elseBlock);
    }
    case ast::StmtKind::For: {
      auto &loop = llvm::cast<ast::ForStmt>(stmt);
      return isIn(loop.begin) || isIn(loop.end) || isIn(loop.body);
    }
    case ast::StmtKind::Assign:
      return isIn(llvm::cast<ast::AssignStmt>(stmt).value);
    }
    llvm_unreachable("all kinds of statement are handled");
  }

  bool isIn(llvm::ArrayRef<ast::Argument> arguments) const {
    return llvm::any_of(arguments, [&](const ast::Argument &argument) {
      return isIn(argument.value);
    });
  }
  bool isIn(llvm::ArrayRef<ast::Expr *> exprs) const {
    return llvm::any_of(exprs,
                        [&](const ast::Expr *expr) { return isIn(expr); });
  }
  bool isIn(const ast::Index &index) const {
    return isIn(index.value) || isIn(index.start) || isIn(index.stop) ||
           isIn(index.step);
  }

  bool isIn(const ast::Expr *expr) const {
    if (!expr)
      return false;
    switch (expr->kind) {
    case ast::ExprKind::Name:
      return llvm::cast<ast::NameExpr>(expr)->name == name;
    case ast::ExprKind::Tuple:
      return isIn(llvm::cast<ast::TupleExpr>(expr)->elements);
    case ast::ExprKind::List:
      return isIn(llvm::cast<ast::ListExpr>(expr)->elements);
    case ast::ExprKind::Unary:
      return isIn(llvm::cast<ast::UnaryExpr>(expr)->operand);
    case ast::ExprKind::Binary: {
      auto *binary = llvm::cast<ast::BinaryExpr>(expr);
      return isIn(binary->lhs) || isIn(binary->rhs);
    }
    case ast::ExprKind::Conditional: {
      auto *conditional = llvm::cast<ast::ConditionalExpr>(expr);
      return isIn(conditional->thenValue) || isIn(conditional->condition) ||
             isIn(conditional->elseValue);
    }
    case ast::ExprKind::Member:
      return isIn(llvm::cast<ast::MemberExpr>(expr)->object);
    case ast::ExprKind::Call: {
      auto *call = llvm::cast<ast::CallExpr>(expr);
      return isIn(call->callee) || isIn(call->arguments);
    }
    case ast::ExprKind::Subscript: {
      auto *subscript = llvm::cast<ast::SubscriptExpr>(expr);
      return isIn(subscript->object) ||
             llvm::any_of(subscript->indices,
                          [&](const ast::Index &index) { return isIn(index); });
    }
    default:
      return false;
    }
  }

  llvm::StringRef name;
  const ast::Block &skipped;
};
} // namespace

bool isReadOutside(const ast::FunctionDecl &function, const ast::Block &block,
                   llvm::StringRef name) {
  return NameSearch(name, block).isIn(function.body);
}

} // namespace sinter::capturing
