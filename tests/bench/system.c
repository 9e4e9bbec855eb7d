/* system.c - the system suite. Each returns n times a constant if, and only if, what it measures really happened n times. */
#include "tests/bench/system.h"
#include "tests/bench/work.h"

uint64_t *system_root;

void supervisor_skip(void);
void supervisor_csrs(void);
void supervisor_map(void);
uint64_t enter_user(void (*)(void), uint64_t n);
void user_ecalls(void);
void supervisor_ecall(uint64_t n);
uint64_t machine_ecall(uint64_t n);
void supervisor_illegal(uint64_t n);
void supervisor_fault(uint64_t n, uint64_t va);
void timer_interrupts(uint64_t n, const volatile uint64_t *count);

#define NOWHERE UINT64_C(0x40000000)
enum { PAGES = 16, DEMAND_PAGES = 256 };

static void set_vector(void (*handler)(void)) { __asm__ volatile("csrw stvec, %0" ::"r"(handler)); }
static void fence(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

uint64_t system_ecall_u(uint64_t n)
{
    set_vector(supervisor_skip);
    return n + enter_user(user_ecalls, n);
}

uint64_t system_csrs(uint64_t n)
{
    set_vector(supervisor_csrs);
    return n + enter_user(user_ecalls, n);
}

uint64_t system_ecall_s(uint64_t n)
{
    supervisor_ecall(n);
    return n;
}

uint64_t system_ecall_m(uint64_t n) { return n - machine_ecall(n); }

uint64_t system_illegal(uint64_t n)
{
    supervisor_illegal(n);
    return n;
}

uint64_t system_fault(uint64_t n)
{
    set_vector(supervisor_skip);
    supervisor_fault(n, NOWHERE);
    return n;
}

/* --- demand: the handler maps each page to a frame of its own. Every page is added one to, once a round; all that arrives in the frames
 * is n if, and only if, it was mapped to them, and the handler's count is n if it was absent each time. */

uint64_t demand_words[5]; /* start.S */

static uint64_t demand_arrived(void)
{
    uint64_t sum = 0;
    for (unsigned page = 0; page < DEMAND_PAGES; page++)
        sum += *(volatile uint64_t *)(arena + 4096 * page);
    return sum;
}

static void demand_prepare(volatile uint64_t *leaves)
{
    for (unsigned page = 0; page < DEMAND_PAGES; page++)
        *(volatile uint64_t *)(arena + 4096 * page) = 0;
    map_page(system_root, NOWHERE, (uint64_t)arena, 0);
    demand_words[0] = leaves[0] - (NOWHERE >> 12 << 10);
    demand_words[1] = (uint64_t)leaves - (NOWHERE >> 12 << 3);
    demand_words[2] = 0;
    leaves[0] = 0;
    fence();
    set_vector(supervisor_map);
    __asm__ volatile("mv tp, %0" ::"r"(demand_words));
}

uint64_t system_demand(uint64_t n)
{
    volatile uint64_t *leaves = pte_of(system_root, NOWHERE); /* the leaf table: NOWHERE is at its beginning */
    demand_prepare(leaves);
    for (uint64_t done = 0; done < n; done += DEMAND_PAGES) {
        uint64_t pages = n - done < DEMAND_PAGES ? n - done : DEMAND_PAGES;
        for (uint64_t va = NOWHERE; va < NOWHERE + 4096 * pages; va += 4096)
            __atomic_fetch_add((uint64_t *)va, 1, __ATOMIC_RELAXED);
        for (uint64_t page = 0; page < pages; page++)
            leaves[page] = 0;
        fence();
    }
    return demand_arrived() == n ? demand_words[2] : 0;
}

/* --- two address spaces whose 16 pages hold different words */

static uint64_t space_switches(uint64_t n, int asids)
{
    static uint64_t *root[2];
    uint64_t satp[2], sum = 0;
    for (unsigned s = 0; s < 2; s++) {
        if (!root[s])
            root[s] = address_space();
        for (unsigned page = 0; page < PAGES; page++) {
            uint64_t *frame = (void *)(arena + 4096 * (s * PAGES + page));
            frame[0] = s + 1;
            map_page(root[s], NOWHERE + 4096 * page, (uint64_t)frame, 0);
        }
        satp[s] = satp_of(root[s], asids ? s + 1 : 0);
    }
    fence();
    for (uint64_t i = 0; i < n; i++) {
        __asm__ volatile("csrw satp, %0" ::"r"(satp[i & 1]) : "memory");
        if (!asids)
            fence();
        for (unsigned page = 0; page < PAGES; page++)
            sum += *(volatile uint64_t *)(NOWHERE + 4096 * page);
    }
    __asm__ volatile("csrw satp, %0; sfence.vma" ::"r"(satp_of(system_root, 0)) : "memory");
    return sum;
}

uint64_t system_satp(uint64_t n) { return space_switches(n, 0); }
uint64_t system_asid(uint64_t n) { return space_switches(n, 1); }

uint64_t system_timer(uint64_t n)
{
    uint64_t before = machine_words[0];
    timer_interrupts(n, (const volatile uint64_t *)machine_words);
    return machine_words[0] - before;
}
