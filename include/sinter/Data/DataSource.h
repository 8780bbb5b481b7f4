// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a train or run block takes its data from, as the compiler stores it.
#ifndef SINTER_DATA_DATASOURCE_H
#define SINTER_DATA_DATASOURCE_H

#include "sinter/Data/Tensor.h"
#include <optional>

namespace sinter {

enum class TransformKind : uint8_t { ToTensor, Normalize };

/// One of torchvision's transforms. `mean` and `deviation` have one value or
/// one per channel.
struct Transform {
  TransformKind kind = TransformKind::ToTensor;
  std::vector<double> mean, deviation;
};

enum class SourceKind : uint8_t { Idx, Npy, Npz, Cifar10, Tensors };

/// `idx(images, labels, transform=[…], limit=n)`, `npy(files…)`, `npz(file,
/// fields=[…])`, `cifar10(root, train=…)` or `TensorDataset(fn())`.
struct DataSource {
  SourceKind kind = SourceKind::Idx;
  std::vector<std::string>
      files; ///< relative to the data folder unless absolute
  std::vector<std::string> fields; ///< of Npz: names of arrays, in order
  std::string entry; ///< of Tensors: the entry whose results are the fields
  std::vector<Transform> transforms; ///< of the first field
  std::optional<int64_t> limit;      ///< first rows only
  bool isForTraining = true;         ///< of Cifar10: which part of the data set
};

/// Parses the JSON object of a data source. Throws sinter::Error for unknown
/// kinds and keys.
DataSource parseDataSource(const std::string &json);

/// `file` inside `dataDirectory`, unless it is absolute or the folder is empty.
std::string dataPath(const std::string &dataDirectory, const std::string &file);

/// The type of a field in memory that is stored as `spec`: integers of rank 1
/// are labels and become i64, as PyTorch's losses want them; the first file of
/// Idx and Npy holds no labels.
DType typeInMemory(const DataSource &source, size_t field,
                   const TensorSpec &spec);

/// Types of the fields as batches have them, with the number of rows after
/// `limit` in front, from the headers of files and arrays alone. Throws
/// sinter::Error if files are missing or damaged, or differ in their rows, and
/// for sources that are not files.
std::vector<TensorSpec> fieldTypes(const DataSource &source,
                                   const std::string &dataDirectory);

/// Their shapes for callers without exceptions, of a source as JSON. Empty and
/// no error: the source is not made of files, or a file is not there. Empty and
/// an error: what is there cannot be used.
std::vector<std::vector<int64_t>>
tryFieldShapes(const std::string &sourceJson, const std::string &dataDirectory,
               std::string &error) noexcept;

} // namespace sinter
#endif
