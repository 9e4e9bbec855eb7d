/* The instruction table and the decoder, held against each other both ways. A row's own line of the manual, read here apart from
 * mkdecode, says which encodings are its own: every one of them decodes to it, and what decodes is one row's by its line. The
 * exceptions are the lists below; each list is checked in both directions, so that an entry that is no exception fails too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "isa/riscv/decode.h"
#include "isa/riscv/table.h"

enum { RANDOM_PER_ROW = 4000, RANDOM_WORDS = 1000000, FIELDS = 4 };

/* A row that is a special case of a more general one: its encodings are the general row's too, and the special row has them. */
static const struct {
    uint16_t general, special;
} specialisations[] = {
    {RV_INSN_fence, RV_INSN_fence_tso},  /* [unpriv 2.7] */
    {RV_INSN_fence, RV_INSN_pause},      /* [unpriv 10.1] */
    {RV_INSN_c_lui, RV_INSN_c_addi16sp}, /* rd = x2 [unpriv 27.5.2] */
};

/* A field that must not be zero, and whose the encoding is when it is: mostly nobody's [unpriv 27.8]. */
static const struct {
    uint16_t row;
    char field;
    uint16_t zero;
} holes[] = {
    {RV_INSN_c_addi4spn, 'I', INSN_NONE},    {RV_INSN_c_addi, 'D', RV_INSN_c_nop}, {RV_INSN_c_addiw, 'D', INSN_NONE},
    {RV_INSN_c_addi16sp, 'I', INSN_NONE},    {RV_INSN_c_lui, 'I', INSN_NONE},      {RV_INSN_c_lwsp, 'D', INSN_NONE},
    {RV_INSN_c_ldsp, 'D', INSN_NONE},        {RV_INSN_c_jr, 'S', INSN_NONE},       {RV_INSN_c_mv, 'T', RV_INSN_c_jr},
    {RV_INSN_c_jalr, 'S', RV_INSN_c_ebreak}, {RV_INSN_c_add, 'T', RV_INSN_c_jalr},
};

/* Compressed encodings that change nothing whatever the state: hints [unpriv 27.7]. They are no holes: they decode to their row. */
static const struct {
    uint16_t bits, row;
} hints[] = {
    {0x0005, RV_INSN_c_nop},  /* c.nop 1 */
    {0x1001, RV_INSN_c_nop},  /* c.nop -32 */
    {0x0281, RV_INSN_c_addi}, /* c.addi x5,0 */
    {0x4005, RV_INSN_c_li},   /* c.li x0,1 */
    {0x6005, RV_INSN_c_lui},  /* c.lui x0,1 */
    {0x8001, RV_INSN_c_srli}, /* c.srli x8,0 */
    {0x8401, RV_INSN_c_srai}, /* c.srai x8,0 */
    {0x8016, RV_INSN_c_mv},   /* c.mv x0,x5 */
    {0x9016, RV_INSN_c_add},  /* c.add x0,x5 */
    {0x0006, RV_INSN_c_slli}, /* c.slli x0,1 */
    {0x0282, RV_INSN_c_slli}, /* c.slli x5,0 */
};

/* --- lines read */

struct line {
    uint32_t match, mask;
    struct {
        char letter;
        uint32_t bits;
    } nonzero[FIELDS];
    unsigned nonzeros, length;
    bool rounds;
};

static uint32_t low_bits(unsigned n) { return n == 32 ? UINT32_MAX : (UINT32_C(1) << n) - 1; }

/* Fields of one capital letter count as one, wherever their bits are. */
static void line_nonzero(struct line *l, char letter, unsigned bit)
{
    unsigned i = 0;
    while (i < l->nonzeros && l->nonzero[i].letter != letter)
        i++;
    assert_true(i < FIELDS);
    l->nonzero[i].letter = letter;
    l->nonzero[i].bits |= UINT32_C(1) << bit;
    l->nonzeros = i == l->nonzeros ? i + 1 : l->nonzeros;
}

static struct line line_of(unsigned row)
{
    struct line l = {0};
    const char *text = isa_riscv.rows[row].encoding;
    unsigned count = 0;
    for (const char *p = text; *p; p++)
        count += *p != ' ';
    l.length = count / 8;
    for (unsigned bit = count; *text; text++) {
        if (*text == ' ')
            continue;
        bit--;
        if (*text == '0' || *text == '1') {
            l.mask |= UINT32_C(1) << bit;
            l.match |= (uint32_t)(*text == '1') << bit;
        } else if (*text >= 'A' && *text <= 'Z') {
            line_nonzero(&l, *text, bit);
        }
        l.rounds |= *text == 'm';
    }
    return l;
}

static bool line_has(const struct line *l, uint32_t bits, unsigned length)
{
    uint64_t rounding = bits_get(bits, 12, 3);
    if (l->length != length || (bits & l->mask) != l->match || (l->rounds && (rounding == 5 || rounding == 6)))
        return false;
    for (unsigned i = 0; i < l->nonzeros; i++)
        if (!(bits & l->nonzero[i].bits))
            return false;
    return true;
}

static struct line lines[RV_INSN_COUNT];

static int read_lines(void **state)
{
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        lines[row] = line_of(row);
    return 0;
}

/* --- */

static unsigned decode(uint32_t bits, unsigned *length)
{
    struct riscv_config all = riscv_config_default;
    all.zicbom = all.zicboz = true;
    return isa_riscv.decode(&all, 0, bits, length);
}

static const char *name_of(unsigned row) { return row == INSN_NONE ? "nothing" : isa_riscv.rows[row].name; }

static uint32_t random_word(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(z >> 32);
}

static bool is_specialisation(unsigned general, unsigned special)
{
    for (unsigned i = 0; i < sizeof specialisations / sizeof specialisations[0]; i++)
        if (specialisations[i].general == general && specialisations[i].special == special)
            return true;
    return false;
}

static void lines_are_the_rows(void **state)
{
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *r = &isa_riscv.rows[row];
        if (r->match != lines[row].match || r->mask != lines[row].mask || r->length != lines[row].length)
            fail_msg("%s: match, mask or length is not that of its line", r->name);
        assert_true(((lines[row].match & 3) == 3) == (lines[row].length == 4));
        for (unsigned other = 0; other < row; other++)
            assert_string_not_equal(r->name, isa_riscv.rows[other].name);
    }
}

/* What a row's line has decodes to that row, or to a listed special case of it. */
static void rows_decode_to_themselves(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        unsigned own = 0;
        for (unsigned n = 0; n < RANDOM_PER_ROW; n++) {
            uint32_t bits = (lines[row].match | (random_word(&seed) & ~lines[row].mask)) & low_bits(8 * lines[row].length);
            unsigned length, got = decode(bits, &length);
            if (!line_has(&lines[row], bits, lines[row].length))
                continue;
            if (length != lines[row].length || (got != row && !is_specialisation(row, got)))
                fail_msg("%#x is %s by its line, but decodes to %s", bits, name_of(row), name_of(got));
            own += got == row;
        }
        if (own < RANDOM_PER_ROW / 4)
            fail_msg("%s: only %u of its encodings are its own", name_of(row), own);
    }
}

/* Whose are these bits by the lines? Listed special cases come before their general row; then there is one row, or none. */
static unsigned owner_by_lines(uint32_t bits, unsigned length)
{
    unsigned owner = INSN_NONE;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        if (!line_has(&lines[row], bits, length))
            continue;
        if (owner == INSN_NONE || is_specialisation(owner, row))
            owner = row;
        else if (!is_specialisation(row, owner))
            fail_msg("%#x is both %s and %s", bits, name_of(owner), name_of(row));
    }
    return owner;
}

static void demand_owner(uint32_t bits)
{
    unsigned length, got = decode(bits, &length), owner = owner_by_lines(bits & low_bits(8 * length), length);
    if (got != owner)
        fail_msg("%#x decodes to %s, but is %s by the lines", bits, name_of(got), name_of(owner));
}

/* All of the 16-bit encodings; of the others random ones, and each row's with one fixed bit turned. */
static void what_decodes_is_one_row(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (uint32_t bits = 0; bits < 0x10000; bits++)
        if ((bits & 3) != 3)
            demand_owner(bits | random_word(&seed) << 16); /* what follows in memory does not matter */
    for (unsigned n = 0; n < RANDOM_WORDS; n++)
        demand_owner(random_word(&seed) | 3);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        for (unsigned bit = 0; bit < 32; bit++)
            for (unsigned n = 0; n < 16; n++)
                demand_owner((lines[row].match | (random_word(&seed) & ~lines[row].mask)) ^ UINT32_C(1) << bit);
}

/* Is there an encoding that both lines have? The lines fix bits or forbid one value of a field, so bits that both leave open may be ones. */
static bool lines_meet(const struct line *a, const struct line *b)
{
    uint32_t all = a->match | b->match | ~(a->mask | b->mask);
    if (a->rounds || b->rounds)
        all &= ~(UINT32_C(7) << 12) | (a->match | b->match); /* rm 0 */
    return a->length == b->length && ((a->match ^ b->match) & a->mask & b->mask) == 0 &&
           line_has(a, all & low_bits(8 * a->length), a->length) && line_has(b, all & low_bits(8 * b->length), b->length);
}

static void specialisations_are_all_there_are(void **state)
{
    (void)state;
    for (unsigned a = 0; a < RV_INSN_COUNT; a++)
        for (unsigned b = 0; b < RV_INSN_COUNT; b++) {
            bool meet = a != b && lines_meet(&lines[a], &lines[b]);
            if (meet && !is_specialisation(a, b) && !is_specialisation(b, a))
                fail_msg("%s and %s share encodings, and no list says so", name_of(a), name_of(b));
            if (!meet && is_specialisation(a, b))
                fail_msg("%s is listed as a special case of %s, but is none", name_of(b), name_of(a));
            if (is_specialisation(a, b) && ((lines[a].mask & ~lines[b].mask) != 0 || lines[a].mask == lines[b].mask))
                fail_msg("%s is the general row of %s, not the other way round", name_of(a), name_of(b));
        }
}

static unsigned hole_of(unsigned row, char field)
{
    for (unsigned i = 0; i < sizeof holes / sizeof holes[0]; i++)
        if (holes[i].row == row && holes[i].field == field)
            return i;
    return UINT32_MAX;
}

/* Every capital field is listed; with zero there and the other ones not, the bits belong to whom the list says. */
static void holes_are_all_there_are(void **state)
{
    uint64_t seed = 3;
    unsigned found = 0;
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        for (unsigned f = 0; f < lines[row].nonzeros; f++) {
            unsigned hole = hole_of(row, lines[row].nonzero[f].letter);
            if (hole == UINT32_MAX)
                fail_msg("%s: field %c must not be zero, and no list says whose it is then", name_of(row),
                         lines[row].nonzero[f].letter);
            found++;
            for (unsigned n = 0; n < 1000; n++) {
                uint32_t bits = (lines[row].match | (random_word(&seed) & ~lines[row].mask)) & low_bits(8 * lines[row].length);
                unsigned length, others = 0;
                bits &= ~lines[row].nonzero[f].bits;
                for (unsigned g = 0; g < lines[row].nonzeros; g++)
                    others += g != f && (bits & lines[row].nonzero[g].bits);
                if (others != lines[row].nonzeros - 1)
                    continue;
                unsigned got = decode(bits, &length);
                if (got == holes[hole].zero)
                    continue;
                /* A hole filled by another row has its own hole: nothing lies in both but what that row's entry says. */
                unsigned next = holes[hole].zero == INSN_NONE ? UINT32_MAX
                                : lines[holes[hole].zero].nonzeros
                                    ? hole_of(holes[hole].zero, lines[holes[hole].zero].nonzero[0].letter)
                                    : UINT32_MAX;
                if (next == UINT32_MAX || got != holes[next].zero)
                    fail_msg("%#x: %s with %c zero decodes to %s, not %s", bits, name_of(row), holes[hole].field, name_of(got),
                             name_of(holes[hole].zero));
            }
        }
    assert_int_equal(found, sizeof holes / sizeof holes[0]); /* an entry for a field that may be zero */
}

static void hints_decode_to_their_row(void **state)
{
    unsigned length;
    (void)state;
    for (unsigned i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (decode(hints[i].bits, &length) != hints[i].row)
            fail_msg("the hint %#x does not decode to %s", hints[i].bits, name_of(hints[i].row));
}

/* A row of an extension that can be left out is undefined without it, and only that. */
static void extensions_come_and_go(void **state)
{
    struct riscv_config none = riscv_config_default;
    unsigned length;
    (void)state;
    none.zicbom = none.zicboz = false;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const char *ext = isa_riscv.rows[row].ext;
        bool optional = !strcmp(ext, "Zicbom") || !strcmp(ext, "Zicboz");
        uint32_t bits = lines[row].match;
        for (unsigned i = 0; i < lines[row].nonzeros; i++)
            bits |= lines[row].nonzero[i].bits & ~(lines[row].nonzero[i].bits - 1); /* the field's lowest bit */
        assert_int_equal(decode(bits, &length), row);
        assert_int_equal(isa_riscv.decode(&none, 0, bits, &length), optional ? (unsigned)INSN_NONE : row);
    }
}

/* What a row does to memory is what its opcode says [unpriv table 70], and a compressed row does what the row does that it is short for. */
static void columns_are_the_opcodes(void **state)
{
    enum { LOAD = 0x03, LOAD_FP = 0x07, STORE = 0x23, STORE_FP = 0x27, AMO = 0x2f, BRANCH = 0x63, JALR = 0x67, JAL = 0x6f };
    (void)state;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const uint32_t match = lines[row].match, funct5 = match >> 27;
        const unsigned size = 1u << bits_get(match, 12, 2), reserves = funct5 == 2 || funct5 == 3 ? DOES_RESERVE : 0;
        unsigned want = DOES_NONE;
        switch (match & 0x7f) {
        case LOAD: want = size | DOES_READ; break;
        case LOAD_FP: want = size | DOES_READ | DOES_FLOAT; break;
        case STORE: want = size | DOES_WRITE; break;
        case STORE_FP: want = size | DOES_WRITE | DOES_FLOAT; break;
        case AMO: want = size | reserves | (funct5 == 3 ? 0 : DOES_READ) | (funct5 == 2 ? 0 : DOES_WRITE); break;
        case BRANCH: want = DOES_BRANCH; break;
        case JALR: want = DOES_JUMP_REG; break;
        case JAL: want = DOES_JUMP; break;
        default: break;
        }
        if (lines[row].length == 2)
            want = rv_does[rv_base_row(row)];
        if (rv_does[row] != want)
            fail_msg("%s: does %#x, not %#x", name_of(row), rv_does[row], want);
    }
}

static void extensions_are_told(void **state)
{
    struct riscv_config c = riscv_config_default;
    char text[100];
    (void)state;
    riscv_isa_string(&c, text, sizeof text);
    assert_string_equal(text, "rv64imafdc_zicntr_zicsr_zifencei_sstc_svadu");
    unsigned n = 0;
    for (; riscv_choice(n); n++) {
        assert_non_null(strstr(riscv_cpu_syntax, riscv_choice(n)));
        assert_true(*riscv_choice_of(&c, n));
        *riscv_choice_of(&c, n) = false;
    }
    assert_int_equal(n, 4);
    assert_false(c.sstc || c.svadu || c.sv48 || c.sdtrig);
    riscv_isa_string(&c, text, sizeof text);
    assert_string_equal(text, "rv64imafdc_zicntr_zicsr_zifencei");
    riscv_isa_string(&c, text, 9); /* no more than there is room for */
    assert_string_equal(text, "rv64imaf");
    assert_true(riscv_has(&c, RV_EXT_C) && !riscv_has(&c, RV_EXT_Sstc) && !riscv_has(&c, RV_EXT_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_rows),      cmocka_unit_test(rows_decode_to_themselves),
        cmocka_unit_test(what_decodes_is_one_row), cmocka_unit_test(specialisations_are_all_there_are),
        cmocka_unit_test(holes_are_all_there_are), cmocka_unit_test(hints_decode_to_their_row),
        cmocka_unit_test(extensions_come_and_go),  cmocka_unit_test(columns_are_the_opcodes),
        cmocka_unit_test(extensions_are_told),
    };
    return cmocka_run_group_tests(tests, read_lines, NULL);
}
