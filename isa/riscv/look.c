/* look.c - what a hart holds beside its registers: the TLB, host pointers turned back into addresses; fences executed; decoded code.
 * Nothing changes.
 */
#include "isa/riscv/engine.h"
#include "isa/riscv/hart.h"

#include "mmu/phys.h"

/* The physical address of a host pointer into some RAM of the machine. */
static bool physical_of(const struct hart *h, const uint8_t *p, pa_t *pa)
{
    for (unsigned i = 0; i < phys_count(h->machine.phys); i++) {
        const struct phys_range *r = phys_range(h->machine.phys, i);
        uintptr_t base = r->ram ? (uintptr_t)(ram_host(r->ram) + r->ram_offset) : 0;
        if (r->ram && (uintptr_t)p - base < r->size) {
            *pa = r->base + ((uintptr_t)p - base);
            return true;
        }
    }
    return false;
}

/* A page that may be read, written and executed is up to three entries of a space, in three tables; people want to
 * see it once, with all that may be done. */
struct collected {
    struct riscv_cached *out;
    unsigned room, count, first; /* first: of the space at hand */
};

static void collect(struct collected *c, const struct riscv_cached *like, va_t va, pa_t pa, unsigned how)
{
    for (unsigned i = c->first; i < c->count && i < c->room; i++)
        if (c->out[i].va == va && c->out[i].pa == pa) {
            c->out[i].how |= how;
            return;
        }
    if (c->count < c->room) {
        c->out[c->count] = *like;
        c->out[c->count].va = va;
        c->out[c->count].pa = pa;
        c->out[c->count].how = how;
    }
    c->count++;
}

/* An entry has the host's address less the virtual one; where that is in the machine's memory the ranges say. */
static void collect_data(struct collected *c, const struct hart *h, const struct riscv_cached *like, const struct tlb_entry *table,
                         unsigned how)
{
    pa_t pa;
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        if (table[i].tag != TLB_EMPTY && physical_of(h, (const uint8_t *)(uintptr_t)(table[i].tag + table[i].addend), &pa))
            collect(c, like, table[i].tag, pa, how);
}

static void collect_space(struct collected *c, const struct hart *h, const struct tlb_space *s)
{
    const struct riscv_cached like = {.satp = s->key[0],
                                      .mode = (unsigned)bits_get(s->key[1], 0, 2),
                                      .sum = bit_get(s->key[1], 2),
                                      .mxr = bit_get(s->key[1], 3),
                                      .current = s == h->data || s == h->fetch};
    c->first = c->count;
    collect_data(c, h, &like, s->read, TRIGGER_LOAD);
    collect_data(c, h, &like, s->write, TRIGGER_STORE);
    for (unsigned i = 0; i < TLB_FETCH_ENTRIES; i++)
        if (s->fetch[i].tag != TLB_EMPTY)
            collect(c, &like, s->fetch[i].tag & PAGE_MASK, h->engine->fetched(h, s->fetch[i].addend), TRIGGER_EXECUTE);
}

unsigned riscv_cached(const struct machine *m, struct riscv_cached *out, unsigned room)
{
    const struct hart *h = (const struct hart *)(const void *)m;
    struct collected c = {.out = out, .room = room};
    if (!hart_is(m))
        return 0;
    for (unsigned i = 0; i < TLB_SPACES; i++)
        if (h->tlb.space[i].valid && h->tlb.space[i].generation == h->tlb.generation)
            collect_space(&c, h, &h->tlb.space[i]);
    return c.count;
}

/* A ring: from the oldest that is kept to the newest. What has come is counted, so that a reader can tell how many
 * of them are new. */
uint64_t riscv_fences(const struct machine *m, struct fence out[RISCV_FENCES_KEPT])
{
    const struct hart *h = hart_of_const(m);
    if (!hart_is(m))
        return 0;
    for (unsigned n = 0; n < RISCV_FENCES_KEPT; n++)
        out[n] = h->fences[(h->fence_count + n) % RISCV_FENCES_KEPT];
    return h->fence_count;
}

bool riscv_decoded(const struct machine *m, struct engine_counts *out)
{
    return hart_is(m) && hart_of_const(m)->engine->counts(hart_of_const(m), out);
}
