/* system.c - the system suite on IA-32. */
#include "tests/bench/ia32/guest.h"
#include "tests/bench/work.h"

uint32_t enter_user(void (*)(void), uint32_t n);
void user_calls(void);
void undefined_loop(uint32_t n);
void fault_loop(uint32_t n, uint32_t va);

#define NOWHERE UINT32_C(0x40000000)
enum { PAGES = 16, DEMAND_PAGES = 256, BLOCK = 256 << 10 };

enum vector { UNDEFINED = 6, PAGE_FAULT = 14, CALL = 0x80, DONE = 0x81 };

static uint32_t cr3(void)
{
    uint32_t v;
    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}

static void cr3_set(uint32_t v) { __asm__ volatile("mov %0, %%cr3" ::"r"(v) : "memory"); }
static void flush(void) { cr3_set(cr3()); }

/* --- string instructions: each word arrives, or n does not come out */

static uint32_t sum_of(const uint32_t *word)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < BLOCK / 4; i++)
        sum += word[i];
    return sum;
}

uint64_t ia32_movs(uint64_t n)
{
    uint32_t *from = (void *)arena, *to = (void *)(arena + (1 << 20) + 192), expected = 0;
    for (unsigned i = 0; i < BLOCK / 4; i++)
        from[i] = i * UINT32_C(2654435761);
    for (uint64_t round = 0; round < n; round++) {
        uint32_t *s = from, *d = to, words = BLOCK / 4;
        from[round % words] += (uint32_t)round;
        __asm__ volatile("rep movsl" : "+S"(s), "+D"(d), "+c"(words)::"memory");
        if (words || d != to + BLOCK / 4)
            return 0;
    }
    expected = sum_of(from);
    return sum_of(to) == expected ? n : 0;
}

uint64_t ia32_stos(uint64_t n)
{
    uint32_t *to = (void *)arena;
    for (uint64_t round = 0; round < n; round++) {
        uint32_t *d = to, words = BLOCK / 4;
        __asm__ volatile("rep stosl" : "+D"(d), "+c"(words) : "a"((uint32_t)round) : "memory");
        if (words || d != to + BLOCK / 4)
            return 0;
    }
    return sum_of(to) == (uint32_t)(n - 1) * (BLOCK / 4) ? n : 0;
}

/* --- traps */

uint64_t ia32_int80(uint64_t n)
{
    gate_set(CALL, on_call, 3);
    gate_set(DONE, on_user_done, 3);
    return n + enter_user(user_calls, (uint32_t)n);
}

uint64_t ia32_undefined(uint64_t n)
{
    gate_set(UNDEFINED, on_undefined, 0);
    undefined_loop((uint32_t)n);
    return n;
}

uint64_t ia32_fault(uint64_t n)
{
    gate_set(PAGE_FAULT, on_fault, 0);
    fault_loop((uint32_t)n, NOWHERE);
    return n;
}

/* --- demand: the handler maps each page to a frame of its own. Every page is added one to, once a round; all that arrives in the frames
 * is n if, and only if, it was mapped to them, and the handler's count is n if it was absent each time. */

uint32_t demand_words[3]; /* start.S */

static uint64_t demand_arrived(void)
{
    uint64_t sum = 0;
    for (unsigned page = 0; page < DEMAND_PAGES; page++)
        sum += *(volatile uint32_t *)(arena + 4096 * page);
    return sum;
}

uint64_t ia32_demand(uint64_t n)
{
    volatile uint32_t *leaves = pte_of(directory, NOWHERE); /* the table: NOWHERE is at its beginning */
    for (unsigned page = 0; page < DEMAND_PAGES; page++)
        *(volatile uint32_t *)(arena + 4096 * page) = 0;
    map_page(directory, NOWHERE, (uint32_t)arena, 0);
    demand_words[0] = leaves[0] - NOWHERE;
    demand_words[1] = (uint32_t)leaves;
    demand_words[2] = 0;
    leaves[0] = 0;
    flush();
    gate_set(PAGE_FAULT, on_demand, 0);
    for (uint64_t done = 0; done < n; done += DEMAND_PAGES) {
        uint32_t pages = n - done < DEMAND_PAGES ? (uint32_t)(n - done) : DEMAND_PAGES;
        for (uint32_t va = NOWHERE; va < NOWHERE + 4096 * pages; va += 4096)
            ++*(volatile uint32_t *)va;
        for (uint32_t page = 0; page < pages; page++)
            leaves[page] = 0;
        flush();
    }
    gate_set(PAGE_FAULT, on_surprise, 0);
    return demand_arrived() == n ? demand_words[2] : 0;
}

/* --- two address spaces whose 16 pages hold different words */

uint64_t ia32_cr3(uint64_t n)
{
    static uint32_t *root[2];
    uint32_t sum = 0;
    for (unsigned s = 0; s < 2; s++) {
        if (!root[s])
            root[s] = address_space();
        for (unsigned page = 0; page < PAGES; page++) {
            uint32_t *frame = (void *)(arena + 4096 * (s * PAGES + page));
            frame[0] = s + 1;
            map_page(root[s], NOWHERE + 4096 * page, (uint32_t)frame, 0);
        }
    }
    for (uint64_t i = 0; i < n; i++) {
        cr3_set((uint32_t)root[i & 1]);
        for (unsigned page = 0; page < PAGES; page++)
            sum += *(volatile uint32_t *)(NOWHERE + 4096 * page);
    }
    cr3_set((uint32_t)directory);
    return sum == PAGES * (uint32_t)((n + 1) / 2 + n / 2 * 2) ? n : 0;
}
