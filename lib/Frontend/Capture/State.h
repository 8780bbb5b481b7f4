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
  int64_t offset = 0; ///< bytes
};

/// A hyperparameter in the header, with the value `init` gives it.
struct HeaderValue {
  std::string key;
  double value = 0;
};

struct StateLayout {
  std::string name;
  std::vector<SegmentLayout> segments;
  std::vector<HeaderValue> header;        ///< the f64 ones, trainer.lr first
  std::vector<SlotPointer> slots;         ///< behind parameters and buffers
  std::vector<std::string> optimizerRuns; ///< "exp_avg", …
  int64_t bytes = 0;
  int64_t runElements = 0; ///< of a run, with padding

  /// Null if there is none.
  const SegmentLayout *find(llvm::StringRef key) const;
  std::vector<const SegmentLayout *> parameters() const;
  bool hasParameters() const { return runElements > 0; }

  llvm::StringMap<size_t> numbers; ///< of segments, by key
};

/// A name of a block that steps hand to the next.
using CarryType = std::pair<std::string, mlir::RankedTensorType>;

/// The key of a carry's segment.
inline std::string carryKey(llvm::StringRef name) {
  return "carry." + name.str();
}

/// Lays out a header, parameters, buffers, optimizer runs and carries.
StateLayout layOut(Session &session, llvm::StringRef name,
                   const ModulePointer &root, std::vector<HeaderValue> header,
                   std::vector<std::string> optimizerRuns,
                   llvm::ArrayRef<CarryType> carries = {});
/// Builds the `nn.state` at the end of the module.
void emitState(Session &session, const StateLayout &layout);

} // namespace sinter::capturing
#endif
