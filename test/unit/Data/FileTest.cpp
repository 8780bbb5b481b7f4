// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing files: what was there survives a full disk.
#include "sinter/Data/File.h"
#include "TestFiles.h"
#include "sinter/Data/Printable.h"
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

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

TEST(File, FollowsLinksToWhatIsNotThere) {
  TestFolder folder;
  ASSERT_EQ(::mkdir(folder.file("in").c_str(), 0777), 0);
  ASSERT_EQ(::symlink("in/target", folder.file("link").c_str()), 0);
  ASSERT_EQ(::symlink("link", folder.file("outer").c_str()), 0);
  checkWritable(folder.file("outer"));
  writeFileAtomically(folder.file("outer"), "new");
  EXPECT_EQ(readFile(folder.file("in/target")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  ASSERT_EQ(::symlink("loop", folder.file("loop").c_str()), 0);
  EXPECT_ERROR(writeFileAtomically(folder.file("loop"), "x"),
               "cannot write: Too many levels of symbolic links");
  ASSERT_EQ(::symlink("none/x", folder.file("lost").c_str()), 0);
  EXPECT_ERROR(checkWritable(folder.file("lost")),
               "expected a folder that can be written");
}

TEST(File, SweepsWhatKilledProcessesLeft) {
  TestFolder folder;
  const std::string path = folder.file("a"), other = folder.file("b");
  pid_t child = ::fork();
  if (child == 0) {
    FileSet left;
    left.add(path, {"half"});
    left.add(path, {"half"});
    left.add(other, {"half"});
    ::raise(SIGKILL);
  }
  int status;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(folder.names().size(), 3u);
  {
    FileSet alive; // a writer that lives keeps its file
    alive.add(path, {"slow"});
    writeFileAtomically(path, "new");
    EXPECT_EQ(folder.names().size(), 3u);
    alive.commit();
  }
  EXPECT_EQ(readFile(path), "slow");
  writeFileAtomically(other, "new");
  EXPECT_EQ(folder.names().size(), 2u);
}

TEST(File, SweepsBehindWhatIsGone) {
  TestFolder folder;
  const std::string path = folder.file("a");
  {
    FileSet first; // its file goes, that of the killed process has number 1
    first.add(path, {"whole"});
    pid_t child = ::fork();
    if (child == 0) {
      FileSet left;
      left.add(path, {"half"});
      ::raise(SIGKILL);
    }
    int status;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    first.commit();
  }
  EXPECT_EQ(folder.names().size(), 2u);
  writeFileAtomically(path, "new");
  EXPECT_EQ(folder.names().size(), 1u);
}

TEST(File, ProtectedFilesStay) {
  if (::geteuid() == 0)
    GTEST_SKIP() << "root may write every file";
  TestFolder folder;
  const std::string path = folder.write("a", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  EXPECT_ERROR(checkWritable(path), "cannot write: Permission denied");
  EXPECT_ERROR(writeFileAtomically(path, "new"),
               "cannot write: Permission denied");
  EXPECT_EQ(readFile(path), "old");
}

TEST(File, PipeWithoutReader) {
  TestFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
  int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  int writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK);
  // More than a pipe holds, so that the write waits until the reader is gone.
  std::thread leave([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::close(reader);
  });
  // SIGPIPE keeps its default action, which would end the process.
  EXPECT_ERROR(writeFileAtomically(path, std::string(1 << 20, 'x')),
               "cannot write: Broken pipe");
  leave.join();
  ::close(writer);
}

TEST(File, PipeThatNobodyReadsAnyMore) {
  TestFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
  EXPECT_ERROR(writeFileAtomically(path, "x"), "cannot write: Broken pipe");
  std::string got;
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    got = readFile(path);
  });
  const std::string content(1 << 20, 'x');
  writeFileAtomically(path, content);
  late.join();
  EXPECT_EQ(got, content);
}

TEST(File, NamesThatAreTooLong) {
  TestFolder folder;
  const std::string longest(255, 'n');
  EXPECT_ERROR(checkWritable(folder.file(longest + "n")),
               "cannot write: File name too long");
  EXPECT_ERROR(checkWritable(folder.write("file", "") + "/a"),
               "cannot write: Not a directory");
  checkWritable(folder.file(longest));
  writeFileAtomically(folder.file(longest), "x");
  EXPECT_EQ(readFile(folder.file(longest)), "x");
}

TEST(File, MessagesArePrintable) {
  EXPECT_EQ(printable("a\tb\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82"),
            "a\tb\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82");
  EXPECT_EQ(printable(std::string("\0\x1b[2J\r\x7f", 7)), "??[2J??");
  // What is no UTF-8, in its shortest form; a control of two bytes; text that
  // runs backwards.
  EXPECT_EQ(printable("\xff|\xc0\x80|\xe2\x82|\xed\xa0\x80|\xc2\x9b"),
            "?|??|??|???|?");
  EXPECT_EQ(printable("x\xe2\x80\xaey"), "x?y");
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
