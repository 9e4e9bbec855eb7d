/* The paper's machine, proved: every row of every variant is a test of its own (claimed = measured), the verdicts are those of the
 * paper, and each witness is one on a machine of our own making. */
#include "tests/core/theory_pg_rig.h"

static const struct finding *find(const struct classification *c, const char *subject)
{
    for (unsigned n = 0; n < c->count; n++)
        if (strcmp(c->findings[n].subject, subject) == 0)
            return &c->findings[n];
    fail_msg("%s is not among the findings", subject);
    return NULL;
}

/* --- claimed = measured: tests made at run time, one to a row and variant */

struct row_test {
    char name[48];
    enum pg_variant variant;
    unsigned row;
};

static void row_is_as_claimed(void **state)
{
    const struct row_test *t = *state;
    const struct classification *c = proved[t->variant];
    assert_int_equal(c->count, ROWS);
    const struct finding *f = &c->findings[t->row];
    if (!f->agrees)
        fail_msg("%s", f->disagreement);
    assert_int_equal(f->confidence, EXHAUSTED);
    assert_true(f->runs > 100 && !f->disagreement);
    /* The reserved opcodes are no row; of the rows the claim is read here once more. */
    if (t->row == PG_INSN_COUNT) {
        assert_true(f->row == INSN_NONE && f->traps == MEASURED_UNDEFINED && f->innocuous);
        return;
    }
    const struct insn_desc row = pg_row_of(t->variant, t->row);
    assert_string_equal(f->subject, row.name);
    assert_int_equal(f->sensitive, row.sensitive);
    assert_int_equal(f->privileged, row.traps == TRAPS_PRIV);
    assert_int_equal(f->traps == MEASURED_REQUESTED, row.traps == TRAPS_REQUESTED);
    assert_int_equal(f->traps == MEASURED_NEVER, row.traps == TRAPS_NEVER);
}

/* --- the verdicts [THEORY: the toy oracle] */

static const struct {
    enum pg_variant variant;
    bool theorem1, theorem3;
    const char *critical;
    bool user, supervisor; /* is it sensitive there? */
    bool silent;           /* a user-mode NOP of what it does in supervisor mode */
} oracle[] = {
    {PG_BASE, true, true, NULL, false, false, false},          {PG_JRST1, false, true, "rtu", false, true, true},
    {PG_GETMODE, false, true, "getmode", false, false, false}, {PG_LRA, false, false, "lra", true, true, false},
    {PG_GETR, false, false, "getr", true, true, false},        {PG_SETR_NOP, false, true, "setr", false, true, true},
    {PG_SETR_USER, false, false, "setr", true, true, false},   {PG_SHRINK, false, false, "shrink", true, true, false},
    {PG_HALT_USER, true, true, NULL, false, false, false},
};

static void the_verdicts_are_the_papers(void **state)
{
    (void)state;
    assert_int_equal(sizeof oracle / sizeof *oracle, PG_VARIANT_COUNT);
    for (unsigned n = 0; n < PG_VARIANT_COUNT; n++) {
        const struct classification *c = proved[oracle[n].variant];
        struct verdict v;
        assert_int_equal(theorem_decide(c, &v), 0);
        assert_int_equal(v.theorem1, oracle[n].theorem1);
        assert_int_equal(v.theorem2, oracle[n].theorem1);
        assert_int_equal(v.theorem3, oracle[n].theorem3);
        assert_int_equal(v.critical_count, oracle[n].critical != NULL);
        if (oracle[n].critical) {
            const struct finding *f = v.critical[0];
            assert_string_equal(f->subject, oracle[n].critical);
            assert_true(f->user_sensitive == oracle[n].user && f->supervisor_sensitive == oracle[n].supervisor);
            assert_int_equal(f->witness[EVIDENCE_SILENT].present, oracle[n].silent);
        }
        assert_true(c->exhaustive && c->states_examined > 50000000);
        verdict_free(&v);
    }
}

/* A supervisor call traps in both modes, and spoils nothing. Storing, adding and jumping is innocuous. */
static void what_is_harmless_is_innocuous(void **state)
{
    static const char *const names[] = {"svc", "lit", "mov", "ldx", "stx", "add", "sub", "and", "shr", "jmp", "jz", "jn"};
    (void)state;
    for (unsigned n = 0; n < sizeof names / sizeof *names; n++) {
        const struct finding *f = find(proved[PG_BASE], names[n]);
        assert_true(f->innocuous && !f->critical && !f->user_sensitive && !f->supervisor_sensitive);
        assert_int_equal(f->traps, n == 0 ? MEASURED_REQUESTED : MEASURED_NEVER);
    }
}

/* The paper's remark, and its footnote, stand by the two rows they are about. */
static void notes_stand_where_the_class_is_not_all(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        for (unsigned n = 0; n < ROWS; n++) {
            const bool expected = (v == PG_SHRINK && n == PG_INSN_shrink) || (v == PG_HALT_USER && n == PG_INSN_halt);
            assert_int_equal(proved[v]->findings[n].note != NULL, expected);
        }
}

/* --- K, pin by pin */

static void critical_under(enum pg_variant variant, const char *without, const char *expected)
{
    struct classification *c = proof(variant, without, true);
    struct verdict v;
    char names[256] = "";
    assert_int_equal(theorem_decide(c, &v), 0);
    for (unsigned n = 0; n < v.critical_count; n++) {
        assert_true(strlen(names) + strlen(v.critical[n]->subject) + 2 < sizeof names);
        strcat(strcat(names, *names ? " " : ""), v.critical[n]->subject);
        assert_true(v.critical[n]->user_sensitive);
    }
    assert_string_equal(names, expected);
    assert_null(strstr(c->k, without));
    verdict_free(&v);
    classification_destroy(c);
}

static void a_pin_taken_out_makes_what_it_guards_critical(void **state)
{
    (void)state;
    critical_under(PG_BASE, "bound-clipped", "lit mov ldx stx add sub and shr jz jn");
    critical_under(PG_BASE, "trap-cells", "lit mov ldx stx add sub and shr");
    critical_under(PG_HALT_USER, "one-guest", "halt");
}

static void what_is_unknown_is_refused(void **state)
{
    static const struct classify_options bad[] = {
        {.variant = "POPF"}, {.without = "wfi-traps"}, {.subject = "popf"}, {.subject = "0x"}, {.subject = "0x10000000000000000"}};
    (void)state;
    for (unsigned n = 0; n < sizeof bad / sizeof *bad; n++) {
        struct classification *c = NULL;
        struct error e = {""};
        assert_true(theory_pg.classify(&bad[n], &c, &e) < 0);
        assert_true(c == NULL && *e.text);
    }
}

static void a_subject_is_named_or_given_as_a_cell(void **state)
{
    static const struct {
        const char *name, *subject;
    } cases[] = {
        {"lra", "lra"}, {"0x1100000010000001", "lra"}, {"LRA", "lra"}, {"0xff00000000000000", "reserved"}, {"reserved", "reserved"}};
    char name[32];
    (void)state;
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct classify_options o = {.subject = cases[n].name, .brief = true};
        struct classification *c;
        struct error e;
        assert_int_equal(theory_pg.classify(&o, &c, &e), 0);
        assert_int_equal(c->count, 1);
        assert_string_equal(c->findings[0].subject, cases[n].subject);
        classification_destroy(c);
    }
    for (unsigned n = 0; n < ROWS; n++) {
        assert_true(theory_pg.subject(n, name, sizeof name));
        assert_string_equal(name, proved[PG_BASE]->findings[n].subject);
    }
    assert_false(theory_pg.subject(ROWS, name, sizeof name));
    assert_ptr_equal(theory_find("pg:LRA"), &theory_pg);
}

/* --- witnesses, on a machine made here */

struct side {
    struct pg_state before, after;
    struct trap trap;
};

/* From what the witness says; cells it does not name may hold anything, and hold 7. What a variant has from the base machine was found
 * there; it must hold of the variant itself. */
static void side_run(const struct witness *w, enum pg_variant variant, bool second, struct side *s)
{
    struct pg_bench b;
    uint64_t retired = 0;
    unsigned cell;
    memset(s, 0, sizeof *s);
    struct pg_config config = *(const struct pg_config *)w->config;
    assert_int_equal(config.cells, PG_CELLS);
    config.variant = variant;
    pg_bench_create_as(&b, &config);
    for (unsigned n = 0; n < PG_CELLS; n++)
        s->before.cell[n] = 7;
    s->before.m = second ? w->mode2 : w->mode1;
    for (unsigned n = 0; n < w->count; n++) {
        const struct witness_field *f = &w->fields[n];
        const uint64_t v = second ? f->s2 : f->s1;
        if (strcmp(f->name, "p") == 0)
            s->before.p = v;
        else if (strcmp(f->name, "l") == 0)
            s->before.l = v;
        else if (strcmp(f->name, "b") == 0)
            s->before.b = v;
        else if (sscanf(f->name, "E[l+%u]", &cell) == 1)
            s->before.cell[s->before.l + cell] = v;
    }
    s->before.cell[s->before.l + s->before.p] = (uint64_t)w->bits;
    pg_state_set(&s->before, b.m, PG_CELLS);
    s->trap = machine_run(b.m, 1, &retired);
    pg_state_get(&s->after, b.m, PG_CELLS);
    pg_bench_destroy(&b);
}

static bool side_completed(const struct side *s) { return s->trap.kind != TRAP_EXCEPTION; }
static bool side_control(const struct side *s)
{
    return s->after.m != s->before.m || s->after.l != s->before.l || s->after.b != s->before.b;
}

/* What a program sees: P, and the cells through R. */
static bool sides_differ(const struct side *a, const struct side *b)
{
    bool differ = a->after.p != b->after.p;
    for (uint64_t n = 0; n < a->before.b && a->before.l + n < PG_CELLS && b->before.l + n < PG_CELLS; n++)
        differ |= a->after.cell[a->before.l + n] != b->after.cell[b->before.l + n];
    return differ;
}

/* E|r = E'|r+x; the cells beside the windows are 7 on both sides. */
static bool same_seen(const struct side *a, const struct side *b)
{
    bool same = a->before.p == b->before.p && a->before.b == b->before.b;
    for (uint64_t n = 0; n < a->before.b && a->before.l + n < PG_CELLS && b->before.l + n < PG_CELLS; n++)
        same &= a->before.cell[a->before.l + n] == b->before.cell[b->before.l + n];
    return same;
}

static void witness_holds(const struct witness *w, enum evidence kind, enum pg_variant variant, const char *subject)
{
    struct side a, b;
    bool holds = false;
    side_run(w, variant, false, &a);
    side_run(w, variant, true, &b);
    const bool both = side_completed(&a) && side_completed(&b), still = !side_control(&a) && !side_control(&b);
    switch (kind) {
    case EVIDENCE_PRIV:
        holds = !side_completed(&a) && a.trap.reason == REASON_PRIVILEGE && side_completed(&b) && same_seen(&a, &b);
        break;
    case EVIDENCE_CTRL: holds = side_completed(&a) && (side_control(&a) || strcmp(subject, "out") == 0); break;
    case EVIDENCE_MODE: holds = both && still && a.before.m != b.before.m && same_seen(&a, &b) && sides_differ(&a, &b); break;
    case EVIDENCE_LOC:
        holds = both && still && a.before.m == b.before.m && a.before.l != b.before.l && same_seen(&a, &b) && sides_differ(&a, &b);
        break;
    case EVIDENCE_SILENT: holds = both && side_control(&a) != side_control(&b) && same_seen(&a, &b); break;
    default: break;
    }
    if (!holds)
        fail_msg("pg:%s %s: its witness of kind %u is none", pg_variants[variant].name, subject, kind);
}

static void every_witness_is_one(void **state)
{
    unsigned count = 0;
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        for (unsigned n = 0; n < ROWS; n++) {
            const struct finding *f = &proved[v]->findings[n];
            assert_int_equal(f->witness[EVIDENCE_CTRL].present, (f->sensitive & SENSITIVE_CONTROL) != 0);
            assert_int_equal(f->witness[EVIDENCE_LOC].present, (f->sensitive & SENSITIVE_LOCATION) != 0);
            assert_int_equal(f->witness[EVIDENCE_MODE].present, (f->sensitive & SENSITIVE_MODE) != 0);
            assert_int_equal(f->witness[EVIDENCE_PRIV].present, f->privileged);
            for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++)
                if (f->witness[kind].present) {
                    witness_holds(&f->witness[kind], kind, v, f->subject);
                    count++;
                }
        }
    assert_true(count > 100);
}

int main(void)
{
    static struct row_test rows[PG_VARIANT_COUNT * ROWS];
    struct CMUnitTest tests[PG_VARIANT_COUNT * ROWS + 16] = {
        cmocka_unit_test(the_verdicts_are_the_papers),
        cmocka_unit_test(what_is_harmless_is_innocuous),
        cmocka_unit_test(notes_stand_where_the_class_is_not_all),
        cmocka_unit_test(a_pin_taken_out_makes_what_it_guards_critical),
        cmocka_unit_test(what_is_unknown_is_refused),
        cmocka_unit_test(a_subject_is_named_or_given_as_a_cell),
        cmocka_unit_test(every_witness_is_one),
    };
    unsigned count = 0;
    while (tests[count].name)
        count++;
    for (unsigned n = 0; n < PG_VARIANT_COUNT * ROWS; n++) {
        struct row_test *t = &rows[n];
        const char *variant = pg_variants[n / ROWS].name;
        *t = (struct row_test){.variant = n / ROWS, .row = n % ROWS};
        snprintf(t->name, sizeof t->name, "pg%s%s.%s", *variant ? ":" : "", variant,
                 t->row < PG_INSN_COUNT ? isa_pg.rows[t->row].name : "reserved");
        tests[count++] = (struct CMUnitTest){t->name, row_is_as_claimed, NULL, NULL, t};
    }
    return _cmocka_run_group_tests("theory_pg", tests, count, prove_all, forget_all);
}
