/* operands.h - an instruction as its body sees it. */
#ifndef TRAPEZE_ISA_RISCV_OPERANDS_H
#define TRAPEZE_ISA_RISCV_OPERANDS_H

#include <stdint.h>

/* rd is RV_SINK instead of x0. Jump and branch offsets are in bytes. aux: rs3, rounding mode, shift amount ...: the format's own */
#define RV_OPERANDS                                                                                                                   \
    int32_t imm;                                                                                                                      \
    uint8_t rd, rs1, rs2;                                                                                                             \
    uint8_t aux;
struct rv_operands {
    RV_OPERANDS
};

/* What an atomic operation writes back. */
typedef uint64_t combine_fn(uint64_t old, uint64_t operand, unsigned size);

/* What a body tells who called it. */
enum body_result {
    BODY_NEXT, /* go on: the hart says where */
    BODY_STOP, /* h->trap holds what run() returns */
    /* Of careful bodies, which know nothing of records: h->pc and h->left are true, and h->trap lacks what hart_trap_at() fills in. */
    STEP_NEXT,
    STEP_STOP,
};

#endif
