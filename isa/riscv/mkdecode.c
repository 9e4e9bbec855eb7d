/* mkdecode.c - run while building: reads insn.def and rvc.def, checks them, and prints what the decoder needs as C.
 *
 * For each row: match, mask, length, fields that must not be zero. For each bucket of opcode bits: the rows that may match, those
 * that fix more bits first. For each compressed row: where its operands lie. A malformed row, or two rows that match one
 * instruction without one being a special case of the other, is a sentence on stderr and a failed build.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "0000000ttttt sssss 000 ddddd 0110011" is add: 0 and 1 are fixed (mask, match), letters are fields, d rd, s rs1,
 * t rs2, i the immediate, m the rounding mode. A capital is a field that must not be zero: c.addi4spn has I. */
struct insn {
    const char *name, *encoding;
    uint32_t match, mask;
    uint32_t field[256]; /* by lower-case letter: its bits in the instruction */
    uint32_t nonzero[4];
    unsigned nonzeros, length;
};

static struct insn insns[] = {
#define INSN(row, ext, line, operands, does, traps, classes, manual) {.name = #row, .encoding = line},
#include "isa/riscv/insn.def"
#undef INSN
};
enum { COUNT = sizeof insns / sizeof insns[0], BUCKETS = 256 + 24, MAX_IMMEDIATE = 11 };

struct rvc {
    const char *name, *base, *reg[3], *sign, *immediate;
};

static const struct rvc rvcs[] = {
#define RVC(row, base_row, rd, rs1, rs2, extension, bits) {#row, #base_row, {#rd, #rs1, #rs2}, #extension, bits},
#include "isa/riscv/rvc.def"
#undef RVC
};
enum { RVC_COUNT = sizeof rvcs / sizeof rvcs[0] };

static void die(const char *row, const char *what, const char *detail)
{
    fprintf(stderr, "insn.def: %s: %s%s\n", row, what, detail);
    exit(1);
}

/* --- encodings */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
static unsigned char lower(char c) { return (unsigned char)(is_capital(c) ? c - 'A' + 'a' : c); }

/* The letters that a row may use. One that no operand has would be a slip of the pen. */
static void parse_field(struct insn *r, char c, uint32_t bit)
{
    if (!strchr("dstuimcqlfpnz", lower(c)))
        die(r->name, "no operand field has this letter: ", (char[]){c, 0});
    if (is_capital(c) && !(r->field[lower(c)])) {
        if (r->nonzeros == 4)
            die(r->name, "too many fields that must not be zero", "");
        r->nonzeros++;
    }
    r->field[lower(c)] |= bit;
}

/* Bits 1:0 say how long an instruction is [unpriv 1.5]: 11 for 32 bits, anything else for 16. A row has to agree
 * with its length. */
static void parse(struct insn *r)
{
    char dense[33];
    unsigned n = 0;
    for (const char *p = r->encoding; *p; p++) {
        if (*p == ' ')
            continue;
        if (n == 32)
            die(r->name, "more than 32 bits: ", r->encoding);
        dense[n++] = *p;
    }
    if (n != 16 && n != 32)
        die(r->name, "neither 16 nor 32 bits: ", r->encoding);
    r->length = n / 8;
    for (unsigned i = 0; i < n; i++) {
        uint32_t bit = UINT32_C(1) << (n - 1 - i);
        if (dense[i] == '0' || dense[i] == '1') {
            r->mask |= bit;
            r->match |= dense[i] == '1' ? bit : 0;
        } else if (is_letter(dense[i])) {
            parse_field(r, dense[i], bit);
        } else {
            die(r->name, "neither 0, 1 nor a letter: ", r->encoding);
        }
    }
    unsigned k = 0;
    for (unsigned i = 0; i < n; i++)
        if (is_capital(dense[i]) && (i == 0 || !memchr(dense, dense[i], i)))
            r->nonzero[k++] = r->field[lower(dense[i])];
    if ((r->mask & 3) != 3 || (n == 32) != ((r->match & 3) == 3))
        die(r->name, "bits 1:0 do not tell its length: ", r->encoding);
}

static bool both_match(const struct insn *a, const struct insn *b)
{
    return a->length == b->length && ((a->match ^ b->match) & a->mask & b->mask) == 0;
}

static bool is_special_case(const struct insn *a, const struct insn *b)
{
    return (a->mask & b->mask) == b->mask && a->mask != b->mask;
}

/* Each pair of rows, once. c.nop is a special case of c.addi; what is neither would be decoded by the order of the
 * table. */
static void check_overlaps(void)
{
    for (const struct insn *a = insns; a < insns + COUNT; a++)
        for (const struct insn *b = insns; b < a; b++) {
            if (!strcmp(a->name, b->name))
                die(a->name, "stands there twice", "");
            if (both_match(a, b) && !is_special_case(a, b) && !is_special_case(b, a))
                die(a->name, "overlaps ", b->name);
        }
}

/* --- buckets: decode.c computes the same number from an instruction */

/* Opcode and funct3 of 32 bits, quadrant and funct3 of 16. A row that leaves some of these open is in several
 * buckets. */
static bool in_bucket(const struct insn *r, unsigned bucket)
{
    uint32_t bits, fixed;
    if (bucket < 256) {
        bits = (bucket & 7) << 12 | (bucket >> 3) << 2 | 3;
        fixed = 0x707f;
    } else {
        bits = ((bucket - 256) & 7) << 13 | (bucket - 256) >> 3;
        fixed = 0xe003;
    }
    return (r->length == 4) == (bucket < 256) && ((bits ^ r->match) & fixed & r->mask) == 0;
}

static int ones(uint32_t v) { return __builtin_popcount(v); }

/* Indices of the bucket's rows into out[], most bits fixed first. */
static unsigned bucket_rows(unsigned bucket, unsigned *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        if (!in_bucket(&insns[i], bucket))
            continue;
        unsigned at = n++;
        for (; at > 0 && ones(insns[out[at - 1]].mask) < ones(insns[i].mask); at--)
            out[at] = out[at - 1];
        out[at] = i;
    }
    return n;
}

static void print_buckets(void)
{
    static unsigned rows[BUCKETS][COUNT], count[BUCKETS];
    unsigned start = 0;
    printf("static const uint16_t decode_row[] = {\n");
    for (unsigned b = 0; b < BUCKETS; b++) {
        count[b] = bucket_rows(b, rows[b]);
        for (unsigned i = 0; i < count[b]; i++)
            printf("    RV_INSN_%s, /* %u */\n", insns[rows[b][i]].name, b);
    }
    printf("};\n\nstatic const uint16_t decode_bucket[] = {\n");
    for (unsigned b = 0; b < BUCKETS; b++) {
        printf("    %u,\n", start);
        start += count[b];
    }
    printf("    %u,\n};\n\n", start);
}

/* --- compressed rows */

static const struct insn *find(const char *name)
{
    for (const struct insn *r = insns; r < insns + COUNT; r++)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

static unsigned lowest(uint32_t bits) { return (unsigned)__builtin_ctz(bits); }
static unsigned highest(uint32_t bits) { return 31 - (unsigned)__builtin_clz(bits); }

/* A register operand as {shift, bits, value}: `bits` bits at `shift` plus `value`.
 * rvc.def names an operand by a letter of the encoding, or by the register that is meant. */
static void print_register(const struct rvc *c, const struct insn *r, const char *reg)
{
    if (!strcmp(reg, "zero") || !strcmp(reg, "ra") || !strcmp(reg, "sp")) {
        printf("{0, 0, %d}, ", !strcmp(reg, "zero") ? 0 : !strcmp(reg, "ra") ? 1 : 2);
        return;
    }
    uint32_t field = strlen(reg) == 1 ? r->field[lower(reg[0])] : 0;
    int bits = ones(field);
    if (bits != 3 && bits != 5)
        die(c->name, "the encoding has no such register field: ", reg);
    printf("{%u, %d, %d}, ", lowest(field), bits, bits == 3 ? 8 : 0);
}

/* The immediate as pairs {from, to}: the manual's list "5:4|9:6|2|3" names the i bits of the encoding from left to right.
 * c.lw has "5:3|2|6": of the i bits, from the left, the first three are bits 5 to 3 of the immediate, then 2, then
 * 6. */
static void print_immediate(const struct rvc *c, const struct insn *r)
{
    uint32_t field = r->field['i'], seen = 0;
    printf("{");
    for (const char *p = c->immediate; *p;) {
        char *end;
        unsigned high = (unsigned)strtoul(p, &end, 10), low = high;
        if (*end == ':')
            low = (unsigned)strtoul(end + 1, &end, 10);
        if (end == p || low > high || high > 30 || (*end && *end != '|'))
            die(c->name, "not a list of immediate bits: ", c->immediate);
        for (unsigned bit = high + 1; bit-- > low;) {
            if (!field || seen >> bit & 1)
                die(c->name, "more immediate bits than the encoding has: ", c->immediate);
            unsigned from = highest(field);
            field &= ~(UINT32_C(1) << from);
            seen |= UINT32_C(1) << bit;
            printf("{%u, %u}, ", from, bit);
        }
        p = *end ? end + 1 : end;
    }
    if (field || ones(seen) > MAX_IMMEDIATE)
        die(c->name, "not as many immediate bits as the encoding has: ", c->immediate);
    printf("{0, 0}}, %d, %u", ones(seen), seen && !strcmp(c->sign, "S") ? highest(seen) + 1 : 0);
}

static void print_rvc(void)
{
    printf("static const struct decode_rvc decode_rvc[RV_INSN_COUNT] = {\n");
    for (const struct rvc *c = rvcs; c < rvcs + RVC_COUNT; c++) {
        const struct insn *r = find(c->name), *base = find(c->base);
        if (!r || r->length != 2)
            die(c->name, "rvc.def: no compressed row has this name", "");
        if (!base || base->length != 4)
            die(c->name, "rvc.def: not a row it could be short for: ", c->base);
        printf("    [RV_INSN_%s] = {RV_INSN_%s, ", c->name, c->base);
        for (int i = 0; i < 3; i++)
            print_register(c, r, c->reg[i]);
        print_immediate(c, r);
        printf("},\n");
    }
    printf("};\n");
    for (const struct insn *r = insns; r < insns + COUNT; r++) {
        unsigned lines = 0;
        for (const struct rvc *c = rvcs; c < rvcs + RVC_COUNT; c++)
            lines += !strcmp(c->name, r->name);
        if (lines != (r->length == 2))
            die(r->name, "needs one line in rvc.def if it is compressed, and none if not", "");
    }
}

/* --- */

/* "c_addi16sp" is spelt "c.addi16sp". */
static void print_spelling(const char *name)
{
    for (; *name; name++)
        putchar(*name == '_' ? '.' : *name);
}

/* Whether there are compressed rows that are short for a row. */
static void print_short(void)
{
    printf("\nenum {\n");
    for (const struct insn *r = insns; r < insns + COUNT; r++) {
        bool has = false;
        for (const struct rvc *c = rvcs; c < rvcs + RVC_COUNT; c++)
            has |= !strcmp(c->base, r->name);
        printf("    RV_SHORT_%s = %d,\n", r->name, has);
    }
    printf("};\n");
}

/* Three things for each row: its spelling, its code, and RV_WIDE_x(...), which gives its argument only where the
 * row has 32 bits. */
static void print_rows(void)
{
    for (const struct insn *r = insns; r < insns + COUNT; r++) {
        printf("#define RV_NAME_%s \"", r->name);
        print_spelling(r->name);
        printf("\"\n#define RV_CODE_%s 0x%xu, 0x%xu, %u\n", r->name, r->match, r->mask, r->length);
        printf("#define RV_WIDE_%s(...)%s\n", r->name, r->length == 4 ? " __VA_ARGS__" : ""); /* only where it is no compressed row */
    }
    print_short();
    printf("\n#ifdef RV_DECODE_TABLES\nstatic const struct decode_code decode_code[RV_INSN_COUNT] = {\n");
    for (const struct insn *r = insns; r < insns + COUNT; r++) {
        printf("    [RV_INSN_%s] = {0x%x, 0x%x, {", r->name, r->match, r->mask);
        for (unsigned i = 0; i < r->nonzeros; i++)
            printf("0x%x, ", r->nonzero[i]);
        printf("0}, %u, %s},\n", r->nonzeros, r->field['m'] ? "true" : "false");
    }
    printf("};\n\n");
}

int main(void)
{
    for (unsigned i = 0; i < COUNT; i++)
        parse(&insns[i]);
    check_overlaps();
    printf("/* Made from isa/riscv/insn.def and rvc.def by mkdecode. */\n\n");
    print_rows();
    print_buckets();
    print_rvc();
    printf("#endif\n");
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
