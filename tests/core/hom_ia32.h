/* hom_ia32.h - random states of an IA-32 machine in protected mode: descriptor tables, task states, stacks with frames on them, hidden
 * parts of segment registers that no table has. Each part is most often such that an instruction can go through, and else anything.
 * All of a state follows from one number.
 */
#ifndef TRAPEZE_TESTS_CORE_HOM_IA32_H
#define TRAPEZE_TESTS_CORE_HOM_IA32_H

#include "tests/core/pair_ia32.h"

/* RAM, linear addresses being physical ones. */
enum {
    HOM_DIRECTORY = 0x0,
    HOM_PAGES = 0x1000,
    HOM_GDT = 0x2000, /* 64 entries */
    HOM_LDT = 0x2400, /* 32 */
    HOM_TSS = 0x2800, /* four, 0x80 apart; another set ends behind the page */
    HOM_TSS_LATE = 0x2fa0,
    HOM_IDT = 0x3000,   /* 256 entries */
    HOM_STACK = 0x4000, /* a page for each ring, and one before and behind */
    HOM_CODE = 0xa000,
    HOM_DATA = 0xb000,
    HOM_BYTES = 0xc000,
};
/* Entries of the GDT: code and data of ring n, the others. */
enum { SLOT_CODE = 1, SLOT_DATA = 5, SLOT_CONFORMING = 9, SLOT_LDT = 10, SLOT_TSS = 12 /* .. 15 */, SLOT_ANY = 16, SLOTS = 64 };
enum { LDT_SLOTS = 32, TASKS = 4, TASK_16 = 2 /* this one and those behind are of 16 bits */ };

struct hom {
    struct pair *pair;
    uint64_t random;
    uint8_t image[HOM_BYTES];
    unsigned cpl, size; /* operand size of the instruction */
    bool calm;          /* nothing is amiss but what an instruction names */
    bool paged, late;   /* task states cross a page */
    uint32_t esp, ebx, eip, code_base;
    uint8_t code[32];
    unsigned length, budget;
    bool critical; /* critical instructions are virtual here, too */
    uint16_t word; /* what LLDT or LTR would like to find at [ebx]; 0: nothing */
};

/* --- Random numbers: splitmix64 */

static inline uint64_t hom_word(struct hom *h)
{
    uint64_t z = h->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
static inline unsigned hom_below(struct hom *h, unsigned n) { return (unsigned)(hom_word(h) % n); }
static inline bool hom_one_in(struct hom *h, unsigned n) { return hom_below(h, n) == 0; }

/* Something is amiss. */
static inline bool hom_wrong(struct hom *h, unsigned n) { return hom_one_in(h, n) && !h->calm; }

static inline void hom_put(struct hom *h, uint32_t at, unsigned size, uint32_t value)
{
    if (at <= sizeof h->image - size)
        memcpy(h->image + at, &value, size);
}

/* --- Descriptors */

static inline unsigned hom_ring(struct hom *h) { return hom_one_in(h, 2) ? h->cpl : hom_below(h, 4); }

/* Something that a far pointer, a gate or a task state names. */
static inline uint16_t hom_selector(struct hom *h)
{
    const unsigned ring = hom_ring(h);
    unsigned slot = hom_below(h, SLOTS);
    switch (hom_below(h, 16)) {
    case 0: return (uint16_t)hom_below(h, 4);
    case 1: return h->calm ? SLOT_LDT << 3 : (uint16_t)hom_word(h);
    case 2:
    case 3: return (uint16_t)(hom_below(h, LDT_SLOTS) << 3 | 4 | ring);
    case 4:
    case 5:
    case 6: slot = SLOT_CODE + ring; break;
    case 7:
    case 8: slot = SLOT_DATA + ring; break;
    case 9: slot = SLOT_TSS + hom_below(h, TASKS); break;
    case 10: slot = SLOT_CONFORMING; break;
    default: slot = SLOT_ANY + hom_below(h, SLOTS - SLOT_ANY); break;
    }
    return (uint16_t)(slot << 3 | (hom_one_in(h, 8) ? hom_below(h, 4) : ring));
}
static inline uint16_t hom_of(struct hom *h, unsigned slot, unsigned ring)
{
    return hom_one_in(h, 8) ? hom_selector(h) : (uint16_t)((slot + ring) << 3 | ring);
}

static inline void hom_entry(struct hom *h, uint32_t at, uint32_t low, uint32_t high)
{
    if (hom_wrong(h, 24))
        high ^= 1u << 15; /* P */
    if (hom_wrong(h, 24))
        high = (high & ~0x6000u) | hom_below(h, 4) << 13;
    if (hom_wrong(h, 48))
        high ^= 1u << (8 + hom_below(h, 5)); /* type, S */
    hom_put(h, at, 4, low);
    hom_put(h, at + 4, 4, high);
}

/* A limit that ends at or near an address that is in use, or all there is. */
static inline void hom_segment(struct hom *h, uint32_t at, unsigned access, uint32_t around)
{
    const uint32_t base = hom_one_in(h, 6) ? hom_below(h, 16) * 4 : 0;
    uint32_t limit = 0xfffff;
    unsigned flags = hom_one_in(h, 4) ? 0x8 : 0xc;
    if (hom_wrong(h, 8)) {
        limit = around + hom_below(h, 64) - 32;
        flags &= 4;
    }
    hom_entry(h, at, (limit & 0xffff) | base << 16, (base >> 16 & 0xff) | access << 8 | (limit & 0xf0000) | flags << 20);
}

static inline void hom_gate(struct hom *h, uint32_t at, unsigned type, uint16_t selector)
{
    const uint32_t offset = hom_one_in(h, 8) ? (uint32_t)hom_word(h) : HOM_CODE + hom_below(h, 64);
    const unsigned dpl = hom_one_in(h, 2) ? 3 : hom_below(h, 4), count = hom_one_in(h, 2) ? hom_below(h, 32) : hom_below(h, 3);
    hom_entry(h, at, (uint32_t)selector << 16 | (offset & 0xffff),
              (offset & 0xffff0000) | 0x8000 | dpl << 13 | type << 8 | (hom_one_in(h, 4) ? hom_below(h, 256) : count));
}

static inline uint32_t hom_task_at(const struct hom *h, unsigned n) { return h->late && n == 1 ? HOM_TSS_LATE : HOM_TSS + 0x80 * n; }

static inline void hom_task_entry(struct hom *h, uint32_t at, unsigned n, bool busy)
{
    const uint32_t base = hom_task_at(h, n), least = n < TASK_16 ? 0x67 : 0x2b;
    const uint32_t limit = hom_wrong(h, 8) ? least - 1 + hom_below(h, 3) : 0x7f;
    const unsigned dpl = hom_one_in(h, 2) ? 3 : hom_below(h, 4);
    hom_entry(h, at, limit | base << 16, base >> 16 | 0x8000 | dpl << 13 | (n < TASK_16 ? 9u : 1u) << 8 | (busy ? 0x200u : 0));
}

/* Any kind of descriptor. */
static inline void hom_any(struct hom *h, uint32_t at)
{
    const unsigned ring = hom_ring(h);
    switch (hom_below(h, 12)) {
    case 0: hom_segment(h, at, 0x98 | ring << 5 | hom_below(h, 8), HOM_CODE); break;
    case 1: hom_segment(h, at, 0x90 | ring << 5 | hom_below(h, 8), h->esp); break;
    case 2:
    case 3:
    case 4:
    case 5:
        hom_gate(h, at, hom_one_in(h, 2) ? 12 : 4, hom_one_in(h, 3) ? hom_selector(h) : hom_of(h, SLOT_CODE, hom_below(h, 4)));
        break;
    case 6:
    case 7: hom_gate(h, at, 5, hom_one_in(h, 4) ? hom_selector(h) : (uint16_t)((SLOT_TSS + hom_below(h, TASKS)) << 3)); break;
    case 8: hom_task_entry(h, at, hom_below(h, TASKS), hom_one_in(h, 2)); break;
    case 9: hom_entry(h, at, 0xff | (uint32_t)HOM_LDT << 16, 0x8200); break;
    case 10: hom_entry(h, at, (uint32_t)hom_word(h), (uint32_t)hom_word(h)); break;
    default: hom_segment(h, at, 0x92 | ring << 5, h->esp); break;
    }
}

static inline void hom_tables(struct hom *h)
{
    for (unsigned n = 0; n < 4; n++) {
        hom_segment(h, HOM_GDT + 8 * (SLOT_CODE + n), 0x9a | n << 5 | hom_below(h, 2), HOM_CODE);
        hom_segment(h, HOM_GDT + 8 * (SLOT_DATA + n), 0x92 | n << 5 | hom_below(h, 2), h->esp);
    }
    hom_segment(h, HOM_GDT + 8 * SLOT_CONFORMING, 0x9e | hom_below(h, 4) << 5, HOM_CODE);
    hom_entry(h, HOM_GDT + 8 * SLOT_LDT, 0xff | (uint32_t)HOM_LDT << 16, 0x8200);
    for (unsigned n = 0; n < TASKS; n++)
        hom_task_entry(h, HOM_GDT + 8 * (SLOT_TSS + n), n, hom_one_in(h, 3));
    for (unsigned n = SLOT_ANY; n < SLOTS; n++)
        hom_any(h, HOM_GDT + 8 * n);
    for (unsigned n = 0; n < LDT_SLOTS; n++)
        hom_any(h, HOM_LDT + 8 * n);
    for (unsigned n = 0; n < 256; n++) {
        static const uint8_t type[] = {14, 14, 14, 15, 6, 7, 5, 5};
        const unsigned t = type[hom_below(h, 8)];
        hom_gate(h, HOM_IDT + 8 * n, t,
                 t == 5             ? (uint16_t)((SLOT_TSS + hom_below(h, TASKS)) << 3)
                 : hom_one_in(h, 8) ? hom_selector(h)
                                    : hom_of(h, SLOT_CODE, hom_below(h, h->cpl + 1)));
    }
}

/* --- Stacks and task states */

static inline uint32_t hom_top(struct hom *h, unsigned ring) { return HOM_STACK + 0x1000 * (ring + 1) + 0x800 + 4 * hom_below(h, 64); }

static inline uint32_t hom_esp(struct hom *h, unsigned ring)
{
    if (h->calm)
        return hom_top(h, ring);
    const uint32_t page = HOM_STACK + 0x1000 * (ring + 1);
    switch (hom_below(h, 12)) {
    case 0: return page + hom_below(h, 48);
    case 1: return hom_top(h, ring) + hom_below(h, 4);
    case 2: return (uint32_t)hom_word(h) << 16 | hom_top(h, ring);
    case 3: return hom_below(h, 16);
    default: return hom_top(h, ring);
    }
}

static inline void hom_task(struct hom *h, unsigned n)
{
    const uint32_t at = hom_task_at(h, n);
    const unsigned ring = hom_below(h, 4), size = n < TASK_16 ? 4 : 2, step = n < TASK_16 ? 4 : 2;
    const unsigned eip = n < TASK_16 ? 0x20 : 0xe, segments = n < TASK_16 ? 0x48 : 0x22;
    for (unsigned i = 0; i < 0x80; i++)
        h->image[at + i] = hom_one_in(h, 4) ? (uint8_t)hom_word(h) : 0;
    hom_put(h, at, 2, hom_one_in(h, 4) ? hom_selector(h) : (SLOT_TSS + hom_below(h, TASKS)) << 3);
    for (unsigned r = 0; r < 3; r++) {
        hom_put(h, at + size + 2 * size * r, size, hom_esp(h, r));
        hom_put(h, at + 2 * size + 2 * size * r, 2, hom_of(h, SLOT_DATA, r));
    }
    hom_put(h, at + eip, size, hom_one_in(h, 8) ? (uint32_t)hom_word(h) : HOM_CODE + hom_below(h, 64));
    hom_put(h, at + eip + size, size, (uint32_t)hom_word(h) & (hom_one_in(h, 6) ? 0x3f7fd7 : 0x357ed7));
    hom_put(h, at + eip + 6 * size, size, hom_esp(h, ring));
    hom_put(h, at + segments + step, 2, hom_of(h, SLOT_CODE, ring));
    hom_put(h, at + segments + 2 * step, 2, hom_of(h, SLOT_DATA, ring));
    for (unsigned i = 0; i < 6; i++)
        if (i != 1 && i != 2)
            hom_put(h, at + segments + i * step, 2,
                    hom_one_in(h, 6)   ? hom_selector(h)
                    : hom_one_in(h, 3) ? 0
                                       : (SLOT_DATA + 3) << 3 | 3);
    hom_put(h, at + (n < TASK_16 ? 0x60 : 0x2a), 2, hom_one_in(h, 8) ? hom_selector(h) : hom_one_in(h, 2) ? 0 : SLOT_LDT << 3);
    if (n < TASK_16) {
        hom_put(h, at + 0x1c, 4, hom_one_in(h, 16) ? (uint32_t)hom_word(h) : HOM_DIRECTORY);
        hom_put(h, at + 0x64, 2, hom_one_in(h, 8));
    }
}

/* What RET and IRET find: EIP CS EFLAGS ESP SS, or for RET EIP CS ESP SS; and the selectors of virtual-8086 mode. */
static inline void hom_frame(struct hom *h, bool with_flags, unsigned skip)
{
    const unsigned ring = hom_one_in(h, 8) ? hom_below(h, 4) : h->cpl + hom_below(h, 4 - h->cpl);
    uint32_t at = h->esp;
    hom_put(h, at, h->size, hom_one_in(h, 8) ? (uint32_t)hom_word(h) : HOM_CODE + hom_below(h, 64));
    hom_put(h, at += h->size, h->size,
            hom_one_in(h, 8) ? hom_selector(h) : hom_of(h, hom_one_in(h, 8) ? SLOT_CONFORMING - ring : SLOT_CODE, ring));
    if (with_flags)
        hom_put(h, at += h->size, h->size, (uint32_t)hom_word(h) & (hom_one_in(h, 4) ? 0x3f7fd7 : 0x3c7fd7));
    at += h->size + skip;
    hom_put(h, at, h->size, hom_esp(h, ring));
    hom_put(h, at += h->size, h->size, hom_of(h, SLOT_DATA, ring));
    for (unsigned n = 0; n < 4; n++)
        hom_put(h, at += h->size, h->size, (uint32_t)hom_word(h));
}

/* --- Registers */

static inline void hom_segment_set(struct hom *h, unsigned seg, uint16_t selector, uint32_t base, uint32_t limit, uint32_t rights)
{
    pair_set(h->pair, IA_SEG + 4 * seg + IA_RIGHTS, rights);
    pair_set(h->pair, IA_SEG + 4 * seg + IA_BASE, base);
    pair_set(h->pair, IA_SEG + 4 * seg + IA_LIMIT, limit);
    pair_set(h->pair, IA_SEG + 4 * seg + IA_SELECTOR, selector);
}

/* A data segment's hidden part: flat, none, or of a kind that no table here has. */
static inline void hom_data_segment(struct hom *h, unsigned seg)
{
    const uint16_t selector = hom_selector(h);
    const unsigned dpl = hom_one_in(h, 8) ? hom_below(h, 4) : h->cpl + hom_below(h, 4 - h->cpl);
    const unsigned type = hom_wrong(h, 6) ? hom_below(h, 16) : 3;
    if (hom_wrong(h, 8))
        hom_segment_set(h, seg, (uint16_t)hom_below(h, 4), 0, 0, IA_RIGHTS_NULL);
    else
        hom_segment_set(h, seg, selector, 0, hom_wrong(h, 8) ? h->ebx + hom_below(h, 16) - 8 : UINT32_MAX,
                        IA_RIGHTS_DB | IA_RIGHTS_G | 0x91u | type | dpl << 5);
}

static inline void hom_segments(struct hom *h)
{
    const bool wide = !hom_one_in(h, 5);
    const unsigned task = hom_below(h, TASKS);
    const uint32_t least = task < TASK_16 ? 0x67 : 0x2b, limit = hom_wrong(h, 8) ? hom_below(h, least + 2) : 0x7f;
    hom_segment_set(h, IA_CS, (uint16_t)((SLOT_CODE + h->cpl) << 3 | h->cpl), h->code_base, UINT32_MAX,
                    IA_RIGHTS_G | (h->size == 0 ? 0 : IA_RIGHTS_DB) | 0x9b | h->cpl << 5);
    hom_segment_set(h, IA_SS, (uint16_t)((SLOT_DATA + h->cpl) << 3 | h->cpl), 0,
                    hom_wrong(h, 8) ? (h->esp & 0xffff) + hom_below(h, 64) - 32 : UINT32_MAX,
                    IA_RIGHTS_G | (wide ? IA_RIGHTS_DB : 0) | 0x93 | (hom_one_in(h, 12) ? 4u : 0u) | h->cpl << 5);
    hom_data_segment(h, IA_ES);
    hom_data_segment(h, IA_DS);
    hom_data_segment(h, IA_FS);
    hom_data_segment(h, IA_GS);
    if (hom_one_in(h, 4))
        hom_segment_set(h, IA_LDTR, (uint16_t)hom_below(h, 4), 0, 0, IA_RIGHTS_NULL);
    else
        hom_segment_set(h, IA_LDTR, SLOT_LDT << 3, HOM_LDT, hom_wrong(h, 8) ? hom_below(h, 256) : 255, 0x82);
    hom_segment_set(h, IA_TR, (uint16_t)((SLOT_TSS + task) << 3 | (hom_one_in(h, 8) ? 3 : 0)), hom_task_at(h, task), limit,
                    task < TASK_16 ? 0x8b : 0x83);
}

/* Pages of which some are missing, read-only or a supervisor's. That of the code is there; of the tables themselves none is, for what a
 * TLB knows of tables that a program changes is open. */
static inline void hom_page_tables(struct hom *h)
{
    hom_put(h, HOM_DIRECTORY, 4, HOM_PAGES | 7 | (hom_one_in(h, 2) ? 0x20u : 0));
    for (unsigned n = HOM_GDT / PAGE_SIZE; n < PAIR_RAM / PAGE_SIZE; n++) {
        uint32_t pte = n << 12 | 7 | (hom_one_in(h, 2) ? 0x60u : 0);
        if (n != HOM_CODE / PAGE_SIZE && hom_wrong(h, 12))
            pte ^= 1u << hom_below(h, 3);
        hom_put(h, HOM_PAGES + 4 * n, 4, pte);
    }
}

static inline void hom_control(struct hom *h)
{
    uint32_t cr0 = CR0_PE | CR0_ET | (h->paged ? CR0_PG : 0) | (hom_one_in(h, 2) ? CR0_WP : 0) | (hom_one_in(h, 8) ? CR0_AM : 0);
    cr0 |= (uint32_t)hom_word(h) & (CR0_TS | CR0_MP | CR0_NE);
    pair_set(h->pair, IA_CR0, cr0);
    pair_set(h->pair, IA_CR2, (uint32_t)hom_word(h));
    pair_set(h->pair, IA_CR3, HOM_DIRECTORY);
    pair_set(h->pair, IA_CR4, (hom_one_in(h, 4) ? CR4_TSD : 0) | (hom_one_in(h, 4) ? CR4_DE : 0));
    pair_set(h->pair, IA_DR7, hom_one_in(h, 8) ? 0x400u | (uint32_t)(hom_word(h) & 0x300) : 0x400u);
    pair_set(h->pair, IA_GDTR_BASE, HOM_GDT);
    pair_set(h->pair, IA_GDTR_LIMIT, hom_wrong(h, 8) ? hom_below(h, SLOTS * 8) : SLOTS * 8 - 1);
    pair_set(h->pair, IA_IDTR_BASE, HOM_IDT);
    pair_set(h->pair, IA_IDTR_LIMIT, hom_wrong(h, 8) ? hom_below(h, 2048) : 2047);
    pair_set(h->pair, IA_NMI_MASKED, hom_one_in(h, 8));
    pair_set(h->pair, MACHINE_MODE, h->cpl);
}

static inline void hom_registers(struct hom *h)
{
    uint32_t flags = (uint32_t)hom_word(h) & (EFLAGS_STATUS | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_ID);
    flags |= (hom_one_in(h, 8) ? EFLAGS_AC : 0u) | (hom_one_in(h, 16) ? EFLAGS_TF : 0u) | (hom_one_in(h, 4) ? EFLAGS_NT : 0u) |
             (hom_one_in(h, 8) ? EFLAGS_RF : 0u);
    for (unsigned n = 0; n < 8; n++)
        pair_set(h->pair, n, ((uint32_t)hom_word(h) & 0xffff0000) | hom_selector(h));
    pair_set(h->pair, IA_EBX, h->ebx);
    pair_set(h->pair, IA_ESP, h->esp);
    pair_set(h->pair, IA_EFLAGS, flags);
    pair_set(h->pair, MACHINE_PC, h->eip);
}

/* What an instruction in memory finds at [ebx]: a far pointer of its size. */
static inline void hom_pointer(struct hom *h)
{
    for (unsigned n = 0; n < 16; n++)
        hom_put(h, h->ebx + n, 1, hom_below(h, 256));
    hom_put(h, h->ebx, 4, hom_one_in(h, 8) ? (uint32_t)hom_word(h) : HOM_CODE + hom_below(h, 64));
    hom_put(h, h->ebx + h->size, 2, hom_selector(h));
}

#endif
