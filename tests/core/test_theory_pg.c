/* The paper's machine, proved: every row of every variant is a test of its own (claimed = measured), the verdicts are those of the
 * paper, each witness is one on a machine of our own making, and whatever is changed in claims, effects, trap reasons or the record
 * of accesses shows. */
#include "core/theory/theory_pg.h"
#include "tests/isa/pg_bench.h"

enum { ROWS = PG_INSN_COUNT + 1 };

static struct classification *proof(enum pg_variant variant, const char *without, bool brief)
{
    const struct classify_options o = {.variant = pg_variants[variant].name, .without = without, .brief = brief};
    struct classification *c;
    struct error e;
    if (theory_pg.classify(&o, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

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

static struct classification *proved[PG_VARIANT_COUNT];

static int prove_all(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        proved[v] = proof(v, NULL, false);
    return 0;
}

static int forget_all(void **state)
{
    (void)state;
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        classification_destroy(proved[v]);
    return 0;
}

static void row_is_as_claimed(void **state)
{
    const struct row_test *t = *state;
    const struct classification *c = proved[t->variant];
    assert_int_equal(c->count, ROWS);
    const struct finding *f = &c->findings[t->row];
    if (!f->agrees)
        fail_msg("%s", f->disagreement);
    assert_int_equal(f->confidence, PROVED);
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
        assert_true(c->exhaustive && c->states_examined > 1000000);
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

/* From what the witness says; cells it does not name may hold anything, and hold 7. */
static void side_run(const struct witness *w, enum pg_variant variant, bool second, struct side *s)
{
    struct pg_bench b;
    uint64_t retired = 0;
    unsigned cell;
    memset(s, 0, sizeof *s);
    pg_bench_create(&b, PG_CELLS, variant);
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
    s->before.cell[s->before.l + s->before.p] = w->bits;
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

/* --- mutations. A machine that is wrapped does one row wrong, in one way. */

enum mutation {
    REASON_IS_PRIVILEGE,
    REASON_IS_RESOURCE,
    REASON_IS_REQUESTED,
    REASON_IS_UNDEFINED,
    USER_MAY,           /* in u as in s */
    USER_MAY_SOMETIMES, /* likewise, if the operand a is 0 */
    USER_MAY_NOT,       /* in u a privilege trap */
    ENDS_IN_USER_MODE,  /* M = u, if it completes */
    SHOWS_L,            /* P grows by l, likewise */
    SHOWS_M,            /* P grows by M */
    WRITES_TRAP_CELL,   /* E[0] changes regardless of R */
    WRITES_UNRECORDED,  /* the same, and the record does not tell */
    READS_UNRECORDED,
    TRAP_CHANGES_P,
    MUTATIONS
};

struct mutant {
    struct machine machine; /* first */
    struct machine *real;
    bool wrote_trap_cell, hides, refused;
};

/* The tests run one after the other; a create function has no context. */
static enum mutation mutation_now;
static unsigned mutated_row;

static struct mutant *mutant_of(struct machine *m) { return (struct mutant *)(void *)m; }
static const struct mutant *mutant_of_const(const struct machine *m) { return (const struct mutant *)(const void *)m; }

static uint64_t next_cell(const struct machine *m)
{
    const uint64_t pa = (machine_get(m, PG_L) + machine_get(m, MACHINE_PC)) * PG_CELL;
    uint64_t bits = 0;
    return machine_load(m, pa, &bits, sizeof bits) ? 0 : bits;
}

static void change_trap_cell(struct mutant *x)
{
    const uint64_t word = 0x77;
    assert_int_equal(machine_store(x->real, 0, &word, sizeof word), 0);
}

static void mutate_completed(struct mutant *x, uint64_t mode, uint64_t l)
{
    struct machine *m = x->real;
    switch (mutation_now) {
    case ENDS_IN_USER_MODE: machine_set(m, MACHINE_MODE, PG_U); break;
    case SHOWS_L: machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + l); break;
    case SHOWS_M: machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + mode); break;
    case WRITES_TRAP_CELL:
        x->wrote_trap_cell = true;
        change_trap_cell(x);
        break;
    case WRITES_UNRECORDED: change_trap_cell(x); break;
    default: break;
    }
}

static void mutant_run(struct machine *machine, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct mutant *x = mutant_of(machine);
    struct machine *m = x->real;
    const uint64_t mode = machine_get(m, MACHINE_MODE), l = machine_get(m, PG_L);
    const uint64_t bits = next_cell(m);
    const bool here = bits >> 56 == isa_pg.rows[mutated_row].match >> 56, zero = bits_get(bits, 28, 28) == 0;
    const bool raised = here && mode == PG_U && (mutation_now == USER_MAY || (mutation_now == USER_MAY_SOMETIMES && zero));
    x->wrote_trap_cell = false;
    x->refused = here && mutation_now == USER_MAY_NOT && mode == PG_U;
    x->hides = here && mutation_now == READS_UNRECORDED;
    if (raised)
        machine_set(m, MACHINE_MODE, PG_S);
    if (x->refused) {
        *out = (struct trap){
            .kind = TRAP_EXCEPTION, .reason = REASON_PRIVILEGE, .cause = PG_TRAP_PRIVILEGED, .row = (uint16_t)mutated_row};
        return;
    }
    machine_run_to(m, budget, retired, out);
    if (raised && machine_get(m, MACHINE_MODE) == PG_S)
        machine_set(m, MACHINE_MODE, PG_U);
    if (!here)
        return;
    if (out->kind != TRAP_EXCEPTION)
        mutate_completed(x, mode, l);
    else if (mutation_now <= REASON_IS_UNDEFINED)
        out->reason = (enum trap_reason)(REASON_PRIVILEGE + mutation_now);
    else if (mutation_now == TRAP_CHANGES_P)
        machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + 1);
}

static unsigned mutant_touched(const struct machine *machine, struct machine_touch *out, unsigned room)
{
    const struct mutant *x = mutant_of_const(machine);
    unsigned count = x->refused ? 0 : machine_touched(x->real, out, room);
    for (unsigned n = 0; n < count && n < room; n++)
        if (x->hides)
            out[n].how &= (unsigned)~TOUCH_READ;
    if (x->wrote_trap_cell && count < room)
        out[count++] = (struct machine_touch){.reg = PG_E, .how = TOUCH_WRITE, .bits = UINT64_MAX};
    return count;
}

static uint64_t mutant_get(const struct machine *m, reg_t r) { return machine_get(mutant_of_const(m)->real, r); }
static void mutant_set(struct machine *m, reg_t r, uint64_t v) { machine_set(mutant_of(m)->real, r, v); }
static int mutant_load(const struct machine *m, pa_t a, void *to, size_t n)
{
    return machine_load(mutant_of_const(m)->real, a, to, n);
}
static int mutant_store(struct machine *m, pa_t a, const void *from, size_t n)
{
    return machine_store(mutant_of(m)->real, a, from, n);
}

static void mutant_destroy(struct machine *m)
{
    machine_destroy(mutant_of(m)->real);
    free(m);
}

static const struct machine_ops mutant_ops = {
    .run = mutant_run,
    .get = mutant_get,
    .set = mutant_set,
    .load = mutant_load,
    .store = mutant_store,
    .touched = mutant_touched,
    .destroy = mutant_destroy,
};

static int mutant_create(struct machine **out, struct phys *phys, const struct pg_config *config)
{
    struct mutant *x = calloc(1, sizeof *x);
    assert_non_null(x);
    int error = pg_create(&x->real, phys, config);
    x->machine = (struct machine){.ops = &mutant_ops, .isa = &isa_pg, .phys = phys, .config = error ? NULL : x->real->config};
    *out = &x->machine;
    return error;
}

/* The rows that a mutation leaves as claimed, by name. */
static void survivors_are(enum mutation mutation, const char *expected, const char *why)
{
    struct pg_inputs in = pg_inputs(PG_BASE);
    char survivors[256] = "";
    in.create = mutant_create;
    mutation_now = mutation;
    for (mutated_row = 0; mutated_row < PG_INSN_COUNT; mutated_row++) {
        const struct classify_options o = {.subject = isa_pg.rows[mutated_row].name, .brief = true};
        struct classification *c;
        struct error e;
        assert_int_equal(pg_classify(&in, &o, &c, &e), 0);
        assert_int_equal(c->count, 1);
        if (c->findings[0].agrees)
            strcat(strcat(survivors, *survivors ? " " : ""), isa_pg.rows[mutated_row].name);
        classification_destroy(c);
    }
    if (strcmp(survivors, expected) != 0)
        fail_msg("mutation %u is survived by '%s', and ought to be by '%s': %s", mutation, survivors, expected, why);
}

static void a_wrong_trap_reason_shows(void **state)
{
    const char *why = "JMP traps for nothing; a reason that is the right one for all traps of the row is no mutation";
    (void)state;
    survivors_are(REASON_IS_PRIVILEGE, "jmp rtu halt", why);
    survivors_are(REASON_IS_RESOURCE, "lit mov ldx stx add sub and shr jmp jz jn", why);
    survivors_are(REASON_IS_REQUESTED, "jmp svc", why);
    survivors_are(REASON_IS_UNDEFINED, "jmp", why);
}

static void a_wrong_privilege_shows(void **state)
{
    (void)state;
    survivors_are(USER_MAY, "lit mov ldx stx add sub and shr jmp jz jn svc", "they are alike in both modes");
    survivors_are(USER_MAY_SOMETIMES, "lit mov ldx stx add sub and shr jmp jz jn svc", "they are alike in both modes");
    survivors_are(USER_MAY_NOT, "lpsw setr getr getmode lra rtu shrink halt out", "they are privileged already");
}

static void a_wrong_effect_shows(void **state)
{
    (void)state;
    survivors_are(ENDS_IN_USER_MODE, "svc lpsw setr rtu shrink out",
                  "SVC does not complete; the others are control-sensitive already");
    survivors_are(SHOWS_L, "svc lpsw setr getr lra rtu",
                  "SVC does not complete; LPSW, SETR, RTU change M or R, so behaviour is not asked; GETR and LRA show l already");
    survivors_are(SHOWS_M, "svc lpsw setr getr getmode lra rtu shrink halt out", "they do not complete in both modes");
    survivors_are(WRITES_TRAP_CELL, "svc lpsw setr rtu",
                  "SVC does not complete; the others are control-sensitive already, and M or R changes, so behaviour is not asked");
}

/* What cannot be relied on is said, instead of a class. */
static void a_machine_that_cannot_be_relied_on_shows(void **state)
{
    (void)state;
    survivors_are(WRITES_UNRECORDED, "svc", "it does not complete");
    survivors_are(READS_UNRECORDED, "lit jmp svc getr getmode lra rtu halt", "they read nothing");
    survivors_are(TRAP_CHANGES_P, "jmp", "it traps for nothing");
}

/* A variant's machine under the claims of the base machine: the row that it changes is the one that disagrees. */
static void a_variant_in_place_of_the_base_machine_shows(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    assert_non_null(arena);
    for (enum pg_variant v = PG_BASE + 1; v < PG_VARIANT_COUNT; v++)
        for (unsigned row = 0; row < PG_INSN_COUNT; row++) {
            struct finding f = proved[v]->findings[row];
            const struct claim claim = claim_of_row(&isa_pg.rows[row]);
            assert_int_equal(finding_compare(&f, &claim, arena), 0);
            assert_int_equal(f.agrees, row != pg_variants[v].row);
        }
    arena_destroy(arena);
}

/* Every claim of every row, flipped one at a time. */
static void a_flipped_claim_shows(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    assert_non_null(arena);
    for (enum pg_variant v = PG_BASE; v < PG_VARIANT_COUNT; v++)
        for (unsigned row = 0; row < PG_INSN_COUNT; row++) {
            const struct insn_desc is = pg_row_of(v, row);
            for (unsigned traps = TRAPS_NEVER; traps <= TRAPS_REQUESTED; traps++)
                for (unsigned flip = 0; flip < 16; flip = flip ? flip << 1 : 1) {
                    struct insn_desc wrong = is;
                    wrong.traps = traps;
                    wrong.sensitive ^= flip;
                    struct finding f = proved[v]->findings[row];
                    const struct claim claim = claim_of_row(&wrong);
                    assert_int_equal(finding_compare(&f, &claim, arena), 0);
                    assert_int_equal(f.agrees, traps == is.traps && flip == 0);
                }
        }
    arena_destroy(arena);
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
        cmocka_unit_test(a_flipped_claim_shows),
        cmocka_unit_test(a_wrong_trap_reason_shows),
        cmocka_unit_test(a_wrong_privilege_shows),
        cmocka_unit_test(a_wrong_effect_shows),
        cmocka_unit_test(a_machine_that_cannot_be_relied_on_shows),
        cmocka_unit_test(a_variant_in_place_of_the_base_machine_shows),
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
