/* trap.c - traps as values, and what the architecture does about them: E2[0] = (M1, P1, R1), (M2, P2, R2) = E1[1] [PG74]. */
#include "isa/pg/cpu.h"

/* A memory trap of the fetch has no row, and no instruction to speak of: its length is 0. A word that is no
 * instruction was fetched, and is what the trap is about. */
struct trap pg_trap_make(enum pg_trap cause, uint64_t tval, unsigned row, uint64_t bits)
{
    static const enum trap_reason reason[] = {
        [PG_TRAP_MEMORY] = REASON_RESOURCE,
        [PG_TRAP_PRIVILEGED] = REASON_PRIVILEGE,
        [PG_TRAP_SVC] = REASON_REQUESTED,
        [PG_TRAP_UNDEFINED] = REASON_UNDEFINED,
    };
    bool fetched = row != INSN_NONE || cause == PG_TRAP_UNDEFINED;

    return (struct trap){.kind = TRAP_EXCEPTION,
                         .reason = reason[cause],
                         .row = (uint16_t)row,
                         .length = fetched ? PG_CELL : 0,
                         .cause = cause,
                         .tval = tval,
                         .bits = bits};
}

/*T:800 The machine of the paper: executable memory, a mode, a program counter and a relocation register. A trap stores the PSW in one
 * cell and loads it from the next, and that is all the hardware there is to understand. :*/
/* R does not come into it: cells 0 and 1 are those of E. The causes are not the architecture's: all traps are alike.
 * Of a program in user mode at P = 0x30 that sees 0x40 cells from 0x100 on, and of a supervisor that begins at its
 * cell 0x200:
 *
 *   before   M = u  P = 0x30   R = (0x100, 0x40)          E[1] holds (s, 0x200, (0, all cells))
 *   after    M = s  P = 0x200  R = (0, all cells)         E[0] holds (u, 0x30, (0x100, 0x40))
 *
 * P is that of the instruction that trapped: who serves an svc steps over it. */
enum delivery pg_deliver(struct machine *m, struct trap *t)
{
    const struct pg_word *w = pg_word_of(m->config);
    const uint64_t old = pg_psw_pack_in(w, (struct pg_psw){.m = machine_get(m, MACHINE_MODE),
                                                           .p = machine_get(m, MACHINE_PC),
                                                           .l = machine_get(m, PG_L),
                                                           .b = machine_get(m, PG_B)});
    struct pg_psw new;
    uint64_t word;

    (void)t;
    if (machine_load(m, PG_CELL, &word, sizeof word) != 0 || machine_store(m, 0, &old, sizeof old) != 0)
        return DELIVERED; /* no machine is so small */
    new = pg_psw_unpack_in(w, word);
    machine_set(m, MACHINE_MODE, new.m);
    machine_set(m, MACHINE_PC, new.p);
    machine_set(m, PG_L, new.l);
    machine_set(m, PG_B, new.b);
    return DELIVERED;
}
