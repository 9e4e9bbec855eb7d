/* kinds_ia32.c - rows that need operands of a certain sort, so that they do more than fault; and the parts in which some are classified:
 * MOV from CS and from DS are one row of the manual and not of one class, nor are MOV to DS of a null selector, which asks no table, and of
 * any other. The encodings are examples of the row, with and without memory.
 */
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

#include <stddef.h>
#include <stdlib.h>

/* Row; the part that is classified by itself, NULL if it is one; where operands come from (lab_ia32.h); encodings
 * in hex, "8cc9" MOV ECX, CS. The same example may stand for two parts: the scheme makes the difference, by what
 * the register holds. */
#define KIND(row, part, scheme, example)                                                                                              \
    {                                                                                                                                 \
        IA_INSN_##row, part, OPERANDS_##scheme, example, IA32_KIND_ANY                                                                \
    }
/* In parts only where some of it exits of inner mode: task switches do, and no others. */
#define PLAIN(row, scheme, example)                                                                                                   \
    {                                                                                                                                 \
        IA_INSN_##row, NULL, OPERANDS_##scheme, example, IA32_KIND_PLAIN                                                              \
    }
#define INNER(row, part, scheme, example)                                                                                             \
    {                                                                                                                                 \
        IA_INSN_##row, part, OPERANDS_##scheme, example, IA32_KIND_INNER                                                              \
    }

const struct ia32_kind ia32_kinds[] = {
    KIND(mov_rm_seg, "cs", ANY, "8cc9;668cc9;8c0b;8cca"),
    KIND(mov_rm_seg, "ss", ANY, "8cd1;668cd1;8c13;8cd2"),
    KIND(mov_rm_seg, "data", ANY, "8cd9;8cc1;8ce1;8ce9;8c1b;668c03"),
    KIND(mov_seg_rm, "ss", SELECTOR, "8ed0;668ed0;8e13"),
    KIND(mov_seg_rm, "data", SELECTOR, "8ed8;8ec0;8ee0;8ee8;8e1b;668e23"),
    KIND(mov_seg_rm, "null", NULL, "8ed8;8ec0;8ee0;8ee8;8e1b;668e23"),
    KIND(pop_es, "selector", POP, "07"),
    KIND(pop_es, "null", POP_NULL, "07"),
    KIND(pop_ss, NULL, POP, "17"),
    KIND(pop_ds, "selector", POP, "1f"),
    KIND(pop_ds, "null", POP_NULL, "1f"),
    KIND(pop_fs, "selector", POP, "0fa1"),
    KIND(pop_fs, "null", POP_NULL, "0fa1"),
    KIND(pop_gs, "selector", POP, "0fa9"),
    KIND(pop_gs, "null", POP_NULL, "0fa9"),
    KIND(les, "selector", POINTER, "c40b;c403"),
    KIND(les, "null", POINTER_NULL, "c40b;c403"),
    KIND(lds, "selector", POINTER, "c50b;c503"),
    KIND(lds, "null", POINTER_NULL, "c50b;c503"),
    KIND(lss, NULL, POINTER, "0fb20b;0fb203"),
    KIND(lfs, "selector", POINTER, "0fb40b;0fb403"),
    KIND(lfs, "null", POINTER_NULL, "0fb40b;0fb403"),
    KIND(lgs, "selector", POINTER, "0fb50b;0fb503"),
    KIND(lgs, "null", POINTER_NULL, "0fb50b;0fb503"),
    KIND(lar, NULL, SELECTOR, "0f02c8;660f02c8;0f020b"),
    KIND(lsl, NULL, SELECTOR, "0f03c8;660f03c8;0f030b"),
    KIND(verr, NULL, SELECTOR, "0f00e0;0f0023"),
    KIND(verw, NULL, SELECTOR, "0f00e8;0f002b"),
    KIND(arpl, NULL, SELECTOR, "63c8;63d8;630b"),
    KIND(lldt, NULL, LDT, "0f00d0"),
    KIND(ltr, NULL, TSS, "0f00d8"),
    PLAIN(call_far, TARGET, "9a100801801b00;9a100801800800;9a100801802900;9a100801804b00;9a100801807300"),
    INNER(call_far, "code", TARGET_CODE, "9a100801801b00;9a100801800800;9a100801802900;9a100801807300"),
    INNER(call_far, "task", TARGET_TASK, "9a100801804b00"),
    PLAIN(call_far_m, TARGET, "ff1b;36ff1b"),
    INNER(call_far_m, "code", TARGET_CODE, "ff1b;36ff1b"),
    INNER(call_far_m, "task", TARGET_TASK, "ff1b;36ff1b"),
    PLAIN(jmp_far, TARGET, "ea100801801b00;ea100801800800;ea100801802900;ea100801804b00"),
    INNER(jmp_far, "code", TARGET_CODE, "ea100801801b00;ea100801800800;ea100801802900"),
    INNER(jmp_far, "task", TARGET_TASK, "ea100801804b00"),
    PLAIN(jmp_far_m, TARGET, "ff2b;36ff2b"),
    INNER(jmp_far_m, "code", TARGET_CODE, "ff2b;36ff2b"),
    INNER(jmp_far_m, "task", TARGET_TASK, "ff2b;36ff2b"),
    KIND(retf, NULL, RETURN, "cb"),
    KIND(retf_i, NULL, RETURN, "ca0000;ca0800"),
    PLAIN(iret, IRET, "cf"),
    INNER(iret, "code", IRET_CODE, "cf"),
    INNER(iret, "task", IRET_TASK, "cf"),
    KIND(bound, NULL, BOUNDS, "620b;6203;6233"),
    KIND(int_i, NULL, ANY, "cd21;cd03;cd80;cd0d"),
    KIND(mov_r_cr, "cr0", CR0, "0f20c1;0f20c3"),
    KIND(mov_r_cr, "cr2", ANY, "0f20d1;0f20d3"),
    KIND(mov_r_cr, "cr3", CR3, "0f20d9;0f20db"),
    KIND(mov_r_cr, "cr4", CR4, "0f20e1;0f20e3"),
    KIND(mov_cr_r, "cr0", CR0, "0f22c0"),
    KIND(mov_cr_r, "cr2", ANY, "0f22d0;0f22d3"),
    KIND(mov_cr_r, "cr3", CR3, "0f22d8"),
    KIND(mov_cr_r, "cr4", CR4, "0f22e0"),
    KIND(mov_r_dr, NULL, ANY, "0f21c1;0f21ca;0f21f1;0f21f9"),
    KIND(mov_dr_r, NULL, ANY, "0f23c1;0f23ca;0f23f1;0f23fb"),
    KIND(rdmsr, "tsc", MSR_TSC, "0f32"),
    KIND(rdmsr, "apic_base", MSR_APIC, "0f32"),
    KIND(wrmsr, "tsc", MSR_TSC, "0f30"),
    KIND(wrmsr, "apic_base", MSR_APIC, "0f30"),
    KIND(in_i, NULL, ANY, "e460;e571;66e57c;e480"),
    KIND(out_i, NULL, ANY, "e660;e771;66e77c;e680"),
    KIND(in_dx, NULL, PORT, "ec;ed;66ed"),
    KIND(out_dx, NULL, PORT, "ee;ef;66ef"),
    KIND(ins, "port", PORT, "6c;6d;666d;f36c"),
    KIND(ins, "none", PORT_NONE, "f36c;f36d;f2666d"),
    KIND(outs, "port", PORT, "6e;6f;666f;f36e"),
    KIND(outs, "none", PORT_NONE, "f36e;f36f;f2666f"),
    KIND(invlpg, NULL, PROBE, "0f013b"),
};
const unsigned ia32_kind_count = sizeof ia32_kinds / sizeof *ia32_kinds;

/* In virtual-8086 mode no operand names a descriptor: those of control and of ports are as elsewhere. */
static bool is_for(const struct ia32_kind *k, uint32_t variants)
{
    const unsigned s = k->scheme, other = variants & IA32_VT ? IA32_KIND_PLAIN : IA32_KIND_INNER;
    const bool any_selector = s == OPERANDS_IRET || (s == OPERANDS_SELECTOR && k->row == IA_INSN_mov_seg_rm);
    return k->of != other && (!(variants & IA32_V86) || s == OPERANDS_ANY || s >= OPERANDS_BOUNDS || any_selector);
}

const struct ia32_kind *ia32_kind_of(uint32_t variants, unsigned row, unsigned n)
{
    for (unsigned k = 0; k < ia32_kind_count; k++)
        if (ia32_kinds[k].row == row && is_for(&ia32_kinds[k], variants) && n-- == 0)
            return &ia32_kinds[k];
    return NULL;
}

/* Bytes in hexadecimal, the first first; a semicolon ends them. */
const char *ia32_kind_example(const char *at, struct encoding *out)
{
    *out = (struct encoding){0};
    for (; *at && *at != ';'; at += 2) {
        const char digits[] = {at[0], at[1], '\0'};
        out->bits |= (insn_t)strtoul(digits, NULL, 16) << 8 * out->length++;
    }
    return *at ? at + 1 : at;
}

/* Segment and control registers are in ModRM's reg field; and of the rows in parts by a count, those with REP have one. */
bool ia32_kind_fits(const struct ia32_kind *k, const struct ia32_decoded *i)
{
    struct encoding e;
    struct ia32_decoded like;
    for (const char *at = k->example; *at;) {
        at = ia32_kind_example(at, &e);
        if (ia32_decode(&ia32_config_default, ia32_context(0), e.bits, &like) && like.reg == i->reg && like.repeats == i->repeats)
            return true;
    }
    return false;
}
