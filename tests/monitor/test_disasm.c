/* The table's printer against two others, row by row with random operands: Capstone, which knows pseudo-instructions and prints
 * distances, and objdump, told to know none. Texts are compared in a normal form; where they still differ, a list here says so, and a
 * list is checked both ways: an entry that never applies, or applies where the texts agree, fails.
 *
 *   monitor_disasm capstone | objdump       status 77: that other one is not there
 */
#include "monitor/disasm.h"

#include "isa/pg.h"
#include "isa/riscv.h"
#include "mmu/phys.h"
#include "mmu/pt.h"
#include "tests/monitor/random_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the above first */
#include <cmocka.h>

#ifdef TRAPEZE_CAPSTONE
#include <capstone.h>
#endif

enum { SKIPPED = 77, OPERANDS = 5 };
#define HERE UINT64_C(0x80001000)

/* --- the normal form: a name, and operands with numbers in decimal and CSRs by number */

struct text {
    char name[32], operand[OPERANDS][48];
    unsigned count;
};

static bool is_number(const char *s, long long *value)
{
    char *end;
    *value = (long long)strtoull(s, &end, 0);
    if (*s == '-')
        *value = strtoll(s, &end, 0);
    return end != s && *end == '\0';
}

static void normal_operand(char *out, size_t size, const char *from)
{
    char head[48];
    long long value;
    const char *open = strchr(from, '(');
    snprintf(head, sizeof head, "%.*s", open ? (int)(open - from) : 40, from);
    if (is_number(head, &value))
        snprintf(out, size, "%lld%s", value, open ? open : "");
    else
        snprintf(out, size, "%s", *from == '(' ? from : head);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        if (is_csr(isa_riscv.regs[i].reg) && !strcmp(isa_riscv.regs[i].name, head))
            snprintf(out, size, "%u", isa_riscv.regs[i].reg - RV_CSR);
}

static struct text normal(const char *from)
{
    struct text t = {0};
    char copy[160], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", from);
    copy[strcspn(copy, "#\n<")] = '\0'; /* objdump's remarks */
    char *name = strtok_r(copy, " \t", &rest);
    snprintf(t.name, sizeof t.name, "%s", name ? name : "");
    for (char *p = strtok_r(NULL, ", \t", &rest); p && t.count < OPERANDS; p = strtok_r(NULL, ", \t", &rest))
        normal_operand(t.operand[t.count++], sizeof t.operand[0], p);
    if (!strcmp(t.name, ".insn") && t.count == 2) { /* so binutils since 2.42: the length first; before, in the name */
        snprintf(t.name, sizeof t.name, ".%.8sbyte", t.operand[0]);
        memcpy(t.operand[0], t.operand[1], sizeof t.operand[0]);
        t.count = 1;
    }
    return t;
}

static bool same_text(const struct text *a, const struct text *b)
{
    bool same = !strcmp(a->name, b->name) && a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++)
        same = !strcmp(a->operand[i], b->operand[i]);
    return same;
}

/* --- where two printers differ */

struct difference {
    uint16_t row;
    bool (*applies)(uint32_t bits);
    const char *other; /* name by which the other one calls it; NULL: any; "": it prints none */
};

struct comparison {
    const struct difference *list;
    unsigned count;
    unsigned hits[64], rows[RV_INSN_COUNT];
    const char *who;
};

static void compare(struct comparison *c, unsigned row, uint32_t bits, const struct text *other, const char *raw)
{
    const struct riscv_config config = everything();
    char own[DISASM_TEXT];
    if (bits == 0xc0001073) /* csrrw zero,cycle,zero can never be done: everybody's "unimp" */
        return;
    isa_riscv.print(&config, 0, bits, HERE, own, sizeof own);
    struct text mine = normal(own);
    bool same = same_text(&mine, other);
    c->rows[row]++;
    for (unsigned i = 0; i < c->count; i++) {
        if (c->list[i].row != row || !c->list[i].applies(bits))
            continue;
        if (same)
            fail_msg("%s, %#x: %s, and %s agrees: entry %u of the list is no exception", isa_riscv.rows[row].name, bits, own, c->who,
                     i);
        if (c->list[i].other && strcmp(c->list[i].other, other->name) != 0)
            fail_msg("%s, %#x: entry %u of the list expects %s from %s, which says %s", isa_riscv.rows[row].name, bits, i,
                     c->list[i].other, c->who, raw);
        c->hits[i]++;
        return;
    }
    if (!same)
        fail_msg("%s, %#x: the table prints '%s', %s '%s'", isa_riscv.rows[row].name, bits, own, c->who, raw);
}

static void demand_all_used(const struct comparison *c)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->hits[i] == 0)
            fail_msg("entry %u of the list (%s) never applied", i, isa_riscv.rows[c->list[i].row].name);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        if (c->rows[row] == 0)
            fail_msg("%s was not compared", isa_riscv.rows[row].name);
}

/* What the others do not know, or spell their own way. */
static bool always(uint32_t bits)
{
    (void)bits;
    return true;
}
static bool field_is_set(uint32_t bits, unsigned lo, unsigned n) { return bits_get(bits, lo, n) != 0; }
static bool rounds(uint32_t bits) { return field_is_set(bits, 12, 3); }
static bool fence_has_fields(uint32_t bits)
{
    return field_is_set(bits, 28, 4) || field_is_set(bits, 7, 5) || field_is_set(bits, 15, 5);
}
static bool fence_has_empty_set(uint32_t bits)
{
    return !fence_has_fields(bits) && (!field_is_set(bits, 24, 4) || !field_is_set(bits, 20, 4));
}
static bool fence_tso_has_fields(uint32_t bits) { return field_is_set(bits, 7, 5) || field_is_set(bits, 15, 5); }
static bool fence_i_has_fields(uint32_t bits) { return bits != isa_riscv.rows[RV_INSN_fence_i].match; }
static bool shifts_by_zero(uint32_t bits) { return !field_is_set(bits, 12, 1) && !field_is_set(bits, 2, 5); }
static bool nop_counts_down(uint32_t bits) { return field_is_set(bits, 12, 1); }
static bool to_zero(uint32_t bits) { return !field_is_set(bits, 7, 5); }

/* --- Capstone */

#ifdef TRAPEZE_CAPSTONE

/* Its pseudo-instructions, by name and number of operands, as what they are short for. */
static const struct alias {
    const char *name;
    unsigned count;
    const char *meaning; /* $0 $1 $2: its operands */
} aliases[] = {
    {"nop", 0, "addi zero,zero,0"},
    {"mv", 2, "addi $0,$1,0"},
    {"not", 2, "xori $0,$1,-1"},
    {"sext.w", 2, "addiw $0,$1,0"},
    {"neg", 2, "sub $0,zero,$1"},
    {"negw", 2, "subw $0,zero,$1"},
    {"seqz", 2, "sltiu $0,$1,1"},
    {"snez", 2, "sltu $0,zero,$1"},
    {"sltz", 2, "slt $0,$1,zero"},
    {"sgtz", 2, "slt $0,zero,$1"},
    {"beqz", 2, "beq $0,zero,$1"},
    {"bnez", 2, "bne $0,zero,$1"},
    {"blez", 2, "bge zero,$0,$1"},
    {"bgez", 2, "bge $0,zero,$1"},
    {"bltz", 2, "blt $0,zero,$1"},
    {"bgtz", 2, "blt zero,$0,$1"},
    {"j", 1, "jal zero,$0"},
    {"jal", 1, "jal ra,$0"},
    {"ret", 0, "jalr zero,0(ra)"},
    {"jr", 1, "jalr zero,0($0)"},
    {"jalr", 1, "jalr ra,0($0)"},
    {"jalr", 3, "jalr $0,$2($1)"},
    {"fence", 0, "fence iorw,iorw"},
    {"sfence.vma", 0, "sfence.vma zero,zero"},
    {"sfence.vma", 1, "sfence.vma $0,zero"},
    {"rdcycle", 1, "csrrs $0,cycle,zero"},
    {"rdtime", 1, "csrrs $0,time,zero"},
    {"rdinstret", 1, "csrrs $0,instret,zero"},
    {"frcsr", 1, "csrrs $0,fcsr,zero"},
    {"frrm", 1, "csrrs $0,frm,zero"},
    {"frflags", 1, "csrrs $0,fflags,zero"},
    {"fscsr", 1, "csrrw zero,fcsr,$0"},
    {"fscsr", 2, "csrrw $0,fcsr,$1"},
    {"fsrm", 1, "csrrw zero,frm,$0"},
    {"fsrm", 2, "csrrw $0,frm,$1"},
    {"fsrmi", 1, "csrrwi zero,frm,$0"},
    {"fsrmi", 2, "csrrwi $0,frm,$1"},
    {"fsflags", 1, "csrrw zero,fflags,$0"},
    {"fsflags", 2, "csrrw $0,fflags,$1"},
    {"fsflagsi", 1, "csrrwi zero,fflags,$0"},
    {"fsflagsi", 2, "csrrwi $0,fflags,$1"},
    {"csrr", 2, "csrrs $0,$1,zero"},
    {"csrw", 2, "csrrw zero,$0,$1"},
    {"csrs", 2, "csrrs zero,$0,$1"},
    {"csrc", 2, "csrrc zero,$0,$1"},
    {"csrwi", 2, "csrrwi zero,$0,$1"},
    {"csrsi", 2, "csrrsi zero,$0,$1"},
    {"csrci", 2, "csrrci zero,$0,$1"},
    {"fmv.s", 2, "fsgnj.s $0,$1,$1"},
    {"fneg.s", 2, "fsgnjn.s $0,$1,$1"},
    {"fabs.s", 2, "fsgnjx.s $0,$1,$1"},
    {"fmv.d", 2, "fsgnj.d $0,$1,$1"},
    {"fneg.d", 2, "fsgnjn.d $0,$1,$1"},
    {"fabs.d", 2, "fsgnjx.d $0,$1,$1"},
};
enum { ALIASES = sizeof aliases / sizeof aliases[0] };

struct capstone {
    struct comparison comparison; /* first */
    csh handle;
    unsigned used[ALIASES];
};

static struct text expand(struct capstone *c, const struct text *t)
{
    for (unsigned i = 0; i < ALIASES; i++) {
        char out[160];
        size_t n = 0;
        if (strcmp(aliases[i].name, t->name) != 0 || aliases[i].count != t->count)
            continue;
        for (const char *p = aliases[i].meaning; *p && n < sizeof out; p++)
            if (*p == '$')
                n += (size_t)snprintf(out + n, sizeof out - n, "%s", t->operand[*++p - '0']);
            else
                out[n++] = *p;
        out[n < sizeof out ? n : sizeof out - 1] = '\0';
        c->used[i]++;
        return normal(out);
    }
    return *t;
}

/* The distance of a jump as its target. */
static void resolve(unsigned row, struct text *t)
{
    const char *format = isa_riscv.rows[row].format;
    bool jumps = !strcmp(format, "B") || !strcmp(format, "J") || !strcmp(format, "C_B") || !strcmp(format, "C_J");
    if (jumps && t->count > 0) {
        char *last = t->operand[t->count - 1];
        snprintf(last, sizeof t->operand[0], "%lld", (long long)HERE + strtoll(last, NULL, 10));
    }
}

static void against_capstone(void *ctx, unsigned row, uint32_t bits)
{
    struct capstone *c = ctx;
    uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
    char raw[256] = "";
    cs_insn *insn;
    if (cs_disasm(c->handle, bytes, isa_riscv.rows[row].length, HERE, 1, &insn) == 1) {
        snprintf(raw, sizeof raw, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    }
    struct text first = normal(raw), t = expand(c, &first);
    resolve(row, &t);
    compare(&c->comparison, row, bits, &t, raw);
}

/* Capstone 5 has these two names the wrong way round. */
static bool names_two_wrongly(uint32_t bits)
{
    return bits_get(bits, 20, 12) == CSR_pmpaddr13 || bits_get(bits, 20, 12) == CSR_pmpaddr14;
}

static const struct difference capstone_differences[] = {
    {RV_INSN_fence, fence_has_fields, ""}, /* reserved fields, which hardware ignores */
    {RV_INSN_fence, fence_has_empty_set, "fence"},
    {RV_INSN_fence_tso, fence_tso_has_fields, ""},
    {RV_INSN_fence_i, fence_i_has_fields, ""},
    {RV_INSN_pause, always, "fence"},
    {RV_INSN_cbo_inval, always, ""},
    {RV_INSN_cbo_clean, always, ""},
    {RV_INSN_cbo_flush, always, ""},
    {RV_INSN_cbo_zero, always, ""},
    {RV_INSN_fcvt_d_s, rounds, ""}, /* exact: the field is there all the same */
    {RV_INSN_fcvt_d_w, rounds, ""},
    {RV_INSN_fcvt_d_wu, rounds, ""},
    {RV_INSN_c_nop, nop_counts_down, ""}, /* hints */
    {RV_INSN_c_li, to_zero, ""},
    {RV_INSN_c_lui, to_zero, ""},
    {RV_INSN_c_slli, to_zero, ""},
    {RV_INSN_c_mv, to_zero, ""},
    {RV_INSN_c_add, to_zero, ""},
    {RV_INSN_csrrw, names_two_wrongly, NULL},
    {RV_INSN_csrrs, names_two_wrongly, NULL},
    {RV_INSN_csrrc, names_two_wrongly, NULL},
    {RV_INSN_csrrwi, names_two_wrongly, NULL},
    {RV_INSN_csrrsi, names_two_wrongly, NULL},
    {RV_INSN_csrrci, names_two_wrongly, NULL},
};

static void capstone_agrees(void **state)
{
    static struct capstone c;
    (void)state;
    c.comparison.list = capstone_differences;
    c.comparison.count = sizeof capstone_differences / sizeof capstone_differences[0];
    c.comparison.who = "Capstone";
    assert_int_equal(cs_open(CS_ARCH_RISCV, CS_MODE_RISCV64 | CS_MODE_RISCVC, &c.handle), CS_ERR_OK);
    every_row(against_capstone, &c);
    cs_close(&c.handle);
    demand_all_used(&c.comparison);
    for (unsigned i = 0; i < ALIASES; i++)
        if (c.used[i] == 0)
            fail_msg("the pseudo-instruction %s with %u operands never came", aliases[i].name, aliases[i].count);
}

static int run_capstone(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(capstone_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static int run_capstone(void)
{
    printf("skipped: built without Capstone 5 (package libcapstone-dev)\n");
    return SKIPPED;
}
#endif

/* --- objdump: all encodings in one file, and its lines in order */

#define OBJDUMP "riscv64-unknown-elf-objdump"

struct objdump {
    struct comparison comparison; /* first */
    FILE *file;
    uint64_t at;
};

static void write_encoding(void *ctx, unsigned row, uint32_t bits)
{
    struct objdump *o = ctx;
    assert_int_equal(fwrite(&bits, isa_riscv.rows[row].length, 1, o->file), 1); /* little-endian, as RISC-V */
}

/* The next line that is an instruction: "80001000:\t00000013 \taddi\tzero,zero,0" */
static void next_instruction(FILE *f, char *line, int size, uint64_t *at, uint32_t *bits, char **text)
{
    while (fgets(line, size, f)) {
        char *colon = strchr(line, ':'), *tab = colon ? strchr(colon + 1, '\t') : NULL, *name = tab ? strchr(tab + 1, '\t') : NULL;
        if (!name)
            continue;
        *at = strtoull(line, NULL, 16);
        *bits = (uint32_t)strtoul(tab + 1, NULL, 16);
        *text = name + 1;
        return;
    }
    fail_msg("objdump printed too little");
}

static void against_objdump(void *ctx, unsigned row, uint32_t bits)
{
    struct objdump *o = ctx;
    char line[512], *text = line;
    uint64_t at = 0;
    uint32_t own = 0;
    next_instruction(o->file, line, sizeof line, &at, &own, &text);
    if (own != bits)
        fail_msg("objdump reads %#x where %#x stands", own, bits);
    struct text t = normal(text);
    const char *format = isa_riscv.rows[row].format;
    if (t.count > 0 && !strcmp(t.operand[t.count - 1], "dyn"))
        t.count--;
    if (!strcmp(format, "B") || !strcmp(format, "J") || !strcmp(format, "C_B") ||
        !strcmp(format, "C_J")) /* targets from where it stands */
        snprintf(t.operand[t.count - 1], sizeof t.operand[0], "%lld",
                 (long long)((uint64_t)strtoll(t.operand[t.count - 1], NULL, 10) - at + HERE));
    compare(&o->comparison, row, bits, &t, text);
}

static const struct difference objdump_differences[] = {
    {RV_INSN_fence, fence_has_fields, ".4byte"}, /* reserved fields, which hardware ignores */
    {RV_INSN_fence, fence_has_empty_set, "fence"},
    {RV_INSN_fence_tso, fence_tso_has_fields, ".4byte"},
    {RV_INSN_fence_i, fence_i_has_fields, ".4byte"},
    {RV_INSN_pause, always, "fence"}, /* of extensions that it is not told of */
    {RV_INSN_cbo_inval, always, ".4byte"},
    {RV_INSN_cbo_clean, always, ".4byte"},
    {RV_INSN_cbo_flush, always, ".4byte"},
    {RV_INSN_cbo_zero, always, ".4byte"},
    {RV_INSN_fcvt_d_s, rounds, ".4byte"},
    {RV_INSN_fcvt_d_w, rounds, ".4byte"},
    {RV_INSN_fcvt_d_wu, rounds, ".4byte"},
    {RV_INSN_c_nop, always, "c.addi"},
    {RV_INSN_c_srli, shifts_by_zero, "c.srli64"},
    {RV_INSN_c_srai, shifts_by_zero, "c.srai64"},
    {RV_INSN_c_slli, shifts_by_zero, "c.slli64"},
};

static void objdump_agrees(void **state)
{
    static struct objdump o;
    char path[] = "/tmp/trapeze-disasm-XXXXXX", command[256];
    int fd = mkstemp(path);
    (void)state;
    o.comparison.list = objdump_differences;
    o.comparison.count = sizeof objdump_differences / sizeof objdump_differences[0];
    o.comparison.who = "objdump";
    o.file = fd < 0 ? NULL : fdopen(fd, "wb");
    assert_non_null(o.file);
    every_row(write_encoding, &o);
    assert_int_equal(fclose(o.file), 0);
    snprintf(command, sizeof command, OBJDUMP " -D -b binary -m riscv:rv64 -M no-aliases,priv-spec=1.12 -z --adjust-vma=%#llx %s",
             (unsigned long long)HERE, path);
    o.file = popen(command, "r");
    assert_non_null(o.file);
    every_row(against_objdump, &o);
    pclose(o.file);
    unlink(path);
    demand_all_used(&o.comparison);
}

static int run_objdump(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(objdump_agrees)};
    if (system(OBJDUMP " --version >/dev/null 2>&1") != 0) {
        printf("skipped: no " OBJDUMP " (package binutils-riscv64-unknown-elf)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv) { return argc > 1 && strcmp(argv[1], "objdump") == 0 ? run_objdump() : run_capstone(); }
