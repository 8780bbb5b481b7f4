// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of train and run blocks as attributes.
#include "TrainBlock.h"
#include "mlir/IR/Builders.h"
#include "sinter/Training/SettingTable.h"

using namespace mlir;

namespace sinter::capturing {

/// A number, flag, string or list of these as an attribute; null for other
/// values.
static Attribute attributeOf(Builder &builder, const Value &value) {
  if (auto *integer = value.as<int64_t>())
    return builder.getI64IntegerAttr(*integer);
  if (auto *flag = value.as<bool>())
    return builder.getBoolAttr(*flag);
  if (auto *text = value.as<std::string>())
    return builder.getStringAttr(*text);
  auto *list = value.as<Sequence>();
  if (!list)
    return {};
  llvm::SmallVector<Attribute> items;
  for (const Value &item : *list->items)
    items.push_back(attributeOf(builder, item));
  return builder.getArrayAttr(items);
}

DictionaryAttr settingsOf(Session &session, const TrainBlock &block,
                          llvm::StringRef root) {
  Builder builder(&session.context);
  NamedAttrList entries;
  entries.set("module", builder.getStringAttr(block.decl->name.name));
  entries.set("name", builder.getStringAttr(block.decl->blockName()));
  entries.set("state", builder.getStringAttr(root));
  entries.set("batch_size", builder.getI64IntegerAttr(block.batchSize));
  for (const SettingInfo &info : settingTable) {
    if (!info.isPlain() || !block.has(info.name))
      continue;
    const Value &value = block.settings.at(info.name);
    bool isDefault =
        info.defaultText == llvm::StringRef("none") && isNoneOrFalse(value);
    if (!isDefault)
      entries.set(info.name, attributeOf(builder, value));
  }
  entries.set("kind",
              builder.getStringAttr(block.decl->isTrain ? "train" : "run"));
  if (block.decl->isTrain) {
    entries.set("lr", builder.getF64FloatAttr(block.optimizer.learningRate()));
    entries.set("clips", builder.getBoolAttr(block.clipNorm.has_value()));
  }
  if (block.data)
    entries.set("data", block.data);
  if (block.validate)
    entries.set("validate", block.validate);
  if (block.schedule)
    entries.set("schedule", block.schedule);
  return entries.getDictionary(&session.context);
}

} // namespace sinter::capturing
