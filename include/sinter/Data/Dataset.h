// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows in memory and batches gathered from them.
#ifndef SINTER_DATA_DATASET_H
#define SINTER_DATA_DATASET_H

#include "sinter/Data/Transforms.h"
#include <functional>

namespace sinter {

/// Fields (images, labels, …) with the same number of rows, all in memory.
class Dataset {
public:
  /// Gives the tensors that an entry returns, for TensorDataset.
  using TensorProvider =
      std::function<std::vector<Tensor>(const std::string &entry)>;

  /// Throws if the types of the fields, as batches of all rows have them, are
  /// not those that are wanted.
  using TypeCheck = std::function<void(const std::vector<TensorSpec> &fields)>;

  /// Reads the source, of which `check` sees the headers before anything large
  /// is read or inflated. Throws sinter::Error.
  static Dataset open(const DataSource &source,
                      const std::string &dataDirectory,
                      const TensorProvider &provider = {},
                      const TypeCheck &check = {});

  int64_t rows() const { return rowCount; }
  size_t fields() const { return columns.size(); }
  /// Type of one row of field `i`; the name is the file's or the tensor's.
  const TensorSpec &row(size_t i) const { return columns[i].row; }
  /// Type of a batch of `rows` rows of field `i`.
  TensorSpec batch(size_t i, int64_t rows) const;
  /// The same of all fields.
  std::vector<TensorSpec> batch(int64_t rows) const;

  /// Writes the rows, in this order, to one buffer per field. All indices must
  /// be in [0, rows()).
  void gather(const int64_t *rows, int64_t count,
              const std::vector<void *> &buffers) const;

  /// Throws sinter::Error, naming field and row, if the instance, whose first
  /// inputs are the fields, refuses a label, a length or an index. Whether rows
  /// are in order is known in a batch alone.
  void checkIndices(const Instance &instance) const;

private:
  std::vector<TransformedRows> columns;
  int64_t rowCount = 0;
};

} // namespace sinter
#endif
