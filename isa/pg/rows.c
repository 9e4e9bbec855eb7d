/* rows.c - the tables as the rest of the house reads them: instructions, variants, registers, and the instruction set itself. */
#include "isa/pg/cpu.h"

#include <stdio.h>
#include <strings.h>

enum { NONE = SENSITIVE_NONE, CONTROL = SENSITIVE_CONTROL, LOCATION = SENSITIVE_LOCATION, MODE = SENSITIVE_MODE };

/* The opcode is the first eight characters of the encoding, and what is compared.
 * "00000110 a28 b28" is sub: opcode 6, at the top of the word, so that match is 0600000000000000 and mask
 * ff00000000000000. As macros, since an initialiser of static data has to be a constant. */
#define BIT(s, i) ((uint64_t)((s)[i] == '1') << (63 - (i)))
#define OPCODE(s) (BIT(s, 0) | BIT(s, 1) | BIT(s, 2) | BIT(s, 3) | BIT(s, 4) | BIT(s, 5) | BIT(s, 6) | BIT(s, 7))

static const struct insn_desc rows[PG_INSN_COUNT] = {
#define INSN(row, ext_, encoding_, format_, traps_, sensitive_, manual_)                                                              \
    [PG_INSN_##row] = {.name = #row,                                                                                                  \
                       .ext = #ext_,                                                                                                  \
                       .encoding = encoding_,                                                                                         \
                       .format = #format_,                                                                                            \
                       .manual = manual_,                                                                                             \
                       .traps = TRAPS_##traps_,                                                                                       \
                       .sensitive = sensitive_,                                                                                       \
                       .match = OPCODE(encoding_),                                                                                    \
                       .mask = UINT64_C(0xff) << 56,                                                                                  \
                       .length = PG_CELL},
#include "isa/pg/insn.def"
#undef INSN
};

const struct pg_variant_desc pg_variants[PG_VARIANT_COUNT] = {
#define VARIANT(id, name_, row_, traps_, sensitive_, about_)                                                                          \
    [PG_##id] = {.name = name_, .row = row_, .traps = TRAPS_##traps_, .sensitive = sensitive_, .about = about_},
#include "isa/pg/variants.def"
#undef VARIANT
};

enum pg_variant pg_variant_find(const char *name)
{
    unsigned i = 0;
    while (i < PG_VARIANT_COUNT && strcasecmp(pg_variants[i].name, name) != 0)
        i++;
    return (enum pg_variant)i;
}

/* A variant changes one row, and of it what the table claims; the body asks by itself which machine it is on. */
struct insn_desc pg_row_of(enum pg_variant variant, unsigned row)
{
    struct insn_desc desc = rows[row];
    if (pg_variants[variant].row == row) {
        desc.traps = pg_variants[variant].traps;
        desc.sensitive = pg_variants[variant].sensitive;
    }
    return desc;
}

/* The whole state beside E. P is the same number whoever executes the program (identity); M is kept apart, l and b
 * are changed by whoever gives the program a part of a larger memory. */
static const struct reg_desc registers[] = {
    {"m", "mode", MACHINE_MODE, 1, PART_VIRTUAL, "1 supervisor, 0 user"},
    {"p", "pc", MACHINE_PC, PG_FIELD_BITS, PART_IDENTITY, "program counter, relative to R"},
    {"l", NULL, PG_L, PG_FIELD_BITS, PART_RELOCATED, "relocation: where virtual cell 0 lies"},
    {"b", NULL, PG_B, PG_FIELD_BITS, PART_RELOCATED, "bound: how many cells there are"},
};

/* The layout that isa/pg.h draws. Machines of smaller words are made by whoever visits all their states. */
const struct pg_word pg_word_full = {.bits = 64, .opcode = 8, .a = 28, .b = 28, .field = PG_FIELD_BITS, .only = INSN_NONE};

/* All instructions are one cell long, whether or not there is such an instruction. */
static unsigned decode(const void *config, unsigned context, insn_t bits, unsigned *length)
{
    (void)context;
    *length = PG_CELL;
    return pg_decode_row_in(pg_word_of(config), (uint64_t)bits);
}

static void print(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size)
{
    (void)context, (void)pc;
    pg_print(pg_word_of(config), (uint64_t)bits, out, size);
}

/* What the assembler reads. A word that is no instruction is printed as the word that it is.
 * For example "add 16, 17", "svc 3", "halt", ".word 0x7". */
void pg_print(const struct pg_word *w, uint64_t bits, char *out, size_t size)
{
    unsigned row = pg_decode_row_in(w, bits);
    unsigned long long a = pg_operand_a_in(w, bits), b = pg_operand_b_in(w, bits);

    if (row == INSN_NONE)
        snprintf(out, size, ".word 0x%llx", (unsigned long long)bits);
    else if (rows[row].format[0] == 'N')
        snprintf(out, size, "%s", rows[row].name);
    else if (rows[row].format[1] == '\0')
        snprintf(out, size, "%s %llu", rows[row].name, a);
    else
        snprintf(out, size, "%s %llu, %llu", rows[row].name, a, b);
}

/* What a checkpoint notes of the machine, so that it is not continued on another one. */
static bool fact(const void *config, unsigned n, const char **name, char *value, size_t size)
{
    const struct pg_config *c = config;

    switch (n) {
    case 0:
        *name = "number of cells";
        snprintf(value, size, "%u", c->cells);
        return true;
    case 1:
        *name = "variant";
        snprintf(value, size, "%s", pg_variants[c->variant].name);
        return true;
    default: return false;
    }
}

const struct isa isa_pg = {
    .name = "pg",
    .rows = rows,
    .row_count = PG_INSN_COUNT,
    .regs = registers,
    .reg_count = sizeof registers / sizeof registers[0],
    .deliver = pg_deliver,
    .interpret = pg_interpret,
    .decode = decode,
    .print = print,
    .fact = fact,
    .about = &pg_about,
};
