// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What both forms of `sinter check --golden` share: the golden tensors, the
// tolerances and the comparison.
#ifndef SINTER_TOOLS_SINTER_GOLDEN_H
#define SINTER_TOOLS_SINTER_GOLDEN_H

#include "Session.h"

namespace sinter::driver {

/// The golden tensors of one case and what was found about them.
class Golden {
public:
  /// Reads the file and the tolerances ("output=1e-5,grad=1e-5"); throws Error.
  Golden(const std::string &file, const std::string &tolerance);

  const TensorMap &tensors() const { return golden; }
  /// The tensor of this name, or null.
  const Tensor *find(const std::string &name) const;
  /// The tensor of this name; throws Error if there is none.
  const Tensor &get(const std::string &name) const;
  /// The part after `prefix` of the names that start with it.
  std::vector<std::string> namesAfter(const std::string &prefix) const;

  /// Compares with the golden tensor `name`, if there is one, within the
  /// tolerance of the first word of the name. Prints what misses.
  void compare(const std::string &name, const Tensor &got);
  /// The same for how far a tensor moved from `before` ("before" of both):
  /// small steps hide in large parameters. Rounding of the values themselves is
  /// allowed for.
  void compareMoved(const std::string &name, const Tensor &got,
                    const Tensor &before);

  /// Writes `param.KEY` and `buffer.KEY` to the state; throws Error if a key of
  /// the table is missing or has another type.
  void loadInto(const StateTable &table, AlignedBuffer &state) const;

  /// Throws Error if a tensor was neither an input nor compared; otherwise the
  /// exit code.
  int finish() const;

private:
  double toleranceOf(const std::string &name) const;

  std::string file;
  TensorMap golden;
  std::map<std::string, double> tolerances;
  std::set<std::string> compared;
  bool missed = false;
};

/// `check` of a train block: compares `steps` steps of training.
int checkTraining(const CommonOptions &common, const CheckOptions &options);
/// `check` without more: optimized code against -O0 in f64, on random inputs
/// that `seed` chooses.
int checkAgreement(const CommonOptions &common, int64_t seed);
/// `check --bisect`: the first pass after which that comparison fails.
int bisect(const CommonOptions &common, int64_t seed);
/// `check --gradients`: finite differences in f64, of all entries or of the one
/// that --entry names.
int checkGradients(const CommonOptions &common, const CheckOptions &options);

} // namespace sinter::driver
#endif
