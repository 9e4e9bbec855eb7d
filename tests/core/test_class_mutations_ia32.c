/* test_class_mutations_ia32.c - would the comparison claimed = measured notice, of IA-32? One mutation at a time, row by row: what insn.def
 * claims of each row, what the classifier's own table claims of rows and parts, what variants.def adds, what field.def calls the fields
 * that critical rows show; and a CPU that lies about the reason of traps. Survivors are reported by name.
 */
#include "tests/core/mutations.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/arena.h"
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

enum { TRAPS = MEASURED_WITHHELD + 1 };

static struct classification *classify(const struct ia32_inputs *in, struct classify_options o)
{
    struct classification *c = NULL;
    struct error e = {""};
    o.seed = 1;
    o.brief = true;
    if (ia32_classify(in, &o, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
}

static const struct classification *measured; /* under K, of the plain CPU */
static struct arena *arena;

static int setup(void **state)
{
    const struct ia32_inputs in = ia32_inputs();
    (void)state;
    arena = arena_create();
    measured = classify(&in, (struct classify_options){.subject = NULL});
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(arena);
    classification_destroy((struct classification *)measured);
    return 0;
}

/* What is measured does not depend on claims: it is compared with another one. */
static bool agrees(const struct finding *found, const struct claim *claim)
{
    struct finding f = *found;
    f.disagreement = NULL;
    assert_int_equal(finding_compare(&f, claim, arena), 0);
    return f.agrees;
}

static const char *part_of(const struct finding *f)
{
    const char *dot = f->row != INSN_NONE ? strchr(f->subject, '.') : NULL;
    return dot ? dot + 1 : NULL;
}

/* --- claims */

static void claim_mutants(struct tally *t, const struct finding *f, const struct claim *was)
{
    char as[48];
    assert_true(agrees(f, was));
    for (unsigned traps = 0; traps < TRAPS; traps++) {
        struct claim c = *was;
        if (traps == was->traps)
            continue;
        c.traps = traps;
        t->mutants++;
        snprintf(as, sizeof as, "traps %u", traps);
        if (agrees(f, &c))
            survived(t, f->subject, as);
    }
    for (unsigned bit = SENSITIVE_CONTROL; bit <= SENSITIVE_HIDDEN; bit <<= 1) {
        struct claim c = *was;
        c.sensitive ^= bit;
        t->mutants++;
        snprintf(as, sizeof as, "sensitive 0x%x", c.sensitive);
        if (agrees(f, &c))
            survived(t, f->subject, as);
    }
}

static void every_claim(void **state)
{
    struct tally t = {0};
    (void)state;
    for (unsigned n = 0; n < measured->count; n++) {
        const struct finding *f = &measured->findings[n];
        const struct claim c = f->row == INSN_NONE ? (struct claim){.traps = MEASURED_UNDEFINED}
                                                   : ia32_claim(&isa_ia32.rows[f->row], f->row, part_of(f), 0);
        claim_mutants(&t, f, &c);
    }
    all_killed(&t);
}

/* Columns of insn.def. Of a row that the classifier's own table claims something of they say nothing, and it is checked that they do not. */
static void column_mutant(struct tally *t, const struct finding *f, const struct insn_desc *r, unsigned *beside)
{
    const struct claim was = ia32_claim(&isa_ia32.rows[f->row], f->row, NULL, 0), is = ia32_claim(r, f->row, NULL, 0);
    const struct claim by_columns = claim_of_row(&isa_ia32.rows[f->row]);
    const bool own = was.traps != by_columns.traps || was.sensitive != by_columns.sensitive;
    if (is.traps == was.traps && is.sensitive == was.sensitive) {
        ++*beside;
        if (!own && agrees(f, &by_columns) && ia32_kind_of(0, f->row, 0) == NULL)
            survived(t, f->subject, "any column");
        return;
    }
    t->mutants++;
    if (agrees(f, &is))
        survived(t, f->subject, "another column");
}

static void every_column(void **state)
{
    struct tally t = {0};
    unsigned beside = 0;
    (void)state;
    for (unsigned n = 0; n < measured->count; n++) {
        const struct finding *f = &measured->findings[n];
        if (f->row == INSN_NONE || part_of(f))
            continue;
        for (enum insn_traps traps = TRAPS_NEVER; traps <= TRAPS_REQUESTED; traps++) {
            struct insn_desc r = isa_ia32.rows[f->row];
            if (traps == r.traps)
                continue;
            r.traps = traps;
            column_mutant(&t, f, &r, &beside);
        }
        for (unsigned bit = SENSITIVE_CONTROL; bit <= SENSITIVE_HIDDEN; bit <<= 1) {
            struct insn_desc r = isa_ia32.rows[f->row];
            r.sensitive ^= bit;
            column_mutant(&t, f, &r, &beside);
        }
    }
    print_message("%u columns are of rows that the classifier's own table has\n", beside);
    all_killed(&t);
}

/* A row of variants.def that is not there, and one of a variant that the CPU is not: what is measured on ia32:traps has the claims of that
 * machine and no other. */
static void every_variant_row(void **state)
{
    const struct ia32_inputs in = ia32_inputs();
    struct tally t = {0};
    (void)state;
    for (unsigned v = 0; v < IA32_VARIANT_COUNT; v++) {
        struct classification *c = NULL;
        if (v == IA32_VT_NUMBER || v == IA32_V86_NUMBER)
            continue;
        c = classify(&in, (struct classify_options){.variant = ia32_variants[v].name});
        for (unsigned n = 0; n < c->count; n++) {
            const struct finding *with = &c->findings[n], *plain = &measured->findings[n];
            if (with->row == INSN_NONE || with->sum || ia32_row_of(1u << v, with->row).traps == isa_ia32.rows[with->row].traps ||
                (part_of(with) && strcmp(part_of(with), "data") == 0))
                continue;
            const struct claim there = ia32_claim(&isa_ia32.rows[with->row], with->row, part_of(with), 1u << v);
            const struct claim not_there = ia32_claim(&isa_ia32.rows[with->row], with->row, part_of(with), 0);
            assert_true(agrees(with, &there) && agrees(plain, &not_there));
            t.mutants += 2;
            if (agrees(with, &not_there))
                survived(&t, with->subject, "one that no variant has");
            if (agrees(plain, &there))
                survived(&t, with->subject, "one that the plain CPU makes trap");
        }
        classification_destroy(c);
    }
    all_killed(&t);
}

/* --- the reason of traps. A CPU that gives one reason as another, of whatever traps. Rows do not see each other: so that each row with such
 * traps has to be noticed. */

static const struct machine_ops *honest;
static struct machine_ops liar_ops;
static enum trap_reason lie_from, lie_to;
static atomic_bool seen[IA_INSN_COUNT][REASONS];

static void liar_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *t)
{
    honest->run(m, budget, retired, t);
    if (t->kind != TRAP_EXCEPTION || t->row >= IA_INSN_COUNT)
        return;
    atomic_store(&seen[t->row][t->reason], true);
    if (t->reason == lie_from)
        t->reason = lie_to;
}

static int liar_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    const int error = lab_ia32_create(out, phys, config, index);
    if (error)
        return error;
    (*out)->ops = &liar_ops;
    return 0;
}

static void liar_setup(void)
{
    struct machine *m = NULL;
    struct phys *phys = NULL;
    struct ram *ram = NULL;
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(ram_create(&ram, BENCH_RAM_SIZE), 0);
    assert_int_equal(phys_add_ram(phys, "ram", BENCH_RAM, BENCH_RAM_SIZE, ram, 0), 0);
    assert_int_equal(lab_ia32_create(&m, phys, &ia32_config_default, 0), 0);
    honest = m->ops;
    liar_ops = *honest;
    liar_ops.run = liar_run;
    machine_destroy(m);
    phys_destroy(phys);
    ram_destroy(ram);
}

/* Of a row that is withheld a descriptor's ring is looked at only where the tables are, and there it is compared with what an honest CPU does. */
static const struct finding *of_row(const struct classification *c, unsigned row, unsigned *n)
{
    while (*n < c->count && c->findings[*n].row != row)
        ++*n;
    return *n < c->count ? &c->findings[(*n)++] : NULL;
}

static bool row_disagrees(const struct classification *c, const struct classification *truth, unsigned row)
{
    const struct finding *f;
    for (unsigned n = 0; (f = of_row(c, row, &n));) {
        const struct finding *t = &truth->findings[f - c->findings];
        if (t->agrees ? !f->agrees : !f->disagreement || strcmp(f->disagreement, t->disagreement) != 0)
            return true;
    }
    return false;
}

static bool is_withheld(unsigned row)
{
    const struct finding *f;
    for (unsigned n = 0; (f = of_row(measured, row, &n));)
        if (f->traps == MEASURED_WITHHELD)
            return true;
    return false;
}

/* Whether what does not complete was undefined there or asked for, the class of what completes elsewhere does not say. And a call is
 * refused for its ring only in states without K, where a class does not hang on why. */
static bool cannot_matter(unsigned row, unsigned from, unsigned to)
{
    const bool is_call = row == IA_INSN_call_far || row == IA_INSN_call_far_m;
    return (row == IA_INSN_into && from == REASON_REQUESTED && to == REASON_UNDEFINED) || (is_call && from == REASON_PRIVILEGE);
}

static void lie(struct tally *t, enum trap_reason from, enum trap_reason to, bool withheld, const struct classification *truth)
{
    struct ia32_inputs in = ia32_inputs();
    const struct classify_options o = {.without = withheld ? ia32_pins[IA32_PIN_TABLES_EMPTY].name : NULL};
    char as[64];
    in.create = liar_create;
    lie_from = from;
    lie_to = to;
    memset(seen, 0, sizeof seen);
    struct classification *c = classify(&in, o);
    snprintf(as, sizeof as, "%s, not %s", reason_name[to], reason_name[from]);
    for (unsigned row = 0; row < IA_INSN_COUNT; row++) {
        if (!seen[row][from] || (is_withheld(row) && from == REASON_PRIVILEGE) != withheld || cannot_matter(row, from, to))
            continue;
        t->mutants++;
        if (!row_disagrees(c, truth, row))
            survived(t, isa_ia32.rows[row].name, as);
    }
    classification_destroy(c);
}

static void every_reason(void **state)
{
    const struct ia32_inputs in = ia32_inputs();
    struct classification *open = classify(&in, (struct classify_options){.without = ia32_pins[IA32_PIN_TABLES_EMPTY].name});
    struct tally t = {0};
    (void)state;
    liar_setup();
    for (unsigned from = REASON_PRIVILEGE; from < REASONS; from++)
        for (unsigned to = 0; to < REASONS; to++)
            if (to != from)
                lie(&t, from, to, false, measured);
    for (unsigned to = 0; to < REASONS; to++)
        if (to != REASON_PRIVILEGE)
            lie(&t, REASON_PRIVILEGE, to, true, open);
    classification_destroy(open);
    all_killed(&t);
}

/* --- partitions: of fields by which a row gets its class, or would get another. (Others show by rows that further fields make sensitive.) */

static const struct {
    const char *field, *subject;
    int same; /* as this the row is in the same class; -1: as no other */
} uses[] = {
    {"eflags.IF", "cli", PART_RELOCATED},
    {"eflags.IOPL", "sti", -1},
    {"eflags.CF", "cmc", PART_HIDDEN},
    {"eflags.DF", "cld", PART_HIDDEN},
    {"eflags.ZF", "lahf", -1},
    {"eflags.PF", "lahf", -1},
    {"eflags.AF", "lahf", -1},
    {"eflags.SF", "lahf", -1},
    {"eflags.OF", "add_rm_r", PART_HIDDEN},
    {"cr0.TS", "fwait", PART_RELOCATED},
    {"es.selector", "push_es", -1},
    {"ds.selector", "push_ds", -1},
    {"fs.selector", "push_fs", -1},
    {"gs.selector", "push_gs", -1},
};

/* That nothing changes by itself does not depend on what is run, nor from where. */
static bool partition_noticed(const struct ia32_inputs *in, const char *subject, enum reg_partition part)
{
    const bool by_itself = part == PART_NONDET;
    struct classification *c = classify(in, (struct classify_options){.subject = by_itself ? NULL : subject, .states = by_itself});
    bool noticed = c->unsound && strstr(c->unsound, "does not change by itself");
    for (unsigned n = 0; n < c->count && !by_itself; n++)
        noticed |= !c->findings[n].agrees;
    classification_destroy(c);
    return noticed;
}

static void partitions(void **state)
{
    struct ia32_inputs in = ia32_inputs();
    struct reg_field fields[IA32_FIELDS_MAX];
    struct tally t = {0};
    (void)state;
    memcpy(fields, in.tables.fields, in.tables.field_count * sizeof *fields);
    in.tables.fields = fields;
    for (unsigned n = 0; n < sizeof uses / sizeof *uses; n++)
        for (unsigned f = 0; f < in.tables.field_count; f++) {
            const enum reg_partition was = fields[f].part;
            if (strcmp(fields[f].name, uses[n].field) != 0)
                continue;
            assert_false(partition_noticed(&in, uses[n].subject, was));
            for (unsigned part = 0; part < PARTS; part++) {
                fields[f].part = part;
                t.mutants += part != was;
                if (part != was && partition_noticed(&in, uses[n].subject, part) == ((int)part == uses[n].same))
                    survived(&t, fields[f].name, part_name[part]);
            }
            fields[f].part = was;
        }
    all_killed(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim),  cmocka_unit_test(every_column), cmocka_unit_test(every_variant_row),
        cmocka_unit_test(every_reason), cmocka_unit_test(partitions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
