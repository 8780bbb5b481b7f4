// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is told about a launch.
#include "Machine.h"

using namespace sinter::ptx;

/// Ids are 16 bits wide in cells; places beyond share the id of none.
void Machine::addPlace(Place &place) {
  if (places.size() > UINT16_MAX)
    return;
  place.id = places.size();
  places.push_back(&place);
}

static std::string noteText(const Place &place, llvm::StringRef message) {
  std::string text = "\n" + place.location + ": note: " + message.str();
  if (!place.source.empty())
    text += "\n" + place.source + ": note: compiled from here";
  return text;
}

void Machine::report(llvm::StringRef kind, const Place *place,
                     const llvm::Twine &details, const Place *other) {
  if (!reported.insert({kind.str(), place}).second)
    return;
  std::string text = place ? place->location : kernel->location;
  text += ": error: " + kind.str();
  if (place)
    text += ": " + place->instruction;
  std::string more = details.str();
  if (!more.empty())
    text += (place ? " " : ": ") + more;
  text += " [kernel " + kernel->name + "]";
  if (place && !place->source.empty())
    text += "\n" + place->source + ": note: compiled from here";
  if (other)
    text += noteText(*other, "the other access: " + other->instruction);
  reports.push_back({kind.str(), std::move(text)});
}

/// Lists how many threads wait where.
void Machine::reportDeadlock() {
  std::map<std::pair<const Place *, llvm::StringRef>,
           std::pair<unsigned, Thread *>>
      waiting;
  for (Block *block : live)
    for (Thread &thread : block->threads)
      if (!thread.exited) {
        auto &entry = waiting[{thread.waitingAt, thread.waitingFor}];
        ++entry.first;
        if (!entry.second)
          entry.second = &thread;
      }
  std::string text;
  const Place *first = nullptr;
  for (auto &[where, who] : waiting) {
    first = first ? first : where.first;
    const auto &block = who.second->blockIndex;
    text += "\n" + (where.first ? where.first->location : kernel->location) +
            ": note: " + std::to_string(who.first) + " of them wait " +
            where.second.str() + ", thread " +
            std::to_string(who.second->linear) + " of block " +
            std::to_string(block[0]) + ", " + std::to_string(block[1]) + ", " +
            std::to_string(block[2]) + " for one";
  }
  report("deadlock", first, "waits for threads that do not come");
  reports.back().text += text;
  failed = true;
}
