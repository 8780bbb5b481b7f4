// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What train and run blocks are written with: data sets, transforms,
// optimizers, schedules.
#include "Tables.h"

namespace sinter::capturing {

llvm::ArrayRef<ObjectRow> objectRows() {
  using Category = ObjectCategory;
  static const ObjectRow rows[] = {
      {"idx(images, labels, transform=none, limit=none)", Category::DataSet,
       "torchvision.datasets.MNIST",
       "two IDX files, plain or gzip; limit takes the first rows"},
      {"npy(*files, limit=none)", Category::DataSet, "numpy.load",
       "NPY files, one for each field of a batch"},
      {"npz(file, fields=none, limit=none)", Category::DataSet, "numpy.load",
       "arrays of an NPZ archive, in the order of fields"},
      {"cifar10(root, train=true, transform=none, limit=none)",
       Category::DataSet, "torchvision.datasets.CIFAR10",
       "CIFAR-10's binary version: the folder cifar-10-batches-bin, or "
       "cifar-10-binary.tar.gz",
       "target_transform, download"},
      {"TensorDataset(entry)", Category::DataSet,
       "torch.utils.data.TensorDataset",
       "the tensors that a fn of the file returns: TensorDataset(f())"},
      {"ToTensor()", Category::Transform, "torchvision.transforms.ToTensor",
       "divides bytes by 255 and puts the channel first"},
      {"Normalize(mean, std)", Category::Transform,
       "torchvision.transforms.Normalize",
       "(x - mean) / std, with one value or one for each channel"},
      {"Compose(transforms)", Category::Transform,
       "torchvision.transforms.Compose", "transforms in turn: a list will do"},
      {"SGD(lr=0.001, momentum=0.0, dampening=0.0, weight_decay=0.0, "
       "nesterov=false)",
       Category::Optimizer, "optim.SGD",
       "gradient descent, with momentum if wanted", "maximize"},
      {"Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, "
       "amsgrad=false)",
       Category::Optimizer, "optim.Adam",
       "steps by averages of gradients and of their squares",
       "maximize; decoupled_weight_decay: AdamW"},
      {"AdamW(lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, "
       "amsgrad=false)",
       Category::Optimizer, "optim.AdamW",
       "Adam whose weight decay is apart from the gradient", "maximize"},
      {"RMSprop(lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, "
       "momentum=0.0, centered=false)",
       Category::Optimizer, "optim.RMSprop",
       "steps by the average of squared gradients", "maximize"},
      {"Adagrad(lr=0.01, lr_decay=0.0, weight_decay=0.0, "
       "initial_accumulator_value=0.0, eps=1e-10)",
       Category::Optimizer, "optim.Adagrad",
       "steps by the sum of squared gradients", "maximize"},
      {"StepLR(step_size, gamma=0.1)", Category::Schedule,
       "optim.lr_scheduler.StepLR", "times gamma every step_size epochs",
       "last_epoch"},
      {"MultiStepLR(milestones, gamma=0.1)", Category::Schedule,
       "optim.lr_scheduler.MultiStepLR",
       "times gamma at each epoch of the milestones", "last_epoch"},
      {"ExponentialLR(gamma)", Category::Schedule,
       "optim.lr_scheduler.ExponentialLR", "times gamma every epoch",
       "last_epoch"},
      {"CosineAnnealingLR(T_max, eta_min=0.0)", Category::Schedule,
       "optim.lr_scheduler.CosineAnnealingLR",
       "along a cosine down to eta_min in T_max epochs, and up again",
       "last_epoch"},
  };
  return rows;
}

} // namespace sinter::capturing
