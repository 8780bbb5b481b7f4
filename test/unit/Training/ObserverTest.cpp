// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is printed to a pipe and to a terminal.
#include "sinter/Training/Observer.h"
#include "TestFiles.h"
#include "sinter/Data/File.h"

using namespace sinter;
using namespace sinter::test;

/// What an observer prints when `tell` tells it things.
template <typename Tell> static std::string printed(bool terminal, Tell tell) {
  TestFolder folder;
  std::FILE *file = std::fopen(folder.file("out").c_str(), "wb");
  ConsoleObserver observer(file, terminal);
  tell(observer);
  std::fclose(file);
  return readFile(folder.file("out"));
}

TEST(ConsoleObserver, PlainLines) {
  std::string text = printed(false, [](ConsoleObserver &observer) {
    observer.onStart({"Mlp", 109386, 60000, 938, 64, 5});
    observer.onStep({1, 5, 100, 938, 0.7, 1000});
    observer.onReport({1, 5, 100, 938, 0.7, 1000});
    observer.onValidation({1, 5, 100, 938, 0.7, 1000}, {0.5, std::nullopt});
    observer.onEpoch(
        {1, 5, 0.6342, Evaluation{0.4711, 0.831}, std::nullopt, 412345.4});
    observer.onEpoch({2, 5, 0.5, std::nullopt, 0.9, 10});
    observer.onSaved("w.safetensors", false);
    observer.onSaved("w.safetensors", true);
    observer.onInterrupted({2, 5, 17, 938, 0.5, 10});
  });
  EXPECT_EQ(text,
            "training Mlp: 109386 parameters, 60000 rows in 938 batches of 64, "
            "5 epochs\n"
            "epoch 1/5, step 100/938: loss 0.7000\n"
            "epoch 1/5, step 100/938: validation loss 0.5000\n"
            "epoch 1/5: loss 0.6342, validation loss 0.4711, accuracy 83.1%, "
            "412345 samples/s\n"
            "epoch 2/5: loss 0.5000, training accuracy 90.0%, 10 samples/s\n"
            "saved w.safetensors\n"
            "interrupted at epoch 2/5, step 17/938\n");
}

TEST(ConsoleObserver, SignificantDigits) {
  auto lossOf = [](double loss) {
    std::string text = printed(false, [&](ConsoleObserver &observer) {
      observer.onReport({1, 1, 1, 1, loss, 1});
    });
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(lossOf(4e-5), "4e-05\n");
  EXPECT_EQ(lossOf(0.012345), "0.01235\n");
  EXPECT_EQ(lossOf(0.1), "0.1000\n");
  EXPECT_EQ(lossOf(123.456789), "123.4568\n");
  EXPECT_EQ(lossOf(-2.5), "-2.5000\n");
  EXPECT_EQ(lossOf(1.5e20), "1.5e+20\n");
  EXPECT_EQ(lossOf(0), "0\n");
}

TEST(ConsoleObserver, FinishedBefore) {
  std::string text = printed(
      false, [](ConsoleObserver &observer) { observer.onFinishedBefore(3); });
  EXPECT_EQ(text, "the checkpoint is of finished training: all 3 epochs are "
                  "done\n");
}

TEST(ConsoleObserver, ProgressBar) {
  std::string text = printed(true, [](ConsoleObserver &observer) {
    observer.onStep({1, 5, 469, 938, 0.7, 1000});
    observer.onStep({1, 5, 470, 938, 0.7, 1000}); // too soon to draw again
    observer.onEpoch({1, 5, 0.5, std::nullopt, std::nullopt, 10});
  });
  EXPECT_EQ(text, "\r\033[Kepoch 1/5 [============            ]  50% loss "
                  "0.7000, 1000 samples/s"
                  "\r\033[Kepoch 1/5: loss 0.5000, 10 samples/s\n");
}
