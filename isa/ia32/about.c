/* about.c - IA-32's names, what its registers are, where its instructions lead. Written from the manual, over the contract. */
#include "isa/ia32/about.h"

#include "isa/ia32/print.h"

#include "isa/ia32.h"

#include <stdio.h>
#include <string.h>

/* --- modes and traps [SDM 3A table 6-1] */

/* Both lists go by enum ia32_mode. The short names are typed, so they have no blank. */
static const char *const modes[] = {"ring0", "ring1", "ring2", "ring3", "v86", "real"};
static const char *const long_modes[] = {"ring 0", "ring 1", "ring 2", "ring 3", "virtual-8086", "real"};
static const char *const said_modes[] = {"ring 0", "ring 1", "ring 2", "ring 3", "virtual-8086 mode", "real-address mode"};

/* By the letters of the manual's mnemonics, in lower case. Vector 0x80 is no exception: it stands here since
 * Linux's programs call the kernel by it, so that people can wait for it by a name. */
static const struct about_trap traps[] = {
    {false, IA_DE, "de", "divide error (#DE)"},         {false, IA_DB, "db", "debug exception (#DB)"},
    {false, IA_BP, "bp", "breakpoint (#BP)"},           {false, IA_OF, "of", "overflow (#OF)"},
    {false, IA_BR, "br", "bound exceeded (#BR)"},       {false, IA_UD, "ud", "undefined opcode (#UD)"},
    {false, IA_NM, "nm", "device not available (#NM)"}, {false, IA_DF, "df", "double fault (#DF)"},
    {false, IA_TS, "ts", "invalid TSS (#TS)"},          {false, IA_NP, "np", "segment not present (#NP)"},
    {false, IA_SS_FAULT, "ss", "stack fault (#SS)"},    {false, IA_GP, "gp", "general protection (#GP)"},
    {false, IA_PF, "pf", "page fault (#PF)"},           {false, IA_MF, "mf", "floating-point error (#MF)"},
    {false, IA_AC, "ac", "alignment check (#AC)"},      {false, 0x80, "int80", "INT 0x80"},
    {true, IA_NMI, "nmi", "non-maskable interrupt"},
};

/* Some exceptions have an error code, which of four of them names a descriptor; CR2 is the page fault's [SDM 3A 6.13, 6.15]. */
static void trap_value(const struct trap *t, char *out, size_t size)
{
    static const uint32_t with_error =
        1u << IA_DF | 1u << IA_TS | 1u << IA_NP | 1u << IA_SS_FAULT | 1u << IA_GP | 1u << IA_PF | 1u << IA_AC;
    const struct about_trap *a = about_trap(&isa_ia32, t->kind == TRAP_INTERRUPT, t->cause);
    int n = snprintf(out, size, "%s", a ? a->name : "no exception of the CPU's");
    if (t->kind != TRAP_INTERRUPT && t->cause < 32 && with_error >> t->cause & 1)
        n += snprintf(out + n, size - (size_t)n, ", error code 0x%x", t->error);
    if (t->kind != TRAP_INTERRUPT && t->cause >= IA_TS && t->cause <= IA_GP && t->error >> 1)
        snprintf(out + n, size - (size_t)n, ": %s[%u]", t->error & 2 ? "IDT" : t->error & 4 ? "LDT" : "GDT", t->error >> 3 & 0x1fff);
    if (t->kind != TRAP_INTERRUPT && t->cause == IA_PF)
        snprintf(out + n, size - (size_t)n, ", CR2 0x%llx", (unsigned long long)t->tval);
}

/* --- registers */

/* Of the four parts of a segment register the overview has the selector alone: it is what kernels print. All four
 * are state, for a trap loads CS and often SS. */
static unsigned of_segment(reg_t part) { return ABOUT_CONTROL | ABOUT_STATE | (part == IA_SELECTOR ? ABOUT_OVERVIEW : 0); }

/* The ranges are those of the register numbers in isa/ia32.h. CR and DR are the registers that instructions name by
 * number. What is left at the end are views and the machine's own state, such as IA_SHADOW, which a program does
 * not see as registers. */
static unsigned of_register(const struct reg_desc *r)
{
    const reg_t reg = r->reg;
    if (reg <= IA_EDI)
        return ABOUT_INTEGER | ABOUT_SIGNED | ABOUT_STATE | (reg == IA_ESP || reg == IA_EBP ? ABOUT_ADDRESS : 0);
    if (reg == MACHINE_PC || reg == MACHINE_MODE || reg == IA_EFLAGS)
        return ABOUT_CONTROL | ABOUT_STATE | ABOUT_OVERVIEW | (reg == MACHINE_PC ? ABOUT_ADDRESS : 0);
    if (reg >= IA_SEG && reg < IA_SEG + 4 * IA_DESCRIBED)
        return of_segment((reg - IA_SEG) % 4);
    if (reg >= IA_CR0 && reg <= IA_DR7)
        return ABOUT_CONTROL | ABOUT_NAMED | ABOUT_STATE | ABOUT_ADDRESS | (reg <= IA_CR4 ? ABOUT_OVERVIEW : 0);
    if (reg >= IA_X87 && reg <= IA_X87_FDS)
        return ABOUT_FLOATING;
    return ABOUT_CONTROL | (reg == IA_GDTR_BASE || reg == IA_IDTR_BASE ? ABOUT_OVERVIEW | ABOUT_STATE | ABOUT_ADDRESS : 0);
}

static bool is_narrow(const struct machine *m) { return !(machine_get(m, IA_SEG + 4 * IA_CS + IA_RIGHTS) & IA_RIGHTS_DB); }

static const char *const syntaxes[] = {"intel", "att", NULL};

static const struct about_alias aliases[] = {
    {"pc", "eip", 0, 0},    {"sp", "esp", 0, 0},   {"fp", "ebp", 0, 0},   {"flags", "eflags", 0, 0},
    {"priv", "mode", 0, 0}, {"cpl", "mode", 0, 0}, {"ldt", "ldtr", 0, 0}, {"ax", "eax", 0, 16},
    {"cx", "ecx", 0, 16},   {"dx", "edx", 0, 16},  {"bx", "ebx", 0, 16},  {"bp", "ebp", 0, 16},
    {"si", "esi", 0, 16},   {"di", "edi", 0, 16},  {"al", "eax", 0, 8},   {"cl", "ecx", 0, 8},
    {"dl", "edx", 0, 8},    {"bl", "ebx", 0, 8},   {"ah", "eax", 8, 8},   {"ch", "ecx", 8, 8},
    {"dh", "edx", 8, 8},    {"bh", "ebx", 8, 8},   {"ip", "eip", 0, 16},  {0},
};

/* --- instructions */

/* EB FE is a jump to itself: kernels end with it when there is nothing left to do. Bytes lie in `bits` as in
 * memory, the first lowest. */
static enum about_flow flow(unsigned row, insn_t bits)
{
    switch (row) {
    case IA_INSN_call_near:
    case IA_INSN_call_rm:
    case IA_INSN_call_far:
    case IA_INSN_call_far_m: return FLOW_CALL;
    case IA_INSN_int_i:
    case IA_INSN_int3:
    case IA_INSN_into: return FLOW_SYSTEM_CALL;
    case IA_INSN_ret:
    case IA_INSN_ret_i:
    case IA_INSN_retf:
    case IA_INSN_retf_i: return FLOW_RETURN;
    case IA_INSN_iret: return FLOW_SYSTEM_RETURN;
    case IA_INSN_jmp_short: return (bits & 0xffff) == 0xfeeb ? FLOW_HERE : FLOW_OTHER;
    default: return FLOW_OTHER;
    }
}

/* To another CPL, to V86 and back, or out of and into real mode. */
static bool changes_mode(unsigned row)
{
    switch (row) {
    case IA_INSN_call_far:
    case IA_INSN_call_far_m:
    case IA_INSN_jmp_far:
    case IA_INSN_jmp_far_m:
    case IA_INSN_retf:
    case IA_INSN_retf_i:
    case IA_INSN_iret:
    case IA_INSN_mov_cr_r:
    case IA_INSN_lmsw: return true;
    default: return false;
    }
}

/* A row's claims depend on the variant: SGDT traps in user mode where there is UMIP, and on the plain machine it
 * does not. */
static struct insn_desc row_of(const void *config, unsigned row)
{
    const struct ia32_config *c = config;
    return ia32_row_of(c ? c->variants : 0, row);
}

/* Of several together there is no more to say than of each. */
static const char *variant_of(const char *name)
{
    const char *part;
    size_t length;
    uint32_t set;
    if (ia32_variants_parse(name, &set, &part, &length) != 0 || !set || set & (set - 1))
        return NULL;
    return ia32_variants[__builtin_ctz(set)].about;
}

/* --- registers in their parts, as the table of fields has them */

/* isa->fields names them "cr0.pg"; people who look at CR0 want to read "pg". */
static unsigned parts(const struct machine *m, reg_t reg, struct about_part out[ABOUT_PARTS])
{
    unsigned count = 0;
    for (unsigned n = 0; n < m->isa->field_count && count < ABOUT_PARTS; n++) {
        const struct reg_field *f = &m->isa->fields[n];
        const char *dot = strchr(f->name, '.');
        if (f->reg != reg)
            continue;
        out[count] = (struct about_part){.low = f->low, .width = f->width, .values = ""};
        snprintf(out[count++].name, ABOUT_PART_NAME, "%s", dot ? dot + 1 : f->name);
    }
    return count;
}

/* These five are nothing but flags, and are read bit by bit. The others, CR3 with its two bits for caches among
 * them, are one number. */
static bool is_whole(reg_t reg)
{
    return reg != IA_EFLAGS && reg != IA_CR0 && reg != IA_CR4 && reg != IA_TRAPS && reg != IA_INTERCEPT;
}

static const char *part_text(const struct machine *m, reg_t reg, const struct about_part *p, uint64_t value, char out[ABOUT_PART_TEXT])
{
    (void)m, (void)reg;
    snprintf(out, ABOUT_PART_TEXT, "%llu", (unsigned long long)bits_get(value, p->low, p->width));
    return out;
}

static const struct about_word words[] = {
#define TERM(names, text, see) {names, text, see},
#include "isa/ia32/glossary.def"
#undef TERM
    {NULL, NULL, NULL},
};

const struct about ia32_about = {
    .modes = modes,
    .long_modes = long_modes,
    .said_modes = said_modes,
    .mode_count = sizeof modes / sizeof modes[0],
    .modes_listed = "rings 0 to 3, v86 and real",
    .user_mode = IA_RING3,
    .variant = variant_of,
    .words = words,
    .traps = traps,
    .trap_count = sizeof traps / sizeof traps[0],
    .trap_value = trap_value,
    .of_register = of_register,
    .aliases = aliases,
    .has_stack = true,
    .stack = IA_ESP,
    .calls = &ia32_about_calls,
    .numbered = ia32_about_numbered,
    .framed = ia32_about_framed,
    .returns = ia32_about_returns,
    .place = ia32_about_place,
    .far = ia32_about_far,
    .ports = IA_TRIGGER_PORTS,
    .syntaxes = syntaxes,
    .syntax_context = IA_CTX_ATT,
    .narrow = is_narrow,
    .cell = 1,
    .parcel = 1,
    .flow = flow,
    .changes_mode = changes_mode,
    .row = row_of,
    .space_register = "cr3",
    .space = ia32_about_space,
    .pte_bits = ia32_about_pte_bits,
    .pte_named = "PRWXUGAD",
    .translates = ia32_about_translates,
    .access = ia32_about_access,
    .find = ia32_about_find,
    .lines = ia32_about_lines,
    .line_count = IA32_ABOUT_LINES,
    .line_order = "an NMI comes first",
    .enable_register = "EFLAGS.IF",
    .interrupt = ia32_about_interrupt,
    .next_interrupt = ia32_about_next_interrupt,
    .interrupt_way = ia32_about_interrupt_way,
    .interrupt_source = ia32_about_interrupt_source,
    .predict = ia32_about_predict,
    .lacks = ia32_about_lacks,
    .named = ia32_about_named,
    .shows = ia32_about_shows,
    .orders = ia32_about_orders,
    .tables = ia32_about_tables,
    .gdb_architecture = "i386",
    .gdb_narrow = "i8086",
    .gdb_core = IA32_GDB_CORE,
    .gdb_pc = IA32_GDB_PC,
    .gdb_behind = true,
    .gdb_register = ia32_about_gdb_register,
    .gdb_listed = ia32_about_gdb_listed,
    .parts = parts,
    .is_whole = is_whole,
    .part_text = part_text,
};
