// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax tree of a model file. Nodes live in the arena of their Program,
// point into the text of its Source and have no destructors; kinds are told
// apart with llvm::dyn_cast. Each node has the range of its text.

#ifndef SINTER_FRONTEND_AST_H
#define SINTER_FRONTEND_AST_H

#include "sinter/Frontend/Source.h"
#include "sinter/Runtime/DType.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/Casting.h"
#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace sinter::ast {

/// A name where it is written; empty where an optional name is absent.
struct Identifier {
  llvm::StringRef name;
  SourceRange range;

  explicit operator bool() const { return !name.empty(); }
};

using sinter::DType;

// ---------------------------------------------------------------- expressions

enum class ExprKind {
  Number,
  String,
  Bool,
  None,
  Name,
  DType,
  Tuple,
  List,
  Unary,
  Binary,
  Conditional,
  Member,
  Call,
  Subscript,
};

struct Expr {
  const ExprKind kind;
  /// One more than the deepest operand, at most maxDepth: trees are safe to
  /// recurse on.
  uint32_t depth = 1;
  SourceRange range;

protected:
  explicit Expr(ExprKind kind) : kind(kind) {}
};

/// Limit of nesting of expressions and of blocks. Deeper input is an error.
constexpr unsigned maxDepth = 400;

/// Kind and LLVM-style RTTI of one class of expressions.
template <ExprKind K> struct ExprOf : Expr {
  ExprOf() : Expr(K) {}
  static bool classof(const Expr *expr) { return expr->kind == K; }
};

/// `12`, `0.5`, `1e-3`: an integer if it has neither a point nor an exponent.
struct NumberExpr : ExprOf<ExprKind::Number> {
  llvm::StringRef spelling;
  bool isInteger = false;
  int64_t integer = 0; ///< The value if it is an integer.
  double value = 0;    ///< The value, of integers too (rounded).
};

/// A string; `value` has its escapes resolved and may hold any byte.
struct StringExpr : ExprOf<ExprKind::String> {
  llvm::StringRef value;
};

struct BoolExpr : ExprOf<ExprKind::Bool> {
  bool value = false;
};

struct NoneExpr : ExprOf<ExprKind::None> {};

struct NameExpr : ExprOf<ExprKind::Name> {
  llvm::StringRef name;
};

/// A dtype as a value: `dtype=f32`.
struct DTypeExpr : ExprOf<ExprKind::DType> {
  DType dtype = DType::F32;
};

/// `()`, `(a,)`, `(a, b)`. A single expression in parentheses is itself.
struct TupleExpr : ExprOf<ExprKind::Tuple> {
  llvm::ArrayRef<Expr *> elements;
};

struct ListExpr : ExprOf<ExprKind::List> {
  llvm::ArrayRef<Expr *> elements;
};

enum class UnaryOp { Minus, Plus, Not };
/// "-", "+", "not".
llvm::StringRef spelling(UnaryOp op);

struct UnaryExpr : ExprOf<ExprKind::Unary> {
  UnaryOp op = UnaryOp::Minus;
  SourceRange opRange;
  Expr *operand = nullptr;
};

enum class BinaryOp {
  Or,
  And,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Add,
  Subtract,
  Multiply,
  FloorDivide,
  Divide,
  Modulo,
  MatMul,
  Power,
};
/// "or", "==", "**", …
llvm::StringRef spelling(BinaryOp op);

struct BinaryExpr : ExprOf<ExprKind::Binary> {
  BinaryOp op = BinaryOp::Add;
  SourceRange opRange;
  Expr *lhs = nullptr;
  Expr *rhs = nullptr;
};

/// `thenValue if condition else elseValue`.
struct ConditionalExpr : ExprOf<ExprKind::Conditional> {
  Expr *thenValue = nullptr;
  Expr *condition = nullptr;
  Expr *elseValue = nullptr;
};

/// `object.member`.
struct MemberExpr : ExprOf<ExprKind::Member> {
  Expr *object = nullptr;
  Identifier member;
};

/// `value` or `name=value`, in calls, returns and yields.
struct Argument {
  Identifier name;
  Expr *value = nullptr;
  SourceRange range;
};

struct CallExpr : ExprOf<ExprKind::Call> {
  Expr *callee = nullptr;
  llvm::ArrayRef<Argument> arguments;
};

enum class IndexKind { Value, Slice, Ellipsis };

/// One index of a subscript. Value: `value`. Slice: `start:stop:step`, each of
/// them null where it is left out. Ellipsis: `...`.
struct Index {
  IndexKind kind = IndexKind::Value;
  Expr *value = nullptr;
  Expr *start = nullptr;
  Expr *stop = nullptr;
  Expr *step = nullptr;
  SourceRange range;
};

struct SubscriptExpr : ExprOf<ExprKind::Subscript> {
  Expr *object = nullptr;
  llvm::ArrayRef<Index> indices;
};

// ---------------------------------------------------------------------- types

/// `f32`, `f32[N, 10]` (`dims`), or `(type, …)` (`elements`, when `isTuple`).
struct TypeExpr {
  SourceRange range;
  bool isTuple = false;
  DType dtype = DType::F32;
  llvm::ArrayRef<Expr *> dims;
  llvm::ArrayRef<TypeExpr *> elements;
};

/// `type` or `name: type` in the result of a function.
struct ResultField {
  Identifier name;
  TypeExpr *type = nullptr;
  SourceRange range;
};

/// What follows `->`.
struct Result {
  SourceRange range;
  llvm::ArrayRef<ResultField> fields;
};

/// `name [: type] [= default]`; `type` and `defaultValue` may be null.
struct Parameter {
  Identifier name;
  TypeExpr *type = nullptr;
  Expr *defaultValue = nullptr;
  SourceRange range;
};

// ----------------------------------------------------------------- statements

enum class StmtKind { Return, Yield, If, For, Assign };

struct Stmt {
  const StmtKind kind;
  SourceRange range;

protected:
  explicit Stmt(StmtKind kind) : kind(kind) {}
};

template <StmtKind K> struct StmtOf : Stmt {
  StmtOf() : Stmt(K) {}
  static bool classof(const Stmt *stmt) { return stmt->kind == K; }
};

/// `{ … }`.
struct Block {
  SourceRange range;
  llvm::ArrayRef<Stmt *> statements;
};

/// What is assigned to: a name (`_` included), or a tuple of patterns.
struct Pattern {
  SourceRange range;
  Identifier name; ///< Empty for a tuple.
  llvm::ArrayRef<Pattern *> elements;

  bool isTuple() const { return !name; }
};

struct ReturnStmt : StmtOf<StmtKind::Return> {
  llvm::ArrayRef<Argument> values;
};

/// Only inside a `for`.
struct YieldStmt : StmtOf<StmtKind::Yield> {
  llvm::ArrayRef<Argument> values;
};

/// `else if` is an else block that holds one IfStmt. Without `hasElse` the
/// else block is empty.
struct IfStmt : StmtOf<StmtKind::If> {
  Expr *condition = nullptr;
  Block thenBlock;
  bool hasElse = false;
  Block elseBlock;
};

/// `[target =] for variable in begin..end { … }`; `target` may be null.
struct ForStmt : StmtOf<StmtKind::For> {
  Pattern *target = nullptr;
  Identifier variable;
  Expr *begin = nullptr;
  Expr *end = nullptr;
  Block body;
};

struct AssignStmt : StmtOf<StmtKind::Assign> {
  Pattern *target = nullptr;
  Expr *value = nullptr;
};

// --------------------------------------------------------------- declarations

enum class DeclKind {
  Dims,
  Const,
  Function,
  Module,
  TrainRun,
  Tensor,
  Submodule,
  Carry,
  Setting,
};

/// An item of the file, a member of a module or an entry of a train or run
/// block. `name` is empty for Dims.
struct Decl {
  const DeclKind kind;
  SourceRange range;
  Identifier name;

protected:
  explicit Decl(DeclKind kind) : kind(kind) {}
};

template <DeclKind K> struct DeclOf : Decl {
  DeclOf() : Decl(K) {}
  static bool classof(const Decl *decl) { return decl->kind == K; }
};

/// One name of a `dim` item with its default extent, if any.
struct Dim {
  Identifier name;
  std::optional<int64_t> defaultExtent;
};

/// `dim N, T = 10`.
struct DimsDecl : DeclOf<DeclKind::Dims> {
  llvm::ArrayRef<Dim> dims;
};

/// `const name = value`.
struct ConstDecl : DeclOf<DeclKind::Const> {
  Expr *value = nullptr;
};

/// `fn`: at the top, in a module or in a train or run block. Without a result
/// the types are inferred.
struct FunctionDecl : DeclOf<DeclKind::Function> {
  llvm::ArrayRef<Parameter> params;
  std::optional<Result> result;
  Block body;
};

/// `module name(params) { members }`, or `module name(params) = value
/// [: input -> result]` (`value` is null in the first form, `members` empty in
/// the second; `input` is null without a type).
struct ModuleDecl : DeclOf<DeclKind::Module> {
  llvm::ArrayRef<Parameter> params;
  llvm::ArrayRef<Decl *> members; ///< Tensor, Function or Submodule.
  Expr *value = nullptr;
  TypeExpr *input = nullptr;
  std::optional<Result> result;
};

/// `train name(arguments) as alias { entries }`; `name` is the module's.
struct TrainRunDecl : DeclOf<DeclKind::TrainRun> {
  bool isTrain = true;
  llvm::ArrayRef<Argument> arguments;
  Identifier alias;
  llvm::ArrayRef<Decl *> entries; ///< Carry, Function or Setting.

  /// The alias, or else the name of the module.
  llvm::StringRef blockName() const { return alias ? alias.name : name.name; }
};

/// `parameter name: type [= init]` or `buffer …`.
struct TensorDecl : DeclOf<DeclKind::Tensor> {
  bool isBuffer = false;
  TypeExpr *type = nullptr;
  Expr *init = nullptr;
};

/// `name = value` in a module.
struct SubmoduleDecl : DeclOf<DeclKind::Submodule> {
  Expr *value = nullptr;
};

/// `carry name: type = init` in a train or run block.
struct CarryDecl : DeclOf<DeclKind::Carry> {
  TypeExpr *type = nullptr;
  Expr *init = nullptr;
};

/// `name = value` in a train or run block.
struct SettingDecl : DeclOf<DeclKind::Setting> {
  Expr *value = nullptr;
};

/// One parsed file. Owns its nodes, not its source.
class Program {
public:
  explicit Program(const Source &source) : source(source) {}
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  const Source &getSource() const { return source; }

  /// Makes a node (or anything without a destructor) that lives as long as
  /// the program.
  template <typename Node, typename... Args> Node *make(Args &&...args) {
    static_assert(std::is_trivially_destructible_v<Node>);
    return new (arena.Allocate<Node>()) Node(std::forward<Args>(args)...);
  }
  /// Copies a list into the arena.
  template <typename T> llvm::ArrayRef<T> copy(llvm::ArrayRef<T> list) {
    static_assert(std::is_trivially_destructible_v<T>);
    T *data = arena.Allocate<T>(list.size());
    std::uninitialized_copy(list.begin(), list.end(), data);
    return {data, list.size()};
  }
  llvm::StringRef copy(llvm::StringRef text) { return text.copy(arena); }

  /// Dims, Const, Function, Module and TrainRun, in the order of the file.
  llvm::ArrayRef<Decl *> items;

private:
  const Source &source;
  llvm::BumpPtrAllocator arena;
};

} // namespace sinter::ast

#endif // SINTER_FRONTEND_AST_H
