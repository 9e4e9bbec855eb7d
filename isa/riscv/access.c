/* access.c - memory accesses of careful bodies: any virtual address, aligned or not, RAM or I/O.
 *
 * Misaligned loads and stores are done in hardware. One that lies across two pages is two accesses; both are checked before
 * anything is read or written, and a fault names the first byte of the part that faulted. I/O takes naturally aligned accesses only.
 * LR, SC and AMOs must be aligned and are for RAM [unpriv 14.2, 14.4; priv 3.6.3, 3.6.4]. Triggers see every access to a page that
 * the TLB does not know, before translation and after it; where the TLB knows a page there are none.
 */
#include "isa/riscv/access.h"
#include "isa/riscv/host_memory.h"
#include "isa/riscv/own_write.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trigger.h"

static bool fault(struct hart *h, uint64_t cause, va_t va)
{
    *h->trap = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = cause, .tval = va};
    return false;
}

static bool is_misaligned(va_t va, unsigned size) { return va & (size - 1); }
static bool crosses_page(va_t va, unsigned size) { return (va & ~PAGE_MASK) + size > PAGE_SIZE; }

/* Host pointer for an access within a page that the TLB knows, or NULL. */
static uint8_t *host_known(const struct tlb_entry *table, va_t va)
{
    const struct tlb_entry *e = &table[tlb_slot(va)];
    return e->tag == (va & PAGE_MASK) ? (uint8_t *)(uintptr_t)(va + e->addend) : NULL;
}

/* Little-endian bytes of a part of an access; sizes 1..8. */
static uint64_t bytes_get(const uint8_t *at, unsigned size)
{
    uint64_t v = 0;
    for (unsigned n = 0; n < size; n++)
        v |= (uint64_t)at[n] << (8 * n);
    return v;
}

static void bytes_put(uint8_t *at, unsigned size, uint64_t v)
{
    for (unsigned n = 0; n < size; n++)
        at[n] = (uint8_t)(v >> (8 * n));
}

/* --- one access within a page */

/* The three steps of a miss: whoever wants to see the address, the tables and PMP, whoever wants to see the place.
 * hart_translate() may have filled the TLB, and mostly has; what it may not keep, a device or a page that is
 * watched, goes by the bus. */
static bool load_within(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    const uint8_t *host = host_known(h->data->read, va);
    if (host) {
        *value = host_load((uintptr_t)host, size);
        return true;
    }
    pa_t pa;
    if (hart_watch_access(h, TRIGGER_LOAD, va, size) || !hart_translate(h, va, size, PT_READ, &pa) ||
        hart_trigger_physical(h, TRIGGER_LOAD, pa, size, va))
        return false;
    host = host_known(h->data->read, va);
    if (LIKELY(host)) { /* now it does */
        *value = host_load((uintptr_t)host, size);
        return true;
    }
    const struct phys_range *range = phys_find(h->machine.phys, pa);
    bool io = range && !range->ram;
    if (!range || (io && is_misaligned(pa, size)) || !phys_load(h->machine.phys, pa, size, value))
        return fault(h, RV_CAUSE_LOAD_ACCESS, va);
    h->yield |= io;
    return true;
}

static bool store_within(struct hart *h, va_t va, unsigned size, uint64_t value)
{
    uint8_t *host = host_known(h->data->write, va);
    if (host) {
        host_store((uintptr_t)host, size, value);
        return true;
    }
    pa_t pa;
    if (hart_watch_access(h, TRIGGER_STORE, va, size) || !hart_translate(h, va, size, PT_WRITE, &pa) ||
        hart_trigger_physical(h, TRIGGER_STORE, pa, size, va))
        return false;
    host = host_known(h->data->write, va);
    if (LIKELY(host)) { /* now it does */
        host_store((uintptr_t)host, size, value);
        return true;
    }
    const struct phys_range *range = phys_find(h->machine.phys, pa);
    bool io = range && !range->ram;
    if (!range || (io && is_misaligned(pa, size)))
        return fault(h, RV_CAUSE_STORE_ACCESS, va);
    /* What a device writes into memory meanwhile is not the hart's own. */
    if (!(io ? phys_store(h->machine.phys, pa, size, value) : hart_phys_store(h, pa, size, value)))
        return fault(h, RV_CAUSE_STORE_ACCESS, va);
    h->yield |= io;
    return true;
}

/* --- across two pages */

/* An access in two parts, the first up to the end of its page:
 *
 *      page n                     page n + 1
 *      ...... | p[0].size bytes | p[1].size bytes | ......
 *             va                ^ va + first, which a fault of the second part names
 *
 * The two pages may lie anywhere in memory, in either order. Triggers see one access of all its bytes. */
struct part {
    uint8_t *host;
    pa_t pa;
    unsigned size;
};

static bool part_host(struct hart *h, va_t va, unsigned size, enum pt_kind kind, struct part *p)
{
    p->size = size;
    p->host = phys_host(h->machine.phys, p->pa, size);
    return p->host ? true : fault(h, kind == PT_READ ? RV_CAUSE_LOAD_ACCESS : RV_CAUSE_STORE_ACCESS, va);
}

static bool part_check(struct hart *h, va_t va, unsigned size, enum pt_kind kind, struct part *p)
{
    return hart_translate(h, va, size, kind, &p->pa) && part_host(h, va, size, kind, p);
}

/* The same for an access that lies in one page, with a look at triggers; and without asking whether it is RAM. */
static bool whole_reach(struct hart *h, va_t va, unsigned size, unsigned kinds, struct part *p)
{
    enum pt_kind kind = kinds & TRIGGER_STORE ? PT_WRITE : PT_READ;
    return !hart_watch_access(h, kinds, va, size) && hart_translate(h, va, size, kind, &p->pa) &&
           !hart_trigger_physical(h, kinds, p->pa, size, va);
}

static bool whole_check(struct hart *h, va_t va, unsigned size, unsigned kinds, struct part *p)
{
    return whole_reach(h, va, size, kinds, p) && part_host(h, va, size, kinds & TRIGGER_STORE ? PT_WRITE : PT_READ, p);
}

static bool parts_check(struct hart *h, va_t va, unsigned size, enum pt_kind kind, struct part p[2])
{
    unsigned first = (unsigned)(PAGE_SIZE - (va & ~PAGE_MASK)), kinds = kind == PT_READ ? TRIGGER_LOAD : TRIGGER_STORE;
    return !hart_watch_access(h, kinds, va, size) && part_check(h, va, first, kind, &p[0]) &&
           part_check(h, va + first, size - first, kind, &p[1]) &&
           !hart_trigger_across(h, kinds, p[0].pa, p[0].size, p[1].pa, p[1].size, va);
}

static bool load_across(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    struct part p[2];
    if (!parts_check(h, va, size, PT_READ, p))
        return false;
    *value = bytes_get(p[0].host, p[0].size) | bytes_get(p[1].host, p[1].size) << (8 * p[0].size);
    return true;
}

static bool store_across(struct hart *h, va_t va, unsigned size, uint64_t value)
{
    struct part p[2];
    if (!parts_check(h, va, size, PT_WRITE, p))
        return false;
    bytes_put(p[0].host, p[0].size, value);
    bytes_put(p[1].host, p[1].size, value >> (8 * p[0].size));
    hart_phys_written(h, p[0].pa, p[0].size);
    hart_phys_written(h, p[1].pa, p[1].size);
    return true;
}

bool hart_load(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    return crosses_page(va, size) ? load_across(h, va, size, value) : load_within(h, va, size, value);
}

bool hart_store(struct hart *h, va_t va, unsigned size, uint64_t value)
{
    return crosses_page(va, size) ? store_across(h, va, size, value) : store_within(h, va, size, value);
}

/* --- atomics */

/* The program's own triggers come before that [debug 5.3]; false, either way.
 * An AMO that is misaligned faults as a store, whatever the tables say of the page. */
static bool misaligned(struct hart *h, va_t va, unsigned size, unsigned kinds)
{
    if (sdtrig_fires(h, kinds, va, size, va))
        return false;
    return fault(h, kinds & TRIGGER_STORE ? RV_CAUSE_STORE_MISALIGNED : RV_CAUSE_LOAD_MISALIGNED, va);
}

/* An aligned word of RAM with its physical address, or a fault. */
static bool atomic_check(struct hart *h, va_t va, unsigned size, unsigned kinds, struct part *p)
{
    if (is_misaligned(va, size))
        return misaligned(h, va, size, kinds);
    return whole_check(h, va, size, kinds, p);
}

bool hart_amo(struct hart *h, va_t va, unsigned size, combine_fn *combine, uint64_t operand, uint64_t *old)
{
    struct part p = {0};
    if (is_misaligned(va, size))
        return misaligned(h, va, size, TRIGGER_LOAD | TRIGGER_STORE);
    uint8_t *host =
        host_known(h->data->write, va); /* as the fast body does: else it would depend on the budget which translation holds */
    if (!host) {
        if (!whole_reach(h, va, size, TRIGGER_LOAD | TRIGGER_STORE, &p))
            return false;
        host = host_known(h->data->write, va);
    }
    if (UNLIKELY(!host) && !part_host(h, va, size, PT_WRITE, &p))
        return false;
    uint8_t *at = host ? host : p.host;
    *old = host_load((uintptr_t)at, size);
    host_store((uintptr_t)at, size, combine(*old, operand, size));
    if (UNLIKELY(!host)) /* what the TLB knows may be written without a word */
        hart_phys_written(h, p.pa, size);
    return true;
}

/* For whoever carries out LR or SC in two calls, the place and then the access; alignment is asked by the caller. */
bool hart_atomic_reach(struct hart *h, va_t va, unsigned size, unsigned kinds, pa_t *pa)
{
    struct part p;
    if (!whole_check(h, va, size, kinds, &p))
        return false;
    *pa = p.pa;
    return true;
}

/* A reservation is the eight aligned bytes around the address, for LR.W and LR.D alike. It is kept by traps and by this hart's own
 * stores; an SC always ends it, and so does whoever else writes there [unpriv 13.2]. An SC that may not write there traps whether or not
 * it would have succeeded. */
static pa_t reservation_of(pa_t pa) { return pa & ~(pa_t)7; }

static void reserve(struct hart *h, pa_t pa)
{
    hart_note(h->touched.write, HART_reservation);
    phys_reserve(h->machine.phys, &h->reservation, pa, phys_is_shared(h->machine.phys));
}

bool hart_load_reserved(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    struct part p;
    if (!atomic_check(h, va, size, TRIGGER_LOAD, &p))
        return false;
    *value = bytes_get(p.host, size);
    reserve(h, p.pa);
    return true;
}

bool hart_store_conditional(struct hart *h, va_t va, unsigned size, uint64_t value, bool *done)
{
    struct part p;
    if (!atomic_check(h, va, size, TRIGGER_STORE, &p))
        return false;
    hart_note(h->touched.read, HART_reservation);
    *done = phys_reserved(&h->reservation) == reservation_of(p.pa);
    reserve(h, UINT64_MAX);
    if (*done) {
        bytes_put(p.host, size, value);
        hart_phys_written(h, p.pa, size);
    }
    return true;
}

/* --- cache blocks [unpriv 19]. There is no cache, so managing one has nothing to do; but the block must be one that loads or stores may
 * reach, and zeroing it is a store. A fault is a store's, and names the address that the instruction does. For a program's triggers all of
 * them are stores of the whole block [debug 5.5.3]. */

static va_t block_of(va_t va) { return va & ~(va_t)(CACHE_BLOCK - 1); }

static bool block_fault(struct hart *h, va_t va)
{
    h->trap->tval = va;
    return false;
}

/* A page that may be read or written will do; only when it may be neither is there a fault, the store's. */
bool hart_block_reach(struct hart *h, va_t va)
{
    pa_t pa;
    if (sdtrig_fires(h, TRIGGER_STORE, block_of(va), CACHE_BLOCK, va))
        return false;
    return hart_translate(h, block_of(va), CACHE_BLOCK, PT_READ, &pa) || hart_translate(h, block_of(va), CACHE_BLOCK, PT_WRITE, &pa) ||
           block_fault(h, va);
}

bool hart_block_zero(struct hart *h, va_t va)
{
    struct part p;
    if (!whole_check(h, block_of(va), CACHE_BLOCK, TRIGGER_STORE, &p))
        return block_fault(h, va);
    for (unsigned n = 0; n < CACHE_BLOCK; n++)
        p.host[n] = 0;
    hart_phys_written(h, p.pa, p.size);
    return true;
}
