/* space.h - a physical address space with two ranges of one block of RAM and a device between them. */
#ifndef TRAPEZE_TESTS_MMU_SPACE_H
#define TRAPEZE_TESTS_MMU_SPACE_H

#include "mmu/phys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* --- A device that remembers what it was asked */

struct probe {
    unsigned reads, writes;
    uint64_t offset, value;
    unsigned size;
    bool refuses;
};

static inline bool probe_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct probe *p = opaque;
    p->reads++;
    p->offset = offset;
    p->size = size;
    *value = UINT64_C(0xf1e2d3c4b5a69788);
    return !p->refuses;
}

static inline bool probe_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct probe *p = opaque;
    p->writes++;
    p->offset = offset;
    p->size = size;
    p->value = value;
    return !p->refuses;
}

static const struct phys_io probe_io = {.read = probe_read, .write = probe_write};

/* --- The space of most tests:
 *
 *   0x1000..0x10ff device   0x10000..0x13fff RAM 0   0x14000..0x17fff RAM 1   0xfff...f000.. device up to the very top
 *
 * RAM 0 is the block's third and following pages, RAM 1 its first four: neighbours in the space, apart in the block. */
enum { RAM0 = 0x10000, RAM1 = 0x14000, RAM_END = 0x18000, PART = 0x4000, RAM0_OFFSET = 0x8000, BLOCK = 0x10000 };
#define TOP UINT64_C(0xfffffffffffff000)

struct space {
    struct phys *phys;
    struct ram *ram;
    struct probe low, top;
};

static inline int space_setup(void **state)
{
    struct space *s = calloc(1, sizeof *s);
    *state = s;
    return ram_create(&s->ram, BLOCK) || phys_create(&s->phys) || phys_add_io(s->phys, "low", 0x1000, 0x100, &probe_io, &s->low) ||
           phys_add_ram(s->phys, "ram1", RAM1, PART, s->ram, 0) || phys_add_ram(s->phys, "ram0", RAM0, PART, s->ram, RAM0_OFFSET) ||
           phys_add_io(s->phys, "top", TOP, 0x1000, &probe_io, &s->top);
}

static inline int space_teardown(void **state)
{
    struct space *s = *state;
    phys_destroy(s->phys);
    ram_destroy(s->ram);
    free(s);
    return 0;
}

#define IN_SPACE(test) cmocka_unit_test_setup_teardown(test, space_setup, space_teardown)

#endif
