// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing files: what was there survives a full disk.
#include "sinter/Data/File.h"
#include "TestFiles.h"
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace sinter;
using namespace sinter::test;

TEST(File, ReplacesAtomically) {
  TestFolder folder;
  std::string path = folder.file("a");
  writeFileAtomically(path, "first");
  EXPECT_EQ(readFile(path), "first");
  ::chmod(path.c_str(), 0640);
  writeFileAtomically(path, std::vector<std::string_view>{"sec", "", "ond"});
  EXPECT_EQ(readFile(path), "second");
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(File, FollowsSymbolicLinks) {
  TestFolder folder;
  folder.write("target", "old");
  ASSERT_EQ(::symlink("target", folder.file("link").c_str()), 0);
  writeFileAtomically(folder.file("link"), "new");
  EXPECT_EQ(readFile(folder.file("target")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
}

TEST(File, FileSizeLimitKeepsTheOldFile) {
  TestFolder folder;
  std::string path = folder.write("a", "old");
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = {1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  // SIGXFSZ keeps its default action, which would end the process.
  std::string message =
      errorOf([&] { writeFileAtomically(path, std::string(100000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_NE(message.find("cannot write: File too large"), std::string::npos)
      << message;
  EXPECT_EQ(readFile(path), "old");
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(File, FullDevice) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "this system has no /dev/full";
  EXPECT_ERROR(writeFileAtomically("/dev/full", "x"),
               "/dev/full: cannot write: No space left on device");
  EXPECT_EQ(::access("/dev/full", W_OK), 0);
  writeFileAtomically("/dev/null", "x");
}

TEST(File, FoldersThatCannotTakeIt) {
  TestFolder folder;
  EXPECT_ERROR(writeFileAtomically(folder.file("none/a"), "x"),
               "none/a: cannot write: No such file or directory");
  EXPECT_ERROR(writeFileAtomically(folder.file(""), "x"),
               "cannot write: Is a directory");
  std::string error;
  EXPECT_FALSE(tryWriteFileAtomically(folder.file("none/a"), "x", error));
  EXPECT_NE(error.find("cannot write"), std::string::npos);
  EXPECT_TRUE(tryWriteFileAtomically(folder.file("a"), "x", error));
}

TEST(File, ReadErrors) {
  TestFolder folder;
  EXPECT_ERROR(readFile(folder.file("none")), "none: cannot open");
  EXPECT_ERROR(readFile(folder.file("")), "cannot read: Is a directory");
}

TEST(File, SetsAppearTogether) {
  TestFolder folder;
  std::string first = folder.write("first", "old"),
              second = folder.file("second");
  {
    FileSet files;
    files.add(first, {"n", "ew"});
    files.add(second, {"new"});
    EXPECT_EQ(readFile(first), "old");
    EXPECT_ERROR(files.add(folder.file("none/third"), {"new"}),
                 "none/third: cannot write: No such file or directory");
  }
  EXPECT_EQ(readFile(first), "old");
  EXPECT_EQ(folder.names().size(), 1u);
  FileSet files;
  files.add(first, {"n", "ew"});
  files.add(second, {"newer"});
  files.commit();
  EXPECT_EQ(readFile(first), "new");
  EXPECT_EQ(readFile(second), "newer");
  EXPECT_EQ(folder.names().size(), 2u);
}
