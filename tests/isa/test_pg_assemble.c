/* test_pg_assemble.c - the assembler of the paper's machine says in cells what the disassembler says in words. */
#include "mmu/bounds.h"
#include "tests/isa/pg_bench.h"

#include <errno.h>

enum { Q = PG_BENCH_CELLS, STATES = 400 };

/* --- Assembler */

static int assemble(const char *text, struct pg_image *out, struct error *e)
{
    return pg_assemble("x.pg", text, strlen(text), out, e);
}

static void assembling(void **state)
{
    static const char text[] = "; a comment\n"
                               "first = 5 - 2\n"
                               "\t.ORG first-1 ; cells 0 and 1 are zero\r\n"
                               "two: again:  LIT  end, 'A'+0x10\n"
                               " mov two,again ;\n"
                               "halt\n"
                               "        .word -1, ., end - 1, '\\n', ';'\n"
                               "        .psw s, two, 1, 0x1fffff\n"
                               "        .text \"a;\\\"\\\\\"\n"
                               "        .org 20\n"
                               "end:    svc 268435455";
    const uint64_t wanted[21] = {
        [2] = pg_encode(PG_INSN_lit, 20, 'A' + 16),
        [3] = pg_encode(PG_INSN_mov, 2, 2),
        [4] = pg_encode(PG_INSN_halt, 0, 0),
        [5] = UINT64_MAX,
        [6] = 6,
        [7] = 19,
        [8] = '\n',
        [9] = ';',
        [10] = UINT64_C(1) << 63 | UINT64_C(2) << 42 | 1 << 21 | 0x1fffff,
        [11] = 'a',
        [12] = ';',
        [13] = '"',
        [14] = '\\',
        [20] = pg_encode(PG_INSN_svc, 0xfffffff, 0),
    };
    struct pg_image image;
    struct error e;
    (void)state;
    if (assemble(text, &image, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(image.count, 21);
    assert_memory_equal(image.cell, wanted, sizeof wanted);
    pg_image_free(&image);
    assert_null(image.cell);
}

static void what_is_wrong_is_one_sentence_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "x.pg: there is nothing in it to assemble"},
        {"; only this\n", "x.pg: there is nothing in it to assemble"},
        {"halt\nhlat\n", "x.pg:2: there is no instruction 'hlat'"},
        {".ward 1", "x.pg:1: there is no directive '.ward'; there are .org .word .psw .text"},
        {"\n\nlit 1", "x.pg:3: here should be a comma, not the end of the line"},
        {"lit 1,", "x.pg:1: here should be a number, a character or a name, not the end of the line"},
        {"lit 1 2", "x.pg:1: here should be a comma, not '2'"},
        {"lit 1,2,3", "x.pg:1: the line should end here, not go on with ','"},
        {"halt 1", "x.pg:1: the line should end here, not go on with '1'"},
        {"jmp nowhere", "x.pg:1: nothing is called 'nowhere'"},
        {".org later\nlater: halt", "x.pg:1: nothing is called 'later' up to here"},
        {"x: halt\nx: halt", "x.pg:2: 'x' already has a meaning since line 1"},
        {"jmp 0x10000000", "x.pg:1: operand a is 268435456, and must be 0 to 268435455"},
        {"lit 0, -1", "x.pg:1: operand b is -1, and must be 0 to 268435455"},
        {".psw s, 0, 2097152, 0", "x.pg:1: l is 2097152, and must be 0 to 2097151"},
        {".psw x, 0, 0, 0", "x.pg:1: the mode is s or u, not 'x'"},
        {".psw 1, 0, 0, 0", "x.pg:1: here should be the mode, s or u, not '1'"},
        {".word 18446744073709551616", "x.pg:1: the number does not fit in a cell of 64 bits"},
        {".word 12ab", "x.pg:1: 'a' is no digit of a number to base 10"},
        {".word 0xfg", "x.pg:1: 'g' is no digit of a number to base 16"},
        {".word 0x", "x.pg:1: 'x' is no digit of a number to base 10"},
        {".word 'ab'", "x.pg:1: a character stands between two apostrophes"},
        {".word '", "x.pg:1: the quotation does not end"},
        {".text \"abc", "x.pg:1: the quotation does not end"},
        {".text abc", "x.pg:1: here should be a text in quotation marks, not 'a'"},
        {".text \"\\q\"", "x.pg:1: a backslash is followed by one of n r t 0 \\ \" '"},
        {".org 5\nhalt\n.org 5\nhalt", "x.pg:4: cell 5 already has something from line 2"},
        {".org 2097151", "x.pg:1: there is no cell 2097151: the last is 2097150"},
        {".org 2097150\nhalt\nhalt", "x.pg:3: there is no cell 2097151: the last is 2097150"},
        {"\x01", "x.pg:1: here should be a label, an instruction or a directive, not \\x01"},
        {"1: halt", "x.pg:1: here should be a label, an instruction or a directive, not '1'"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pg_image image = {0};
        struct error e = {0};
        assert_int_equal(assemble(cases[i].text, &image, &e), -EINVAL);
        assert_string_equal(e.text, cases[i].says);
        assert_null(image.cell);
    }
    struct error e;
    struct pg_image image;
    char name[80] = {0};
    memset(name, 'n', 70);
    assert_int_equal(assemble(name, &image, &e), -EINVAL);
    assert_string_equal(e.text, "x.pg:1: a name has no more than 63 characters");
    assert_int_equal(pg_assemble("x.pg", "halt\0", 5, &image, &e), -EINVAL); /* a zero byte is no text */
}

/* Any cells, instructions with something in a field that is ignored among them, come back from their text. */
static void disassembling_and_assembling_again(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (unsigned i = 0; i < STATES; i++) {
        uint64_t cell[48] = {0};
        struct pg_image image = {.cell = cell, .count = 1 + (unsigned)(pg_random(&seed) % 48)}, again;
        struct error e;
        char *text;
        for (unsigned n = 0; n < image.count; n++)
            cell[n] = pg_random(&seed) % 3 ? pg_random_word(&seed, 1 << 20) : 0;
        if (i % 4 == 0)
            for (unsigned n = 0; n < image.count; n++)
                cell[n] = pg_encode(n % PG_INSN_COUNT, pg_random(&seed), pg_random(&seed));
        assert_int_equal(pg_disassemble(&image, &text), 0);
        if (assemble(text, &again, &e) != 0)
            fail_msg("%s\n%s", e.text, text);
        assert_int_equal(again.count, image.count);
        assert_memory_equal(again.cell, cell, image.count * PG_CELL);
        free(text);
        pg_image_free(&again);
    }
}

static void printing(void **state)
{
    char text[64];
    (void)state;
    isa_pg.print(NULL, 0, pg_encode(PG_INSN_ldx, 7, 268435455), 0, text, sizeof text);
    assert_string_equal(text, "ldx 7, 268435455");
    isa_pg.print(NULL, 0, pg_encode(PG_INSN_rtu, 7, 3), 0, text, sizeof text);
    assert_string_equal(text, "rtu 7");
    isa_pg.print(NULL, 0, pg_encode(PG_INSN_halt, 7, 3), 0, text, sizeof text);
    assert_string_equal(text, "halt");
    isa_pg.print(NULL, 0, 0, 0, text, sizeof text);
    assert_string_equal(text, ".word 0x0");
}

static void loading(void **state)
{
    struct pg_bench b;
    uint64_t cell[3] = {7, 8, 9}, got[3];
    struct pg_image image = {.cell = cell, .count = 3};
    (void)state;
    pg_bench_create(&b, Q, PG_BASE);
    assert_int_equal(pg_load(b.m, &image, Q - 3), 0);
    assert_int_equal(machine_load(b.m, (Q - 3) * PG_CELL, got, sizeof got), 0);
    assert_memory_equal(got, cell, sizeof cell);
    assert_int_equal(pg_load(b.m, &image, Q - 2), -EFAULT);
    assert_int_equal(pg_load(b.m, &image, UINT64_C(1) << 61), -EFAULT); /* 8 times that is 0 */
    pg_bench_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assembling),
        cmocka_unit_test(what_is_wrong_is_one_sentence_with_its_line),
        cmocka_unit_test(disassembling_and_assembling_again),
        cmocka_unit_test(printing),
        cmocka_unit_test(loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
