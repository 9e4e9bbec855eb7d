/* registers.c - control registers, counters among them: each that there is, and some that are not, by all six forms, in every mode. */
#include "examples/riscv/busy/busy.h"

enum { MSCRATCH = 0x340, MTVEC = 0x305 };
/* `often`: access hangs on the weather. */
static const struct {
    uint16_t first, last, often;
} there[] = {{0x001, 0x003, 2}, {0x100, 0x106, 1}, {0x10a, 0x10a, 1}, {0x140, 0x145, 1}, {0x14d, 0x14d, 4}, {0x180, 0x180, 4},
             {0x300, 0x306, 1}, {0x30a, 0x30a, 1}, {0x320, 0x320, 2}, {0x323, 0x323, 1}, {0x340, 0x345, 1}, {0x3a0, 0x3a2, 1},
             {0x3ae, 0x3b1, 1}, {0x3bf, 0x3c0, 1}, {0x3ef, 0x3ef, 1}, {0x7a0, 0x7a5, 1}, {0xb00, 0xb03, 1}, {0xb1f, 0xb1f, 1},
             {0xc00, 0xc03, 6}, {0xc1f, 0xc1f, 2}, {0xcc0, 0xcc0, 1}, {0xf11, 0xf15, 1}};

/* A locked rule would stay; so no L is ever written. */
static uint64_t operand_for(unsigned csr) { return csr >> 4 == 0x3a ? odd_word() & UINT64_C(0x7f7f7f7f7f7f7f7f) : odd_word(); }

/* Written, read, and put back before a trap can come: these two are the way back itself. */
static void kept(unsigned csr)
{
    const struct weather fair = weather_fair();
    struct attempt a = {.x = {[A1] = random_word()}};
    const uint32_t code[] = {insn_csr(1, csr, A0, A1), insn_csr(1, csr, A2, A0), insn_csr(2, csr, A3, A0), insn_csr(1, csr, A4, A0)};
    attempt(&fair, MODE_M, &a, code, 4);
}

static void access(unsigned csr, unsigned form, enum mode mode)
{
    if (mode == MODE_M && (csr == MSCRATCH || csr == MTVEC)) {
        kept(csr);
        return;
    }
    struct attempt a = {.x = {[A1] = operand_for(csr), [A2] = 2}};
    const struct weather w = weather_drawn();
    const unsigned rs1 = form > 4 ? (unsigned)below(32) & (csr >> 4 == 0x3a ? 15 : 31) : below(3 - (csr >> 10 == 3)) ? A1 : 0;
    const uint32_t code[] = {insn_csr(form, csr, below(4) ? A0 : 0, rs1), insn_csr(2, csr, A3, 0)};
    attempt(&w, mode, &a, code, 2);
}

/* Counters go on, stand still, and are set, while all else goes on. */
static void count(void)
{
    const struct weather fair = weather_fair();
    struct attempt a = {.x = {[A1] = odd_word(), [A2] = odd_word(), [A3] = below(8)}};
    const uint32_t code[] = {insn_csr(1, 0xb00, 0, A1), insn_csr(2, 0xb00, A0, 0), insn_csr(1, 0x320, 0, A3),
                             insn_csr(2, 0xc00, A4, 0), insn_csr(1, 0xb02, 0, A2), insn_csr(2, 0xb02, A1, 0),
                             insn_csr(1, 0x320, 0, 0),  insn_csr(2, 0xc02, A2, 0), insn_csr(2, 0xb02, A5, 0),
                             insn_csr(2, 0xc01, A3, 0)};
    attempt(&fair, MODE_M, &a, code, sizeof code / sizeof *code);
}

void do_registers(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    for (unsigned i = 0; i < sizeof there / sizeof *there; i++)
        for (unsigned csr = there[i].first; csr <= there[i].last; csr++)
            for (unsigned form = 1; form < 8; form++)
                for (unsigned m = 0; form != 4 && m < 3 * there[i].often; m++)
                    access(csr, form, modes[m % 3]);
    for (unsigned i = 0; i < 50; i++)
        count();
}
