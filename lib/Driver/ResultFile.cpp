// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results as NPY, NPZ, safetensors, CSV and JSON files.
#include "sinter/Driver/ResultFile.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/File.h"
#include "sinter/Data/Npy.h"
#include "sinter/Data/Safetensors.h"
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter::driver {

static void writeNpyFile(const std::string &file,
                         const std::vector<Tensor> &results) {
  writeNpy(file, viewOf(results.front(), results.front().spec.name));
}

static std::vector<TensorView> viewsOf(const std::vector<Tensor> &results) {
  std::vector<TensorView> views;
  for (const Tensor &result : results)
    views.push_back(viewOf(result, result.spec.name));
  return views;
}

static void writeNpzFile(const std::string &file,
                         const std::vector<Tensor> &results) {
  writeNpz(file, viewsOf(results));
}

static void writeSafetensorsFile(const std::string &file,
                                 const std::vector<Tensor> &results) {
  writeSafetensors(file, viewsOf(results));
}

/// An element with as many digits as it needs.
static std::string elementText(const Tensor &tensor, int64_t index) {
  const double value =
      elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), index);
  if (std::isnan(value))
    return "nan"; // its sign means nothing
  if (tensor.spec.dtype == DType::F64)
    return fmt::format("{}", value);
  if (isFloat(tensor.spec.dtype))
    return fmt::format("{}", static_cast<float>(value));
  if (tensor.spec.dtype == DType::I64)
    return fmt::format("{}", tensor.as<int64_t>()[index]);
  return fmt::format("{}", static_cast<int64_t>(value));
}

static int64_t rowsOf(const TensorSpec &spec) {
  return spec.shape.empty() ? 1 : spec.shape.front();
}

static void writeCsvFile(const std::string &file,
                         const std::vector<Tensor> &results) {
  std::string text;
  for (const Tensor &result : results) {
    const bool isTable = result.spec.shape.size() == 2;
    for (int64_t i = 0, n = isTable ? result.spec.shape[1] : 1; i < n; ++i)
      text += fmt::format("{}{}{}", text.empty() ? "" : ",", result.spec.name,
                          isTable ? fmt::format(".{}", i) : "");
  }
  text += "\n";
  for (int64_t row = 0, rows = rowsOf(results.front().spec); row < rows;
       ++row) {
    std::string line;
    for (const Tensor &result : results) {
      const int64_t width =
          result.spec.shape.size() == 2 ? result.spec.shape[1] : 1;
      for (int64_t i = 0; i < width; ++i)
        line +=
            (line.empty() ? "" : ",") + elementText(result, row * width + i);
    }
    text += line + "\n";
  }
  writeFileAtomically(file, text);
}

/// The elements from `offset` on as nested lists of the axes from `axis` on.
static void addJson(const Tensor &tensor, size_t axis, int64_t offset,
                    std::string &text) {
  const std::vector<int64_t> &shape = tensor.spec.shape;
  if (axis == shape.size()) {
    const double value =
        elementAsDouble(tensor.spec.dtype, tensor.bytes.data(), offset);
    if (tensor.spec.dtype == DType::Bool)
      text += value != 0 ? "true" : "false";
    else
      text += std::isfinite(value) ? elementText(tensor, offset) : "null";
    return;
  }
  int64_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i)
    inner *= shape[i];
  text += "[";
  for (int64_t i = 0; i < shape[axis]; ++i) {
    text += i ? ", " : "";
    addJson(tensor, axis + 1, offset + i * inner, text);
  }
  text += "]";
}

static void writeJsonFile(const std::string &file,
                          const std::vector<Tensor> &results) {
  std::string text;
  for (const Tensor &result : results) {
    text += text.empty() ? "{\n" : ",\n";
    text += "  " + nlohmann::json(result.spec.name).dump() + ": ";
    addJson(result, 0, 0, text);
  }
  writeFileAtomically(file, text + "\n}\n");
}

static void checkNpyTypes(const std::string &file,
                          const std::vector<TensorSpec> &results) {
  for (const TensorSpec &result : results)
    if (!infoOf(result.dtype).numpy)
      throw Error(fmt::format("{}: expected types that NumPy has, but got "
                              "'{}: {}'",
                              file, result.name, typeText(result)));
}

static void checkOneResult(const std::string &file,
                           const std::vector<TensorSpec> &results) {
  if (results.size() != 1)
    throw Error(fmt::format("{}: expected one result for an NPY file, but got "
                            "{}; .npz and .safetensors hold several",
                            file, results.size()));
  checkNpyTypes(file, results);
}

static void checkColumns(const std::string &file,
                         const std::vector<TensorSpec> &results) {
  for (const TensorSpec &result : results) {
    if (result.shape.size() > 2)
      throw Error(fmt::format("{}: expected results of at most two dims for a "
                              "CSV file, but got '{}: {}'",
                              file, result.name, typeText(result)));
    if (rowsOf(result) != rowsOf(results.front()))
      throw Error(fmt::format("{}: expected results with the same number of "
                              "rows for a CSV file, but got '{}: {}' and "
                              "'{}: {}'",
                              file, results.front().name,
                              typeText(results.front()), result.name,
                              typeText(result)));
  }
}

static void checkNothing(const std::string &, const std::vector<TensorSpec> &) {
}

namespace {
/// A format of files, by the end of their names.
struct Format {
  const char *ending;
  void (*check)(const std::string &, const std::vector<TensorSpec> &);
  void (*write)(const std::string &, const std::vector<Tensor> &);
};
} // namespace

static const Format formats[] = {
    {".npy", checkOneResult, writeNpyFile},
    {".npz", checkNpyTypes, writeNpzFile},
    {".safetensors", checkNothing, writeSafetensorsFile},
    {".csv", checkColumns, writeCsvFile},
    {".json", checkNothing, writeJsonFile}};

static const Format *formatOf(const std::string &file) {
  for (const Format &format : formats) {
    const std::string ending = format.ending;
    if (file.size() > ending.size() &&
        file.compare(file.size() - ending.size(), ending.size(), ending) == 0)
      return &format;
  }
  return nullptr;
}

std::string checkResultName(const std::string &file) {
  if (formatOf(file))
    return "";
  std::string endings;
  for (const Format &format : formats)
    endings += (endings.empty()                    ? ""
                : &format == std::end(formats) - 1 ? " or "
                                                   : ", ") +
               std::string(format.ending);
  return fmt::format("expected a file name that ends in {}, but got '{}'",
                     endings, file);
}

void checkResultTypes(const std::string &file,
                      const std::vector<TensorSpec> &results) {
  formatOf(file)->check(file, results);
  checkWritable(file);
}

void writeResults(const std::string &file, const std::vector<Tensor> &results) {
  std::vector<TensorSpec> specs;
  for (const Tensor &result : results)
    specs.push_back(result.spec);
  checkResultTypes(file, specs);
  formatOf(file)->write(file, results);
}

} // namespace sinter::driver
