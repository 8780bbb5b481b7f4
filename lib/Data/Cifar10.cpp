// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CIFAR-10 from the files of its binary version
// (https://www.cs.toronto.edu/~kriz/cifar.html): a record is a label, then the
// red, green and blue planes of an image, row by row.
#include "sinter/Data/Cifar10.h"
#include "TarArchive.h"
#include "sinter/Data/Error.h"
#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <mutex>
#include <sys/stat.h>

using namespace sinter;

static constexpr int64_t side = 32, channels = 3, pixels = side * side;
static constexpr size_t recordBytes = 1 + channels * pixels;
static constexpr uint8_t classes = 10;
static constexpr size_t recordsAtOnce = 256;

/// In the order in which their rows come.
static std::vector<std::string> namesOfBatches(bool isForTraining) {
  if (!isForTraining)
    return {"test_batch.bin"};
  std::vector<std::string> names;
  for (int number = 1; number <= 5; ++number)
    names.push_back(fmt::format("data_batch_{}.bin", number));
  return names;
}

namespace {
/// One of the files, by the number that its rows come in.
struct BatchFile {
  std::string name;
  bool isRead = false;
  int64_t rows = 0;
  std::vector<uint8_t> records{}; ///< empty if only rows are counted
};

/// Reads the batches that a data set is made of.
class BatchReader {
public:
  BatchReader(const std::string &path, bool isForTraining, bool keepsRecords)
      : path(path), keepsRecords(keepsRecords) {
    for (std::string &name : namesOfBatches(isForTraining))
      batches.push_back({std::move(name)});
    struct stat status{};
    bool isFolder =
        ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    if (isFolder)
      readFolder();
    else
      readArchive();
  }

  int64_t rows() const {
    int64_t count = 0;
    for (const BatchFile &batch : batches)
      count += batch.rows;
    return count;
  }

  std::vector<BatchFile> batches;

private:
  using ReadFunction = std::function<size_t(void *, size_t)>;

  void readFolder();
  void readArchive();
  void readRecords(BatchFile &batch, const std::string &file,
                   const ReadFunction &read);
  void checkIsBinary(const std::string &baseName) const;

  const std::string &path;
  const bool keepsRecords;
};
} // namespace

/// The Python version has the same names without an ending.
void BatchReader::checkIsBinary(const std::string &baseName) const {
  for (const BatchFile &batch : batches)
    if (batch.name == baseName + ".bin")
      throw Error(fmt::format(
          "{}: expected CIFAR-10's binary version, a folder with {} or "
          "cifar-10-binary.tar.gz, but got its Python version",
          path, batches[0].name));
}

void BatchReader::readFolder() {
  for (BatchFile &batch : batches) {
    const std::string file = path + "/" + batch.name;
    struct stat status{};
    const std::string ofPython = file.substr(0, file.size() - 4);
    if (::stat(file.c_str(), &status) != 0 &&
        ::stat(ofPython.c_str(), &status) == 0)
      checkIsBinary(ofPython.substr(path.size() + 1));
    InputFile input(file);
    readRecords(batch, file,
                [&](void *to, size_t bytes) { return input.read(to, bytes); });
  }
}

/// Batches come in any order, in any folder.
void BatchReader::readArchive() {
  TarArchive archive(path);
  while (archive.next()) {
    const std::string name =
        archive.name().substr(archive.name().rfind('/') + 1);
    checkIsBinary(name);
    auto batch = std::find_if(
        batches.begin(), batches.end(),
        [&](const BatchFile &candidate) { return candidate.name == name; });
    if (batch == batches.end())
      continue;
    if (batch->isRead)
      throw Error(fmt::format("{}: expected one {} in the archive, but got two",
                              path, name));
    readRecords(
        *batch, path + ":" + archive.name(),
        [&](void *to, size_t bytes) { return archive.read(to, bytes); });
  }
  for (const BatchFile &batch : batches)
    if (!batch.isRead)
      throw Error(fmt::format("{}: expected {} in the archive, but there is "
                              "none",
                              path, batch.name));
}

void BatchReader::readRecords(BatchFile &batch, const std::string &file,
                              const ReadFunction &read) {
  std::vector<uint8_t> chunk(recordsAtOnce * recordBytes);
  uint64_t bytes = 0;
  while (size_t count = read(chunk.data(), chunk.size())) {
    bytes += count;
    for (size_t at = 0; at + recordBytes <= count; at += recordBytes) {
      if (chunk[at] >= classes)
        throw Error(fmt::format("{}: expected a label below {}, but got {} in "
                                "record {}",
                                file, classes, chunk[at], batch.rows));
      ++batch.rows;
    }
    if (keepsRecords)
      batch.records.insert(batch.records.end(), chunk.begin(),
                           chunk.begin() + count);
  }
  if (bytes == 0 || bytes % recordBytes)
    throw Error(fmt::format("{}: expected records of {} bytes (a label and "
                            "{} * {} * {} bytes), but got {} bytes",
                            file, recordBytes, channels, side, side, bytes));
  batch.isRead = true;
}

static std::vector<TensorSpec> typesOf(const std::string &path, int64_t rows) {
  return {{path + ":images", DType::U8, {rows, side, side, channels}},
          {path + ":labels", DType::U8, {rows}}};
}

/// What tells a file from another one, and from itself when it was written
/// again: path, device, number, size and time of all files of a data set.
static std::string identityOf(const std::string &path, bool isForTraining) {
  std::string identity = fmt::format("{}\n{}", path, isForTraining);
  auto add = [&](const std::string &file) {
    struct stat status{};
    if (::stat(file.c_str(), &status) == 0)
      identity += fmt::format("\n{} {} {} {}.{}", status.st_dev, status.st_ino,
                              status.st_size, status.st_mtim.tv_sec,
                              status.st_mtim.tv_nsec);
  };
  add(path);
  for (const std::string &name : namesOfBatches(isForTraining))
    add(path + "/" + name);
  return identity;
}

std::vector<TensorSpec> sinter::readCifar10Types(const std::string &path,
                                                 bool isForTraining) {
  // Each instance of a step asks, and inflating takes longer than compiling.
  static std::mutex mutex;
  static std::map<std::string, int64_t> counted;
  std::lock_guard<std::mutex> guard(mutex);
  auto rows = counted.try_emplace(identityOf(path, isForTraining), -1).first;
  if (rows->second < 0)
    rows->second = BatchReader(path, isForTraining, false).rows();
  return typesOf(path, rows->second);
}

std::vector<Tensor> sinter::readCifar10(const std::string &path,
                                        bool isForTraining) {
  BatchReader reader(path, isForTraining, true);
  std::vector<TensorSpec> types = typesOf(path, reader.rows());
  Tensor images(types[0]), labels(types[1]);
  uint8_t *image = images.as<uint8_t>(), *label = labels.as<uint8_t>();
  for (BatchFile &batch : reader.batches) {
    const uint8_t *record = batch.records.data();
    for (int64_t row = 0; row < batch.rows; ++row, record += recordBytes) {
      *label++ = record[0];
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        for (int64_t channel = 0; channel < channels; ++channel)
          *image++ = record[1 + channel * pixels + pixel];
    }
    batch.records = {};
  }
  std::vector<Tensor> fields;
  fields.push_back(std::move(images));
  fields.push_back(std::move(labels));
  return fields;
}
