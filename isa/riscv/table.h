/* table.h - the instruction table within the hart: its rows, and what a row does to memory and to the course of the program. */
#ifndef TRAPEZE_ISA_RISCV_TABLE_H
#define TRAPEZE_ISA_RISCV_TABLE_H

#include "isa/riscv.h"

extern const struct insn_desc rv_rows[RV_INSN_COUNT];

/* The column `does` of insn.def. Memory is accessed at rs1 + immediate; the bytes of the access are the low bits. */
enum row_does {
    DOES_NONE = 0,
    DOES_SIZE = 15,          /* 1, 2, 4 or 8; 0: no memory */
    DOES_READ = 1 << 4,      /* ... is read; */
    DOES_WRITE = 1 << 5,     /* is written, by an AMO too; */
    DOES_FLOAT = 1 << 6,     /* from or to an FP register, so that FS must not be Off; */
    DOES_RESERVE = 1 << 7,   /* and a reservation is made or asked for: LR, SC */
    DOES_BRANCH = 1 << 8,    /* perhaps goes on by the immediate */
    DOES_JUMP = 1 << 9,      /* goes on by the immediate */
    DOES_JUMP_REG = 1 << 10, /* goes on where a register says */
#define DOES_OF(n)                                                                                                                    \
    DOES_LOAD##n = (n) | DOES_READ, DOES_STORE##n = (n) | DOES_WRITE, DOES_AMO##n = (n) | DOES_READ | DOES_WRITE,                     \
    DOES_FLOAD##n = DOES_LOAD##n | DOES_FLOAT, DOES_FSTORE##n = DOES_STORE##n | DOES_FLOAT, DOES_LR##n = DOES_LOAD##n | DOES_RESERVE, \
    DOES_SC##n = DOES_STORE##n | DOES_RESERVE
    DOES_OF(1),
    DOES_OF(2),
    DOES_OF(4),
    DOES_OF(8)
#undef DOES_OF
};
extern const uint16_t rv_does[RV_INSN_COUNT];

#endif
