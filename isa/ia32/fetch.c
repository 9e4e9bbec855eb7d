/* fetch.c - see fetch.h. Bytes are fetched as far as the instruction needs them, so that what faults is the first byte that cannot be had:
 * behind the limit of CS #GP(0), on a page that is not there #PF. */
#include "isa/ia32/fetch.h"

#include "isa/ia32/fast_record.h"

#include <string.h>

/* --- pages */

/* A page in which a trigger waits has no entry in the fetch TLB, so that each instruction in it comes by the run
 * loop, which asks. */
static bool is_watched(const struct ia_cpu *c, bool physical, uint64_t at)
{
    return UNLIKELY(c->triggers.kinds & TRIGGER_EXECUTE) &&
           trigger_set_covers(&c->triggers, TRIGGER_EXECUTE, physical, at & PAGE_MASK, PAGE_SIZE);
}

/* The page of RAM at pa. NULL: there is none.
 * The last page of a range may be cut short; code there is decoded each time. So is code in ROM that is no RAM of
 * the board's. */
static struct ia_code_page *page_at(struct ia_cpu *c, pa_t pa)
{
    const struct phys_range *range = phys_find(c->machine.phys, pa);
    pa &= PAGE_MASK;
    if (!range || !range->ram || pa < range->base || range->size - (pa - range->base) < PAGE_SIZE)
        return NULL;
    return ia_code_page(c, range->ram, range->ram_offset + (pa - range->base));
}

enum ia_fetched_page ia_fetch_page(struct ia_cpu *c, struct ia_code_page **page)
{
    const uint32_t linear = ia_linear_eip(c);
    pa_t pa;
    *page = NULL;
    if (!ia_translate(c, linear, PT_FETCH, false, &pa)) /* a trigger on the linear address is before the fault */
        return is_watched(c, false, linear) ? IA_PAGE_WATCHED : IA_PAGE_FAULT;
    *page = page_at(c, pa);
    if (is_watched(c, false, linear) || is_watched(c, true, pa))
        return IA_PAGE_WATCHED;
    if (*page)
        tlb_fill_fetch(c->space, (linear & PAGE_MASK) | c->context, *page);
    return IA_PAGE_FOUND;
}

/* --- bytes that are not kept */

/* Where they lie in the host's memory: by the fetch TLB, or as pa has it. */
static const uint8_t *known_host(const struct ia_cpu *c, uint32_t linear)
{
    const struct tlb_entry *e = &c->space->fetch[tlb_fetch_slot(linear)];
    if (e->tag != ((linear & PAGE_MASK) | c->context))
        return NULL;
    return ((const struct ia_code_page *)e->addend)->host + (linear & (PAGE_SIZE - 1));
}

/* Bytes from linear on, up to the end of its page and no more than `count`. Where nobody is, they are all ones. 0: #PF.
 * What is no RAM is read byte by byte, by the bus. */
static unsigned bytes_fetch(struct ia_cpu *c, uint32_t linear, uint8_t *to, unsigned count)
{
    const unsigned left = PAGE_SIZE - (linear & (PAGE_SIZE - 1)), some = count < left ? count : left;
    const uint8_t *host = known_host(c, linear);
    uint64_t byte;
    pa_t pa;
    if (!host) {
        if (!ia_translate(c, linear, PT_FETCH, false, &pa))
            return 0;
        host = phys_host(c->machine.phys, pa, some);
    }
    if (LIKELY(host))
        memcpy(to, host, some);
    for (unsigned n = 0; n < some && !host; n++)
        to[n] = phys_load(c->machine.phys, pa + n, 1, &byte) ? (uint8_t)byte : 0xff;
    return some;
}

/* How many of the 15 bytes from EIP on are in CS. */
static unsigned bytes_in_segment(const struct ia_cpu *c)
{
    const uint32_t limit = c->seg[IA_CS].limit;
    if (c->eip > limit)
        return 0;
    return limit - c->eip < IA_LENGTH_MAX ? limit - c->eip + 1 : IA_LENGTH_MAX;
}

/* --- what lies across two pages */

static struct ia_apart *apart_of(struct ia_cpu *c) { return &c->apart[ia_linear_eip(c) >> PAGE_SHIFT & (IA_APARTS - 1)]; }

/* Was there one at EIP when it was last met? */
static bool apart_is_known(struct ia_cpu *c)
{
    const struct ia_apart *a = apart_of(c);
    return a->insn.length && a->at == ia_linear_eip(c) && a->context == c->context && c->options.kind != ENGINE_simple;
}

/* Are the first bytes still the same? */
static bool apart_is_like(const struct ia_apart *a, const uint8_t *bytes, unsigned count)
{
    return memcmp(a->bytes, bytes, count < a->insn.length ? count : a->insn.length) == 0;
}

static void apart_keep(struct ia_cpu *c, const struct ia_fetched *own)
{
    struct ia_apart *a = apart_of(c);
    *a = (struct ia_apart){.at = ia_linear_eip(c), .context = c->context, .insn = own->insn};
    memcpy(a->bytes, own->bytes, own->insn.length);
}

/* At most twice round, once for each page: more is fetched only when what is there is not enough. So a RET in the
 * last byte of a page does not fault because the next page is missing. What ends in the middle by the limit of CS
 * is #GP(0). The first bytes of what was decoded here before are not enough either. */
static const ia_insn *fetch_apart(struct ia_cpu *c, struct ia_fetched *own)
{
    const unsigned room = bytes_in_segment(c), left = PAGE_SIZE - (ia_linear_eip(c) & (PAGE_SIZE - 1));
    const struct ia_apart *known = apart_is_known(c) ? apart_of(c) : NULL;
    enum ia_decoded d = IA_SHORT;
    for (unsigned count = 0, more; d == IA_SHORT && count < room; count += more) {
        more = bytes_fetch(c, ia_linear_eip(c) + count, own->bytes + count, room - count);
        if (!more)
            return NULL;
        if (known && !apart_is_like(known, own->bytes, count + more)) {
            apart_of(c)->insn.length = 0;
            known = NULL;
        }
        if (!known) {
            d = ia_decode(&c->config, c->context, own->bytes, count + more, &own->insn);
        } else if (count + more >= known->insn.length) {
            own->insn = known->insn;
            return &own->insn;
        }
    }
    if (d == IA_SHORT) {
        ia_gp(c, REASON_RESOURCE, 0);
        return NULL;
    }
    ia_body_choose(&own->insn, d, c->config.model);
    if (d == IA_DECODED && own->insn.length > left)
        apart_keep(c, own);
    return &own->insn;
}

/* --- */

/* For whom nothing is kept: a copy. */
static const ia_insn *fetch_copy(const struct ia_code_page *page, unsigned at, const ia_insn *i, struct ia_fetched *own)
{
    own->insn = *i;
    memcpy(own->bytes, page->host + at, i->length);
    return &own->insn;
}

const ia_insn *ia_fetch_copy(struct ia_cpu *c, const struct ia_code_page *page, struct ia_fetched *own)
{
    const unsigned at = ia_linear_eip(c) & (PAGE_SIZE - 1);
    ia_insn i;
    if (!page || !ia_code_decode(c, page, at, &i) || i.length > bytes_in_segment(c))
        return fetch_apart(c, own);
    return fetch_copy(page, at, &i, own);
}

/* The simple engine keeps nothing. A page of the fast context is decoded by runs (fast_record.c), any other an
 * instruction at a time. */
const ia_insn *ia_fetch(struct ia_cpu *c, struct ia_code_page *page, struct ia_fetched *own)
{
    const unsigned at = ia_linear_eip(c) & (PAGE_SIZE - 1);
    ia_insn i;
    if (!page || apart_is_known(c))
        return fetch_apart(c, own);
    if (c->options.kind == ENGINE_simple)
        return ia_fetch_copy(c, page, own);
    if (ia_code_is_fast(page)) {
        const ia_insn *run = ia_fast_decode(c, page, at);
        return run ? run : fetch_apart(c, own);
    }
    if (!ia_code_decode(c, page, at, &i) || i.length > bytes_in_segment(c))
        return fetch_apart(c, own);
    ia_insn *record = ia_code_record(page, at);
    *record = i;
    return record;
}
