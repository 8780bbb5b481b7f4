// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What expressions evaluate to while a model is captured.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_VALUE_H
#define SINTER_LIB_FRONTEND_CAPTURE_VALUE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "sinter/Frontend/AST.h"
#include "llvm/ADT/APFloat.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sinter::capturing {

class Value;
class Call;
struct Builtin;
struct LayerKind;
struct ObjectKind;
struct ModuleInstance;
using ModulePointer = std::shared_ptr<ModuleInstance>;
using Tensor = mlir::Value;

/// The value of what was reported already: whatever it touches stays silent.
struct Poison {};
struct None {};
/// `nn`, `F`, `torch`: whose members are the built-ins.
struct Namespace {};

/// A tuple or list.
struct Sequence {
  std::shared_ptr<const std::vector<Value>> items;
  bool isList = false;
};

class LoopBody;

/// Sequences of different lengths in one tensor, [T, N, …]: steps of a row from
/// its length on are padding.
struct PackedSequence {
  Tensor data, lengths;
};

/// What a `for` yields, step by step: a list to list functions, a tensor
/// stacked along a new dim 0 to all others. One of both is there.
struct Collected {
  std::shared_ptr<const std::vector<Value>> items;
  Tensor stacked;
};

/// The number of a step of a loop whose body is captured for all steps:
/// scale · s + offset in its step s = 0, 1, …, where scale is not 0.
struct LoopTime {
  LoopBody *loop = nullptr;
  int64_t scale = 1, offset = 0;

  int64_t at(int64_t step) const { return scale * step + offset; }
  bool operator==(const LoopTime &other) const {
    return loop == other.loop && scale == other.scale && offset == other.offset;
  }
};

/// A `fn`, with the instance it belongs to, if any.
struct FunctionValue {
  const ast::FunctionDecl *decl = nullptr;
  ModulePointer self;
};

/// A built-in function; as a method, with the value before the dot.
struct BuiltinValue {
  const Builtin *builtin = nullptr;
  std::shared_ptr<const Value> self;
};

/// What calling makes an instance of: a module of the file or a layer.
struct ClassValue {
  const ast::ModuleDecl *decl = nullptr;
  const LayerKind *layer = nullptr;
};

/// Arguments by parameter name.
using Options = std::map<std::string, Value>;

/// A data set, transform, optimizer or schedule: its kind and arguments.
struct Object {
  const ObjectKind *kind = nullptr;
  std::shared_ptr<const Options> options;
  SourceRange range;
};

/// An optimizer, data set, …, before it is called.
struct ObjectClass {
  const ObjectKind *kind = nullptr;
};

class Value {
public:
  using Storage =
      std::variant<Poison, Tensor, int64_t, double, bool, std::string, None,
                   ast::DType, Sequence, Collected, LoopTime, PackedSequence,
                   ModulePointer, FunctionValue, BuiltinValue, ClassValue,
                   Object, ObjectClass, Namespace>;

  Value() = default;
  template <typename T, typename = std::enable_if_t<
                            !std::is_same_v<std::decay_t<T>, Value>>>
  Value(T &&value) : storage(std::forward<T>(value)) {}

  template <typename T> bool is() const {
    return std::holds_alternative<T>(storage);
  }
  /// The value of that kind, or null.
  template <typename T> const T *as() const { return std::get_if<T>(&storage); }

  bool isPoison() const { return is<Poison>(); }
  /// An int, float or bool that is known while compiling.
  bool isNumber() const { return is<int64_t>() || is<double>() || is<bool>(); }
  /// A number as floating point; only if `isNumber()`.
  double toDouble() const;
  /// An int, or a bool as one; nullopt for all else.
  std::optional<int64_t> toInteger() const;
  /// A number without rounding; only if `isNumber()`.
  llvm::APFloat toExact() const;
  /// What it is, in words: "a tensor f32[64, 10]", "the number 3", …
  std::string describe() const;

private:
  Storage storage;
};

/// A tuple of the items, or a list.
Value makeSequence(std::vector<Value> items, bool isList = false);

/// "f32[64, 10]", as types are written in model text.
std::string describeType(mlir::Type type);
std::string describeShape(llvm::ArrayRef<int64_t> shape);

/// Whether an element of this type holds a number, cut off to an integer if it
/// must be: what PyTorch asks of the numbers of fills and literals.
bool fitsElement(const Value &number, mlir::Type element);
/// A number as an element of this type; integers are exact, and anything but 0
/// is true.
mlir::Attribute numberAttribute(const Value &number, mlir::Type element);

/// How a parameter or buffer starts.
enum class InitKind { Zeros, Ones, Constant, Uniform, Normal, Expression };
struct Initializer {
  InitKind kind = InitKind::Zeros;
  double value = 0;     ///< of a constant; bound of a uniform: U(-value, value)
  int64_t zeroRow = -1; ///< this row starts as zeros (padding of embeddings)
  const ast::Expr *expression = nullptr;
};

/// One parameter or buffer of a module instance.
struct TensorSlot {
  std::string key; ///< state_dict key; empty until the root is complete
  mlir::RankedTensorType type;
  bool isBuffer = false;
  Initializer init;
  SourceRange range;
  ModuleInstance *owner = nullptr;
};
using SlotPointer = std::shared_ptr<TensorSlot>;

/// An instance of a module of the file, of a layer, or a Sequential.
struct ModuleInstance {
  std::string typeName;
  std::string path; ///< prefix of keys, without the last dot
  bool attached = false;
  const ast::ModuleDecl *decl = nullptr;      ///< of the file, with a body
  const ast::ModuleDecl *signature = nullptr; ///< `module X = this : type`
  const LayerKind *layer = nullptr;
  Options options; ///< arguments it was made with
  /// Own tensors, then submodules, each in order of registration.
  std::vector<std::pair<std::string, SlotPointer>> tensors;
  std::vector<std::pair<std::string, Value>> members;
  /// Of a Sequential: where each member is written, which is what a reader of
  /// the model wants to see of its ops.
  std::vector<SourceRange> places;

  TensorSlot *tensor(llvm::StringRef name) const {
    for (auto &[key, slot] : tensors)
      if (key == name)
        return slot.get();
    return nullptr;
  }
};

} // namespace sinter::capturing
#endif
