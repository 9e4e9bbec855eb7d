/* debugger_memory.c - memory and instructions as a debugger sees them: every walk only reads, and no permission stops a reader.
 *
 * On the paper's machine addresses are those of cells, virtual (relative to R) and physical alike.
 */
#include "monitor/debug/debugger.h"

#include "isa/pg.h"
#include "isa/riscv.h"
#include "mmu/phys.h"
#include "monitor/view/walk_why.h"

#include <errno.h>
#include <string.h>

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, sizeof *pte) == 0; }

static const struct pt_format *format_of(const struct machine *m)
{
    uint64_t mode = machine_get(m, RV_CSR + CSR_satp) >> 60;
    return mode == pt_sv39.mode ? &pt_sv39 : mode == pt_sv48.mode ? &pt_sv48 : NULL;
}

static bool riscv_walk(const struct machine *m, va_t va, const struct pt_access *a, pa_t *pa, struct pt_walk *walk)
{
    const struct pt_format *f = format_of(m);
    if (!f) {
        *pa = va;
        return true;
    }
    pt_walk(f, bits_get(machine_get(m, RV_CSR + CSR_satp), 0, 44) << PAGE_SHIFT, va, a, read_pte, (void *)(uintptr_t)m, walk);
    *pa = walk->pa;
    return walk->result == PT_OK;
}

static bool pg_physical(const struct machine *m, va_t va, pa_t *pa)
{
    *pa = (va + machine_get(m, PG_L)) * PG_CELL;
    return va < machine_get(m, PG_B);
}

bool debugger_translate(const struct debugger *d, va_t va, pa_t *pa, struct pt_walk *walk)
{
    /* S-mode with SUM and MXR reads whatever is mapped. */
    static const struct pt_access anything = {.kind = PT_READ, .sum = true, .mxr = true, .update_ad = true};
    const struct machine *m = debugger_machine(d);
    memset(walk, 0, sizeof *walk);
    if (!debugger_is_riscv(d))
        return pg_physical(m, va, pa);
    if (machine_get(m, MACHINE_MODE) == RV_M) {
        *pa = va;
        return true;
    }
    return riscv_walk(m, va, &anything, pa, walk);
}

bool debugger_translate_access(const struct debugger *d, va_t va, enum pt_kind kind, pa_t *pa, struct pt_walk *walk)
{
    const struct machine *m = debugger_machine(d);
    memset(walk, 0, sizeof *walk);
    if (!debugger_is_riscv(d))
        return pg_physical(m, va, pa);
    uint64_t status = machine_get(m, RV_CSR + CSR_mstatus), mode = machine_get(m, MACHINE_MODE);
    if (kind != PT_FETCH && mode == RV_M && bit_get(status, MSTATUS_MPRV))
        mode = bits_get(status, MSTATUS_MPP, 2); /* [priv 3.1.6.3] */
    const struct pt_access a = {
        .kind = kind,
        .user = mode == RV_U,
        .sum = bit_get(status, MSTATUS_SUM),
        .mxr = bit_get(status, MSTATUS_MXR),
        .update_ad = machine_get(m, RV_CSR + CSR_menvcfg) >> 61 & 1,
    };
    *pa = va;
    return mode == RV_M || riscv_walk(m, va, &a, pa, walk);
}

/* --- reading and writing */

static struct machine *space_machine(const struct debugger *d, enum space space)
{
    return space == SPACE_HOST && d->level > 0 ? d->stack->level[d->level - 1] : debugger_machine(d);
}

static const char *space_name(enum space space)
{
    return space == SPACE_VIRTUAL ? "" : space == SPACE_PHYSICAL ? "physical " : "host-physical ";
}

static int unmapped(enum space space, uint64_t at, const char *why, struct error *e)
{
    return error_set(e, EFAULT, "cannot access memory at %saddress 0x%llx: %s", space_name(space), (unsigned long long)at, why);
}

static int not_ram(const struct machine *m, enum space space, uint64_t at, pa_t pa, struct error *e)
{
    const struct phys_range *r = phys_find(m->phys, pa);
    if (!r || r->ram)
        return unmapped(space, at, "no memory is there", e);
    return error_set(e, EFAULT, "cannot access memory at %saddress 0x%llx: the device %s is there, and a look could change it",
                     space_name(space), (unsigned long long)at, r->name);
}

/* Where the bytes at `at` lie in the physical memory of *m, and how many from there on surely do. */
static int locate(const struct debugger *d, enum space space, uint64_t at, pa_t *pa, size_t *room, struct error *e)
{
    struct pt_walk walk;
    char why[WALK_WHY];
    if (!debugger_is_riscv(d)) {
        *room = PG_CELL;
        *pa = at * PG_CELL;
        if (space == SPACE_VIRTUAL && !debugger_translate(d, at, pa, &walk))
            return unmapped(space, at, "it is not below the bound b", e);
        return at >= UINT64_MAX / PG_CELL ? unmapped(space, at, "no memory is there", e) : 0;
    }
    *room = PAGE_SIZE - (size_t)(at & ~PAGE_MASK);
    *pa = at;
    if (space == SPACE_VIRTUAL && !debugger_translate(d, at, pa, &walk))
        return unmapped(space, at, walk_why(&walk, why, sizeof why), e);
    return 0;
}

static uint64_t step_of(const struct debugger *d, size_t bytes) { return debugger_is_riscv(d) ? bytes : bytes / PG_CELL; }

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
        at += step_of(d, chunk);
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
            uint64_t here = at + step_of(d, done);
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

/* An instruction may lie across two pages, so it is read by halves. */
unsigned debugger_fetch(const struct debugger *d, va_t pc, uint64_t *bits)
{
    struct error ignored;
    const struct machine *m = debugger_machine(d);
    unsigned length = 0;
    *bits = 0;
    if (!debugger_is_riscv(d)) {
        if (debugger_read(d, SPACE_VIRTUAL, pc, bits, sizeof *bits, &ignored) != 0)
            return 0;
    } else {
        for (unsigned at = 0; at < 4; at += 2) {
            uint16_t half;
            if (debugger_read(d, SPACE_VIRTUAL, pc + at, &half, sizeof half, &ignored) != 0)
                return 0;
            *bits |= (uint64_t)half << 8 * at;
            if (at == 0 && (half & 3) != 3)
                break;
        }
    }
    (void)m->isa->decode(m->config, *bits, &length);
    return length;
}

unsigned debugger_fetch_guest(struct debugger *d, va_t at, uint64_t *bits)
{
    unsigned level = d->level;
    d->level = d->stack->depth;
    unsigned length = debugger_fetch(d, at, bits);
    d->level = level;
    return length;
}
