// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data sources: parsing what the compiler stores, counting rows without reading
// them.
#include "sinter/Data/DataSource.h"
#include "JsonIntegers.h"
#include "sinter/Data/Cifar10.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Idx.h"
#include "sinter/Data/Npy.h"
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace sinter;
using nlohmann::json;

static Transform parseTransform(const json &value) {
  Transform transform;
  std::string kind = value.at("kind").get<std::string>();
  if (kind == "to_tensor")
    return transform;
  if (kind != "normalize")
    throw Error(fmt::format(
        "expected the transform to_tensor or normalize, but got {}", kind));
  transform.kind = TransformKind::Normalize;
  transform.mean = value.at("mean").get<std::vector<double>>();
  transform.deviation = value.at("std").get<std::vector<double>>();
  return transform;
}

static SourceKind parseKind(const std::string &kind) {
  if (kind == "idx")
    return SourceKind::Idx;
  if (kind == "npy")
    return SourceKind::Npy;
  if (kind == "npz")
    return SourceKind::Npz;
  if (kind == "cifar10")
    return SourceKind::Cifar10;
  if (kind == "tensors")
    return SourceKind::Tensors;
  throw Error(fmt::format(
      "expected data of kind idx, npy, npz, cifar10 or tensors, but got {}",
      kind));
}

static DataSource parseObject(const json &object) {
  DataSource source;
  source.kind = parseKind(object.at("kind").get<std::string>());
  for (auto &[key, value] : object.items()) {
    if (key == "files")
      source.files = value.get<std::vector<std::string>>();
    else if (key == "fields")
      source.fields = value.get<std::vector<std::string>>();
    else if (key == "entry")
      source.entry = value.get<std::string>();
    else if (key == "limit")
      source.limit = integerOf(value);
    else if (key == "train")
      source.isForTraining = value.get<bool>();
    else if (key == "transforms")
      for (const json &transform : value)
        source.transforms.push_back(parseTransform(transform));
    else if (key != "kind")
      throw Error(
          fmt::format("expected kind, files, fields, entry, train, "
                      "transforms or limit in a data source, but got {}",
                      key));
  }
  if (source.limit && *source.limit < 1)
    throw Error(fmt::format("expected a limit of at least 1 row, but got {}",
                            *source.limit));
  if (source.kind == SourceKind::Npz &&
      (source.fields.empty() || source.files.size() != 1))
    throw Error("expected one file and the fields of an NPZ archive");
  if (source.kind == SourceKind::Cifar10 && source.files.size() != 1)
    throw Error("expected one folder or archive of CIFAR-10");
  if (source.kind == SourceKind::Tensors ? source.entry.empty()
                                         : source.files.empty())
    throw Error(
        fmt::format("expected {} in a data source, but got none",
                    source.kind == SourceKind::Tensors ? "an entry" : "files"));
  return source;
}

DataSource sinter::parseDataSource(const std::string &text) {
  try {
    return parseObject(json::parse(text));
  } catch (const json::exception &exception) {
    throw Error(fmt::format("expected a data source as JSON, but got {} ({})",
                            text, exception.what()));
  }
}

std::string sinter::dataPath(const std::string &dataDirectory,
                             const std::string &file) {
  if (dataDirectory.empty() || (!file.empty() && file[0] == '/'))
    return file;
  return dataDirectory + (dataDirectory.back() == '/' ? "" : "/") + file;
}

/// The types of whole fields as they are stored, named as in messages.
static std::vector<TensorSpec> readHeaders(const DataSource &source,
                                           const std::string &dataDirectory) {
  std::vector<TensorSpec> specs;
  if (source.kind == SourceKind::Cifar10)
    return readCifar10Types(dataPath(dataDirectory, source.files[0]),
                            source.isForTraining);
  for (const std::string &file : source.files) {
    std::string path = dataPath(dataDirectory, file);
    if (source.kind == SourceKind::Npz) {
      NpzArchive archive(path);
      for (const std::string &field : source.fields)
        specs.push_back(archive.header(field));
      continue;
    }
    specs.push_back(source.kind == SourceKind::Idx ? readIdxHeader(path)
                                                   : readNpyHeader(path));
    specs.back().name = path;
  }
  return specs;
}

DType sinter::typeInMemory(const DataSource &source, size_t field,
                           const TensorSpec &spec) {
  bool canBeLabels = field > 0 || source.kind == SourceKind::Npz;
  bool isLabels = canBeLabels && spec.shape.size() == 1 &&
                  !isFloat(spec.dtype) && spec.dtype != DType::Bool;
  return isLabels ? DType::I64 : spec.dtype;
}

/// What the transforms make of the first field, as far as they take its type.
static void transformType(TensorSpec &spec,
                          const std::vector<Transform> &transforms) {
  std::vector<int64_t> &shape = spec.shape;
  for (const Transform &transform : transforms) {
    if (transform.kind != TransformKind::ToTensor)
      continue;
    if (shape.size() == 3)
      shape.insert(shape.begin() + 1, 1);
    else if (shape.size() == 4)
      std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
    if (spec.dtype == DType::U8)
      spec.dtype = DType::F32;
  }
}

std::vector<TensorSpec> sinter::fieldTypes(const DataSource &source,
                                           const std::string &dataDirectory) {
  if (source.kind == SourceKind::Tensors)
    throw Error(fmt::format(
        "expected data in files to count its rows, but got the tensors of {}",
        source.entry));
  std::vector<TensorSpec> specs = readHeaders(source, dataDirectory);
  for (const TensorSpec &spec : specs) {
    if (spec.shape.empty())
      throw Error(fmt::format("{}: expected rows, but got rank 0", spec.name));
    if (spec.shape[0] != specs[0].shape[0])
      throw Error(fmt::format("{}: expected {} rows like {}, but got {}",
                              spec.name, specs[0].shape[0], specs[0].name,
                              spec.shape[0]));
  }
  for (size_t field = 0; field < specs.size(); ++field) {
    TensorSpec &spec = specs[field];
    spec.dtype = typeInMemory(source, field, spec);
    if (source.limit)
      spec.shape[0] = std::min(spec.shape[0], *source.limit);
  }
  transformType(specs[0], source.transforms);
  return specs;
}

std::vector<std::vector<int64_t>>
sinter::tryFieldShapes(const std::string &sourceJson,
                       const std::string &dataDirectory,
                       std::string &error) noexcept {
  error.clear();
  try {
    DataSource source = parseDataSource(sourceJson);
    struct stat status;
    for (const std::string &file : source.files)
      if (::stat(dataPath(dataDirectory, file).c_str(), &status) != 0 &&
          errno == ENOENT)
        return {};
    if (source.kind == SourceKind::Tensors)
      return {};
    std::vector<std::vector<int64_t>> shapes;
    for (TensorSpec &spec : fieldTypes(source, dataDirectory))
      shapes.push_back(std::move(spec.shape));
    return shapes;
  } catch (const std::exception &exception) {
    error = exception.what();
    return {};
  }
}
