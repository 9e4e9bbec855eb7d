/* guest.c - the guest of the benchmark: starts in M-mode, maps itself by pages of 4 KiB (Sv39), and in S-mode runs the workload that
 * the kernel command line names: "NAME N". Prints a line when it begins and a line with the checksum when it is done.
 */
#include "tests/bench/system.h"
#include "tests/bench/work.h"

#define UART UINT64_C(0x10000000)
#define FINISHER UINT64_C(0x100000)
#define RAM UINT64_C(0x80000000)

uint8_t arena[ARENA] __attribute__((aligned(4096)));
uint64_t machine_words[3];
static char name[32];
static uint64_t count;

extern char user_start[], user_end[];
void enter_supervisor(void (*)(void), uint64_t satp);
void machine_trap(void);

/* --- the board */

static void put(const char *s)
{
    for (; *s; s++)
        *(volatile uint8_t *)UART = (uint8_t)*s;
}

static void put_hex(uint64_t v)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        char c[2] = {"0123456789abcdef"[v >> shift & 15], '\0'};
        put(c);
    }
}

static void power_off(uint32_t status)
{
    *(volatile uint32_t *)FINISHER = status ? status << 16 | 0x3333 : 0x5555;
    for (;;)
        ;
}

void fail(const char *why)
{
    put("fail ");
    put(why);
    put("\n");
    power_off(1);
}

/* --- the command line: the property "bootargs" of the device tree [Devicetree Specification 5.4] */

static uint32_t big(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static const char *bootargs(const uint8_t *tree)
{
    const uint8_t *at = tree + big(tree + 8);
    const char *strings = (const char *)tree + big(tree + 12);
    for (;;) {
        uint32_t token = big(at);
        at += 4;
        if (token == 1) { /* a node: its name */
            while (*at)
                at++;
            at = (const uint8_t *)(((uintptr_t)at + 4) & ~UINT64_C(3));
        } else if (token == 3) {
            uint32_t length = big(at);
            if (same(strings + big(at + 4), "bootargs"))
                return (const char *)at + 8;
            at += 8 + ((length + 3) & ~3u);
        } else if (token == 9) {
            return "";
        }
    }
}

static void read_command(const char *s)
{
    unsigned i = 0;
    for (; *s && *s != ' ' && i < sizeof name - 1; s++)
        name[i++] = *s;
    while (*s == ' ')
        s++;
    for (; *s >= '0' && *s <= '9'; s++)
        count = 10 * count + (uint64_t)(*s - '0');
}

/* --- page tables */

enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128, TABLES = 64 };
static uint64_t table[TABLES][512] __attribute__((aligned(4096)));
static unsigned tables;

uint64_t *table_new(void)
{
    if (tables == TABLES)
        fail("no table is left");
    return table[tables++];
}

uint64_t *pte_of(uint64_t *root, uint64_t va)
{
    for (unsigned level = 2; level > 0; level--) {
        uint64_t *pte = &root[va >> (12 + 9 * level) & 511];
        if (!*pte)
            *pte = (uint64_t)table_new() >> 12 << 10 | V;
        root = (uint64_t *)(*pte >> 10 << 12);
    }
    return &root[va >> 12 & 511];
}

void map_page(uint64_t *root, uint64_t va, uint64_t pa, int user)
{
    *pte_of(root, va) = pa >> 12 << 10 | (user ? U : 0) | V | R | W | X | A | D;
}

uint64_t satp_of(const uint64_t *root, uint64_t asid) { return UINT64_C(8) << 60 | asid << 44 | (uint64_t)root >> 12; }

uint64_t *address_space(void)
{
    uint64_t *root = table_new();
    for (uint64_t pa = RAM; pa < RAM + (UINT64_C(8) << 20); pa += 4096)
        map_page(root, pa, pa, pa >= (uint64_t)user_start && pa < (uint64_t)user_end);
    map_page(root, UART, UART, 0);
    map_page(root, FINISHER, FINISHER, 0);
    return root;
}

/* --- */

static void run(void)
{
    static const struct {
        const char *name;
        uint64_t (*run)(uint64_t);
    } all[] = {
#define WORK(name, group, n, about) {#name, work_##name},
#define SYSTEM(name, n, about, checksum) {#name, system_##name},
        WORKS SYSTEMS
#undef WORK
#undef SYSTEM
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (same(name, all[i].name)) {
            all[i].run(count / 10 + 1); /* hot: translated, decoded, mapped */
            put("begin\n");
            uint64_t h = all[i].run(count);
            put("end ");
            put_hex(h);
            put("\n");
            power_off(0);
        }
    fail("there is no such workload");
}

void kernel_main(uint64_t hart, const uint8_t *tree)
{
    (void)hart;
    read_command(bootargs(tree));
    __asm__ volatile("csrw pmpaddr0, %0; csrw pmpcfg0, %1" ::"r"(UINT64_C(-1) >> 10), "r"(0x1f));
    __asm__ volatile("csrw mtvec, %0; csrw mscratch, %1" ::"r"(machine_trap), "r"(machine_words));
    /* To S-mode: page faults and the ecall of U-mode. To M-mode: illegal instructions, the ecall of S-mode, timer interrupts. */
    __asm__ volatile("csrw medeleg, %0; csrw mideleg, zero" ::"r"(1 << 8 | 1 << 12 | 1 << 13 | 1 << 15));
    *(volatile uint64_t *)UINT64_C(0x2004000) = UINT64_C(-1);
    __asm__ volatile("csrs mie, %0" ::"r"(1 << 7));
    system_root = address_space();
    enter_supervisor(run, satp_of(system_root, 0));
}
