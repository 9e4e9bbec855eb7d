/* finisher.c - the end of the run, as the guest wants it. A failure is never reported as success: code 0 counts as 1. */
#include "devices/finisher.h"

static bool finisher_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset;
    if (size != 2 && size != 4)
        return false;
    *value = 0;
    return true;
}

/* The word that the guest stores:
 *
 *    31            16 15             0
 *   |      code      |  0x3333 fail  |     ends with `code`, or 1
 *   |       -        |  0x5555 pass  |     ends with 0
 *   |       -        |  0x7777 reset |     begins again
 *
 * Another word does nothing, and so does a store beside offset 0: guests probe such a page, and a run must not end by that. */
static void finish(const struct finisher *f, unsigned word, unsigned code)
{
    if (word == FINISHER_RESET) {
        if (f->reboot)
            f->reboot(f->opaque);
    } else if (f->off && word == FINISHER_PASS) {
        f->off(f->opaque, 0);
    } else if (f->off && word == FINISHER_FAIL) {
        f->off(f->opaque, code ? (int)code : 1);
    }
}

static bool finisher_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    if (size != 2 && size != 4)
        return false;
    if (offset == 0)
        finish(opaque, value & 0xffff, size == 4 ? value >> 16 & 0xffff : 0);
    return true;
}

const struct phys_io finisher_io = {.read = finisher_io_read, .write = finisher_io_write};
