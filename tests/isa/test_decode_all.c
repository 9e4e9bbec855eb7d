/* Every word of 32 bits against the encoding lines of the table: one that a line describes is that row, of two that
 * describe it the one that fixes more bits, and a word that none does is no instruction. The decoder's tables are made by a program
 * (mkdecode) from the same lines, so what is tried here is that program, and what decodes by its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "isa/riscv/decode.h"

enum { ROWS_MAX = 64 };

struct line {
    uint32_t match, mask;
    unsigned row, fixed;
    bool rounds;
};

static int by_fixed(const void *a, const void *b)
{
    return (int)((const struct line *)b)->fixed - (int)((const struct line *)a)->fixed;
}

/* The lines of an opcode with funct3, the most special first. */
static unsigned lines_of(uint32_t word, struct line *out)
{
    const uint32_t bucket = 0x707f;
    unsigned count = 0;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        const struct insn_desc *r = &isa_riscv.rows[row];
        const uint32_t match = (uint32_t)r->match, mask = (uint32_t)r->mask;
        if (r->length != 4 || ((word ^ match) & mask & bucket))
            continue;
        assert_true(count < ROWS_MAX);
        out[count++] = (struct line){match, mask, row, (unsigned)__builtin_popcount(mask), strchr(r->encoding, 'm') != NULL};
    }
    qsort(out, count, sizeof *out, by_fixed);
    return count;
}

static unsigned row_by_lines(const struct line *line, unsigned count, uint32_t bits)
{
    for (unsigned n = 0; n < count; n++)
        if ((bits & line[n].mask) == line[n].match) {
            const unsigned rm = bits >> 12 & 7;
            return line[n].rounds && (rm == 5 || rm == 6) ? INSN_NONE : line[n].row; /* [unpriv 20.2] */
        }
    return INSN_NONE;
}

static void every_word_of(uint32_t opcode)
{
    struct riscv_config all = riscv_config_default;
    all.zicbom = all.zicboz = true;
    for (uint32_t funct = 0; funct < 8; funct++) {
        struct line line[ROWS_MAX];
        const uint32_t low = opcode | funct << 12;
        const unsigned count = lines_of(low, line);
        for (uint32_t rest = 0; rest < 1u << 22; rest++) {
            const uint32_t bits = low | (rest & 31) << 7 | rest >> 5 << 15;
            unsigned length;
            const unsigned row = rv_decode_row(&all, bits, &length);
            if (row != row_by_lines(line, count, bits) || length != 4)
                fail_msg("0x%08x is decoded as %s", bits, row == INSN_NONE ? "no instruction" : isa_riscv.rows[row].name);
        }
    }
}

static void words_are_what_their_lines_say(void **state)
{
    (void)state;
    for (uint32_t opcode = 3; opcode < 1u << 7; opcode += 4)
        every_word_of(opcode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_what_their_lines_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
