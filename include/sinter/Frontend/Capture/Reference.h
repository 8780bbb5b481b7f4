// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that the language has, read from the tables that capture uses.
#ifndef SINTER_FRONTEND_CAPTURE_REFERENCE_H
#define SINTER_FRONTEND_CAPTURE_REFERENCE_H

#include <string>
#include <vector>

namespace sinter {

struct ReferenceItem {
  std::string signature; ///< "relu(input, inplace=false)", "epochs = 1", "f32"
  std::string summary;   ///< one line
  std::string pytorch;   ///< "F.relu"; empty where there is none
  std::string absent;    ///< what PyTorch's has beyond it; mostly empty

  /// What stands before the first character that belongs to no name.
  std::string name() const;
};

struct ReferenceSection {
  std::string title;
  std::vector<ReferenceItem> items;
};

/// All sections in the order in which they are printed.
std::vector<ReferenceSection> languageReference();

} // namespace sinter
#endif
