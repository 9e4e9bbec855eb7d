/* guest_frame_riscv.c - the frame of a random guest: trap handlers of M-mode and S-mode, the way into a block's mode and out of it, the end. */
#include "monitor/lab/code_riscv.h"

enum { TRAPS_MAX = 16, CAUSES = 16, LOG_STEP = 32 };

/* A vector table for interrupts; exceptions come to its first word. Which word it was is in U2 then. */
static void table(struct lab_code *c, unsigned *first)
{
    *first = c->count;
    for (unsigned i = 0; i < CAUSES; i++)
        put_jump(c, U2);
}

static void table_leads_here(struct lab_code *c, unsigned first)
{
    for (unsigned i = 0; i < CAUSES; i++)
        patch(c, first + i);
}

static void write_down(struct lab_code *c, unsigned cause, unsigned epc, unsigned tval, unsigned status)
{
    put_csr(c, CSRRS, U2, status, 0);
    put_store(c, 3, U2, LOG, 24);
    put_csr(c, CSRRS, U2, tval, 0);
    put_store(c, 3, U2, LOG, 16);
    put_csr(c, CSRRS, U0, cause, 0);
    put_store(c, 3, U0, LOG, 0);
    put_csr(c, CSRRS, U1, epc, 0);
    put_store(c, 3, U1, LOG, 8);
    put_addi(c, LOG, LOG, LOG_STEP);
}

/* Interrupts are turned off, other traps skip their instruction; when the block is to be left, or has trapped too often, the next one follows. */
static void machine_handler(struct lab_code *c)
{
    write_down(c, CSR_mcause, CSR_mepc, CSR_mtval, CSR_mstatus);
    const unsigned interrupted = put_branch(c, BLT, U0, 0);
    put_addi(c, COUNT, COUNT, 1);
    put_addi(c, U2, 0, TRAPS_MAX);
    const unsigned often = put_branch(c, BLT, U2, COUNT), leaves = put_branch(c, BNE, LEAVE, 0);
    put_addi(c, U1, U1, 4);
    put_csr(c, CSRRW, 0, CSR_mepc, U1);
    put(c, LAB_MRET_WORD);
    patch(c, often);
    patch(c, leaves);
    put_csr(c, CSRRW, 0, CSR_mie, 0);
    put_csr(c, CSRRW, 0, CSR_mepc, NEXT);
    put_li(c, U2, UINT64_C(3) << MSTATUS_MPP);
    put_csr(c, CSRRW, 0, CSR_mstatus, U2);
    put(c, LAB_MRET_WORD);
    patch(c, interrupted);
    put_csr(c, CSRRW, 0, CSR_mie, 0);
    put(c, LAB_MRET_WORD);
}

/* Likewise; where SRET is not allowed M-mode's handler skips it, and the block is left. */
static void supervisor_handler(struct lab_code *c)
{
    write_down(c, CSR_scause, CSR_sepc, CSR_stval, CSR_sstatus);
    const unsigned interrupted = put_branch(c, BLT, U0, 0), leaves = put_branch(c, BNE, LEAVE, 0);
    put_addi(c, COUNT, COUNT, 1);
    put_addi(c, U2, 0, TRAPS_MAX);
    const unsigned often = put_branch(c, BLT, U2, COUNT);
    put_addi(c, U1, U1, 4);
    put_csr(c, CSRRW, 0, CSR_sepc, U1);
    put(c, LAB_SRET_WORD);
    const unsigned out = put_jump(c, 0);
    patch(c, interrupted);
    put_csr(c, CSRRW, 0, CSR_sie, 0);
    put(c, LAB_SRET_WORD);
    patch(c, leaves);
    patch(c, often);
    patch(c, out);
    put_addi(c, LEAVE, 0, 1);
    put(c, LAB_ECALL);
}

/* xtvec, direct or vectored. */
static void vector(struct lab_code *c, unsigned csr, unsigned first)
{
    put_li(c, U2, (LAB_BASE + 4 * (uint64_t)first) | (lab_random(c) & 1));
    put_csr(c, CSRRW, 0, csr, U2);
}

void lab_frame_begin(struct lab_code *c, uint64_t seed)
{
    unsigned machine, supervisor;
    c->random = seed;
    c->count = 0;
    const unsigned start = put_jump(c, 0);
    table(c, &machine);
    table(c, &supervisor);
    table_leads_here(c, machine);
    machine_handler(c);
    table_leads_here(c, supervisor);
    supervisor_handler(c);
    patch(c, start);
    put_li(c, LOG, LAB_LOG);
    vector(c, CSR_mtvec, machine);
    vector(c, CSR_stvec, supervisor);
    put_li(c, U2, UINT64_MAX); /* PMP: everything to everybody */
    put_csr(c, CSRRW, 0, CSR_pmpaddr0, U2);
    put_addi(c, U2, 0, 0x1f);
    put_csr(c, CSRRW, 0, CSR_pmpcfg0, U2);
    put_li(c, U0, LAB_MTIMECMP); /* no timer */
    put_addi(c, U2, 0, -1);
    put_store(c, 3, U2, U0, 0);
}

void lab_play_registers(struct lab_code *c, unsigned count)
{
    while (count-- > 0) {
        const uint64_t value = lab_random(c);
        const unsigned rd = lab_play(c);
        put_li(c, rd, lab_coin(c) ? value : value >> lab_below(c, 64));
    }
}

void lab_block_begin(struct lab_code *c, struct lab_block *b)
{
    b->next = put_la(c, NEXT);
    put_addi(c, COUNT, 0, 0);
    put_addi(c, LEAVE, 0, 0);
    put_csr(c, CSRRW, 0, CSR_mip, 0);
    put_li(c, U2, b->mie);
    put_csr(c, CSRRW, 0, CSR_mie, U2);
    put_li(c, U2, b->medeleg);
    put_csr(c, CSRRW, 0, CSR_medeleg, U2);
    put_li(c, U2, b->mideleg);
    put_csr(c, CSRRW, 0, CSR_mideleg, U2);
    put_li(c, U2, b->satp);
    put_csr(c, CSRRW, 0, CSR_satp, U2);
    lab_play_registers(c, 3);
    put_li(c, U2, b->mstatus | (uint64_t)b->mode << MSTATUS_MPP);
    put_csr(c, CSRRW, 0, CSR_mstatus, U2);
    if (b->mode == RV_M)
        return;
    const unsigned body = put_la(c, U2);
    if (b->alias) {
        put_li(c, U1, LAB_ALIAS);
        put(c, U1 << 20 | U2 << 15 | U2 << 7 | 0x33); /* add */
    }
    put_csr(c, CSRRW, 0, CSR_mepc, U2);
    put(c, LAB_MRET_WORD);
    patch_la(c, body);
}

void lab_block_end(struct lab_code *c, const struct lab_block *b)
{
    put_addi(c, LEAVE, 0, 1);
    put(c, LAB_ECALL);
    patch_la(c, b->next);
}

void lab_frame_end(struct lab_code *c)
{
    put_li(c, U0, LAB_FINISHER);
    put_li(c, U1, 0x5555);
    put_store(c, 2, U1, U0, 0);
    const unsigned here = put_jump(c, 0);
    patch_to(c, here, here);
}
