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
      : session(session), interpreter(session, {}, nullptr, true) {
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
  void checkFolder();
  DictionaryAttr dataSource(llvm::StringRef setting);
  DictionaryAttr scheduleSetting();
  const Object *object(llvm::StringRef setting, ObjectCategory category,
                       llvm::StringRef what);
  /// Whether a setting has a value other than none or false.
  bool isOn(llvm::StringRef name) const {
    auto found = block.settings.find(name.str());
    return found != block.settings.end() && !isNoneOrFalse(found->second);
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

static bool isListOfNames(const Value &value) {
  auto *list = value.as<Sequence>();
  std::set<std::string> names;
  return list && llvm::all_of(*list->items, [&](const Value &item) {
           auto *name = item.as<std::string>();
           return name && names.insert(*name).second;
         });
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
  if (info.defaultText == llvm::StringRef("none") && isNoneOrFalse(value))
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
  case SettingType::Text:
    if (auto *text = value.as<std::string>(); !text || text->empty())
      expected("a string that is not empty");
    return;
  case SettingType::Names:
    if (!isListOfNames(value))
      expected("a list of different strings");
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

/// Whether a command that runs the block can write where it says.
void BlockReader::checkFolder() {
  if (!isOn("tensorboard") || !session.options.checkFolder)
    return;
  auto *folder = block.settings["tensorboard"].as<std::string>();
  if (!folder)
    return;
  std::string problem = session.options.checkFolder(
      block.decl->isTrain, block.decl->blockName(), *folder);
  if (!problem.empty())
    error(block.rangeOf("tensorboard"), problem);
}

DictionaryAttr BlockReader::dataSource(llvm::StringRef setting) {
  const Object *object =
      this->object(setting, ObjectCategory::DataSet, "a data set");
  if (!object)
    return {};
  auto source = readDataSource(session, *object);
  failed |= !source;
  return source.value_or(DictionaryAttr());
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
  for (const char *name : {"images", "histograms"})
    if (isOn(name) && !isOn("tensorboard"))
      error(block.rangeOf(name),
            "expected 'tensorboard = \"FOLDER\"' beside '" + llvm::Twine(name) +
                "'");
  checkFolder();
  if (failed)
    return std::nullopt;
  return std::move(block);
}

std::optional<TrainBlock> readTrainBlock(Session &session,
                                         const ast::TrainRunDecl &decl) {
  return BlockReader(session, decl).read();
}

} // namespace sinter::capturing
