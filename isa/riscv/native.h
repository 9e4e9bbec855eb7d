/* native.h - within the translator: stretches of hot code as machine code of the host, for the interpreter to enter (native.c). */
#ifndef TRAPEZE_ISA_RISCV_NATIVE_H
#define TRAPEZE_ISA_RISCV_NATIVE_H

#include "isa/riscv/host_code.h"
#include "isa/riscv/hot.h"
#include "isa/riscv/record.h"
#include "isa/riscv/stencil.h"

enum {
    NATIVE_ROOM = 32 << 20,          /* bytes of machine code; full, all of it goes */
    NATIVE_HOT = 50,                 /* entries before a record is translated */
    NATIVE_PATIENCE = 16,            /* writes to translated code of a page before the page is translated no more */
    NATIVE_LABELS = 256,             /* native_page.at: below, how often the record was entered; from here on, where its label is */
    NATIVE_NEVER = 255,              /* ... and this one is not to be counted any more */
    WANT_WAIT = WANTS,               /* to the outer loop: the budget may end before the next look */
    NATIVE_STRETCH_MAX = 512,        /* instructions translated at a time */
    NATIVE_STRETCH_BYTES = 256 << 10 /* of machine code, at most */
};

/* Beside each page of records. All zeros, whatever `since` is: nothing of it is hot. */
struct native_page {
    uint32_t at[CODE_RECORDS];
    uint64_t translated[CODE_RECORDS / 64]; /* a bit for each record whose instruction is in a stretch */
    uint64_t entered[CODE_RECORDS / 64];    /* ... whose body is machine code */
    unsigned writes;                        /* to these instructions */
    uint32_t since;                         /* stretches before this one (native.stretches) are not of it any more */
    bool any;
};

/* Bytes of machine code that are there for one instruction: from `at` to the next such piece. */
struct native_piece {
    uint32_t at, stretch; /* stretch: of native.stretches, the how manieth, from 1 */
    uint16_t page, slot;  /* page: of the pool */
    uint16_t kind;        /* enum about_piece_kind */
};
/* All of them in the order of the machine code, if they are kept (struct engine_options: explained). */
struct native_pieces {
    bool kept;
    size_t count, room;
    struct native_piece *piece; /* owned */
};

/* The machine code of one hart. */
struct native {
    struct host_code
        code;           /* asked for when the hart is made, so that it is said at once if it is refused; used by the first stretch */
    size_t used, start; /* bytes; those that all stretches share, which the first one brings along: 0 before */
    struct native_page *page; /* owned: one beside each of the pool, mapped lazily */
    size_t pages;
    unsigned hot, patience;           /* entries until translated; writes until not any more */
    uint32_t data, call;              /* the constants that stencils use, and ways to the functions that they call */
    uint32_t exit[WANT_WAIT + 1];     /* where the shared code for leaving this way is */
    uint64_t stretches, instructions; /* since creation */
    uint64_t thrown_written, thrown_full, thrown_dropped; /* pages that lost theirs: written, no room, dropped with their records */
    struct native_pieces pieces;
};

/* What a stretch is to be made of, a bit for each record of the page: its instructions; those that are gone to other than from the one
 * before; those of them that bodies of the interpreter shall enter; and of these what has the way in before it (native_emit). */
struct native_plan {
    uint64_t member[CODE_RECORDS / 64], label[CODE_RECORDS / 64], entry[CODE_RECORDS / 64], before[CODE_RECORDS / 64];
    unsigned count;
};
static inline bool slot_in(const uint64_t *set, unsigned slot) { return set[slot / 64] >> slot % 64 & 1; }
static inline void slot_add(uint64_t *set, unsigned slot) { set[slot / 64] |= UINT64_C(1) << slot % 64; }

/* native_plan.c. Decodes what it comes to. */
void native_plan(struct hart *, struct code_page *, const struct native_page *, unsigned slot, struct native_plan *);
/* Has the instruction of this record a stencil that may be used? */
bool native_has(const struct code_page *, unsigned slot);

/* native_x86_64.c. */
void native_emit_shared(struct native *); /* what all stretches leave by */
/* Adds machine code for the plan; false: no room for it. */
MUST_CHECK bool native_emit(struct native *, struct code_page *, struct native_page *, struct native_plan *);
/* Adds a way in to the label of this record, unless the plan's stretch has it: its address, or NULL. */
body_fn *native_emit_entry(struct native *, const struct native_page *, const struct native_plan *, unsigned slot);

/* native_pieces.c. For want of memory none is kept any more. */
void native_piece(struct native *, const struct native_piece *);
void native_entry_piece(struct native *, uint32_t at, uint32_t label, unsigned slot); /* the way in to the label of the slot */
extern const char native_host[]; /* native_x86_64.c: the instruction set of the machine code */

/* Where machine code leaves to, beside bodies (native.c). */
body_fn rv_native_wait; /* to the outer loop, which goes on at the record `i` by as much as is left */
enum body_result rv_native_jump(struct hart *, const struct rv_insn *, uint64_t left,
                                uint64_t target); /* to an address, one more retired */

#endif
