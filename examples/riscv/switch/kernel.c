/* kernel.c - a kernel that does nothing but switch address spaces: eight of them in turn, with a fence each time, sixteen pages
 * touched in each. A shadow that follows fences is emptied at every switch; one that traces page tables is not:
 *
 *   trapeze run --stats --shadow flush -kernel build/release/examples/switch.elf
 *   trapeze run --stats --shadow trace -kernel build/release/examples/switch.elf
 */
#include <stdint.h>

enum { PAGE = 4096, SPACES = 8, PAGES = 16, ROUNDS = 500 };
enum { V = 1, R = 2, W = 4, X = 8, A = 64, D = 128 };
#define WINDOW UINT64_C(0x40000000) /* where each space has its own pages */

_Noreturn void kernel_main(void);
_Noreturn void kernel_trapped(uint64_t cause, uint64_t value);

static uint64_t root[SPACES][512] __attribute__((aligned(PAGE)));
static uint64_t middle[SPACES][512] __attribute__((aligned(PAGE)));
static uint64_t lowest[SPACES][512] __attribute__((aligned(PAGE)));
static uint64_t page[SPACES][PAGES][512] __attribute__((aligned(PAGE)));

static void sbi(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1)
{
    register uint64_t a0 __asm__("a0") = arg0, a1 __asm__("a1") = arg1, a6 __asm__("a6") = function, a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
}

static void print(const char *s)
{
    while (*s)
        sbi(0x4442434e, 2, (uint8_t)*s++, 0); /* DBCN: write a byte */
}

static void print_number(uint64_t n)
{
    char digits[2] = {(char)('0' + n % 10), '\0'};
    if (n >= 10)
        print_number(n / 10);
    print(digits);
}

static _Noreturn void power_off(uint64_t failed)
{
    sbi(0x53525354, 0, 0, failed);
    for (;;)
        __asm__ volatile("wfi");
}

_Noreturn void kernel_trapped(uint64_t cause, uint64_t value)
{
    print("switch: trap ");
    print_number(cause);
    print(", value ");
    print_number(value);
    print("\n");
    power_off(1);
}

static uint64_t pte_to(const void *to, uint64_t flags) { return (uint64_t)to >> 12 << 10 | flags | V; }

/* The kernel where it is, as a gigapage; the window page by page [priv 12.4.1]. */
static void space_create(unsigned s)
{
    root[s][2] = pte_to((void *)0x80000000, R | W | X | A | D);
    root[s][WINDOW >> 30] = pte_to(middle[s], 0);
    middle[s][0] = pte_to(lowest[s], 0);
    for (unsigned i = 0; i < PAGES; i++)
        lowest[s][i] = pte_to(page[s][i], R | W | A | D);
}

static void space_switch(unsigned s)
{
    uint64_t satp = UINT64_C(8) << 60 | (uint64_t)(s + 1) << 44 | (uint64_t)root[s] >> 12;
    __asm__ volatile("csrw satp, %0\n\tsfence.vma" ::"r"(satp) : "memory");
}

_Noreturn void kernel_main(void)
{
    volatile uint64_t *window = (volatile uint64_t *)WINDOW;
    for (unsigned s = 0; s < SPACES; s++)
        space_create(s);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned s = 0; s < SPACES; s++) {
            space_switch(s);
            for (unsigned i = 0; i < PAGES; i++)
                window[i * 512] += s + i;
        }
    uint64_t sum = 0;
    for (unsigned s = 0; s < SPACES; s++)
        for (unsigned i = 0; i < PAGES; i++)
            sum += page[s][i][0];
    print("switch: ");
    print_number(SPACES * ROUNDS);
    print(" switches, sum ");
    print_number(sum);
    print("\n");
    power_off(sum != (uint64_t)ROUNDS * (PAGES * SPACES * (SPACES - 1) / 2 + SPACES * PAGES * (PAGES - 1) / 2));
}
