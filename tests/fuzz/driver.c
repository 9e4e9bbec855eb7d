/* driver.c - stands in for libFuzzer where there is none: feeds a fuzz target a fixed number of seeded random inputs, the same on
 * every machine and in every run.
 *
 *   fuzz_x [RUNS [SEED]]    random inputs (default 3000 1)
 *   fuzz_x FILE...          these inputs, as libFuzzer would replay them
 *
 * Bytes are drawn so that small numbers, all ones and repetitions come often: what counters and lengths trip over.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 4096 };

static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static size_t draw(uint64_t *state, uint8_t *bytes)
{
    size_t size = next(state) % (next(state) % 4 ? 256 : LONGEST);
    for (size_t i = 0; i < size; i++) {
        uint64_t r = next(state);
        switch (r >> 60) {
        case 0: bytes[i] = 0; break;
        case 1: bytes[i] = 0xff; break;
        case 2: bytes[i] = i ? bytes[i - 1] : 1; break;
        case 3:
        case 4:
        case 5: bytes[i] = r & 15; break;
        default: bytes[i] = (uint8_t)r; break;
        }
    }
    return size;
}

/* The input lies in a block of exactly its size, so that a sanitizer sees the first byte read beyond it. */
static void feed(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        exit(1);
    if (size)
        memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void feed_random(uint64_t runs, uint64_t seed)
{
    static uint8_t bytes[LONGEST];
    for (uint64_t run = 0; run < runs; run++) {
        uint64_t state = seed << 32 ^ run;
        feed(bytes, draw(&state, bytes));
    }
    printf("%" PRIu64 " random inputs, seed %" PRIu64 "\n", runs, seed);
}

static int feed_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    feed(bytes, size);
    return 0;
}

int main(int argc, char **argv)
{
    char *rest = NULL;
    uint64_t runs = argc > 1 ? strtoull(argv[1], &rest, 10) : 3000;
    if (!rest || *rest == '\0') {
        feed_random(runs, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
        return 0;
    }
    for (int i = 1; i < argc; i++)
        if (feed_file(argv[i]))
            return 1;
    return 0;
}
