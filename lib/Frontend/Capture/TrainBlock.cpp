// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading of train and run blocks.
#include "TrainBlock.h"
#include "Tables.h"
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
  void readOptimizerSetting();
  void readNumbers();
  double number(llvm::StringRef name, double smallest);
  std::optional<double> limit(llvm::StringRef name);
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

/// Those of run blocks come first.
static llvm::ArrayRef<llvm::StringRef> settingNames(bool ofTraining) {
  static const llvm::StringRef names[] = {
      "data",           "batch_size",     "shuffle",
      "drop_last",      "seed",           "tensorboard",
      "images",         "validate",       "epochs",
      "loss",           "metric",         "optimizer",
      "schedule",       "clip_grad_norm", "accumulate",
      "clip_norm_type", "report",         "clip_grad_value",
      "carry_reset",    "report_every",   "validate_every",
      "freeze"};
  constexpr size_t numOfRun = 7;
  llvm::ArrayRef<llvm::StringRef> all(names);
  return ofTraining ? all : all.take_front(numOfRun);
}

void BlockReader::readSetting(const ast::SettingDecl &setting) {
  llvm::StringRef name = setting.name.name;
  auto names = settingNames(block.decl->isTrain);
  if (!llvm::is_contained(names, name))
    return error(setting.name.range, "unknown setting '" + name + "' of a " +
                                         kindOfBlock() + " block" +
                                         didYouMean(name, names));
  if (name == "tensorboard" || name == "images")
    return error(setting.name.range, "'" + name + "' in a " + kindOfBlock() +
                                         " block is not supported yet");
  if (block.has(name))
    return error(setting.name.range, "'" + name + "' is given twice");
  block.ranges[name.str()] = setting.value->range;
  // A metric is a name of its own, not a value.
  auto *metric = dyn_cast<ast::NameExpr>(setting.value);
  if (name == "metric" && metric) {
    block.settings["metric"] = metric->name.str();
    return;
  }
  // So are paths of the module.
  if (name == "freeze") {
    block.settings["freeze"] = None();
    auto paths = readFrozenPaths(session, *setting.value);
    failed |= !paths;
    block.freeze = paths.value_or(std::vector<FrozenPath>());
    return;
  }
  Value value = interpreter.evaluate(*setting.value);
  failed |= value.isPoison();
  if (!interpreter.unboundDim.empty())
    error(setting.value->range, "expected a value that is known before dims "
                                "have extents");
  block.settings[name.str()] = value;
  if (name == "loss")
    block.loss = setting.value;
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

/// A numeric setting that is at least `smallest`.
double BlockReader::number(llvm::StringRef name, double smallest) {
  const Value &value = block.settings[name.str()];
  if (value.isNumber() && !value.is<bool>() && value.toDouble() >= smallest)
    return value.toDouble();
  if (!value.isPoison())
    error(block.rangeOf(name), "expected a number of at least " +
                                   llvm::Twine(int64_t(smallest)) + " as '" +
                                   name + "', but got " + value.describe());
  return smallest;
}

/// A limit of gradients; none where the setting is left out, none or false.
std::optional<double> BlockReader::limit(llvm::StringRef name) {
  if (!block.has(name))
    return std::nullopt;
  const Value &value = block.settings[name.str()];
  auto *flag = value.as<bool>();
  if (value.is<None>() || (flag && !*flag))
    return std::nullopt;
  return number(name, 0);
}

void BlockReader::readNumbers() {
  for (llvm::StringRef name : {"batch_size", "epochs", "seed", "accumulate",
                               "report_every", "validate_every"}) {
    if (!block.has(name))
      continue;
    bool positive = name == "batch_size" || name == "accumulate";
    number(name, name == "seed" ? -HUGE_VAL : positive ? 1 : 0);
    if (!block.settings[name.str()].is<int64_t>() && !failed)
      error(block.rangeOf(name), "expected an integer as '" + name + "'");
  }
  auto oneOf = [&](llvm::StringRef name,
                   llvm::ArrayRef<llvm::StringRef> choices) {
    if (!block.has(name) || block.settings[name.str()].isPoison())
      return;
    auto *text = block.settings[name.str()].as<std::string>();
    if (!text || !llvm::is_contained(choices, *text))
      error(block.rangeOf(name), "expected '" + name + "' to be one of " +
                                     llvm::join(choices, ", "));
  };
  oneOf("metric", {"accuracy"});
  oneOf("report", {"mean", "weighted", "sum", "last"});
  oneOf("carry_reset", {"run", "epoch"});
  for (llvm::StringRef name : {"shuffle", "drop_last"})
    if (block.has(name) && !block.settings[name.str()].is<bool>())
      error(block.rangeOf(name), "expected true or false as '" + name + "'");
  if (block.has("batch_size"))
    block.batchSize = int64_t(number("batch_size", 1));
  if (block.has("drop_last"))
    if (auto *last = block.settings["drop_last"].as<bool>())
      block.dropLast = *last;
  block.clipNorm = limit("clip_grad_norm");
  block.clipValue = limit("clip_grad_value");
  if (block.has("clip_norm_type")) {
    auto *text = block.settings["clip_norm_type"].as<std::string>();
    block.clipNormType =
        text && *text == "inf" ? HUGE_VAL : number("clip_norm_type", 0);
    if (!(block.clipNormType > 0))
      error(block.rangeOf("clip_norm_type"),
            "expected a positive number or \"inf\" as 'clip_norm_type'");
  }
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
