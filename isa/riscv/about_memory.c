/* about_memory.c - RISC-V's memory for people (isa/about.h): the effective mode, satp, the walk, PMP. From the manual and over the
 * contract, apart from the hart's own translation (translate.c, pmp.c), which tests/isa/test_about_memory.c compares it with. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"
#include "isa/riscv/hot.h"
#include "mmu/phys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t csr(const struct machine *m, unsigned number) { return machine_get(m, RV_CSR + number); }

/* NULL for Bare, and for what a hart without that mode does not take. */
static const struct pt_format *format_of(uint64_t satp)
{
    const uint64_t mode = satp >> SATP_MODE;
    return mode == pt_sv39.mode ? &pt_sv39 : mode == pt_sv48.mode ? &pt_sv48 : NULL;
}

void riscv_about_space(const struct machine *m, struct about_space *out)
{
    const uint64_t satp = csr(m, CSR_satp);
    out->format = format_of(satp);
    out->root = bits_get(satp, 0, SATP_PPN_BITS) << PAGE_SHIFT;
    out->id = bits_get(satp, SATP_ASID, SATP_ASID_BITS);
    out->word = satp;
}

/* MPRV makes M-mode's loads and stores count as MPP's [priv 3.1.6.3]. */
uint64_t riscv_about_data_mode(const struct machine *m)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE), status = csr(m, CSR_mstatus);
    return mode == RV_M && bit_get(status, MSTATUS_MPRV) ? bits_get(status, MSTATUS_MPP, 2) : mode;
}

/* [priv 12.3.2]: when the effective privilege is S or U. */
bool riscv_about_translates(const struct machine *m, uint64_t mode) { return mode != RV_M && format_of(csr(m, CSR_satp)); }

/* As fetches translate: the mode is the hart's own, not that which MPRV gives to its loads. */
bool riscv_about_find(const struct machine *m, va_t va, pa_t *pa, struct pt_walk *walk)
{
    if (!riscv_about_translates(m, machine_get(m, MACHINE_MODE)))
        return true;
    (void)about_walk(m, va, walk);
    *pa = walk->pa;
    return walk->result == PT_OK;
}

/* --- physical memory protection [priv 3.7.1]: a byte of pmpcfg is L 0 0 A A X W R, pmpaddr counts words */

static unsigned rights_of(uint8_t cfg)
{
    return (cfg & 1 ? TRIGGER_LOAD : 0) | (cfg & 2 ? TRIGGER_STORE : 0) | (cfg & 4 ? TRIGGER_EXECUTE : 0);
}

/* What a rule covers, n being its number [priv 3.7.1]; at and below are pmpaddr n and n - 1, which count words of
 * four bytes:
 *
 *   OFF     nothing
 *   TOR     from below to at, without the latter; rule 0 begins at 0
 *   NA4     the word at
 *   NAPOT   at = yyy0111: the trailing ones say the size, 2^(ones + 3) bytes. 0x20000fff is 0x80000000, 32 KiB long
 */
bool riscv_about_rule(const struct machine *m, unsigned n, struct about_rule *out)
{
    const uint64_t at = csr(m, CSR_pmpaddr0 + n), below = n ? csr(m, CSR_pmpaddr0 + n - 1) : 0;
    const uint8_t cfg = (uint8_t)(csr(m, CSR_pmpcfg0 + n / 8 * 2) >> n % 8 * 8);
    *out = (struct about_rule){.rule = (int)n, .rights = rights_of(cfg), .locked = ((cfg & PMP_LOCK) != 0)};
    switch (bits_get(cfg, PMP_A, 2)) {
    case PMP_TOR:
        out->first = below << 2;
        out->last = (at << 2) - 1;
        return below < at;
    case PMP_NA4:
        out->first = at << 2;
        out->last = out->first + 3;
        return true;
    case PMP_NAPOT: /* yyyy0111: the ones and the zero above them say the size */
        out->first = (at & (at + 1)) << 2;
        out->last = ((at | (at + 1)) << 2) + 3;
        return true;
    default: return false;
    }
}

/* The first rule that has a byte of the access decides, and must have all of them; without one M may do all, and the others nothing,
 * unless there is no PMP at all. */
void riscv_about_protection(const struct machine *m, pa_t pa, unsigned size, enum pt_kind kind, uint64_t mode, struct about_rule *out)
{
    static const unsigned needed[] = {[PT_READ] = TRIGGER_LOAD, [PT_WRITE] = TRIGGER_STORE, [PT_FETCH] = TRIGGER_EXECUTE};
    const struct riscv_config *config = m->config;
    const pa_t last = pa + size - 1;
    for (unsigned n = 0; n < config->pmp_entries; n++) {
        if (!riscv_about_rule(m, n, out) || out->first > last || out->last < pa)
            continue;
        out->whole = out->first <= pa && last <= out->last;
        out->granted = out->whole && ((mode == RV_M && !out->locked) || out->rights & needed[kind]);
        return;
    }
    *out = (struct about_rule){.rule = -1, .whole = true, .granted = mode == RV_M || !config->pmp_entries};
}

/* `name` is whom the access belongs to, so that of a machine in a machine it can be said whose rule it was. */
void riscv_about_rule_text(const struct about_rule *r, const char *name, char *out, size_t size)
{
    unsigned long long first = r->first, last = r->last;
    if (r->rule < 0)
        snprintf(out, size, "no PMP rule of %s matches, and without one only M-mode may", name);
    else if (!r->whole)
        snprintf(out, size, "PMP rule %d of %s, 0x%llx-0x%llx, has a part of the bytes only", r->rule, name, first, last);
    else
        snprintf(out, size, "PMP rule %d of %s, 0x%llx-0x%llx, grants %s%s%s only", r->rule, name, first, last,
                 r->rights & TRIGGER_LOAD ? "r" : "-", r->rights & TRIGGER_STORE ? "w" : "-", r->rights & TRIGGER_EXECUTE ? "x" : "-");
}

/* --- an access */

/* A refusal by the tables is a page fault unless a table could not be read; all others are access faults. */
static void refuse(struct about_access *a, enum about_refusal by, enum pt_kind kind, bool page)
{
    static const uint8_t access[] = {
        [PT_READ] = RV_CAUSE_LOAD_ACCESS, [PT_WRITE] = RV_CAUSE_STORE_ACCESS, [PT_FETCH] = RV_CAUSE_FETCH_ACCESS};
    static const uint8_t paging[] = {
        [PT_READ] = RV_CAUSE_LOAD_PAGE, [PT_WRITE] = RV_CAUSE_STORE_PAGE, [PT_FETCH] = RV_CAUSE_FETCH_PAGE};
    a->refused = by;
    a->trap.cause = page ? paging[kind] : access[kind];
}

struct tables {
    const struct machine *m;
    struct about_rule *rule;
    bool hidden;
};

/* Tables are read, and written, as S does, whatever the access is for [priv 3.7.1, 12.3.2], and are in memory. */
static bool read_table(void *ctx, pa_t pa, uint64_t *pte)
{
    struct tables *t = ctx;
    struct about_rule rule;
    riscv_about_protection(t->m, pa, sizeof *pte, PT_READ, RV_S, &rule);
    t->hidden = !rule.granted;
    if (t->hidden)
        *t->rule = rule;
    return rule.granted && machine_load(t->m, pa, pte, sizeof *pte) == 0;
}

/* The hardware sets A and D by a store of S's; where PMP forbids it, the access fails instead. */
static bool may_update(const struct machine *m, struct about_access *out)
{
    const struct pt_step *s;
    for (unsigned at = 0; (s = pt_writes(&out->walk, &at));) {
        riscv_about_protection(m, s->pte_pa, sizeof s->pte, PT_WRITE, RV_S, &out->rule);
        if (!out->rule.granted)
            return false;
    }
    return true;
}

static bool walk(const struct machine *m, va_t va, enum pt_kind kind, struct about_access *out)
{
    const uint64_t status = csr(m, CSR_mstatus);
    struct tables t = {.m = m, .rule = &out->rule};
    struct about_space s;
    const struct pt_access as = {
        .kind = kind,
        .user = out->mode == RV_U,
        .sum = bit_get(status, MSTATUS_SUM),
        .mxr = bit_get(status, MSTATUS_MXR),
        .update_ad = bit_get(csr(m, CSR_menvcfg), MENVCFG_ADUE),
    };
    riscv_about_space(m, &s);
    pt_walk(s.format, s.root, va, &as, read_table, &t, &out->walk);
    out->pa = out->walk.pa;
    if (out->walk.result != PT_OK)
        refuse(out, t.hidden ? REFUSED_TABLE_RULE : REFUSED_TABLES, kind, out->walk.result == PT_PAGE_FAULT);
    else if (!may_update(m, out))
        refuse(out, REFUSED_TABLE_RULE, kind, false);
    return out->refused == REFUSED_NOT;
}

/* The order in which the hart asks: tables, protection of the place, what is there. */
void riscv_about_access(const struct machine *m, va_t va, unsigned size, enum pt_kind kind, struct about_access *out)
{
    out->translated = riscv_about_translates(m, out->mode);
    if (out->translated && !walk(m, va, kind, out))
        return;
    out->range = phys_find(m->phys, out->pa);
    riscv_about_protection(m, out->pa, size, kind, out->mode, &out->rule);
    if (!out->rule.granted)
        refuse(out, REFUSED_RULE, kind, false);
    else if (!out->range)
        refuse(out, REFUSED_NOBODY, kind, false);
    else if (!out->range->ram && (kind == PT_FETCH || out->pa & (size - 1)))
        refuse(out, REFUSED_DEVICE, kind, false);
}

/* --- what the hart keeps: translations, decoded code */

unsigned riscv_about_cached(const struct machine *m, struct about_cached *out, unsigned room)
{
    struct riscv_cached *list = calloc(room ? room : 1, sizeof *list);
    if (!list)
        return ABOUT_NO_MEMORY;
    const unsigned count = riscv_cached(m, list, room);
    for (unsigned i = 0; i < count && i < room; i++) {
        const struct riscv_cached *c = &list[i];
        out[i] =
            (struct about_cached){.space = c->satp, .mode = c->mode, .current = c->current, .va = c->va, .pa = c->pa, .how = c->how};
        snprintf(out[i].marks, sizeof out[i].marks, "%s%s", c->sum ? "s" : " ", c->mxr ? "x" : " ");
        snprintf(out[i].notes, sizeof out[i].notes, "%s%s", c->sum ? ", SUM" : "", c->mxr ? ", MXR" : "");
    }
    free(list);
    return count;
}

bool riscv_about_decoded(const struct machine *m, struct about_decoded *out)
{
    struct engine_counts d;
    if (!riscv_decoded(m, &d))
        return false;
    *out = (struct about_decoded){
        .room = d.room, .used = d.used, .host_bytes = (uint64_t)d.touched * d.page_bytes, .decoded = d.decoded, .evicted = d.evicted};
    native_about(m, out);
    return true;
}

/* Does the machine have decoded code at all? */
static bool decodes(const struct machine *m)
{
    struct engine_counts d;
    return riscv_decoded(m, &d);
}
bool riscv_about_translated(const struct machine *m, pa_t pa) { return decodes(m) && native_translated(m, pa); }
int riscv_about_stretch(const struct machine *m, pa_t pa, struct about_stretch *out)
{
    return decodes(m) ? native_stretch(m, pa, out) : -ENOENT;
}
