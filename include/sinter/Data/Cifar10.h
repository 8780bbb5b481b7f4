// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CIFAR-10's binary version: records of a label and 3 x 32 x 32 bytes.
#ifndef SINTER_DATA_CIFAR10_H
#define SINTER_DATA_CIFAR10_H

#include "sinter/Data/Tensor.h"

namespace sinter {

/// Reads the five batches for training, or the one for tests, from the folder
/// of data_batch_1.bin … or from a tar archive of it, plain or compressed by
/// gzip. Gives images u8[N, 32, 32, 3], as torchvision has them, and labels
/// u8[N]. A batch has any number of images. Throws sinter::Error.
std::vector<Tensor> readCifar10(const std::string &path, bool isForTraining);

/// Their types alone. The files are read to their ends and checked, in a few
/// records at a time, but once as long as they stay as they are.
std::vector<TensorSpec> readCifar10Types(const std::string &path,
                                         bool isForTraining);

} // namespace sinter
#endif
