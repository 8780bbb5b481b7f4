/* Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Calls ENTRY of a compiled model, linked in, with what `sinter check --runner` asks for in a request file, and writes
 * the reply: call_entry REQUEST REPLY. The files are described in lib/Execution/RemoteObject.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct sinter_ctx sinter_ctx;
int32_t ENTRY(const sinter_ctx *, void *state, const void *in, void *out, void *workspace);

static FILE *request;

static void read_bytes(void *to, size_t bytes) {
  if (fread(to, 1, bytes, request) != bytes)
    exit(3);
}

static int64_t read_word(void) {
  int64_t word;
  read_bytes(&word, sizeof(word));
  return word;
}

/* Room for `bytes`, aligned as the interface wants it. */
static void *make_room(int64_t bytes) {
  void *room = aligned_alloc(64, ((size_t)bytes / 64 + 1) * 64);
  if (!room)
    exit(4);
  return room;
}

int main(int argc, char **argv) {
  request = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (!request)
    return 2;
  int64_t state_bytes = read_word(), workspace_bytes = read_word();
  int64_t inputs = read_word(), results = read_word(), dims = read_word();
  int64_t *sizes = make_room((inputs + results) * 8);
  int64_t *in = make_room((inputs + dims) * 8), *out = make_room((results + 1) * 8);
  for (int64_t i = 0; i < inputs + results; ++i)
    sizes[i] = read_word();
  for (int64_t i = 0; i < dims; ++i)
    in[inputs + i] = read_word();
  void *state = make_room(state_bytes);
  read_bytes(state, state_bytes);
  for (int64_t i = 0; i < inputs + results; ++i) {
    void *tensor = make_room(sizes[i]);
    read_bytes(tensor, sizes[i]);
    *(i < inputs ? &in[i] : &out[i - inputs]) = (intptr_t)tensor;
  }
  fclose(request);
  out[results] = -1;
  int64_t status = ENTRY(NULL, state, in, out, make_room(workspace_bytes));

  FILE *reply = fopen(argv[2], "wb");
  if (!reply)
    return 2;
  fwrite(&status, 8, 1, reply);
  fwrite(&out[results], 8, 1, reply);
  fwrite(state, 1, state_bytes, reply);
  for (int64_t i = 0; i < results; ++i)
    fwrite((const void *)(intptr_t)out[i], 1, sizes[inputs + i], reply);
  return fclose(reply) ? 2 : 0;
}
