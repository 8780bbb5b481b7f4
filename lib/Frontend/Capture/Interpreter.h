// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluates syntax trees while one function of the graph phase is built.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_INTERPRETER_H
#define SINTER_LIB_FRONTEND_CAPTURE_INTERPRETER_H

#include "Graph.h"
#include "Session.h"
#include "Signature.h"
#include "Value.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include <array>
#include <set>

namespace sinter::capturing {

struct StateLayout;
class LoopBody;

/// What a fn returned: values with the names they were given.
struct ReturnedValue {
  std::string name;
  Value value;
  SourceRange range;
};

/// Which of the steps of all loops around it a draw belongs to: a number that
/// is known while compiling, or one that the body of a scan computes.
struct DrawTime {
  int64_t constant = 0;
  Tensor computed; ///< i64 of rank 0, or null
};

/// One call of a fn: its names.
struct Frame {
  const ast::FunctionDecl *function = nullptr;
  ModulePointer self;
  std::map<std::string, Value> locals;
  std::vector<ReturnedValue> results;
  bool returned = false;
  bool givesLocals = false; ///< the caller reads the names after the call
  /// Values that the innermost loop has yielded.
  std::vector<std::vector<Value>> *yields = nullptr;
};

/// Keys of segments in the order of their first writes.
using ChangedSegments = llvm::SetVector<std::string, std::vector<std::string>,
                                        std::set<std::string>>;

/// The ids of random draws so far.
struct RandomIds {
  std::map<std::string, int64_t> byPlace; ///< and count
  std::set<int64_t> taken;
};

class Interpreter {
public:
  /// `state` may be null: then tensors of state cannot be used.
  Interpreter(Session &session, DimBinding dims, const StateLayout *state,
              bool training);

  /// Starts a function of that name without arguments and results.
  void beginFunction(llvm::StringRef name, mlir::Location location);
  Tensor addArgument(mlir::Type type, llvm::StringRef name);
  void addResult(Tensor value, llvm::StringRef name);
  /// An argument or a result that the compiler adds for a purpose, `role`. Its
  /// name is the role, with `_` behind it where the user has that name. With
  /// `inout` the argument and the result of one role are one buffer.
  Tensor addGenerated(mlir::Type type, llvm::StringRef role,
                      bool inout = false);
  void addGenerated(Tensor result, llvm::StringRef role, bool inout = false);
  /// The name of an argument of the function that is captured.
  mlir::StringAttr argumentName(unsigned number) const;
  /// The results so far.
  std::vector<std::pair<std::string, Tensor>> namedResults() const;
  /// Writes changed buffers, returns, sets the function's type and says which
  /// inputs are checked.
  mlir::func::FuncOp endFunction();

  // Expressions and statements.
  Value evaluate(const ast::Expr &expr);
  std::vector<EvaluatedArgument> evaluate(llvm::ArrayRef<ast::Argument> args);
  Value evaluateConst(const ast::ConstDecl &decl);
  /// A condition or other compile-time truth; nullopt after an error.
  std::optional<bool> evaluateCondition(const ast::Expr &expr);
  std::optional<int64_t> evaluateInteger(const ast::Expr &expr,
                                         llvm::StringRef what) {
    return toInteger(evaluate(expr), expr.range, what);
  }
  /// Null after an error that says what the value is for.
  std::optional<int64_t> toInteger(const Value &value, SourceRange range,
                                   llvm::StringRef what);
  Value callFunction(const FunctionValue &function,
                     llvm::ArrayRef<EvaluatedArgument> arguments,
                     SourceRange range,
                     std::vector<ReturnedValue> *results = nullptr,
                     std::map<std::string, Value> *locals = nullptr);
  Value call(const Value &callee, llvm::ArrayRef<EvaluatedArgument> arguments,
             SourceRange range);
  Value callBuiltin(const Builtin &builtin,
                    llvm::ArrayRef<EvaluatedArgument> arguments,
                    SourceRange range, ModuleInstance *self = nullptr);

  /// Counts a module or a tensor of one. False, after an error, when there are
  /// too many.
  bool mayAddModule(SourceRange range);

  // Operators (Operators.cpp).
  Value unaryOperator(ast::UnaryOp op, const Value &operand, SourceRange range);
  Value binaryOperator(ast::BinaryOp op, const Value &left, const Value &right,
                       SourceRange range);
  Value subscript(const ast::SubscriptExpr &expr);
  /// `tensor` at the step's index of a dim, which goes; null after an error.
  Tensor sliceAtStep(Tensor tensor, int64_t dim, LoopTime time,
                     SourceRange range);
  /// Checks that indices are in [first, limit): while compiling if they are
  /// known, with an error, else at run time.
  bool checkIndices(Tensor indices, int64_t first, int64_t limit,
                    SourceRange range);
  /// A float without its fraction as Python's int; an error if that has more
  /// than 64 bits.
  Value asInteger(double value, SourceRange range);
  /// The common element type of operands, as PyTorch promotes; numbers and
  /// tensors of rank 0 count less than tensors with dims.
  mlir::Type promote(llvm::ArrayRef<Value> operands);
  /// Converts a number, a sequence of tensors or a tensor; null after an
  /// error. The number of a loop's step is one only where `element` is given.
  /// Without `element`, numbers become i64, bool or the default float.
  Tensor toTensor(const Value &value, SourceRange range,
                  mlir::Type element = {});

  // Types (Types.cpp).
  /// Null, silently, if a dim is unbound, or after an error.
  mlir::RankedTensorType resolveType(const ast::TypeExpr &type);
  /// The same in the scope of a module's members.
  mlir::RankedTensorType resolveInstanceType(const ast::TypeExpr &type,
                                             const ModulePointer &self);
  /// Converts to the declared type; poison after a located error.
  Value checkType(const Value &value, const ast::TypeExpr &type,
                  SourceRange range, const llvm::Twine &what);

  // Modules (Modules.cpp).
  ModulePointer instantiate(const ClassValue &type,
                            llvm::ArrayRef<EvaluatedArgument> arguments,
                            SourceRange range);
  Value callModule(const ModulePointer &instance,
                   llvm::ArrayRef<EvaluatedArgument> arguments,
                   SourceRange range);
  /// Calls the members of a Sequential in turn.
  Value callSequential(const ModuleInstance &instance, Value value,
                       SourceRange range);
  /// A submodule, tensor, fn or argument of a module.
  std::optional<Value> memberOf(const ModulePointer &instance,
                                llvm::StringRef name, SourceRange range);
  /// The current value of a parameter or buffer.
  Value readTensor(const TensorSlot &slot, SourceRange range);
  /// Sets the value of a buffer after the call.
  void writeTensor(const TensorSlot &slot, Tensor value, SourceRange range);
  /// `parameter name: type = this`, in the scope of its module.
  Value evaluateInitializer(const TensorSlot &slot);
  Graph &graphBeforeLoops();
  Tensor readSegment(llvm::StringRef key);
  /// The segment's value if something has read it, else null.
  Tensor segmentRead(llvm::StringRef key) const {
    auto known = segments.find(key);
    return known == segments.end() ? Tensor() : known->second;
  }
  void writeSegment(llvm::StringRef key, Tensor value);

  // Random draws (Function.cpp).
  /// The id of the next draw of this kind at this place.
  int64_t nextRandomId(llvm::StringRef kind);
  Tensor randomUniform(mlir::RankedTensorType type, int64_t id);
  Tensor randomNormal(mlir::RankedTensorType type, int64_t id);
  Tensor seed();
  /// How many batches random functions drew for so far; the steps of loops
  /// around count in the upper half.
  Tensor batch();

  // What an attempt to capture something changes, to be taken back.
  struct Snapshot;
  Snapshot save() const;
  void restore(const Snapshot &snapshot);

  Value poison(SourceRange range, const llvm::Twine &message) {
    session.error(range, message);
    return Poison{};
  }

  Session &session;
  DimBinding dims;
  const StateLayout *state;
  bool training;
  /// In `init`: draws belong to step 0, whatever the state holds.
  bool initializing = false;
  /// A dim that was needed and has no extent: the capture is not usable.
  std::string unboundDim;
  Graph graph;
  mlir::func::FuncOp function;
  /// Module path, for ids and locations.
  std::string path;
  /// The innermost loop whose body is captured for all steps; or null.
  LoopBody *loop = nullptr;
  DrawTime drawTime;

private:
  std::string freeName(llvm::StringRef role) const;
  void nameCheckedInputs();
  Tensor insertArgument(mlir::Type type, mlir::NamedAttrList attributes);
  Value evaluateItems(llvm::ArrayRef<ast::Expr *> exprs, bool isList);
  Value evaluateUnary(const ast::UnaryExpr &expr);
  Value evaluateName(const ast::NameExpr &expr);
  bool isInState(const TensorSlot &slot, SourceRange range);
  std::optional<Value> lookup(llvm::StringRef name, SourceRange range);
  void noteRead(const std::string &name);
  std::optional<Value> lookupTopLevel(llvm::StringRef name);
  std::optional<Value> lookupBuiltin(llvm::StringRef name);
  Value unknownName(llvm::StringRef name, SourceRange range);
  bool reportHabit(llvm::StringRef name, SourceRange range);
  Value unknownDType(const ast::Identifier &name, SourceRange range);
  Value evaluateMember(const ast::MemberExpr &expr);
  Value methodOf(const Value &object, const ast::Identifier &member,
                 SourceRange range);
  Value evaluateCall(const ast::CallExpr &expr);
  Value evaluateBinary(const ast::BinaryExpr &expr);
  Value dataSetOfFunction(const ast::CallExpr &expr);

  Value evaluateUnchecked(const ast::Expr &expr);
  Value checkSize(Value value, SourceRange range);
  bool mayNest(SourceRange range);

  void run(const ast::Block &block);
  void run(const ast::Stmt &stmt);
  void runFor(const ast::ForStmt &stmt);
  void bind(llvm::StringRef name, const Value &value);
  TensorSlot *bufferNamed(llvm::StringRef name) const;
  void assignBuffer(TensorSlot &buffer, llvm::StringRef name,
                    const Value &value, SourceRange range);
  void runYield(const ast::YieldStmt &stmt);
  bool hasFailed() const;
  void assign(const ast::Pattern &pattern, const Value &value,
              SourceRange range);
  Value finishCall(const ast::FunctionDecl &decl, Frame &frame,
                   SourceRange range);
  bool bindParameters(const ast::FunctionDecl &decl, Frame &frame,
                      llvm::ArrayRef<EvaluatedArgument> arguments,
                      SourceRange range);

  Value subscriptCollected(const Collected &collected,
                           const ast::SubscriptExpr &expr);
  std::optional<LoopTime> stepOfSlice(const ast::Index &index);
  Tensor hoistTo(LoopBody *around, Tensor tensor);
  Value itemAtStep(const Sequence &list, LoopTime time, SourceRange range);
  bool pickSteps(Tensor &tensor, const ast::SubscriptExpr &expr, int64_t used,
                 std::vector<Value> &values);
  Value loopArithmetic(ast::BinaryOp op, const Value &left, const Value &right,
                       SourceRange range);
  Value subscriptSequence(const Sequence &sequence,
                          const ast::SubscriptExpr &expr);
  Value subscriptModule(const ModuleInstance &instance,
                        const ast::SubscriptExpr &expr);
  Value subscriptTensor(Tensor tensor, const ast::SubscriptExpr &expr);
  std::optional<std::vector<Value>>
  evaluateIndices(Tensor tensor, const ast::SubscriptExpr &expr, int64_t &used);
  Tensor countFromStart(Tensor indices, int64_t extent, SourceRange range);
  Value subscriptByTensor(Tensor tensor, const Value &index,
                          const ast::SubscriptExpr &expr);
  std::optional<std::array<int64_t, 3>> evaluateSlice(const ast::Index &index,
                                                      int64_t extent);
  std::optional<Value> sequenceOperator(ast::BinaryOp op, const Value &left,
                                        const Value &right, SourceRange range);
  Value foldBinary(ast::BinaryOp op, const Value &left, const Value &right,
                   SourceRange range);
  Value compareValues(ast::BinaryOp op, const Value &left, const Value &right,
                      SourceRange range);
  Value power(const Value &base, const Value &exponent, SourceRange range);

  ModulePointer instantiateDecl(const ast::ModuleDecl &decl,
                                llvm::ArrayRef<EvaluatedArgument> arguments,
                                SourceRange range);
  ModulePointer instantiateLayer(const LayerKind &layer,
                                 llvm::ArrayRef<EvaluatedArgument> arguments,
                                 SourceRange range);
  ModulePointer makeSequential(llvm::ArrayRef<EvaluatedArgument> arguments,
                               SourceRange range);
  void addMember(const ModulePointer &instance, const ast::Decl &member);
  Value callLayer(const ModulePointer &instance,
                  llvm::ArrayRef<EvaluatedArgument> arguments,
                  SourceRange range);

  Frame *frame = nullptr;
  unsigned depth = 0;   ///< of calls
  unsigned nesting = 0; ///< of expressions and statements, through all calls
  int64_t modules = 0;  ///< and tensors of modules that were made
  llvm::SmallVector<Tensor> results;
  std::vector<mlir::NamedAttrList> argumentAttributes, resultAttributes;
  std::map<std::string, Tensor, std::less<>> segments;
  ChangedSegments changedSegments;
  std::map<const ast::ConstDecl *, Value> constants;
  std::map<std::string, int64_t> randomCounts;
  RandomIds randomIds;
  const ast::ConstDecl *currentConst = nullptr;

  friend class ForLoop;
  friend class BodyCapture;
};

/// How much the body of a loop that is captured knows of tensors outside.
struct LoopBodyMark {
  size_t slices, hoisted;
};

struct Interpreter::Snapshot {
  Frame frame;
  std::map<std::string, Tensor, std::less<>> segments;
  ChangedSegments changedSegments;
  std::map<const ast::ConstDecl *, Value> constants;
  std::map<std::string, int64_t> randomCounts;
  RandomIds randomIds;
  std::string unboundDim;
  mlir::Operation *lastOp; ///< of the block that is built; null if it is empty
  std::vector<LoopBodyMark> bodies; ///< of loops, inmost first
  Session::Mark session;
};

/// Assigns state_dict keys to a root instance and all below it: the first by
/// which a tensor is reached is its key, others are aliases. False after an
/// error.
bool attachKeys(Session &session, const ModulePointer &root, SourceRange range);
/// All tensors below an attached root, once each: parameters in state_dict
/// order, then buffers.
std::vector<SlotPointer> collectTensors(const ModulePointer &root);

/// The items of what a loop gives, slices of it if need be; none after an
/// error.
std::vector<Value> itemsOf(Interpreter &in, const Collected &collected,
                           SourceRange range);
/// Elements of a tuple or list of tensors or the value itself.
std::vector<Value> elementsOf(const Value &value);
/// Rank of an element type in PyTorch's promotion.
int promotionRank(mlir::Type type);

} // namespace sinter::capturing
#endif
