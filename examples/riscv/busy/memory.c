/* memory.c - translation, with tables that change under it and every kind of fence; and physical memory protection. */
#include "examples/riscv/busy/busy.h"

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128, PAGES = 8, ROUNDS = 300 };
static uint64_t root39[2][512] __attribute__((aligned(PAGE))), root48[512] __attribute__((aligned(PAGE)));
static uint64_t middle[512] __attribute__((aligned(PAGE))), last[512] __attribute__((aligned(PAGE)));
static uint64_t data[PAGES][PAGE / 8] __attribute__((aligned(PAGE)));
/* Pages that come and go: some low, some with the topmost bits of a virtual address set. One table of leaves serves all. */
static const uint64_t window[] = {UINT64_C(0x0), UINT64_C(0x2000000000), UINT64_C(0xffffffc000000000), UINT64_C(0xffffffe000000000),
                                  UINT64_C(0xffffffffc0000000)};
enum { WINDOWS = sizeof window / sizeof *window };

static uint64_t pte(uint64_t pa, uint64_t flags) { return pa >> 12 << 10 | flags; }

/* Gigabytes of RAM for S-mode, where it is, and for U-mode, which may not write there; the windows elsewhere. */
void memory_prepare(void)
{
    for (unsigned i = 0; i < 2; i++) {
        root39[i][RAM >> 30] = pte(RAM, V | R | W | X | A | D);
        root39[i][RAM_USER >> 30] = pte(RAM, V | R | X | U | A | D);
        for (unsigned n = 0; n < WINDOWS; n++)
            root39[i][window[n] >> 30 & 511] = pte((uint64_t)middle, V);
    }
    root48[0] = root48[511] = pte((uint64_t)root39[0], V);
    middle[0] = pte((uint64_t)last, V);
    for (unsigned i = 0; i < PAGES; i++) {
        last[i] = pte((uint64_t)data[i], V | R | W | (i & 1 ? U : 0) | (i & 2 ? A | D : 0) | (i & 4 ? X : 0));
        for (unsigned n = 0; n < PAGE / 8; n++)
            data[i][n] = i << 16 | n;
    }
}

/* Sv39 in two address spaces, or Sv48; an unsupported one leaves satp as it is. */
uint64_t memory_satp(void)
{
    const uint64_t space = below(3);
    return (space == 2 ? UINT64_C(9) << 60 : UINT64_C(8) << 60) | (space + 1) << 44 |
           (space == 2 ? (uint64_t)root48 : (uint64_t)root39[space]) >> 12;
}

static uint64_t place(unsigned page) { return window[below(WINDOWS)] + page * PAGE + (below(16) ? below(PAGE / 8) * 8 : below(PAGE)); }

/* A page is used, its leaf changes, a fence says so, and it is used again: all in S-mode, as kernels do. */
static void change(void)
{
    struct weather w = weather_drawn();
    const unsigned page = (unsigned)below(PAGES), width = (unsigned)below(4);
    const uint64_t other = below(8) ? pte((uint64_t)data[below(PAGES)], (random_word() & 0xde) | V) : odd_word() & ~UINT64_C(1);
    struct attempt a = {.x = {[A0] = place(page), [A1] = (uint64_t)&last[page], [A2] = other, [A4] = random_word()}};
    const unsigned fence_va = below(4) ? A0 : 0, fence_asid = below(2) ? A3 : 0;
    w.medeleg = 0;
    w.mie = 0;
    if (!w.satp)
        w.satp = memory_satp();
    w.status |= SUM;
    a.x[A3] = w.satp >> 44 & 0xffff;
    const uint32_t use = below(2) ? insn_load(width, A5, A0) : insn_store(width, A0, A4);
    const uint32_t code[] = {use,
                             insn_load(3, A5, A1),
                             insn_store(3, A1, A2),
                             insn_fence(fence_va, fence_asid),
                             insn_load(width, A5, A0),
                             insn_store(width, A0, A4),
                             insn_load(3, A5, A1)};
    attempt(&w, MODE_S, &a, code, 7);
    last[page] = pte((uint64_t)data[page], V | R | W | (page & 1 ? U : 0) | (page & 2 ? A | D : 0));
}

/* From any mode, with rights of S or U where MPRV says so. */
static void access(void)
{
    struct weather w = weather_drawn();
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    const enum mode mode = modes[below(3)];
    struct attempt a = {.x = {[A0] = below(8) ? place((unsigned)below(PAGES)) : odd_word(),
                              [A1] = random_word(),
                              [A2] = MPRV | below(2) * UINT64_C(0x800),
                              [A3] = UINT64_C(0x1800)}};
    const uint32_t code[] = {insn_csr(3, 0x300, 0, A3), insn_csr(2, 0x300, 0, A2), insn_load((unsigned)below(7), A5, A0),
                             insn_store((unsigned)below(4), A0, A1)};
    w.medeleg &= ~UINT64_C(1);
    w.mie = 0;
    if (!w.satp)
        w.satp = memory_satp();
    attempt(&w, mode, &a, mode == MODE_M ? code : code + 2, mode == MODE_M ? 4 : 2);
}

/* A page that is called, and returns; and is read, before or after. */
static void fetch(void)
{
    enum { RET = 0x00008067, CALL_A0 = 0x000500e7 };
    struct weather w = weather_drawn();
    const unsigned page = (unsigned)below(PAGES), first = (unsigned)below(2);
    struct attempt a = {.x = {[A0] = window[below(WINDOWS)] + page * PAGE, [A1] = (uint64_t)data[page] + 8}};
    const uint32_t code[] = {insn_load(3, A5, A0), CALL_A0, insn_load(3, A4, A0), insn_store(3, A0, A1)};
    data[page][0] = RET;
    last[page] = pte((uint64_t)data[page], (random_word() & 0xde) | V);
    __asm__ volatile("sfence.vma" ::: "memory");
    w.medeleg = 0;
    w.mie = 0;
    if (!w.satp)
        w.satp = memory_satp();
    attempt(&w, below(2) ? MODE_S : MODE_U, &a, code + first, 4 - first);
}

/* Cache blocks and atomics, on pages that may refuse them. */
static void block(void)
{
    static const uint32_t what[] = {0x0005200f,
                                    0x0015200f,
                                    0x0025200f,
                                    0x0045200f, /* cbo.inval, clean, flush, zero (a0) */
                                    0x100535af /* lr.d a1,(a0) */,
                                    0x00b5362f /* amoadd.d a2,a1,(a0) */};
    struct weather w = weather_drawn();
    const unsigned page = (unsigned)below(PAGES);
    struct attempt a = {.x = {[A0] = w.satp ? place(page) : (uint64_t)&data[page][below(PAGE / 8)], [A1] = random_word()}};
    const uint32_t code[] = {what[below(6)], 0x18b5362f /* sc.d a2,a1,(a0) */};
    w.mie = 0;
    attempt(&w, below(2) ? MODE_S : MODE_U, &a, code, 2);
}

void do_memory(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        change();
        access();
        block();
        if (i % 2)
            fetch();
    }
}

/* A rule over the data, before the one that opens everything. Delegation would end in a handler that may not be fetched. */
void do_protection(void)
{
    for (unsigned i = 0; i < ROUNDS / 3; i++) {
        struct weather w = weather_drawn();
        const unsigned page = (unsigned)below(PAGES), kind = (unsigned)below(4);
        const uint64_t at = (uint64_t)data[page];
        struct attempt a = {.x = {[A0] = at + below(PAGE) / 8 * 8, [A1] = random_word(), [A2] = UINT64_C(0x1800)}};
        const uint32_t code[] = {insn_csr(3, 0x300, 0, A2), insn_csr(2, 0x300, 0, A3), insn_load(3, A5, A0), insn_store(3, A0, A1)};
        const enum mode mode = below(3) ? below(2) ? MODE_S : MODE_U : MODE_M;
        a.x[A3] = MPRV | below(2) * UINT64_C(0x800);
        csr_write(pmpaddr0, kind == 3 ? at >> 2 | (PAGE / 8 - 1) >> below(9) : at >> 2);
        csr_write(pmpaddr1, kind == 1 ? (at + 8 * below(PAGE / 8)) >> 2 : UINT64_MAX);
        csr_write(pmpaddr2, UINT64_MAX);
        csr_write(pmpcfg0, below(8) | kind << 3 | (kind == 1 ? UINT64_C(0x0f) : UINT64_C(0x1f)) << 8 | 0x1f0000);
        w.medeleg = w.satp = 0;
        attempt(&w, mode, &a, mode == MODE_M ? code : code + 2, mode == MODE_M ? 4 : 2);
        csr_write(pmpcfg0, 0x1f);
    }
}

/* Privileged instructions in any order, operands drawn. Not the two registers that lead back, no lock, and nothing that waits for nothing. */
void do_soup(void)
{
    static const uint16_t csr[] = {0x100, 0x104, 0x106, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x180, 0x300, 0x302, 0x303,
                                   0x304, 0x306, 0x30a, 0x320, 0x341, 0x342, 0x343, 0x344, 0xb00, 0xb02, 0xc00, 0xc01, 0xc02};
    static const enum mode modes[] = {MODE_U, MODE_S, MODE_M};
    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct weather w = weather_drawn();
        struct attempt a = {0};
        uint32_t code[8];
        for (unsigned n = A0; n <= A5; n++)
            a.x[n] = odd_word() & ~UINT64_C(0x1202);
        for (unsigned n = 0; n < 8; n++) {
            const unsigned form = 1 + (unsigned)below(6);
            code[n] = below(4) ? insn_csr(form + (form > 3), csr[below(sizeof csr / sizeof *csr)], A0 + (unsigned)below(6),
                                          A0 + (unsigned)below(6))
                               : insn_fence(A0 + (unsigned)below(6), below(2) ? A0 + (unsigned)below(6) : 0);
        }
        attempt(&w, modes[below(3)], &a, code, 8);
    }
}
