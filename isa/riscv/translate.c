/* translate.c - from virtual to physical: satp, the effective mode, the walk, PMP, and what of it the TLB may keep.
 *
 * A translation situation is (satp or none, mode, SUM, MXR), the last two only where they matter; each has its own TLB space,
 * so that a change of mode, of SUM or of address space flushes nothing. Fetches know no SUM and no MXR: their space stays when
 * these change. The A and D rules need no space of their own: an entry is only made when A (for writes: D) is set, and from
 * then on both rules say the same.
 */
#include "isa/riscv/translate.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/listen.h"
#include "isa/riscv/own_write.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/trigger.h"

enum { SITUATION_SUM = 4, SITUATION_MXR = 8 }; /* beside the mode, bits 1:0 */

/* The privilege of loads and stores: MPP's under MPRV, which only M-mode can have [priv 3.1.6.3]. */
static uint64_t data_mode(const struct hart *h)
{
    bool modified = h->mode == RV_M && bit_get(h->mstatus, MSTATUS_MPRV);
    return modified ? bits_get(h->mstatus, MSTATUS_MPP, 2) : h->mode;
}

static bool translates(const struct hart *h, uint64_t mode)
{
    return mode != RV_M && bits_get(h->satp, SATP_MODE, SATP_MODE_BITS) != SATP_BARE; /* [priv 12.3.2], "effective privilege S or U" */
}

/* SUM and MXR, where they matter: of loads and stores under translation. */
static uint64_t data_situation(const struct hart *h, uint64_t mode)
{
    return (mode == RV_S && bit_get(h->mstatus, MSTATUS_SUM) ? SITUATION_SUM : 0) |
           (bit_get(h->mstatus, MSTATUS_MXR) ? SITUATION_MXR : 0);
}

/* `recent` is a guess by a hash of the key, and right nearly all the time: a mode switch then costs a comparison of
 * two numbers. */
static struct tlb_space *space_select(struct hart *h, uint64_t mode, bool data)
{
    uint64_t key0 = 0, key1 = mode;
    if (translates(h, mode)) {
        key0 = h->satp;
        if (data)
            key1 |= data_situation(h, mode);
    }
    const uint64_t asid = bits_get(key0, SATP_ASID, SATP_ASID_BITS);
    struct tlb_space **recent = &h->recent[(key1 ^ asid ^ key0) % HART_RECENT], *s = *recent;
    if (LIKELY(s && s->key[0] == key0 && s->key[1] == key1 && s->generation == h->tlb.generation)) { /* so it is valid */
        s->used = ++h->tlb.tick;
        return s;
    }
    h->version++; /* another may have lost its place */
    return *recent = tlb_select(&h->tlb, key0, key1, (uint16_t)asid);
}

/* Chooses the spaces of the mode; h->chosen then remembers them.
 * Most of the time loads and fetches share a space. They part under MPRV, SUM and MXR, which fetches do not know. */
void hart_context_choose(struct hart *h)
{
    const uint64_t data_matters = UINT64_C(1) << MSTATUS_MPRV | UINT64_C(1) << MSTATUS_SUM | UINT64_C(1) << MSTATUS_MXR;
    struct tlb_space *fetch = space_select(h, h->mode, false);
    struct tlb_space *data = h->mstatus & data_matters ? space_select(h, data_mode(h), true) : fetch;
    if (fetch != h->fetch)
        hart_refetch(h);
    h->fetch = fetch;
    h->data = data;
    h->chosen[h->mode].fetch = fetch;
    h->chosen[h->mode].data = data;
    h->chosen[h->mode].version = bit_get(h->mstatus, MSTATUS_MPRV) ? 0 : h->version;
    h->chosen[h->mode].generation = h->tlb.generation;
}

void hart_context_changed(struct hart *h)
{
    h->version++;
    hart_context_choose(h);
}

/* SFENCE.VMA [priv 12.2.1]. Global pages are dropped with their ASID too: more than asked for is always allowed. */
void hart_fence(struct hart *h, const struct fence *f)
{
    uint16_t asid = h->config.asid_bits ? (uint16_t)bits_get(f->asid, 0, h->config.asid_bits) : 0;
    if (f->cold)
        h->engine->context_changed(h, CHANGE_COLD);
    if (f->has_va && !f->cold)
        tlb_flush_page(&h->tlb, f->va, !f->has_asid, asid);
    else if (f->has_asid && !f->cold)
        tlb_flush_asid(&h->tlb, asid);
    else
        tlb_flush_all(&h->tlb);
    hart_refetch(h);
}

/* tval is the virtual address [priv 3.1.16]. The reason is of resources: what was asked for is memory. */
static bool translate_fault(struct hart *h, va_t va, enum pt_kind kind, bool page)
{
    static const uint8_t access[] = {
        [PT_READ] = RV_CAUSE_LOAD_ACCESS, [PT_WRITE] = RV_CAUSE_STORE_ACCESS, [PT_FETCH] = RV_CAUSE_FETCH_ACCESS};
    static const uint8_t paging[] = {
        [PT_READ] = RV_CAUSE_LOAD_PAGE, [PT_WRITE] = RV_CAUSE_STORE_PAGE, [PT_FETCH] = RV_CAUSE_FETCH_PAGE};
    *h->trap = (struct trap){
        .kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = page ? paging[kind] : access[kind], .tval = va};
    return false;
}

bool hart_fetch_fault(struct hart *h, va_t va) { return translate_fault(h, va, PT_FETCH, false); }

/* Page tables are read and written as S-mode does, whatever the access is for [priv 3.7.1], and only in memory. */
static bool pte_read(void *ctx, pa_t pa, uint64_t *pte)
{
    const struct hart *h = ctx;
    return pmp_allows(h, pa, 8, PT_READ, RV_S) && phys_host(h->machine.phys, pa, 8) && phys_load(h->machine.phys, pa, 8, pte);
}

static bool pte_write(struct hart *h, pa_t pa, uint64_t pte)
{
    return pmp_allows(h, pa, 8, PT_WRITE, RV_S) && hart_phys_store(h, pa, 8, pte);
}

static struct pt_access access_of(const struct hart *h, enum pt_kind kind, uint64_t mode)
{
    return (struct pt_access){
        .kind = kind,
        .user = mode == RV_U,
        .sum = bit_get(h->mstatus, MSTATUS_SUM),
        .mxr = bit_get(h->mstatus, MSTATUS_MXR),
        .update_ad = bit_get(h->menvcfg, MENVCFG_ADUE),
    };
}

static const struct pt_format *format_of(const struct hart *h)
{
    return bits_get(h->satp, SATP_MODE, SATP_MODE_BITS) == SATP_SV48 ? &pt_sv48 : &pt_sv39;
}

static pa_t root_of(const struct hart *h) { return bits_get(h->satp, 0, SATP_PPN_BITS) << PAGE_SHIFT; }

/* Does a trigger want to see accesses of these kinds somewhere in the page? */
static inline bool watched(const struct hart *h, unsigned kinds, va_t va, pa_t page)
{
    return UNLIKELY(h->watching) && hart_page_watched(h, kinds, va, page);
}

/* A page may be read or written without asking again when all of it is RAM under one PMP rule; and written, when nobody wants to
 * hear of writes to it. Fetches are cached by fetch.c. false: it may not. */
static inline bool cache(struct hart *h, va_t va, pa_t pa, enum pt_kind kind, const struct phys_range *range)
{
    pa_t page = pa & PAGE_MASK;
    unsigned kinds = kind == PT_READ ? TRIGGER_LOAD : TRIGGER_LOAD | TRIGGER_STORE; /* an AMO needs a write entry alone */
    if (kind == PT_FETCH || !range->ram || (!h->pmp_open && !pmp_uniform(h, page)) || watched(h, kinds, va, page))
        return false;
    if (kind == PT_WRITE) {
        uint64_t offset = range->ram_offset + (page - range->base);
        if (ram_is_marked(range->ram, offset) || !hart_watch(h, range->ram))
            return false;
        ram_expose(range->ram, offset);
    }
    tlb_fill(&h->tlb, h->data, va & PAGE_MASK, kind == PT_WRITE, range->host + (page - range->base));
    return true;
}

/* What translation and protection depend on is recorded apart: it decides where an access goes, and whether, never what it yields. */
static void note_checks(struct hart *h)
{
    hart_note(h->touched.check, HART_mode);
    hart_note(h->touched.check, HART_satp);
    hart_note(h->touched.check, HART_mstatus);
    hart_note(h->touched.check, HART_menvcfg);
    hart_note(h->touched.check, HART_pmpcfg0);
    hart_note(h->touched.check, HART_pmpcfg2);
}

/* The walk, A and D included. false: h->trap is set. */
static __attribute__((noinline)) bool walk(struct hart *h, va_t va, enum pt_kind kind, uint64_t mode, struct sv_leaf_found *out)
{
    const struct pt_access access = access_of(h, kind, mode);
    struct pt_walk w;
    pt_walk(format_of(h), root_of(h), va, &access, pte_read, h, &w);
    if (w.result != PT_OK)
        return translate_fault(h, va, kind, w.result == PT_PAGE_FAULT);
    /* A and D belong to the translation [priv 12.3.2 step 9]: what becomes of the access at w.pa comes after. */
    if (w.pte_new != w.pte && !pte_write(h, w.pte_pa, w.pte_new))
        return translate_fault(h, va, kind, false);
    *out = (struct sv_leaf_found){.pa = w.pa, .size = w.size, .pte = w.pte_new};
    return true;
}

/* The same, by the short way where it is open: no protection in the way, tables in the main RAM. */
static bool walk_quickly(struct hart *h, va_t va, enum pt_kind kind, uint64_t mode, struct sv_leaf_found *out)
{
    const struct phys_range *ram = phys_main_ram(h->machine.phys);
    if (UNLIKELY(!h->pmp_open || !ram))
        return walk(h, va, kind, mode, out);
    const struct pt_access access = access_of(h, kind, mode);
    switch (sv_quick_walk(ram, format_of(h)->levels, root_of(h), va, &access, out)) {
    case SV_QUICK_OK: return true;
    case SV_QUICK_FAULT: return translate_fault(h, va, kind, true);
    case SV_QUICK_UNSURE: break;
    }
    return walk(h, va, kind, mode, out);
}

enum sv_quick hart_fill(struct hart *h, va_t va, enum pt_kind kind)
{
    const struct phys_range *ram = phys_main_ram(h->machine.phys);
    const uint64_t mode = data_mode(h);
    struct sv_leaf_found leaf = {.pa = va, .size = PAGE_SIZE};
    if (UNLIKELY(!h->pmp_open || !ram))
        return SV_QUICK_UNSURE;
    if (LIKELY(translates(h, mode))) {
        const struct pt_access access = access_of(h, kind, mode);
        enum sv_quick quick = sv_quick_walk(ram, format_of(h)->levels, root_of(h), va, &access, &leaf);
        if (quick == SV_QUICK_FAULT)
            note_checks(h), (void)translate_fault(h, va, kind, true);
        if (quick != SV_QUICK_OK)
            return quick;
    }
    if (UNLIKELY(leaf.pa - ram->base >= ram->size))
        return SV_QUICK_UNSURE;
    note_checks(h);
    if (leaf.size > PAGE_SIZE)
        tlb_note_superpage(h->data, va, leaf.size);
    return cache(h, va, leaf.pa, kind, ram) ? SV_QUICK_OK : SV_QUICK_UNSURE;
}

bool hart_translate(struct hart *h, va_t va, unsigned size, enum pt_kind kind, pa_t *pa)
{
    note_checks(h);
    uint64_t mode = kind == PT_FETCH ? h->mode : data_mode(h);
    struct sv_leaf_found leaf = {.pa = va, .size = PAGE_SIZE};
    if (translates(h, mode) && !walk_quickly(h, va, kind, mode, &leaf))
        return false;
    const struct phys_range *range = phys_main_ram(h->machine.phys);
    if (UNLIKELY(!range || leaf.pa - range->base >= range->size))
        range = phys_find(h->machine.phys, leaf.pa);
    if (UNLIKELY(!range || (!h->pmp_open && !pmp_allows(h, leaf.pa, size, kind, mode))))
        return translate_fault(h, va, kind, false);
    if (leaf.size > PAGE_SIZE)
        tlb_note_superpage(kind == PT_FETCH ? h->fetch : h->data, va, leaf.size);
    (void)cache(h, va, leaf.pa, kind, range);
    *pa = leaf.pa;
    return true;
}
