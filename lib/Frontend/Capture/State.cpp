// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layout of state blocks.
#include "State.h"
#include "sinter/Dialect/NN/IR/ShapeUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sinter::capturing {

const SegmentLayout *StateLayout::find(llvm::StringRef key) const {
  auto found = numbers.find(key);
  return found == numbers.end() ? nullptr : &segments[found->second];
}

std::vector<const SegmentLayout *>
StateLayout::ofKind(nn::SegmentKind kind) const {
  std::vector<const SegmentLayout *> all;
  for (const SegmentLayout &segment : segments)
    if (segment.kind == kind)
      all.push_back(&segment);
  return all;
}

std::vector<const SegmentLayout *> StateLayout::parameters() const {
  std::vector<const SegmentLayout *> all = trained();
  llvm::append_range(all, ofKind(nn::SegmentKind::frozen));
  return all;
}

namespace {
/// Appends segments, each at the next multiple of its alignment.
class LayoutBuilder {
public:
  explicit LayoutBuilder(StateLayout &layout) : layout(layout) {}

  void add(std::string key, nn::SegmentKind kind, RankedTensorType type,
           std::vector<std::string> aliases = {}) {
    bool inHeader = kind == nn::SegmentKind::header;
    end = llvm::alignTo(end, inHeader ? 8 : 64);
    layout.numbers.try_emplace(key, layout.segments.size());
    layout.segments.push_back(
        {std::move(key), kind, type, end, std::move(aliases)});
    end += nn::byteSize(type);
  }
  void add(const TensorSlot &slot, nn::SegmentKind kind) {
    add(slot.key, kind, slot.type, slot.aliases);
  }
  void align() { end = llvm::alignTo(end, 64); }

  StateLayout &layout;
  int64_t end = 0;
};
} // namespace

static void addHeader(LayoutBuilder &builder, Session &session) {
  Builder types(&session.context);
  auto i64 = RankedTensorType::get({}, types.getI64Type());
  auto f64 = RankedTensorType::get({}, types.getF64Type());
  builder.add("trainer.step", nn::SegmentKind::header, i64);
  builder.add("trainer.seed", nn::SegmentKind::header, i64);
  for (const HeaderValue &value : builder.layout.parts.header)
    builder.add(value.key, nn::SegmentKind::header, f64);
  builder.add("trainer.batch", nn::SegmentKind::header, i64);
  builder.align();
}

/// The trained parameters are one run, and each kind of optimizer state is one
/// of the same layout.
static void addTensors(LayoutBuilder &builder, Session &session) {
  StateLayout &layout = builder.layout;
  std::vector<SlotPointer> trained, frozen, buffers;
  for (const SlotPointer &slot : layout.parts.slots)
    (slot->isBuffer                         ? buffers
     : layout.parts.frozen.count(slot->key) ? frozen
                                            : trained)
        .push_back(slot);
  int64_t begin = builder.end;
  for (const SlotPointer &slot : trained)
    builder.add(*slot, nn::SegmentKind::parameter);
  builder.align();
  layout.runElements = (builder.end - begin) /
                       (session.defaultFloat().getIntOrFloatBitWidth() / 8);
  for (const SlotPointer &slot : frozen)
    builder.add(*slot, nn::SegmentKind::frozen);
  for (const SlotPointer &slot : buffers)
    builder.add(*slot, nn::SegmentKind::buffer);
  for (const std::string &run : layout.parts.optimizerRuns) {
    builder.align();
    for (const SlotPointer &slot : trained)
      builder.add("optimizer." + run + "." + slot->key,
                  nn::SegmentKind::optimizer, slot->type);
  }
}

StateLayout layOut(Session &session, llvm::StringRef name, StateParts parts) {
  StateLayout layout;
  layout.name = name.str();
  layout.parts = std::move(parts);
  LayoutBuilder builder(layout);
  addHeader(builder, session);
  addTensors(builder, session);
  for (auto &[carry, type] : layout.parts.carries)
    builder.add(carryKey(carry), nn::SegmentKind::carry, type);
  builder.align();
  layout.bytes = builder.end;
  return layout;
}

void emitState(Session &session, const StateLayout &layout, Operation *next) {
  OpBuilder builder(next);
  Location location = session.module->getLoc();
  auto state = builder.create<nn::StateOp>(location, layout.name,
                                           uint64_t(layout.bytes));
  Block *body = builder.createBlock(&state.getRegion());
  builder.setInsertionPointToStart(body);
  for (const SegmentLayout &segment : layout.segments) {
    ArrayAttr aliases;
    if (!segment.aliases.empty())
      aliases = builder.getStrArrayAttr(llvm::SmallVector<llvm::StringRef>(
          segment.aliases.begin(), segment.aliases.end()));
    builder.create<nn::SegmentOp>(location, segment.key, segment.kind,
                                  segment.type, uint64_t(segment.offset),
                                  aliases);
  }
}

} // namespace sinter::capturing
