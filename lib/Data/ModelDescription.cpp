// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables of a compiled model as JSON, both ways.
#include "sinter/Data/ModelDescription.h"
#include "JsonIntegers.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Tensor.h"
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace sinter;
using json = nlohmann::ordered_json;

/// Raised when a description changes so that older readers misread it.
static constexpr int64_t formatVersion = 1;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static json toJson(const TensorSpec &spec) {
  json object = {{"name", spec.name},
                 {"dtype", nameOf(spec.dtype)},
                 {"shape", spec.shape}};
  if (!spec.role.empty())
    object["role"] = spec.role;
  return object;
}

static json toJson(const std::vector<TensorSpec> &specs) {
  json list = json::array();
  for (const TensorSpec &spec : specs)
    list.push_back(toJson(spec));
  return list;
}

static json toJson(const StateTable &table) {
  json segments = json::array();
  for (const Segment &segment : table.segments) {
    json object = toJson(segment.tensor);
    object["kind"] = nameOf(segment.kind);
    object["offset"] = segment.offset;
    if (!segment.aliases.empty())
      object["aliases"] = segment.aliases;
    segments.push_back(std::move(object));
  }
  return {{"name", table.name}, {"bytes", table.bytes}, {"segments", segments}};
}

static json toJson(const Instance &instance) {
  json limits = json::array();
  for (const IndexLimit &limit : instance.limits) {
    json object = {{"limit", limit.limit}, {"what", limit.what}};
    if (limit.input)
      object["input"] = *limit.input;
    if (limit.isPart)
      object["part"] = true;
    if (limit.first)
      object["first"] = limit.first;
    if (limit.isDescending)
      object["descending"] = true;
    if (limit.ignored)
      object["ignored"] = *limit.ignored;
    limits.push_back(std::move(object));
  }
  return {{"dims", instance.dims},
          {"inputs", toJson(instance.inputs)},
          {"results", toJson(instance.results)},
          {"in_outs", instance.inOuts},
          {"limits", limits}};
}

static json toJson(const Entry &entry) {
  json writes = json::array(), instances = json::array();
  for (SegmentKind kind : entry.writes)
    writes.push_back(nameOf(kind));
  for (const Instance &instance : entry.instances)
    instances.push_back(toJson(instance));
  return {{"name", entry.name},
          {"symbol", entry.symbol},
          {"role", nameOf(entry.role)},
          {"state", entry.state},
          {"writes", writes},
          {"dims", entry.dims},
          {"workspace_bytes", entry.workspaceBytes},
          {"instances", instances}};
}

std::string sinter::describeModel(const Model &model) {
  json states = json::array(), entries = json::array();
  for (const StateTable &table : model.states)
    states.push_back(toJson(table));
  for (const Entry &entry : model.entries)
    entries.push_back(toJson(entry));
  auto blocks = [](const std::map<std::string, std::string> &settings) {
    json object = json::object();
    for (auto &[name, text] : settings)
      object[name] = json::parse(text, nullptr, /*allow_exceptions=*/false);
    return object;
  };
  json object = {{"sinter_model", formatVersion},
                 {"name", model.name},
                 {"symbol", model.symbol},
                 {"states", states},
                 {"entries", entries},
                 {"train_blocks", blocks(model.trainBlocks)},
                 {"run_blocks", blocks(model.runBlocks)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

[[noreturn]] static void fail(const std::string &message) {
  throw Error("description of a model: " + message);
}

/// A description nests less deep; what is deeper is dropped and then missed.
static constexpr int deepest = 32;

static json parseText(std::string_view text) {
  return json::parse(text, [](int depth, json::parse_event_t, json &) {
    return depth <= deepest;
  });
}

/// A count or a size: an integer of at least 0.
static uint64_t sizeAt(const json &object, const char *key) {
  const json &value = object.at(key);
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() > uint64_t(INT64_MAX))
    fail(fmt::format(
        "expected {} to be a size, but got {}", key,
        value.dump(-1, ' ', false, json::error_handler_t::replace)));
  return value.get<uint64_t>();
}

static TensorSpec parseSpec(const json &object) {
  TensorSpec spec;
  spec.name = object.at("name").get<std::string>();
  std::string name = object.at("dtype").get<std::string>();
  std::optional<DType> dtype = dtypeNamed(name);
  if (!dtype)
    fail(fmt::format("expected a dtype for '{}', but got '{}'", spec.name,
                     name));
  spec.dtype = *dtype;
  if (object.contains("role"))
    spec.role = object.at("role").get<std::string>();
  spec.shape = integersOf(object.at("shape"));
  uint64_t bytes;
  if (!checkedBytes(spec.dtype, spec.shape, bytes))
    fail(fmt::format("expected a shape for '{}', but got {}", spec.name,
                     shapeText(spec.shape)));
  return spec;
}

static std::vector<TensorSpec> parseSpecs(const json &list) {
  std::vector<TensorSpec> specs;
  for (const json &object : list)
    specs.push_back(parseSpec(object));
  return specs;
}

static SegmentKind parseKind(const json &value) {
  std::string name = value.get<std::string>();
  if (std::optional<SegmentKind> kind = segmentKindNamed(name))
    return *kind;
  fail(fmt::format("expected a kind of segment, but got '{}'", name));
}

static StateTable parseState(const json &object) {
  StateTable table;
  table.name = object.at("name").get<std::string>();
  table.bytes = sizeAt(object, "bytes");
  uint64_t end = 0;
  for (const json &element : object.at("segments")) {
    Segment segment;
    segment.tensor = parseSpec(element);
    segment.kind = parseKind(element.at("kind"));
    segment.offset = sizeAt(element, "offset");
    if (element.contains("aliases"))
      segment.aliases = element.at("aliases").get<std::vector<std::string>>();
    if (segment.offset < end || segment.offset > table.bytes ||
        segment.offset % sizeOf(segment.tensor.dtype) != 0 ||
        segment.tensor.bytes() > table.bytes - segment.offset)
      fail(
          fmt::format("expected '{}' behind the segment before it, aligned and "
                      "within the {} bytes of {}",
                      segment.tensor.name, table.bytes, table.name));
    end = segment.offset + segment.tensor.bytes();
    table.segments.push_back(std::move(segment));
  }
  return table;
}

static Instance parseInstance(const json &object, size_t dims) {
  Instance instance;
  instance.dims = integersOf(object.at("dims"));
  if (instance.dims.size() != dims)
    fail(fmt::format("expected {} dims, but got {}", dims,
                     shapeText(instance.dims)));
  instance.inputs = parseSpecs(object.at("inputs"));
  instance.results = parseSpecs(object.at("results"));
  for (int64_t position : integersOf(object.at("in_outs"))) {
    if (position < 0 || size_t(position) >= instance.results.size())
      fail(fmt::format("expected an in-out below {}, but got {}",
                       instance.results.size(), position));
    instance.inOuts.push_back(size_t(position));
  }
  for (const json &element : object.at("limits")) {
    IndexLimit limit;
    if (element.contains("input"))
      limit.input = sizeAt(element, "input");
    limit.limit = integerOf(element.at("limit"));
    limit.what = element.at("what").get<std::string>();
    limit.isPart = element.contains("part");
    limit.isDescending = element.contains("descending");
    if (element.contains("first"))
      limit.first = integerOf(element.at("first"));
    if (element.contains("ignored"))
      limit.ignored = integerOf(element.at("ignored"));
    if (limit.input && *limit.input >= instance.inputs.size())
      fail(fmt::format("expected an input below {}, but got {}",
                       instance.inputs.size(), *limit.input));
    instance.limits.push_back(limit);
  }
  return instance;
}

static Entry parseEntry(const json &object, const Model &model) {
  Entry entry;
  entry.name = object.at("name").get<std::string>();
  entry.symbol = object.at("symbol").get<std::string>();
  std::string role = object.at("role").get<std::string>();
  std::optional<EntryRole> known = entryRoleNamed(role);
  if (!known)
    fail(fmt::format("expected a role of {}, but got '{}'", entry.name, role));
  entry.role = *known;
  entry.state = object.at("state").get<std::string>();
  if (!entry.state.empty() && !model.findState(entry.state))
    fail(fmt::format("expected a state '{}' for {}, but got none", entry.state,
                     entry.name));
  for (const json &kind : object.at("writes"))
    entry.writes.push_back(parseKind(kind));
  entry.dims = object.at("dims").get<std::vector<std::string>>();
  entry.workspaceBytes = sizeAt(object, "workspace_bytes");
  for (const json &element : object.at("instances"))
    entry.instances.push_back(parseInstance(element, entry.dims.size()));
  if (entry.instances.empty())
    fail(fmt::format("expected an instance of {}, but got none", entry.name));
  return entry;
}

static Model parseModel(const json &object) {
  Model model;
  if (object.at("sinter_model") != formatVersion)
    fail(fmt::format("expected format {}, but got {}", formatVersion,
                     object.at("sinter_model").dump()));
  model.name = object.at("name").get<std::string>();
  model.symbol = object.at("symbol").get<std::string>();
  for (const json &element : object.at("states"))
    model.states.push_back(parseState(element));
  for (const json &element : object.at("entries"))
    model.entries.push_back(parseEntry(element, model));
  for (auto &[name, settings] : object.at("train_blocks").items())
    model.trainBlocks[name] = settings.dump();
  for (auto &[name, settings] : object.at("run_blocks").items())
    model.runBlocks[name] = settings.dump();
  return model;
}

Model sinter::parseModelDescription(std::string_view text) {
  try {
    return parseModel(parseText(text));
  } catch (const json::exception &exception) {
    fail(fmt::format("expected the JSON that the compiler writes, but got {}",
                     exception.what()));
  }
}

std::optional<Model>
sinter::tryParseModelDescription(std::string_view text,
                                 std::string &error) noexcept {
  try {
    return parseModelDescription(text);
  } catch (const std::exception &exception) {
    error = exception.what();
    return std::nullopt;
  }
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::string sinter::descriptionSymbol(const Model &model) {
  std::string start = model.symbol;
  auto isTaken = [&] {
    return std::any_of(
        model.entries.begin(), model.entries.end(), [&](const Entry &entry) {
          return entry.symbol == start + std::string(descriptionSuffix);
        });
  };
  while (isTaken())
    start += "_";
  return start + std::string(descriptionSuffix);
}

/// Words that a C or C++ compiler does not take as a name, in the dialects that
/// compilers speak by default.
static bool isReserved(std::string_view name) {
  static const std::string_view words[] = {
      "alignas",     "alignof",      "and",       "and_eq",
      "asm",         "auto",         "bitand",    "bitor",
      "bool",        "break",        "case",      "catch",
      "char",        "char16_t",     "char32_t",  "char8_t",
      "class",       "co_await",     "co_return", "co_yield",
      "compl",       "concept",      "const",     "const_cast",
      "consteval",   "constexpr",    "constinit", "continue",
      "decltype",    "default",      "delete",    "do",
      "double",      "dynamic_cast", "else",      "enum",
      "explicit",    "export",       "extern",    "false",
      "float",       "for",          "friend",    "goto",
      "if",          "inline",       "int",       "linux",
      "long",        "mutable",      "namespace", "new",
      "noexcept",    "not",          "not_eq",    "nullptr",
      "operator",    "or",           "or_eq",     "private",
      "protected",   "public",       "register",  "reinterpret_cast",
      "requires",    "restrict",     "return",    "short",
      "signed",      "sizeof",       "static",    "static_assert",
      "static_cast", "struct",       "switch",    "template",
      "this",        "thread_local", "throw",     "true",
      "try",         "typedef",      "typeid",    "typename",
      "typeof",      "union",        "unix",      "unsigned",
      "using",       "virtual",      "void",      "volatile",
      "wchar_t",     "while",        "xor",       "xor_eq"};
  return std::binary_search(std::begin(words), std::end(words), name);
}

std::string sinter::cIdentifier(std::string_view name) {
  std::string result;
  for (char c : name) {
    bool isWord = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
    result += isWord ? c : '_';
  }
  if (result.empty() || (result[0] >= '0' && result[0] <= '9'))
    result.insert(0, "_");
  return isReserved(result) ? result + "_" : result;
}
