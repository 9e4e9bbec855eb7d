/* user.c - the program each process runs: counts primes in memory that the kernel gives it page by page, then says so. */
#include <stdint.h>

enum { SYS_WRITE = 1, SYS_EXIT = 2, HEAP = 0x40000, LIMIT = 50000 };

void _user(uint64_t id);

static uint64_t call(uint64_t number, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0;
}

static void put_text(char *line, unsigned *n, const char *s)
{
    while (*s)
        line[(*n)++] = *s++;
}

static void put_number(char *line, unsigned *n, uint64_t v)
{
    if (v >= 10)
        put_number(line, n, v / 10);
    line[(*n)++] = (char)('0' + v % 10);
}

static uint64_t primes_below(uint64_t limit, volatile uint8_t *composite)
{
    uint64_t count = 0;
    for (uint64_t i = 2; i < limit; i++) {
        if (composite[i])
            continue;
        count++;
        for (uint64_t j = i * i; j < limit; j += i)
            composite[j] = 1;
    }
    return count;
}

__attribute__((section(".text.entry"))) void _user(uint64_t id)
{
    char line[80];
    unsigned n = 0;
    uint64_t limit = LIMIT / id; /* the processes do different amounts of work */
    uint64_t count = primes_below(limit, (volatile uint8_t *)HEAP);
    put_text(line, &n, "user: process ");
    put_number(line, &n, id);
    put_text(line, &n, " found ");
    put_number(line, &n, count);
    put_text(line, &n, " primes below ");
    put_number(line, &n, limit);
    put_text(line, &n, "\n");
    call(SYS_WRITE, (uint64_t)line, n);
    call(SYS_EXIT, 0, 0);
}
