/* fuzz_shard.c - shard files of the sweep: whatever stands in one, it is read or refused with a sentence; and one that is read says the same
 * when it is written and read again. The sum at the end is made right, so that it is not all that is ever looked at.
 */
#define _GNU_SOURCE
#include "core/sweep_shard.h"
#include "tests/fuzz/memory_file.h"

#include <inttypes.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const char *const words[] = {
    "trapeze sweep shard 2\n",
    "isa riscv\n",
    "isa ia32\n",
    "version 0.1.0\n",
    "k all\n",
    "tables 0123456789abcdef\n",
    "encodings quick\n",
    "encodings all\n",
    "seed 1\n",
    "states 4\n",
    "shard 1/2\n",
    "done 1111\n",
    "swept 5\n",
    "runs addi completes 7\n",
    "faults 0\n",
    "fault 00000013 no-row completes 0\n",
    "runs - undefined 18446744073709551615\n",
    "shard 1024/1024\n",
    "done \n",
    "faults 1\n",
};

/* FNV-1a, as the files have it. */
static uint64_t sum_of(const char *text, size_t length)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t n = 0; n < length; n++)
        h = (h ^ (uint8_t)text[n]) * UINT64_C(0x100000001b3);
    return h;
}

static size_t text_of(const uint8_t *data, size_t size, char *text, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n + 64 < room; i++) {
        if (data[i] & 0x80)
            n += (size_t)snprintf(text + n, room - n, "%s", words[(data[i] & 0x7f) % (sizeof words / sizeof words[0])]);
        else
            text[n++] = (char)data[i];
    }
    return n + (size_t)snprintf(text + n, room - n, "end %016" PRIx64 "\n", sum_of(text, n));
}

static bool read_shard(struct sweep_shard *s, const void *bytes, size_t size)
{
    struct memory_file f;
    struct error e = {""};
    memory_file_make(&f, bytes, size);
    const bool good = sweep_shard_read(s, f.path, &e) == 0;
    check(good || e.text[0]);
    memory_file_close(&f);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sweep_shard s, again;
    static char text[1 << 16];
    char *written = NULL;
    size_t length = text_of(data, size, text, sizeof text);
    if (read_shard(&s, data, size))
        return 0;
    if (!read_shard(&s, text, length))
        return 0;
    FILE *f = open_memstream(&written, &length);
    check(f && sweep_shard_write(&s, f) == 0 && fclose(f) == 0);
    check(read_shard(&again, written, length));
    check(again.shard == s.shard && again.shards == s.shards && memcmp(&again.counts, &s.counts, sizeof s.counts) == 0);
    check(memcmp(again.done, s.done, sizeof s.done) == 0);
    free(written);
    return 0;
}
