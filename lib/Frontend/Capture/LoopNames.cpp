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
/// Counts how often each name is read.
class ReadCounter {
public:
  void add(const ast::Block &block) {
    for (const ast::Stmt *stmt : block.statements)
      add(*stmt);
  }

  llvm::StringMap<unsigned> counts;

private:
  void add(const ast::Stmt &stmt) {
    switch (stmt.kind) {
    case ast::StmtKind::Return:
      return add(llvm::cast<ast::ReturnStmt>(stmt).values);
    case ast::StmtKind::Yield:
      return add(llvm::cast<ast::YieldStmt>(stmt).values);
    case ast::StmtKind::If: {
      auto &branch = llvm::cast<ast::IfStmt>(stmt);
      add(branch.condition);
      add(branch.thenBlock);
      return add(branch.elseBlock);
    }
    case ast::StmtKind::For: {
      auto &loop = llvm::cast<ast::ForStmt>(stmt);
      add(loop.begin);
      add(loop.end);
      return add(loop.body);
    }
    case ast::StmtKind::Assign:
      return add(llvm::cast<ast::AssignStmt>(stmt).value);
    }
    llvm_unreachable("all kinds of statement are handled");
  }

  void add(llvm::ArrayRef<ast::Argument> arguments) {
    for (const ast::Argument &argument : arguments)
      add(argument.value);
  }
  void add(llvm::ArrayRef<ast::Expr *> exprs) {
    for (const ast::Expr *expr : exprs)
      add(expr);
  }

  void add(const ast::Expr *expr) {
    if (!expr)
      return;
    switch (expr->kind) {
    case ast::ExprKind::Name:
      ++counts[llvm::cast<ast::NameExpr>(expr)->name];
      return;
    case ast::ExprKind::Tuple:
      return add(llvm::cast<ast::TupleExpr>(expr)->elements);
    case ast::ExprKind::List:
      return add(llvm::cast<ast::ListExpr>(expr)->elements);
    case ast::ExprKind::Unary:
      return add(llvm::cast<ast::UnaryExpr>(expr)->operand);
    case ast::ExprKind::Binary: {
      auto *binary = llvm::cast<ast::BinaryExpr>(expr);
      add(binary->lhs);
      return add(binary->rhs);
    }
    case ast::ExprKind::Conditional: {
      auto *conditional = llvm::cast<ast::ConditionalExpr>(expr);
      add(conditional->thenValue);
      add(conditional->condition);
      return add(conditional->elseValue);
    }
    case ast::ExprKind::Member:
      return add(llvm::cast<ast::MemberExpr>(expr)->object);
    case ast::ExprKind::Call: {
      auto *call = llvm::cast<ast::CallExpr>(expr);
      add(call->callee);
      return add(call->arguments);
    }
    case ast::ExprKind::Subscript: {
      auto *subscript = llvm::cast<ast::SubscriptExpr>(expr);
      add(subscript->object);
      for (const ast::Index &index : subscript->indices)
        for (const ast::Expr *part :
             {index.value, index.start, index.stop, index.step})
          add(part);
      return;
    }
    default:
      return;
    }
  }
};
} // namespace

const llvm::StringMap<unsigned> &Session::readsIn(const ast::Block &block) {
  auto [known, isNew] = reads.try_emplace(&block);
  if (isNew) {
    ReadCounter counter;
    counter.add(block);
    known->second = std::move(counter.counts);
  }
  return known->second;
}

bool isReadOutside(Session &session, const ast::FunctionDecl &function,
                   const ast::Block &block, llvm::StringRef name) {
  return session.readsIn(function.body).lookup(name) >
         session.readsIn(block).lookup(name);
}

} // namespace sinter::capturing
