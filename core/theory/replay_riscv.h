/* replay_riscv.h - what a file of `trapeze witness --elf` holds besides its program: cases, one state and one instruction each. The program
 * is examples/riscv/witness, which reads this header, too; replay_riscv.c writes the cases.
 *
 *   0x80000000  the program, which is entered here
 *   0x80010000  the laboratory's code, data and page tables, as they lie there (lab_riscv.c)
 *   0x80100000  struct replay_head, and what it points to; all addresses are physical
 *
 * A value of a state has a slot: 0..31 are pc and x1..x31, 32..63 f0..f31, 64 the mode, and from 65 on CSRs, in the order in which they
 * are set: so that what guards others comes first, and mstatus last.
 */
#ifndef TRAPEZE_CORE_THEORY_REPLAY_RISCV_H
#define TRAPEZE_CORE_THEORY_REPLAY_RISCV_H

#include <stdint.h>

#define REPLAY_PROGRAM 0x80000000
#define REPLAY_MEMORY 0x80010000
#define REPLAY_CODE 0x80010400 /* pc of every case; THERE it lies a REPLAY_DISTANCE further on */
#define REPLAY_DISTANCE 0x10000
#define REPLAY_MEMORY_END 0x80052000
#define REPLAY_HEAD 0x80100000

enum { REPLAY_X = 0, REPLAY_F = 32, REPLAY_MODE = 64, REPLAY_CSR = 65, REPLAY_SLOTS = 256 };
enum { REPLAY_U = 0, REPLAY_S = 1, REPLAY_M = 3 };

struct replay_stub {
    uint32_t set[4], get[4]; /* CSR = a0; a0 = CSR */
};

struct replay_list {
    uint64_t count, at; /* of the elements, and where they lie */
};

struct replay_change { /* a value that is not as in the plain state */
    uint64_t slot, value;
};

struct replay_check { /* bits that must be there, or the state is none that this machine has */
    uint64_t slot, mask, name;
};

struct replay_show { /* what is told of the state afterwards */
    uint64_t slot, mask, name;
};

struct replay_case {
    uint64_t title;        /* a line before it, or 0 */
    uint64_t label;        /* "S1 in U" */
    uint64_t bits, length; /* the instruction, and its bytes */
    uint64_t spare;        /* 0..3: x31, x30, x29 or x28 is none of its operands */
    uint64_t waits;        /* it may wait: a timer ends that */
    uint64_t own_mtvec;    /* mtvec is part of the state: no trap is expected */
    struct replay_list change, check, show;
};

struct replay_head {
    uint64_t plain;                /* where the plain values lie */
    uint64_t mtvec, mstatus;       /* their slots */
    struct replay_list stub, each; /* struct replay_stub, struct replay_case */
};

#endif
