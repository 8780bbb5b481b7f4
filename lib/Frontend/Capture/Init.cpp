// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entry `init`: PyTorch's initial distributions, the optimizer's first
// state, and the header.
#include "Entries.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;

namespace sinter::capturing {

/// Zeroes one row of a table.
static Tensor withZeroRow(Graph &g, Tensor table, int64_t row) {
  Tensor rows = g.iota({shapeOf(table)[0], 1}, 0);
  Tensor isRow = g.compare(nn::ComparePredicate::eq, rows, double(row));
  return g.select(isRow, 0.0, table);
}

/// The first value of a tensor; draws are keyed by its state_dict key.
static Tensor initialValue(Interpreter &in, const TensorSlot &slot) {
  Graph &g = in.graph;
  const Initializer &init = slot.init;
  llvm::SaveAndRestore<std::string> keyed(in.path, "init." + slot.key);
  Tensor value;
  switch (init.kind) {
  case InitKind::Zeros:
    return g.splat(0, slot.type);
  case InitKind::Ones:
    return g.splat(1, slot.type);
  case InitKind::Constant:
    return g.splat(init.value, slot.type);
  case InitKind::Uniform: {
    Tensor uniform = in.randomUniform(slot.type, in.nextRandomId("uniform"));
    value = g.mul(g.sub(g.mul(uniform, 2.0), 1.0), init.value);
    break;
  }
  case InitKind::Normal:
    value = in.randomNormal(slot.type, in.nextRandomId("normal"));
    break;
  case InitKind::Expression: {
    Value result = in.evaluateInitializer(slot);
    if (result.isPoison())
      return {};
    value =
        in.toTensor(result, init.expression->range, slot.type.getElementType());
    if (!value)
      return {};
    auto shape = broadcastShapes(shapeOf(value), slot.type.getShape());
    if (!shape || llvm::ArrayRef<int64_t>(*shape) != slot.type.getShape()) {
      in.session.error(init.expression->range,
                       "expected " + describeType(slot.type) + " for '" +
                           slot.key + "', but got " +
                           describeType(value.getType()));
      return {};
    }
    return g.broadcast(value, slot.type.getShape());
  }
  }
  return init.zeroRow < 0 ? value : withZeroRow(g, value, init.zeroRow);
}

void FileCapture::captureInit(Root &root) {
  std::string entry = generatedEntry(root, "init");
  SourceRange range = root.decl->name.range;
  auto body = [&](Interpreter &in) {
    in.initializing = true;
    Graph &g = in.graph;
    ModulePointer instance = instantiate(in, root);
    if (!instance)
      return false;
    for (llvm::StringRef count : {"trainer.step", "trainer.batch"})
      in.writeSegment(count, g.integer(0, g.builder.getI64Type()));
    for (const HeaderValue &value : root.layout.parts.header)
      in.writeSegment(value.key, g.scalar(value.value, g.builder.getF64Type()));
    for (const SlotPointer &slot : collectTensors(instance)) {
      Tensor value = initialValue(in, *slot);
      if (!value)
        return false;
      in.writeSegment(slot->key, value);
    }
    if (!initializeCarries(in, root))
      return false;
    auto type = g.type({root.layout.runElements}, session.defaultFloat());
    for (const std::string &run : root.layout.parts.optimizerRuns) {
      double start = run == "sum" ? root.block->optimizer.initialSum : 0;
      g.create<nn::SetRunOp>(root.layout.name, "optimizer." + run,
                             g.splat(start, type));
    }
    return true;
  };
  build(root, entry, {}, firstBinding(forwardChoices(root)), true, range, body,
        "init");
}

} // namespace sinter::capturing
