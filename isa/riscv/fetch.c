/* fetch.c - from the PC to a record: translation, protection, triggers, and the decoded page, which the fetch TLB then knows. */
#include "isa/riscv/fetch.h"

#include "isa/riscv/pages.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trigger.h"

/* Where one PMP rule does not cover the page, each instruction is fetched by itself, half by half. */
static bool second_half_allowed(struct hart *h, const struct code_page *p)
{
    uint64_t at = h->pc & ~PAGE_MASK;
    pa_t pa;
    if ((p->host[at] & 3) != 3 || at + 4 > PAGE_SIZE) /* short, or rv_body_crossing will ask */
        return true;
    return hart_translate(h, h->pc + 2, 2, PT_FETCH, &pa);
}

/* The decoded page for the PC, which lies at pa in this range.
 * Decoded code is found by its place in RAM. Where a trigger waits in the page its virtual address counts as well,
 * since records then look whether they are watched. */
static struct code_page *page_of(struct hart *h, const struct phys_range *range, pa_t pa)
{
    va_t va_page = h->pc & PAGE_MASK;
    pa_t pa_page = pa & PAGE_MASK;
    uint64_t offset = range->ram_offset + (pa_page - range->base);
    bool watched = hart_page_watched(h, TRIGGER_EXECUTE, va_page, pa_page);
    struct code_page *p = code_page_find(h, range->ram, offset, watched, va_page, pa_page);
    if (p)
        return p;
    p = code_page_create(h, range->ram, offset);
    p->watched = watched;
    p->va = va_page;
    p->pa = pa_page;
    return p;
}

/* The order is that of the steps in isa/trigger.h: a trigger at the virtual address, translation, one at the
 * physical address. Code of a device is an access fault here. */
bool hart_fetch_page(struct hart *h)
{
    pa_t pa;
    if (hart_watch_fetch(h) || !hart_translate(h, h->pc, 2, PT_FETCH, &pa))
        return false;
    const struct phys_range *range = phys_find(h->machine.phys, pa);
    if (!range || !range->ram)
        return hart_fetch_fault(h, h->pc);
    if (hart_trigger_fetch(h, true, pa))
        return false;
    bool single = !pmp_uniform(h, pa & PAGE_MASK);
    struct code_page *p = page_of(h, range, pa);
    if (single && !second_half_allowed(h, p))
        return false;
    if (!single)
        tlb_fill_fetch(h->fetch, hart_fetch_tag(h), p);
    hart_enter_page(h, p, single);
    return true;
}
