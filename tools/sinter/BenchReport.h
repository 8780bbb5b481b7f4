// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `sinter bench` measured, as a table or as JSON.
#ifndef SINTER_TOOLS_SINTER_BENCHREPORT_H
#define SINTER_TOOLS_SINTER_BENCHREPORT_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sinter::driver {

/// An entry or a kernel: its work and medians of what was measured.
struct Measurement {
  std::string name;
  int64_t launches = 1; ///< in one call of the entry
  int64_t flops = 0, productFlops = 0;
  int64_t bytes = 0;   ///< that it must read or write at least
  double seconds = 0;  ///< of one call of the entry: of all launches
  double fmaRate = 0;  ///< flop/s of multiply-adds on registers
  double readRate = 0; ///< byte/s of reading as many bytes
  double share = 0;    ///< of its roof, the median of what each sample gave

  /// Whether reading takes longer than computing at these rates.
  bool isBoundByReads() const;
  /// The arithmetic that the roof counts: products alone if there are any.
  int64_t roofFlops() const { return productFlops ? productFlops : flops; }
  /// Seconds that no code with this work can beat.
  double roof() const;
};

struct EntryReport {
  Measurement whole;
  std::map<std::string, int64_t> dims;
  std::vector<Measurement> kernels; ///< in the order of the schedule
  int samples = 0;                  ///< that count
  int dropped = 0; ///< in which the system took a processor away
};

/// The lines above the entries of a table, and those of an entry.
void printHead(int threads);
void printTable(const EntryReport &report);

/// All reports as one JSON object; seconds, flop/s and byte/s.
void printJson(int threads, const std::vector<EntryReport> &reports);

} // namespace sinter::driver
#endif
