// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers of train blocks: their hyperparameters and state in the block of
// state, and one step.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_OPTIMIZER_H
#define SINTER_LIB_FRONTEND_CAPTURE_OPTIMIZER_H

#include "State.h"

namespace sinter::capturing {

/// An optimizer with its arguments read: which operands the op has.
struct Optimizer {
  std::string kind; ///< "SGD", "Adam", …; empty without a train block
  std::vector<HeaderValue> header; ///< trainer.lr first
  std::vector<std::string> runs;
  bool nesterov = false, decoupled = false;
  double initialSum = 0; ///< what Adagrad's sums start with

  bool has(llvm::StringRef hyperparameter) const;
  bool hasRun(llvm::StringRef run) const;
  double learningRate() const { return header.front().value; }
};

/// Reads the arguments; nullopt after located errors. Null gives the header of
/// a module that is not trained.
std::optional<Optimizer> readOptimizer(Session &session, const Object *object);

/// One step on the run of all parameters with the run of gradients; writes both
/// and the optimizer's runs, not the step count.
void applyOptimizer(Interpreter &interpreter, const Optimizer &optimizer,
                    Tensor gradient);

} // namespace sinter::capturing
#endif
