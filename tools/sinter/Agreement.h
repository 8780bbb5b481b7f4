// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares what compiled code computes with -O0 in f64, and its errors with
// those of -O0 in the same precision.
#ifndef SINTER_TOOLS_SINTER_AGREEMENT_H
#define SINTER_TOOLS_SINTER_AGREEMENT_H

#include "CompareTensor.h"
#include "RandomPoint.h"

namespace sinter::driver {

/// One tensor of an entry: a result, a part of the gradient segment, or how far
/// a segment of the state moved.
struct TensorAgreement {
  std::string name, source; ///< source: "file:line:column", if known
  TensorSpec spec;
  bool written = true; ///< false: a segment of the state that stays as it is
  TensorVerdict worst; ///< over all points
  int64_t ties = 0;    ///< over all points
};

/// What was found about an instance of an entry.
struct EntryAgreement {
  std::string name;    ///< as --entry takes it
  std::string entry;   ///< with dims: "Mlp.forward N=64"
  std::string skipped; ///< why nothing could be compared; empty: it was
  std::vector<TensorAgreement> tensors;

  bool agrees() const;
};

/// The reference, and the comparison of other code with it.
///
/// A tensor's error may be 20 times that of -O0 in the same precision, and at
/// least 1e-5 (in f64, where there is no better reference, 1e-12) of its
/// largest value. Where it is larger, -O0 is also asked at points that differ
/// from the first by rounding: what changes as much there is a tie or
/// ill-conditioned, and no difference.
class Agreement {
public:
  /// Compiles the reference. Throws Reported if the file does not compile.
  Agreement(const CompilerOptions &options, int64_t seed, int threads);

  /// Compares every entry of `tested`, compiled from the same file.
  std::vector<EntryAgreement> compare(Session &tested);

  /// Options under which the tested code must be compiled.
  const CompilerOptions &options() const { return compilerOptions; }

private:
  /// Results, gradients and movements of the state of one call.
  using Outcome = std::vector<Tensor>;
  struct Case {
    const Entry *entry;
    size_t instance;
    Point point;
  };

  EntryAgreement compareInstance(Session &tested, const Entry &entry,
                                 size_t instance);
  bool comparePoint(Session &tested, const Case &at, EntryAgreement &result);
  std::vector<Slack> slackAt(const Case &at, const Outcome &exact,
                             const std::vector<TensorVerdict> &verdicts);
  void listTensors(const Case &at, const Outcome &got, EntryAgreement &result);
  Session &plain() const { return wideOnly ? *wide : *reference; }
  double floor() const { return wideOnly ? 1e-12 : 1e-5; }
  Point makePoint(const Entry &entry, size_t instance, size_t range,
                  bool smallestIntegers);
  const AlignedBuffer &startingState(const Entry &entry, size_t range);
  void warmUp(const Entry &entry, size_t range, AlignedBuffer &state);
  Outcome call(Session &session, const Case &at, bool prepared = false) const;
  void compareOutcome(const Case &at, const Outcome &exact,
                      const Outcome &ofPlain, const Outcome &got,
                      EntryAgreement &result);
  Outcome callExact(const Case &at);
  Point neighbour(const Case &at, int number);
  EntryFacts factsOf(const Entry &entry, size_t instance);

  CompilerOptions compilerOptions;
  int64_t seed;
  bool wideOnly; ///< f64 is what is tested
  std::unique_ptr<Session> reference, wide;
  std::map<std::string, AlignedBuffer> states; ///< by table and range
  RandomStream random;
};

/// A line that says what differs: place, entry, element and values.
std::string missText(const std::string &entry, const TensorAgreement &tensor);

} // namespace sinter::driver
#endif
