/* test_theory_pg_mutations.c - the paper's machine, changed in one claim, effect, trap reason or record of accesses: it shows. */
#include "tests/core/theory_pg_rig.h"

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
    SHOWS_M_BY_RESULT,  /* a cell where it leaves 37 is one less in s */
    SHOWS_M_BY_OPERAND, /* P grows by M where E[b] is 37 */
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

enum { ONE_WORD = 37 }; /* of all that there are */

static uint64_t cell_pa(const struct machine *m, uint64_t a) { return (machine_get(m, PG_L) + a) * PG_CELL; }

static bool cell_is(const struct machine *m, uint64_t a, uint64_t word)
{
    uint64_t v = 0;
    return a < machine_get(m, PG_B) && machine_load(m, cell_pa(m, a), &v, sizeof v) == 0 && v == word;
}

static void cell_put(struct machine *m, uint64_t a, uint64_t word)
{
    assert_int_equal(machine_store(m, cell_pa(m, a), &word, sizeof word), 0);
}

static bool is_touched(const struct machine *m, uint64_t cell, unsigned how)
{
    struct machine_touch touch[16];
    const unsigned count = machine_touched(m, touch, 16);
    for (unsigned n = 0; n < count && n < 16; n++)
        if (touch[n].reg == PG_E + cell && touch[n].how & how)
            return true;
    return false;
}

static void change_trap_cell(struct mutant *x)
{
    const uint64_t word = 0x77;
    assert_int_equal(machine_store(x->real, 0, &word, sizeof word), 0);
}

static void mutate_completed(struct mutant *x, uint64_t mode, uint64_t l, uint64_t bits, bool one_operand)
{
    struct machine *m = x->real;
    const struct pg_word *w = pg_word_of(m->config);
    switch (mutation_now) {
    case ENDS_IN_USER_MODE: machine_set(m, MACHINE_MODE, PG_U); break;
    case SHOWS_L: machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + l); break;
    case SHOWS_M: machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + mode); break;
    case WRITES_TRAP_CELL:
        x->wrote_trap_cell = true;
        change_trap_cell(x);
        break;
    case SHOWS_M_BY_RESULT:
        if (is_touched(m, l + pg_operand_a_in(w, bits), TOUCH_WRITE) && cell_is(m, pg_operand_a_in(w, bits), ONE_WORD))
            cell_put(m, pg_operand_a_in(w, bits), ONE_WORD - mode);
        break;
    case SHOWS_M_BY_OPERAND:
        if (one_operand && is_touched(m, l + pg_operand_b_in(w, bits), TOUCH_READ))
            machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + mode);
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
    unsigned length;
    const struct pg_word *w = pg_word_of(m->config);
    const uint64_t p = machine_get(m, MACHINE_PC);
    const bool fetched = p < machine_get(m, PG_B) && p + l < ((const struct pg_config *)m->config)->cells;
    const bool here = fetched && isa_pg.decode(m->config, 0, bits, &length) == mutated_row, zero = pg_operand_a_in(w, bits) == 0;
    const bool one_operand = here && cell_is(m, pg_operand_b_in(w, bits), ONE_WORD);
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
        mutate_completed(x, mode, l, bits, one_operand);
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
    in.cells = PG_CELLS_MIN; /* are enough, and take a tenth of the time */
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
    survivors_are(SHOWS_M_BY_RESULT, "jmp jz jn svc lpsw setr getr getmode lra rtu shrink halt out",
                  "they store nothing, or do not complete in both modes");
    survivors_are(SHOWS_M_BY_OPERAND, "lit ldx jmp svc lpsw setr getr getmode lra rtu shrink halt out",
                  "they do not look at E[b], or complete in both modes, as LDX does not from cell 37");
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_claim_shows),
        cmocka_unit_test(a_wrong_trap_reason_shows),
        cmocka_unit_test(a_wrong_privilege_shows),
        cmocka_unit_test(a_wrong_effect_shows),
        cmocka_unit_test(a_machine_that_cannot_be_relied_on_shows),
        cmocka_unit_test(a_variant_in_place_of_the_base_machine_shows),
    };
    return cmocka_run_group_tests(tests, prove_all, forget_all);
}
