// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening a data source, and gathering batches from it.
#include "sinter/Data/Dataset.h"
#include "sinter/Data/Cifar10.h"
#include "sinter/Data/Error.h"
#include "sinter/Data/Idx.h"
#include "sinter/Data/IndexErrors.h"
#include "sinter/Data/Npy.h"
#include <algorithm>
#include <fmt/format.h>

using namespace sinter;

/// The field as it is kept in memory.
static Tensor inMemory(const DataSource &source, size_t field, Tensor tensor) {
  DType dtype = tensor.spec.dtype;
  TensorSpec spec = tensor.spec;
  spec.dtype = typeInMemory(source, field, tensor.spec);
  if (spec.dtype == dtype)
    return tensor;
  Tensor result(spec);
  for (int64_t i = 0; i < spec.shape[0]; ++i)
    result.as<int64_t>()[i] =
        int64_t(elementAsDouble(dtype, tensor.bytes.data(), i));
  return result;
}

static void checkTypes(const Dataset::TypeCheck &check,
                       const std::vector<TensorSpec> &fields) {
  bool hasRows =
      !fields.empty() && !fields[0].shape.empty() && fields[0].shape[0] > 0;
  if (check && hasRows)
    check(fields);
}

static std::vector<Tensor> readFields(const DataSource &source,
                                      const std::string &dataDirectory,
                                      const Dataset::TensorProvider &provider,
                                      const Dataset::TypeCheck &check) {
  if (source.kind == SourceKind::Tensors) {
    if (!provider)
      throw Error(fmt::format(
          "expected data in files, but got the tensors of {}", source.entry));
    std::vector<Tensor> tensors = provider(source.entry);
    std::vector<TensorSpec> types;
    for (const Tensor &tensor : tensors) {
      types.push_back(tensor.spec);
      if (source.limit && !tensor.spec.shape.empty())
        types.back().shape[0] = std::min(tensor.spec.shape[0], *source.limit);
    }
    checkTypes(check, types);
    return tensors;
  }
  // Headers first: what does not fit is told before anything large is read.
  std::vector<TensorSpec> types = fieldTypes(source, dataDirectory);
  checkTypes(check, types);
  std::vector<Tensor> fields;
  if (source.kind == SourceKind::Npz) {
    NpzArchive archive(dataPath(dataDirectory, source.files[0]));
    for (const std::string &field : source.fields)
      fields.push_back(inMemory(source, fields.size(), archive.read(field)));
    return fields;
  }
  if (source.kind == SourceKind::Cifar10) {
    for (Tensor &field : readCifar10(dataPath(dataDirectory, source.files[0]),
                                     source.isForTraining))
      fields.push_back(inMemory(source, fields.size(), std::move(field)));
    return fields;
  }
  for (const std::string &file : source.files) {
    std::string path = dataPath(dataDirectory, file);
    Tensor tensor =
        source.kind == SourceKind::Idx ? readIdx(path) : readNpy(path);
    tensor.spec.name = path;
    fields.push_back(inMemory(source, fields.size(), std::move(tensor)));
  }
  return fields;
}

Dataset Dataset::open(const DataSource &source,
                      const std::string &dataDirectory,
                      const TensorProvider &provider, const TypeCheck &check) {
  Dataset dataset;
  dataset.rowCount = -1;
  for (Tensor &field : readFields(source, dataDirectory, provider, check)) {
    std::string name = field.spec.name;
    TransformedRows column = applyTransforms(
        std::move(field),
        dataset.columns.empty() ? source.transforms : std::vector<Transform>(),
        name);
    int64_t rows = column.stored.spec.shape[0];
    if (dataset.rowCount >= 0 && rows != dataset.rowCount)
      throw Error(fmt::format("{}: expected {} rows like {}, but got {}", name,
                              dataset.rowCount, dataset.columns[0].row.name,
                              rows));
    dataset.rowCount = rows;
    dataset.columns.push_back(std::move(column));
  }
  if (dataset.rowCount <= 0)
    throw Error(fmt::format(
        "{}: expected at least one row, but got none",
        dataset.columns.empty() ? source.entry : dataset.columns[0].row.name));
  if (source.limit)
    dataset.rowCount = std::min(dataset.rowCount, *source.limit);
  return dataset;
}

TensorSpec Dataset::batch(size_t i, int64_t rows) const {
  TensorSpec spec = columns[i].row;
  spec.shape.insert(spec.shape.begin(), rows);
  return spec;
}

std::vector<TensorSpec> Dataset::batch(int64_t rows) const {
  std::vector<TensorSpec> specs;
  for (size_t field = 0; field < columns.size(); ++field)
    specs.push_back(batch(field, rows));
  return specs;
}

/// One row of bytes through the table of each channel.
static void gatherThroughTables(const TransformedRows &column, int64_t row,
                                float *to) {
  int64_t size = column.row.elements();
  int64_t plane = size / int64_t(column.table.size());
  const uint8_t *from = column.stored.as<uint8_t>() + row * size;
  for (const std::array<float, 256> &table : column.table) {
    for (int64_t i = 0; i < plane; ++i)
      to[i] = table[from[i]];
    from += plane;
    to += plane;
  }
}

void Dataset::gather(const int64_t *rows, int64_t count,
                     const std::vector<void *> &buffers) const {
  for (size_t field = 0; field < columns.size(); ++field) {
    const TransformedRows &column = columns[field];
    size_t bytes = column.row.bytes();
    char *to = static_cast<char *>(buffers[field]);
    for (int64_t i = 0; i < count; ++i, to += bytes) {
      if (column.table.empty())
        std::memcpy(to, column.stored.as<char>() + rows[i] * bytes, bytes);
      else
        gatherThroughTables(column, rows[i], reinterpret_cast<float *>(to));
    }
  }
}

void Dataset::checkIndices(const Instance &instance) const {
  for (IndexLimit limit : instance.limits) {
    if (!limit.input || limit.isPart || *limit.input >= columns.size())
      continue;
    const TransformedRows &column = columns[*limit.input];
    DType type = column.row.dtype;
    if ((type != DType::I64 && type != DType::I32) || !column.table.empty())
      continue;
    limit.isDescending = false;
    if (auto error =
            findIndexError(limit, type, column.stored.bytes.data(), rowCount,
                           std::max<int64_t>(column.row.elements(), 1)))
      throw Error(fmt::format("{}: {} in row {}", column.row.name, error->text,
                              error->row));
  }
}
