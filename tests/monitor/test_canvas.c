/* Text in cells: cut at the box, folded at blanks, whatever bytes come. */
#include "monitor/tui/canvas.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *printed(const struct canvas *c)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    canvas_print(c, f);
    fclose(f);
    return text;
}

static void check(const struct canvas *c, const char *expected)
{
    char *text = printed(c);
    assert_string_equal(text, expected);
    free(text);
}

static void text_is_cut_at_its_box(void **state)
{
    struct canvas c;
    const struct box b = {2, 1, 5, 1};
    (void)state;
    assert_int_equal(canvas_open(&c, 9, 3), 0);
    assert_int_equal(canvas_text(&c, &b, 1, 0, STYLE_PLAIN, "%s", "abcdefgh"), 5);
    assert_int_equal(canvas_text(&c, &b, 0, 1, STYLE_PLAIN, "below"), 5); /* outside: not drawn */
    canvas_text(&c, &(struct box){7, 2, 9, 9}, 0, 0, STYLE_PLAIN, "beyond");
    check(&c, "\n   abc>\n       be\n"); /* and that it was is said */
    canvas_text(&c, &b, 1, 0, STYLE_PLAIN, "abcd");
    check(&c, "\n   abcd\n       be\n");
    canvas_text(&c, &b, 1, 0, STYLE_PLAIN, "abcd  ");
    check(&c, "\n   abcd\n       be\n");
    canvas_close(&c);
}

static void what_is_not_ascii_has_one_column(void **state)
{
    struct canvas c;
    const struct box b = {0, 0, 8, 1};
    (void)state;
    assert_int_equal(canvas_open(&c, 8, 1), 0);
    canvas_text(&c, &b, 0, 0, STYLE_PLAIN, "a\xc3\xa4\xe2\x82\xac\tb\x1b\xff");
    check(&c, "a?? b ?\n");
    canvas_close(&c);
}

static void borders_cross(void **state)
{
    struct canvas c;
    const struct box left = {0, 1, 4, 1}, right = {5, 1, 6, 1};
    (void)state;
    assert_int_equal(canvas_open(&c, 11, 2), 0);
    canvas_title(&c, &left, false, "a");
    canvas_title(&c, &right, true, "b");
    canvas_bar(&c, 4, 0, 2);
    check(&c, "- a |-[b]--\n    |\n");
    assert_int_equal(c.cell[6].style, STYLE_FOCUS);
    canvas_bar(&c, 0, 0, 1);
    assert_int_equal(c.cell[0].c, '+');
    canvas_close(&c);
}

static void lines_break_at_blanks(void **state)
{
    const char *text = "one two three\nfour\n\nlonglonglong", *line;
    static const char *const expected[] = {"one two", "three", "four", "", "longlong", "long"};
    unsigned length, n = 0;
    (void)state;
    while (canvas_line(&text, 8, &line, &length)) {
        assert_true(n < 6);
        assert_int_equal(length, strlen(expected[n]));
        assert_memory_equal(line, expected[n], length);
        n++;
    }
    assert_int_equal(n, 6);
    assert_false(canvas_line(&text, 0, &line, &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_at_its_box),
        cmocka_unit_test(what_is_not_ascii_has_one_column),
        cmocka_unit_test(borders_cross),
        cmocka_unit_test(lines_break_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
