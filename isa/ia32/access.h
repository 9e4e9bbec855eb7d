/* access.h - places in memory: an access is checked whole, and only then read or written.
 *
 * What an instruction does in two phases, checks first and changes afterwards, reaches all its places in the first. After that neither
 * getting nor putting can fail, whatever the puts change, be it the page tables that led there.
 */
#ifndef TRAPEZE_ISA_IA32_ACCESS_H
#define TRAPEZE_ISA_IA32_ACCESS_H

#include "isa/ia32/cpu.h"

/* Up to 8 bytes; across two pages they lie in two pieces. */
struct ia_place {
    uint8_t *host; /* of all of it, where the TLB knows its page; else NULL, and pa tells */
    pa_t pa[2];
    uint8_t size, first; /* bytes; of those, at pa[0] */
};

enum ia_by {
    IA_BY_PROGRAM,
    IA_BY_PROCESSOR
}; /* implicit accesses, to tables and task state, are a supervisor's and are not watched */

/* Translates and checks; A and D are set. kind: PT_READ or PT_WRITE (which may be read as well). false: #PF, or a trigger. */
MUST_CHECK bool ia_reach_linear(struct ia_cpu *, uint32_t linear, unsigned size, enum pt_kind, enum ia_by, struct ia_place *);
/* The same at an offset in a segment. What lies outside of it, or may not be accessed so, is #GP(0); for SS #SS(0). */
MUST_CHECK bool ia_reach(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, enum pt_kind, struct ia_place *);
/* To write there, and to read what is there before: who watches either wants to see it. */
MUST_CHECK bool ia_reach_update(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, struct ia_place *);
uint64_t ia_place_get(struct ia_cpu *, const struct ia_place *);
void ia_place_put(struct ia_cpu *, const struct ia_place *, uint64_t);

/* Does the segment have these bytes, for reads or for writes? In real mode its type is not looked at, its limit is. */
bool ia_segment_allows(const struct ia_cpu *, const struct ia_segment *, uint32_t offset, unsigned size, enum pt_kind);

/* Is it #AC, of an access that the program makes? */
bool ia_misaligned(const struct ia_cpu *, uint32_t linear, unsigned size);

/* --- paging.c */

/* The physical address of linear; the TLB learns the page where it may. false: #PF. */
MUST_CHECK bool ia_page(struct ia_cpu *, uint32_t linear, enum pt_kind, enum ia_by, pa_t *);
/* Makes a page known to the TLB for the program's accesses, if that changes nothing else, no bit of a page table. */
enum ia_quickly {
    IA_QUICKLY_DONE,
    IA_QUICKLY_FAULT, /* c->trap: there is no page, and nobody else who would have to be asked first */
    IA_QUICKLY_NOT    /* the page was known, so that the access reaches into the next; or the full way has to say */
};
enum ia_quickly ia_page_quick(struct ia_cpu *, uint32_t linear, enum pt_kind);
static inline struct tlb_space *ia_space_of(const struct ia_cpu *c, enum ia_by by)
{
    return by == IA_BY_PROCESSOR ? c->implicit : c->space;
}

/* --- watch.c: triggers of the machine's owner and data breakpoints of the program. */

/* Is there one of these kinds (TRIGGER_LOAD, TRIGGER_STORE) somewhere in the page? Then the TLB must not know it. */
bool ia_page_watched(const struct ia_cpu *, unsigned kinds, uint32_t linear, pa_t);
/* An access is about to happen. true: a trigger wants to see it first, c->trap says so. */
bool ia_watch_linear(struct ia_cpu *, unsigned kinds, uint32_t linear, unsigned size);
bool ia_watch_port(struct ia_cpu *, unsigned kinds, uint16_t port, unsigned size);
bool ia_watch_place(struct ia_cpu *, unsigned kinds, uint32_t linear, const struct ia_place *);

static inline uint64_t ia_host_get(const uint8_t *host, unsigned size)
{
    uint64_t v = 0;
    switch (size) {
    case 1: return *host;
    case 2: __builtin_memcpy(&v, host, 2); return v;
    case 4: __builtin_memcpy(&v, host, 4); return v;
    case 8: __builtin_memcpy(&v, host, 8); return v;
    default: __builtin_memcpy(&v, host, size); return v;
    }
}
static inline void ia_host_put(uint8_t *host, unsigned size, uint64_t v)
{
    switch (size) {
    case 1: *host = (uint8_t)v; break;
    case 2: __builtin_memcpy(host, &v, 2); break;
    case 4: __builtin_memcpy(host, &v, 4); break;
    case 8: __builtin_memcpy(host, &v, 8); break;
    default: __builtin_memcpy(host, &v, size); break;
    }
}

#endif
