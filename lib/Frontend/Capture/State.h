// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of one module's state block, laid out as docs/architecture.md says.
#ifndef SINTER_LIB_FRONTEND_CAPTURE_STATE_H
#define SINTER_LIB_FRONTEND_CAPTURE_STATE_H

#include "Interpreter.h"

namespace sinter::capturing {

struct SegmentLayout {
  std::string key;
  nn::SegmentKind kind = nn::SegmentKind::header;
  mlir::RankedTensorType type;
  int64_t offset = 0;               ///< bytes
  std::vector<std::string> aliases; ///< other keys of a shared tensor
};

/// A hyperparameter in the header, with the value `init` gives it.
struct HeaderValue {
  std::string key;
  double value = 0;
};

/// A name of a block that steps hand to the next.
using CarryType = std::pair<std::string, mlir::RankedTensorType>;

/// What a state block is made of.
struct StateParts {
  std::vector<SlotPointer> slots;         ///< parameters, then buffers
  std::set<std::string> frozen;           ///< keys that no update changes
  std::vector<HeaderValue> header;        ///< the f64 ones, trainer.lr first
  std::vector<std::string> optimizerRuns; ///< "exp_avg", …
  std::vector<CarryType> carries;
};

struct StateLayout {
  std::string name;
  StateParts parts;
  std::vector<SegmentLayout> segments;
  int64_t bytes = 0;
  int64_t runElements = 0; ///< of a run, with padding

  /// Null if there is none.
  const SegmentLayout *find(llvm::StringRef key) const;
  std::vector<const SegmentLayout *> ofKind(nn::SegmentKind kind) const;
  /// Those that the updates of a train block change: one run.
  std::vector<const SegmentLayout *> trained() const {
    return ofKind(nn::SegmentKind::parameter);
  }
  /// Trained ones, then frozen ones.
  std::vector<const SegmentLayout *> parameters() const;
  bool hasParameters() const { return runElements > 0; }

  llvm::StringMap<size_t> numbers; ///< of segments, by key
};

/// The key of a carry's segment.
inline std::string carryKey(llvm::StringRef name) {
  return "carry." + name.str();
}

/// Lays out a header, parameters (trained, then frozen), buffers, optimizer
/// runs and carries.
StateLayout layOut(Session &session, llvm::StringRef name, StateParts parts);
/// Builds the `nn.state` before `next`.
void emitState(Session &session, const StateLayout &layout,
               mlir::Operation *next);

} // namespace sinter::capturing
#endif
