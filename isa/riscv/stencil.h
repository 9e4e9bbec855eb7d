/* stencil.h - the machine code of instructions, as mkstencils makes it of their bodies (bodies_stencil.h). */
#ifndef TRAPEZE_ISA_RISCV_STENCIL_H
#define TRAPEZE_ISA_RISCV_STENCIL_H

#include <stdbool.h>
#include <stdint.h>

/* What is to be filled in, in 32 bits: numbers, and then distances from behind the hole to somewhere. */
enum stencil_want {
    WANT_RD, /* eight times the register's number */
    WANT_RS1,
    WANT_RS2,
    WANT_RS3,
    WANT_IMM,
    WANT_PC,    /* of the instruction, in its page */
    WANT_LEN,   /* its bytes */
    WANT_RM,    /* its rounding mode; 0 of one that rounds by frm */
    WANT_FRM,   /* 7 of that, else 0 */
    WANT_SHIFT, /* as WANT_IMM, in 8 bits */
    WANT_NEXT,
    WANT_TAKEN,
    WANT_CAREFUL,
    WANT_ALONE,
    WANT_AFRESH, /* to the row's other stencil, which looks in the TLB */
    WANT_JUMP,
    WANT_COLD, /* to the stencil's own cold part, at the addend */
    WANT_DATA, /* to this place in rv_stencil_data */
    WANT_CALL, /* to the function of this number in rv_stencil_call */
    WANTS
};
struct stencil_hole {
    uint16_t at; /* the cold part follows the hot one */
    uint16_t want;
    int32_t addend;
};
/* Hot code goes on with what is copied behind it. The cold part, if any, ends by a jump to somewhere else. */
struct stencil {
    uint16_t bytes, hot, cold; /* where they are, and how many */
    uint16_t holes, count;
    bool exists;
};

extern const uint8_t rv_stencil_bytes[];
extern const uint8_t rv_stencil_data[]; /* constants, so many bytes */
extern const unsigned rv_stencil_data_size;
typedef void stencil_call(void); /* as an address */
extern stencil_call *const rv_stencil_call[];
extern const unsigned rv_stencil_calls;
extern const struct stencil_hole rv_stencil_holes[];
extern const struct stencil rv_stencil[], rv_stencil_far; /* by row of insn.def: none of a compressed one */

/* Of rows that reach memory: for who knows that one before it has reached memory likewise, by the same register; of others for who knows that
 * one before it has asked for the state of FP. */
struct stencil_again {
    uint16_t row; /* RV_INSN_COUNT: the last */
    struct stencil stencil;
};
extern const struct stencil_again rv_stencil_again[];

#endif
