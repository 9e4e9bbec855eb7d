/* access.c - loads and stores: segment, alignment, page, and what lies there.
 *
 * An access is of the segment as its hidden descriptor has it [SDM 3A 5.3], then of the linear address. It may lie at any address; one
 * that crosses into another page is checked in both before anything is read or written, and a fault names the first byte that faults.
 * Memory and devices that are not there read as all ones, and writes to them are lost: on this bus nobody answers.
 */
#include "isa/ia32/access.h"

/* --- Segments */

/* Data segments grow up, to their limit, or down, from the top to just above it [SDM 3A 3.4.5.1].
 * `last < offset`: an access that goes round at 4 GiB is in no segment. What the two kinds of segment have, with a
 * limit of 0x2fff:
 *
 *   grows up      0 ........ 0x2fff | - - - - - - - - - - - |
 *   grows down    | - - - - - - - - | 0x3000 ......... 0xffff, or 0xffffffff with B
 */
static bool within(const struct ia_segment *s, uint32_t offset, uint32_t last)
{
    enum { CODE = 8, EXPAND_DOWN = 4 };
    if (last < offset)
        return false;
    if ((s->rights & (CODE | EXPAND_DOWN)) != EXPAND_DOWN)
        return last <= s->limit;
    return offset > s->limit && last <= (s->rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff);
}

/* Bit 1 of the type: data may be written, code may be read [SDM 3A table 3-1].
 * Code is not written, whatever its type; data are read, whatever theirs. */
static bool typed(const struct ia_segment *s, enum pt_kind kind)
{
    const bool code = s->rights & 8, more = s->rights & 2;
    return kind == PT_READ ? !code || more : !code && more;
}

/* What a load checked once, presence and privilege, is not asked again: the hidden part says it is usable. That is
 * why a program may go on with a segment whose descriptor has changed. In real mode the type is not looked at,
 * since a load there leaves what there was. */
bool ia_segment_allows(const struct ia_cpu *c, const struct ia_segment *s, uint32_t offset, unsigned size, enum pt_kind kind)
{
    return !(s->rights & IA_RIGHTS_NULL) && (typed(s, kind) || !ia_is_protected(c)) && within(s, offset, offset + (size - 1));
}

/* The reason is of resources: no ring makes a segment longer. */
static bool violation(struct ia_cpu *c, unsigned seg)
{
    return ia_raise(c, seg == IA_SS ? IA_SS_FAULT : IA_GP, REASON_RESOURCE, true, 0, 0);
}

/* [SDM 3A 6.15, #AC]: at CPL 3, with CR0.AM and EFLAGS.AC. */
bool ia_misaligned(const struct ia_cpu *c, uint32_t linear, unsigned size)
{
    return UNLIKELY(c->cr0 & CR0_AM) && (c->flags.system & EFLAGS_AC) && c->cpl == 3 && (linear & (size - 1));
}

static bool linear_of(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, enum pt_kind kind, uint32_t *linear)
{
    const struct ia_segment *s = &c->seg[seg];
    *linear = s->base + offset;
    return LIKELY(ia_segment_allows(c, s, offset, size, kind)) || violation(c, seg);
}

/* --- The bus */

/* Halves, lower one first, where nobody takes the whole.
 * A device that takes bytes only gets a doubleword as four of them, at four addresses: so does the bus of the
 * machine that is meant. */
static uint64_t bus_load(struct ia_cpu *c, pa_t pa, unsigned size)
{
    uint64_t value;
    if (phys_load(c->machine.phys, pa, size, &value))
        return value;
    if (size == 1)
        return 0xff;
    const unsigned half = size / 2;
    value = bus_load(c, pa, half);
    return value | bus_load(c, pa + half, half) << 8 * half;
}

static void bus_store(struct ia_cpu *c, pa_t pa, unsigned size, uint64_t value)
{
    if (phys_store(c->machine.phys, pa, size, value) || size == 1)
        return;
    const unsigned half = size / 2;
    bus_store(c, pa, half, value);
    bus_store(c, pa + half, half, value >> 8 * half);
}

/* Whoever runs the machine looks at the board's devices behind this instruction: what it wrote may have raised an
 * interrupt. */
static void note_device(struct ia_cpu *c, pa_t pa)
{
    const struct phys_range *range = phys_find(c->machine.phys, pa);
    if (range && !range->ram)
        c->attention |= IA_ATTEND_YIELD;
}

/* Any number of bytes up to 8 within a page.
 * Pieces of a power of two, the largest first: three bytes at the end of a page are a word and a byte. */
static uint64_t piece_load(struct ia_cpu *c, pa_t pa, unsigned size)
{
    uint64_t value = 0;
    note_device(c, pa);
    for (unsigned at = 0, n; at < size; at += n) {
        for (n = 8; n > size - at; n /= 2)
            ;
        value |= bus_load(c, pa + at, n) << 8 * at;
    }
    return value;
}

static void piece_store(struct ia_cpu *c, pa_t pa, unsigned size, uint64_t value)
{
    note_device(c, pa);
    for (unsigned at = 0, n; at < size; at += n) {
        for (n = 8; n > size - at; n /= 2)
            ;
        bus_store(c, pa + at, n, value >> 8 * at);
    }
}

/* --- Places */

/* Both pages before anything is accessed. When both fault the first one is named, since its bytes come first. */
static bool find_pages(struct ia_cpu *c, uint32_t linear, enum pt_kind kind, enum ia_by by, struct ia_place *p)
{
    p->pa[1] = 0;
    return ia_page(c, linear, kind, by, &p->pa[0]) && (p->first == p->size || ia_page(c, linear + p->first, kind, by, &p->pa[1]));
}

/* The order is that in which a program could tell: a trigger at the linear address, the fault of the page tables, a
 * trigger at what they lead to. An access of the processor's own, to a table, has the second alone. */
static bool reach_slowly(struct ia_cpu *c, uint32_t linear, unsigned size, enum pt_kind kind, unsigned kinds, enum ia_by by,
                         struct ia_place *p)
{
    const uint32_t left = PAGE_SIZE - (linear & (PAGE_SIZE - 1));
    *p = (struct ia_place){.size = (uint8_t)size, .first = (uint8_t)(size < left ? size : left)};
    if (by == IA_BY_PROGRAM && ia_watch_linear(c, kinds, linear, size))
        return false;
    if (!find_pages(c, linear, kind, by, p))
        return false;
    const struct tlb_space *s = ia_space_of(c, by);
    p->host = tlb_lookup_unaligned(kind == PT_READ ? s->read : s->write, linear, size);
    if (p->host) /* known from now on, so nobody watches it */
        return true;
    return by != IA_BY_PROGRAM || !ia_watch_place(c, kinds, linear, p);
}

/* The TLB has the host's address of a page only when nothing has to be asked: the rights allow it, it is RAM, no
 * trigger waits there, and for writes no one wants to be told. An access across two pages misses it by
 * construction. */
static inline bool reach(struct ia_cpu *c, uint32_t linear, unsigned size, enum pt_kind kind, unsigned kinds, enum ia_by by,
                         struct ia_place *p)
{
    const struct tlb_space *s = ia_space_of(c, by);
    uint8_t *host = tlb_lookup_unaligned(kind == PT_READ ? s->read : s->write, linear, size);
    if (UNLIKELY(!host))
        return reach_slowly(c, linear, size, kind, kinds, by, p);
    p->host = host;
    p->size = (uint8_t)size;
    return true;
}

bool ia_reach_linear(struct ia_cpu *c, uint32_t linear, unsigned size, enum pt_kind kind, enum ia_by by, struct ia_place *p)
{
    return reach(c, linear, size, kind, kind == PT_READ ? TRIGGER_LOAD : TRIGGER_STORE, by, p);
}

/* Neither can fail: all that can be refused was asked when the place was reached. A place is good for the
 * instruction at hand only, for the next one may find other page tables. */
uint64_t ia_place_get(struct ia_cpu *c, const struct ia_place *p)
{
    if (p->host)
        return ia_host_get(p->host, p->size);
    uint64_t value = piece_load(c, p->pa[0], p->first);
    if (p->first < p->size)
        value |= piece_load(c, p->pa[1], p->size - p->first) << 8 * p->first;
    return value;
}

void ia_place_put(struct ia_cpu *c, const struct ia_place *p, uint64_t value)
{
    if (p->host) {
        ia_host_put(p->host, p->size, value);
        return;
    }
    piece_store(c, p->pa[0], p->first, value);
    if (p->first < p->size)
        piece_store(c, p->pa[1], p->size - p->first, value >> 8 * p->first);
}

/* --- Accesses of programs */

/* Segment, alignment, page, in this order: what is in no segment has no linear address that could be aligned or
 * mapped. */
static bool place_of(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, enum pt_kind kind, unsigned kinds,
                     struct ia_place *p)
{
    uint32_t linear;
    if (!linear_of(c, seg, offset, size, kind, &linear))
        return false;
    if (ia_misaligned(c, linear, size))
        return ia_raise(c, IA_AC, REASON_RESOURCE, true, 0, 0);
    return reach(c, linear, size, kind, kinds, IA_BY_PROGRAM, p);
}

bool ia_reach(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, enum pt_kind kind, struct ia_place *p)
{
    return place_of(c, seg, offset, size, kind, kind == PT_READ ? TRIGGER_LOAD : TRIGGER_STORE, p);
}

/* Writable segments may be read: data all may. */
bool ia_reach_update(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, struct ia_place *p)
{
    return place_of(c, seg, offset, size, PT_WRITE, TRIGGER_LOAD | TRIGGER_STORE, p);
}

bool ia_load(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, uint64_t *value)
{
    struct ia_place p;
    if (!place_of(c, seg, offset, size, PT_READ, TRIGGER_LOAD, &p))
        return false;
    *value = ia_place_get(c, &p);
    return true;
}

bool ia_store(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, uint64_t value)
{
    struct ia_place p;
    if (!place_of(c, seg, offset, size, PT_WRITE, TRIGGER_STORE, &p))
        return false;
    ia_place_put(c, &p, value);
    return true;
}

bool ia_load_update(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, uint64_t *value)
{
    struct ia_place p;
    if (!ia_reach_update(c, seg, offset, size, &p))
        return false;
    *value = ia_place_get(c, &p);
    return true;
}

/* Page by page; the first bytes of each stand for all of it.
 * For operands that are too long for a place, such as the x87's environment: asked as a whole first, so that a
 * fault in the middle leaves memory as it was. */
bool ia_probe(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, bool write)
{
    const enum pt_kind kind = write ? PT_WRITE : PT_READ;
    uint32_t linear;
    if (!linear_of(c, seg, offset, size, kind, &linear))
        return false;
    for (unsigned left = size; left > 0;) {
        const unsigned page = PAGE_SIZE - (linear & (PAGE_SIZE - 1)), n = left < page ? left : page;
        pa_t pa;
        if (!tlb_lookup_unaligned(write ? c->space->write : c->space->read, linear, 1) &&
            !ia_page(c, linear, kind, IA_BY_PROGRAM, &pa))
            return false;
        linear += n;
        left -= n;
    }
    return true;
}

/* --- At linear addresses */

bool ia_load_linear(struct ia_cpu *c, uint32_t linear, unsigned size, bool supervisor, uint64_t *value)
{
    struct ia_place p;
    if (!ia_reach_linear(c, linear, size, PT_READ, supervisor ? IA_BY_PROCESSOR : IA_BY_PROGRAM, &p))
        return false;
    *value = ia_place_get(c, &p);
    return true;
}

bool ia_store_linear(struct ia_cpu *c, uint32_t linear, unsigned size, bool supervisor, uint64_t value)
{
    struct ia_place p;
    if (!ia_reach_linear(c, linear, size, PT_WRITE, supervisor ? IA_BY_PROCESSOR : IA_BY_PROGRAM, &p))
        return false;
    ia_place_put(c, &p, value);
    return true;
}
