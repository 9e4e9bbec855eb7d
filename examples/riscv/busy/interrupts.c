/* interrupts.c - interrupts of all six kinds, pending before or while the attempt runs, enabled or not, delegated or not; and waiting for one. */
#include "examples/riscv/busy/busy.h"

enum { ROUNDS = 120 };
#define MTIMECMP ((volatile uint64_t *)0x2004000)
#define UART ((volatile uint8_t *)0x10000000)
#define PLIC ((volatile uint32_t *)0x0c000000)
enum { UART_LINE = 10, PLIC_ENABLE = 0x2000 / 4, PLIC_CONTEXT = 0x200000 / 4, PLIC_NEXT = 0x1000 / 4 };

/* The transmitter is always empty: with its interrupt enabled, the line is high. */
static void line(unsigned high) { UART[1] = high ? 2 : 0; }

static void plic_prepare(void)
{
    PLIC[UART_LINE] = 1;
    for (unsigned context = 0; context < 2; context++) /* M, S */
        PLIC[PLIC_ENABLE + context * 0x80 / 4] = 1 << UART_LINE;
}

static void plic_done(void)
{
    line(0);
    for (unsigned context = 0; context < 2; context++) {
        volatile uint32_t *claim = &PLIC[PLIC_CONTEXT + context * PLIC_NEXT + 1];
        uint32_t number = *claim;
        note(number);
        *claim = number;
    }
}

/* A loop of a while; a timer fires in the midst of it, or nothing does. */
static void while_running(enum mode mode)
{
    struct weather w = weather_drawn();
    struct attempt a = {.x = {[S5] = 1 + below(200)}};
    const uint32_t code[] = {insn_csr(2, mode == MODE_M ? 0x344 : 0x144, A0, 0), COUNT_DOWN, UNTIL_ZERO,
                             insn_csr(2, mode == MODE_M ? 0x344 : 0x144, A1, 0)};
    w.mie = random_word() & 0xaaa;
    csr_write(menvcfg, BIT(63));
    csr_write(stimecmp, csr_read(time) + below(4));
    *MTIMECMP = csr_read(time) + below(4);
    line(below(3) == 0);
    attempt(&w, mode, &a, code + (mode == MODE_U), mode == MODE_U ? 2 : 4);
    plic_done();
}

/* Software's own, by mip and by sip. */
static void by_hand(void)
{
    struct weather w = weather_drawn();
    struct attempt a = {.x = {[A0] = random_word() & 0xaaa, [A1] = random_word() & 0xaaa, [A2] = random_word() & 0xaaa}};
    const uint32_t code[] = {insn_csr(1 + (unsigned)below(3), 0x144, A3, A0), insn_csr(1 + (unsigned)below(3), 0x104, A4, A1),
                             insn_csr(6, 0x100, 0, 2), insn_csr(2, 0x144, A5, 0)};
    attempt(&w, MODE_S, &a, code, 4);
}

/* Something will come, and ends the wait even where it is not taken. */
static void wait(enum mode mode)
{
    struct weather w = weather_drawn();
    struct attempt a = {0};
    const uint32_t code[] = {WFI, insn_csr(2, 0xc01, A0, 0)};
    w.mie |= MTI;
    *MTIMECMP = csr_read(time) + below(50);
    attempt(&w, mode, &a, code, 2);
}

void do_interrupts(void)
{
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    plic_prepare();
    for (unsigned i = 0; i < ROUNDS; i++) {
        while_running(modes[i % 3]);
        by_hand();
        wait(modes[below(3)]);
    }
}
