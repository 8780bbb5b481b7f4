// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Several observers of one training.
#include "sinter/Training/Observer.h"

using namespace sinter;

void ObserverList::onStart(const StartReport &report) {
  for (TrainingObserver *observer : observers)
    observer->onStart(report);
}

void ObserverList::onFinishedBefore(int64_t epochs) {
  for (TrainingObserver *observer : observers)
    observer->onFinishedBefore(epochs);
}

void ObserverList::onStep(const StepReport &report) {
  for (TrainingObserver *observer : observers)
    observer->onStep(report);
}

void ObserverList::onReport(const StepReport &report) {
  for (TrainingObserver *observer : observers)
    observer->onReport(report);
}

void ObserverList::onValidation(const StepReport &report,
                                const Evaluation &evaluation) {
  for (TrainingObserver *observer : observers)
    observer->onValidation(report, evaluation);
}

void ObserverList::onEpoch(const EpochReport &report) {
  for (TrainingObserver *observer : observers)
    observer->onEpoch(report);
}

void ObserverList::onSaved(const std::string &file, bool last) {
  for (TrainingObserver *observer : observers)
    observer->onSaved(file, last);
}

void ObserverList::onInterrupted(const StepReport &report) {
  for (TrainingObserver *observer : observers)
    observer->onInterrupted(report);
}

void ObserverList::onNote(const std::string &text) {
  for (TrainingObserver *observer : observers)
    observer->onNote(text);
}
