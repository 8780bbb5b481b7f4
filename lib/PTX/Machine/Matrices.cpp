// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix operations of a warp. Fragments of mma are laid out as the PTX manual
// says ("Matrix Fragments for mma"); those of wmma are opaque, so element i of
// lane l is the (l * per lane + i)-th in row order.
#include "Machine.h"
#include "Ordering.h"
#include "Values.h"
#include <cmath>
#include <cstring>

using namespace sinter::ptx;
using Element = MatrixOperation::Element;

static unsigned bitsOf(Element element) {
  switch (element) {
  case Element::F64:
    return 64;
  case Element::F16:
  case Element::BF16:
    return 16;
  case Element::S8:
  case Element::U8:
    return 8;
  default:
    return 32;
  }
}

/// All 65536 halves as floats: a product decodes many.
static const float *halves() {
  static const std::vector<float> table = [] {
    std::vector<float> values(1 << 16);
    for (uint32_t i = 0; i < values.size(); ++i)
      values[i] = decodeFloat(i, halfFormat);
    return values;
  }();
  return table.data();
}

static double loadElement(Element element, const uint8_t *from) {
  uint64_t bits = 0;
  memcpy(&bits, from, bitsOf(element) / 8);
  switch (element) {
  case Element::F16:
    return halves()[bits];
  case Element::BF16:
    return llvm::bit_cast<float>(uint32_t(bits) << 16);
  case Element::F32:
    return llvm::bit_cast<float>(uint32_t(bits));
  case Element::TF32: // the low bits are not read
    return llvm::bit_cast<float>(uint32_t(bits) & ~0x1FFFu);
  case Element::F64:
    return llvm::bit_cast<double>(bits);
  case Element::S8:
    return int8_t(bits);
  case Element::U8:
    return uint8_t(bits);
  case Element::S32:
    return int32_t(bits);
  }
  llvm_unreachable("an element of a matrix");
}

static void storeElement(Element element, double value, uint8_t *to) {
  uint64_t bits = 0;
  if (element == Element::F16)
    bits = encodeFloat(value, halfFormat);
  else if (element == Element::F32)
    bits = llvm::bit_cast<uint32_t>(float(value));
  else if (element == Element::F64)
    bits = llvm::bit_cast<uint64_t>(value);
  else
    bits = uint32_t(int64_t(value)); // sums of integers wrap around
  memcpy(to, &bits, bitsOf(element) / 8);
}

namespace {
struct MatrixArgument {
  const MatrixOperation *operation;
  /// Eight bytes each.
  uint64_t *registers;
  uint8_t *row;
};

/// Which element of a matrix each element of each lane's fragment is.
struct Fragment {
  std::vector<uint16_t> places;
  unsigned perLane() const { return places.size() / warpSize; }
};
struct Layout {
  Fragment a, b, c;
};
} // namespace

static Layout makeLayout(const MatrixOperation &op) {
  Layout layout;
  unsigned m = op.m, n = op.n, k = op.k;
  unsigned perA = m * k / 32, perB = k * n / 32, perC = m * n / 32;
  unsigned inA = std::max(1u, 32 / bitsOf(op.a));
  unsigned inB = std::max(1u, 32 / bitsOf(op.b));
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned group = lane / 4, thread = lane % 4;
    for (unsigned i = 0; i < perA; ++i) {
      unsigned reg = i / inA, half = m == 8 ? 0 : reg & 1;
      unsigned quad = m == 8 ? reg : reg >> 1;
      unsigned row = group + 8 * half;
      unsigned column = quad * 4 * inA + thread * inA + i % inA;
      layout.a.places.push_back(op.opaque ? lane * perA + i : row * k + column);
    }
    for (unsigned i = 0; i < perB; ++i) {
      unsigned row = i / inB * 4 * inB + thread * inB + i % inB;
      layout.b.places.push_back(op.opaque ? lane * perB + i : row * n + group);
    }
    for (unsigned i = 0; i < perC; ++i) {
      unsigned row = group + 8 * (i >> 1), column = thread * 2 + (i & 1);
      layout.c.places.push_back(op.opaque ? lane * perC + i : row * n + column);
    }
  }
  return layout;
}

static const Layout &layoutOf(const MatrixOperation &op) {
  using Key = std::tuple<unsigned, unsigned, unsigned, int, int, bool>;
  static std::map<Key, Layout> all;
  auto [found, isNew] =
      all.try_emplace({op.m, op.n, op.k, op.a, op.b, op.opaque});
  if (isNew)
    found->second = makeLayout(op);
  return found->second;
}

/// Calls `function(its bytes, its place)` for each element of a fragment that
/// starts at register `first`.
template <typename Function>
static void forElements(Rendezvous &meeting, unsigned first, Element element,
                        const Fragment &fragment, Function function) {
  unsigned per = fragment.perLane(), bytes = bitsOf(element) / 8;
  unsigned inRegister = std::max(1u, 4 / bytes);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    auto *argument = static_cast<MatrixArgument *>(meeting.arguments[lane]);
    auto *from = reinterpret_cast<uint8_t *>(argument->registers + first);
    for (unsigned i = 0; i < per; ++i)
      function(from + i / inRegister * 8 + i % inRegister * bytes,
               fragment.places[lane * per + i]);
  }
}

/// The operation if the whole warp takes part, or null.
static const MatrixOperation *wholeWarp(Block &block, Rendezvous &meeting) {
  if (meeting.mask == ~0u)
    return static_cast<MatrixArgument *>(meeting.arguments[0])->operation;
  Machine &machine = *block.threads[0].machine;
  machine.report("incomplete warp", meeting.place,
                 "expected all 32 lanes of a warp");
  machine.failed = true;
  return nullptr;
}

// The order of the sum is not specified: it is taken in f64 and rounded once.
static void multiply(Block &block, uint32_t, Rendezvous &meeting) {
  const MatrixOperation *op = wholeWarp(block, meeting);
  if (!op)
    return;
  const Layout &layout = layoutOf(*op);
  static std::vector<double> a, b, c;
  auto gather = [&](unsigned first, Element element, const Fragment &fragment,
                    std::vector<double> &matrix) {
    matrix.resize(fragment.places.size());
    forElements(meeting, first, element, fragment,
                [&](uint8_t *from, unsigned place) {
                  matrix[place] = loadElement(element, from);
                });
  };
  unsigned first = op->registersD, m = op->m, n = op->n, k = op->k;
  gather(first, op->a, layout.a, a);
  gather(first += op->registersA, op->b, layout.b, b);
  gather(first += op->registersB, op->c, layout.c, c);
  double sums[32];
  for (unsigned row = 0; row < m; ++row) {
    std::fill(sums, sums + n, 0.0);
    for (unsigned i = 0; i < k; ++i)
      for (unsigned column = 0; column < n; ++column)
        sums[column] += a[row * k + i] * b[i * n + column];
    for (unsigned column = 0; column < n; ++column)
      c[row * n + column] += sums[column];
  }
  forElements(meeting, 0, op->d, layout.c, [&](uint8_t *to, unsigned place) {
    storeElement(op->d, c[place], to);
  });
}

/// An 8x8 matrix of 16-bit elements, and the two of them in a lane's register.
namespace {
struct SmallMatrix {
  uint16_t elements[8][8];

  uint16_t &at(unsigned lane, unsigned half, bool transposed) {
    unsigned row = lane / 4, column = lane % 4 * 2 + half;
    return transposed ? elements[column][row] : elements[row][column];
  }
  uint32_t pair(unsigned lane, bool transposed) {
    return at(lane, 0, transposed) | uint32_t(at(lane, 1, transposed)) << 16;
  }
  void setPair(unsigned lane, bool transposed, uint32_t bits) {
    at(lane, 0, transposed) = bits;
    at(lane, 1, transposed) = bits >> 16;
  }
};
} // namespace

/// ldmatrix and stmatrix: lane 8 j + i holds the address of row i of matrix j.
static void moveRows(Block &block, uint32_t, Rendezvous &meeting) {
  const MatrixOperation *op = wholeWarp(block, meeting);
  if (!op)
    return;
  auto argument = [&](unsigned lane) {
    return static_cast<MatrixArgument *>(meeting.arguments[lane]);
  };
  for (unsigned j = 0; j < op->count; ++j) {
    SmallMatrix matrix;
    if (op->kind == MatrixOperation::Load)
      for (unsigned i = 0; i < 8; ++i)
        memcpy(matrix.elements[i], argument(j * 8 + i)->row, 16);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      uint64_t &slot = argument(lane)->registers[j];
      if (op->kind == MatrixOperation::Load)
        slot = matrix.pair(lane, op->transposed);
      else
        matrix.setPair(lane, op->transposed, slot);
    }
    if (op->kind == MatrixOperation::Store)
      for (unsigned i = 0; i < 8; ++i)
        memcpy(argument(j * 8 + i)->row, matrix.elements[i], 16);
  }
}

static void transpose(Block &block, uint32_t, Rendezvous &meeting) {
  if (!wholeWarp(block, meeting))
    return;
  SmallMatrix matrix;
  auto registers = [&](unsigned lane) {
    return static_cast<MatrixArgument *>(meeting.arguments[lane])->registers;
  };
  for (unsigned lane = 0; lane < warpSize; ++lane)
    matrix.setPair(lane, false, registers(lane)[1]);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    registers(lane)[0] = matrix.pair(lane, true);
}

static void checkPart(Thread &thread, uint8_t *address, uint8_t bytes,
                      const MatrixOperation &op, bool isStore) {
  Access access{op.place, bytes, uint8_t(isStore ? Access::Store : 0),
                Space::Generic};
  Machine &machine = *thread.machine;
  if (uint64_t(address) % bytes || machine.checked) // 16 bytes fault anywhere
    if (!machine.checkAccess(thread, address, access))
      machine.abandon(thread);
}

/// wmma.load and wmma.store: each lane moves its elements of the tile.
static void moveTile(Thread &thread, const MatrixOperation &op,
                     uint64_t *registers, uint8_t *base, uint32_t stride) {
  bool isStore = op.kind == MatrixOperation::TileStore;
  unsigned bytes = bitsOf(op.a) / 8, inRegister = std::max(1u, 4 / bytes);
  unsigned per = op.rows * op.columns / warpSize;
  unsigned count = (isStore ? op.registersA : op.registersD) * inRegister;
  if (uint64_t(base) % 32 || stride * bytes % 16) {
    thread.machine->report("misaligned access", op.place,
                           "expected an address that is a multiple of 32 and "
                           "rows that are a multiple of 16 bytes apart");
    thread.machine->abandon(thread);
  }
  // Of halves, fragments have each element twice; `per` of them differ.
  for (unsigned i = 0; i < count; ++i) {
    unsigned place = thread.lane * per + i % per;
    unsigned row = place / op.columns, column = place % op.columns;
    uint64_t index = op.rowMajor ? uint64_t(row) * stride + column
                                 : uint64_t(column) * stride + row;
    uint8_t *memory = base + index * bytes;
    auto *part = reinterpret_cast<uint8_t *>(&registers[i / inRegister]) +
                 i % inRegister * bytes;
    if (i < per)
      checkPart(thread, memory, bytes, op, isStore);
    if (!isStore)
      memcpy(part, memory, bytes);
    else if (i < per)
      memcpy(memory, part, bytes);
  }
}

/// `row` is that of ldmatrix or the tile; `stride` counts elements.
static void matrixOperation(Thread *thread, const MatrixOperation *op,
                            uint64_t *registers, uint8_t *row,
                            uint32_t stride) {
  Machine &machine = *thread->machine;
  MatrixArgument argument{op, registers, row};
  switch (op->kind) {
  case MatrixOperation::Multiply:
    return machine.meet(*thread, op->place, ~0u, &argument, multiply);
  case MatrixOperation::Transpose:
    return machine.meet(*thread, op->place, ~0u, &argument, transpose);
  case MatrixOperation::Load:
  case MatrixOperation::Store:
    if (thread->lane / 8 < op->count)
      checkPart(*thread, row, 16, *op, op->kind == MatrixOperation::Store);
    return machine.meet(*thread, op->place, ~0u, &argument, moveRows);
  case MatrixOperation::TileLoad:
  case MatrixOperation::TileStore:
    moveTile(*thread, *op, registers, row, stride);
    return machine.meet(*thread, op->place, ~0u, &argument,
                        [](Block &block, uint32_t, Rendezvous &meeting) {
                          wholeWarp(block, meeting);
                        });
  }
}

llvm::ArrayRef<RuntimeFunction> sinter::ptx::matrixFunctions() {
  static const RuntimeFunction functions[] = {
      {"matrixOperation", reinterpret_cast<void *>(matrixOperation)}};
  return functions;
}
