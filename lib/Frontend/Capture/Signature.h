// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signatures of built-ins, read from text, and of functions and modules of the
// file; and the one binder of arguments to parameters.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_SIGNATURE_H
#define SINTER_LIB_FRONTEND_CAPTURE_SIGNATURE_H

#include "Value.h"
#include <optional>

namespace sinter::capturing {

class Session;

struct SignatureParameter {
  std::string name;
  bool hasDefault = false;
  Value defaultValue;                     ///< of a built-in
  const ast::Parameter *source = nullptr; ///< of a fn or module of the file
  bool variadic = false; ///< takes all further positional arguments
  bool keywordOnly = false;
};

/// A name with parameters. Text such as "sum(input, dim=none, *, dtype=none)"
/// or "view(input, *shape)": PyTorch's names, positions and defaults.
struct Signature {
  std::string name;
  std::string text;
  std::vector<SignatureParameter> parameters;

  static Signature parse(llvm::StringRef text);
  static Signature of(llvm::StringRef name,
                      llvm::ArrayRef<ast::Parameter> parameters);
  /// Position of a parameter; -1 if there is none of that name.
  int indexOf(llvm::StringRef parameter) const;
};

/// An argument that is evaluated; `name` is empty if it is positional.
struct EvaluatedArgument {
  ast::Identifier name;
  Value value;
  SourceRange range;
};

/// What each parameter of a signature got.
struct BoundArgument {
  bool given = false;
  Value value; ///< of a variadic parameter a list; the default if not given
  SourceRange range;
};

/// Binds arguments as Python does. Nullopt after located errors: too many,
/// unknown, missing or duplicate arguments, each with the signature.
std::optional<std::vector<BoundArgument>>
bindArguments(Session &session, const Signature &signature,
              llvm::ArrayRef<EvaluatedArgument> arguments, SourceRange call);

} // namespace sinter::capturing
#endif
