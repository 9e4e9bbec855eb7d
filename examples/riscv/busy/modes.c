/* modes.c - ways from mode to mode: MRET and SRET from where they may be executed and from where not, to everywhere. */
#include "examples/riscv/busy/busy.h"

extern char landing[]; /* an ecall that every mode finds at this address, by translation or without */
__asm__(".balign 4\nlanding: ecall\n");

static uint64_t somewhere(unsigned i)
{
    if (i < 64)
        return BIT(i);
    if (i < 128)
        return ~BIT(i - 64);
    return below(3) ? (uint64_t)landing - below(2) * (RAM - RAM_USER) : odd_word();
}

/* In M-mode: what the return is to find, and the return. */
static void from_machine(uint32_t insn, uint64_t to)
{
    struct weather w = weather_drawn();
    const uint64_t status = (below(8) ? w.status & ~MIE : w.status) | (random_word() & (MPRV | SPP | MPIE | SPIE)) | below(4) << MPP;
    struct attempt a = {.x = {[A0] = to, [A1] = status}};
    const uint32_t code[] = {insn_csr(1, insn == MRET ? 0x341 : 0x141, 0, A0), insn_csr(1, 0x300, A2, A1), insn};
    w.status &= ~(MPIE | MIE);
    attempt(&w, MODE_M, &a, code, 3);
}

static void from_supervisor(uint32_t insn, uint64_t to, enum mode mode)
{
    const struct weather w = weather_drawn();
    struct attempt a = {.x = {[A0] = to, [A1] = random_word() & (SPP | SPIE | SUM | MXR)}};
    const uint32_t code[] = {insn_csr(1, 0x141, A2, A0), insn_csr(2, 0x100, A3, A1), insn_csr(2, 0x100, A4, 0), insn};
    attempt(&w, mode, &a, code + (mode == MODE_U ? 3 : 0), mode == MODE_U ? 1 : 4);
}

void do_modes(void)
{
    for (unsigned i = 0; i < 200; i++) {
        from_machine(MRET, somewhere(i));
        from_machine(SRET, somewhere(i));
        from_supervisor(SRET, somewhere(i), MODE_S);
        if (i % 4 == 0)
            from_supervisor(MRET, somewhere(i), below(2) ? MODE_S : MODE_U);
        if (i % 4 == 1)
            from_supervisor(SRET, somewhere(i), MODE_U);
    }
}
