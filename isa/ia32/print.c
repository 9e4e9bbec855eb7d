/* print.c - see print.h. What a row's operands are called is in the table (insn.def); here is how they are spelt.
 *
 * Intel: `add dword ptr fs:[ebp + ecx*4 - 0x8], 0x10`; AT&T: `addl $0x10, %fs:-0x8(%ebp,%ecx,4)`, where the suffix stands only if no
 * register tells the size. Targets of jumps are absolute, offsets in CS.
 */
#include "isa/ia32/print.h"

#include "isa/ia32/decode.h"

#include <stdarg.h>

struct printer {
    char *at;
    size_t room;
    const ia_insn *i;
    uint32_t next; /* EIP behind it */
    bool att;
    bool sized; /* a register operand told the size */
};

static void put(struct printer *p, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct printer *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(p->at, p->room, format, args);
    va_end(args);
    const size_t used = n < 0 ? 0 : (size_t)n < p->room ? (size_t)n : p->room ? p->room - 1 : 0;
    p->at += used;
    p->room -= used;
}

/* --- registers */

/* The names of words are those of doublewords without the first letter. */
static const char *register_name(unsigned n, unsigned size)
{
    static const char *const bytes[] = {"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
    static const char *const wide[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    return size == 1 ? bytes[n] : wide[n] + (size == 2);
}
static const char *segment_name(unsigned n)
{
    static const char *const name[] = {"es", "cs", "ss", "ds", "fs", "gs", "?", "?"};
    return name[n & 7];
}
static void put_register(struct printer *p, unsigned n, unsigned size)
{
    put(p, "%s%s", p->att ? "%" : "", register_name(n, size));
    p->sized = true;
}

/* --- memory */

static const char *size_name(unsigned size)
{
    switch (size) {
    case 1: return "byte ptr ";
    case 2: return "word ptr ";
    case 4: return "dword ptr ";
    case 6: return "fword ptr ";
    case 8: return "qword ptr ";
    case 10: return "tbyte ptr ";
    default: return "";
    }
}

/* Alone it is an address and has no sign; behind a register it is a distance.
 * For example [0x1000], but [ebp - 0x8] and [ebx + 0x10]. */
static void put_disp(struct printer *p, const char *plus, const char *minus)
{
    const ia_insn *i = p->i;
    const bool alone = i->base == IA_NO_REGISTER && i->index == IA_NO_REGISTER;
    const int32_t disp = i->adsize == 2 && !alone ? (int16_t)i->disp : i->disp;
    if (alone)
        put(p, "0x%x", i->adsize == 2 ? (uint32_t)disp & 0xffff : (uint32_t)disp);
    else if (disp)
        put(p, "%s0x%x", disp < 0 ? minus : plus, disp < 0 ? 0u - (uint32_t)disp : (uint32_t)disp);
}

static void put_memory_intel(struct printer *p, unsigned size)
{
    const ia_insn *i = p->i;
    const bool both = i->base != IA_NO_REGISTER && i->index != IA_NO_REGISTER;
    put(p, "%s", size_name(size));
    if (i->override != IA_SEGS)
        put(p, "%s:", segment_name(i->override));
    put(p, "[");
    if (i->base != IA_NO_REGISTER)
        put(p, "%s", register_name(i->base, i->adsize));
    if (i->index != IA_NO_REGISTER)
        put(p, "%s%s", both ? " + " : "", register_name(i->index, i->adsize));
    if (i->scale)
        put(p, "*%d", 1 << i->scale);
    put_disp(p, " + ", " - ");
    put(p, "]");
}

static void put_memory_att(struct printer *p)
{
    const ia_insn *i = p->i;
    if (i->override != IA_SEGS)
        put(p, "%%%s:", segment_name(i->override));
    put_disp(p, "", "-");
    if (i->base == IA_NO_REGISTER && i->index == IA_NO_REGISTER)
        return;
    put(p, "(");
    if (i->base != IA_NO_REGISTER)
        put(p, "%%%s", register_name(i->base, i->adsize));
    if (i->index != IA_NO_REGISTER)
        put(p, ",%%%s", register_name(i->index, i->adsize));
    if (i->scale)
        put(p, ",%d", 1 << i->scale);
    put(p, ")");
}

static void put_memory(struct printer *p, unsigned size)
{
    if (p->att)
        put_memory_att(p);
    else
        put_memory_intel(p, size);
}

/* DS:SI, which a prefix may change, or ES:DI. */
static void put_string(struct printer *p, bool source)
{
    const char *seg = segment_name(source ? p->i->seg : IA_ES), *reg = register_name(source ? IA_ESI : IA_EDI, p->i->adsize);
    if (p->att)
        put(p, "%%%s:(%%%s)", seg, reg);
    else
        put(p, "%s%s:[%s]", size_name(p->i->opsize), seg, reg);
}

/* --- operands */

/* The letters that insn.def puts behind an operand. p: a far pointer, s: a table's register, a: BOUND's pair. */
static unsigned size_of(char letter, unsigned opsize)
{
    switch (letter) {
    case 'b': return 1;
    case 'w': return 2;
    case 'd': return 4;
    case 'q': return 8;
    case 't': return 10;
    case 'p': return opsize + 2;
    case 's': return 6;
    case 'a': return 2 * opsize;
    default: return opsize;
    }
}

static void put_immediate(struct printer *p, const char *word)
{
    const uint32_t mask = UINT32_MAX >> (32 - 8 * size_of(word[1], p->i->opsize));
    const bool second = word[1] == 'b' && p->i->row == IA_INSN_enter;
    put(p, "%s0x%x", p->att ? "$" : "", second ? p->i->imm2 : p->i->imm & mask);
}

static void put_target(struct printer *p, bool far)
{
    const ia_insn *i = p->i;
    if (far)
        put(p, p->att ? "$0x%x,$0x%x" : "0x%x:0x%x", i->imm2, i->imm);
    else
        put(p, "0x%x", (p->next + i->imm) & (i->opsize == 2 ? 0xffff : UINT32_MAX));
}

static bool is_indirect(unsigned row)
{
    return row == IA_INSN_jmp_rm || row == IA_INSN_call_rm || row == IA_INSN_jmp_far_m || row == IA_INSN_call_far_m;
}

static void put_rm(struct printer *p, unsigned size)
{
    if (p->att && is_indirect(p->i->row))
        put(p, "*");
    if (p->i->rm_is_memory)
        put_memory(p, size);
    else
        put_register(p, p->i->rm, size);
}

static void put_operand(struct printer *p, const char *word)
{
    const ia_insn *i = p->i;
    const unsigned size = size_of(word[1], i->opsize);
    const char *percent = p->att ? "%" : "";
    switch (word[0]) {
    case 'E':
    case 'M': put_rm(p, word[0] == 'M' && !word[1] ? 0 : size); break;
    case 'R': put_register(p, i->rm, size); break;
    case 'G': put_register(p, i->reg, size); break;
    case 'Z': put_register(p, i->rm, i->opsize); break;
    case 'I': put_immediate(p, word); break;
    case 'J': put_target(p, false); break;
    case 'P': put_target(p, true); break;
    case 'O': put_memory(p, i->opsize); break;
    case 'X': put_string(p, true); break;
    case 'Y': put_string(p, false); break;
    case 'C': put(p, "%scr%u", percent, i->reg); break;
    case 'D': put(p, "%sdr%u", percent, i->reg); break;
    case 'S':
        if (word[1] == 'T')
            put(p, word[2] == 'i' ? "%sst(%u)" : "%sst", percent, i->rm);
        else
            put(p, "%s%s", percent, segment_name(i->reg));
        break;
    case 'a': put_register(p, IA_EAX, i->opsize); break;
    case '1': put(p, p->att ? "$1" : "1"); break;
    default: put(p, p->att && !strcmp(word, "dx") ? "(%%%s)" : p->att ? "%%%s" : "%s", word); break;
    }
}

/* In the order of the table, or in the other one. Constants are left in AT&T's BOUND and ENTER as they are.
 * Intel has the destination first, AT&T last. */
static void put_operands(struct printer *p, const char *words)
{
    char line[32], *rest = line, *word[4];
    unsigned count = 0;
    const bool as_is = !p->att || p->i->row == IA_INSN_enter || p->i->row == IA_INSN_bound;
    snprintf(line, sizeof line, "%s", words);
    for (char *w; count < 4 && (w = strsep(&rest, ","));)
        if (*w)
            word[count++] = w;
    for (unsigned n = 0; n < count; n++) {
        put(p, n ? ", " : " ");
        put_operand(p, word[as_is ? n : count - 1 - n]);
    }
}

/* --- mnemonics */

static const char *const condition_name[] = {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};

/* Rows whose name is not their mnemonic: by operand size 2 and 4, Intel's and AT&T's. */
static const struct {
    uint16_t row;
    const char *word[2][2];
} spelt[] = {
    {IA_INSN_cbw, {{"cbw", "cbtw"}, {"cwde", "cwtl"}}},
    {IA_INSN_cwd, {{"cwd", "cwtd"}, {"cdq", "cltd"}}},
    {IA_INSN_pusha, {{"pushaw", "pushaw"}, {"pushad", "pushal"}}},
    {IA_INSN_popa, {{"popaw", "popaw"}, {"popad", "popal"}}},
    {IA_INSN_pushf, {{"pushf", "pushfw"}, {"pushfd", "pushfl"}}},
    {IA_INSN_popf, {{"popf", "popfw"}, {"popfd", "popfl"}}},
    {IA_INSN_iret, {{"iret", "iretw"}, {"iretd", "iretl"}}},
    {IA_INSN_retf, {{"retf", "lretw"}, {"retf", "lret"}}},
    {IA_INSN_retf_i, {{"retf", "lretw"}, {"retf", "lret"}}},
    {IA_INSN_call_far, {{"call far", "lcallw"}, {"call far", "lcall"}}},
    {IA_INSN_jmp_far, {{"jmp far", "ljmpw"}, {"jmp far", "ljmp"}}},
    {IA_INSN_call_far_m, {{"call far", "lcallw"}, {"call far", "lcall"}}},
    {IA_INSN_jmp_far_m, {{"jmp far", "ljmpw"}, {"jmp far", "ljmp"}}},
    {IA_INSN_xlat, {{"xlatb", "xlat"}, {"xlatb", "xlat"}}},
    {IA_INSN_fcom2, {{"fcom", "fcom"}, {"fcom", "fcom"}}},
    {IA_INSN_fcomp3, {{"fcomp", "fcomp"}, {"fcomp", "fcomp"}}},
    {IA_INSN_fcomp5, {{"fcomp", "fcomp"}, {"fcomp", "fcomp"}}},
    {IA_INSN_fxch4, {{"fxch", "fxch"}, {"fxch", "fxch"}}},
    {IA_INSN_fxch7, {{"fxch", "fxch"}, {"fxch", "fxch"}}},
    {IA_INSN_fstp8, {{"fstp", "fstp"}, {"fstp", "fstp"}}},
    {IA_INSN_fstp9, {{"fstp", "fstp"}, {"fstp", "fstp"}}},
    /* AT&T's first assembler confused these, and all others have to since. */
    {IA_INSN_fsub_i_st, {{"fsub", "fsubr"}, {"fsub", "fsubr"}}},
    {IA_INSN_fsubr_i_st, {{"fsubr", "fsub"}, {"fsubr", "fsub"}}},
    {IA_INSN_fdiv_i_st, {{"fdiv", "fdivr"}, {"fdiv", "fdivr"}}},
    {IA_INSN_fdivr_i_st, {{"fdivr", "fdiv"}, {"fdivr", "fdiv"}}},
    {IA_INSN_fsubp, {{"fsubp", "fsubrp"}, {"fsubp", "fsubrp"}}},
    {IA_INSN_fsubrp, {{"fsubrp", "fsubp"}, {"fsubrp", "fsubp"}}},
    {IA_INSN_fdivp, {{"fdivp", "fdivrp"}, {"fdivp", "fdivrp"}}},
    {IA_INSN_fdivrp, {{"fdivrp", "fdivp"}, {"fdivrp", "fdivp"}}},
};

/* The range stands as the rows do in insn.def. */
static bool is_string(unsigned row)
{
    return (row >= IA_INSN_movs && row <= IA_INSN_scas) || row == IA_INSN_ins || row == IA_INSN_outs;
}

static char suffix(const struct printer *p)
{
    static const char intel[] = "?bw?d", att[] = "?bw?l";
    return (p->att ? att : intel)[p->i->opsize];
}

/* What AT&T puts behind a mnemonic whose operands do not tell the size. x87: by the operand in memory. */
static void put_att_suffix(struct printer *p, const struct insn_desc *d)
{
    const char *memory = strpbrk(d->format, "MEO");
    const ia_insn *i = p->i;
    if (!memory || (*memory == 'E' && !i->rm_is_memory) || is_indirect(i->row) || d->ext[0] == 'P' || !strcmp(d->format, "M") ||
        !strcmp(d->format, "Ms") || strpbrk(d->format, "GaSCDZ"))
        return;
    const bool real = d->name[0] == 'f' && d->name[1] != 'i';
    switch (size_of(memory[1], i->opsize)) {
    case 1: put(p, "b"); break;
    case 2: put(p, d->name[0] == 'f' ? (real ? "" : "s") : "w"); break;
    case 4: put(p, real ? "s" : "l"); break;
    case 8: put(p, real ? "l" : "ll"); break;
    case 10: put(p, d->name[1] == 'b' ? "" : "t"); break;
    default: break;
    }
}

/* movzx eax, byte ptr [ebx] is movzbl (%ebx), %eax: AT&T has both sizes in the word. */
static void put_extension(struct printer *p, const struct insn_desc *d)
{
    const bool sign = d->name[3] == 's', byte = d->name[6] == 'b';
    if (p->att)
        put(p, "mov%c%c%c", sign ? 's' : 'z', byte ? 'b' : 'w', p->i->opsize == 2 ? 'w' : 'l');
    else
        put(p, "mov%cx", sign ? 's' : 'z');
}

static void put_mnemonic(struct printer *p, const struct insn_desc *d)
{
    const ia_insn *i = p->i;
    const size_t length = strcspn(d->name, "_");
    for (unsigned n = 0; n < sizeof spelt / sizeof spelt[0]; n++)
        if (spelt[n].row == i->row) {
            put(p, "%s", spelt[n].word[i->opsize == 4][p->att]);
            return;
        }
    if (i->row >= IA_INSN_movzx_b && i->row <= IA_INSN_movsx_w)
        put_extension(p, d);
    else if (i->row == IA_INSN_jcxz)
        put(p, i->adsize == 2 ? "jcxz" : "jecxz");
    else if (length > 2 && d->name[length - 1] == 'c' && d->name[length - 2] == 'c')
        put(p, "%.*s%s", (int)length - 2, d->name, condition_name[i->opcode & 15]);
    else if (is_string(i->row))
        put(p, "%s%c", d->name, suffix(p));
    else
        put(p, "%.*s", (int)length, d->name);
    if (p->att && !is_string(i->row))
        put_att_suffix(p, d);
}

static void put_prefixes(struct printer *p)
{
    const unsigned row = p->i->row;
    const bool compares = row == IA_INSN_cmps || row == IA_INSN_scas;
    if (p->i->lock)
        put(p, "lock ");
    if (p->i->rep && is_string(row))
        put(p, !compares ? "rep " : p->i->rep == IA_REP ? "repe " : "repne ");
}

/* --- */

void ia_print_in(enum ia_syntax syntax, const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size)
{
    struct printer p = {.at = out, .room = size, .att = syntax == IA_SYNTAX_ATT};
    uint8_t bytes[16];
    ia_insn i;
    memcpy(bytes, &bits, sizeof bytes);
    if (size)
        *out = 0;
    if (ia_decode(config, context, bytes, sizeof bytes, &i) != IA_DECODED) {
        put(&p, ".byte 0x%02x", bytes[0]);
        return;
    }
    p.i = &i;
    p.next = (uint32_t)pc + i.length;
    const struct insn_desc *d = &isa_ia32.rows[i.row];
    if (i.row == IA_INSN_nop && i.rep == IA_REP) {
        put(&p, "pause");
        return;
    }
    put_prefixes(&p);
    put_mnemonic(&p, d);
    put_operands(&p, d->format);
}

void ia_print(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size)
{
    const enum ia_syntax syntax = context & IA_CTX_ATT ? IA_SYNTAX_ATT : IA_SYNTAX_INTEL;
    ia_print_in(syntax, config, context & ~(unsigned)IA_CTX_ATT, bits, pc, out, size);
}
