/* The formats of `x` and `p`, against what gdb 13 prints for the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "monitor/debug/format.h"

static void number(char letter, unsigned size, uint64_t bits, bool whole, const char *wanted)
{
    char text[FORMAT_TEXT];
    format_number(letter, size, bits, whole, text, sizeof text);
    if (strcmp(text, wanted) != 0)
        fail_msg("%c of %u bytes, 0x%llx: '%s', not '%s'", letter, size, (unsigned long long)bits, text, wanted);
}

static void examined(void **state)
{
    (void)state;
    number('x', 4, 0x297, true, "0x00000297");
    number('x', 1, 0x97, true, "0x97");
    number('x', 8, 0x6362617f5c2280ff, true, "0x6362617f5c2280ff");
    number('d', 1, 0xff, true, "-1");
    number('d', 4, 0xffffff3f, true, "-193");
    number('u', 1, 0xff, true, "255");
    number('o', 1, 0x97, true, "0227");
    number('o', 1, 0, true, "0");
    number('o', 4, 0x02828613, true, "0240503023");
    number('t', 1, 2, true, "00000010");
    number('t', 2, 0x8613, true, "1000011000010011");
    number('c', 1, 'h', true, "104 'h'");
    number('c', 1, '\n', true, "10 '\\n'");
    number('c', 1, 0, true, "0 '\\000'");
    number('c', 1, 0xff, true, "-1 '\\377'");
    number('c', 1, '"', true, "34 '\"'");
    number('c', 1, '\'', true, "39 '\\''");
    number('c', 1, '\\', true, "92 '\\\\'");
    number('c', 1, 127, true, "127 '\\177'");
    number('a', 8, 0x282861300000297, true, "0x282861300000297");
    number('z', 4, 0x297, true, "0x00000297");
    number('f', 4, 0x003f8000, true, "5.83155401e-39");
    number('f', 8, 0x3ff0000000000000, true, "1");
    number('f', 8, 0x7ff0000000000000, true, "inf");
    number('f', 4, 0x7fc00000, true, "nan(0x400000)");
    number('f', 8, 0xfff8000000000000, true, "-nan(0x8000000000000)");
    number('f', 1, 0x97, true, "-105");
}

static void printed(void **state)
{
    (void)state;
    number('x', 4, 31, false, "0x1f");
    number('x', 4, 0xffffffffffffffff, false, "0xffffffff");
    number('o', 4, 8, false, "010");
    number('t', 4, 10, false, "1010");
    number('t', 4, 0, false, "0");
    number('c', 8, 321, false, "65 'A'");
    number('z', 4, 31, false, "0x0000001f");
    number('u', 4, 0xffffffffffffffff, false, "4294967295");
}

static void value(uint64_t bits, struct value_type type, const char *wanted)
{
    char text[FORMAT_TEXT];
    const struct value v = {bits, type};
    format_value(&v, text, sizeof text);
    assert_string_equal(text, wanted);
}

static void natural(void **state)
{
    (void)state;
    value((uint64_t)-2, (struct value_type){8, true, 0}, "-2");
    value((uint64_t)-2, (struct value_type){8, false, 0}, "18446744073709551614");
    value(65, (struct value_type){1, true, 0}, "65 'A'");
    value(200, (struct value_type){1, false, 0}, "200 '\\310'");
    value(0x10, (struct value_type){1, true, 1}, "0x10");
}

static void string(const char *bytes, size_t length, const char *wanted)
{
    char text[400];
    size_t n = format_string((const uint8_t *)bytes, length, text, sizeof text);
    assert_string_equal(text, wanted);
    assert_int_equal(n, strlen(wanted));
}

static void strings(void **state)
{
    (void)state;
    string("hello\n\t", 7, "\"hello\\n\\t\"");
    string("\377\200\"\\\177abc", 8, "\"\\377\\200\\\"\\\\\\177abc\"");
    string("", 0, "\"\"");
    string("aaaaaaaaa", 9, "\"aaaaaaaaa\"");
    string("aaaaaaaaaa", 10, "\"aaaaaaaaaa\"");
    string("aaaaaaaaaaa", 11, "'a' <repeats 11 times>");
    string("xaaaaaaaaaaaay", 14, "\"x\", 'a' <repeats 12 times>, \"y\"");
    string("'''''''''''", 11, "'\\'' <repeats 11 times>");
    char small[5];
    assert_int_equal(format_string((const uint8_t *)"hello", 5, small, sizeof small), 7);
    assert_string_equal(small, "\"hel");
}

static void parsed(const char *text, uint64_t count, char letter, char size, bool backwards)
{
    struct format f;
    struct error e;
    assert_int_equal(format_parse(text, &f, &e), 0);
    assert_true(f.count == count && f.letter == letter && f.size == size && f.backwards == backwards);
}

static void formats(void **state)
{
    (void)state;
    parsed("", 1, 0, 0, false);
    parsed("8xw", 8, 'x', 'w', false);
    parsed("8wx", 8, 'x', 'w', false);
    parsed("i", 1, 'i', 0, false);
    parsed("g", 1, 0, 'g', false);
    parsed("-3dh", 3, 'd', 'h', true);
    parsed("0x", 0, 'x', 0, false);
}

static void bad_formats(void **state)
{
    static const char *const bad[] = {"y", "8xq", "x8", "99999999x", "8 x", "xX"};
    struct format f;
    struct error e;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (format_parse(bad[i], &f, &e) == 0)
            fail_msg("/%s is accepted", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examined), cmocka_unit_test(printed), cmocka_unit_test(natural),
        cmocka_unit_test(strings),  cmocka_unit_test(formats), cmocka_unit_test(bad_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
