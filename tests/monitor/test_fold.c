/* test_fold.c - lines in the width of a terminal: where they are broken, below which column they go on, and that nothing is lost. */
#include "monitor/fold.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *folded(unsigned width, const char *text)
{
    char *got = NULL;
    size_t size;
    FILE *f = open_memstream(&got, &size);
    assert_non_null(f);
    fold_print(f, width, text);
    fclose(f);
    return got;
}

static void folds(unsigned width, const char *text, const char *want)
{
    char *got = folded(width, text);
    assert_string_equal(got, want);
    free(got);
}

static void what_fits_stays(void **state)
{
    (void)state;
    folds(10, "0123456789", "0123456789\n");
    folds(0, "a line as long as it likes to be", "a line as long as it likes to be\n");
    folds(10, "", "");
    folds(10, "\n\nx\n", "\n\nx\n");
    folds(10, "\033[31m0123456789\033[0m", "\033[31m0123456789\033[0m\n");
    folds(10, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4", /* ten characters, twenty bytes */
          "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\n");
}

static void lines_go_on_further_in(void **state)
{
    (void)state;
    folds(20, "a plain sentence that is long", "a plain sentence\n  that is long\n");
    folds(20, "   an indented sentence it is", "   an indented\n     sentence it is\n");
    folds(20, "name  what it is and does", "name  what it is and\n      does\n");
    folds(24, "0x10:\tcsrrw a0, satp, a1", "0x10:\tcsrrw a0, satp,\n        a1\n");
    folds(20, "a  b              and the rest", "a  b\n   and the rest\n"); /* a column that begins too far right is none */
}

static void words_that_are_too_long_are_cut(void **state)
{
    (void)state;
    folds(10, "0123456789abcdef", "0123456789\n  abcdef\n");
    folds(20, "name  text 0123456789abcdef", "name  text\n  0123456789abcdef\n"); /* more room than below the column */
    folds(3, "abcdefghij", "abcdefgh\n  ij\n");                                   /* there is a least width */
}

static void remove_blanks(char *text)
{
    char *to = text;
    for (const char *at = text; *at; at++)
        if (!isspace((unsigned char)*at))
            *to++ = *at;
    *to = '\0';
}

/* Any text, any width: no row is wider, and only blanks are lost. */
static void nothing_is_lost(void **state)
{
    static const char letters[] = "abc  \t .,(";
    char text[200];
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned width = 8 + (unsigned)rand() % 60, n = (unsigned)rand() % (sizeof text - 1);
        for (unsigned i = 0; i < n; i++)
            text[i] = letters[(unsigned)rand() % (sizeof letters - 1)];
        text[n] = '\0';
        char *got = folded(width, text);
        for (const char *at = got; *at;) {
            size_t length = strcspn(at, "\n");
            assert_true(fold_columns(at, length) <= width);
            at += length + (at[length] == '\n');
        }
        remove_blanks(got);
        remove_blanks(text);
        assert_string_equal(got, text);
        free(got);
    }
}

static void prose_is_filled(void **state)
{
    char *got = NULL;
    size_t size;
    FILE *f = open_memstream(&got, &size);
    (void)state;
    assert_non_null(f);
    fold_prose(f, 20, "usage: it [THAT]\n       or that\n\nWords that were set\nin other lines.\nA new one\n\nThe end\n");
    fclose(f);
    assert_string_equal(got, "usage: it [THAT]\n       or that\n\nWords that were set\nin other lines.\nA new one\n\nThe end\n");
    free(got);
    f = open_memstream(&got, &size);
    assert_non_null(f);
    fold_prose(f, 30, "Words that were set in\nother lines, for one\nwider.\n");
    fclose(f);
    assert_string_equal(got, "Words that were set in other\nlines, for one wider.\n");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays), cmocka_unit_test(lines_go_on_further_in), cmocka_unit_test(words_that_are_too_long_are_cut),
        cmocka_unit_test(nothing_is_lost), cmocka_unit_test(prose_is_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
