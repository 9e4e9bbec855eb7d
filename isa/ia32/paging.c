/* paging.c - from linear to physical: CR0.PG, the walk, the A20 gate, and what of it the TLB keeps.
 *
 * A space of the TLB is of (CR3, user, CR0.WP, CR4.PSE), or of all accesses while paging is off. What changes these flushes, as the
 * architecture has it (execute_control.c); a change of CPL only selects.
 */
#include "isa/ia32/access.h"
#include "isa/ia32/code.h"
#include "mmu/ia32_pt.h"

#include <string.h>

enum { KEY_PAGING = 1, KEY_USER = 2, KEY_WP = 4, KEY_PSE = 8 };

/* Two spaces are in use at a time: that of ring 3, and that of the processor's own accesses, which in rings 0 to 2
 * is the program's, too. Both are selected together, and nobody else selects: so they are held, and a change of ring
 * takes the one or the other. */
void ia_space_changed(struct ia_cpu *c)
{
    const bool paging = c->cr0 & CR0_PG;
    const uint64_t root = paging ? c->cr3 & (uint32_t)PAGE_MASK : 0;
    const uint64_t key = paging ? KEY_PAGING | (c->cr0 & CR0_WP ? KEY_WP : 0) | (c->cr4 & CR4_PSE ? KEY_PSE : 0) : 0;
    if (!c->implicit || c->implicit->key[0] != root || c->implicit->key[1] != key) {
        c->outer = paging ? tlb_select(&c->tlb, root, key | KEY_USER, 0) : NULL;
        c->implicit = tlb_select(&c->tlb, root, key, 0);
    }
    c->space = paging && c->cpl == 3 ? c->outer : c->implicit;
}

/* Page tables are where the bus has them; what nobody has reads as all ones. */
static bool entry_read(void *ctx, pa_t pa, uint64_t *entry)
{
    const struct ia_cpu *c = ctx;
    if (!phys_load(c->machine.phys, pa & c->a20_mask, 4, entry))
        *entry = UINT32_MAX;
    return true;
}

/* A and D of directory and table, as the walk left them. A write that nobody takes is lost, as any on this bus. */
static void entries_write(struct ia_cpu *c, const struct pt_walk *w)
{
    const struct pt_step *s;
    for (unsigned at = 0; (s = pt_writes(w, &at));)
        if (!phys_store(c->machine.phys, s->pte_pa & c->a20_mask, 4, s->pte_new))
            return; /* lost: nobody has it */
}

static bool page_fault(struct ia_cpu *c, uint32_t linear, const struct pt_walk *w, const struct pt_access *a)
{
    return ia_raise(c, IA_PF, REASON_RESOURCE, true, ia32_pt_error(w, a), linear);
}

/* An entry that lies in RAM. */
static bool entry_in_ram(const struct ia_cpu *c, uint32_t at, uint32_t *entry)
{
    const pa_t pa = at & c->a20_mask;
    const struct phys_range *range = phys_find(c->machine.phys, pa);
    if (UNLIKELY(!range || !range->ram || range->size - (pa - range->base) < sizeof *entry))
        return false;
    memcpy(entry, range->host + (pa - range->base), sizeof *entry);
    return true;
}

/* What a walk of both levels in RAM comes to. */
enum walked {
    WALKED,            /* the access goes through */
    WALKED_TO_NOTHING, /* there is no page */
    WALK_ON            /* pt_walk() has to say */
};
struct short_walk {
    uint32_t at[2], entry[2]; /* directory, table; of a page of 4 MiB the first alone */
    uint32_t mark[2];         /* of each, the bits of A and D that the access sets */
    bool large;
};

static inline bool is_granted(const struct pt_access *a, uint32_t rights)
{
    const bool writable = rights & IA32_RW || !(a->user || a->own & IA32_OWN_WP);
    return (rights & IA32_US || !a->user) && (a->kind != PT_WRITE || writable);
}

/* Whoever compares engines has the full walk alone in the simplest one. */
static inline enum walked walk_shortly(const struct ia_cpu *c, uint32_t linear, const struct pt_access *a, struct short_walk *w)
{
    const uint32_t page = (uint32_t)PAGE_MASK, reserved = 0x003fe000, dirty = a->kind == PT_WRITE ? IA32_D : 0;
    w->at[0] = (c->cr3 & page) + (linear >> 22) * 4;
    if (c->options.kind == ENGINE_simple || !entry_in_ram(c, w->at[0], &w->entry[0]))
        return WALK_ON;
    if (!(w->entry[0] & IA32_P))
        return WALKED_TO_NOTHING;
    w->large = w->entry[0] & IA32_PS && a->own & IA32_OWN_PSE;
    w->mark[0] = ~w->entry[0] & (IA32_A | (w->large ? dirty : 0));
    if (w->large)
        return !(w->entry[0] & reserved) && is_granted(a, w->entry[0]) ? WALKED : WALK_ON;
    w->at[1] = (w->entry[0] & page) + (linear >> PAGE_SHIFT & 0x3ff) * 4;
    if (!entry_in_ram(c, w->at[1], &w->entry[1]))
        return WALK_ON;
    if (!(w->entry[1] & IA32_P))
        return WALKED_TO_NOTHING;
    w->mark[1] = ~w->entry[1] & (IA32_A | dirty);
    return is_granted(a, w->entry[0] & w->entry[1]) ? WALKED : WALK_ON;
}

/* The directory's first, as the full walk has it: the two may be one entry. */
static void short_marks(struct ia_cpu *c, const struct short_walk *w)
{
    for (unsigned n = 0; n < (w->large ? 1 : 2); n++)
        if (UNLIKELY(w->mark[n]))
            (void)!phys_store(c->machine.phys, w->at[n] & c->a20_mask, 4, w->entry[n] | w->mark[n]);
}

static inline pa_t short_address(struct tlb_space *space, const struct short_walk *w, uint32_t linear)
{
    enum { LARGE = 1 << 22 };
    if (!w->large)
        return (w->entry[1] & (uint32_t)PAGE_MASK) | (linear & (PAGE_SIZE - 1));
    tlb_note_superpage(space, linear, LARGE);
    return (w->entry[0] & ~(uint32_t)(LARGE - 1)) | (linear & (LARGE - 1));
}

static bool no_page(struct ia_cpu *c, uint32_t linear, const struct pt_access *a)
{
    const uint32_t error = (a->kind == PT_WRITE ? IA32_PF_W : 0) | (a->user ? IA32_PF_U : 0);
    return ia_raise(c, IA_PF, REASON_RESOURCE, true, error, linear);
}

/* By the tables, whose entries get A and D. false: #PF. */
static bool walk(struct ia_cpu *c, struct tlb_space *space, uint32_t linear, const struct pt_access *a, pa_t *pa)
{
    struct short_walk s;
    struct pt_walk w;
    switch (walk_shortly(c, linear, a, &s)) {
    case WALKED:
        short_marks(c, &s);
        *pa = short_address(space, &s, linear);
        return true;
    case WALKED_TO_NOTHING: return no_page(c, linear, a);
    case WALK_ON: break;
    }
    pt_walk(&pt_ia32, c->cr3, linear, a, entry_read, c, &w);
    if (w.result != PT_OK)
        return page_fault(c, linear, &w, a);
    entries_write(c, &w);
    if (w.size > PAGE_SIZE)
        tlb_note_superpage(space, linear, w.size);
    *pa = w.pa;
    return true;
}

/* Direct pointers are for RAM that nobody wants to hear of.
 * A write is watched for more reasons than a read: ROM, decoded code in the page, and an epoch that counts what was
 * written. */
static void cache(struct ia_cpu *c, struct tlb_space *space, uint32_t linear, pa_t pa, enum pt_kind kind)
{
    const struct phys_range *range = phys_find(c->machine.phys, pa);
    const unsigned kinds = kind == PT_READ ? TRIGGER_LOAD : TRIGGER_LOAD | TRIGGER_STORE;
    const pa_t page = pa & PAGE_MASK;
    if (kind == PT_FETCH || !range || !range->ram || page < range->base || ia_page_watched(c, kinds, linear, pa))
        return;
    if (kind == PT_WRITE) {
        const uint64_t offset = range->ram_offset + (page - range->base);
        if (phys_is_rom(range) || ram_is_marked(range->ram, offset) || !ia_code_watch(c, range->ram))
            return;
        ram_expose(range->ram, offset);
    }
    tlb_fill(&c->tlb, space, linear & PAGE_MASK, kind == PT_WRITE, range->host + (page - range->base));
}

static inline struct pt_access access_of(const struct ia_cpu *c, enum pt_kind kind, enum ia_by by)
{
    return (struct pt_access){
        .kind = kind,
        .user = by == IA_BY_PROGRAM && c->cpl == 3,
        .update_ad = true,
        .own = (c->cr0 & CR0_WP ? IA32_OWN_WP : 0) | (c->cr4 & CR4_PSE ? IA32_OWN_PSE : 0),
    };
}

/* Without paging a linear address is a physical one. A20 is behind both. */
bool ia_page(struct ia_cpu *c, uint32_t linear, enum pt_kind kind, enum ia_by by, pa_t *pa)
{
    struct tlb_space *space = ia_space_of(c, by);
    *pa = linear;
    if (c->cr0 & CR0_PG) {
        const struct pt_access a = access_of(c, kind, by);
        if (!walk(c, space, linear, &a, pa))
            return false;
    }
    *pa &= c->a20_mask;
    cache(c, space, linear, *pa, kind);
    return true;
}

/* Of what goes round at 4 GiB no page is missing: it is in no segment, which comes first. How long an access is, is not known here. */
#define LAST_WHOLE (UINT32_MAX - 15)

enum ia_quickly ia_page_quick(struct ia_cpu *c, uint32_t linear, enum pt_kind kind)
{
    const struct tlb_entry *table = kind == PT_READ ? c->space->read : c->space->write;
    pa_t pa = linear;
    if (tlb_lookup(table, linear, 1))
        return IA_QUICKLY_NOT;
    if (c->cr0 & CR0_PG) {
        const struct pt_access a = access_of(c, kind, IA_BY_PROGRAM);
        struct short_walk s;
        const enum walked how = walk_shortly(c, linear, &a, &s);
        if (how == WALKED_TO_NOTHING && !c->triggers.count && linear <= LAST_WHOLE) {
            (void)no_page(c, linear, &a);
            return IA_QUICKLY_FAULT;
        }
        if (how != WALKED || s.mark[0] || (!s.large && s.mark[1]))
            return IA_QUICKLY_NOT;
        pa = short_address(c->space, &s, linear);
    }
    cache(c, c->space, linear, pa & c->a20_mask, kind);
    return tlb_lookup(table, linear, 1) ? IA_QUICKLY_DONE : IA_QUICKLY_NOT;
}

bool ia_translate(struct ia_cpu *c, uint32_t linear, enum pt_kind kind, bool supervisor, pa_t *pa)
{
    return ia_page(c, linear, kind, supervisor ? IA_BY_PROCESSOR : IA_BY_PROGRAM, pa);
}
