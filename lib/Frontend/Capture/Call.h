// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call of a built-in: typed access to its arguments, with located errors.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_CALL_H
#define SINTER_LIB_FRONTEND_CAPTURE_CALL_H

#include "Interpreter.h"
#include "Tables.h"

namespace sinter::capturing {

class Call {
public:
  Call(Interpreter &interpreter, const Signature &signature,
       std::vector<BoundArgument> arguments, SourceRange range,
       ModuleInstance *self = nullptr)
      : interpreter(interpreter), graph(interpreter.graph), range(range),
        self(self), signature(signature), arguments(std::move(arguments)) {}

  /// After an error all accessors still give something; a function checks this
  /// before it builds ops.
  bool failed() const { return hasFailed; }

  /// The name of the function or layer.
  llvm::StringRef name() const { return signature.name; }
  /// The name of parameter number `index`, where families share a function.
  llvm::StringRef parameter(size_t index) const {
    return signature.parameters[index].name;
  }

  const Value &value(llvm::StringRef name) const;
  SourceRange rangeOf(llvm::StringRef name) const;
  bool isNone(llvm::StringRef name) const { return value(name).is<None>(); }
  bool isGiven(llvm::StringRef name) const;

  /// A tensor; numbers become constants. After an error a scalar.
  Tensor tensor(llvm::StringRef name);
  /// The same, integers and bools converted to the default float.
  Tensor floatTensor(llvm::StringRef name);
  /// A tensor of floats, as functions want it that PyTorch has for floats
  /// alone; a number is one.
  Tensor floats(llvm::StringRef name);
  /// A tensor of indices (i64 or i32).
  Tensor indexTensor(llvm::StringRef name);
  /// What fills a tensor of `element`: a number that fits or a tensor of rank
  /// 0.
  Tensor filling(llvm::StringRef name, mlir::Type element);
  /// None gives null.
  Tensor optionalTensor(llvm::StringRef name);
  std::vector<Tensor> tensors(llvm::StringRef name);
  /// Two or more arguments, converted to their common type.
  std::vector<Tensor> promoted(llvm::ArrayRef<llvm::StringRef> names);

  int64_t integer(llvm::StringRef name);
  double number(llvm::StringRef name);
  std::optional<double> optionalNumber(llvm::StringRef name);
  bool flag(llvm::StringRef name);
  std::string string(llvm::StringRef name);
  /// A string that is one of `choices`.
  std::string choice(llvm::StringRef name,
                     llvm::ArrayRef<llvm::StringRef> choices);
  /// Integers: of a list, of variadic arguments, or a single one.
  Shape integers(llvm::StringRef name);
  /// Extents, none negative, of a tensor that fits in memory.
  Shape extents(llvm::StringRef name);
  /// A dim of a tensor of that rank, negative ones counted from the end.
  int64_t dim(llvm::StringRef name, int64_t rank);
  /// Several, sorted; none or empty is all.
  Shape dims(llvm::StringRef name, int64_t rank);
  /// An element type, or null for none.
  mlir::Type element(llvm::StringRef name);

  /// An option of the layer that is called, as a number, flag, …: the layer's
  /// arguments are read by the same accessors of this call.
  Call options() const;

  Value error(llvm::StringRef name, const llvm::Twine &message) {
    return error(rangeOf(name), message);
  }
  Value error(SourceRange at, const llvm::Twine &message);
  /// "expected …, but got …" about an argument.
  Value expected(llvm::StringRef name, const llvm::Twine &what);

  /// Checks that an argument's indices are in [0, limit), at run time if they
  /// are not known; an error otherwise.
  bool checkIndices(Tensor indices, llvm::StringRef name, int64_t limit);
  /// Whether a tensor may be split into so many parts; an error otherwise.
  bool mayMakeParts(int64_t count);
  /// Checks that shapes broadcast; an error otherwise.
  bool checkBroadcast(llvm::ArrayRef<Tensor> operands);
  /// Checks that an operand, which may be null, broadcasts to `shape`; an error
  /// otherwise.
  bool checkBroadcastsTo(llvm::StringRef name, Tensor operand,
                         llvm::ArrayRef<int64_t> shape);
  /// Checks that tensors, of which some may be null, have one dtype, as PyTorch
  /// wants it of an input and the weights; an error otherwise.
  bool checkOneDType(llvm::ArrayRef<Tensor> operands);
  /// The tensor without its gradient, which the user asked for: unlike those
  /// that formulas need, `check --gradients` can let it through.
  Tensor stopGradient(Tensor tensor);
  /// Registers a tensor of the layer that is made.
  void addTensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                 Initializer init, bool isBuffer = false,
                 mlir::Type element = {});
  /// The value of a tensor of the layer that is called; null if it has none.
  Tensor own(llvm::StringRef name);

  Interpreter &interpreter;
  Graph &graph;
  SourceRange range;
  ModuleInstance *self;

private:
  const BoundArgument &argument(llvm::StringRef name) const;

  const Signature &signature;
  std::vector<BoundArgument> arguments;
  bool hasFailed = false;
};

} // namespace sinter::capturing
#endif
