/* debugger_memory.c - memory and instructions as a debugger sees them: every walk only reads, and no permission stops a reader.
 *
 * Where an address names a cell (about_cell()), all do, virtual and physical ones alike.
 */
#include "monitor/debug/debugger.h"

#include "mmu/phys.h"
#include "monitor/view/walk_why.h"

#include <errno.h>
#include <string.h>

/* --- reading and writing */

/* For level 1 of a stack of two:
 *
 *     SPACE_VIRTUAL    vm1's own tables, then vm1's memory
 *     SPACE_PHYSICAL   vm1's memory
 *     SPACE_HOST       the memory of the machine below, the bare one */
static struct machine *space_machine(const struct debugger *d, enum space space)
{
    return debugger_machine_of(d, space == SPACE_HOST && d->level > 0 ? d->level - 1 : d->level, d->hart);
}

static const char *space_name(enum space space)
{
    return space == SPACE_VIRTUAL ? "" : space == SPACE_PHYSICAL ? "physical " : "host-physical ";
}

static int unmapped(enum space space, uint64_t at, const char *why, struct error *e)
{
    return error_set(e, EFAULT, "cannot access memory at %saddress 0x%llx: %s", space_name(space), (unsigned long long)at, why);
}

/* A register of a device is not read for a curious person: reading the UART's takes a character from the guest. */
static int not_ram(const struct machine *m, enum space space, uint64_t at, pa_t pa, struct error *e)
{
    const struct phys_range *r = phys_find(m->phys, pa);
    if (!r || r->ram)
        return unmapped(space, at, "no memory is there", e);
    return error_set(e, EFAULT, "cannot access memory at %saddress 0x%llx: the device %s is there, and a look could change it",
                     space_name(space), (unsigned long long)at, r->name);
}

/* Where the bytes at `at` lie in the physical memory of *m, and how many from there on surely do. */
/* Pages that follow each other virtually need not do so physically, so nothing is promised beyond the page; with cells,
 * beyond the cell. */
static int locate(const struct debugger *d, enum space space, uint64_t at, pa_t *pa, size_t *room, struct error *e)
{
    struct pt_walk walk;
    char why[WALK_WHY];
    const unsigned cell = debugger_cell(d);
    *room = cell > 1 ? cell : PAGE_SIZE - (size_t)(at & ~PAGE_MASK);
    *pa = at * cell;
    if (space == SPACE_VIRTUAL && !about_find(debugger_machine(d), at, pa, &walk))
        return unmapped(space, at, walk_why(&walk, why, sizeof why), e);
    return at > UINT64_MAX / cell ? unmapped(space, at, "no memory is there", e) : 0;
}

int debugger_read(const struct debugger *d, enum space space, uint64_t at, void *to, size_t n, struct error *e)
{
    const struct machine *m = space_machine(d, space);
    for (uint8_t *out = to; n;) {
        pa_t pa;
        size_t chunk;
        int r = locate(d, space, at, &pa, &chunk, e);
        if (r)
            return r;
        chunk = chunk < n ? chunk : n;
        if (machine_load(m, pa, out, chunk) != 0)
            return not_ram(m, space, at, pa, e);
        out += chunk;
        at += chunk / debugger_cell(d);
        n -= chunk;
    }
    return 0;
}

/* All of it is looked for before any of it is written. */
int debugger_write(struct debugger *d, enum space space, uint64_t at, const void *from, size_t n, struct error *e)
{
    struct machine *m = space_machine(d, space);
    const uint8_t *bytes = from;
    for (int writing = 0; writing < 2; writing++) {
        size_t chunk;
        for (size_t done = 0; done < n; done += chunk) {
            pa_t pa;
            uint64_t here = at + done / debugger_cell(d);
            uint8_t old[PAGE_SIZE];
            int r = locate(d, space, here, &pa, &chunk, e);
            if (r)
                return r;
            chunk = chunk < n - done ? chunk : n - done;
            if ((writing ? machine_store(m, pa, bytes + done, chunk) : machine_load(m, pa, old, chunk)) != 0)
                return not_ram(m, space, here, pa, e);
        }
    }
    return 0;
}

static int read_code(void *ctx, va_t at, void *to, size_t size)
{
    struct error ignored;
    return debugger_read(ctx, SPACE_VIRTUAL, at, to, size, &ignored);
}

unsigned debugger_fetch(const struct debugger *d, va_t pc, insn_t *bits)
{
    return about_fetch_by(debugger_machine(d), pc, read_code, (void *)(uintptr_t)(const void *)d, bits);
}

bool debugger_bare_address(const struct debugger *d, va_t at, pa_t *pa)
{
    struct pt_walk walk;
    bool there = about_find(debugger_machine(d), at, pa, &walk);
    for (unsigned level = d->level; there && level > 0; level--)
        there = vm_map_physical(debugger_machine_of(d, level, d->hart), *pa, pa);
    return there;
}

bool debugger_translated(const struct debugger *d, va_t at)
{
    pa_t pa;
    return debugger_bare_address(d, at, &pa) && about_translated(debugger_machine_of(d, 0, d->hart), pa);
}

/* What the guest will execute is asked for while a person looks at a host: the level is put back at once. */
unsigned debugger_fetch_guest(struct debugger *d, va_t at, insn_t *bits)
{
    unsigned level = d->level;
    d->level = d->stack->depth;
    unsigned length = debugger_fetch(d, at, bits);
    d->level = level;
    return length;
}
