// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data sets and their transforms, as the training loop reads them.
#include "Tables.h"
#include "TrainBlock.h"

using namespace mlir;

namespace sinter::capturing {

namespace {
/// Reads the arguments of one data set.
class DataSetReader {
public:
  DataSetReader(Session &session, const Object &dataSet)
      : session(session), builder(&session.context), dataSet(dataSet),
        options(*dataSet.options) {}

  std::optional<DictionaryAttr> read();

private:
  void add(llvm::StringRef name, Attribute value) {
    entries.push_back(builder.getNamedAttr(name, value));
  }
  /// At the argument, or at the data set if it is not given.
  void error(llvm::StringRef option, const llvm::Twine &message) {
    session.error(dataSet.rangeOf(option.str()), message);
    failed = true;
  }
  bool has(llvm::StringRef option) const { return options.count(option.str()); }
  Attribute text(llvm::StringRef option, const Value &value);
  void addFiles();
  void addFields();
  void addTrain();
  void addLimit();
  ArrayAttr numbers(const Value &value);
  Attribute transform(const Value &value);
  ArrayAttr transforms(const Value &value);

  Session &session;
  Builder builder;
  const Object &dataSet;
  const Options &options;
  llvm::SmallVector<NamedAttribute> entries;
  bool failed = false;
};
} // namespace

Attribute DataSetReader::text(llvm::StringRef option, const Value &value) {
  auto *string = value.as<std::string>();
  if (!string)
    error(option,
          "expected a string as '" + option + "', but got " + value.describe());
  return builder.getStringAttr(string ? *string : "");
}

void DataSetReader::addFiles() {
  llvm::SmallVector<Attribute> files;
  for (const char *option : {"images", "labels", "file", "root"})
    if (has(option))
      files.push_back(text(option, options.at(option)));
  if (has("files"))
    for (const Value &file : elementsOf(options.at("files")))
      files.push_back(text("files", file));
  add("files", builder.getArrayAttr(files));
}

void DataSetReader::addFields() {
  llvm::SmallVector<Attribute> fields;
  if (auto *names = options.at("fields").as<Sequence>())
    for (const Value &field : *names->items)
      fields.push_back(text("fields", field));
  if (fields.empty())
    error("fields", "expected 'fields', the names of the archive's arrays in "
                    "the order of the step's parameters");
  add("fields", builder.getArrayAttr(fields));
}

void DataSetReader::addTrain() {
  auto *isForTraining = options.at("train").as<bool>();
  if (!isForTraining)
    return error("train", "expected true or false as 'train', but got " +
                              options.at("train").describe());
  add("train", builder.getBoolAttr(*isForTraining));
}

void DataSetReader::addLimit() {
  const Value &limit = options.at("limit");
  if (auto *rows = limit.as<int64_t>(); rows && *rows > 0)
    add("limit", builder.getI64IntegerAttr(*rows));
  else if (!limit.is<None>())
    error("limit", "expected a positive number of rows as 'limit', but got " +
                       limit.describe());
}

ArrayAttr DataSetReader::numbers(const Value &value) {
  llvm::SmallVector<Attribute> all;
  for (const Value &item : elementsOf(value)) {
    if (!item.isNumber())
      error("transform", "expected numbers, but got " + item.describe());
    all.push_back(builder.getF64FloatAttr(item.toDouble()));
  }
  return builder.getArrayAttr(all);
}

Attribute DataSetReader::transform(const Value &value) {
  auto *object = value.as<Object>();
  if (!object || object->kind->category != ObjectCategory::Transform) {
    error("transform", "expected a transform, but got " + value.describe());
    return builder.getUnitAttr();
  }
  auto named = [&](llvm::StringRef name, Attribute attribute) {
    return builder.getNamedAttr(name, attribute);
  };
  if (object->kind->signature.name == "ToTensor")
    return builder.getDictionaryAttr(
        {named("kind", builder.getStringAttr("to_tensor"))});
  return builder.getDictionaryAttr(
      {named("kind", builder.getStringAttr("normalize")),
       named("mean", numbers(object->options->at("mean"))),
       named("std", numbers(object->options->at("std")))});
}

ArrayAttr DataSetReader::transforms(const Value &value) {
  llvm::SmallVector<Attribute> all;
  if (value.is<None>())
    return builder.getArrayAttr(all);
  auto *composed = value.as<Object>();
  if (composed && composed->kind->signature.name == "Compose")
    return transforms(composed->options->at("transforms"));
  for (const Value &item : elementsOf(value))
    all.push_back(transform(item));
  return builder.getArrayAttr(all);
}

std::optional<DictionaryAttr> DataSetReader::read() {
  bool isOfTensors = has("entry");
  add("kind", builder.getStringAttr(
                  isOfTensors ? "tensors" : dataSet.kind->signature.name));
  if (isOfTensors)
    add("entry", text("entry", options.at("entry")));
  else
    addFiles();
  if (has("fields"))
    addFields();
  if (has("train"))
    addTrain();
  if (has("transform"))
    add("transforms", transforms(options.at("transform")));
  if (has("limit"))
    addLimit();
  if (failed)
    return std::nullopt;
  return builder.getDictionaryAttr(entries);
}

std::optional<DictionaryAttr> readDataSource(Session &session,
                                             const Object &dataSet) {
  return DataSetReader(session, dataSet).read();
}

} // namespace sinter::capturing
