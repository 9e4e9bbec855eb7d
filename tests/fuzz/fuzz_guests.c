/* fuzz_guests.c - the input is a whole guest (tests/core/random_guest.h) and what it runs on: the bare machine and a stack of virtual ones, compared after
 * every instruction or at longer intervals. Input: numbers, as random_draw.h takes them; what is missing is drawn from their sum.
 */
#include "tests/core/random_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TURNS = 6 };

static char path[64];
static void remove_disk(void) { unlink(path); }

/* For the life of the process. */
static const char *disk(void)
{
    if (!*path) {
        random_disk_make(path);
        atexit(remove_disk);
    }
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct random_guest g;
    struct random_stack stack;
    struct draw d = {.at = data, .end = data + size};
    for (size_t i = 0; i < size; i++)
        d.state = d.state * 31 + data[i];
    random_stack_draw(&stack, &d);
    random_guest_draw(&g, &d, 1 + (unsigned)draw_below(&d, TURNS));
    random_every_draw(&stack, &d);
    const struct lockstep_report r = random_run(&g, &stack, disk(), NULL);
    if (r.verdict == LOCKSTEP_DIVERGED && !r.unfenced) {
        char text[512];
        random_stack_text(&stack, text, sizeof text);
        fprintf(stderr, "%s: after %llu equal instructions, at pc 0x%llx\n", text, (unsigned long long)r.retired,
                (unsigned long long)r.pc);
        lockstep_explain(&r, r.row == INSN_NONE ? NULL : &isa_riscv.rows[r.row], text, sizeof text);
        fprintf(stderr, "%s\n", text);
        abort();
    }
    return 0;
}
