// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Training as lines of text and a progress bar.
#include "sinter/Training/Observer.h"
#include "sinter/Data/Printable.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace sinter;

static constexpr int barWidth = 24;
static constexpr std::chrono::milliseconds redrawInterval(100);

static std::string placeText(const StepReport &report) {
  return fmt::format("epoch {}/{}, step {}/{}", report.epoch, report.epochs,
                     report.step, report.steps);
}

std::string ConsoleObserver::lossText(double loss) const {
  const double size = std::fabs(loss);
  if (losses == LossFormat::Hexadecimal)
    return fmt::format("{:a}", loss);
  // Four decimals say nothing about a small loss and too much about a large
  // one.
  return size >= 0.1 && size < 1e6 ? fmt::format("{:.4f}", loss)
                                   : fmt::format("{:.4g}", loss);
}

std::string
ConsoleObserver::evaluationText(const Evaluation &evaluation) const {
  std::string text = "validation loss " + lossText(evaluation.loss);
  if (evaluation.accuracy)
    text += fmt::format(", accuracy {:.1f}%", 100 * *evaluation.accuracy);
  return text;
}

/// A line of its own: whatever bar stands there is erased first.
void ConsoleObserver::line(const std::string &text) {
  fmt::print(out, "{}{}\n", terminal ? "\r\033[K" : "", printable(text));
  std::fflush(out);
}

void ConsoleObserver::onStart(const StartReport &report) {
  line(fmt::format("training {}: {} parameters, {} rows in {} batches of {}, "
                   "{} epoch{}",
                   report.block, report.parameters, report.rows, report.batches,
                   report.batchSize, report.epochs,
                   report.epochs == 1 ? "" : "s"));
}

void ConsoleObserver::onFinishedBefore(int64_t epochs) {
  line(fmt::format("the checkpoint is of finished training: all {} epoch{} "
                   "are done",
                   epochs, epochs == 1 ? "" : "s"));
}

void ConsoleObserver::onStep(const StepReport &report) {
  if (!terminal)
    return;
  auto now = std::chrono::steady_clock::now();
  if (now - drawn < redrawInterval)
    return;
  drawn = now;
  int filled = int(report.step * barWidth / std::max<int64_t>(report.steps, 1));
  fmt::print(out, "\r\033[Kepoch {}/{} [{}{}] {:3}% loss {}, {:.0f} samples/s",
             report.epoch, report.epochs, std::string(filled, '='),
             std::string(barWidth - filled, ' '),
             report.step * 100 / std::max<int64_t>(report.steps, 1),
             lossText(report.loss), report.samplesPerSecond);
  std::fflush(out);
}

void ConsoleObserver::onReport(const StepReport &report) {
  line(fmt::format("{}: loss {}", placeText(report), lossText(report.loss)));
}

void ConsoleObserver::onValidation(const StepReport &report,
                                   const Evaluation &evaluation) {
  line(fmt::format("{}: {}", placeText(report), evaluationText(evaluation)));
}

void ConsoleObserver::onEpoch(const EpochReport &report) {
  std::string text = fmt::format("epoch {}/{}: loss {}", report.epoch,
                                 report.epochs, lossText(report.loss));
  if (report.validation)
    text += ", " + evaluationText(*report.validation);
  else if (report.accuracy)
    text += fmt::format(", training accuracy {:.1f}%", 100 * *report.accuracy);
  line(text + fmt::format(", {:.0f} samples/s", report.samplesPerSecond));
}

void ConsoleObserver::onSaved(const std::string &file, bool last) {
  if (last)
    line(fmt::format("saved {}", file));
}

void ConsoleObserver::onInterrupted(const StepReport &report) {
  line(fmt::format("interrupted at {}", placeText(report)));
}

void ConsoleObserver::onNote(const std::string &text) {
  fmt::print(stderr, "note: {}\n", printable(text));
}
