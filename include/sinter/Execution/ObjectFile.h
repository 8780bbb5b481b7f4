// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Object files as files: archives of them, and what one says of itself. The
// header knows no LLVM.
#ifndef SINTER_EXECUTION_OBJECTFILE_H
#define SINTER_EXECUTION_OBJECTFILE_H

#include <string>
#include <string_view>

namespace sinter {

/// An archive (lib*.a) that holds `object` under `name`, without times and
/// owners: equal objects give equal bytes. False after a failure, with the
/// message in `error`.
bool makeArchive(const std::string &name, std::string_view object,
                 std::string &archive, std::string &error);

/// Whether the bytes start like an object file, an archive or a program.
bool isObjectFile(std::string_view bytes);

/// The description of the model (Data/ModelDescription.h) that an object file,
/// an archive or a program carries, for whatever machine it is. False, with the
/// message in `error`, if it is damaged or has none.
bool readObjectDescription(std::string_view bytes, std::string &description,
                           std::string &error);

} // namespace sinter
#endif
