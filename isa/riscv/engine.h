/* engine.h - the seam between a hart and what executes its instructions. */
#ifndef TRAPEZE_ISA_RISCV_ENGINE_H
#define TRAPEZE_ISA_RISCV_ENGINE_H

#include "isa/riscv/state.h"

/* Why decoded code, or what else was derived from the state, is to go. */
enum engine_change {
    CHANGE_COLD,     /* the owner's cold fence: as if nothing had been decoded */
    CHANGE_TRIGGERS, /* where triggers may match */
    CHANGE_ALL,      /* nothing may be kept */
};

/* An engine keeps a struct hart as the first member of what it makes; fields of the hart that are the engine's say so. It executes from
 * h->pc, keeps h->left true whenever the architecture is asked something, and fetches anew when h->here has been cleared. Its fetches
 * are architectural: triggers, hart_translate(), the fetch TLB. */
struct hart_engine {
    size_t size;                             /* of what it makes */
    MUST_CHECK int (*create)(struct hart *); /* the rest of it, which is zero; 0 or -ENOMEM */
    void (*destroy)(struct hart *);
    void (*run)(struct machine *, uint64_t budget, uint64_t *retired, struct trap *); /* of the contract */
    void (*context_changed)(struct hart *, enum engine_change); /* the TLB has been emptied besides, or will be */
    /* A marked page of RAM was written, by whoever it was. */
    void (*code_changed)(struct hart *, struct ram *, uint64_t offset, size_t length);
    bool (*code_kept)(const struct hart *, struct ram *, uint64_t offset); /* something decoded of this page? */
    pa_t (*fetched)(const struct hart *, uintptr_t entry);                 /* what an entry of the fetch TLB stands for: a page */
    bool (*counts)(const struct hart *, struct engine_counts *);           /* false: it keeps no decoded code */
};

/* One for each row of engine.def. */
#define ENGINE(name, about) extern const struct hart_engine hart_engine_##name;
#include "isa/engine.def"
#undef ENGINE

#endif
