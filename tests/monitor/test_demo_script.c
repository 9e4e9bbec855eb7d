/* test_demo_script.c - scripts of demonstrations: what each kind of line becomes, and each kind of mistake with its line. */
#define _GNU_SOURCE
#include "monitor/demo/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the above */
#include <cmocka.h>

static char path[] = "demo-script-XXXXXX";

static int load(struct demo_script *s, const char *text, struct error *e)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return demo_script_load(s, path, e);
}

#define HEAD "title: T\nminutes: 3\nmachine: a = --bare x.elf\nmachine: b = x.elf\n"

static void test_whole(void **state)
{
    struct demo_script s;
    struct error e;
    (void)state;
    assert_int_equal(
        load(&s,
             "# a comment\n" HEAD "needs: f.img it is made by make\n\n== One\nTwo lines\nof prose.\n\nAnother.\n  a figure\n"
             "  and more\nprose again\n? Why\n  so?\n= Because\n  of that.\n> si 2\n~ a.*b\n!~ c\n% $a0 == 1\na|b:0> p 1\n/ x\n~~\n"
             "a> q\nb>- si\n$ prove pg\n% 3\n== Two\nEnd.",
             &e),
        0);
    assert_string_equal(s.title, "T");
    assert_int_equal(s.minutes, 3);
    assert_int_equal(s.machines, 2);
    assert_string_equal(s.machine[0].name, "a");
    assert_string_equal(s.machine[0].options, "--bare x.elf");
    assert_int_equal(s.needs, 1);
    assert_string_equal(s.need[0].path, "f.img");
    assert_string_equal(s.need[0].sentence, "it is made by make");
    assert_int_equal(s.pages, 2);
    const struct {
        enum demo_kind kind;
        const char *text;
    } wanted[] = {
        {DEMO_PAGE, "One"},         {DEMO_PROSE, "Two lines of prose."},
        {DEMO_PROSE, "Another."},   {DEMO_PROSE, "  a figure"},
        {DEMO_PROSE, "  and more"}, {DEMO_PROSE, "prose again"},
        {DEMO_QUESTION, "Why so?"}, {DEMO_COMMAND, "si 2"},
        {DEMO_MATCH, "a.*b"},       {DEMO_MATCH_NOT, "c"},
        {DEMO_HOLDS, "$a0 == 1"},   {DEMO_COMMAND, "p 1"},
        {DEMO_SAME, "~~"},          {DEMO_COMMAND, "q"},
        {DEMO_COMMAND, "si"},       {DEMO_TOOL, "prove pg"},
        {DEMO_HOLDS, "3"},          {DEMO_PAGE, "Two"},
        {DEMO_PROSE, "End."},
    };
    assert_int_equal(s.steps, sizeof wanted / sizeof wanted[0]);
    for (unsigned i = 0; i < s.steps; i++) {
        assert_int_equal(s.step[i].kind, wanted[i].kind);
        assert_string_equal(s.step[i].text, wanted[i].text);
    }
    assert_string_equal(s.step[6].answer, "Because of that.");
    demo_script_free(&s);
}

static void test_commands(void **state)
{
    struct demo_script s;
    struct error e;
    (void)state;
    assert_int_equal(load(&s, HEAD "== P\n> si\nb:0> p\n> q\n// z\na|b:1> r\n/ x+\n~ y\nb>- t\n", &e), 0);
    const struct demo_step *c = s.step + 1;
    assert_int_equal(c[0].machines, 1); /* the first */
    assert_int_equal(c[0].machine[0], 0);
    assert_int_equal(c[0].level[0], DEMO_GUEST);
    assert_int_equal(c[1].machine[0], 1);
    assert_int_equal(c[1].level[0], 0);
    assert_int_equal(c[2].machine[0], 1); /* as before */
    assert_int_equal(c[2].level[0], 0);
    assert_int_equal(c[3].machines, 2);
    assert_int_equal(c[3].level[0], DEMO_GUEST);
    assert_int_equal(c[3].level[1], 1);
    assert_string_equal(c[3].shown, "x+");
    assert_false(c[3].part);
    assert_null(c[1].shown);
    assert_string_equal(c[2].shown, "z");
    assert_true(c[2].part);
    assert_int_equal(c[4].command, 4);
    assert_true(c[5].quiet);
    assert_false(c[3].quiet);
    assert_int_equal(c[5].line, 13);
    demo_script_free(&s);
}

static void test_words(void **state)
{
    char text[] = " run  \"a b\" c \"\" 'd \"e'", *at = text;
    (void)state;
    assert_string_equal(demo_word(&at), "run");
    assert_string_equal(demo_word(&at), "a b");
    assert_string_equal(demo_word(&at), "c");
    assert_string_equal(demo_word(&at), "");
    assert_string_equal(demo_word(&at), "d \"e");
    assert_null(demo_word(&at));
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"titel: T\n", ":1: there is no 'titel'; is 'title' meant?"},
        {"title:\n", ":1: 'title' has no value"},
        {"hello\n", ":1: before the first page"},
        {"title: T\nminutes: many\n", ":2: minutes are a number from 1 to 240, not 'many'"},
        {"title: T\nminutes: 0\n", ":2: minutes"},
        {"title: a title that is longer than what a line of the list has room for it\n", ":1: a title has up to"},
        {"machine: a b = c\n", ":1: a machine is NAME = OPTIONS"},
        {"machine: a = b\nmachine: a = c\n", ":2: there is a machine 'a' already"},
        {"needs: file\n", ":1: needs has a file, and a sentence"},
        {"title: T\nminutes: 1\n", ":1: there is no page"},
        {"minutes: 1\n== P\n", ":1: a script begins with title: and minutes:"},
        {HEAD "==\n", ":5: a page has a heading"},
        {HEAD "== P\n? why\nprose\n", ":6: a question without an answer"},
        {HEAD "== P\n? why\n== Q\n", ":6: a question without an answer"},
        {HEAD "== P\n? why\n", ":6: a question without an answer"},
        {HEAD "== P\n? why\n~ x\n", ":6: a question without an answer"},
        {HEAD "== P\n?\n", ":6: a question asks something"},
        {HEAD "== P\n= so\n", ":6: an answer without a question"},
        {HEAD "== P\n? why\n=\n", ":7: an answer says something"},
        {HEAD "== P\n? why\n= so\n= and so\n", ":8: an answer without a question"},
        {HEAD "== P\nc> si\n", ":6: there is no machine 'c'"},
        {HEAD "== P\na|b|a> si\n", ":6: two machines can stand side by side"},
        {HEAD "== P\na:x> si\n", ":6: behind the machine's name and : stands a digit"},
        {HEAD "== P\n> \n", ":6: a command of the monitor is missing"},
        {"title: T\nminutes: 1\n== P\n> si\n", ":4: there is no machine; a line machine:"},
        {HEAD "== P\n$ remove x\n", ":6: $ runs run, classify, witness, prove, verify, compare or sweep, not 'remove'"},
        {HEAD "== P\n~ x\n", ":6: there is no command before this"},
        {HEAD "== P\n> si\n== Q\n~ x\n", ":8: there is no command before this"},
        {HEAD "== P\n/ x\n", ":6: there is no command before this"},
        {HEAD "== P\n> si\n~ (\n", ":7: '(' is no regular expression"},
        {HEAD "== P\n> si\n~\n", ":7: '' is no regular expression"},
        {HEAD "== P\n> si\n~~\n", ":7: only what two machines say can be compared"},
        {HEAD "== P\n> si\n%\n", ":7: an expression is missing"},
        {HEAD "== P\n$ prove pg\n% $a0\n", ":7: behind $ it is the exit status"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct demo_script s;
        struct error e = {""};
        if (load(&s, bad[i].text, &e) == 0)
            fail_msg("it is taken: %s", bad[i].text);
        if (strncmp(e.text, path, strlen(path)) != 0 || strncmp(e.text + strlen(path), bad[i].sentence, strlen(bad[i].sentence)) != 0)
            fail_msg("%s: it says: %s", bad[i].text, e.text);
    }
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_commands), cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_mistakes)};
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
