// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The grammar: what text becomes which tree.

#include "Parsed.h"
#include <gtest/gtest.h>

using namespace sinter;

TEST(Parser, Precedence) {
  EXPECT_EQ(exprTree("a or b and not c == d + e * -f ** g"),
            "(or a (and b (not (== c (+ d (* e (- (** f g))))))))");
  EXPECT_EQ(exprTree("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(exprTree("a ** b ** -c"), "(** a (** b (- c)))");
  EXPECT_EQ(exprTree("a @ b // c % d / e"), "(/ (% (// (@ a b) c) d) e)");
  EXPECT_EQ(exprTree("-a.b(c)[d] ** 2"),
            "(- (** (index (call (. a b) (c)) (d)) 2))");
}

TEST(Parser, ConditionalsAssociateToTheRight) {
  EXPECT_EQ(exprTree("a if b else c if d else e"), "(if b a (if d c e))");
}

TEST(Parser, ComparisonsDoNotChain) {
  EXPECT_EQ(exprTree("a < b < c"),
            "expected 'and' between two comparisons, but got '<'");
  EXPECT_EQ(exprTree("a < b and b < c"), "(and (< a b) (< b c))");
  EXPECT_EQ(exprTree("1 + not a"), "expected an expression, but got 'not'");
}

TEST(Parser, TuplesListsAndGroups) {
  EXPECT_EQ(exprTree("((), (a), (a,), (a, b), [], [a, b,])"),
            "(tuple (tuple) a (tuple a) (tuple a b) (list) (list a b))");
}

TEST(Parser, Subscripts) {
  EXPECT_EQ(exprTree("x[:, 1:, :-1, a:b:c, ::2, ..., none, 0]"),
            "(index x ((: _ _ _) (: 1 _ _) (: _ (- 1) _) (: a b c) (: _ _ 2) "
            "... none 0))");
}

TEST(Parser, Calls) {
  EXPECT_EQ(exprTree("nn.RNN(1, n=2, dtype=f32,)(x)"),
            "(call (call (. nn RNN) (1 (= n 2) (= dtype f32))) (x))");
}

TEST(Parser, NewlinesInsideBracketsAndAfterOperators) {
  EXPECT_EQ(exprTree("f(\n a\n +\n b,\n c)[\n0\n] -\n d"),
            "(- (index (call f ((+ a b) c)) (0)) d)");
  EXPECT_EQ(exprTree("a\n+ b"),
            "expected the end of the expression, but got '+'");
}

TEST(Parser, Items) {
  EXPECT_EQ(Parsed("dim N, T = 10\nconst a =\n 1").tree(),
            "(dim N (= T 10))\n(const a 1)\n");
  EXPECT_EQ(
      Parsed("fn f(x: f32[N, 2 * T], y = 1) -> (a: i64, b: f32[]) {}").tree(),
      "(fn f ((param x (f32 N (* 2 T)) _) (param y _ 1)) "
      "(-> (field a (i64)) (field b (f32))) (block))\n");
  EXPECT_EQ(Parsed("module M(n = 1) = f(n) : (f32, f32) -> f32[2]").tree(),
            "(module M ((param n _ 1)) () (call f (n)) (types (f32) (f32)) "
            "(-> (field _ (f32 2))))\n");
}

TEST(Parser, Members) {
  EXPECT_EQ(Parsed("module M { parameter w: f32[2] = zeros(2); buffer b: i64\n"
                   "fn = f(1); parameter = 2; fn g() {} }")
                .tree(),
            "(module M () ((parameter w (f32 2) (call zeros (2))) "
            "(buffer b (i64) _) (= fn (call f (1))) (= parameter 2) "
            "(fn g () _ (block))) _ _ _)\n");
}

TEST(Parser, TrainBlocks) {
  EXPECT_EQ(Parsed("train M(1, n=2) as Fast { epochs = 5, lr = 1\n\n"
                   "carry h: f32 = 0 ; fn step() {} }\nrun M {}")
                .tree(),
            "(train M (1 (= n 2)) Fast ((= epochs 5) (= lr 1) "
            "(carry h (f32) 0) (fn step () _ (block))))\n(run M () _ ())\n");
}

TEST(Parser, KeywordsAreContextual) {
  EXPECT_EQ(Parsed("fn f(dim: i64) { train = g(dim=1, module=dim)\n"
                   "return run = train }")
                .tree(),
            "(fn f ((param dim (i64) _)) _ (block (= train (call g ((= dim 1) "
            "(= module dim)))) (return (= run train))))\n");
}

TEST(Parser, Statements) {
  EXPECT_EQ(Parsed("fn f() {\n a, (b, _) = g(); (c) = 1\n"
                   "if a { return } else if b { d = 1 } else { }\n"
                   "for i in 0..n - 1 { yield i, k = c }\n"
                   "s, t = for i in 0..3 { }\n return a,\n b = 2,\n }")
                .tree(),
            "(fn f () _ (block (= (pattern a (pattern b _)) (call g ())) "
            "(= c 1) (if a (block (return)) (block (if b (block (= d 1)) "
            "(block)))) (for _ i 0 (- n 1) (block (yield i (= k c)))) "
            "(for (pattern s t) i 0 3 (block)) (return a (= b 2))))\n");
}

TEST(Parser, RangesCoverTheText) {
  Parsed parsed("const a = (f(x) + 1)\nfn g() { b = [1,\n 2] }");
  auto *constant = llvm::cast<ast::ConstDecl>(parsed.program->items[0]);
  EXPECT_EQ(parsed.source.text(constant->range), "const a = (f(x) + 1)");
  EXPECT_EQ(parsed.source.text(constant->value->range), "(f(x) + 1)");
  auto *sum = llvm::cast<ast::BinaryExpr>(constant->value);
  EXPECT_EQ(parsed.source.text(sum->opRange), "+");
  EXPECT_EQ(parsed.source.text(sum->lhs->range), "f(x)");
  auto *function = llvm::cast<ast::FunctionDecl>(parsed.program->items[1]);
  EXPECT_EQ(parsed.source.text(function->range), "fn g() { b = [1,\n 2] }");
  EXPECT_EQ(parsed.source.text(function->body.statements[0]->range),
            "b = [1,\n 2]");
}
