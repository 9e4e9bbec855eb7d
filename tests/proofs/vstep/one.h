/* one.h - one instruction on both sides: what the hart's body and the v_i are given, and how they are compared afterwards. Comes after
 * v_riscv.c, whose functions are its own. */
#ifndef TRAPEZE_TESTS_PROOFS_VSTEP_ONE_H
#define TRAPEZE_TESTS_PROOFS_VSTEP_ONE_H

#include "isa/riscv/step.h"
#include "isa/riscv/trap.h"
#include "tests/proofs/vstep/state.h"

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) step_fn rv_step_##name;
#include "isa/riscv/insn.def"
#undef INSN

static struct trap given; /* what D gives to the v_i: the host's trap */
static struct rv_operands operands;

/* Any instruction of the row: these are the fields that it may have. The decoder makes RV_SINK of x0 as rd; `imm` is the CSR. */
static void instruction_any(unsigned row, uint32_t bits, int32_t imm)
{
    const unsigned rd = (unsigned)bits_get(bits, 7, 5);
    operands = (struct rv_operands){
        .imm = imm, .rd = (uint8_t)(rd ? rd : RV_SINK), .rs1 = (uint8_t)bits_get(bits, 15, 5), .rs2 = (uint8_t)bits_get(bits, 20, 5)};
    given = (struct trap){.kind = TRAP_EXCEPTION,
                          .reason = REASON_PRIVILEGE,
                          .row = (uint16_t)row,
                          .length = 4,
                          .cause = RV_CAUSE_ILLEGAL,
                          .tval = bits,
                          .bits = bits};
}

static void compare(unsigned row, enum body_result result, bool fences)
{
    if (result == STEP_STOP)
        hart_trap_at(&bare, row, 4, (uint32_t)given.bits);
    const bool trapped = result == STEP_STOP && bare_trap.kind != TRAP_WAIT;
    const enum trap_kind kind = result == STEP_STOP ? bare_trap.kind : TRAP_NONE;
    __CPROVER_assert(kind == given.kind, "both trap, wait, or go on");
    if (trapped) {
        __CPROVER_assert(bare_trap.reason == given.reason, "the same reason");
        __CPROVER_assert(bare_trap.cause == given.cause, "the same cause");
        __CPROVER_assert(bare_trap.tval == given.tval, "the same tval");
        __CPROVER_assert(bare_trap.row == given.row && bare_trap.length == given.length && bare_trap.bits == given.bits,
                         "the same instruction");
    }
    state_compare(trapped ? 0 : 1, fences && !trapped);
}

#endif
