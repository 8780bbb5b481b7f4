// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What training tells, kept as curves.
#ifndef SINTER_LIB_DRIVER_LOSSCURVES_H
#define SINTER_LIB_DRIVER_LOSSCURVES_H

#include "sinter/Driver/Picture.h"
#include "sinter/Training/Observer.h"

namespace sinter::driver {

/// Means of equal runs of points, each twice as long whenever there are too
/// many to be told apart in a picture: memory is bounded however long training
/// is.
class MeanCurve {
public:
  void add(double x, double y);
  /// With the mean of a run that has not ended yet.
  Curve named(const std::string &name) const;

private:
  using Point = std::pair<double, double>;
  std::vector<Point> means;
  Point sum{0, 0}; ///< of the run that has not ended
  size_t length = 1, added = 0;
};

/// Keeps losses and accuracies over optimizer steps.
class LossCurves : public TrainingObserver {
public:
  void onStart(const StartReport &report) override;
  void onStep(const StepReport &report) override;
  void onValidation(const StepReport &report,
                    const Evaluation &evaluation) override;
  void onEpoch(const EpochReport &report) override;

  std::string title() const;
  /// A panel of losses, and one of accuracies if there are any.
  std::vector<Panel> panels() const;

private:
  void addEvaluation(const Evaluation &evaluation);

  StartReport start;
  double step = 0; ///< optimizer steps since the start of the first epoch
  MeanCurve loss;
  Curve validationLoss{"validation loss", {}}, accuracy{"accuracy", {}};
};

} // namespace sinter::driver
#endif
