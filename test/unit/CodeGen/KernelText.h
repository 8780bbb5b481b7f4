// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the text of kernels, so that tests state only what differs.

#ifndef SINTER_TEST_UNIT_CODEGEN_KERNELTEXT_H
#define SINTER_TEST_UNIT_CODEGEN_KERNELTEXT_H

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::test {

using Sizes = std::vector<int64_t>;

/// A kernel on buffers of these types ("4x8xf32"); the body has the inputs as
/// tensors %t0, %t1 …, those of the outputs follow (for in-outs) and ends in
/// values %r0, %r1 …, the outputs.
struct KernelText {
  std::vector<std::string> inputs, outputs;
  Sizes domain, reduced, tiles;
  std::string body;

  std::string print() const;
};

inline std::string join(const Sizes &sizes) {
  std::string text;
  for (size_t i = 0; i < sizes.size(); ++i)
    text += (i ? ", " : "") + std::to_string(sizes[i]);
  return text;
}

inline std::string attribute(const Sizes &sizes) {
  return sizes.empty() ? "array<i64>" : "array<i64: " + join(sizes) + ">";
}

/// "4x8xf32" of {4, 8} and "f32".
inline std::string typeOf(const Sizes &sizes, const std::string &element) {
  std::string text;
  for (int64_t size : sizes)
    text += std::to_string(size) + "x";
  return text + element;
}

inline std::string KernelText::print() const {
  std::string text = "func.func private @kernel(", start, end;
  for (size_t i = 0; i < inputs.size() + outputs.size(); ++i) {
    bool isInput = i < inputs.size();
    std::string n = std::to_string(i),
                type = isInput ? inputs[i] : outputs[i - inputs.size()];
    text += "%a" + n + ": memref<" + type + ">, ";
    start += "  %t" + n + " = bufferization.to_tensor %a" + n + " restrict" +
             (isInput ? "" : " writable") + " : memref<" + type + ">\n";
    if (!isInput)
      end += "  bufferization.materialize_in_destination %r" +
             std::to_string(i - inputs.size()) + " in restrict writable %a" +
             n + " : (tensor<" + type + ">, memref<" + type + ">) -> ()\n";
  }
  int64_t count = 1;
  for (size_t i = 0; i < domain.size(); ++i)
    count *= (domain[i] + tiles[i] - 1) / tiles[i];
  return text + "%begin: index, %end: index) attributes {sinter.kernel, " +
         "sinter.inputs = " + std::to_string(inputs.size()) +
         " : i64, sinter.inouts = 0 : i64, sinter.domain = " +
         attribute(domain) + ", sinter.reduced = " + attribute(reduced) +
         ", sinter.tile_sizes = " + attribute(tiles) +
         ", sinter.tiles = " + std::to_string(count) + " : i64} {\n" + start +
         body + end + "  return\n}\n";
}

} // namespace sinter::test

#endif // SINTER_TEST_UNIT_CODEGEN_KERNELTEXT_H
