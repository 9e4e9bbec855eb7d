/* main.c - what it does, in order, and the sum of what it saw. It brings no firmware and needs none: -bios none. */
#include "examples/riscv/busy/busy.h"

_Noreturn void busy_main(void);

#define UART ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)

static void put(const char *text)
{
    while (*text)
        UART[0] = (uint8_t)*text++;
}

static void put_number(uint64_t n, unsigned base)
{
    if (n >= base)
        put_number(n / base, base);
    UART[0] = (uint8_t) "0123456789abcdef"[n % base];
}

static void act(const char *name, void (*what)(void))
{
    attempts = 0;
    what();
    put("busy: ");
    put(name);
    put(": ");
    put_number(attempts, 10);
    put(" attempts, sum 0x");
    put_number(sum, 16);
    put("\n");
}

_Noreturn void busy_main(void)
{
    memory_prepare();
    csr_write(mtvec, (uint64_t)machine_vector | 1);
    csr_write(stvec, (uint64_t)supervisor_vector | 1);
    csr_write(pmpaddr0, UINT64_MAX);
    csr_write(pmpcfg0, 0x1f);
    act("control registers", do_registers);
    act("modes", do_modes);
    act("interrupts", do_interrupts);
    act("translation", do_memory);
    act("protection", do_protection);
    act("all at once", do_soup);
    *FINISHER = 0x5555;
    for (;;)
        __asm__ volatile("wfi");
}
