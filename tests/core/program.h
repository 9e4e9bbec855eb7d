/* program.h - small RISC-V programs written in C: an assembler of the few instructions that tests of the VMM need, and a supervisor
 * program that does what kernels do: page tables, a user task, system calls, a timer, atomics, a device.
 */
#ifndef TRAPEZE_TESTS_CORE_PROGRAM_H
#define TRAPEZE_TESTS_CORE_PROGRAM_H

#include "isa/riscv.h"
#include "mmu/pt.h"

#include <string.h>

enum {
    ZERO,
    RA,
    SP,
    GP,
    TP,
    T0,
    T1,
    T2,
    S0,
    S1,
    A0,
    A1,
    A2,
    A3,
    A4,
    A5,
    A6,
    A7,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    S11,
    T3,
    T4,
    T5,
    T6
};

struct program {
    uint32_t word[1024];
    unsigned count;
};

static inline unsigned here(const struct program *p) { return p->count; }
static inline void emit(struct program *p, uint32_t word) { p->word[p->count++] = word; }

static inline uint32_t i_type(unsigned op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static inline uint32_t s_type(unsigned f3, unsigned rs1, unsigned rs2, int imm)
{
    uint32_t u = (uint32_t)imm;
    return ((u >> 5) & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (u & 31) << 7 | 0x23;
}

static inline uint32_t b_type(unsigned f3, unsigned rs1, unsigned rs2, int offset)
{
    uint32_t u = (uint32_t)offset;
    return ((u >> 12) & 1) << 31 | ((u >> 5) & 0x3f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | ((u >> 1) & 15) << 8 |
           ((u >> 11) & 1) << 7 | 0x63;
}

static inline void addi(struct program *p, unsigned rd, unsigned rs1, int imm) { emit(p, i_type(0x13, 0, rd, rs1, imm)); }
static inline void slli(struct program *p, unsigned rd, unsigned rs1, unsigned n) { emit(p, i_type(0x13, 1, rd, rs1, (int)n)); }
static inline void add(struct program *p, unsigned rd, unsigned rs1, unsigned rs2) { emit(p, rs2 << 20 | rs1 << 15 | rd << 7 | 0x33); }
static inline void xor_(struct program *p, unsigned rd, unsigned rs1, unsigned rs2)
{
    emit(p, rs2 << 20 | rs1 << 15 | 4u << 12 | rd << 7 | 0x33);
}
static inline void ld(struct program *p, unsigned rd, unsigned rs1, int imm) { emit(p, i_type(0x03, 3, rd, rs1, imm)); }
static inline void lw(struct program *p, unsigned rd, unsigned rs1, int imm) { emit(p, i_type(0x03, 2, rd, rs1, imm)); }
static inline void sd(struct program *p, unsigned rs2, unsigned rs1, int imm) { emit(p, s_type(3, rs1, rs2, imm)); }
static inline void sw(struct program *p, unsigned rs2, unsigned rs1, int imm) { emit(p, s_type(2, rs1, rs2, imm)); }
static inline void csrrw(struct program *p, unsigned rd, unsigned csr, unsigned rs1) { emit(p, i_type(0x73, 1, rd, rs1, (int)csr)); }
static inline void csrrs(struct program *p, unsigned rd, unsigned csr, unsigned rs1) { emit(p, i_type(0x73, 2, rd, rs1, (int)csr)); }
static inline void csrrc(struct program *p, unsigned rd, unsigned csr, unsigned rs1) { emit(p, i_type(0x73, 3, rd, rs1, (int)csr)); }
static inline void ecall(struct program *p) { emit(p, 0x00000073); }
static inline void ebreak(struct program *p) { emit(p, 0x00100073); }
static inline void sret(struct program *p) { emit(p, 0x10200073); }
static inline void wfi(struct program *p) { emit(p, 0x10500073); }
static inline void fence_i(struct program *p) { emit(p, 0x0000100f); }
static inline void sfence_vma(struct program *p, unsigned rs1, unsigned rs2) { emit(p, 0x12000073 | rs2 << 20 | rs1 << 15); }
static inline void amoadd_d(struct program *p, unsigned rd, unsigned rs1, unsigned rs2)
{
    emit(p, rs2 << 20 | rs1 << 15 | 3u << 12 | rd << 7 | 0x2f);
}
static inline void lr_d(struct program *p, unsigned rd, unsigned rs1) { emit(p, 2u << 27 | rs1 << 15 | 3u << 12 | rd << 7 | 0x2f); }
static inline void sc_d(struct program *p, unsigned rd, unsigned rs1, unsigned rs2)
{
    emit(p, 3u << 27 | rs2 << 20 | rs1 << 15 | 3u << 12 | rd << 7 | 0x2f);
}
static inline void fcvt_d_l(struct program *p, unsigned fd, unsigned rs1) { emit(p, 0xd2200053 | 7u << 12 | rs1 << 15 | fd << 7); }
static inline void fdiv_d(struct program *p, unsigned fd, unsigned fs1, unsigned fs2)
{
    emit(p, 0x1a000053 | 7u << 12 | fs2 << 20 | fs1 << 15 | fd << 7);
}
static inline void bne(struct program *p, unsigned rs1, unsigned rs2, unsigned to)
{
    emit(p, b_type(1, rs1, rs2, ((int)to - (int)p->count) * 4));
}
static inline void beq(struct program *p, unsigned rs1, unsigned rs2, unsigned to)
{
    emit(p, b_type(0, rs1, rs2, ((int)to - (int)p->count) * 4));
}
static inline void blt(struct program *p, unsigned rs1, unsigned rs2, unsigned to)
{
    emit(p, b_type(4, rs1, rs2, ((int)to - (int)p->count) * 4));
}

/* A forward branch is emitted with land() later. */
static inline unsigned leap(struct program *p) { return p->count++; }
static inline void land_blt(struct program *p, unsigned at, unsigned rs1, unsigned rs2)
{
    p->word[at] = b_type(4, rs1, rs2, ((int)p->count - (int)at) * 4);
}
static inline void land_bne(struct program *p, unsigned at, unsigned rs1, unsigned rs2)
{
    p->word[at] = b_type(1, rs1, rs2, ((int)p->count - (int)at) * 4);
}

/* --- The supervisor program. Physical memory from BASE, by page:
 *   0, 1 code, supervisor's   2 code, user's   3 data, user's   4 data, supervisor's   5..7 tables 2, 1, 0 of Sv39   8.. data
 * Virtual: code and data at their physical addresses by a supervisor superpage; user's pages at USER; a page that is mapped anew in
 * each round, by writing its PTE, at WANDER; the device at DEVICE. */
#define PROGRAM_BASE UINT64_C(0x80000000)
#define PROGRAM_DEVICE UINT64_C(0x10000000)
#define PROGRAM_USER UINT64_C(0x400000)
#define PROGRAM_WANDER UINT64_C(0x410000)
#define PROGRAM_PAGE(n) (PROGRAM_BASE + (uint64_t)(n)*PAGE_SIZE)
enum { PROGRAM_HANDLER = 0x800, PROGRAM_PAGES = 64 };

/* S-mode: S0 rounds, S1 a checksum, S2 the PTE of WANDER (its address), S3 its value, S4 WANDER, S5 device, S6 supervisor data. */
static inline void program_rounds(struct program *p)
{
    unsigned round = here(p);
    addi(p, T0, ZERO, 1); /* the next page */
    slli(p, T0, T0, 10);
    add(p, S3, S3, T0);
    ld(p, T1, S6, 8); /* after 40 pages begin again */
    addi(p, T1, T1, 1);
    addi(p, T2, ZERO, 40);
    unsigned wrap = leap(p);
    ld(p, S3, S6, 16);
    addi(p, T1, ZERO, 0);
    land_blt(p, wrap, T1, T2);
    sd(p, T1, S6, 8);
    sd(p, S3, S2, 0);
    sfence_vma(p, S4, ZERO);
    ld(p, T0, S4, 24);
    xor_(p, S1, S1, T0);
    sd(p, S1, S4, 32);
    unsigned again = here(p);
    lr_d(p, T0, S6);
    addi(p, T0, T0, 3);
    sc_d(p, T1, S6, T0);
    bne(p, T1, ZERO, again);
    lw(p, T0, S5, 0x10); /* the device */
    add(p, S1, S1, T0);
    sw(p, S0, S5, 4);
    addi(p, T0, ZERO, 1); /* SUM: a look at the user's page */
    slli(p, T0, T0, MSTATUS_SUM);
    csrrs(p, ZERO, CSR_sstatus, T0);
    ld(p, T1, S7, 0);
    add(p, S1, S1, T1);
    csrrc(p, ZERO, CSR_sstatus, T0);
    csrrs(p, T1, CSR_time, ZERO);
    add(p, S1, S1, T1);
    csrrs(p, T1, CSR_instret, ZERO);
    add(p, S1, S1, T1);
    csrrw(p, ZERO, CSR_sscratch, SP); /* to the user and back: the handler returns behind the sret */
    csrrw(p, ZERO, CSR_sepc, S8);
    addi(p, T0, ZERO, 0x120); /* SPP = U; SPIE = 0: interrupts come in U-mode only */
    csrrc(p, ZERO, CSR_sstatus, T0);
    sret(p);
    addi(p, S0, S0, -1);
    bne(p, S0, ZERO, round);
    wfi(p);
    ebreak(p);
}

/* stvec. A system call goes on after the sret above (S9); an interrupt sets the timer anew and returns; all else stops (ebreak). */
static inline void program_handler(struct program *p)
{
    p->count = PROGRAM_HANDLER / 4;
    csrrs(p, T3, CSR_scause, ZERO);
    unsigned exception = leap(p);
    csrrs(p, T4, CSR_time, ZERO);
    addi(p, T4, T4, 7);
    csrrw(p, ZERO, CSR_stimecmp, T4);
    addi(p, S10, S10, 1);
    sret(p);
    p->word[exception] = b_type(5, T3, ZERO, ((int)p->count - (int)exception) * 4); /* bge: not an interrupt */
    addi(p, T3, T3, -RV_CAUSE_ECALL_U);
    unsigned other = leap(p);
    add(p, S1, S1, A0);
    csrrw(p, ZERO, CSR_sepc, S9);
    addi(p, T0, ZERO, 0x100);
    csrrs(p, ZERO, CSR_sstatus, T0);
    sret(p);
    land_bne(p, other, T3, ZERO);
    ebreak(p);
}

/* U-mode: some arithmetic, floating point, an atomic, and a call. */
static inline void program_user(struct program *p)
{
    addi(p, A1, ZERO, 30);
    unsigned loop = here(p);
    add(p, A0, A0, A1);
    fcvt_d_l(p, 1, A0);
    fcvt_d_l(p, 2, A1);
    fdiv_d(p, 3, 1, 2);
    amoadd_d(p, A2, S7, A0);
    addi(p, A1, A1, -1);
    bne(p, A1, ZERO, loop);
    ecall(p);
}

static inline void program_map(uint8_t *ram, unsigned table, unsigned index, uint64_t pte)
{
    memcpy(ram + (size_t)table * PAGE_SIZE + index * 8, &pte, sizeof pte);
}

/* Writes the whole of it into `ram` (PROGRAM_PAGES pages) and the registers that a boot loader would set, into `m`. */
static inline void program_load(struct machine *m, unsigned rounds)
{
    static uint8_t ram[PROGRAM_PAGES * PAGE_SIZE];
    const uint64_t all = SV_R | SV_W | SV_X | SV_V, wander = pt_sv39.table(PROGRAM_PAGE(9)) | SV_R | SV_W | SV_V;
    struct program kernel = {0}, user = {0};

    memset(ram, 0, sizeof ram);
    for (unsigned i = 8; i < PROGRAM_PAGES; i++)
        memset(ram + (size_t)i * PAGE_SIZE, (int)i, PAGE_SIZE);
    program_rounds(&kernel);
    unsigned after = 0;
    for (unsigned i = 0; i < kernel.count; i++)
        if (kernel.word[i] == 0x10200073)
            after = i + 1;
    program_handler(&kernel);
    program_user(&user);
    memcpy(ram, kernel.word, kernel.count * 4);
    memcpy(ram + 2 * PAGE_SIZE, user.word, user.count * 4);
    memcpy(ram + 4 * PAGE_SIZE + 16, &wander, 8);
    program_map(ram, 5, 0, pt_sv39.table(PROGRAM_PAGE(6)));
    program_map(ram, 5, 2, pt_sv39.table(PROGRAM_BASE) | all); /* a gigabyte at its own address */
    program_map(ram, 6, 2, pt_sv39.table(PROGRAM_PAGE(7)));
    program_map(ram, 6, 128, pt_sv39.table(PROGRAM_DEVICE) | SV_R | SV_W | SV_V | SV_A | SV_D);
    program_map(ram, 7, 0, pt_sv39.table(PROGRAM_PAGE(2)) | SV_R | SV_X | SV_U | SV_V);
    program_map(ram, 7, 1, pt_sv39.table(PROGRAM_PAGE(3)) | SV_R | SV_W | SV_U | SV_V);
    program_map(ram, 7, 16, wander);
    if (machine_store(m, PROGRAM_BASE, ram, sizeof ram) < 0)
        return;

    const struct {
        reg_t reg;
        uint64_t value;
    } boot[] = {
        {S0, rounds},
        {S1, 0},
        {S2, PROGRAM_PAGE(7) + 16 * 8},
        {S3, wander},
        {S4, PROGRAM_WANDER},
        {S5, PROGRAM_DEVICE},
        {S6, PROGRAM_PAGE(4)},
        {S7, PROGRAM_USER + PAGE_SIZE},
        {S8, PROGRAM_USER},
        {S9, PROGRAM_BASE + after * 4},
        {S10, 0},
        {RV_CSR + CSR_pmpaddr0, UINT64_MAX},
        {RV_CSR + CSR_pmpcfg0, 0x1f},
        {RV_CSR + CSR_medeleg, 0xb3ff & ~(1u << RV_CAUSE_BREAKPOINT)},
        {RV_CSR + CSR_mideleg, 0x222},
        {RV_CSR + CSR_mcounteren, 7},
        {RV_CSR + CSR_menvcfg, UINT64_C(5) << 61},
        {RV_CSR + CSR_stvec, PROGRAM_BASE + PROGRAM_HANDLER},
        {RV_CSR + CSR_sie, 1u << RV_IRQ_STI},
        {RV_CSR + CSR_stimecmp, 5},
        {RV_CSR + CSR_mstatus, UINT64_C(1) << MSTATUS_FS},
        {RV_CSR + CSR_satp, (UINT64_C(8) << 60) | PROGRAM_PAGE(5) >> PAGE_SHIFT},
        {MACHINE_PC, PROGRAM_BASE},
        {MACHINE_MODE, RV_S},
    };
    for (unsigned i = 0; i < sizeof boot / sizeof *boot; i++)
        machine_set(m, boot[i].reg, boot[i].value);
}

#endif
