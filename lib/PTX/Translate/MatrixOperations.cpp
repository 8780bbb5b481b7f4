// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ldmatrix, mma and wmma: the registers of each lane go to the machine in
// slots of eight bytes.
#include "Emitter.h"

using namespace sinter::ptx;
using Element = MatrixOperation::Element;

namespace {
/// The registers of an operation, results first.
struct Registers {
  llvm::SmallVector<const Operand *> results, inputs;
};
} // namespace

static llvm::ArrayRef<Operand> elements(const Operand &operand) {
  return operand.kind == Operand::Vector ? llvm::ArrayRef(operand.elements)
                                         : llvm::ArrayRef(operand);
}

/// Calls the machine with the inputs, and writes the results.
static void callMachine(Emitter &e, const MatrixOperation &operation,
                        const Registers &registers, Value *address,
                        Value *stride) {
  auto &b = e.b;
  auto widthOf = [&](const Operand &operand) {
    unsigned width = e.registerWidth(operand);
    return width ? width : 32;
  };
  unsigned resultCount = 0, count = 0;
  for (const Operand *operand : registers.results)
    resultCount += elements(*operand).size();
  for (const Operand *operand : registers.inputs)
    count += elements(*operand).size();
  Value *slots =
      e.slot(llvm::ArrayType::get(b.getInt64Ty(), resultCount + count));
  auto slot = [&](unsigned i) {
    return b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), slots, i);
  };
  unsigned next = resultCount;
  for (const Operand *operand : registers.inputs)
    for (const Operand &element : elements(*operand))
      b.CreateStore(e.bits(element, widthOf(element)), slot(next++));
  e.context.records.matrices.push_back(operation);
  MatrixOperation &record = e.context.records.matrices.back();
  record.place = e.placeRecord();
  record.registersD = resultCount;
  if (!registers.inputs.empty())
    record.registersA = elements(*registers.inputs[0]).size();
  if (registers.inputs.size() == 3) {
    record.registersB = elements(*registers.inputs[1]).size();
    record.registersC = elements(*registers.inputs[2]).size();
  }
  e.callVoid("matrixOperation",
             {e.thread, e.hostPointer(&record), slots, address, stride});
  next = 0;
  for (const Operand *operand : registers.results)
    for (const Operand &element : elements(*operand))
      e.setBits(element,
                b.CreateLoad(e.intType(widthOf(element)), slot(next++)));
}

static std::optional<Element> elementOf(Type type) {
  switch (type.kind) {
  case Type::Float:
    return type.bits == 16   ? MatrixOperation::F16
           : type.bits == 64 ? MatrixOperation::F64
                             : MatrixOperation::F32;
  case Type::BFloat:
    return MatrixOperation::BF16;
  case Type::TF32:
    return MatrixOperation::TF32;
  case Type::Signed:
    if (type.bits == 8)
      return MatrixOperation::S8;
    if (type.bits == 32)
      return MatrixOperation::S32;
    return std::nullopt;
  case Type::Unsigned:
    if (type.bits == 8)
      return MatrixOperation::U8;
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

/// Reads the shape, such as m16n8k16, from the modifiers.
static bool readShape(Emitter &e, MatrixOperation &operation) {
  for (llvm::StringRef modifier : e.instruction().modifiers) {
    llvm::StringRef text = modifier;
    if (text.consume_front("m") && !text.consumeInteger(10, operation.m) &&
        text.consume_front("n") && !text.consumeInteger(10, operation.n) &&
        (text.empty() ||
         (text.consume_front("k") && !text.consumeInteger(10, operation.k) &&
          text.empty())))
      return e.has(modifier);
  }
  return false;
}

// ldmatrix r, [p]; stmatrix [p], r
static void emitMoveMatrix(Emitter &e) {
  bool isLoad = e.instruction().opcode == "ldmatrix";
  MatrixOperation operation;
  operation.kind = isLoad ? MatrixOperation::Load : MatrixOperation::Store;
  static const std::pair<llvm::StringRef, uint8_t> counts[] = {
      {"x1", 1}, {"x2", 2}, {"x4", 4}};
  auto count = e.choose<uint8_t>(counts);
  operation.transposed = e.has("trans");
  e.ignore({"sync", "aligned"});
  if (!count || !e.has("m8n8") || e.type().bits != 16) {
    e.unsupported();
    return;
  }
  operation.count = *count;
  Space space = e.space();
  Registers registers;
  (isLoad ? registers.results : registers.inputs)
      .push_back(&e.operand(isLoad ? 0 : 1));
  Value *address = e.pointer(e.operand(isLoad ? 1 : 0), space);
  callMachine(e, operation, registers, address, e.b.getInt32(0));
}

static void emitTranspose(Emitter &e) {
  MatrixOperation operation;
  operation.kind = MatrixOperation::Transpose;
  e.ignore({"sync", "aligned", "m8n8", "trans"});
  e.type();
  callMachine(e, operation, {{&e.operand(0)}, {&e.operand(1)}},
              llvm::Constant::getNullValue(e.b.getPtrTy()), e.b.getInt32(0));
}

/// Whether each lane has as many registers as its part of the matrices needs.
static bool registersFit(const MatrixOperation &op, const Registers &registers,
                         bool isDouble) {
  auto bitsIn = [&](const Operand *operand) {
    return elements(*operand).size() * (isDouble ? 64 : 32) * warpSize;
  };
  auto bitsOf = [](Element element) {
    return element == MatrixOperation::F64 ? 64
           : element == MatrixOperation::F16 || element == MatrixOperation::BF16
               ? 16
           : element == MatrixOperation::S8 || element == MatrixOperation::U8
               ? 8
               : 32;
  };
  return bitsIn(registers.results[0]) == op.m * op.n * bitsOf(op.d) &&
         bitsIn(registers.inputs[0]) == op.m * op.k * bitsOf(op.a) &&
         bitsIn(registers.inputs[1]) == op.k * op.n * bitsOf(op.b) &&
         bitsIn(registers.inputs[2]) == op.m * op.n * bitsOf(op.c);
}

/// mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 d, a, b, c
static void emitMma(Emitter &e) {
  MatrixOperation operation;
  operation.kind = MatrixOperation::Multiply;
  e.ignore({"sync", "aligned"});
  bool hasLayout = e.has("row") && e.has("col");
  if (!readShape(e, operation) || !hasLayout || e.typeCount() != 4) {
    e.unsupported();
    return;
  }
  std::optional<Element> types[4];
  for (unsigned i = 0; i < 4; ++i)
    types[i] = elementOf(e.type(i));
  if (!types[0] || !types[1] || !types[2] || !types[3]) {
    e.unsupported();
    return;
  }
  operation.d = *types[0];
  operation.a = *types[1];
  operation.b = *types[2];
  operation.c = *types[3];
  Registers registers{{&e.operand(0)},
                      {&e.operand(1), &e.operand(2), &e.operand(3)}};
  bool isDouble = operation.a == MatrixOperation::F64;
  bool isKnown =
      operation.n == 8 && (operation.m == 16 || (operation.m == 8 && isDouble));
  if (!isKnown || !registersFit(operation, registers, isDouble)) {
    e.unsupported();
    return;
  }
  callMachine(e, operation, registers,
              llvm::Constant::getNullValue(e.b.getPtrTy()), e.b.getInt32(0));
}

// wmma.load.a.sync.aligned.row.m16n16k16.f16 r, [p], stride
static void emitTile(Emitter &e, bool isLoad) {
  MatrixOperation operation;
  operation.kind =
      isLoad ? MatrixOperation::TileLoad : MatrixOperation::TileStore;
  bool isA = e.has("a"), isB = e.has("b");
  e.ignore({"c", "d", "col"});
  operation.rowMajor = e.has("row");
  Space space = e.space();
  std::optional<Element> element = elementOf(e.type());
  if (!readShape(e, operation) || !element) {
    e.unsupported();
    return;
  }
  operation.a = *element;
  operation.rows = isB ? operation.k : operation.m;
  operation.columns = isA ? operation.k : operation.n;
  Registers registers;
  (isLoad ? registers.results : registers.inputs)
      .push_back(&e.operand(isLoad ? 0 : 1));
  Value *address = e.pointer(e.operand(isLoad ? 1 : 0), space);
  uint32_t dense = operation.rowMajor ? operation.columns : operation.rows;
  Value *stride = e.operandCount() > 2 ? e.bits(2, 32) : e.b.getInt32(dense);
  callMachine(e, operation, registers, address, stride);
}

/// wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32 d, a, b, c names the types
/// of D and C; those of A and B only if they are not f16.
static void emitTileProduct(Emitter &e) {
  MatrixOperation operation;
  operation.kind = MatrixOperation::Multiply;
  operation.opaque = true;
  e.ignore({"row", "col"});
  bool isShort = e.typeCount() == 2;
  std::optional<Element> d = elementOf(e.type(0)), c = elementOf(e.lastType());
  std::optional<Element> a =
      isShort ? MatrixOperation::F16 : elementOf(e.type(1));
  std::optional<Element> bElement =
      isShort ? MatrixOperation::F16 : elementOf(e.type(2));
  if (!readShape(e, operation) || !a || !bElement || !c || !d) {
    e.unsupported();
    return;
  }
  operation.a = *a;
  operation.b = *bElement;
  operation.c = *c;
  operation.d = *d;
  callMachine(e, operation,
              {{&e.operand(0)}, {&e.operand(1), &e.operand(2), &e.operand(3)}},
              llvm::Constant::getNullValue(e.b.getPtrTy()), e.b.getInt32(0));
}

static void emitWmma(Emitter &e) {
  e.ignore({"sync", "aligned"});
  if (e.has("load"))
    emitTile(e, true);
  else if (e.has("store"))
    emitTile(e, false);
  else if (e.has("mma"))
    emitTileProduct(e);
  else
    e.unsupported();
}

static void notYet(Emitter &e) {
  e.fail("instruction '" + e.instruction().spelling() +
         "' is not supported yet");
}

OpcodeTable sinter::ptx::matrixOpcodes() {
  static const std::pair<llvm::StringRef, EmitFunction> table[] = {
      {"ldmatrix", emitMoveMatrix}, {"stmatrix", emitMoveMatrix},
      {"movmatrix", emitTranspose}, {"mma", emitMma},
      {"wmma", emitWmma},           {"wgmma", notYet},
      {"tcgen05", notYet}};
  return table;
}
