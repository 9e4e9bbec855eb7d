/* mkdecode.c - run while building: reads insn.def, checks it, and prints what the decoder needs as C.
 *
 * An opcode is a cell of one of two maps (one byte; 0F and one byte), and where a ModRM byte follows, of its 8 memory forms by `reg` and
 * its 64 register forms. Each row says which cells it is for. The row that fixes most bits has the cell; two that fix as many, an
 * opcode with and without ModRM, a word that nobody knows, and a cell that is neither a row's nor in undefined.def are sentences on
 * stderr and a failed build.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_FORMS = 8, FORMS = MEMORY_FORMS + 64, NONE = 0xffff, GROUP = 0x8000, WORDS = 8 };

/* Examples of encodings (insn.def) and what becomes of them:
 *
 *   "00+w /r L"       opcode 00 and 01, ModRM, any form                ROW_W | ROW_LOCK | ROW_MODRM
 *   "0F C8+r"         map 1, opcodes C8 to CF, no ModRM                ROW_R
 *   "80+w /0 i L"     opcodes 80 and 81, of ModRM those with reg 0     8 - 1 + 3 bits are fixed
 *   "D8 C0+i"         opcode D8, of ModRM C0 to C7 only                8 + 5 + 1 bits are fixed
 */
struct row {
    const char *name, *encoding;
    unsigned map, opcode, low; /* low: how many low bits of the opcode are not fixed */
    bool modrm, memory_only, register_only, taken_as_register;
    int digit, byte; /* of ModRM: its reg field, all of it; -1: open */
    unsigned byte_low;
    char words[256]; /* "ROW_MODRM | ..." */
};

static const struct row insn_rows[] = {
#define INSN(row, ext, line, operands, body, traps, sensitive, manual) {.name = #row, .encoding = line},
#include "isa/ia32/insn.def"
#undef INSN
};
static const struct row undefined_rows[] = {
#define UNDEFINED(line) {.name = "undefined.def", .encoding = line},
#include "isa/ia32/undefined.def"
#undef UNDEFINED
};
enum { COUNT = sizeof insn_rows / sizeof insn_rows[0], UNDEFINED_COUNT = sizeof undefined_rows / sizeof undefined_rows[0] };

/* What is made of the list: each row taken apart, and for each form of each opcode the row that it belongs to. */
struct cell {
    uint16_t row;
    uint8_t fixed;
};
struct tables {
    struct row rows[COUNT], undefined[UNDEFINED_COUNT];
    struct cell cells[2][256][FORMS];
    uint8_t modrm_of[2][256]; /* 1: without, 2: with */
    uint16_t groups[256][FORMS];
    unsigned group_count;
};

/* The build stops at the first mistake, with the row that it is in: a decoder with a hole is worse than none. */
static void die(const struct row *r, const char *what, const char *detail)
{
    fprintf(stderr, "insn.def: %s \"%s\": %s%s\n", r->name, r->encoding, what, detail);
    exit(1);
}

/* --- encodings */

static void word_add(struct row *r, const char *word)
{
    const size_t used = strlen(r->words);
    snprintf(r->words + used, sizeof r->words - used, " | ROW_%s", word);
}

/* Upper case alone, so that the words b, cb and ib are not bytes. */
static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

static unsigned suffix(struct row *r, const char *s)
{
    static const struct {
        const char *suffix, *word;
        unsigned low;
    } known[] = {{"", NULL, 0}, {"+w", "W", 1}, {"+r", "R", 3}, {"+cc", "CC", 4}, {"+h", NULL, 3}, {"+i", "STI", 3}};
    for (unsigned n = 0; n < sizeof known / sizeof known[0]; n++)
        if (!strcmp(s, known[n].suffix)) {
            if (known[n].word)
                word_add(r, known[n].word);
            return known[n].low;
        }
    die(r, "no such suffix: ", s);
    return 0;
}

/* Byte number `n` of the opcode. */
static unsigned parse_byte(struct row *r, const char *word, unsigned n)
{
    const unsigned value = (unsigned)strtoul((char[]){word[0], word[1], 0}, NULL, 16), low = suffix(r, word + 2);
    if (n == 0 && value == 0x0f && low == 0) {
        r->map = 1;
        return 1;
    }
    if (n == r->map) {
        r->opcode = value;
        r->low = low;
    } else if (n == r->map + 1 && value >= 0xc0) {
        r->byte = (int)value;
        r->byte_low = low;
        r->modrm = r->register_only = true;
    } else {
        die(r, "one byte too many: ", word);
    }
    if (value & ((1u << low) - 1))
        die(r, "bits that are open are not zero: ", word);
    return n + 1;
}

static bool parse_modrm(struct row *r, const char *word)
{
    if (word[0] == '/' && word[1] && !word[2] && strchr("r_01234567", word[1])) {
        r->modrm = true;
        r->digit = word[1] >= '0' && word[1] <= '7' ? word[1] - '0' : -1;
    } else if (!strcmp(word, "m")) {
        r->memory_only = true;
    } else if (!strcmp(word, "r")) {
        r->register_only = true;
    } else if (!strcmp(word, "rr")) {
        r->taken_as_register = true;
        word_add(r, "REGISTER");
    } else {
        return false;
    }
    return true;
}

static void parse_word(struct row *r, const char *word)
{
    static const char *const known[][2] = {{"b", "BYTE"}, {"ib", "IB"}, {"iw", "IW"}, {"is", "IS"},  {"i", "I"},     {"cb", "CB"},
                                           {"cz", "CZ"},  {"cp", "CP"}, {"mo", "MO"}, {"L", "LOCK"}, {"rep", "REP"}, {"pm", "PM"}};
    for (unsigned n = 0; n < sizeof known / sizeof known[0]; n++)
        if (!strcmp(word, known[n][0])) {
            word_add(r, known[n][1]);
            return;
        }
    if (!parse_modrm(r, word))
        die(r, "no such word: ", word);
}

static void parse(struct row *r)
{
    char line[64], *rest = line;
    unsigned bytes = 0;
    bool opcode = true;
    r->digit = r->byte = -1;
    if (strlen(r->encoding) >= sizeof line)
        die(r, "too long", "");
    strcpy(line, r->encoding);
    for (const char *word; (word = strsep(&rest, " "));) {
        opcode = opcode && is_hex(word[0]) && is_hex(word[1]) && (!word[2] || word[2] == '+');
        if (opcode)
            bytes = parse_byte(r, word, bytes);
        else
            parse_word(r, word);
    }
    if (bytes <= r->map)
        die(r, "no opcode", "");
    if ((r->memory_only || r->register_only || r->taken_as_register) && !r->modrm)
        die(r, "a form without ModRM", "");
    if (r->modrm)
        word_add(r, "MODRM");
}

/* --- cells */

static unsigned fixed_bits(const struct row *r)
{
    return 8 - r->low + (r->digit >= 0 ? 3 : 0) + (r->byte >= 0 ? 8 - r->byte_low : 0) + (r->memory_only || r->register_only ? 1 : 0);
}

/* Forms 0 to 7 are of memory, by `reg`: mod and r/m make no other instruction of it. From 8 on they are the ModRM
 * bytes C0 to FF, since the x87 has rows that differ in r/m. */
static bool has_form(const struct row *r, unsigned form)
{
    const bool memory = form < MEMORY_FORMS;
    const unsigned reg = memory ? form : (form - MEMORY_FORMS) >> 3, modrm = memory ? 0 : 0xc0 | (form - MEMORY_FORMS);
    if ((r->memory_only && !memory) || (r->register_only && memory) || (r->digit >= 0 && reg != (unsigned)r->digit))
        return false;
    return r->byte < 0 || modrm >> r->byte_low == (unsigned)r->byte >> r->byte_low;
}

/* A row that fixes more goes before one that fixes less, in whatever order they come: NOP is 90, XCHG with EAX is
 * 90+r. */
static void claim(struct tables *t, const struct row *r, uint16_t number)
{
    const unsigned fixed = fixed_bits(r);
    for (unsigned opcode = r->opcode; opcode < r->opcode + (1u << r->low); opcode++) {
        uint8_t *modrm = &t->modrm_of[r->map][opcode];
        if (number != NONE && *modrm && *modrm != 1 + r->modrm)
            die(r, "another row has, or has no, ModRM behind this opcode", "");
        if (number != NONE)
            *modrm = (uint8_t)(1 + r->modrm);
        for (unsigned form = 0; form < FORMS; form++) {
            struct cell *c = &t->cells[r->map][opcode][form];
            if (!has_form(r, form))
                continue;
            if (c->fixed && (number == NONE || c->fixed == fixed))
                die(r, "its opcode is that of ", c->row == NONE ? "another line of undefined.def" : t->rows[c->row].name);
            if (c->fixed < fixed)
                *c = (struct cell){number, (uint8_t)fixed};
        }
    }
}

static bool is_prefix(unsigned opcode)
{
    return opcode < 0x100 && strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3\x0f", (int)opcode);
}

/* The escapes of the x87, and FWAIT; checked as soon as there are rows for them. */
static bool is_left_out(const struct tables *t, unsigned opcode)
{
    return !t->modrm_of[0][0xd8] && (opcode == 0x9b || (opcode & 0xf8) == 0xd8);
}

static void check_complete(const struct tables *t)
{
    char where[64];
    for (unsigned map = 0; map < 2; map++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            for (unsigned form = 0; form < FORMS; form++) {
                if (t->cells[map][opcode][form].fixed || (map == 0 && ((opcode && is_prefix(opcode)) || is_left_out(t, opcode))))
                    continue;
                snprintf(where, sizeof where, "%s%02X, form %u of ModRM", map ? "0F " : "", opcode, form);
                fprintf(stderr, "insn.def: no row, and no line of undefined.def, has the opcode %s\n", where);
                exit(1);
            }
}

/* --- what is printed */

/* The row that all forms of an opcode have, or GROUP | the number of a list of them.
 * Lists that are the same are kept once, and an opcode whose forms are all of one row needs none. */
static unsigned entry_of(struct tables *t, const struct cell *c)
{
    bool same = true;
    for (unsigned form = 0; form < FORMS; form++) {
        t->groups[t->group_count][form] = c[form].fixed ? c[form].row : NONE;
        same = same && t->groups[t->group_count][form] == t->groups[t->group_count][0];
    }
    if (same)
        return t->groups[t->group_count][0];
    for (unsigned g = 0; g < t->group_count; g++)
        if (!memcmp(t->groups[g], t->groups[t->group_count], sizeof t->groups[g]))
            return GROUP | g;
    return GROUP | t->group_count++;
}

static void print_list(const uint16_t *list)
{
    printf("{");
    for (unsigned form = 0; form < FORMS; form++)
        printf("%u,%s", list[form], form % 18 == 17 ? "\n     " : " ");
    printf("},\n");
}

static void print_maps(struct tables *t)
{
    printf("static const uint16_t decode_map[2][256] = {\n");
    for (unsigned map = 0; map < 2; map++) {
        printf("    {");
        for (unsigned opcode = 0; opcode < 256; opcode++)
            printf("%u,%s", entry_of(t, t->cells[map][opcode]), opcode % 16 == 15 ? "\n     " : " ");
        printf("},\n");
    }
    printf("};\n\nstatic const uint16_t decode_group[][%d] = {\n", FORMS);
    for (unsigned g = 0; g < t->group_count; g++)
        print_list(t->groups[g]);
    printf("};\n\n");
}

static void print_rows(struct tables *t)
{
    printf("#ifdef IA_DECODE_TABLES\nstatic const uint32_t decode_row[IA_INSN_COUNT] = {\n");
    for (unsigned n = 0; n < COUNT; n++)
        printf("    [IA_INSN_%s] = 0%s,\n", t->rows[n].name, t->rows[n].words);
    printf("};\n\n");
    print_maps(t);
    printf("#endif\n\n");
}

/* The bits that are the same in every instruction of the row that has no prefix: match, mask, bytes.
 * The first byte is the lowest one of match and mask. For example
 *
 *   "80+w /0 i L"   0x80, 0x38fe, 2      of the opcode bit 0 is open; of ModRM the three bits of /0 are fixed
 *   "0F C8+r"       0xc80f, 0xf8ff, 2
 */
static void print_codes(const struct tables *t)
{
    for (const struct row *r = t->rows; r < t->rows + COUNT; r++) {
        uint32_t match = r->opcode, mask = 0xffu << r->low & 0xff;
        unsigned bytes = 1, form_match = 0, form_mask = 0;
        if (r->modrm) {
            if (r->digit >= 0)
                form_match = (unsigned)r->digit << 3, form_mask = 0x38;
            if (r->byte >= 0)
                form_match = (unsigned)r->byte, form_mask = 0xffu << r->byte_low & 0xff;
            match |= form_match << 8;
            mask |= form_mask << 8;
            bytes++;
        }
        if (r->map) {
            match = match << 8 | 0x0f;
            mask = mask << 8 | 0xff;
            bytes++;
        }
        printf("#define IA_CODE_%s 0x%x, 0x%x, %u\n", r->name, match, mask, bytes);
    }
}

int main(void)
{
    struct tables *t = calloc(1, sizeof *t);
    if (!t) {
        fprintf(stderr, "mkdecode: there is not enough memory\n");
        return 1;
    }
    memcpy(t->rows, insn_rows, sizeof insn_rows);
    memcpy(t->undefined, undefined_rows, sizeof undefined_rows);
    for (unsigned n = 0; n < COUNT; n++) {
        parse(&t->rows[n]);
        claim(t, &t->rows[n], (uint16_t)n);
    }
    for (unsigned n = 0; n < UNDEFINED_COUNT; n++) {
        parse(&t->undefined[n]);
        claim(t, &t->undefined[n], NONE);
    }
    check_complete(t);
    printf("/* Made from isa/ia32/insn.def by isa/ia32/mkdecode.c. */\n\n");
    print_rows(t);
    print_codes(t);
    free(t);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
