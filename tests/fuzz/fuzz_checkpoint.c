/* fuzz_checkpoint.c - files of checkpoints. The input changes a good one: places and bytes, and then its sum is made right or not. It is
 * refused with a sentence, and the machine is as it was; or taken, and the machine runs on from there, whatever it has become.
 */
#define _GNU_SOURCE
#include "monitor/command.h"
#include "tests/fuzz/live.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    uint8_t *bytes;
    size_t size;
} good;

static void make_good(struct live *l)
{
    struct checkpoint *c;
    struct error e;
    char *bytes = NULL;
    FILE *f = open_memstream(&bytes, &good.size);
    debugger_start(&l->d, &(struct plan){0});
    live_run(l);
    live_check(checkpoint_take(l->d.past, true, &c, &e) == 0, "a checkpoint");
    live_check(f && checkpoint_write(l->d.past, c, f, "good", program_name(), &e) == 0 && fclose(f) == 0, "a checkpoint's file");
    good.bytes = (uint8_t *)bytes;
    checkpoint_drop(l->d.past, c);
}

static uint64_t sum_word(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
    return sum ^ sum >> 29;
}

/* Of all before it, as core/time/checkpoint_file.c makes it: the last word is filled up with zeros. */
static void make_sum(uint8_t *bytes, size_t size)
{
    uint64_t sum = 0, word = 0;
    const size_t end = size - sizeof sum, rest = end % 8;
    for (size_t at = 0; at + 8 <= end; at += 8) {
        memcpy(&word, bytes + at, sizeof word);
        sum = sum_word(sum, word);
    }
    word = 0;
    memcpy(&word, bytes + end - rest, rest);
    sum = sum_word(sum, word) ^ rest;
    memcpy(bytes + end, &sum, sizeof sum);
}

/* Each change is a place, in the head more often than in the pages, and a byte. */
static uint8_t *changed(const uint8_t *data, size_t size, size_t *length)
{
    uint8_t *bytes = malloc(good.size);
    const bool is_short = size && data[0] == 0xff;
    live_check(bytes != NULL, "memory");
    memcpy(bytes, good.bytes, good.size);
    *length = is_short ? (size_t)data[size - 1] * good.size / 256 : good.size;
    for (size_t at = 1; at + 4 <= size; at += 4) {
        size_t place = data[at] | (size_t)data[at + 1] << 8 | (size_t)(data[at + 2] & 3) << 16;
        bytes[place % (data[at + 2] & 0x80 ? good.size : 16384 < good.size ? 16384 : good.size)] = data[at + 3];
    }
    if (size <= 4 || data[0] & 7)
        make_sum(bytes, good.size);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live l;
    struct memory_file f;
    struct error e = {""};
    size_t length;
    live_open(&l, size > 1 ? data[1] % 2 : 1);
    if (!good.bytes)
        make_good(&l);
    uint8_t *bytes = changed(data, size, &length);
    memory_file_make(&f, bytes, length);
    const uint64_t pc = machine_get(debugger_guest(&l.d), MACHINE_PC), retired = debugger_retired(&l.d);
    if (checkpoint_read(l.d.past, f.path, program_name(), NULL, &e) == 0) {
        debugger_refresh(&l.d);
        debugger_start(&l.d, &(struct plan){0});
        live_run(&l);
    } else {
        live_check(size > 4 || length != good.size, "the good file is taken");
        live_check(e.text[0] != '\0', "a sentence");
        live_check(machine_get(debugger_guest(&l.d), MACHINE_PC) == pc && debugger_retired(&l.d) == retired,
                   "a refusal changes nothing");
    }
    memory_file_close(&f);
    free(bytes);
    live_close(&l);
    return 0;
}
