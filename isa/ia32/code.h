/* code.h - decoded instructions, kept by page of RAM, and their staying true to memory. */
#ifndef TRAPEZE_ISA_IA32_CODE_H
#define TRAPEZE_ISA_IA32_CODE_H

#include "isa/ia32/cpu.h"

/* Dense code has two to four bytes an instruction, and each run of it a link: 1,024 are too few for a page of that. */
enum { CODE_RECORDS = 2048 };

/* What is left of run()'s work when a fast body returns. */
enum ia_fast_result {
    FAST_LEFT, /* EIP and c->left are true; the outer loop looks around and goes on */
    FAST_TRAP, /* they are, and c->trap is to be returned */
    FAST_ON    /* without calls in tail position: c->at and c->end say where to go on */
};

/* A fast body: executes the record and goes on to the next. `t` is c->space, `end` and the result are of fast.h. The two in the middle have no
 * value: where arguments are in registers, compilers take these first for what they compute, and would have to clear them of `end` and `t`. */
typedef enum ia_fast_result ia_fast_body(struct ia_cpu *, const struct ia_fast *, uintptr_t, uintptr_t, uintptr_t end,
                                         struct tlb_space *t);
#define IA_FAST_ARGUMENTS(c, i, end, t) (c, i, ia_fast_free_1(), ia_fast_free_2(), end, t)
/* Whatever stands in the register: no instruction. The texts differ, for of two that are the same one would be a copy of the other. */
#define IA_NO_VALUE(name, text)                                                                                                       \
    static inline __attribute__((always_inline)) uintptr_t name(void)                                                                 \
    {                                                                                                                                 \
        uintptr_t v;                                                                                                                  \
        __asm__(text : "=r"(v));                                                                                                      \
        return v;                                                                                                                     \
    }
IA_NO_VALUE(ia_fast_free_1, "")
IA_NO_VALUE(ia_fast_free_2, " ")
#undef IA_NO_VALUE

/* What an instruction is to its fast body. */
struct ia_fast {
    ia_fast_body *body;
    int32_t imm; /* immediate; displacement; of a jump or link the distance to the record it leads to, in bytes, 0: not known yet */
    union {
        struct {
            uint8_t reg, base, index;
            uint8_t extra; /* the factor of the index; an immediate of a byte; a displacement of a byte; a count */
        };
        uint16_t behind; /* of a call: where the instruction behind it lies in the page */
    };
};

ia_fast_body ia_fast_forgotten; /* of records that are so */

/* A page of RAM as code of one context: the records of the instructions in it that were executed.
 * How bytes, records and runs belong together, of a page that begins with PUSH EBP; MOV EBP, ESP; SUB ESP, 8:
 *
 *   bytes    55     89 e5     83 ec 08     ...        the page of RAM
 *   first    1      2  0      3  0  0      ...        by byte: the number of the record, where an instruction begins
 *   record   [0]    [1] push  [2] mov      [3] sub    by number; 0 is not used, so that 0 can say "none"
 *   fast     [0]    [1]       [2]          [3]        the same numbers, shorter: what the fast bodies need
 *   place    -      0|BEGINS  1            3          by number: the byte; BEGINS where a run begins
 *
 * A run is what was decoded in one go, up to a transfer that is always taken: its records stand behind each other
 * and are forgotten together, since a fast body goes from one to the next without a look at memory. Only pages of
 * the fast context have runs of more than one record. The same bytes in another context, of 16 bits or with other
 * segments, are another page of this kind. */
struct ia_code_page {
    struct ram *ram; /* NULL: not in use */
    uint64_t ram_offset;
    const uint8_t *host;
    uint32_t context;
    uint32_t used;                   /* records; 0 is none */
    uint32_t writes;                 /* to the page, since it was last looked up */
    struct ia_code_page *next;       /* of the same bucket, or unused */
    uint64_t passed[PAGE_SIZE / 64]; /* fresh.h */
    uint16_t first[PAGE_SIZE];       /* of each byte: the record of the instruction that begins there; 0: none is decoded */
    uint16_t place[CODE_RECORDS];    /* of each record: the byte; and CODE_BEGINS, of the first record of a run */
    ia_insn record[CODE_RECORDS];
    struct ia_fast fast[CODE_RECORDS]; /* of the same numbers, in pages of IA_CTX_FAST alone */
};
enum { CODE_BEGINS = 0x8000, CODE_PLACE = 0x1fff };

static inline unsigned ia_code_number(const struct ia_code_page *p, const struct ia_fast *i) { return (unsigned)(i - p->fast); }
static inline unsigned ia_code_place_of(const struct ia_code_page *p, unsigned record) { return p->place[record] & CODE_PLACE; }
static inline unsigned ia_code_place(const struct ia_code_page *p, const struct ia_fast *i)
{
    return ia_code_place_of(p, ia_code_number(p, i));
}
static inline bool ia_code_is_fast(const struct ia_code_page *p) { return (p->context & ~(uint32_t)IA_CTX_UNCHAINED) == IA_CTX_FAST; }

/* May the instruction at this byte of the page have a record? While the owner asks to see instructions (TRIGGER_FRESH), only one that he
 * has let through. */
static inline bool ia_code_passed(const struct ia_cpu *c, const struct ia_code_page *p, unsigned at)
{
    return LIKELY(!(c->triggers.kinds & TRIGGER_FRESH)) || (p->passed[at / 64] >> at % 64 & 1);
}

MUST_CHECK int ia_code_create(struct ia_cpu *);
void ia_code_destroy(struct ia_cpu *);
/* The page at `offset` of the block, in the context that is in force. NULL: no more blocks can be watched. */
struct ia_code_page *ia_code_page(struct ia_cpu *, struct ram *, uint64_t offset);
/* A record for the instruction at this byte of the page, to be filled in; a run of its own. */
ia_insn *ia_code_record(struct ia_code_page *, unsigned at);
/* Decodes the instruction at this byte of the page. false: it is not whole in it. */
MUST_CHECK bool ia_code_decode(const struct ia_cpu *, const struct ia_code_page *, unsigned at, ia_insn *);
/* Forgets all records of a page. */
void ia_code_empty(struct ia_code_page *);
/* Forgets everything. */
void ia_code_forget(struct ia_cpu *);
/* Hears of writes to the block, whoever makes them. false: it hears of too many already; keep no pointers to it. */
MUST_CHECK bool ia_code_watch(struct ia_cpu *, struct ram *);

#endif
