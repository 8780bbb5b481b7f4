// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a block shows as images: inputs and results of its step.
#include "Entries.h"

using namespace mlir;

namespace sinter::capturing {

/// As torchvision's make_grid takes them: [N, C, H, W], [C, H, W] or [H, W].
static bool isImage(Tensor tensor) {
  auto shape = shapeOf(tensor);
  Type element = elementOf(tensor);
  bool hasValues =
      isFloat(tensor) || element.isInteger(1) || element.isUnsignedInteger(8);
  bool hasChannels =
      shape.size() < 3 || llvm::is_contained({1, 3}, shape[shape.size() - 3]);
  return hasValues && hasChannels && shape.size() >= 2 && shape.size() <= 4;
}

bool FileCapture::checkImages(Interpreter &in, const Root &root) {
  auto setting = root.block->settings.find("images");
  if (setting == root.block->settings.end() || isNoneOrFalse(setting->second))
    return true;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (BlockArgument argument : in.function.getArguments())
    tensors.emplace_back(in.argumentName(argument.getArgNumber()).str(),
                         argument);
  llvm::append_range(tensors, in.namedResults());
  std::vector<llvm::StringRef> names;
  for (auto &[name, tensor] : tensors)
    names.push_back(name);
  bool isGood = true;
  for (const Value &item : elementsOf(setting->second)) {
    llvm::StringRef wanted = *item.as<std::string>();
    auto found = llvm::find(names, wanted);
    SourceRange range = root.block->rangeOf("images");
    if (found == names.end())
      session.error(range, "expected names of inputs and results of the step, "
                           "but got '" +
                               wanted + "'" + didYouMean(wanted, names));
    else if (Tensor tensor = tensors[found - names.begin()].second;
             !isImage(tensor))
      session.error(range, "expected images [N, C, H, W] with 1 or 3 channels "
                           "as '" +
                               wanted + "', but got " +
                               Value(tensor).describe());
    else
      continue;
    isGood = false;
  }
  return isGood;
}

} // namespace sinter::capturing
