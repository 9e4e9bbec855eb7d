/* translator_private.h - what the files of the translator share.
 */
#ifndef TRAPEZE_CORE_VMM_TRANSLATOR_PRIVATE_H
#define TRAPEZE_CORE_VMM_TRANSLATOR_PRIVATE_H

#include "core/vmm/code_cache.h"

enum { MAP_BUCKETS = 1024, WINDOWS = 32 };

/* A page of the guest's address space from which code was taken, and the page of its RAM that this was. */
struct mapping {
    va_t at;
    uint32_t page, next;
    uint64_t entries; /* of translator_isa, when it was last looked at, and led there; 0: not known */
};

struct source {
    bool taken;    /* from this page of RAM: marked and protected */
    bool writable; /* a shadow leaf may let the guest write there */
    uint8_t idle;  /* writes to it since, that met no code */
};

/* A page of the guest's address space that it may read now, and where that lies in the VMM's own. */
struct window {
    va_t page;
    const uint8_t *bytes; /* NULL: none */
};

struct translator {
    struct code_cache *cache;
    struct code_plan plan; /* of the block that is being made */
    hpa_t memory;          /* CODE_CACHE_BYTES of the host's frames */
    bool has_memory;
    va_t base;           /* where the cache is in the guest's address space: places[place] (translator.c) */
    unsigned place, met; /* ... and how often the guest met it there */
    bool inside;         /* the host's PC is one of the cache */
    bool fenced;         /* all mappings are to be looked at */
    bool written;        /* pages were, of which nothing is left: their marks may go */
    uint32_t link;       /* the jump by whose stub the cache was left, or CODE_NONE */
    struct source *source;
    uint32_t *taken; /* the pages that are, by number; room for all */
    uint32_t takens;
    uint64_t pages;
    struct mapping *map;
    uint32_t maps, map_room, map_bucket[MAP_BUCKETS];
    uint64_t rights;                               /* of the situation in which `entries` were looked at */
    struct window window[WINDOWS], table[WINDOWS]; /* by the guest's addresses, and by those of its bus */
};

/* Out of the cache, at the exit that stands for this instruction: the guest's registers are its own again. */
void translator_out(struct vcpu *, const struct code_insn *);
/* *t becomes what it would be, had the sensitive instruction itself trapped. */
void translator_as_if(const struct vcpu *, const struct code_insn *, struct trap *t);

/* --- translator_quick.c */

/* Windows lead where they did until the guest orders its TLB. */
void translator_windows_shut(struct translator *);

/* --- translator_pages.c */

/* All shadow leaves go. Those that let the guest write are not known one by one. */
void translator_leaves_drop(struct vcpu *);
/* Between two instructions: what fences and writes have left to do. */
void translator_settles(struct vcpu *);
/* The page of the guest's RAM that lies there on its bus, and its number; NULL: it is no whole page of RAM. */
const uint8_t *translator_ram(const struct vcpu *, gpa_t, uint32_t *page);
/* Where in the cache a block goes on from this address; CODE_NONE: none does. */
uint32_t translator_inside(struct translator *, va_t pc);
void translator_mappings_forget(struct translator *);

#endif
