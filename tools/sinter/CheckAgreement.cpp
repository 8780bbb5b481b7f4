// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check`: optimized code against -O0 in f64, with a report per entry.

#include "Agreement.h"
#include "Golden.h"
#include <cmath>
#include <fmt/format.h>

namespace sinter::driver {

/// "result[3, 1]".
static std::string elementText(const TensorAgreement &tensor) {
  const std::vector<int64_t> &shape = tensor.spec.shape;
  std::vector<int64_t> position(shape.size());
  int64_t rest = tensor.worst.index;
  for (size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
    position[axis] = rest % shape[axis];
  return tensor.name + (shape.empty() ? "" : shapeText(position));
}

std::string missText(const std::string &entry, const TensorAgreement &tensor) {
  const TensorVerdict &worst = tensor.worst;
  std::string text =
      fmt::format("{}{}{}: {} is {:.9g}, but -O0 gives {:.9g} in f64",
                  tensor.source, tensor.source.empty() ? "" : ": ", entry,
                  elementText(tensor), worst.got, worst.exact);
  if (isFloat(tensor.spec.dtype))
    text += fmt::format(" and {:.9g} in f32; error {:.2g}, allowed {:.2g}",
                        worst.reference, worst.error, worst.allowed);
  return text + fmt::format("; {} of {} elements differ", worst.missed,
                            tensor.spec.elements());
}

/// One line about an entry; what differs goes to stderr.
static void report(const EntryAgreement &entry) {
  if (!entry.skipped.empty()) {
    fmt::print("{}: not compared: {}\n", entry.entry, entry.skipped);
    return;
  }
  const TensorAgreement *worst = nullptr;
  int64_t all = 0, missed = 0, ties = 0, blank = 0, noise = 0;
  for (const TensorAgreement &tensor : entry.tensors) {
    all += tensor.written;
    missed += tensor.worst.missed > 0;
    ties += tensor.ties;
    blank +=
        tensor.written && !tensor.worst.anyNumber && tensor.spec.elements() > 0;
    const bool isNoise = tensor.worst.referenceError > 0.1;
    noise += isNoise;
    if (!isNoise && (!worst || tensor.worst.error > worst->worst.error))
      worst = &tensor;
    if (tensor.worst.missed)
      fmt::print(stderr, "{}\n", missText(entry.entry, tensor));
  }
  std::string text = fmt::format("{}: ", entry.entry);
  text += missed ? fmt::format("{} of {} tensors differ", missed, all)
                 : fmt::format("{} tensor{}", all,
                               all == 1 ? " agrees" : "s agree");
  if (!missed && worst && worst->worst.error > 0)
    text += fmt::format("; largest error {:.1e} of {} (-O0: {:.1e})",
                        worst->worst.error, worst->name,
                        worst->worst.referenceError);
  if (noise)
    text += fmt::format("; {} rounding noise also in -O0",
                        noise == 1 ? "1 is" : fmt::format("{} are", noise));
  if (ties)
    text += fmt::format("; {} ties passed over", ties);
  if (blank)
    text += fmt::format("; {} without a finite number", blank);
  fmt::print("{}\n", text);
}

int checkAgreement(const CommonOptions &common, int64_t seed) {
  if (common.reference)
    throw UsageError("check compares optimized code with -O0: expected no -O0");
  Agreement agreement(common.compilerOptions(), seed, common.threads);
  Session tested(agreement.options(), common.threads);
  bool good = true;
  int64_t entries = 0, tensors = 0;
  for (const EntryAgreement &entry : agreement.compare(tested)) {
    report(entry);
    good &= entry.agrees();
    entries += entry.skipped.empty();
    for (const TensorAgreement &tensor : entry.tensors)
      tensors += tensor.written;
  }
  if (good)
    fmt::print("checked {} tensors of {} entries: all agree with -O0 in f64\n",
               tensors, entries);
  return good ? Done : CheckFailed;
}

} // namespace sinter::driver
