/* about_memory.c - see about.h: memory. */
#include "isa/about.h"
#include "mmu/phys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void about_space(const struct machine *m, struct about_space *out)
{
    *out = (struct about_space){0};
    if (about_of(m->isa)->space)
        about_of(m->isa)->space(m, out);
}

/* The bits of an entry in one order for all formats, V R W X U G A D from the lowest; what a format calls them is
 * about_pte_named(). */
unsigned about_pte_bits(const struct isa *isa, uint64_t pte)
{
    return about_of(isa)->pte_bits ? about_of(isa)->pte_bits(pte) : (unsigned)bits_get(pte, 0, ABOUT_PTE_BITS);
}

const char *about_pte_named(const struct isa *isa) { return about_of(isa)->pte_named ? about_of(isa)->pte_named : "VRWXUGAD"; }

const char *about_space_register(const struct isa *isa) { return about_of(isa)->space_register ? about_of(isa)->space_register : ""; }

bool about_bounds(const struct machine *m, struct about_bounds *out)
{
    *out = (struct about_bounds){0};
    return about_of(m->isa)->bounds && about_of(m->isa)->bounds(m, out);
}

/* A set may let loads and stores count as of another mode than fetches, by a bit of its status. */
uint64_t about_mode_of(const struct machine *m, enum pt_kind kind)
{
    const struct about *a = about_of(m->isa);
    return kind != PT_FETCH && a->data_mode ? a->data_mode(m) : machine_get(m, MACHINE_MODE);
}

const char *about_mode_by(const struct isa *isa) { return about_of(isa)->data_mode_by ? about_of(isa)->data_mode_by : ""; }

bool about_translates(const struct machine *m, enum pt_kind kind)
{
    const struct about *a = about_of(m->isa);
    return a->translates && a->translates(m, about_mode_of(m, kind));
}

/* Whose entries, and of how many bytes. */
struct entries {
    const struct machine *m;
    unsigned size;
};

/* As the machine would read it, without a change: machine_load() asks no device. */
static bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    const struct entries *e = ctx;
    *pte = 0;
    return machine_load(e->m, pa, pte, e->size) == 0;
}

/* With all permissions, for people want to see where an address leads, and then who refuses it. A and D are
 * computed, and not written. */
bool about_walk(const struct machine *m, va_t va, struct pt_walk *out)
{
    struct about_space s;
    about_space(m, &s);
    const struct pt_access anything = {.kind = PT_READ, .sum = true, .mxr = true, .update_ad = true, .own = s.own};
    memset(out, 0, sizeof *out);
    if (!s.format)
        return false;
    struct entries e = {m, s.format->pte_size};
    pt_walk(s.format, s.root, va, &anything, read_pte, &e, out);
    return true;
}

bool about_find(const struct machine *m, va_t va, pa_t *pa, struct pt_walk *walk)
{
    const struct about *a = about_of(m->isa);
    memset(walk, 0, sizeof *walk);
    *pa = va * about_cell(m->isa);
    return !a->find || a->find(m, va, pa, walk);
}

/* The defaults are those of a machine without translation and without protection: the address is the place, and
 * what is there is there. The trap is filled in before anybody refuses, so that a set only has to say which one it
 * is. */
void about_access(const struct machine *m, va_t va, unsigned size, enum pt_kind kind, struct about_access *out)
{
    const struct about *a = about_of(m->isa);
    memset(out, 0, sizeof *out);
    out->mode = about_mode_of(m, kind);
    out->pa = va * about_cell(m->isa);
    out->rule = (struct about_rule){.rule = -1, .whole = true, .granted = true};
    out->trap = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .tval = va};
    if (a->access)
        a->access(m, va, size, kind, out);
    else
        out->range = phys_find(m->phys, out->pa);
    if (out->refused == REFUSED_NOT)
        out->trap = (struct trap){0};
}

void about_protection(const struct machine *m, pa_t pa, unsigned size, enum pt_kind kind, uint64_t mode, struct about_rule *out)
{
    const struct about *a = about_of(m->isa);
    *out = (struct about_rule){.rule = -1, .whole = true, .granted = true};
    if (a->protection)
        a->protection(m, pa, size, kind, mode, out);
}

void about_rule_text(const struct isa *isa, const struct about_rule *rule, const char *name, char *out, size_t size)
{
    if (about_of(isa)->rule_text)
        about_of(isa)->rule_text(rule, name, out, size);
    else
        snprintf(out, size, "rule %d of %s", rule->rule, name);
}

unsigned about_cached(const struct machine *m, struct about_cached *out, unsigned room)
{
    return about_of(m->isa)->cached ? about_of(m->isa)->cached(m, out, room) : 0;
}

bool about_decoded(const struct machine *m, struct about_decoded *out)
{
    *out = (struct about_decoded){0};
    return about_of(m->isa)->decoded && about_of(m->isa)->decoded(m, out);
}

/* An instruction says how long it is when enough of it is there: on RISC-V by its first two bytes, on IA-32 perhaps
 * only by the fifth. So each parcel is decoded with what has come, until that is no longer than what there is. A
 * parcel that cannot be read ends it: 0. */
/* --- instructions: read parcel by parcel, for one may lie across two pages */

unsigned about_fetch_by(const struct machine *m, va_t pc, about_read_fn *read, void *ctx, insn_t *bits)
{
    const unsigned parcel = about_parcel(m->isa), cell = about_cell(m->isa);
    unsigned have = 0, length = parcel;
    for (*bits = 0; have < length && have < sizeof *bits; have += parcel) {
        uint64_t part = 0;
        if (read(ctx, pc + have / cell, &part, parcel) != 0)
            return 0;
        *bits |= (insn_t)part << 8 * have;
        (void)machine_decode(m, *bits, &length);
    }
    return length;
}

static int read_code(void *ctx, va_t va, void *to, size_t size)
{
    const struct machine *m = ctx;
    struct about_access a;
    about_access(m, va, (unsigned)size, PT_FETCH, &a);
    return a.refused == REFUSED_NOT ? machine_load(m, a.pa, to, size) : -EFAULT;
}

unsigned about_fetch(const struct machine *m, va_t pc, insn_t *bits)
{
    return about_fetch_by(m, pc, read_code, (void *)(uintptr_t)(const void *)m, bits);
}

bool about_translated(const struct machine *m, pa_t pa) { return about_of(m->isa)->translated && about_of(m->isa)->translated(m, pa); }

int about_stretch(const struct machine *m, pa_t pa, struct about_stretch *out)
{
    *out = (struct about_stretch){0};
    return about_of(m->isa)->stretch ? about_of(m->isa)->stretch(m, pa, out) : -ENOENT;
}

void about_stretch_free(struct about_stretch *s)
{
    free(s->piece);
    s->piece = NULL;
}
