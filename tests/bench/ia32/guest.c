/* guest.c - the guest of the benchmark on a PC: a multiboot kernel that maps itself by pages of 4 KiB and runs the workload that the
 * command line names: "NAME N". Prints a line when it begins and a line with the checksum when it is done, and switches the machine off.
 */
#include "tests/bench/ia32/guest.h"
#include "tests/bench/work.h"

uint8_t arena[ARENA] __attribute__((aligned(4096)));
uint32_t *directory;
static char name[32];
static uint64_t count;

extern char user_start[], user_end[];
void paging_on(uint32_t *);

/* --- the board */

static void out8(unsigned port, uint8_t v) { __asm__ volatile("outb %0, %w1" ::"a"(v), "Nd"(port)); }
static void out16(unsigned port, uint16_t v) { __asm__ volatile("outw %0, %w1" ::"a"(v), "Nd"(port)); }

static void put(const char *s)
{
    for (; *s; s++)
        out8(0x3f8, (uint8_t)*s);
}

static void put_hex(uint64_t v)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        char c[2] = {"0123456789abcdef"[v >> shift & 15], '\0'};
        put(c);
    }
}

/* A PC with power management has PM1a_CNT here, and SLP_EN with this type is S5; one without is off when it halts for good. */
static void power_off(void)
{
    out16(0x604, 1 << 13);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void fail(const char *why)
{
    put("fail ");
    put(why);
    put("\n");
    power_off();
}

/* --- the command line [Multiboot 0.6.96, 3.3]; some loaders put the file's name before it: the last two words count */

struct multiboot {
    uint32_t flags, memory[2], device;
    const char *command;
};

static const char *word_before(const char *begin, const char *end)
{
    while (end > begin && end[-1] == ' ')
        end--;
    while (end > begin && end[-1] != ' ')
        end--;
    return end;
}

static void read_command(const char *s)
{
    const char *end = s;
    unsigned i = 0;
    while (*end)
        end++;
    const char *number = word_before(s, end), *at = word_before(s, number);
    for (; *at && *at != ' ' && i < sizeof name - 1; at++)
        name[i++] = *at;
    for (; *number >= '0' && *number <= '9'; number++)
        count = 10 * count + (uint64_t)(*number - '0');
}

/* --- page tables [SDM 3A 4.3] */

enum { P = 1, W = 2, U = 4, A = 32, D = 64, TABLES = 32 };
static uint32_t table[TABLES][1024] __attribute__((aligned(4096)));
static unsigned tables;

static uint32_t *table_new(void)
{
    if (tables == TABLES)
        fail("no table is left");
    return table[tables++];
}

uint32_t *pte_of(uint32_t *root, uint32_t va)
{
    uint32_t *pde = &root[va >> 22];
    if (!*pde)
        *pde = (uint32_t)table_new() | U | W | P;
    return (uint32_t *)(*pde & ~0xfffu) + (va >> 12 & 1023);
}

void map_page(uint32_t *root, uint32_t va, uint32_t pa, int user) { *pte_of(root, va) = pa | (user ? U : 0) | D | A | W | P; }

uint32_t *address_space(void)
{
    uint32_t *root = table_new();
    for (uint32_t pa = 0; pa < UINT32_C(8) << 20; pa += 4096)
        map_page(root, pa, pa, pa >= (uint32_t)user_start && pa < (uint32_t)user_end);
    return root;
}

/* --- what the compiler calls for 64-bit division: a bit at a time */

uint64_t __udivmoddi4(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t quotient = 0, left = 0;
    if (!(a >> 32) && !(b >> 32)) {
        *rest = (uint32_t)a % (uint32_t)b;
        return (uint32_t)a / (uint32_t)b;
    }
    for (int bit = 63; bit >= 0; bit--) {
        left = left << 1 | (a >> bit & 1);
        if (left >= b) {
            left -= b;
            quotient |= UINT64_C(1) << bit;
        }
    }
    *rest = left;
    return quotient;
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    __udivmoddi4(a, b, &rest);
    return rest;
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    return __udivmoddi4(a, b, &rest);
}

/* --- */

static void run(void)
{
    static const struct {
        const char *name;
        uint64_t (*run)(uint64_t);
    } all[] = {
#define WORK(name, group, n, about) {#name, work_##name},
#define SYSTEM(name, group, n, about) {#name, ia32_##name},
        WORKS IA32_SYSTEMS
#undef WORK
#undef SYSTEM
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        const char *a = name, *b = all[i].name;
        while (*a && *a == *b)
            a++, b++;
        if (*a || *b)
            continue;
        all[i].run(count / 10 + 1); /* hot: translated, decoded, mapped */
        put("begin\n");
        uint64_t h = all[i].run(count);
        put("end ");
        put_hex(h);
        put("\n");
        power_off();
    }
    fail("there is no such workload");
}

void kernel_main(const struct multiboot *m)
{
    if (!(m->flags & 1 << 2))
        fail("no command line");
    read_command(m->command);
    for (unsigned vector = 0; vector < 32; vector++)
        gate_set(vector, on_surprise, 0);
    directory = address_space();
    paging_on(directory);
    run();
}
