/* test_words.c - what words_write makes small is the text again once expanded, whatever is in it; nothing in it ends a script. */
#include "monitor/report/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *small(const char *text)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    assert_non_null(f);
    assert_int_equal(words_write(f, text, strlen(text)), 0);
    fclose(f);
    return out;
}

/* Reads a JSON string at s, which is at its opening quote; returns what follows it. Of \u escapes only those below 0x80 become
 * characters, for the text itself has no others. */
static const char *string_read(const char *s, FILE *out)
{
    assert_int_equal(*s++, '"');
    for (; *s != '"'; s++) {
        assert_int_not_equal(*s, '\0');
        if (*s == '\\' && s[1] == 'n') {
            fputc('\n', out);
            s++;
        } else if (*s == '\\') {
            assert_true(s[1] == '"' || s[1] == '\\');
            fputc(*++s, out);
        } else {
            fputc(*s, out);
        }
    }
    return s + 1;
}

static char *string_at(const char **s)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    *s = string_read(*s, f);
    fclose(f);
    return out;
}

/* What the page's program does. */
static char *expand(const char *packed, unsigned *word_count)
{
    char *word[6400], *out = NULL, *data;
    size_t size = 0;
    unsigned words = 0;
    const char *head = "{\"words\":[", *middle = "],\"data\":";
    assert_memory_equal(packed, head, strlen(head));
    const char *s = packed + strlen(head);
    while (*s == '"') {
        word[words++] = string_at(&s);
        s += *s == ',';
    }
    assert_memory_equal(s, middle, strlen(middle));
    s += strlen(middle);
    data = string_at(&s);
    assert_string_equal(s, "}");
    FILE *f = open_memstream(&out, &size);
    for (const unsigned char *p = (const unsigned char *)data; *p; p++) {
        unsigned code = *p < 0xe0 ? *p : (*p & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        if (code < 0xe000 || code > 0xf8ff) {
            fputc(*p, f);
            continue;
        }
        assert_true(code - 0xe000 < words);
        fputs(word[code - 0xe000], f);
        p += 2;
    }
    fclose(f);
    for (unsigned n = 0; n < words; n++)
        free(word[n]);
    free(data);
    *word_count = words;
    return out;
}

static void check_words(const char *text, const char *wanted, bool repeats)
{
    char *packed = small(text);
    unsigned words;
    char *again = expand(packed, &words);
    assert_string_equal(again, wanted);
    assert_null(strchr(packed, '<'));
    assert_int_equal(words > 0, repeats);
    if (repeats)
        assert_true(strlen(packed) < strlen(text));
    free(again);
    free(packed);
}

static void test_plain(void **state)
{
    (void)state;
    check_words("{\"a\": 1}", "{\"a\": 1}", false);
    check_words("", "", false);
    check_words("[]\n", "[]\n", false);
    check_words("[\"unended", "[\"unended", false);
}

/* Characters that end strings, scripts, or stand for words. */
static void test_hostile(void **state)
{
    (void)state;
    check_words("{\"a\\\"b\": \"</script><!--&\", \"c\\\\\": \"\\u0007\\n\"}",
                "{\"a\\\"b\": \"\\u003c/script>\\u003c!--&\", \"c\\\\\": \"\\u0007\\n\"}", false);
    check_words("[\"\xee\x80\x80\xef\xa3\xbf\xef\xa4\x80\xe2\x8a\x86\"]", "[\"\\ue000\\uf8ff\xef\xa4\x80\xe2\x8a\x86\"]", false);
}

/* Each of these lines occurs often enough to be worth a word; one of them is hostile. */
static void test_repeats(void **state)
{
    (void)state;
    char text[4096] = "[", wanted[4096] = "[";
    for (unsigned n = 0; n < 20; n++) {
        strcat(strcat(text, n ? ", " : ""), "{\"subject\": \"a<b\", \"differs\": false}");
        strcat(strcat(wanted, n ? ", " : ""), "{\"subject\": \"a\\u003cb\", \"differs\": false}");
    }
    check_words(strcat(text, "]\n"), strcat(wanted, "]\n"), true);
}

/* More different pieces than there are characters for them: the first get one, the rest stay as they are. */
static void test_many(void **state)
{
    (void)state;
    enum { PIECES = 7000, TIMES = 4, SIZE = PIECES * TIMES * 20 };
    char *text = malloc(SIZE);
    size_t at = 0;
    assert_non_null(text);
    for (unsigned t = 0; t < TIMES; t++)
        for (unsigned n = 0; n < PIECES; n++)
            at += (size_t)snprintf(text + at, SIZE - at, "\"piece %06u\",", n);
    check_words(text, text, true);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
