// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading of train and run blocks.
#include "TrainBlock.h"
#include "Tables.h"
#include "sinter/Training/SettingTable.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using llvm::dyn_cast;

namespace sinter::capturing {

namespace {
/// Evaluates the settings of one block.
class BlockReader {
public:
  BlockReader(Session &session, const ast::TrainRunDecl &decl)
      : session(session), builder(&session.context),
        interpreter(session, {}, nullptr, true) {
    block.decl = &decl;
    interpreter.beginFunction("settings", session.location(decl.range));
  }
  ~BlockReader() { interpreter.function->erase(); }

  std::optional<TrainBlock> read();

private:
  void readEntry(const ast::Decl &entry);
  void readSetting(const ast::SettingDecl &setting);
  void checkSetting(const SettingInfo &info, const Value &value,
                    SourceRange range);
  void readOptimizerSetting();
  void readNumbers();
  DictionaryAttr dataSource(llvm::StringRef setting);
  DictionaryAttr scheduleSetting();
  ArrayAttr transforms(const Value &value, SourceRange range);
  Attribute transform(const Value &value, SourceRange range);
  ArrayAttr numbers(const Value &value, SourceRange range);
  const Object *object(llvm::StringRef setting, ObjectCategory category,
                       llvm::StringRef what);
  NamedAttribute named(llvm::StringRef name, Attribute value) {
    return builder.getNamedAttr(name, value);
  }
  llvm::StringRef kindOfBlock() const {
    return block.decl->isTrain ? "train" : "run";
  }
  void error(SourceRange range, const llvm::Twine &message) {
    session.error(range, message);
    failed = true;
  }
  void refuseModel(const ast::Identifier &name) {
    if (name.name == "model")
      error(name.range, "expected another name than 'model', which is the "
                        "module in a step");
  }

  Session &session;
  Builder builder;
  Interpreter interpreter;
  TrainBlock block;
  bool failed = false;
};
} // namespace

/// The names of a block's settings, for "did you mean".
static std::vector<llvm::StringRef> settingNames(bool ofTraining) {
  std::vector<llvm::StringRef> names;
  for (const SettingInfo &info : settingTable)
    if (ofTraining || info.ofRun)
      names.push_back(info.name);
  return names;
}

void BlockReader::readSetting(const ast::SettingDecl &setting) {
  llvm::StringRef name = setting.name.name;
  if (llvm::is_contained(plannedSettings, name))
    return error(setting.name.range, "'" + name + "' in a " + kindOfBlock() +
                                         " block is not supported yet");
  auto names = settingNames(block.decl->isTrain);
  if (!llvm::is_contained(names, name))
    return error(setting.name.range, "unknown setting '" + name + "' of a " +
                                         kindOfBlock() + " block" +
                                         didYouMean(name, names));
  if (block.has(name))
    return error(setting.name.range, "'" + name + "' is given twice");
  block.ranges[name.str()] = setting.value->range;
  // Paths of the module are no values.
  if (name == "freeze") {
    block.settings["freeze"] = None();
    auto paths = readFrozenPaths(session, *setting.value);
    failed |= !paths;
    block.freeze = paths.value_or(std::vector<FrozenPath>());
    return;
  }
  // Nor is a metric.
  auto *metric = dyn_cast<ast::NameExpr>(setting.value);
  if (name == "metric" && metric)
    block.settings["metric"] = metric->name.str();
  else
    block.settings[name.str()] = interpreter.evaluate(*setting.value);
  const Value &value = block.settings[name.str()];
  failed |= value.isPoison();
  if (!value.isPoison())
    checkSetting(*findSetting(name), value, setting.value->range);
  if (name == "loss")
    block.loss = setting.value;
}

/// Checks a value against its row of the table.
void BlockReader::checkSetting(const SettingInfo &info, const Value &value,
                               SourceRange range) {
  auto expected = [&](const llvm::Twine &what) {
    error(range, "expected " + what + " as '" + info.name + "', but got " +
                     value.describe());
  };
  std::string atLeast =
      info.lowest == anyNumber
          ? ""
          : " of at least " + std::to_string(int64_t(info.lowest));
  // Both mean that there is none.
  auto *flag = value.as<bool>();
  if (info.defaultText == llvm::StringRef("none") &&
      (value.is<None>() || (flag && !*flag)))
    return;
  switch (info.type) {
  case SettingType::Integer:
    if (!value.is<int64_t>() || double(*value.as<int64_t>()) < info.lowest)
      expected("an integer" + atLeast);
    return;
  case SettingType::Flag:
    if (!value.is<bool>())
      expected("true or false");
    return;
  case SettingType::Choice: {
    auto *text = value.as<std::string>();
    std::vector<std::string> choices;
    for (const char *choice : info.choices)
      if (choice)
        choices.push_back(choice);
    if (!text || choiceOf(info, *text) < 0)
      expected(choices.size() == 1
                   ? choices.front()
                   : "one of \"" + llvm::join(choices, "\", \"") + "\"");
    return;
  }
  case SettingType::Number:
    if (!value.isNumber() || value.is<bool>() ||
        !(value.toDouble() >= info.lowest) || std::isinf(value.toDouble()))
      expected("a finite number" + atLeast);
    return;
  case SettingType::Other:
    return;
  }
}

void BlockReader::readEntry(const ast::Decl &entry) {
  if (auto *setting = dyn_cast<ast::SettingDecl>(&entry))
    return readSetting(*setting);
  if (auto *function = dyn_cast<ast::FunctionDecl>(&entry)) {
    if (function->name.name != "step")
      return error(function->name.range,
                   "expected 'step' as the fn of a block, but got '" +
                       function->name.name + "'");
    if (block.step)
      return error(function->name.range, "'step' is declared twice");
    block.step = function;
    for (const ast::Parameter &parameter : function->params)
      refuseModel(parameter.name);
    return;
  }
  for (const ast::CarryDecl *other : block.carries)
    if (other->name.name == entry.name.name)
      return error(entry.name.range,
                   "carry '" + entry.name.name + "' is declared twice");
  refuseModel(entry.name);
  block.carries.push_back(llvm::cast<ast::CarryDecl>(&entry));
}

const Object *BlockReader::object(llvm::StringRef setting,
                                  ObjectCategory category,
                                  llvm::StringRef what) {
  auto found = block.settings.find(setting.str());
  if (found == block.settings.end() || found->second.isPoison())
    return nullptr;
  auto *object = found->second.as<Object>();
  if (object && object->kind->category == category)
    return object;
  error(block.rangeOf(setting), "expected " + what + " as '" + setting +
                                    "', but got " + found->second.describe());
  return nullptr;
}

void BlockReader::readOptimizerSetting() {
  const Object *object =
      this->object("optimizer", ObjectCategory::Optimizer, "an optimizer");
  if (!block.has("optimizer"))
    return error(block.decl->name.range, "expected an 'optimizer' in the train "
                                         "block");
  if (!object)
    return;
  if (auto optimizer = readOptimizer(session, object))
    block.optimizer = std::move(*optimizer);
  else
    failed = true;
}

/// Takes over what the reader itself needs of the settings.
void BlockReader::readNumbers() {
  auto numberOf = [&](llvm::StringRef name) -> std::optional<double> {
    auto found = block.settings.find(name.str());
    if (found == block.settings.end() || !found->second.isNumber() ||
        found->second.is<bool>())
      return std::nullopt;
    return found->second.toDouble();
  };
  if (block.has("batch_size"))
    if (auto *size = block.settings["batch_size"].as<int64_t>())
      block.batchSize = std::max<int64_t>(1, *size);
  if (block.has("drop_last"))
    if (auto *last = block.settings["drop_last"].as<bool>())
      block.dropLast = *last;
  block.clipNorm = numberOf("clip_grad_norm");
  block.clipValue = numberOf("clip_grad_value");
  if (!block.has("clip_norm_type"))
    return;
  auto *text = block.settings["clip_norm_type"].as<std::string>();
  block.clipNormType = text && *text == "inf"
                           ? HUGE_VAL
                           : numberOf("clip_norm_type").value_or(0);
  if (!(block.clipNormType > 0))
    error(block.rangeOf("clip_norm_type"),
          "expected a positive number or \"inf\" as 'clip_norm_type'");
}

ArrayAttr BlockReader::numbers(const Value &value, SourceRange range) {
  llvm::SmallVector<Attribute> all;
  for (const Value &item : elementsOf(value)) {
    if (!item.isNumber())
      error(range, "expected numbers, but got " + item.describe());
    all.push_back(builder.getF64FloatAttr(item.toDouble()));
  }
  return builder.getArrayAttr(all);
}

Attribute BlockReader::transform(const Value &value, SourceRange range) {
  auto *object = value.as<Object>();
  if (!object || object->kind->category != ObjectCategory::Transform) {
    error(range, "expected a transform, but got " + value.describe());
    return builder.getUnitAttr();
  }
  if (object->kind->signature.name == "ToTensor")
    return builder.getDictionaryAttr(
        {named("kind", builder.getStringAttr("to_tensor"))});
  return builder.getDictionaryAttr(
      {named("kind", builder.getStringAttr("normalize")),
       named("mean", numbers(object->options->at("mean"), range)),
       named("std", numbers(object->options->at("std"), range))});
}

ArrayAttr BlockReader::transforms(const Value &value, SourceRange range) {
  llvm::SmallVector<Attribute> all;
  if (value.is<None>())
    return builder.getArrayAttr(all);
  auto *composed = value.as<Object>();
  if (composed && composed->kind->signature.name == "Compose")
    return transforms(composed->options->at("transforms"), range);
  for (const Value &item : elementsOf(value))
    all.push_back(transform(item, range));
  return builder.getArrayAttr(all);
}

DictionaryAttr BlockReader::dataSource(llvm::StringRef setting) {
  const Object *object =
      this->object(setting, ObjectCategory::DataSet, "a data set");
  if (!object)
    return {};
  SourceRange range = block.rangeOf(setting);
  const std::string &kind = object->kind->signature.name;
  const Options &options = *object->options;
  auto text = [&](const Value &value) -> Attribute {
    auto *string = value.as<std::string>();
    if (!string)
      error(range, "expected the name of a file, but got " + value.describe());
    return builder.getStringAttr(string ? *string : "");
  };
  if (kind == "TensorDataset")
    return builder.getDictionaryAttr(
        {named("kind", builder.getStringAttr("tensors")),
         named("entry", text(options.at("entry")))});
  if (kind != "idx" && kind != "npy" && kind != "npz") {
    error(range, "data sets of kind '" + llvm::Twine(kind) +
                     "' are not supported yet");
    return {};
  }
  llvm::SmallVector<Attribute> files;
  if (kind == "idx")
    files = {text(options.at("images")), text(options.at("labels"))};
  else if (kind == "npz")
    files = {text(options.at("file"))};
  else
    for (const Value &file : elementsOf(options.at("files")))
      files.push_back(text(file));
  llvm::SmallVector<NamedAttribute> entries{
      named("kind", builder.getStringAttr(kind)),
      named("files", builder.getArrayAttr(files))};
  if (kind == "idx")
    entries.push_back(
        named("transforms", transforms(options.at("transform"), range)));
  if (kind == "npz") {
    llvm::SmallVector<Attribute> fields;
    if (auto *names = options.at("fields").as<Sequence>())
      for (const Value &field : *names->items)
        fields.push_back(text(field));
    if (fields.empty())
      error(range, "expected 'fields', the names of the archive's arrays in "
                   "the order of the step's parameters");
    entries.push_back(named("fields", builder.getArrayAttr(fields)));
  }
  const Value &limit = options.at("limit");
  if (auto *rows = limit.as<int64_t>(); rows && *rows > 0)
    entries.push_back(named("limit", builder.getI64IntegerAttr(*rows)));
  else if (!limit.is<None>())
    error(range, "expected a positive number of rows as 'limit'");
  return builder.getDictionaryAttr(entries);
}

DictionaryAttr BlockReader::scheduleSetting() {
  const Object *object =
      this->object("schedule", ObjectCategory::Schedule, "a schedule");
  if (!object)
    return {};
  auto schedule = readSchedule(session, *object);
  failed |= !schedule;
  return schedule.value_or(DictionaryAttr());
}

std::optional<TrainBlock> BlockReader::read() {
  for (const ast::Decl *entry : block.decl->entries)
    readEntry(*entry);
  if (block.decl->isTrain)
    readOptimizerSetting();
  else
    block.optimizer = *readOptimizer(session, nullptr);
  readNumbers();
  block.data = dataSource("data");
  block.validate = dataSource("validate");
  block.schedule = scheduleSetting();
  if (!block.step && !block.carries.empty())
    error(block.carries.front()->name.range,
          "expected a fn 'step' that uses the carry");
  if (block.decl->isTrain && !block.step && !block.has("loss"))
    error(block.decl->name.range,
          "expected a 'loss' or a fn 'step' in the train block");
  if (block.has("loss"))
    if (const Value &loss = block.settings["loss"];
        !loss.isPoison() && !loss.is<ModulePointer>())
      error(block.rangeOf("loss"),
            "expected a loss, but got " + loss.describe());
  if (failed)
    return std::nullopt;
  return std::move(block);
}

std::optional<TrainBlock> readTrainBlock(Session &session,
                                         const ast::TrainRunDecl &decl) {
  return BlockReader(session, decl).read();
}

} // namespace sinter::capturing
