// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX text as plain data. Nothing here knows what an opcode means.
#ifndef SINTER_PTX_SYNTAX_H
#define SINTER_PTX_SYNTAX_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sinter::ptx {

/// A line and a column, both from 1.
struct Position {
  unsigned line = 0, column = 0;
};

/// An element type such as `.s32`, or a packed pair of them such as `.f16x2`.
struct Type {
  enum Kind : uint8_t {
    None,
    Predicate,
    Unsigned,
    Signed,
    Bits,
    Float,
    BFloat,
    TF32,
    E4M3,
    E5M2
  };
  Kind kind = None;
  /// Of one lane.
  uint16_t bits = 0;
  /// 2 for a packed pair.
  uint8_t lanes = 1;

  /// The type called `name` (without the dot), or one of kind None.
  static Type named(llvm::StringRef name);

  explicit operator bool() const { return kind != None; }
  bool isFloat() const { return kind >= Float; }
  bool isSigned() const { return kind == Signed; }
  /// Bits of all lanes.
  unsigned width() const { return bits * lanes; }
  /// Bytes in memory; a predicate takes one.
  unsigned bytes() const { return kind == Predicate ? 1 : width() / 8; }
  Type lane() const { return {kind, bits, 1}; }
};

/// Where a variable or an access lives. Generic is an access that names none.
enum class Space : uint8_t {
  Generic,
  Register,
  Parameter,
  Local,
  Shared,
  Global,
  Constant
};

/// What a name stands for: a variable of the function, or else something of the
/// module, a label or a special register, by its name.
struct Reference {
  /// Index into Function::variables, or -1.
  int variable = -1;
  /// N of `%rN`, where `%r<…>` declared a range of registers.
  unsigned element = 0;
  std::string name;
};

/// An operand of an instruction.
struct Operand {
  enum Kind : uint8_t {
    Discard,   // _
    Immediate, // 4, -1, 0f3F800000, 1.5
    Name,      // %r1, %v.x, array, array+4, label
    Address,   // [%rd1+4], [array], [16]
    Vector,    // {%f1, %f2}
    Pair       // %r1|%p1
  };
  Kind kind = Discard;
  Position position;
  Reference reference;
  /// Of an immediate: its bits as written.
  uint64_t bits = 0;
  /// The immediate is a decimal fraction, and `bits` are those of a double.
  bool isDecimal = false;
  /// `!%p1`
  bool negated = false;
  /// 0 to 3 for `.x` to `.w`, or -1.
  int component = -1;
  /// Bytes added to a name or an address.
  int64_t offset = 0;
  /// Of a vector or a pair, and what an address has behind its comma.
  std::vector<Operand> elements;
};

/// `@guard opcode.modifiers operands;`
struct Instruction {
  Position position;
  /// Index into Module::locations: what the last `.loc` said.
  unsigned location = 0;
  /// The block that it stands in, for labels.
  unsigned scope = 0;
  bool hasGuard = false;
  Operand guard;
  std::string opcode;
  std::vector<std::string> modifiers;
  /// Of a call: a vector of results, the callee, a vector of arguments.
  std::vector<Operand> operands;

  /// "ld.global.f32"
  std::string spelling() const;
};

/// A value in an initialiser that is the address of something.
struct Relocation {
  uint64_t offset;
  std::string symbol;
  int64_t addend;
};

/// A variable or, in Space::Register, a register or a range of them.
struct Variable {
  std::string name;
  Position position;
  Space space = Space::Generic;
  Type type;
  /// Elements of `.v2` and `.v4`.
  unsigned vector = 1;
  uint64_t alignment = 1;
  /// In bytes; of an `.extern` array, 0.
  uint64_t size = 0;
  bool isExternal = false;
  /// N of `%r<N>`; 0 for a single one.
  unsigned range = 0;
  std::vector<uint8_t> initialiser;
  std::vector<Relocation> relocations;
};

/// A label stands before instruction `index`.
struct Label {
  std::string name;
  unsigned scope;
  unsigned index;
};

/// An `.entry` or a `.func`.
struct Function {
  std::string name;
  Position position;
  bool isEntry = false;
  bool hasBody = false;
  /// Everything declared in it, parameters and results too.
  std::vector<Variable> variables;
  std::vector<unsigned> results, parameters;
  std::vector<Instruction> body;
  std::vector<Label> labels;
  /// The block around each block; that of the function is its own.
  std::vector<unsigned> scopes;
  /// `.branchtargets` and `.calltargets` by label.
  llvm::StringMap<std::vector<std::string>> targets;
  /// Threads a block may have (`.maxntid`) or must have (`.reqntid`); 0: any.
  uint64_t maximumThreads = 0, requiredThreads = 0;
};

/// A place in the source that the PTX was made from.
struct SourceLocation {
  unsigned file = 0, line = 0, column = 0;
  /// Index into Module::locations of the call that was inlined, or 0.
  unsigned inlinedAt = 0;
};

/// One file of PTX.
struct Module {
  /// The name of the file.
  std::string name;
  std::string version, target;
  std::vector<Variable> variables;
  /// In the order of the text.
  std::vector<Function> functions;
  std::map<unsigned, std::string> files;
  /// The first one is no place.
  std::vector<SourceLocation> locations = {{}};

  const Function *function(llvm::StringRef name) const;
  /// "model.sinter:3:5", with the calls that were inlined, or "" for no place.
  std::string sourceText(unsigned location) const;
};

} // namespace sinter::ptx
#endif
