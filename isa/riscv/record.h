/* record.h - the interpreter's insides: a hart with decoded pages.
 *
 * The way of an instruction: the outer loop (interpreter.c) finds the decoded page of the PC (fetch.c), and calls the body of its record;
 * the body does the work and goes to the next record itself (bodies.h), until something needs the outer loop: an access to a device, a CSR
 * with consequences, code that is not decoded yet, a trap, the end of the budget.
 */
#ifndef TRAPEZE_ISA_RISCV_RECORD_H
#define TRAPEZE_ISA_RISCV_RECORD_H

#include "isa/riscv/host_memory.h"
#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

struct rv_insn;

/* A body: executes the record `i`; `left` instructions may still retire. BODY_NEXT: next, or here == NULL and pc, and left are set.
 * BODY_STOP: pc and left are. */
typedef enum body_result body_fn(struct hart *h, const struct rv_insn *i, uint64_t left);

/* A decoded instruction. */
struct rv_insn {
    body_fn *body;
    union {
        struct rv_operands operands;
        struct {
            RV_OPERANDS
        };
    };
};
_Static_assert(sizeof(struct rv_insn) == 16, "four records to a cache line");

/* Fast bodies count instructions without a look at `left`: no more than this many from one look to the next. Taken branches, jumps and page
 * ends look, and here and there a record (straight.c). The outer loop enters a body when as many are left as may retire to the next look;
 * the few behind it takes one by one. */
enum { HART_SLICE = 64 };

/* A page of decoded instructions, a record for each two bytes. A record not yet decoded has the body that decodes it. After
 * the last one stands the body that steps to the next page. */
enum { CODE_RECORDS = PAGE_SIZE / 2 };
struct code_page {
    struct rv_insn record[CODE_RECORDS + 1];
    uint16_t row[CODE_RECORDS + 1]; /* insn.def row of each decoded record; INSN_NONE: the record's body is all there is to it */
    uint8_t ahead[CODE_RECORDS];    /* of a decoded instruction: so many retire at the most, with it, to the next look at `left` */
    const uint8_t *host;            /* the page in RAM */
    struct ram *ram;
    uint64_t ram_offset; /* of the page */
    bool watched;        /* a trigger may match in here, seen from these addresses; else it serves all alike */
    va_t va;
    pa_t pa;
    struct code_page *hash_next;  /* also links unused pages */
    unsigned writes;              /* to this page, since ... */
    bool entered;                 /* ... or somebody looked it up since */
    bool again;                   /* likewise, not for the first time, since the hand was last here */
    uint64_t held;                /* interpreter.hold: the fetch TLB names it */
    uint32_t asleep;              /* since this epoch of the block: out of use, not marked, good if not written since; 0: in use */
    body_fn *aside[CODE_RECORDS]; /* the bodies of records that look */
};

struct native;
struct interpreter {
    struct hart
        hart; /* first. `here` is the code page, here_va its virtual address, `next` the record to go on at: within run() the PC
                       * follows from it */
    uint32_t crossing; /* bits of the last instruction that lay across two pages */

    /* Decoded pages: a bounded pool; when it is full those go that were not entered for long. */
    struct code_page *pool;              /* owned; mapped lazily */
    unsigned pool_used;                  /* at one time or another */
    unsigned hand;                       /* where to look next for a page that may go */
    uint64_t hold;                       /* how often that was */
    uint64_t code_decoded, code_evicted; /* pages, since creation */
    unsigned asleep;                     /* pages */
    struct code_page *unused;            /* dropped pages */
    struct code_page **hash;             /* owned */
    struct native *native;               /* owned: the machine code of what is hot (native.h); NULL: all is interpreted */
};

static inline struct interpreter *interpreter_of(struct hart *h) { return (struct interpreter *)(void *)h; }
static inline const struct interpreter *interpreter_of_const(const struct hart *h)
{
    return (const struct interpreter *)(const void *)h;
}
static inline struct code_page *code_of(const struct hart *h) { return h->here; }

static inline uint64_t hart_pc_of(const struct hart *h, const struct rv_insn *i)
{
    return h->here_va + (uint64_t)(i - code_of(h)->record) * 2;
}
/* The record of this address, which lies in the page `here` or follows it. */
static inline const struct rv_insn *hart_record_at(const struct hart *h, uint64_t pc)
{
    return &code_of(h)->record[(pc - h->here_va) / 2];
}
/* The bits of the instruction of this length at `i`. */
static inline uint32_t hart_bits_of(const struct hart *h, const struct rv_insn *i, unsigned length)
{
    size_t at = (size_t)(i - code_of(h)->record) * 2;
    if (length == 2)
        return (uint32_t)host_load_16((uintptr_t)code_of(h)->host + at);
    return LIKELY(at + 4 <= PAGE_SIZE) ? (uint32_t)host_load_32((uintptr_t)code_of(h)->host + at) : interpreter_of_const(h)->crossing;
}
static inline void hart_enter_page(struct hart *h, struct code_page *p, bool single)
{
    p->again |= p->entered;
    p->entered = true;
    h->here = p;
    h->here_va = h->pc & PAGE_MASK;
    h->next = &p->record[(h->pc & ~PAGE_MASK) / 2];
    h->single = single;
}

#endif
