// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// safetensors: the size of the header, the header as JSON, then the elements of
// all tensors.
#include "sinter/Data/Safetensors.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

using namespace sinter;
using nlohmann::json;

namespace {
/// A tensor of the header: its bytes are [begin, end) of the data section.
struct Place {
  TensorSpec spec;
  uint64_t begin = 0, end = 0;
};
} // namespace

static constexpr uint64_t largestHeader = 100'000'000;
/// A header nests three deep; what is deeper is dropped and then missed.
static constexpr int deepestHeader = 4;

/// The beginning of a value, for errors.
static std::string excerpt(const json &value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() > 80 ? text.substr(0, 80) + "..." : text;
}

/// JSON whose objects have each key once: the library alone would keep the last
/// one in silence.
static json parseHeader(const std::string &path, const std::string &text) {
  std::vector<std::set<std::string>> keys;
  std::string duplicate;
  auto watch = [&](int depth, json::parse_event_t event, json &value) {
    if (depth > deepestHeader)
      return false;
    if (event == json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == json::parse_event_t::key &&
             !keys.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  // A byte order mark is no JSON, but the library would take it.
  bool isObject = !text.empty() && text[0] == '{';
  json header = isObject ? json::parse(text, watch, /*allow_exceptions=*/false)
                         : json(json::value_t::discarded);
  if (header.is_discarded() || !header.is_object())
    throw Error(fmt::format(
        "{}: expected a JSON object as safetensors header, but got other text",
        path));
  if (!duplicate.empty())
    throw Error(
        fmt::format("{}: expected every key once, but got '{}' more than once",
                    path, duplicate));
  return header;
}

static DType parseDType(const std::string &where, const json &value) {
  if (std::optional<DType> dtype = findDType(
          [&](const DTypeInfo &info) { return value == info.safetensors; }))
    return *dtype;
  throw Error(fmt::format("{}: expected dtype F64, F32, F16, BF16, I64, I32, "
                          "I16, I8, U8 or BOOL, but got {}",
                          where, excerpt(value)));
}

static std::vector<int64_t> parseExtents(const std::string &where,
                                         const char *what, const json &value) {
  std::vector<int64_t> extents;
  bool valid = value.is_array();
  for (size_t i = 0; valid && i < value.size(); ++i) {
    valid = value[i].is_number_unsigned() &&
            value[i].get<uint64_t>() <=
                uint64_t(std::numeric_limits<int64_t>::max());
    if (valid)
      extents.push_back(value[i].get<int64_t>());
  }
  if (!valid)
    throw Error(fmt::format("{}: expected {} as a list of sizes, but got {}",
                            where, what, excerpt(value)));
  return extents;
}

static Place parseTensor(const std::string &path, const std::string &name,
                         const json &entry) {
  std::string where = fmt::format("{}: tensor '{}'", path, name);
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets"))
    throw Error(
        fmt::format("{}: expected dtype, shape and data_offsets, but got {}",
                    where, excerpt(entry)));
  Place place;
  place.spec.name = name;
  place.spec.dtype = parseDType(where, entry["dtype"]);
  place.spec.shape = parseExtents(where, "shape", entry["shape"]);
  std::vector<int64_t> offsets =
      parseExtents(where, "data_offsets", entry["data_offsets"]);
  uint64_t bytes;
  if (!checkedBytes(place.spec.dtype, place.spec.shape, bytes))
    throw Error(fmt::format("{}: expected a size of 63 bits, but got {}", where,
                            typeText(place.spec)));
  if (offsets.size() != 2 || offsets[0] > offsets[1] ||
      uint64_t(offsets[1] - offsets[0]) != bytes)
    throw Error(
        fmt::format("{}: expected offsets of {} bytes for {}, but got {}",
                    where, bytes, typeText(place.spec), shapeText(offsets)));
  place.begin = uint64_t(offsets[0]);
  place.end = uint64_t(offsets[1]);
  return place;
}

/// Tensors must follow each other without overlap or gap, as the format
/// demands.
static void checkLayout(const std::string &path, std::vector<Place> &places) {
  std::sort(places.begin(), places.end(), [](const Place &a, const Place &b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Place &place : places) {
    if (place.begin != at)
      throw Error(fmt::format("{}: expected tensor '{}' at offset {}, but got "
                              "{} ({})",
                              path, place.spec.name, at, place.begin,
                              place.begin < at ? "an overlap" : "a gap"));
    at = place.end;
  }
}

/// Reads the header and leaves the file at the data section.
static std::vector<Place> readHeader(InputFile &file) {
  uint8_t word[8];
  file.readExactly(word, 8, "a safetensors header");
  checkIsNotOfTorch(file.path(), word, "safetensors");
  uint64_t size = 0;
  for (int i = 8; i-- > 0;)
    size = size << 8 | word[i];
  if (size > largestHeader || size > file.largestContent())
    throw Error(fmt::format("{}: expected a safetensors file, but its header "
                            "would have {} bytes",
                            file.path(), size));
  std::string text(size, 0);
  file.readExactly(text.data(), size, "a safetensors header");
  std::vector<Place> places;
  json header = parseHeader(file.path(), text);
  for (auto &[name, entry] : header.items())
    if (name != "__metadata__")
      places.push_back(parseTensor(file.path(), name, entry));
  checkLayout(file.path(), places);
  uint64_t data = places.empty() ? 0 : places.back().end;
  if (data > file.largestContent())
    throw Error(fmt::format(
        "{}: expected {} bytes of tensors, but the file is too small for that",
        file.path(), data));
  return places;
}

static SpecMap specsOf(const std::vector<Place> &places) {
  SpecMap specs;
  for (const Place &place : places)
    specs.emplace(place.spec.name, place.spec);
  return specs;
}

/// Reads what follows without keeping it.
static void skip(InputFile &file, uint64_t bytes, const std::string &what) {
  std::vector<char> chunk(std::min<uint64_t>(bytes, 1 << 16));
  for (uint64_t rest = bytes; rest > 0;) {
    size_t count = std::min<uint64_t>(rest, chunk.size());
    file.readExactly(chunk.data(), count, what);
    rest -= count;
  }
}

TensorMap sinter::readSafetensors(const std::string &path,
                                  const TensorChoice &choose) {
  InputFile file(path);
  TensorMap tensors;
  std::vector<Place> places = readHeader(file);
  std::set<std::string> wanted;
  if (choose)
    wanted = choose(specsOf(places));
  for (Place &place : places) {
    if (choose && !wanted.count(place.spec.name)) {
      skip(file, place.end - place.begin, "tensor '" + place.spec.name + "'");
      continue;
    }
    Tensor tensor(std::move(place.spec));
    file.readExactly(tensor.bytes.data(), tensor.bytes.size(),
                     "tensor '" + tensor.spec.name + "'");
    if (tensor.spec.dtype == DType::Bool)
      for (size_t i = 0; i < tensor.bytes.size(); ++i)
        tensor.as<uint8_t>()[i] = tensor.as<uint8_t>()[i] != 0;
    std::string name = tensor.spec.name;
    tensors.emplace(std::move(name), std::move(tensor));
  }
  char beyond;
  if (file.read(&beyond, 1))
    throw Error(fmt::format(
        "{}: expected the end of the file after the last tensor, but got more",
        path));
  return tensors;
}

SpecMap sinter::readSafetensorsHeader(const std::string &path) {
  InputFile file(path);
  return specsOf(readHeader(file));
}

void sinter::addSafetensors(FileSet &files, const std::string &path,
                            const std::vector<TensorView> &tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  // Names are looked up here, in less than the time of the JSON's own look-up.
  auto &entries = header.get_ref<nlohmann::ordered_json::object_t &>();
  std::vector<std::string_view> parts(2);
  uint64_t at = 0;
  std::set<std::string> names;
  for (const TensorView &tensor : tensors) {
    const TensorSpec &spec = tensor.spec;
    if (!names.insert(spec.name).second || spec.name == "__metadata__")
      throw Error(fmt::format("{}: expected different names of tensors, but "
                              "got '{}' twice",
                              path, spec.name));
    nlohmann::ordered_json entry = {{"dtype", infoOf(spec.dtype).safetensors},
                                    {"shape", spec.shape},
                                    {"data_offsets", {at, at + spec.bytes()}}};
    entries.emplace_back(spec.name, std::move(entry));
    at += spec.bytes();
    parts.emplace_back(static_cast<const char *>(tensor.data), spec.bytes());
  }
  // Names are bytes of UTF-8; what is not UTF-8 is replaced instead of thrown.
  std::string text = header.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append(-text.size() % 8, ' ');
  char size[8];
  for (int i = 0; i < 8; ++i)
    size[i] = char(uint64_t(text.size()) >> (8 * i));
  parts[0] = std::string_view(size, 8);
  parts[1] = text;
  files.add(path, parts);
}

void sinter::writeSafetensors(const std::string &path,
                              const std::vector<TensorView> &tensors) {
  FileSet files;
  addSafetensors(files, path, tensors);
  files.commit();
}
