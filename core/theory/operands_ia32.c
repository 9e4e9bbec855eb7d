/* operands_ia32.c - what instructions on selectors, pointers and frames find as their operands: some of each sort that the manual tells apart,
 * in the data pages and in registers. Which of them it is follows from what the state has there; what is one of them already, stays.
 */
#include "core/theory/lab_ia32.h"

#include <string.h>

/* Entries of the tables by all that may name them, and what is in none. */
static const uint16_t selector[SELECTORS] = {
    SEL_DESC | 3,  SEL_DATA3 | 3, SEL_DATA0,           SEL_DESC + 8,        (SEL_DESC + 40) | 3, SEL_DESC | 3, (SEL_DESC + 32) | 3,
    SEL_DATA1 | 1, SEL_DATA3 | 3, (SEL_DESC + 16) | 3, (SEL_DESC + 24) | 3, (SEL_DESC + 48) | 3, SEL_DATA0,    8 | 4 | 3,
    SEL_LDT,       0x1fb,
};
static const uint16_t null[NULLS] = {0, 1, 2, 3};
static const uint16_t target[TARGETS] = {
    SEL_CODE3 | 3,       SEL_CODE0,    SEL_CODE1 | 1,       (SEL_DESC + 16) | 3,
    (SEL_DESC + 32) | 3, SEL_TSS2 | 3, (SEL_DESC + 24) | 3, SEL_DESC + 72,
};

/* CS, EFLAGS and SS of the frames, by ring. */
static const struct frame {
    uint16_t cs, ss;
    uint32_t flags;
} frame[FRAMES] = {
    {SEL_CODE3 | 3, SEL_DATA3 | 3, EFLAGS_ONE | EFLAGS_IF},
    {SEL_CODE1 | 1, SEL_DATA1 | 1, EFLAGS_ONE | EFLAGS_IOPL},
    {SEL_CODE3 | 3, SEL_DATA3 | 3, EFLAGS_ONE | EFLAGS_VM | EFLAGS_IF},
    {SEL_CODE0, SEL_DATA0, EFLAGS_ONE | EFLAGS_IF | EFLAGS_IOPL},
    {(SEL_DESC + 24) | 3, SEL_DESC | 3, EFLAGS_ONE | EFLAGS_IOPL},
    {SEL_CODE3 | 3, SEL_DATA3 | 3, EFLAGS_ONE | EFLAGS_CF | EFLAGS_AC | EFLAGS_ID},
    {(SEL_DESC + 16) | 3, SEL_DATA3 | 3, EFLAGS_ONE | EFLAGS_NT},
    {16 | 4 | 3, 8 | 4 | 3, EFLAGS_ONE | EFLAGS_TF},
};

enum { TARGET_TASK = 5 /* among the targets */ };
enum { SELECTOR_SIZE = 4, POINTER_SIZE = 8, RETURN_SIZE = 16, IRET_SIZE = 64 };

/* --- the data pages */

static void put(uint8_t *data, unsigned at, unsigned size, uint32_t value) { memcpy(data + at, &value, size); }

static void pointers_fill(uint8_t *data, unsigned at, const uint16_t *list, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        put(data, at + POINTER_SIZE * n, 4, (uint32_t)BENCH_TARGET);
        put(data, at + POINTER_SIZE * n + 4, 2, list[n]);
    }
}

static void frames_fill(uint8_t *data)
{
    const uint32_t stack = (uint32_t)BENCH_DATA + LAB_DATA - 0x300;
    for (unsigned n = 0; n < FRAMES; n++) {
        const unsigned ret = DATA_RETURNS + RETURN_SIZE * n, iret = DATA_IRETS + IRET_SIZE * n;
        const uint32_t items[] = {(uint32_t)BENCH_TARGET, frame[n].cs, frame[n].flags, stack, frame[n].ss, 0, 0, 0, 0};
        for (unsigned i = 0; i < sizeof items / sizeof *items; i++)
            put(data, iret + 4 * i, 4, items[i]);
        put(data, ret, 4, (uint32_t)BENCH_TARGET);
        put(data, ret + 4, 4, frame[n].cs);
        put(data, ret + 8, 4, stack);
        put(data, ret + 12, 4, frame[n].ss);
    }
}

void lab_ia32_fill(uint8_t *data)
{
    for (unsigned n = 0; n < SELECTORS; n++)
        put(data, DATA_SELECTORS + SELECTOR_SIZE * n, 4, selector[n]);
    for (unsigned n = 0; n < NULLS; n++)
        put(data, DATA_NULLS + SELECTOR_SIZE * n, 4, null[n]);
    pointers_fill(data, DATA_TARGETS, target, TARGETS);
    pointers_fill(data, DATA_POINTERS, selector, SELECTORS);
    pointers_fill(data, DATA_NULL_POINTERS, null, NULLS);
    frames_fill(data);
    for (unsigned n = 0; n < 8; n++) {
        put(data, DATA_BOUNDS + 8 * n, 4, UINT32_C(0x80000000));
        put(data, DATA_BOUNDS + 8 * n + 4, 4, INT32_MAX);
    }
}

/* Far pointers and frames as code of 16 bits and of 32 has them, to the same place: what is behind the offset is zero. Frames of IRET are of
 * 16 bits. */
void lab_ia32_v86_fill(uint8_t *data)
{
    enum { TARGET_V86 = 0x1800 };
    for (unsigned n = 0; n < SELECTORS; n++)
        put(data, DATA_SELECTORS + SELECTOR_SIZE * n, 4, n);
    for (unsigned n = 0; n < FRAMES; n++) {
        const unsigned iret = DATA_IRETS + IRET_SIZE * n, ret = DATA_RETURNS + RETURN_SIZE * n;
        put(data, DATA_TARGETS + POINTER_SIZE * n, 4, TARGET_V86);
        put(data, DATA_TARGETS + POINTER_SIZE * n + 4, 4, 0);
        put(data, ret, 4, TARGET_V86);
        put(data, ret + 4, 4, 0);
        put(data, iret, 4, TARGET_V86);
        put(data, iret + 4, 2, frame[n].flags & 0xfdff);
    }
    for (unsigned n = 0; n < 8; n++)
        put(data, DATA_BOUNDS + 8 * n, 4, UINT32_C(0x7fff8000));
}

/* --- states */

/* Which of so many: the states that instructions are run from, each of which has another place for its stack, take turns. In memory it is one
 * of the second half, if there is one. */
static unsigned turn(const struct lab *l, const struct lab_state *s, unsigned count, bool second)
{
    const uint64_t number = s->reg[lab_find(l, IA_ESP)] / 16 + (second && count > LAB_CYCLE ? LAB_CYCLE : 0);
    return (unsigned)(number % count);
}

/* One of the list in these bits of the register. */
static void choose(const struct lab *l, struct lab_state *s, reg_t reg, uint64_t mask, const uint16_t *list, unsigned count)
{
    uint64_t *at = &s->reg[lab_find(l, reg)];
    for (unsigned n = 0; n < count; n++)
        if ((*at & mask) == list[n])
            return;
    *at = (*at & ~mask) | list[turn(l, s, count, false)];
}

/* The address of one of so many in the data pages. */
static void point(const struct lab *l, struct lab_state *s, reg_t reg, unsigned first, unsigned size, unsigned count, bool second)
{
    uint64_t *at = &s->reg[lab_find(l, reg)];
    const uint64_t offset = *at - l->data_va - first;
    if (offset >= size * count || offset % size)
        *at = l->data_va + first + turn(l, s, count, second) * (uint64_t)size;
}

static void choose_control(const struct lab *l, struct lab_state *s, unsigned scheme)
{
    static const uint32_t cr0[] = {0x80000033, 0xe0040037, 0x80000013, 0x8001003b, 0x60000010, 0x00000011};
    static const uint32_t cr4[] = {0, CR4_TSD, CR4_PSE, CR4_TSD | CR4_PSE};
    uint64_t *at = &s->reg[lab_find(l, IA_EAX)];
    const uint32_t *list = scheme == OPERANDS_CR0 ? cr0 : cr4;
    const unsigned count = scheme == OPERANDS_CR0 ? sizeof cr0 / sizeof *cr0 : sizeof cr4 / sizeof *cr4;
    for (unsigned n = 0; n < count; n++)
        if (*at == list[n])
            return;
    *at = list[turn(l, s, count, false)];
}

static void choose_cr3(const struct lab *l, struct lab_state *s)
{
    uint64_t *at = &s->reg[lab_find(l, IA_EAX)];
    if (*at != BENCH_ROOTS && *at != BENCH_ROOTS + 2 * PAGE_SIZE)
        *at = BENCH_ROOTS + turn(l, s, 2, false) * 2 * (uint64_t)PAGE_SIZE;
}

static void segment_open(const struct lab *l, struct lab_state *s, unsigned segment)
{
    s->reg[lab_find(l, IA_SEG + 4 * segment + IA_BASE)] = 0;
    s->reg[lab_find(l, IA_SEG + 4 * segment + IA_LIMIT)] = UINT32_MAX;
    s->reg[lab_find(l, IA_SEG + 4 * segment + IA_RIGHTS)] = 0xc0f3;
}

static void stack_or_pointer(const struct lab *l, struct lab_state *s, unsigned scheme)
{
    switch (scheme) {
    case OPERANDS_POP: point(l, s, IA_ESP, DATA_SELECTORS, SELECTOR_SIZE, SELECTORS, false); break;
    case OPERANDS_POP_NULL: point(l, s, IA_ESP, DATA_NULLS, SELECTOR_SIZE, NULLS, false); break;
    case OPERANDS_RETURN: point(l, s, IA_ESP, DATA_RETURNS, RETURN_SIZE, FRAMES, false); break;
    case OPERANDS_IRET: point(l, s, IA_ESP, DATA_IRETS, IRET_SIZE, FRAMES, false); break;
    case OPERANDS_POINTER: point(l, s, IA_EBX, DATA_POINTERS, POINTER_SIZE, SELECTORS, false); break;
    case OPERANDS_POINTER_NULL: point(l, s, IA_EBX, DATA_NULL_POINTERS, POINTER_SIZE, NULLS, false); break;
    case OPERANDS_TARGET_CODE: point(l, s, IA_EBX, DATA_TARGETS, POINTER_SIZE, TARGET_TASK, false); break;
    case OPERANDS_TARGET_TASK: point(l, s, IA_EBX, DATA_TARGETS + POINTER_SIZE * TARGET_TASK, POINTER_SIZE, 1, false); break;
    case OPERANDS_IRET_CODE:
    case OPERANDS_IRET_TASK: point(l, s, IA_ESP, DATA_IRETS, IRET_SIZE, FRAMES, false); break;
    case OPERANDS_TARGET: point(l, s, IA_EBX, DATA_TARGETS, POINTER_SIZE, TARGETS, false); break;
    case OPERANDS_BOUNDS: point(l, s, IA_EBX, DATA_BOUNDS, POINTER_SIZE, 8, false); break;
    default: break;
    }
}

/* Of system instructions. */
static void system_operand(const struct lab *l, struct lab_state *s, unsigned scheme)
{
    static const uint16_t ldt[] = {SEL_LDT, 0, SEL_LDT | 3}, tss[] = {SEL_TSS2, SEL_TSS2 | 3};
    static const uint16_t tsc[] = {0x10}, apic[] = {0x1b}, port[] = {0x60, 0x64, 0x68, 0x70, 0x7c, 0x80};
    switch (scheme) {
    case OPERANDS_LDT: choose(l, s, IA_EAX, 0xffff, ldt, sizeof ldt / sizeof *ldt); break;
    case OPERANDS_TSS: choose(l, s, IA_EAX, 0xffff, tss, sizeof tss / sizeof *tss); break;
    case OPERANDS_CR0:
    case OPERANDS_CR4: choose_control(l, s, scheme); break;
    case OPERANDS_CR3: choose_cr3(l, s); break;
    case OPERANDS_MSR_TSC: choose(l, s, IA_ECX, UINT64_MAX, tsc, 1); break;
    case OPERANDS_MSR_APIC: choose(l, s, IA_ECX, UINT64_MAX, apic, 1); break;
    case OPERANDS_PORT:
    case OPERANDS_PORT_NONE: choose(l, s, IA_EDX, 0xffff, port, sizeof port / sizeof *port); break;
    case OPERANDS_PROBE: s->reg[lab_find(l, IA_EBX)] = l->probe_va; break;
    default: break;
    }
}

/* Whether IRET goes back to a task is a flag. The task is one of ring 3, and busy. */
static void nested(const struct lab *l, struct lab_state *s, bool task)
{
    uint64_t *flags = &s->reg[lab_find(l, IA_EFLAGS)];
    *flags = task ? *flags | EFLAGS_NT : *flags & ~(uint64_t)EFLAGS_NT;
    if (!task)
        return;
    const uint64_t base = BENCH_TABLES + TABLE_TSS2;
    s->reg[lab_find(l, BENCH_DESC + 9)] = base >> 24 << 56 | UINT64_C(0xeb) << 40 | (base & 0xffffff) << 16 | TSS2_LIMIT;
    s->reg[lab_find(l, BENCH_LINK)] = SEL_DESC + 8 * 9;
}

void lab_ia32_operands(const struct lab *l, struct lab_state *s, unsigned scheme)
{
    if (scheme == OPERANDS_PORT || scheme == OPERANDS_PORT_NONE)
        s->reg[lab_find(l, IA_ECX)] = scheme == OPERANDS_PORT ? s->reg[lab_find(l, IA_ECX)] | 1 : 0;
    else if (scheme != OPERANDS_PROBE) /* ports are used with strings, too, wherever these lie */
        segment_open(l, s, IA_DS);
    if (scheme == OPERANDS_SELECTOR || scheme == OPERANDS_NULL) {
        const bool any = scheme == OPERANDS_SELECTOR;
        choose(l, s, IA_EAX, 0xffff, any ? selector : null, any ? SELECTORS : NULLS);
        point(l, s, IA_EBX, any ? DATA_SELECTORS : DATA_NULLS, SELECTOR_SIZE, any ? SELECTORS : NULLS, true);
    } else {
        if (scheme == OPERANDS_IRET_CODE || scheme == OPERANDS_IRET_TASK)
            nested(l, s, scheme == OPERANDS_IRET_TASK);
        stack_or_pointer(l, s, scheme);
        system_operand(l, s, scheme);
    }
}

/* Any selector is one there; operands of memory are at EBX, by DS, as elsewhere. */
void lab_ia32_v86_operands(const struct lab *l, struct lab_state *s, unsigned scheme)
{
    if (scheme == OPERANDS_PORT || scheme == OPERANDS_PORT_NONE)
        s->reg[lab_find(l, IA_ECX)] = scheme == OPERANDS_PORT ? s->reg[lab_find(l, IA_ECX)] | 1 : 0;
    else if (scheme != OPERANDS_PROBE)
        s->reg[lab_find(l, IA_SEG + 4 * IA_DS + IA_SELECTOR)] = s->reg[lab_find(l, IA_SEG + 4 * IA_DS + IA_BASE)] = 0;
    stack_or_pointer(l, s, scheme);
    system_operand(l, s, scheme);
}
