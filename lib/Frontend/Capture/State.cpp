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

std::vector<const SegmentLayout *> StateLayout::parameters() const {
  std::vector<const SegmentLayout *> all;
  for (const SegmentLayout &segment : segments)
    if (segment.kind == nn::SegmentKind::parameter)
      all.push_back(&segment);
  return all;
}

namespace {
/// Appends segments, each at the next multiple of its alignment.
class LayoutBuilder {
public:
  explicit LayoutBuilder(StateLayout &layout) : layout(layout) {}

  void add(std::string key, nn::SegmentKind kind, RankedTensorType type) {
    bool inHeader = kind == nn::SegmentKind::header;
    end = llvm::alignTo(end, inHeader ? 8 : 64);
    layout.numbers.try_emplace(key, layout.segments.size());
    layout.segments.push_back({std::move(key), kind, type, end});
    end += nn::byteSize(type);
  }
  void align() { end = llvm::alignTo(end, 64); }

  StateLayout &layout;
  int64_t end = 0;
};
} // namespace

StateLayout layOut(Session &session, llvm::StringRef name,
                   const ModulePointer &root, std::vector<HeaderValue> header,
                   std::vector<std::string> optimizerRuns,
                   llvm::ArrayRef<CarryType> carries) {
  StateLayout layout;
  layout.name = name.str();
  layout.header = std::move(header);
  LayoutBuilder builder(layout);
  Builder types(&session.context);
  auto i64 = RankedTensorType::get({}, types.getI64Type());
  auto f64 = RankedTensorType::get({}, types.getF64Type());
  builder.add("trainer.step", nn::SegmentKind::header, i64);
  builder.add("trainer.seed", nn::SegmentKind::header, i64);
  for (const HeaderValue &value : layout.header)
    builder.add(value.key, nn::SegmentKind::header, f64);
  builder.add("trainer.batch", nn::SegmentKind::header, i64);
  builder.align();
  int64_t begin = builder.end;
  if (root)
    layout.slots = collectTensors(root);
  for (const SlotPointer &slot : layout.slots)
    if (!slot->isBuffer)
      builder.add(slot->key, nn::SegmentKind::parameter, slot->type);
  builder.align();
  layout.runElements = (builder.end - begin) /
                       (session.defaultFloat().getIntOrFloatBitWidth() / 8);
  for (const SlotPointer &slot : layout.slots)
    if (slot->isBuffer)
      builder.add(slot->key, nn::SegmentKind::buffer, slot->type);
  if (layout.runElements)
    layout.optimizerRuns = std::move(optimizerRuns);
  for (const std::string &run : layout.optimizerRuns) {
    builder.align();
    for (const SlotPointer &slot : layout.slots)
      if (!slot->isBuffer)
        builder.add("optimizer." + run + "." + slot->key,
                    nn::SegmentKind::optimizer, slot->type);
  }
  for (auto &[carry, type] : carries)
    builder.add(carryKey(carry), nn::SegmentKind::carry, type);
  builder.align();
  layout.bytes = builder.end;
  return layout;
}

void emitState(Session &session, const StateLayout &layout) {
  OpBuilder builder = OpBuilder::atBlockEnd(session.module->getBody());
  Location location = session.module->getLoc();
  auto state = builder.create<nn::StateOp>(location, layout.name,
                                           uint64_t(layout.bytes));
  Block *body = builder.createBlock(&state.getRegion());
  builder.setInsertionPointToStart(body);
  for (const SegmentLayout &segment : layout.segments)
    builder.create<nn::SegmentOp>(location, segment.key, segment.kind,
                                  segment.type, uint64_t(segment.offset));
}

} // namespace sinter::capturing
