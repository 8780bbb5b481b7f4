// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of an entry against finite differences of the entry itself.
#ifndef SINTER_TOOLS_SINTER_FINITEDIFFERENCES_H
#define SINTER_TOOLS_SINTER_FINITEDIFFERENCES_H

#include "RandomPoint.h"

namespace sinter::driver {

/// An element whose gradient differs.
struct GradientMiss {
  std::string variable; ///< "input.x", "0.weight"
  int64_t index = 0;
  double analytic = 0, numeric = 0;
};

/// What was found about the gradients of an entry.
struct GradientReport {
  int64_t gradients = 0; ///< tensors compared
  int64_t kinks = 0;     ///< elements at kinks or jumps, with a gradient of one
                         ///< of the sides or between
  int64_t unclear = 0;   ///< elements without a finite difference quotient
  int64_t stopped = 0;   ///< elements to which `detach` or padding_idx lets
                         ///< less than the whole gradient
  std::vector<GradientMiss> misses; ///< at most one per tensor
};

/// Difference quotients of f = sum(output * cotangent) at a point, in f64. The
/// entry has results "output.NAME" and "grad.VARIABLE", inputs
/// "cotangent.NAME", and its variables are inputs ("input.NAME") and segments
/// of the state.
class FiniteDifferences {
public:
  FiniteDifferences(Session &session, const Entry &entry, Point point);

  /// Whether f and all gradients are finite at the point. Throws Error if the
  /// entry refuses the inputs.
  bool isFinite();
  /// Compares up to 64 elements of every gradient.
  GradientReport run();
  /// Elements of all gradients that are others than in `that` entry.
  int64_t countDifferent(FiniteDifferences &that);

private:
  enum class Verdict { Agrees, Kink, Unclear, Differs };
  /// An element of a variable, its gradient and the scale of the tensor's.
  struct Element {
    double *value;
    double analytic, scale;
  };
  /// One-sided slopes over a step.
  struct Slopes {
    double left, right;
    double central() const { return (left + right) / 2; }
  };

  std::vector<Tensor> call();
  double objective();
  double *variable(const std::string &name);
  Slopes slopes(const Element &element, double step, double center);
  bool agrees(const Element &element, double numeric, double step) const;
  Verdict check(const Element &element, double &numeric);
  Verdict lookCloser(const Element &element, double step, double &numeric);
  /// Slopes over a step and a smaller one, known to `noise`: a kink, a jump or
  /// an error.
  static Verdict judgeSides(const Element &element, const Slopes &wide,
                            const Slopes &near, double noise);
  void checkTensor(const std::string &name, const Tensor &gradient,
                   GradientReport &report);

  Session &session;
  const Entry &entry;
  const StateTable &table;
  Point point;
  double magnitude = 0; ///< sum of |output * cotangent|: bounds the rounding
};

} // namespace sinter::driver
#endif
