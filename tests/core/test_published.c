/* test_published.c - what is measured against what is printed: the manual's list of CSRs and of system instructions, and the
 * examples of the literature. The lists in tests/published/ were written from their sources and know nothing of our tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/theory/theory_riscv.h"

enum { CELLS = 12, RUNS = 1u << OUTCOME_OK | 1u << OUTCOME_WAIT };

/* A list with a header line; lines that begin with # are its sources. */
struct list {
    FILE *file;
    char line[512], header[512];
    char *cell[CELLS], *column[CELLS];
    unsigned columns, rows;
};

static unsigned split(char *line, char **cell)
{
    unsigned count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at; count++) {
        assert_true(count < CELLS);
        cell[count] = at;
        at = strchr(at, '|');
        if (at)
            *at++ = '\0';
    }
    return count;
}

static bool list_next(struct list *l)
{
    while (fgets(l->line, sizeof l->line, l->file))
        if (*l->line != '#') {
            assert_int_equal(split(l->line, l->cell), l->columns);
            l->rows++;
            return true;
        }
    fclose(l->file);
    return false;
}

static void list_open(struct list *l, const char *path)
{
    bool source = false;
    *l = (struct list){.file = fopen(path, "r")};
    if (!l->file)
        fail_msg("%s cannot be read", path);
    while (fgets(l->header, sizeof l->header, l->file) && *l->header == '#')
        source |= strstr(l->header, "Source") != NULL;
    assert_true(source);
    l->columns = split(l->header, l->column);
}

static const char *cell(const struct list *l, const char *column)
{
    for (unsigned n = 0; n < l->columns; n++)
        if (strcmp(l->column[n], column) == 0)
            return l->cell[n];
    fail_msg("there is no column %s", column);
    return NULL;
}

/* --- one laboratory for all of RISC-V */

static struct riscv_theory riscv;

static int setup(void **state)
{
    const struct riscv_inputs in = riscv_inputs();
    const struct classify_options o = {.seed = 1};
    (void)state;
    return riscv_theory_open(&riscv, &in, RISCV_PINS, &o);
}

static int teardown(void **state)
{
    (void)state;
    riscv_theory_close(&riscv);
    return 0;
}

/* Of one encoding; what the tables claim of it is not looked at. */
static struct finding measure(uint32_t bits)
{
    struct subject s;
    struct finding f;
    assert_int_equal(riscv_subject_of(&riscv.subjects, bits, &s), 0);
    assert_int_equal(riscv_theory_measure(&riscv, &s, false, &f), 0);
    return f;
}

/* "completes", "privilege", ...: of a mode. Completing in some states is completing. */
static const char *outcome_word(unsigned outcomes)
{
    if (outcomes & RUNS)
        return "completes";
    if (outcomes & 1u << OUTCOME_PRIVILEGE)
        return outcomes == 1u << OUTCOME_PRIVILEGE ? "privilege" : "mixed";
    return outcomes == 1u << OUTCOME_REQUESTED ? "requested" : outcomes == 1u << OUTCOME_UNDEFINED ? "undefined" : "mixed";
}

static void check_outcome(const char *what, const char *mode, unsigned outcomes, const char *printed)
{
    if (strcmp(outcome_word(outcomes), printed) != 0)
        fail_msg("%s in %s: measured %s (0x%x), printed %s", what, mode, outcome_word(outcomes), outcomes, printed);
}

/* --- CSRs */

static unsigned char listed[4096]; /* by address: in the manual's list */

static uint32_t read_of(unsigned csr) { return 0x00002573 | csr << 20; }  /* csrrs a0, csr, x0 */
static uint32_t write_of(unsigned csr) { return 0x00059073 | csr << 20; } /* csrrw x0, csr, a1 */

static int level_of(char mode)
{
    switch (mode) {
    case 'U': return 0;
    case 'S': return 1;
    case 'M': return 2;
    default: return 3; /* a mode that this hart does not have */
    }
}

/* Completes from the lowest mode on, where it is allowed at all; below, it traps. */
static void check_access(const char *name, const struct finding *f, int lowest)
{
    static const unsigned mode[] = {RV_U, RV_S, RV_M};
    static const char *const mode_name[] = {"U", "S", "M"};
    for (int m = 0; m < 3; m++)
        check_outcome(name, mode_name[m], f->outcomes[mode[m]], m < lowest ? "privilege" : "completes");
}

/* true: this hart has it. */
static bool check_csr(const char *name, unsigned csr, const char *access)
{
    struct finding reads = measure(read_of(csr)), writes = measure(write_of(csr));
    int lowest = level_of(access[0]);
    assert_false(listed[csr]);
    listed[csr] = 1;
    if (reads.traps == MEASURED_UNDEFINED) {
        assert_int_equal(writes.traps, MEASURED_UNDEFINED);
        return false;
    }
    if (lowest == 3)
        fail_msg("%s is there, and is for a mode that is not", name);
    check_access(name, &reads, lowest);
    if (strcmp(access + 1, "RO") == 0)
        assert_int_equal(writes.traps, MEASURED_UNDEFINED);
    else
        check_access(name, &writes, lowest);
    return true;
}

static void csrs(void **state)
{
    struct list l;
    unsigned present = 0, of_user = 0;
    (void)state;
    list_open(&l, "tests/published/riscv-csrs.psv");
    while (list_next(&l)) {
        unsigned first = (unsigned)strtoul(cell(&l, "first"), NULL, 16), last = (unsigned)strtoul(cell(&l, "last"), NULL, 16);
        for (unsigned csr = first; csr <= last; csr++) {
            bool there = check_csr(cell(&l, "name"), csr, cell(&l, "access"));
            present += there;
            of_user += there && *cell(&l, "access") == 'U';
        }
    }
    /* And the hart has none that the manual does not list. */
    for (unsigned csr = 0; csr < 4096; csr++)
        if (!listed[csr] && (measure(read_of(csr)).traps != MEASURED_UNDEFINED || measure(write_of(csr)).traps != MEASURED_UNDEFINED))
            fail_msg("there is a CSR 0x%03x that is in no list", csr);
    assert_true(l.rows > 90);
    assert_true(present > 100);
    assert_int_equal(of_user, 3 + 32);
}

/* The address itself says it, too [priv 2.1]. */
static void csr_addresses(void **state)
{
    struct list l;
    (void)state;
    list_open(&l, "tests/published/riscv-csrs.psv");
    while (list_next(&l)) {
        static const char *const by_bits[] = {"U", "S", "H", "MD"};
        unsigned csr = (unsigned)strtoul(cell(&l, "first"), NULL, 16);
        const char *access = cell(&l, "access");
        assert_non_null(strchr(by_bits[csr >> 8 & 3], *access));
        assert_int_equal(csr >> 10 == 3, strcmp(access + 1, "RO") == 0);
    }
}

/* --- system instructions */

static void system_instructions(void **state)
{
    struct list l;
    (void)state;
    list_open(&l, "tests/published/riscv-system.psv");
    while (list_next(&l)) {
        struct finding f = measure((uint32_t)strtoul(cell(&l, "encoding"), NULL, 16));
        const char *name = cell(&l, "instruction");
        if (f.row != INSN_NONE)
            assert_string_equal(f.subject, name);
        check_outcome(name, "U", f.outcomes[RV_U], cell(&l, "U"));
        check_outcome(name, "S", f.outcomes[RV_S], cell(&l, "S"));
        check_outcome(name, "M", f.outcomes[RV_M], cell(&l, "M"));
        assert_int_equal(f.privileged, strcmp(cell(&l, "U"), "privilege") == 0);
    }
    assert_true(l.rows >= 20);
}

static bool is_in(const char *path, const char *column, const char *name)
{
    struct list l;
    bool found = false;
    list_open(&l, path);
    while (list_next(&l))
        found |= strcmp(cell(&l, column), name) == 0;
    return found;
}

/* All other instructions of the manual are unprivileged. */
static void the_others_do_not_trap(void **state)
{
    unsigned count = 0;
    (void)state;
    for (unsigned n = 0; n < riscv.subjects.count; n++) {
        const struct subject *s = &riscv.subjects.list[n];
        struct finding f;
        if (s->csr >= 0 || s->count == 0 || s->many || is_in("tests/published/riscv-system.psv", "instruction", s->name))
            continue;
        assert_int_equal(riscv_theory_measure(&riscv, s, false, &f), 0);
        if (f.traps != MEASURED_NEVER && f.traps != MEASURED_UNDEFINED)
            fail_msg("%s traps in user mode, and is in no list of those that do", s->name);
        assert_int_equal(f.sensitive, SENSITIVE_NONE);
        count += f.traps == MEASURED_NEVER;
    }
    assert_true(count > 150);
}

/* --- the literature's examples, on the paper's machine */

static unsigned classes_of(const char *letters)
{
    unsigned set = 0;
    for (; *letters; letters++)
        set |= *letters == 'C' ? SENSITIVE_CONTROL : *letters == 'L' ? SENSITIVE_LOCATION : *letters == 'M' ? SENSITIVE_MODE : 0;
    return set;
}

static bool is_yes(const char *word)
{
    assert_true(strcmp(word, "yes") == 0 || strcmp(word, "no") == 0);
    return *word == 'y';
}

static void check_example(const struct list *l)
{
    const char *variant = cell(l, "variant"), *what = cell(l, "instruction");
    const struct classify_options o = {.brief = true, .variant = *variant == '-' ? NULL : variant};
    struct classification *c;
    struct verdict v;
    struct error e;
    const struct finding *f = NULL;
    if (theory_find("pg")->classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    for (unsigned n = 0; n < c->count; n++)
        if (strcmp(c->findings[n].subject, cell(l, "row")) == 0)
            f = &c->findings[n];
    assert_non_null(f);
    if (f->sensitive != classes_of(cell(l, "classes")) || f->privileged != is_yes(cell(l, "privileged")))
        fail_msg("%s: measured sensitive %u, privileged %d", what, f->sensitive, f->privileged);
    assert_int_equal(theorem_decide(c, &v), 0);
    if (v.theorem1 != is_yes(cell(l, "theorem1")) || v.theorem3 != is_yes(cell(l, "theorem3")))
        fail_msg("%s: measured Theorem 1 %d, Theorem 3 %d", what, v.theorem1, v.theorem3);
    verdict_free(&v);
    classification_destroy(c);
}

static void examples_of_the_literature(void **state)
{
    struct list l;
    (void)state;
    list_open(&l, "tests/published/popek-goldberg.psv");
    while (list_next(&l))
        check_example(&l);
    assert_true(l.rows >= 9);
}

/* --- other machines: lists that wait for theirs. Until then: they are what they claim to be, and the sums are the literature's. */

enum { NAMES = 64 };

/* "KEY:" stands in the file's comments, for each source of a row. */
static bool has_source(const char *path, const char *key)
{
    char line[512], wanted[32];
    FILE *f = fopen(path, "r");
    bool found = false;
    assert_non_null(f);
    snprintf(wanted, sizeof wanted, "%s: ", key);
    while (fgets(line, sizeof line, f))
        found |= *line == '#' && strstr(line, wanted) != NULL;
    fclose(f);
    return found;
}

static void row_is_whole(const struct list *l, const char *path)
{
    const char *privileged = cell(l, "privileged"), *sensitive = cell(l, "sensitive");
    const bool condition = strcmp(privileged, "condition") == 0;
    if (!*cell(l, "instruction") || (!condition && strcmp(privileged, "yes") != 0 && strcmp(privileged, "no") != 0))
        fail_msg("%s: %s is called privileged: %s", path, cell(l, "instruction"), privileged);
    if (strcmp(sensitive, "yes") != 0 && strcmp(sensitive, "-") != 0)
        fail_msg("%s: %s is called sensitive: %s", path, cell(l, "instruction"), sensitive);
    assert_int_equal(condition, strcmp(cell(l, "condition"), "-") != 0);
    if (!has_source(path, cell(l, "source")))
        fail_msg("%s does not say what %s is", path, cell(l, "source"));
    const char *verified = cell(l, "verified");
    if (strcmp(verified, "text") != 0 && strcmp(verified, "other") != 0 && strcmp(verified, "no") != 0)
        fail_msg("%s: %s is called verified: %s", path, cell(l, "instruction"), verified);
}

/* How many of a machine there are, and how many of them are sensitive and not privileged. */
static void other_machine(const char *path, const char *machine, unsigned rows, unsigned critical)
{
    char name[NAMES][64];
    unsigned count = 0, found = 0;
    struct list l;
    list_open(&l, path);
    while (list_next(&l)) {
        row_is_whole(&l, path);
        if (strcmp(cell(&l, "machine"), machine) != 0)
            continue;
        for (unsigned n = 0; n < count; n++)
            if (strcmp(name[n], cell(&l, "instruction")) == 0)
                fail_msg("%s has %s twice", path, name[n]);
        assert_true(count < NAMES && strlen(cell(&l, "instruction")) < sizeof name[0]);
        strcpy(name[count++], cell(&l, "instruction"));
        found += strcmp(cell(&l, "privileged"), "no") == 0 && strcmp(cell(&l, "sensitive"), "yes") == 0;
    }
    if (count != rows || found != critical)
        fail_msg("%s has %u of %s, %u critical", path, count, machine, found);
}

/* Intel's 16 privileged ones, and Robin and Irvine's 17, with VERR and VERW apart; one on the 68000, none on the 68010. */
static void other_machines(void **state)
{
    (void)state;
    other_machine("tests/published/ia32.psv", "IA-32", 16 + 18, 18);
    other_machine("tests/published/m68000.psv", "MC68000", 9, 1);
    other_machine("tests/published/m68000.psv", "MC68010", 11, 0);
    other_machine("tests/published/armv7.psv", "ARMv7-A", 10, 10);
    other_machine("tests/published/vax.psv", "VAX", 13, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_machines),         cmocka_unit_test(csrs),
        cmocka_unit_test(csr_addresses),          cmocka_unit_test(system_instructions),
        cmocka_unit_test(the_others_do_not_trap), cmocka_unit_test(examples_of_the_literature),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
