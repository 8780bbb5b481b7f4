// Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trains mlp.sinter from C++17 with a loop of its own: the gradients of four
// batches add up to one update. Calls run on the threads of a pool.
//
//   ./accumulate DATA_DIR EPOCHS THREADS
#include "mlp.h"

#include "idx.h"
#include "sinter/Runtime/ThreadPool.h"
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace {

constexpr int64_t batchSize = 64, batchesPerUpdate = 4;

/// What calls need: all on one block, aligned as compiled code wants it.
struct Buffers {
  alignas(SINTER_ALIGNMENT) mlp_state state;
  alignas(
      SINTER_ALIGNMENT) unsigned char workspace[MLP_GRADIENTS_WORKSPACE_BYTES];
  alignas(SINTER_ALIGNMENT) float gradient[MLP_GRADIENTS_GRADIENT_ELEMENTS];
};

struct Batch {
  std::vector<float> images = std::vector<float>(batchSize * 28 * 28);
  std::vector<int64_t> labels = std::vector<int64_t>(batchSize);
};

void check(int32_t status) {
  if (status == SINTER_OK)
    return;
  std::fprintf(stderr, "mlp: %s\n", sinter_status_text(status));
  std::exit(1);
}

class Trainer {
public:
  Trainer(const idx_data &data, int threads)
      : data(data), pool(threads), at(new Buffers{}) {
    check(mlp_init(&ctx, &at->state, nullptr, nullptr, nullptr));
  }

  /// The mean loss of the batches. The last update may have fewer.
  double trainEpoch() {
    const int64_t batches = data.rows / batchSize;
    double sum = 0;
    for (int64_t first = 0; first < batches; first += batchesPerUpdate) {
      const int64_t count = std::min(batchesPerUpdate, batches - first);
      for (int64_t i = 0; i < count; ++i)
        sum += addGradients(first + i, i > 0, 1.0f / float(count));
      mlp_update_out out = {at->gradient, 0};
      check(mlp_update(&ctx, &at->state, nullptr, &out, at->workspace));
    }
    return sum / double(batches);
  }

private:
  /// Adds `scale` times the gradient of a batch's loss to those before it.
  float addGradients(int64_t index, uint8_t accumulate, float scale) {
    idx_batch(&data, index * batchSize, batchSize, batch.images.data(),
              batch.labels.data());
    float loss = 0;
    mlp_gradients_in in = {batch.images.data(), batch.labels.data(), &scale,
                           &accumulate, batchSize};
    mlp_gradients_out out = {&loss, at->gradient, 0};
    check(mlp_gradients(&ctx, &at->state, &in, &out, at->workspace));
    return loss;
  }

  const idx_data &data;
  sinter::ThreadPool pool;
  const sinter_ctx ctx = pool.context();
  std::unique_ptr<Buffers> at;
  Batch batch;
};

} // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s DATA_DIR EPOCHS THREADS\n", argv[0]);
    return 2;
  }
  const int64_t epochs = std::atoll(argv[2]);
  idx_data data = idx_read_pair(argv[1], "train-images-idx3-ubyte",
                                "train-labels-idx1-ubyte", 28 * 28, batchSize);
  Trainer trainer(data, std::atoi(argv[3]));
  for (int64_t epoch = 1; epoch <= epochs; ++epoch)
    std::printf("epoch %" PRId64 "/%" PRId64 ": loss %a\n", epoch, epochs,
                trainer.trainEpoch());
  idx_free(&data);
  return 0;
}
