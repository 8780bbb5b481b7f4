// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is fuzzed: everything that reads bytes from outside. A target takes any
// bytes; errors that are reported are fine, everything else is a finding.
#ifndef SINTER_TEST_FUZZ_TARGETS_H
#define SINTER_TEST_FUZZ_TARGETS_H

#include <cstddef>
#include <cstdint>

namespace sinter::fuzz {

/// Readers of files.
void fuzzIdx(const uint8_t *data, size_t size);
void fuzzNpy(const uint8_t *data, size_t size);
void fuzzNpz(const uint8_t *data, size_t size);
void fuzzCifar10(const uint8_t *data, size_t size);
void fuzzSafetensors(const uint8_t *data, size_t size);
void fuzzGzip(const uint8_t *data, size_t size);
/// JSON of a train block, and of a model's tables.
void fuzzSettings(const uint8_t *data, size_t size);
void fuzzDescription(const uint8_t *data, size_t size);
/// Lexer, parser, printer and diagnostics; then capture to the graph phase.
void fuzzSyntax(const uint8_t *data, size_t size);
void fuzzCapture(const uint8_t *data, size_t size);

} // namespace sinter::fuzz
#endif
