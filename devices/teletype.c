/* teletype.c - see teletype.h. */
#include "devices/teletype.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct teletype {
    struct board board; /* first */
    struct phys *phys;  /* borrowed */
    pa_t at;
};

/* A load finds nothing there: whoever waits for input on such a machine would wait for good, and is told by the trap instead. */
static bool load(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}

/* The cell is one byte wide; a wider store would write to cells that are not there. */
static bool store(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    const struct teletype *t = opaque;
    const uint8_t byte = (uint8_t)value;

    if (offset || size != 1)
        return false;
    if (t->board.console.write)
        t->board.console.write(t->board.console.opaque, &byte, 1);
    return true;
}

static void reset(struct board *b) { (void)b; /* what is on paper stays there */ }

static void destroy(struct board *b)
{
    struct teletype *t = (struct teletype *)(void *)b;
    phys_remove(t->phys, t->at);
    free(t);
}

/* The other operations are not there: no wires, no drives, nothing to restore. */
static const struct board_ops ops = {.name = "teletype", .reset = reset, .destroy = destroy};

int teletype_create(struct board **out, const void *config, const struct board_site *site, struct error *e)
{
    static const struct phys_io io = {.read = load, .write = store};
    const struct teletype_config *c = config;
    struct teletype *t = calloc(1, sizeof *t);

    if (!t)
        return error_set(e, ENOMEM, "no memory for the board");
    *t = (struct teletype){.board = {.ops = &ops, .console = c->console}, .phys = site->phys, .at = c->at};
    int r = phys_add_io(site->phys, "console", c->at, 1, &io, t);
    if (r) {
        free(t);
        return error_set(e, -r, "the console has no place at 0x%llx: %s", (unsigned long long)c->at, strerror(-r));
    }
    *out = &t->board;
    return 0;
}
