/* about_shows.c - what an instruction that does not trap in ring 3 shows of the processor's state, or changes there: of those that Robin and
 * Irvine found, which registers, by the manual [SDM 2A, 2B]. Only people ask; the bodies do not go by it.
 */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

#define ALL UINT64_C(0xffffffff)
#define SELECTOR(segment) (IA_SEG + 4 * (segment) + IA_SELECTOR)
#define SYSTEM_FLAGS UINT64_C(0x3200) /* IF and IOPL */

static const struct {
    unsigned row;
    struct machine_touch touch;
} shown[] = {
    {IA_INSN_sgdt, {IA_GDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_sgdt, {IA_GDTR_LIMIT, ALL, TOUCH_READ}},
    {IA_INSN_sidt, {IA_IDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_sidt, {IA_IDTR_LIMIT, ALL, TOUCH_READ}},
    {IA_INSN_sldt, {SELECTOR(IA_LDTR), ALL, TOUCH_READ}},
    {IA_INSN_str, {SELECTOR(IA_TR), ALL, TOUCH_READ}},
    {IA_INSN_smsw, {IA_CR0, ALL, TOUCH_READ}},
    {IA_INSN_pushf, {IA_EFLAGS, SYSTEM_FLAGS, TOUCH_READ}},
    {IA_INSN_popf, {IA_EFLAGS, SYSTEM_FLAGS, TOUCH_WRITE}},
    {IA_INSN_push_cs, {SELECTOR(IA_CS), ALL, TOUCH_READ}},
    {IA_INSN_push_ss, {SELECTOR(IA_SS), ALL, TOUCH_READ}},
    {IA_INSN_lar, {IA_GDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_lar, {IA_GDTR_LIMIT, ALL, TOUCH_READ}},
    {IA_INSN_lsl, {IA_GDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_lsl, {IA_GDTR_LIMIT, ALL, TOUCH_READ}},
    {IA_INSN_verr, {IA_GDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_verr, {IA_GDTR_LIMIT, ALL, TOUCH_READ}},
    {IA_INSN_verw, {IA_GDTR_BASE, ALL, TOUCH_READ}},
    {IA_INSN_verw, {IA_GDTR_LIMIT, ALL, TOUCH_READ}},
};

/* MOV from a segment register: which one stands behind the opcode, 8C. */
static unsigned moved(insn_t bits)
{
    while (bits && (bits & 0xff) != 0x8c)
        bits >>= 8;
    return (unsigned)(bits >> 11 & 7);
}

unsigned ia32_about_shows(unsigned row, insn_t bits, struct machine_touch *out, unsigned room)
{
    unsigned count = 0;
    if (row == IA_INSN_mov_rm_seg && room && moved(bits) < IA_SEGS)
        out[count++] = (struct machine_touch){(reg_t)SELECTOR(moved(bits)), ALL, TOUCH_READ};
    for (unsigned n = 0; n < sizeof shown / sizeof *shown && count < room; n++)
        if (shown[n].row == row)
            out[count++] = shown[n].touch;
    return count;
}
