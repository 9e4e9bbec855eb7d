/* test_published_ia32.c - what is measured of IA-32 against tests/published/ia32.psv: Intel's list of privileged instructions, and Robin and
 * Irvine's of those that are sensitive and not. Both speak of the processor as it is, so nothing that K sets is in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/theory/theory_ia32.h"

enum { CELLS = 7 };

/* The names of the list, by the rows that they are here. PUSH, POP and MOVE are of segment registers. */
static const struct {
    const char *name, *rows;
} names[] = {
    {"LGDT", "lgdt"},
    {"LLDT", "lldt"},
    {"LTR", "ltr"},
    {"LIDT", "lidt"},
    {"MOV CRn", "mov_r_cr mov_cr_r"},
    {"LMSW", "lmsw"},
    {"CLTS", "clts"},
    {"MOV DRn", "mov_r_dr mov_dr_r"},
    {"INVD", "invd"},
    {"WBINVD", "wbinvd"},
    {"INVLPG", "invlpg"},
    {"HLT", "hlt"},
    {"RDMSR", "rdmsr"},
    {"WRMSR", "wrmsr"},
    {"RDPMC", "rdpmc"},
    {"RDTSC", "rdtsc"},
    {"SGDT", "sgdt"},
    {"SIDT", "sidt"},
    {"SLDT", "sldt"},
    {"SMSW", "smsw"},
    {"PUSHF", "pushf"},
    {"POPF", "popf"},
    {"LAR", "lar"},
    {"LSL", "lsl"},
    {"VERR", "verr"},
    {"VERW", "verw"},
    {"POP", "pop_es pop_ss pop_ds pop_fs pop_gs"},
    {"PUSH", "push_cs push_ss"},
    {"CALL", "call_far call_far_m"},
    {"JMP", "jmp_far jmp_far_m"},
    {"INT n", "int_i"},
    {"RET", "retf retf_i"},
    {"STR", "str"},
    {"MOVE", "mov_rm_seg mov_seg_rm"},
};

static bool listed(const char *list, const char *word, size_t length)
{
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Does the finding, or that which it is part of, stand for the name? */
static bool stands_for(const struct finding *f, const char *rows)
{
    char row[32];
    const size_t length = strcspn(f->subject, ".");
    snprintf(row, sizeof row, "%.*s", (int)length, f->subject);
    return !f->sum && listed(rows, row, length);
}

static const char *rows_of(const char *name)
{
    for (unsigned n = 0; n < sizeof names / sizeof *names; n++)
        if (strcmp(names[n].name, name) == 0)
            return names[n].rows;
    fail_msg("the list has %s, and nothing stands for it", name);
    return NULL;
}

/* Of the findings that stand for a name, how many there are, how many are privileged, and how many critical. */
struct found {
    unsigned all, privileged, critical;
};

static struct found found_of(const struct classification *c, const char *name)
{
    const char *rows = rows_of(name);
    struct found out = {0};
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        if (!stands_for(f, rows))
            continue;
        out.all++;
        out.privileged += f->privileged;
        out.critical += f->critical;
    }
    return out;
}

static void compare(const struct classification *c, char *cell[CELLS])
{
    const struct found f = found_of(c, cell[1]);
    if (!f.all)
        fail_msg("there is no finding for %s", cell[1]);
    if (strcmp(cell[2], "yes") == 0 && f.privileged != f.all)
        fail_msg("%s is privileged in print, and here %u of %u are", cell[1], f.privileged, f.all);
    if (strcmp(cell[2], "no") == 0 && f.privileged)
        fail_msg("%s is not privileged in print, and here %u of %u are", cell[1], f.privileged, f.all);
    if ((strcmp(cell[3], "yes") == 0) != (f.critical > 0) && strcmp(cell[2], "condition") != 0)
        fail_msg("%s: %u of %u are critical", cell[1], f.critical, f.all);
}

static void as_printed(void **state)
{
    const struct classify_options o = {.seed = 1, .without = THEORY_SETTINGS, .brief = true};
    struct classification *c = NULL;
    struct error e = {""};
    char line[512], *cell[CELLS];
    unsigned rows = 0;
    FILE *f = fopen("tests/published/ia32.psv", "r");
    (void)state;
    assert_non_null(f);
    if (theory_ia32.classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    while (fgets(line, sizeof line, f)) {
        if (*line == '#' || strncmp(line, "machine|", 8) == 0)
            continue;
        char *at = line;
        for (unsigned n = 0; n < CELLS; n++) {
            assert_non_null(at);
            cell[n] = strsep(&at, "|\n");
        }
        compare(c, cell);
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, sizeof names / sizeof *names);
    classification_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
