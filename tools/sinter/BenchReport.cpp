// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `sinter bench` measured, as a table or as JSON.

#include "BenchReport.h"
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter::driver {

static double secondsAt(double rate, int64_t amount) {
  return rate > 0 ? amount / rate : 0;
}

bool Measurement::isBoundByReads() const {
  return secondsAt(readRate, bytes) > secondsAt(fmaRate, roofFlops());
}

double Measurement::roof() const {
  return std::max(secondsAt(readRate, bytes), secondsAt(fmaRate, roofFlops()));
}

void printHead(int threads) {
  fmt::print(
      "{} {}; a roof is what a loop of multiply-adds on registers (fma) or one "
      "that reads as many bytes\n(read) reaches beside each sample, whichever "
      "takes longer for the work; a share is of this roof\n"
      "{:<46} {:>10} {:>8} {:>10} {:>8} {:>12} {:>6}\n",
      threads, threads == 1 ? "thread" : "threads", "entry, kernel", "us",
      "GF/s", "KB", "GB/s", "roof", "share");
}

static void printLine(const Measurement &line, const std::string &name) {
  double perSecond = line.seconds > 0 ? 1e-9 / line.seconds : 0;
  fmt::print("{:<46} {:>10.2f} {:>8.2f} {:>10.1f} {:>8.2f} {:>4} {:>7.1f} "
             "{:>6.3f}\n",
             name, line.seconds * 1e6, line.flops * perSecond,
             line.bytes * 1e-3, line.bytes * perSecond,
             line.isBoundByReads() ? "read" : "fma",
             (line.isBoundByReads() ? line.readRate : line.fmaRate) * 1e-9,
             line.share);
}

void printTable(const EntryReport &report) {
  std::string name = report.whole.name;
  for (const auto &[dim, extent] : report.dims)
    name += fmt::format(" {}={}", dim, extent);
  printLine(report.whole, name);
  for (const Measurement &kernel : report.kernels)
    printLine(kernel, kernel.launches == 1
                          ? "  " + kernel.name
                          : fmt::format("  {}, {} times", kernel.name,
                                        kernel.launches));
  if (report.dropped)
    fmt::print("  ({} disturbed samples left out)\n", report.dropped);
}

static nlohmann::ordered_json toJson(const Measurement &line) {
  return {{"name", line.name},
          {"seconds", line.seconds},
          {"flops", line.flops},
          {"product_flops", line.productFlops},
          {"bytes", line.bytes},
          {"fma_rate", line.fmaRate},
          {"read_rate", line.readRate},
          {"bound", line.isBoundByReads() ? "read" : "fma"},
          {"share", line.share}};
}

void printJson(int threads, const std::vector<EntryReport> &reports) {
  auto entries = nlohmann::ordered_json::array();
  for (const EntryReport &report : reports) {
    nlohmann::ordered_json entry = toJson(report.whole);
    entry["dims"] = report.dims;
    entry["samples"] = report.samples;
    entry["dropped"] = report.dropped;
    entry["kernels"] = nlohmann::ordered_json::array();
    for (const Measurement &kernel : report.kernels) {
      entry["kernels"].push_back(toJson(kernel));
      entry["kernels"].back()["launches"] = kernel.launches;
    }
    entries.push_back(std::move(entry));
  }
  nlohmann::ordered_json all = {{"threads", threads}, {"entries", entries}};
  fmt::print("{}\n", all.dump(2));
}

} // namespace sinter::driver
