/* pmp.c - physical memory protection [priv 3.7].
 *
 *   pmpcfg byte:  7 6 5  4 3  2 1 0      pmpaddr: bits 53:0 = physical address bits 55:2
 *                 L 0 0   A   X W R
 *
 * The registers are kept as software wrote them, and beside them the byte ranges they mean (`pmp[]`), worked out anew at every
 * change: checks are far more frequent than changes. The granule is four bytes. The lowest-numbered entry that touches any
 * byte of an access decides it, and it must contain all of them.
 */
#include "isa/riscv/pmp.h"

enum { PMP_WRITABLE = 0x9f };
enum { PMP_ADDRESS_BITS = 54, PMP_IMPLEMENTED = RV_PMP_ENTRIES };

static unsigned pmp_matching(uint8_t cfg) { return (unsigned)bits_get(cfg, PMP_A, 2); }

/* The bytes that entry `n` covers [priv 3.7.1]; none is a range that starts above its end, and above any access. */
static struct pmp_entry_cache pmp_range(const struct hart *h, unsigned n)
{
    struct pmp_entry_cache e = {.base = UINT64_MAX, .last = 0, .cfg = h->pmpcfg[n]};
    uint64_t address = h->pmpaddr[n];
    switch (pmp_matching(e.cfg)) {
    case PMP_OFF: break;
    case PMP_TOR: /* [previous, this): empty when the previous one is not below; entry 0 starts at address 0 */
        if (address > (n ? h->pmpaddr[n - 1] : 0)) {
            e.base = n ? h->pmpaddr[n - 1] << 2 : 0;
            e.last = (address << 2) - 1;
        }
        break;
    case PMP_NA4:
        e.base = address << 2;
        e.last = e.base + 3;
        break;
    case PMP_NAPOT: /* yyyy0111 covers 8 << 3 bytes: the trailing ones and the zero above them are size, not address */
        e.base = (address & (address + 1)) << 2;
        e.last = ((address | (address + 1)) << 2) + 3;
        break;
    }
    return e;
}

/* One rule for all addresses, which grants all rights, and none before it. */
static bool everything_open(const struct hart *h)
{
    unsigned n = 0;
    while (n < h->pmp_active && h->pmp[n].base > h->pmp[n].last)
        n++;
    if (n == h->pmp_active)
        return h->config.pmp_entries == 0;
    const unsigned all = PMP_R | PMP_W | PMP_X;
    return h->pmp[n].base == 0 && h->pmp[n].last >= (UINT64_C(1) << (PMP_ADDRESS_BITS + 2)) - 1 && (h->pmp[n].cfg & all) == all;
}

void pmp_changed(struct hart *h)
{
    h->pmp_active = 0;
    for (unsigned n = 0; n < PMP_IMPLEMENTED; n++) {
        h->pmp[n] = pmp_range(h, n);
        if (h->pmp[n].base <= h->pmp[n].last)
            h->pmp_active = n + 1;
    }
    h->pmp_open = everything_open(h);
}

/* Without a matching entry M may do all, and S and U nothing, unless there is no PMP at all [priv 3.7.1 "Priority"]. */
static bool pmp_default(const struct hart *h, uint64_t mode) { return mode == RV_M || h->config.pmp_entries == 0; }

bool pmp_allows(const struct hart *h, pa_t pa, unsigned size, enum pt_kind kind, uint64_t mode)
{
    static const uint8_t needed[] = {[PT_READ] = PMP_R, [PT_WRITE] = PMP_W, [PT_FETCH] = PMP_X};
    pa_t last = pa + size - 1;
    for (unsigned n = 0; n < h->pmp_active; n++) {
        const struct pmp_entry_cache *e = &h->pmp[n];
        if (e->base > last || e->last < pa)
            continue;
        if (e->base > pa || e->last < last)
            return false; /* matches some bytes, not all: fails irrespective of L, R, W, X */
        return (mode == RV_M && !(e->cfg & PMP_LOCK)) || (e->cfg & needed[kind]);
    }
    return pmp_default(h, mode);
}

bool pmp_uniform(const struct hart *h, pa_t page)
{
    pa_t last = page + PAGE_SIZE - 1;
    for (unsigned n = 0; n < h->pmp_active; n++) {
        const struct pmp_entry_cache *e = &h->pmp[n];
        if (e->base <= page && e->last >= last)
            return true;
        if (e->base <= last && e->last >= page)
            return false;
    }
    return true;
}

/* What of a pmpcfg byte can be written: bits 6:5 are zero. R, W and X are one WARL field in which W without R is reserved: then W
 * is not granted [priv 3.7.1]. */
static uint8_t pmp_legal_cfg(uint8_t v)
{
    v &= PMP_WRITABLE;
    return v & PMP_R ? v : v & (uint8_t)~PMP_W;
}

uint64_t pmp_cfg_get(const struct hart *h, unsigned first)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8 && first + i < PMP_IMPLEMENTED; i++)
        v |= (uint64_t)h->pmpcfg[first + i] << (8 * i);
    return v;
}

void pmp_cfg_set(struct hart *h, unsigned first, uint64_t v)
{
    for (unsigned i = 0; i < 8 && first + i < PMP_IMPLEMENTED; i++)
        if (!(h->pmpcfg[first + i] & PMP_LOCK))
            h->pmpcfg[first + i] = pmp_legal_cfg((uint8_t)(v >> (8 * i)));
    pmp_changed(h);
}

uint64_t pmp_address_get(const struct hart *h, unsigned entry) { return entry < PMP_IMPLEMENTED ? h->pmpaddr[entry] : 0; }

/* A locked entry locks its address, and as TOR also the address below, which is its base [priv 3.7.1 "Locking"]. */
static bool pmp_address_locked(const struct hart *h, unsigned n)
{
    if (h->pmpcfg[n] & PMP_LOCK)
        return true;
    return n + 1 < PMP_IMPLEMENTED && (h->pmpcfg[n + 1] & PMP_LOCK) && pmp_matching(h->pmpcfg[n + 1]) == PMP_TOR;
}

bool pmp_address_set(struct hart *h, unsigned entry, uint64_t v)
{
    if (entry >= PMP_IMPLEMENTED || pmp_address_locked(h, entry))
        return false;
    h->pmpaddr[entry] = bits_get(v, 0, PMP_ADDRESS_BITS);
    pmp_changed(h);
    return true;
}
