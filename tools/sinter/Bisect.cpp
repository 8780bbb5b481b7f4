// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `sinter check --bisect`: the optimized pipeline cut off after every pass and
// continued as -O0, to find the pass that spoils the results.

#include "Agreement.h"
#include "Golden.h"
#include "LargeStack.h"
#include <fmt/format.h>

namespace sinter::driver {

namespace {

/// What the code of one snapshot does.
enum class SnapshotState { Agrees, Differs, DoesNotCompile };

class Bisection {
public:
  Bisection(const CompilerOptions &options, int threads, int64_t seed)
      : agreement(options, seed, threads), tested(agreement.options(), threads),
        passes(tested.compiler().passes()) {}

  /// The first entry that differs; empty if all agree.
  std::string differingEntry();
  int run();

private:
  SnapshotState tryAfter(size_t count);
  SnapshotState examine(Session &session);
  int blame(const std::string &what) const;

  Agreement agreement;
  Session tested;
  std::vector<std::string> passes;
  std::vector<std::string> differences; ///< of the snapshot that differs
};

} // namespace

SnapshotState Bisection::examine(Session &session) {
  differences.clear();
  for (const EntryAgreement &entry : agreement.compare(session))
    for (const TensorAgreement &tensor : entry.tensors)
      if (tensor.worst.missed)
        differences.push_back(missText(entry.entry, tensor));
  return differences.empty() ? SnapshotState::Agrees : SnapshotState::Differs;
}

/// On one thread, whose stack is large: the loops of -O0 keep what fusion put
/// into one kernel on the stack.
SnapshotState Bisection::tryAfter(size_t count) {
  CompilerOptions options = agreement.options();
  options.optimizedPasses = count;
  options.warnings = false;
  SnapshotState state = SnapshotState::DoesNotCompile;
  runWithLargeStack([&] {
    std::unique_ptr<Session> snapshot;
    try {
      snapshot = std::make_unique<Session>(options, 1);
    } catch (const Reported &) {
      return;
    }
    state = examine(*snapshot);
  });
  return state;
}

int Bisection::blame(const std::string &what) const {
  for (const std::string &text : differences)
    fmt::print(stderr, "{}\n", text);
  fmt::print("{}\n", what);
  return CheckFailed;
}

std::string Bisection::differingEntry() {
  for (const EntryAgreement &entry : agreement.compare(tested))
    if (!entry.agrees())
      return entry.name;
  return "";
}

int Bisection::run() {
  std::string unclear; // passes that may be it as well
  for (size_t count = 1; count <= passes.size(); ++count) {
    const std::string &pass = passes[count - 1];
    if (pass.find("-verify-") != std::string::npos)
      continue; // a check of the module: it changes nothing
    switch (tryAfter(count)) {
    case SnapshotState::Agrees:
      unclear.clear();
      break;
    case SnapshotState::Differs:
      return blame(fmt::format(
          "the first pass after which results differ is {}, number {} of {}{}",
          pass, count, passes.size(),
          unclear.empty() ? ""
                          : "; or one of those that -O0 does not go on "
                            "from: " +
                                unclear));
    case SnapshotState::DoesNotCompile:
      fmt::print("{}: -O0 does not go on from what it leaves\n", pass);
      unclear += (unclear.empty() ? "" : ", ") + pass;
    }
  }
  examine(tested);
  return blame(fmt::format("results differ only after {}LLVM's optimizer and "
                           "code generator",
                           unclear.empty() ? "" : unclear + " or "));
}

int bisect(const CommonOptions &common, int64_t seed) {
  if (common.reference)
    throw UsageError("--bisect follows optimization: expected no -O0");
  CompilerOptions options = common.compilerOptions();
  std::string entry = Bisection(options, common.threads, seed).differingEntry();
  if (entry.empty()) {
    fmt::print("all entries agree: there is nothing to bisect\n");
    return Done;
  }
  // Other entries would only take time.
  options.entry = entry;
  Bisection bisection(options, common.threads, seed);
  if (bisection.differingEntry().empty())
    return Bisection(common.compilerOptions(), common.threads, seed).run();
  return bisection.run();
}

} // namespace sinter::driver
