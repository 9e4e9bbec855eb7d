/* about_calls.c - IA-32's addresses of two parts, and how its functions call each other, for people (isa/about.h). From the manual and the
 * System V psABI for Intel386, over the contract. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

/* --- segments [SDM 3A 3.4, 20.1.1] */

static uint32_t part_of(const struct machine *m, unsigned segment, unsigned part)
{
    return (uint32_t)machine_get(m, IA_SEG + 4 * segment + part);
}

/* A stack segment of 16 bits uses SP alone: what the upper half of ESP holds is no part of the address. Sums go
 * round at 4 GiB. */
uint64_t ia32_about_place(const struct machine *m, reg_t reg)
{
    const uint64_t value = machine_get(m, reg);
    if (reg == MACHINE_PC)
        return (uint32_t)(part_of(m, IA_CS, IA_BASE) + value);
    if (reg != IA_ESP)
        return value;
    return (uint32_t)(part_of(m, IA_SS, IA_BASE) + (part_of(m, IA_SS, IA_RIGHTS) & IA_RIGHTS_DB ? value : value & 0xffff));
}

/* The base that its descriptor says.
 * Asked of the tables in memory, not of the hidden parts: the selector need not be in any register. `selector | 7`
 * is the last byte of the entry, which has to be within the limit. A descriptor without S is one of the system's,
 * and nothing that an offset could be in. */
static bool base_of(const struct machine *m, uint16_t selector, uint32_t *base)
{
    enum { TABLE = 4, INDEX = 0xfff8, S = 1 << 12 };
    const bool local = selector & TABLE;
    const uint32_t table = local ? part_of(m, IA_LDTR, IA_BASE) : (uint32_t)machine_get(m, IA_GDTR_BASE);
    const uint32_t limit = local ? part_of(m, IA_LDTR, IA_LIMIT) : (uint32_t)machine_get(m, IA_GDTR_LIMIT);
    uint64_t d;
    if ((selector & ~3) == 0 || (selector | 7u) > limit || (local && !(part_of(m, IA_LDTR, IA_SELECTOR) & ~3u)) ||
        !ia32_about_read(m, table + (selector & INDEX), 8, &d) || !(d >> 32 & S))
        return false;
    *base = (uint32_t)((d >> 16 & 0xffffff) + (d >> 56 << 24));
    return true;
}

/* In real and virtual-8086 mode 16 times the selector; else by its descriptor or, where there is none any more, by a register that holds it. */
bool ia32_about_far(const struct machine *m, uint64_t selector, uint64_t offset, uint64_t *address)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE);
    uint32_t base = (uint32_t)selector * 16;
    bool found = mode == IA_REAL || mode == IA_V86;
    if (selector > 0xffff)
        return false;
    if (!found)
        found = base_of(m, (uint16_t)selector, &base);
    for (unsigned n = 0; n < IA_SEGS && !found; n++)
        if (part_of(m, n, IA_SELECTOR) == selector && !(part_of(m, n, IA_RIGHTS) & IA_RIGHTS_NULL)) {
            base = part_of(m, n, IA_BASE);
            found = true;
        }
    *address = (uint32_t)(base + offset);
    return found;
}

/* --- calls [psABI i386 2.2, 2.4.2] */

/* DWARF's numbers 0 to 7 are the encoding's, so 4 is ESP and 5 EBP; 8 is EIP, which is where a return address comes
 * to. What lies on the stack once a function has made its frame:
 *
 *   EBP + 8   the first argument; where ESP was before the CALL pushed      stack_at
 *   EBP + 4   the return address                                            return_at
 *   EBP       the caller's EBP                                              frame_at
 *   below     locals and saved registers
 */
const struct about_calls ia32_about_calls = {
    .registers = 9,
    .word = 4,
    .stack = 4,
    .link = 4,
    .frame = 5,
    .return_at = 4,
    .frame_at = 0,
    .stack_at = 8,
    .result = IA_EAX,
};

bool ia32_about_numbered(unsigned number, reg_t *reg)
{
    enum { EIP = 8, EFLAGS = 9, ST = 11, STS = 8 };
    *reg = number < EIP ? (reg_t)number : number == EIP ? (reg_t)MACHINE_PC : number == EFLAGS ? (reg_t)IA_EFLAGS : 0;
    if (number >= ST && number < ST + STS)
        *reg = IA_ST + 2 * (number - ST);
    return number <= EFLAGS || (number >= ST && number < ST + STS);
}

/* Compiled code is of 32 bits, and its segments begin at 0. */
bool ia32_about_framed(const struct machine *m)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE);
    return mode != IA_REAL && mode != IA_V86 && part_of(m, IA_CS, IA_RIGHTS) & IA_RIGHTS_DB && !part_of(m, IA_CS, IA_BASE) &&
           !part_of(m, IA_SS, IA_BASE);
}

/* A function begins with PUSH EBP and MOV EBP, ESP, or with neither; and RET is its last, with the frame gone.
 * Where the return address is while there is no frame, which is at the two ends of a function:
 *
 *   push ebp            ESP      <- at the first instruction
 *   mov ebp, esp        ESP + 4  <- behind the push
 *   ...                 by EBP: not answered here
 *   ret                 ESP      <- the frame has gone
 */
bool ia32_about_returns(const struct machine *m, va_t function, va_t pc, uint64_t *at)
{
    enum { PUSH_EBP = 0x55, RET = 0xc3, RET_I = 0xc2 };
    const uint64_t esp = machine_get(m, IA_ESP);
    uint64_t first, here;
    *at = esp;
    if (!ia32_about_read(m, (uint32_t)function, 1, &first) || !ia32_about_read(m, (uint32_t)pc, 1, &here))
        return false;
    if (pc == function + 1 && first == PUSH_EBP)
        *at = esp + 4;
    else if (pc != function && here != RET && here != RET_I)
        return false;
    return true;
}
