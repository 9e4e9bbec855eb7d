/* fuzz_shadow.c - the input writes page tables and makes accesses, on a bare machine and in a virtual one. Whatever the tables say,
 * both must take the same trap or get the same result, and leave the same bytes in memory.
 *
 * Input: a byte of options, then steps. RAM by page: 0-15 tables, the root is page 0   16 code   17-63 data.
 */
#include "tests/core/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CODE_PAGE = 16, TABLES = 16, STEPS_MAX = 200 };
#define PAGE_PA(n) (PAIR_BASE + (uint64_t)(n)*PAGE_SIZE)
#define CODE_VA (UINT64_C(511) << 30) /* before sign extension: the last gigapage of Sv39 */

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        v |= (uint64_t)*in->at++ << (8 * i);
    return v;
}

/* A PTE, in one of the first four entries of a table: flags as they come, mostly valid, leading to one of the 64 pages, the first
 * ones more often, to the device or to nothing. What a machine sees before the next fence is its own affair, so there is always one. */
static void step_pte(struct pair *p, struct input *in)
{
    uint64_t where = take(in, 1), to = take(in, 1), flags = take(in, 2), high = flags >> 10 == 63 ? UINT64_C(1) << 61 : 0;
    pa_t pa = to < 128 ? PAGE_PA(to % TABLES) : to < 224 ? PAGE_PA(to % 64) : to < 248 ? PAIR_IO : to << 24;

    if (flags >> 11)
        flags |= SV_V;
    if (to < 128 && flags >> 12)
        flags &= ~(uint64_t)(SV_R | SV_W | SV_X | SV_U | SV_A | SV_D); /* a pointer to a table */
    pair_store64(p, PAGE_PA(where % TABLES) + 8 * (where >> 6), pa >> PAGE_SHIFT << 10 | (flags & 0x3ff) | high);
    pair_fence(p);
}

static void step_context(struct pair *p, struct input *in)
{
    uint64_t b = take(in, 1), status = UINT64_C(1) << MSTATUS_FS;
    static const uint64_t modes[] = {RV_U, RV_S, RV_S, RV_M};

    status = bits_set(status, MSTATUS_SUM, 1, b >> 2);
    status = bits_set(status, MSTATUS_MXR, 1, b >> 3);
    status = bits_set(status, MSTATUS_MPRV, 1, b >> 4 & ((b & 3) == 3));
    status = bits_set(status, MSTATUS_MPP, 2, b & 32 ? RV_S : RV_U);
    pair_csr(p, CSR_mstatus, status);
    pair_csr(p, CSR_satp, UINT64_C(8) << 60 | (b >> 6 & 1) << 44 | PAGE_PA(0) >> PAGE_SHIFT);
    pair_set(p, MACHINE_MODE, modes[b & 3]);
}

/* One instruction: a load, a store or an atomic through x5, or whatever lies at the address. */
static void step_access(struct pair *p, struct input *in)
{
    static const uint32_t access[] = {0x0002b383, 0x0062b023, 0x0002c383, 0x00628023, 0x0062b3af, 0x1002b3af, 0x1862b3af, 0x0002b387};
    uint64_t what = take(in, 1), page = take(in, 1), mode = machine_get(p->m[0], MACHINE_MODE);
    uint64_t va = (page & 3) << 12 | (page >> 2 & 3) << 21 | (page >> 4 & 3) << 30;

    va += page >> 6 == 3 ? PAGE_SIZE - (what >> 4) : (what >> 4) * 8; /* sometimes across the end of the page */
    pair_set(p, RV_X + 5, va);
    pair_set(p, RV_X + 6, what * 0x0101010101010101);
    pair_store32(p, PAGE_PA(CODE_PAGE), access[what % 8]);
    /* User mode executes from the last gigapage but one, whose leaf is a U page. */
    uint64_t code = (uint64_t)sign_extend(CODE_VA + (uint64_t)CODE_PAGE * PAGE_SIZE, 39) - (mode == RV_U ? UINT64_C(1) << 30 : 0);
    pair_set(p, MACHINE_PC, what & 8 ? va & ~UINT64_C(1) : mode == RV_M ? PAGE_PA(CODE_PAGE) : code);
    pair_run(p, 1);
    p->number++;
    if (what & 8 || access[what % 8] & 0x20) /* a store may have hit a page table */
        pair_fence(p);
}

static void pte_store(struct pair *p, unsigned table, unsigned index, pa_t pa, uint64_t flags)
{
    pair_store64(p, PAGE_PA(table) + 8 * index, pa >> PAGE_SHIFT << 10 | flags);
}

/* A tree to begin with, for the input to spoil: tables 1-4 below the root, 5-15 below those, leaves of all kinds. */
static void plant(struct pair *p)
{
    for (unsigned i = 0; i < 4; i++)
        pte_store(p, 0, i, PAGE_PA(1 + i), SV_V);
    for (unsigned i = 0; i < 16; i++)
        pte_store(p, 1 + i / 4, i % 4, PAGE_PA(5 + i % 11), SV_V);
    for (unsigned i = 0; i < 44; i++)
        pte_store(p, 5 + i / 4, i % 4, i % 11 == 10 ? PAIR_IO : PAGE_PA(17 + i),
                  SV_V | SV_R | (i & 1 ? SV_W : SV_X) | (i & 2 ? SV_U : 0) | (i & 4 ? SV_A : 0) | (i & 8 ? SV_D : 0));
    pte_store(p, 0, 511, PAIR_BASE, SV_V | SV_R | SV_W | SV_X | SV_A | SV_D);
    pte_store(p, 0, 510, PAIR_BASE, SV_V | SV_R | SV_W | SV_X | SV_A | SV_D | SV_U);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    struct riscv_config config = riscv_config_default;
    struct pair p;
    uint64_t options = take(&in, 1);

    config.svadu = options & 1;
    pair_create(&p, &config, options & 2 ? SHADOW_TRACE : SHADOW_FLUSH, options & 4 ? 2 : 1, 1);
    p.doing = "fuzzing page tables";
    pair_csr(&p, CSR_pmpaddr0, UINT64_MAX);
    pair_csr(&p, CSR_pmpcfg0, 0x1f);
    plant(&p);
    for (unsigned step = 0; step < STEPS_MAX && in.at < in.end; step++) {
        switch (take(&in, 1) % 7) {
        case 0: step_context(&p, &in); break;
        case 1:
        case 2:
        case 3: step_pte(&p, &in); break;
        default: step_access(&p, &in); break;
        }
    }
    pair_compare_registers(&p);
    pair_compare_memory(&p);
    pair_destroy(&p);
    return 0;
}
