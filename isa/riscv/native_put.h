/* native_put.h - a stretch in the making: bytes, stencils, and the holes that are filled when all else is there. */
#ifndef TRAPEZE_ISA_RISCV_NATIVE_PUT_H
#define TRAPEZE_ISA_RISCV_NATIVE_PUT_H

#include "isa/riscv/native.h"

enum { CALL_BYTES = 12 /* each */, ACC_NONE = 64 /* rcx: no register's */, EXITS_MAX = 3 * NATIVE_STRETCH_MAX };

/* A distance that is to lead out of the stretch, or to a label that is not there yet. */
struct exit_hole {
    uint32_t hole;
    uint16_t slot;
    uint16_t from; /* whose it is */
    uint8_t want;  /* WANT_NEXT: to the record, or its label */
    int16_t owed;  /* instructions that are not counted yet */
};
/* The unlikely part of a stencil, which lies apart; or all of one in place of another. */
struct cold_part {
    const struct stencil *stencil;
    bool whole;
    uint32_t hole, from, next; /* next: where the hot part ends */
    uint16_t slot;
    int16_t owed;
};

/* What must hold of FP, or is known of it (format.def). */
enum needs { NEEDS_NOTHING, NEEDS_DIRTY, NEEDS_PLAIN };

struct emitter {
    struct native *n;
    struct code_page *p;
    struct native_page *np;
    struct native_plan *plan;
    uint16_t page; /* its number in the pool */
    size_t at, end;
    unsigned pending, slot; /* slot: what is being put belongs to this one */
    unsigned acc;           /* whose value is in rcx */
    bool waits;             /* ... and is not in the hart yet */
    unsigned base;          /* which register r8 and r9 were found by last (bodies_stencil.h: page, host); ACC_NONE: it is not known */
    bool by_write;
    enum needs fp; /* is known */
    unsigned exits, colds;
    struct exit_hole *exit; /* EXITS_MAX of each; NULL: nothing is left for later */
    struct cold_part *cold;
};

/* What waits until all else is there: tens of kilobytes, so only who puts stretches has it. */
struct later {
    struct exit_hole exit[EXITS_MAX];
    struct cold_part cold[EXITS_MAX];
};

void native_put(struct emitter *, const void *bytes, size_t size);
#define PUT(e, ...) native_put(e, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
void put32(struct emitter *, int64_t);
/* The rest of an instruction with [base + distance], whose ModRM byte for a distance of 32 bits this is. */
void put_place(struct emitter *, uint8_t modrm, int64_t distance);
/* What is put from here on is there for this slot, as a piece of the kind (isa/decoded.h). */
void put_piece(struct emitter *, unsigned slot, unsigned kind);
/* The hole's distance to there. */
void fill_distance(struct emitter *, size_t hole, size_t to);
void exit_later(struct emitter *, size_t hole, unsigned want, unsigned slot, int owed);
/* The stencil for the instruction of this slot, with what is pending; and later the parts of stencils that lie apart. */
void put_stencil(struct emitter *, const struct stencil *, unsigned slot);
void put_colds(struct emitter *);

/* native_row.c. Has the row this operand, a letter of its format's pattern? */
bool has_operand(unsigned row, char letter);
/* Goes on behind itself, whatever happens: it looks at no register but its second operand, and leaves nothing to others. */
bool stays(const struct stencil *);
/* The stencil for this instruction, after those in line before it. */
const struct stencil *stencil_for(struct emitter *, unsigned row, const struct rv_insn *);

#endif
