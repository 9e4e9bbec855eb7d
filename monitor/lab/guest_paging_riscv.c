/* guest_paging_riscv.c - the random guests that translate: of the assignment "shadow", and of the stage of "dispatch" that fences.
 *
 * Two address spaces, A and B. In both S-mode finds its code, the log and the tables where they lie, and U-mode its code LAB_ALIAS further up.
 * From TEST on there is what is tried: sixteen pages, large pages, entries that lead nowhere.
 */
#include "monitor/lab/code_riscv.h"

#include "mmu/pt.h"

#define BIT(n) (UINT64_C(1) << (n))
#define TEST UINT64_C(0x40000000)
#define PAGE_WORD 0x000f0067 /* jalr zero, 0(U1): what is called there returns */

enum { BLOCKS = 20, STEPS = 8, PAGES = 16, SPACES = 2, RENEWED = 5, FEW = 3, RETURNS = 0x800 /* from here on pages may be written */ };
enum { SOME = SV_V | SV_A | SV_D };

/* What a guest tries. */
enum { TRY_INVALID = 1, TRY_RIGHTS = 2, TRY_LARGE = 4, TRY_DIRTY = 8, TRY_REMAP = 16, TRY_MODES = 32 };
struct paging {
    struct lab_code *c;
    unsigned tries;
};

/* The tables of a space; index 0, 1, ... of each:
 *
 *    root    0  with TRY_LARGE a page of 1 GiB: address 0 is LAB_BASE
 *            1  -> middle          TEST = 0x40000000
 *            2  -> table 0         S-mode's: eight pages of 2 MiB, 0x80000000 to itself
 *            3  -> table 1         U-mode's: one page of 2 MiB, 0xc0000000 to the code
 *    middle  0  -> last            sixteen pages of 4 KiB: 0 to 7 S-mode's, 8 to 15 U-mode's
 *            1  2  2 MiB each, the second perhaps misaligned
 *            3  4  pointers that must fault: a reserved bit, memory that is not there
 *
 * Tables 0 and 1 belong to both spaces: what the frame itself needs is the same whatever is tried. */
static uint64_t table_at(unsigned n) { return LAB_TABLES + n * (uint64_t)PAGE_SIZE; }
/* Tables: of both spaces 0, 1; each root, its table of large pages, its table of pages. */
static uint64_t root_of(unsigned space) { return table_at(2 + 3 * space); }
static uint64_t middle_of(unsigned space) { return root_of(space) + PAGE_SIZE; }
static uint64_t last_of(unsigned space) { return root_of(space) + 2 * PAGE_SIZE; }
/* MODE 63-60 | ASID 59-44 | PPN 43-0 [priv 12.1.11]. The spaces have the ASIDs 1 and 2. */
static uint64_t satp_of(unsigned space)
{
    return ((uint64_t)SATP_SV39 << SATP_MODE) | ((uint64_t)(1 + space) << SATP_ASID) | root_of(space) >> PAGE_SHIFT;
}
static uint64_t entry(uint64_t pa, uint64_t flags) { return pa >> PAGE_SHIFT << 10 | flags; }

static void put_pte(struct lab_code *c, uint64_t table, unsigned index, uint64_t pte)
{
    put_li(c, U0, table + 8 * (uint64_t)index);
    put_li(c, U1, pte);
    put_store(c, 3, U1, U0, 0);
}

/* Pages 0 to 7 are S-mode's, the others U-mode's, unless rights are tried. */
static uint64_t any_page(const struct paging *p, unsigned index)
{
    struct lab_code *c = p->c;
    const uint64_t at = LAB_PAGES + lab_below(c, PAGES) * (uint64_t)PAGE_SIZE;
    uint64_t flags = SOME | SV_R | SV_W | SV_X | (index < PAGES / 2 ? 0 : SV_U);

    if (p->tries & TRY_RIGHTS && lab_coin(c))
        flags = SOME | SV_R | (lab_random(c) & (SV_W | SV_X | SV_U));
    if (p->tries & TRY_RIGHTS && lab_below(c, 4) == 0)
        flags = SOME | SV_X | (flags & SV_U);
    if (p->tries & TRY_DIRTY && lab_coin(c))
        flags &= ~(lab_random(c) & (SV_A | SV_D));
    if (p->tries & TRY_INVALID && lab_below(c, 4) == 0)
        switch (lab_below(c, 4)) {
        case 0: flags &= ~(uint64_t)SV_V; break;
        case 1: flags = (flags & ~(uint64_t)SV_R) | SV_W; break;
        case 2: flags = SV_V; break;                        /* a pointer, where there is no further level */
        default: return entry(UINT64_C(0x70000000), flags); /* nothing is there */
        }
    return entry(at, flags);
}

static void put_middle(const struct paging *p, unsigned space)
{
    struct lab_code *c = p->c;
    const uint64_t misaligned = lab_coin(c) ? PAGE_SIZE : 0, user = lab_coin(c) ? SV_U : 0;

    put_pte(c, middle_of(space), 0, entry(last_of(space), SV_V));
    if (p->tries & TRY_LARGE) {
        put_pte(c, middle_of(space), 1, entry(LAB_PAGES, SOME | SV_R | SV_W | SV_X | user));
        put_pte(c, middle_of(space), 2, entry(LAB_PAGES + misaligned, SOME | SV_R | SV_W | user));
        put_pte(c, root_of(space), 0, entry(LAB_BASE, SOME | SV_R | SV_W | user));
    }
    if (p->tries & TRY_INVALID) {
        put_pte(c, middle_of(space), 3, entry(last_of(space), SV_V | (lab_coin(c) ? SV_U : SV_A))); /* reserved in a pointer */
        put_pte(c, middle_of(space), 4, entry(UINT64_C(0x70000000), SV_V));                         /* no RAM there */
    }
}

static void put_tables(const struct paging *p)
{
    struct lab_code *c = p->c;
    for (unsigned i = 0; i < 8; i++)
        put_pte(c, table_at(0), i, entry(LAB_BASE + i * (UINT64_C(2) << 20), SOME | SV_R | SV_W | SV_X));
    put_pte(c, table_at(1), 0, entry(LAB_BASE, SOME | SV_R | SV_X | SV_U));
    for (unsigned space = 0; space < SPACES; space++) {
        put_pte(c, root_of(space), 1, entry(middle_of(space), SV_V));
        put_pte(c, root_of(space), 2, entry(table_at(0), SV_V));
        put_pte(c, root_of(space), 3, entry(table_at(1), SV_V));
        put_middle(p, space);
        for (unsigned i = 0; i < PAGES; i++)
            put_pte(c, last_of(space), i, any_page(p, i));
    }
    put_li(c, U1, PAGE_WORD);
    for (unsigned i = 0; i < PAGES; i++) {
        put_li(c, U0, LAB_PAGES + i * (uint64_t)PAGE_SIZE);
        put_store(c, 2, U1, U0, 0);
    }
}

/* --- Accesses. */

/* Mostly pages that the mode may use, or nearly all accesses would fault and leaves would seldom be made. One of few when A and D are
 * tried: a leaf has to be met more than once. */
static uint64_t any_va(const struct paging *p, unsigned mode)
{
    struct lab_code *c = p->c;
    const bool matches = !(p->tries & TRY_RIGHTS) || lab_below(c, 4) != 0;
    const bool users = matches ? mode == RV_U : lab_coin(c);
    const unsigned page = lab_below(c, p->tries & TRY_DIRTY ? FEW : PAGES / 2) + users * (unsigned)(PAGES / 2);
    uint64_t va = TEST + page * (uint64_t)PAGE_SIZE;

    if (p->tries & TRY_LARGE && lab_coin(c))
        va = lab_coin(c) ? TEST + (1 + lab_below(c, 2)) * (UINT64_C(2) << 20) + page * (uint64_t)PAGE_SIZE
                         : (LAB_PAGES - LAB_BASE) + page * (uint64_t)PAGE_SIZE;
    if (p->tries & TRY_INVALID && lab_below(c, 4) == 0)
        va = lab_coin(c) ? TEST + (3 + lab_below(c, 3)) * (UINT64_C(2) << 20) : va | BIT(38 + lab_below(c, 26));
    return va;
}

/* U0 = an address that is called, for the page begins with a return. */
static void put_call(struct lab_code *c)
{
    put_i(c, 0x13, 7, U0, U0, -16); /* andi */
    put_i(c, 0x67, 0, U1, U0, 0);   /* jalr */
}

/* A load of any width, a store, or a call. Stores go to the second half of a page, whose first half begins with the word that is called. */
static void put_access(const struct paging *p, unsigned mode)
{
    struct lab_code *c = p->c;
    const unsigned offset = lab_below(c, 4) ? 0 : 8;
    const uint64_t va = any_va(p, mode) + offset;
    const unsigned rd = lab_play(c), width = lab_below(c, 7);

    if (p->tries & TRY_DIRTY && lab_coin(c)) { /* the leaf is made for one access, and there may be another kind of access behind it */
        put_li(c, U0, va);
        if (mode == RV_M || lab_coin(c))
            put_load(c, 3, lab_play(c), U0, 16);
        else
            put_call(c);
    }
    put_li(c, U0, va); /* anew: a handler may have used it */
    switch (lab_below(c, mode == RV_M ? 2 : 3)) {
    case 0: put_load(c, width, rd, U0, (int)lab_below(c, 2040)); break;
    case 1:
        put_addi(c, U0, U0, RETURNS - 1);
        put_store(c, width & 3, rd, U0, 1 + (int)lab_below(c, 2000));
        break;
    default: put_call(c); break;
    }
}

/* SUM and MXR, from S-mode; ADUE, from M-mode. */
static void put_situation(const struct paging *p, unsigned mode)
{
    struct lab_code *c = p->c;
    if (p->tries & TRY_RIGHTS && mode == RV_S) {
        put_li(c, U2, lab_random(c) & (BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR)));
        put_csr(c, lab_coin(c) ? CSRRS : CSRRC, 0, CSR_sstatus, U2);
    }
    if (mode == RV_M) { /* as MPP says, for the next accesses */
        put_li(c, U2, (UINT64_C(3) << MSTATUS_MPP) | BIT(MSTATUS_MPRV));
        put_csr(c, CSRRC, 0, CSR_mstatus, U2);
        put_li(c, U2, ((uint64_t)lab_coin(c) << MSTATUS_MPP) | BIT(MSTATUS_MPRV));
        put_csr(c, CSRRS, 0, CSR_mstatus, U2);
    }
}

/* Some pages are as new, A and D among it. From M-mode, and fenced. */
static void put_renewal(const struct paging *p, unsigned space)
{
    for (unsigned n = 0; n < RENEWED; n++) {
        const unsigned index = lab_below(p->c, PAGES);
        put_pte(p->c, last_of(space), index, any_page(p, index));
    }
    put_sfence(p->c, 0, 0);
}

/* A page is mapped elsewhere or otherwise, and what fences may name it: by address or all, in one space or in all. */
static void put_remap(const struct paging *p, unsigned space)
{
    struct lab_code *c = p->c;
    const unsigned index = lab_below(c, PAGES);
    put_pte(c, last_of(space), index, any_page(p, index));
    put_li(c, U1, TEST + index * (uint64_t)PAGE_SIZE);
    put_addi(c, U2, 0, 1 + (int)space);
    const unsigned va = lab_coin(c) ? U1 : 0;
    put_sfence(c, va, lab_coin(c) ? U2 : 0);
}

static void put_block(const struct paging *p, unsigned mode)
{
    struct lab_code *c = p->c;
    const unsigned space = lab_below(c, SPACES);
    struct lab_block b = {.mode = mode, .satp = satp_of(space), .alias = mode == RV_U};

    if (p->tries & TRY_RIGHTS)
        b.mstatus = lab_random(c) & (BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR));
    if (p->tries & TRY_MODES)
        b.mstatus |= lab_random(c) & BIT(MSTATUS_TVM);
    if (p->tries & TRY_DIRTY) {
        put_li(c, U2, (uint64_t)lab_coin(c) << MENVCFG_ADUE);
        put_csr(c, CSRRW, 0, CSR_menvcfg, U2);
        put_renewal(p, space);
    }
    lab_block_begin(c, &b);
    for (unsigned n = 0; n < STEPS; n++) {
        if (p->tries & TRY_REMAP && mode == RV_S && !(b.mstatus & BIT(MSTATUS_TVM)))
            put_remap(p, space);
        else if (p->tries & TRY_MODES)
            put_sfence(c, 0, 0); /* refused, or not */
        if (lab_below(c, 3) == 0)
            put_situation(p, mode);
        put_access(p, mode);
    }
    if (mode == RV_M) {
        put_li(c, U2, BIT(MSTATUS_MPRV));
        put_csr(c, CSRRC, 0, CSR_mstatus, U2);
    }
    lab_block_end(c, &b);
}

static void guest(struct lab_code *c, uint64_t seed, unsigned tries, unsigned blocks)
{
    const struct paging p = {c, tries};
    lab_frame_begin(c, seed);
    put_tables(&p);
    for (unsigned i = 0; i < blocks; i++)
        put_block(&p, tries & TRY_RIGHTS && lab_below(c, 5) == 0 ? RV_M : lab_coin(c) ? RV_S : RV_U);
    lab_frame_end(c);
}

void lab_guest_walk(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_INVALID, BLOCKS); }
void lab_guest_rights(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_RIGHTS, BLOCKS); }
void lab_guest_large(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_LARGE | TRY_RIGHTS, BLOCKS); }
void lab_guest_dirty(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_DIRTY | TRY_RIGHTS | TRY_LARGE, BLOCKS); }
void lab_guest_remap(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_REMAP | TRY_RIGHTS | TRY_DIRTY, BLOCKS); }
void lab_guest_fence(struct lab_code *c, uint64_t seed) { guest(c, seed, TRY_REMAP | TRY_MODES, BLOCKS); }

/* A little of all, for the golden log. */
void lab_guest_tables(struct lab_code *c, uint64_t seed)
{
    guest(c, seed, TRY_INVALID | TRY_RIGHTS | TRY_LARGE | TRY_DIRTY | TRY_REMAP, BLOCKS / 5);
}
