/* guest_dispatch_riscv.c - the random guests of the assignment "dispatch": what traps, and what becomes of it, in each mode.
 * Each maker is a stage's: many short blocks, so that a student's mistake is met early and in a known mode, and each block ends whatever
 * was done in it (code_riscv.h).
 */
#include "monitor/lab/code_riscv.h"

enum { BLOCKS = 24, STEPS = 8 };
#define BIT(n) (UINT64_C(1) << (n))

/* Never delegated: ECALL from S-mode, by which a block is left, and page faults, for the handler of S-mode may be what is not mapped. */
#define DELEGABLE (UINT64_C(0x01ff) | BIT(RV_CAUSE_ECALL_U))

static unsigned any_mode(struct lab_code *c)
{
    static const unsigned modes[] = {RV_U, RV_S, RV_M};
    return modes[lab_below(c, 3)];
}

/* Status bits that change what traps: TVM, TW, TSR refuse, FS hides floating point, SUM and MXR alter rights. MIE and SIE are not among
 * them, as interrupts are a stage of their own. */
static struct lab_block any_block(struct lab_code *c)
{
    const uint64_t free = BIT(MSTATUS_SPP) | BIT(MSTATUS_SPIE) | BIT(MSTATUS_MPIE) | BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR) |
                          BIT(MSTATUS_TVM) | BIT(MSTATUS_TW) | BIT(MSTATUS_TSR) | (UINT64_C(3) << MSTATUS_FS);
    struct lab_block b = {.mode = any_mode(c)};
    b.mstatus = lab_random(c) & free;
    b.medeleg = lab_random(c) & DELEGABLE;
    return b;
}

/* --- 1: what D sees. */

/* RAM, RAM misaligned for the load, nothing, a device, nothing: an access that goes well, or faults. */
static void put_memory_access(struct lab_code *c)
{
    static const uint64_t at[] = {LAB_LOG + 0x100000, LAB_LOG + 0x100004, 0x40000000, LAB_CLINT + 0xbff8, 8};
    put_li(c, U0, at[lab_below(c, 5)]);
    if (lab_coin(c))
        put_load(c, 3, lab_play(c), U0, 0);
    else
        put_store(c, 2, lab_play(c), U0, 0);
}

static void put_anything(struct lab_code *c)
{
    const unsigned rd = lab_play(c), rs1 = lab_play(c), rs2 = lab_play(c);
    switch (lab_below(c, 8)) {
    case 0: put(c, LAB_ECALL); break;
    case 1: put(c, LAB_EBREAK); break;
    case 2: put(c, 0x0000000b | (uint32_t)(lab_random(c) & 0xfffff) << 12); break; /* custom-0: no such */
    case 3: put(c, 0x02000053 | rs2 << 20 | rs1 << 15 | 7 << 12 | rd << 7); break; /* fadd.d: is FS off? */
    case 4: put_csr(c, CSRRW, rd, CSR_sscratch, rs1); break;
    case 5: put_csr(c, CSRRS, rd, lab_coin(c) ? CSR_mscratch : 0x123, 0); break;
    default: put_memory_access(c); break;
    }
}

void lab_guest_dispatch(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct lab_block b = any_block(c);
        b.medeleg = 0;
        lab_block_begin(c, &b);
        for (unsigned n = 0; n < STEPS; n++)
            put_anything(c);
        lab_block_end(c, &b);
    }
    lab_frame_end(c);
}

/* --- 2: CSRs. What may be written is such that the frame survives it.
 * The mask has the bits that a random value may set. satp stays 0, or the next instruction could not be fetched; so do MPRV and MIE. The
 * last rows are there to be refused: read-only, of no such number, or of a mode above.
 */

static const struct {
    uint16_t csr;
    uint64_t mask;
} csrs[] = {
    {CSR_mscratch, UINT64_MAX},
    {CSR_sscratch, UINT64_MAX},
    {CSR_mepc, UINT64_MAX},
    {CSR_sepc, UINT64_MAX},
    {CSR_mcause, UINT64_MAX},
    {CSR_scause, UINT64_MAX},
    {CSR_mtval, UINT64_MAX},
    {CSR_stval, UINT64_MAX},
    {CSR_medeleg, DELEGABLE},
    {CSR_mideleg, UINT64_MAX},
    {CSR_mie, UINT64_MAX},
    {CSR_sie, UINT64_MAX},
    {CSR_mip, BIT(RV_IRQ_SSI) | BIT(RV_IRQ_STI)},
    {CSR_sip, UINT64_MAX},
    {CSR_mstatus, ~(BIT(MSTATUS_MPRV) | BIT(MSTATUS_MIE))},
    {CSR_sstatus, UINT64_MAX},
    {CSR_mcounteren, UINT64_MAX},
    {CSR_scounteren, UINT64_MAX},
    {CSR_satp, 0},
    {CSR_senvcfg, UINT64_MAX},
    /* Read only, absent, of another mode. */
    {CSR_mhartid, 0},
    {CSR_misa, 0},
    {CSR_mvendorid, 0},
    {0x5c0, 0},
    {0x7c0, 0},
    {0x9c0, 0},
};

/* Half of the time rd or rs1 is 0: a CSRRW without rd does not read, a CSRRS without rs1 does not write [unpriv 7.1], and a v_i that does
 * so all the same traps where it must not. */
static void put_csr_access(struct lab_code *c)
{
    const unsigned i = lab_below(c, sizeof csrs / sizeof *csrs), immediate = lab_coin(c) ? 4 : 0, op = 1 + lab_below(c, 3) + immediate;
    const unsigned rd = lab_coin(c) ? lab_play(c) : 0;
    unsigned operand = lab_coin(c) ? 1 + lab_below(c, 23) : 0;

    if (op < CSRRWI && operand)
        put_li(c, operand, lab_random(c) & csrs[i].mask);
    if (op >= CSRRWI)
        operand &= csrs[i].mask & 0x1f;
    put_csr(c, op, rd, csrs[i].csr, operand);
}

void lab_guest_csr(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct lab_block b = any_block(c);
        lab_block_begin(c, &b);
        for (unsigned n = 0; n < STEPS; n++)
            put_csr_access(c);
        lab_block_end(c, &b);
    }
    lab_frame_end(c);
}

/* --- 3: MRET and SRET, from each mode, with each status. */

/* The address is U2's, behind the return: so the guest goes on at the same place, whether the return was done or refused. MPP and SPP are
 * random, and so is the mode in which it goes on. */
static void put_return(struct lab_code *c)
{
    const bool machine = lab_coin(c);
    const unsigned to = put_la(c, U2);
    put_csr(c, CSRRW, 0, machine ? CSR_mepc : CSR_sepc, U2);
    put_li(c, U2,
           lab_random(c) & (BIT(MSTATUS_SPP) | BIT(MSTATUS_SPIE) | BIT(MSTATUS_MPIE) | UINT64_C(3) << MSTATUS_MPP | BIT(MSTATUS_MPRV) |
                            BIT(MSTATUS_TSR) | BIT(MSTATUS_SUM)));
    put_csr(c, CSRRW, 0, machine || lab_coin(c) ? CSR_mstatus : CSR_sstatus, U2);
    put(c, machine ? LAB_MRET_WORD : LAB_SRET_WORD);
    put_addi(c, lab_play(c), 0, 1); /* comes by only when that was refused */
    patch_la(c, to);
    const unsigned rd = lab_play(c);
    put_csr(c, CSRRS, rd, lab_coin(c) ? CSR_mstatus : CSR_sstatus, 0);
}

void lab_guest_return(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < 2 * BLOCKS; i++) {
        struct lab_block b = any_block(c);
        lab_block_begin(c, &b);
        put_return(c);
        put_return(c);
        lab_block_end(c, &b);
    }
    lab_frame_end(c);
}

/* --- 4: traps are entered, in M-mode or S-mode. */

void lab_guest_enter(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct lab_block b = any_block(c);
        b.mstatus |= lab_random(c) & BIT(MSTATUS_SIE);
        lab_block_begin(c, &b);
        for (unsigned n = 0; n < STEPS; n++)
            put_anything(c);
        lab_block_end(c, &b);
    }
    lab_frame_end(c);
}

/* --- 5: interrupts: pending by software, by the CLINT, by a timer; enabled, delegated, or not. */

/* Bits of mip that software may set, then msip in the CLINT, then the timer: now, or at the next tick. */
static void put_pending(struct lab_code *c)
{
    put_li(c, U2, lab_random(c) & (BIT(RV_IRQ_SSI) | BIT(RV_IRQ_STI) | BIT(RV_IRQ_SEI)));
    put_csr(c, CSRRS, 0, CSR_mip, U2);
    put_li(c, U0, LAB_CLINT);
    put_addi(c, U1, 0, lab_coin(c));
    put_store(c, 2, U1, U0, 0);
    if (lab_coin(c)) { /* the timer: within the next instructions, or now */
        put_li(c, U0, LAB_CLINT + 0xbff8);
        put_load(c, 3, U1, U0, 0);
        put_addi(c, U1, U1, (int)lab_below(c, 2));
        put_li(c, U0, LAB_MTIMECMP);
        put_store(c, 3, U1, U0, 0);
    }
}

/* From the mode that plays, as far as it may.
 * Then forty instructions that do nothing of note: room in which an interrupt comes that was enabled, and must come at the same one. */
static void put_enables(struct lab_code *c)
{
    put_li(c, U2, lab_random(c));
    put_csr(c, CSRRW, 0, lab_coin(c) ? CSR_mie : CSR_sie, U2);
    const unsigned op = lab_coin(c) ? CSRRSI : CSRRCI, status = lab_coin(c) ? CSR_mstatus : CSR_sstatus, bit = lab_coin(c) ? 8 : 2;
    put_csr(c, op, 0, status, bit);
    for (unsigned n = 0; n < 40; n++) {
        const unsigned rd = lab_play(c), rs1 = lab_play(c);
        put_addi(c, rd, rs1, (int)n);
    }
}

/* Nothing of a block's interrupts is pending in the next one. */
static void put_quiet(struct lab_code *c)
{
    put_li(c, U0, LAB_CLINT);
    put_store(c, 2, 0, U0, 0);
    put_li(c, U0, LAB_MTIMECMP);
    put_addi(c, U2, 0, -1);
    put_store(c, 3, U2, U0, 0);
}

void lab_guest_interrupt(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct lab_block b = any_block(c);
        b.mideleg = lab_random(c);
        b.mstatus |= lab_random(c) & BIT(MSTATUS_SIE);
        b.mie = b.mode == RV_M ? 0 : lab_random(c);
        put_pending(c);
        lab_block_begin(c, &b);
        if (b.mode == RV_M)
            put_pending(c);
        for (unsigned n = 0; n < 3; n++)
            put_enables(c);
        lab_block_end(c, &b);
        put_quiet(c);
    }
    lab_frame_end(c);
}

/* --- 6: WFI: allowed or not, with something pending or not; the timer always comes. */

/* The timer is set before the block, some ticks ahead: so WFI ends by itself where it is allowed, in any mode. */
void lab_guest_wait(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct lab_block b = any_block(c);
        b.mie = BIT(RV_IRQ_MTI) | (lab_random(c) & BIT(RV_IRQ_SSI));
        put_li(c, U0, LAB_CLINT + 0xbff8);
        put_load(c, 3, U1, U0, 0);
        put_addi(c, U1, U1, 3 + (int)lab_below(c, 50)); /* not before the block is there */
        put_li(c, U0, LAB_MTIMECMP);
        put_store(c, 3, U1, U0, 0);
        lab_block_begin(c, &b);
        if (b.mode == RV_M)
            put_csr(c, CSRRWI, 0, CSR_mip, lab_coin(c) ? 2 : 0);
        put(c, LAB_WFI_WORD);
        put_addi(c, lab_play(c), 0, 1);
        lab_block_end(c, &b);
        put_quiet(c);
    }
    lab_frame_end(c);
}

/* --- 9: a little of all, for the golden log. */

void lab_guest_mixed(struct lab_code *c, uint64_t seed)
{
    lab_frame_begin(c, seed);
    for (unsigned i = 0; i < BLOCKS / 4; i++) {
        struct lab_block b = any_block(c);
        lab_block_begin(c, &b);
        for (unsigned n = 0; n < STEPS; n++)
            switch (i % 3) {
            case 0: put_anything(c); break;
            case 1: put_csr_access(c); break;
            default:
                put_return(c);
                n += STEPS / 2;
                break;
            }
        lab_block_end(c, &b);
    }
    lab_frame_end(c);
}
