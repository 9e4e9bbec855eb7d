/* lab_riscv.c - harts on a bench: one megabyte of RAM, page tables, and values worth trying for every register.
 *
 *   0x80010000 code, 0x80011000 data (2 pages), 0x80013000 a page that only the probe reads: as physical addresses, and as
 *   virtual ones in all address spaces. HERE they lie where they say, THERE at 0x80020000, FOREIGN data at 0x80031000. Every page is RWX, with A
 *   and D set, and open to the mode it is for: U pages for U; for S, which may not execute those, the same tables without U. So
 *   translation never shows, except to who asks for it.
 *
 * Permissions are not flow: what a mode may reach is decided here, once, by pages that every access succeeds on. A run whose
 * memory access traps all the same (a random address) does not count. Nor are a program's debug triggers, which refuse accesses as a
 * page table does: those of the samples wait for no access.
 */
#include "core/theory/lab_riscv.h"

#include "isa/riscv.h"
#include "mmu/pt.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define BIT(n) (UINT64_C(1) << (n))

enum { RAM_SIZE = 1 << 20, FRAME_DISTANCE = 0x10000, CODE_OFFSET = 0x400, TABLE_PAGES = 3, MODES = 3 };
enum { PAGES = 1 + LAB_DATA / PAGE_SIZE + 1 };
#define RAM_BASE UINT64_C(0x80000000)
#define CODE_PAGE (RAM_BASE + FRAME_DISTANCE)
#define TABLES (RAM_BASE + 0x40000)

/* Entry 0 lets everything through (NAPOT over all of memory, RWX), so that the others, with their locks left off, do not matter. */
#define PMP_OPEN UINT64_C(0x1f)
#define PMP_NOTHING UINT64_C(0x08)

/* --- memory */

static int word_write(struct lab *l, pa_t pa, uint64_t v) { return phys_write(l->phys, pa, &v, sizeof v); }

/* Three tables in a row; the last maps the pages to `frame`. */
static int tables_write(struct lab *l, pa_t root, enum lab_place place, bool user)
{
    const struct pt_format *f = &pt_sv39;
    pa_t leafs = root + 2 * PAGE_SIZE, to = CODE_PAGE + (place - PLACE_HERE) * (uint64_t)FRAME_DISTANCE;
    int error = word_write(l, root + 8 * pt_index(f, CODE_PAGE, 2), f->table(root + PAGE_SIZE));
    if (!error)
        error = word_write(l, root + PAGE_SIZE + 8 * pt_index(f, CODE_PAGE, 1), f->table(leafs));
    for (unsigned n = 0; n < PAGES && !error; n++) {
        uint64_t offset = n * (uint64_t)PAGE_SIZE;
        pa_t page = place == PLACE_FOREIGN && n == 0 ? CODE_PAGE : to + offset; /* the code is the same there */
        error = word_write(l, leafs + 8 * pt_index(f, CODE_PAGE + offset, 0), f->leaf(page, true, true, true, user));
    }
    return error;
}

static int memory_open(struct lab *l)
{
    pa_t at = TABLES;
    int error = ram_create(&l->ram, RAM_SIZE);
    if (!error)
        error = phys_create(&l->phys);
    if (!error)
        error = phys_add_ram(l->phys, "ram", RAM_BASE, RAM_SIZE, l->ram, 0);
    if (error)
        return error;
    l->code_va = CODE_PAGE + CODE_OFFSET;
    l->data_va = CODE_PAGE + PAGE_SIZE;
    l->probe_va = l->data_va + LAB_DATA;
    for (unsigned f = 0; f < LAB_FRAMES; f++) {
        l->code_pa[f] = l->code_va + f * (uint64_t)FRAME_DISTANCE;
        l->data_pa[f] = l->data_va + f * (uint64_t)FRAME_DISTANCE;
        l->data[f] = phys_host(l->phys, l->data_pa[f], LAB_DATA);
    }
    for (unsigned mode = 0; mode < MODES; mode++)
        for (unsigned place = PLACE_HERE; place < PLACE_COUNT && !error; place++, at += TABLE_PAGES * PAGE_SIZE) {
            l->root[mode][place] = at;
            error = tables_write(l, at, place, mode == 0);
        }
    return error;
}

/* A kind of machine for each engine, to do one instruction at a time; and three more, which are held after it. */
enum { KIND_FAST = ENGINES, KIND_UNCHAINED, KIND_TRANSLATED, KINDS };
_Static_assert((int)KINDS <= (int)LAB_KINDS, "there is room for them");

/* The first engine's way of doing one instruction is the first. */
static const struct lab_way ways[] = {
#define ENGINE(name, about)                                                                                                           \
    {"by the engine " #name ", one at a time",                                                                                        \
     "the engine " #name " does something else than the first",                                                                       \
     ENGINE_##name,                                                                                                                   \
     false,                                                                                                                           \
     false,                                                                                                                           \
     false},
#include "isa/engine.def"
#undef ENGINE
    {"by its fast body", "its fast body does something else than its careful one", KIND_FAST, true, true, false},
    {"by its fast body, not chained", "its fast body, not chained, does something else than its careful one", KIND_UNCHAINED, true,
     false, false},
    {"as machine code", "its machine code does something else than its careful body", KIND_TRANSLATED, true, true, true},
};

int lab_riscv_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    const unsigned kind = index / LAB_MACHINES;
    const struct engine_options options = {.kind = kind < ENGINES            ? (enum engine_kind)kind
                                                   : kind == KIND_TRANSLATED ? ENGINE_native
                                                                             : ENGINE_interpreter,
                                           .hot = 1,
                                           .patience = UINT_MAX, /* instruction after instruction is put there */
                                           .no_fuse = kind == KIND_UNCHAINED,
                                           .no_chain = kind == KIND_UNCHAINED};
    struct riscv_config c = *(const struct riscv_config *)config;
    c.hartid = index % LAB_MACHINES;
    return riscv_create_with(out, phys, &c, &options);
}

/* A machine has its number for life. */
static unsigned machine_of(const struct lab *l, const struct lab_state *s)
{
    unsigned at = lab_find(l, RV_CSR + CSR_mhartid);
    return at < LAB_REGS ? (unsigned)(s->reg[at] & 1) : 0;
}

static void put(const struct lab *l, struct lab_state *s, enum lab_place place)
{
    const uint64_t sv39 = SATP_SV39;
    unsigned satp = lab_find(l, RV_CSR + CSR_satp), mode = lab_mode(l, s) == RV_S ? 1 : 0; /* M does not translate */
    if (satp < LAB_REGS)
        s->reg[satp] = place == PLACE_BARE ? 0 : sv39 << SATP_MODE | (uint64_t)place << SATP_ASID | l->root[mode][place] >> PAGE_SHIFT;
    unsigned reservation = lab_find(l, RV_RESERVATION);
    if (reservation < LAB_REGS && s->reg[reservation] != UINT64_MAX) /* it is on memory, wherever that lies */
        s->reg[reservation] = (s->reg[reservation] & (FRAME_DISTANCE - 1)) + CODE_PAGE + (place == PLACE_THERE ? FRAME_DISTANCE : 0);
}

/* What software wrote to mip.STIP is hidden while the comparator has it, and shows again after that [priv Sstc]: as it reads now. */
static void hide(const struct lab *l, struct machine *m, const struct lab_state *s)
{
    const unsigned menvcfg = lab_find(l, RV_CSR + CSR_menvcfg), mip = lab_find(l, RV_CSR + CSR_mip);
    if (menvcfg == LAB_REGS || mip == LAB_REGS || !bit_get(s->reg[menvcfg], MENVCFG_STCE))
        return;
    machine_set(m, RV_CSR + CSR_menvcfg, s->reg[menvcfg] & ~BIT(MENVCFG_STCE));
    machine_set(m, RV_CSR + CSR_mip, s->reg[mip]);
    machine_set(m, RV_CSR + CSR_menvcfg, s->reg[menvcfg]);
}

/* A guest that has satp chooses its address space, one with PMP which accesses there are. */
static enum lab_place disown(const struct lab *l, struct lab_state *s, unsigned which)
{
    const reg_t reg[] = {RV_CSR + CSR_pmpaddr0, RV_CSR + CSR_pmpaddr0 + 1, RV_CSR + CSR_pmpaddr0 + 2, RV_CSR + CSR_pmpcfg0};
    /* Entries 0 and 1 are a range (TOR) without any right, 2 is everything [priv 3.7.1]. */
    const uint64_t value[] = {l->data_pa[0] >> 2, (l->data_pa[0] + LAB_DATA) >> 2, UINT64_MAX >> 10,
                              PMP_OPEN << 16 | PMP_NOTHING << 8};
    if (which == OWNED_SATP)
        return PLACE_FOREIGN;
    for (unsigned n = 0; n < sizeof reg / sizeof *reg; n++) {
        const unsigned at = lab_find(l, reg[n]);
        if (at < LAB_REGS)
            s->reg[at] = value[n];
    }
    return PLACE_HERE;
}

static bool is_put(reg_t r) { return r == RV_CSR + CSR_satp || r == MACHINE_MODE || r == MACHINE_PC; }

/* The page of the probe holds zeros, the data pages do not. */
static void remap(struct lab *l, unsigned mode, bool elsewhere)
{
    pa_t leaf = l->root[mode][PLACE_HERE] + 2 * PAGE_SIZE + 8 * pt_index(&pt_sv39, l->probe_va, 0);
    int error = word_write(l, leaf, pt_sv39.leaf(elsewhere ? l->data_pa[0] : l->probe_va, true, true, true, mode == 0));
    assert(!error); /* the tables are in RAM */
    (void)error;
}

/* --- values */

static uint64_t edge(uint64_t *seed)
{
    static const uint64_t edges[] = {0, UINT64_MAX, 1, BIT(63), UINT64_C(0x5555555555555555), UINT64_C(0xaaaaaaaaaaaaaaaa)};
    uint64_t r = lab_next(seed);
    return r % 3 ? lab_next(seed) : edges[(r >> 8) % (sizeof edges / sizeof *edges)];
}

/* All, none, or any of them: gates are worth having open. */
static uint64_t gates(uint64_t *seed)
{
    switch (lab_next(seed) % 4) {
    case 0: return 0;
    case 1: return lab_next(seed);
    default: return UINT64_MAX;
    }
}

static uint64_t pmp_cfg(uint64_t *seed) { return lab_next(seed) & UINT64_C(0x1f1f1f1f1f1f1f1f); }

static const reg_t gate[] = {RV_CSR + CSR_mcounteren, RV_CSR + CSR_scounteren, RV_CSR + CSR_menvcfg,
                             RV_CSR + CSR_senvcfg,    RV_CSR + CSR_medeleg,    RV_CSR + CSR_mideleg};
enum { GATES = sizeof gate / sizeof *gate };

static bool is_gate(reg_t r)
{
    for (unsigned n = 0; n < GATES; n++)
        if (gate[n] == r)
            return true;
    return false;
}

/* Triggers that match anywhere, in any mode, but wait for nothing: what they refuse is memory, and no flow. */
static bool is_trigger(reg_t reg) { return reg - RV_TDATA1 < RV_TRIGGERS || reg == RV_CSR + CSR_tdata1; }
static uint64_t idle_trigger(uint64_t bits) { return bits_set(bits, 60, 4, 6) & ~UINT64_C(7); }

static uint64_t generate(reg_t reg, uint64_t *seed)
{
    if (is_trigger(reg))
        return idle_trigger(edge(seed));
    if (is_gate(reg))
        return gates(seed);
    switch (reg) {
    case MACHINE_MODE: return lab_next(seed) % 2 ? RV_M : RV_S;
    case MACHINE_PC: return CODE_PAGE + lab_next(seed) % PAGE_SIZE;
    case MACHINE_CLOCK: return lab_next(seed) >> 24;
    case RV_RESERVATION: return lab_next(seed) % 2 ? UINT64_MAX : CODE_PAGE + PAGE_SIZE + 8 * (lab_next(seed) % (LAB_DATA / 8));
    case RV_CSR + CSR_fcsr: return lab_next(seed) % 5 << 5 | (lab_next(seed) & 31); /* a legal rounding mode */
    case RV_CSR + CSR_tselect: return lab_next(seed) % RV_TRIGGERS;
    case RV_CSR + CSR_mhartid: return lab_next(seed) % LAB_MACHINES;
    case RV_CSR + CSR_satp: return (uint64_t)SATP_SV39 << SATP_MODE | lab_next(seed) >> 20;
    case RV_CSR + CSR_pmpcfg0: return (pmp_cfg(seed) & ~UINT64_C(0xff)) | PMP_OPEN;
    case RV_CSR + CSR_pmpcfg2: return pmp_cfg(seed);
    case RV_CSR + CSR_pmpaddr0: return UINT64_MAX >> (10 + lab_next(seed) % 10);
    default: return edge(seed);
    }
}

static uint64_t plain(reg_t reg)
{
    if (is_trigger(reg))
        return idle_trigger(0);
    switch (reg) {
    case RV_RESERVATION: return UINT64_MAX;
    case RV_CSR + CSR_mstatus: return BIT(MSTATUS_FS);
    case RV_CSR + CSR_mtvec: return LAB_RISCV_ENTRY;
    case RV_CSR + CSR_pmpcfg0: return PMP_OPEN;
    case RV_CSR + CSR_pmpaddr0: return UINT64_MAX >> 10;
    default: return 0;
    }
}

static uint64_t extreme(reg_t reg, bool ones)
{
    if (is_trigger(reg))
        return idle_trigger(ones ? UINT64_MAX : 0);
    switch (reg) {
    case MACHINE_CLOCK: return ones ? UINT64_MAX >> 24 : 0;
    case RV_CSR + CSR_fcsr: return ones ? 4 << 5 | 31 : 0;
    case RV_CSR + CSR_mstatus: return ones ? UINT64_MAX : BIT(MSTATUS_FS);
    case RV_CSR + CSR_mie: return 0; /* or all that is pending would come first */
    case RV_CSR + CSR_pmpcfg0: return ones ? UINT64_C(0x1f1f1f1f1f1f1f1f) : PMP_OPEN;
    case RV_CSR + CSR_pmpcfg2: return ones ? UINT64_C(0x1f1f1f1f1f1f1f1f) : 0;
    case RV_CSR + CSR_pmpaddr0: return UINT64_MAX >> (ones ? 10 : 20);
    default: return ones ? UINT64_MAX : 0;
    }
}

static void reg_put(const struct lab *l, struct lab_state *s, reg_t reg, uint64_t v)
{
    unsigned at = lab_find(l, reg);
    if (at < LAB_REGS)
        s->reg[at] = v;
}

/* The operands of the typical encoding where division overflows: of words, of double words. */
static void overflow(const struct lab *l, struct lab_state *s, bool words)
{
    reg_put(l, s, RV_X + 11, words ? (uint64_t)INT32_MIN : BIT(63));
    reg_put(l, s, RV_X + 12, UINT64_MAX);
}

/* As programs compute: to nearest, and something has been inexact before, which fast bodies leave to the host's FPU (isa/riscv/sf_fast.h); by
 * multiples of 1/4 below 16, which the bits choose, as doubles or boxed singles: sums and products are ordinary numbers, and not the same. */
static void ordinary_numbers(const struct lab *l, struct lab_state *s, bool singles)
{
    const unsigned fs = lab_find(l, RV_CSR + CSR_mstatus);
    for (unsigned r = 0; r < 32; r++) {
        const unsigned at = lab_find(l, RV_F + r);
        if (at == LAB_REGS)
            continue;
        const double value = (double)((int)bits_get(s->reg[at], 20, 7) - 64) / 4;
        const float narrow = (float)value;
        uint32_t single;
        memcpy(&single, &narrow, sizeof single);
        memcpy(&s->reg[at], &value, sizeof value);
        if (singles)
            s->reg[at] = UINT64_C(0xffffffff) << 32 | single;
    }
    reg_put(l, s, RV_CSR + CSR_fcsr, 1); /* NX */
    if (fs < LAB_REGS)
        s->reg[fs] = bits_set(s->reg[fs], MSTATUS_FS, 2, 3); /* Dirty */
}

/* Of LAB_CYCLE states, by number: 0 and 1 are the extreme ones, with ones in all of x; 2, 4, 6 and 7 have addresses of data in x,
 * so that any instruction finds some, and a reservation that SC finds with rs1 = a1; in 6 what is wider than a byte lies across two
 * pages; in 2 and 4 floating point is ordinary; in 2 all gates are open; in 3 and 5 division overflows; in 3 every interrupt is
 * enabled and none pending; in 7 floating point is off. In most no interrupt would come before the instruction. Triggers are selected in
 * turn, whatever the seed: each comes with each kind within four rounds. */
static void arrange(const struct lab *l, struct lab_state *s, unsigned number, uint64_t *seed)
{
    const unsigned kind = number % LAB_CYCLE, status_at = lab_find(l, RV_CSR + CSR_mstatus);
    for (unsigned r = 1; r < 32; r++) {
        uint64_t address = l->data_va + LAB_DATA / 4 + 8 * (lab_next(seed) % (LAB_DATA / 16));
        const bool addresses = kind > 1 && (kind % 2 == 0 || kind == LAB_CYCLE - 1);
        if (kind < 2 || addresses)
            reg_put(l, s, RV_X + r, kind < 2 ? UINT64_MAX : kind == 6 ? l->data_va + PAGE_SIZE - 1 - address / 8 % 7 : address);
        if (r == 11 && addresses)
            reg_put(l, s, RV_RESERVATION, address);
    }
    if (kind == 3 || kind == 5)
        overflow(l, s, kind == 5);
    if (kind == 2 || kind == 4)
        ordinary_numbers(l, s, kind == 4);
    if (status_at < LAB_REGS) {
        uint64_t fs = bits_get(s->reg[status_at], MSTATUS_FS, 2);
        s->reg[status_at] = bits_set(s->reg[status_at], MSTATUS_FS, 2, kind == LAB_CYCLE - 1 ? 0 : fs ? fs : 1);
    }
    for (unsigned n = 0; n < GATES && kind == 2; n++)
        reg_put(l, s, gate[n], UINT64_MAX);
    if (kind == 3) {
        reg_put(l, s, RV_CSR + CSR_mie, UINT64_MAX);
        reg_put(l, s, RV_CSR + CSR_mideleg, UINT64_MAX);
        reg_put(l, s, RV_CSR + CSR_stimecmp, UINT64_MAX);
    }
    if (kind == 2 || kind == 3 || kind == 6 || (kind > 1 && lab_next(seed) % 4))
        reg_put(l, s, RV_CSR + (kind == 3 || lab_next(seed) % 2 ? CSR_mip : CSR_mie), 0);
    if (kind == 2)
        reg_put(l, s, RV_CSR + CSR_mie, 0);
    reg_put(l, s, RV_CSR + CSR_tselect, (number + number / LAB_CYCLE) % RV_TRIGGERS);
}

/* [priv table 15]: every cause of an access, to fetch, load or store. Illegal instruction and breakpoint are not among them. */
static bool memory_trap(const struct trap *t)
{
    switch (t->cause) {
    case RV_CAUSE_FETCH_MISALIGNED:
    case RV_CAUSE_FETCH_ACCESS:
    case RV_CAUSE_LOAD_MISALIGNED:
    case RV_CAUSE_LOAD_ACCESS:
    case RV_CAUSE_STORE_MISALIGNED:
    case RV_CAUSE_STORE_ACCESS:
    case RV_CAUSE_FETCH_PAGE:
    case RV_CAUSE_LOAD_PAGE:
    case RV_CAUSE_STORE_PAGE: return true;
    default: return false;
    }
}

/* The clock is no CSR; `time` is read from it. */
static const struct reg_desc extra[] = {{"clock", NULL, MACHINE_CLOCK, 64, PART_NONDET, "clock units"}};

static const reg_t views[] = {
    RV_CSR + CSR_sstatus, RV_CSR + CSR_sie,  RV_CSR + CSR_sip,     RV_CSR + CSR_fflags, RV_CSR + CSR_frm,    RV_CSR + CSR_ustate,
    RV_CSR + CSR_cycle,   RV_CSR + CSR_time, RV_CSR + CSR_instret, RV_CSR + CSR_tdata1, RV_CSR + CSR_tdata2,
};

const struct lab_isa lab_riscv = {
    .isa = &isa_riscv,
    .mode_count = MODES,
    .modes = {RV_U, RV_S, RV_M},
    .mode_name = {"U", "S", "M"},
    .extra = extra,
    .extra_count = sizeof extra / sizeof *extra,
    .views = views,
    .view_count = sizeof views / sizeof *views,
    .ways = ways,
    .way_count = sizeof ways / sizeof *ways,
    .nop = 0x00000013,
    .nop_length = 4,
    .open = memory_open,
    .machine_of = machine_of,
    .generate = generate,
    .plain = plain,
    .extreme = extreme,
    .arrange = arrange,
    .put = put,
    .hide = hide,
    .is_put = is_put,
    .is_gate = is_gate,
    .probe = {0x0005b503 /* ld a0, 0(a1) */, 4, RV_X + 11, RV_X + 10},
    .remap = remap,
    .memory_trap = memory_trap,
    .owned_count = OWNED,
    .disown = disown,
    .entry = LAB_RISCV_ENTRY,
};
