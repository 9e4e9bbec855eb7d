/* The system group has fast bodies for its common ends, which ask what the careful ones ask: every CSR by each of the six instructions, and
 * what else may trap because of the mode, in each mode, from random states, by both. They must end alike, and leave the same state. */
#include "isa/riscv/table.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

enum { LONG = 1000000, TIMES = 24, CODE_SLOT = 8 };
#define LANDING (BENCH_CODE + 0x800) /* where xRET leads */

/* Control state, and what an instruction leaves of it. */
static const uint16_t kept[] = {CSR_mstatus,  CSR_medeleg,  CSR_mideleg,  CSR_mie,        CSR_mip,        CSR_mtvec,
                                CSR_mscratch, CSR_mepc,     CSR_mcause,   CSR_mtval,      CSR_menvcfg,    CSR_senvcfg,
                                CSR_stvec,    CSR_sscratch, CSR_sepc,     CSR_scause,     CSR_stval,      CSR_stimecmp,
                                CSR_fcsr,     CSR_mcycle,   CSR_minstret, CSR_mcounteren, CSR_scounteren, CSR_mcountinhibit,
                                CSR_tselect,  CSR_pmpaddr1, CSR_pmpaddr9, CSR_satp};
enum { KEPT = sizeof kept / sizeof *kept };

struct state {
    uint64_t x[32], csr[KEPT], mode, pc;
};

struct end {
    struct state state;
    bool done;
    uint64_t cause, tval;
    enum trap_reason reason;
};

static void state_random(struct state *s, unsigned mode, uint64_t *seed)
{
    *s = (struct state){.mode = mode, .pc = BENCH_CODE};
    for (unsigned n = 1; n < 32; n++)
        s->x[n] = bench_random(seed) >> (bench_random(seed) & 63);
    for (unsigned n = 0; n < KEPT; n++)
        s->csr[n] = bench_random(seed);
    for (unsigned n = 0; n < KEPT; n++)
        switch (kept[n]) {
        case CSR_mstatus: /* MPP is a mode: another value would leave what was there */
            s->csr[n] = bits_set(s->csr[n] & ~(UINT64_C(1) << MSTATUS_MPRV), MSTATUS_MPP, 2,
                                 (unsigned[]){RV_U, RV_S, RV_M}[bench_random(seed) % 3]);
            break;
        case CSR_satp: s->csr[n] = 0; break;
        case CSR_mie: s->csr[n] &= bench_random(seed) % 8 ? 0 : ~UINT64_C(0); break; /* else an interrupt comes first */
        case CSR_sepc:
        case CSR_mepc: s->csr[n] = LANDING | (bench_random(seed) & 6); break;
        default: break;
        }
}

static void state_set(struct bench *b, const struct state *s)
{
    machine_reset(b->m); /* else a PMP entry that is locked stays */
    machine_set(b->m, MACHINE_CLOCK, 5000);
    machine_set(b->m, MACHINE_RETIRED, 4000);
    for (unsigned n = 1; n < 32; n++)
        machine_set(b->m, RV_X + n, s->x[n]);
    bench_set(b, CSR_mcountinhibit, 0);
    bench_set(b, CSR_menvcfg, 0);           /* STCE hides what STIP holds */
    for (unsigned n = 0; n < 2 * KEPT; n++) /* twice: what one keeps depends on another */
        bench_set(b, kept[n % KEPT], s->csr[n % KEPT]);
    bench_open_pmp(b);
    bench_mode(b, s->mode);
    machine_set(b->m, MACHINE_PC, s->pc);
}

static void state_get(const struct bench *b, struct state *s)
{
    s->x[0] = 0;
    for (unsigned n = 1; n < 32; n++)
        s->x[n] = machine_get(b->m, RV_X + n);
    for (unsigned n = 0; n < KEPT; n++)
        s->csr[n] = bench_get(b, kept[n]);
    s->mode = machine_get(b->m, MACHINE_MODE);
    s->pc = machine_get(b->m, MACHINE_PC);
}

/* Behind the instruction, and where xRET leads, nothing can be executed: so that what comes after a completed one is a trap elsewhere. A
 * wait is a completion. */
static void end_in(struct bench *b, const struct state *before, uint64_t budget, struct end *out)
{
    uint64_t retired = 0;
    *out = (struct end){.done = true};
    state_set(b, before);
    struct trap t = machine_run(b->m, budget, &retired);
    state_get(b, &out->state);
    if (out->state.pc == before->pc && t.kind != TRAP_BUDGET) {
        out->done = t.kind == TRAP_INTERRUPT;
        out->cause = t.cause;
        out->tval = t.tval;
        out->reason = t.reason;
    }
}

static void both(struct bench *b, uint32_t bits, unsigned mode, uint64_t *seed)
{
    struct state before;
    struct end fast, careful;
    state_random(&before, mode, seed);
    assert_int_equal(machine_store(b->m, BENCH_CODE, &bits, 4), 0);
    end_in(b, &before, LONG, &fast);
    end_in(b, &before, 1, &careful);
    if (fast.done != careful.done || fast.cause != careful.cause || fast.reason != careful.reason || fast.tval != careful.tval)
        fail_msg("0x%08x in mode %u: done %d, cause %d, reason %d by the fast body; done %d, cause %d, reason %d by the careful one",
                 bits, mode, fast.done, (int)fast.cause, fast.reason, careful.done, (int)careful.cause, careful.reason);
    for (unsigned n = 0; n < KEPT; n++)
        if (fast.state.csr[n] != careful.state.csr[n])
            fail_msg("0x%08x in mode %u: the fast body leaves 0x%llx in CSR 0x%x, the careful one 0x%llx", bits, mode,
                     (unsigned long long)fast.state.csr[n], kept[n], (unsigned long long)careful.state.csr[n]);
    if (memcmp(&fast.state, &careful.state, sizeof fast.state) != 0)
        fail_msg("0x%08x in mode %u: mode, PC or registers are not the same after the two bodies", bits, mode);
}

static void bench_make(struct bench *b)
{
    const struct riscv_config config = bench_config();
    const uint8_t nothing[0x1000] = {0};
    bench_open(b, &config);
    assert_int_equal(machine_store(b->m, BENCH_CODE, nothing, sizeof nothing), 0);
}

static void every_csr_by_both_bodies(void **state)
{
    static const enum csr_funct functs[] = {CSRRW, CSRRS, CSRRC, CSRRWI, CSRRSI, CSRRCI};
    uint64_t seed = 1;
    struct bench b;
    (void)state;
    bench_make(&b);
    for (unsigned csr = 0; csr < 4096; csr++)
        for (unsigned f = 0; f < 6; f++)
            for (unsigned n = 0; n < (machine_has(b.m, RV_CSR + csr) ? 3 * TIMES : 3); n++) {
                const unsigned odd = (unsigned)bench_random(&seed) & 7, rd = (unsigned)bench_random(&seed) & 31;
                const unsigned rs1 = odd == 0 ? 0 : odd == 1 ? 31 : odd == 2 ? rd : (unsigned)bench_random(&seed) & 31;
                both(&b, insn_csr(functs[f], rd, csr, rs1), (unsigned[]){RV_U, RV_S, RV_M}[n % 3], &seed);
            }
    bench_close(&b);
}

static void the_rest_by_both_bodies(void **state)
{
    static const uint32_t bits[] = {INSN_ECALL, INSN_EBREAK, INSN_SRET, INSN_MRET, INSN_WFI, INSN_SFENCE_VMA};
    uint64_t seed = 2;
    struct bench b;
    (void)state;
    bench_make(&b);
    for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++)
        for (unsigned n = 0; n < 300 * TIMES; n++) {
            const uint32_t registers = bits[i] == INSN_SFENCE_VMA ? (uint32_t)bench_random(&seed) & 0x01ff8000 : 0;
            both(&b, bits[i] | registers, (unsigned[]){RV_U, RV_S, RV_M}[n % 3], &seed);
        }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_csr_by_both_bodies), cmocka_unit_test(the_rest_by_both_bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
