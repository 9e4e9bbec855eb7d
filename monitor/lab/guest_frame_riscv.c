/* guest_frame_riscv.c - the frame of a random guest: trap handlers of M-mode and S-mode, the way into a block's mode and out of it, the end.
 *
 *    LAB_BASE  j start
 *              M's table: sixteen times jal U2, handler        S's table: the same
 *              M's handler                                     S's handler
 *    start:    LOG, mtvec, stvec, PMP, mtimecmp
 *              block, block, ...
 *              switch off; and if that does nothing, jump to itself
 *
 * A record of the log:    +0 cause | +8 epc | +16 tval | +24 status        32 bytes, the next one behind it
 */
#include "monitor/lab/code_riscv.h"

enum { TRAPS_MAX = 16, CAUSES = 16, LOG_STEP = 32 };

/* A vector table for interrupts; exceptions come to its first word. Which word it was is in U2 then.
 * Nothing reads U2, and it is overwritten soon: but registers are compared after each instruction, so a VMM that takes an interrupt by
 * another word of the table is found out there. */
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

/* The log lies in memory, which is compared as well, so it also has what a handler saw in a register and lost. U0 has the cause
 * afterwards, U1 the epc: the handlers decide by these. */
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

/* Interrupts are turned off, other traps skip their instruction; when the block is to be left, or has trapped too often, the next one follows.
 * An instruction is four bytes here, the guests have no compressed ones. MPP is set to M on the way to NEXT, for
 * the trap has put the block's mode there. mie is cleared behind an interrupt: what stays pending would come again at once, for ever. */
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

/* PMP: without a rule S-mode and U-mode may do nothing [priv 3.7.1]; one NAPOT region of all ones covers all addresses. The timer is set
 * as far away as it goes: what its comparator holds after reset may be due. */
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

/* Half of the values are shifted down: small numbers are likelier to be something, a count or an offset, than 64 random bits. */
void lab_play_registers(struct lab_code *c, unsigned count)
{
    while (count-- > 0) {
        const uint64_t value = lab_random(c);
        const unsigned rd = lab_play(c);
        put_li(c, rd, lab_coin(c) ? value : value >> lab_below(c, 64));
    }
}

/* All of it is set in M-mode, whose MIE is clear here, so an interrupt that is pending comes in the block and not on the way to it. A block
 * of M-mode goes on where it stands; for others MRET is the way down. */
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
