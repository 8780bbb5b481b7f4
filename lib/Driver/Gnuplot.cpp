// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs gnuplot: no shell, files without names for its streams, so that neither
// side waits for the other.
#include "Gnuplot.h"
#include "sinter/Data/Error.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace sinter::driver {

using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

[[noreturn]] static void fail(const std::string &why) {
  throw Error(fmt::format("cannot run gnuplot: {}", why));
}

/// A file that holds `text` and is read from its beginning.
static Stream makeStream(const std::string &text = "") {
  Stream stream(std::tmpfile(), std::fclose);
  if (!stream ||
      std::fwrite(text.data(), 1, text.size(), stream.get()) != text.size() ||
      std::fflush(stream.get()) != 0)
    fail(fmt::format("cannot make a temporary file: {}", std::strerror(errno)));
  std::rewind(stream.get());
  return stream;
}

static std::string contentOf(const Stream &stream) {
  std::string content;
  char part[1 << 14];
  std::rewind(stream.get());
  while (size_t count = std::fread(part, 1, sizeof(part), stream.get()))
    content.append(part, count);
  return content;
}

/// Starts gnuplot, without the user's settings, on three streams.
static pid_t start(const Stream (&streams)[3]) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int number = 0; number < 3; ++number)
    posix_spawn_file_actions_adddup2(&actions, ::fileno(streams[number].get()),
                                     number);
  char name[] = "gnuplot", noSettings[] = "-d";
  char *arguments[] = {name, noSettings, nullptr};
  pid_t process;
  int code =
      ::posix_spawnp(&process, name, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code == ENOENT)
    throw Error("expected gnuplot in PATH to draw pictures, but got none");
  if (code)
    fail(std::strerror(code));
  return process;
}

std::string runGnuplot(const std::string &script) {
  const Stream streams[] = {makeStream(script), makeStream(), makeStream()};
  const pid_t process = start(streams);
  int status;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR)
      fail(std::strerror(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string said = contentOf(streams[2]);
    said.erase(said.find_last_not_of(" \n") + 1);
    fail(said.empty() ? "it failed" : said);
  }
  return contentOf(streams[1]);
}

} // namespace sinter::driver
