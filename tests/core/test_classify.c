/* test_classify.c - the classifier itself: the same output for the same seed, witnesses that replay, K with each pin out, and
 * what it finds of a few instructions, by hand from the manual.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "core/theory/theory_riscv.h"

/* --- classifications as text */

static void finding_write(FILE *f, const struct classification *c, const struct finding *x)
{
    fprintf(f, "%s %u %u %d %d %d %d %d %u %u%u%u%u %s %s\n", x->subject, x->traps, x->sensitive, x->user_sensitive,
            x->supervisor_sensitive, x->hidden_sensitive, x->critical, x->agrees, x->confidence, x->outcomes[0], x->outcomes[1],
            x->outcomes[2], x->outcomes[3], x->condition ? x->condition : "-", x->disagreement ? x->disagreement : "-");
    for (enum evidence kind = 0; kind < EVIDENCE_COUNT; kind++)
        witness_print(f, c, x, kind);
}

static char *finding_text(const struct classification *c, const struct finding *x)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    finding_write(f, c, x);
    fclose(f);
    return text;
}

static char *text_of(const struct classification *c)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    fprintf(f, "%s %s %llu\n", c->isa, c->k, (unsigned long long)c->states_examined);
    for (unsigned n = 0; n < c->count; n++)
        finding_write(f, c, &c->findings[n]);
    fclose(f);
    return text;
}

static struct classification *classify(struct classify_options o)
{
    struct classification *c = NULL;
    struct error e = {""};
    if (theory_riscv.classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
}

static const struct finding *finding_of(const struct classification *c, const char *subject)
{
    for (unsigned n = 0; n < c->count; n++)
        if (strcmp(c->findings[n].subject, subject) == 0)
            return &c->findings[n];
    fail_msg("no finding of %s", subject);
    return NULL;
}

/* Made once: all of it under K, with witnesses. */
static struct classification *under_k;

static int setup(void **state)
{
    (void)state;
    under_k = classify((struct classify_options){.seed = 1});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    classification_destroy(under_k);
    return 0;
}

/* --- */

static void same_seed_same_bytes(void **state)
{
    (void)state;
    struct classification *again = classify((struct classify_options){.seed = 1});
    char *a = text_of(under_k), *b = text_of(again);
    assert_string_equal(a, b);
    free(a);
    free(b);
    classification_destroy(again);
}

static void other_seeds_same_classes(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed < 5; seed++) {
        struct classification *c = classify((struct classify_options){.seed = seed, .brief = true});
        assert_null(c->unsound);
        for (unsigned n = 0; n < c->count; n++)
            if (!c->findings[n].agrees)
                fail_msg("seed %u: %s: %s", (unsigned)seed, c->findings[n].subject, c->findings[n].disagreement);
        classification_destroy(c);
    }
}

/* The line that a witness prints, followed: the subject by itself, with the seed. */
static void every_witness_replays(void **state)
{
    (void)state;
    unsigned witnesses = 0;
    for (unsigned n = 0; n < under_k->count; n++) {
        const struct finding *f = &under_k->findings[n];
        const struct witness *first = NULL;
        for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++)
            if (f->witness[kind].present) {
                if (!f->witness[kind].holds)
                    fail_msg("%s: witness %u does not hold when run again", f->subject, kind);
                first = first ? first : &f->witness[kind];
                witnesses++;
            }
        if (!first || (n % 8 && !f->sensitive)) /* those that only trap are much alike */
            continue;
        struct classification *alone = classify((struct classify_options){.seed = first->seed, .subject = f->subject});
        char *a = finding_text(under_k, f), *b = finding_text(alone, &alone->findings[0]);
        assert_int_equal(alone->count, 1);
        assert_string_equal(a, b);
        free(a);
        free(b);
        classification_destroy(alone);
    }
    assert_true(witnesses > 1000);
}

/* An encoding is its row with that encoding only, and has the row's class. */
static void by_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *encoding, *subject;
    } is[] = {{"0x10200073", "sret"},       {"0x30200073", "mret"}, {"0x10059573", "csrrw.sstatus"},
              {"0xc0002573", "csrr.cycle"}, {"0x9002", "c.ebreak"}, {"0x00000013", "addi"}};
    for (unsigned n = 0; n < sizeof is / sizeof *is; n++) {
        struct classification *c = classify((struct classify_options){.seed = 1, .subject = is[n].encoding});
        const struct finding *f = &c->findings[0], *row = finding_of(under_k, is[n].subject);
        assert_string_equal(f->subject, is[n].subject);
        assert_int_equal(f->traps, row->traps);
        assert_int_equal(f->sensitive, row->sensitive);
        classification_destroy(c);
    }
}

static void refused(const char *subject, const char *without, const char *variant, int error)
{
    struct classify_options o = {.seed = 1, .subject = subject, .without = without, .variant = variant};
    struct classification *c = NULL;
    struct error e = {""};
    assert_int_equal(theory_riscv.classify(&o, &c, &e), error);
    assert_null(c);
    assert_string_not_equal(e.text, "");
}

static void unknown_words_are_refused(void **state)
{
    (void)state;
    refused("popf", NULL, NULL, -ENOENT);
    refused("csrr.nothing", NULL, NULL, -ENOENT);
    refused("0x", NULL, NULL, -EINVAL);
    refused("0x100000000", NULL, NULL, -EINVAL);
    refused("0x10001", NULL, NULL, -EINVAL);
    refused(NULL, "wfi", NULL, -EINVAL);
    refused(NULL, NULL, "LRA", -EINVAL);
}

/* --- K */

static void nothing_is_critical_under_k(void **state)
{
    (void)state;
    struct verdict v;
    assert_int_equal(theorem_decide(under_k, &v), 0);
    assert_int_equal(v.critical_count, 0);
    assert_true(v.theorem1 && v.theorem2 && v.theorem3);
    assert_null(under_k->unsound);
    assert_false(under_k->exhaustive);
    verdict_free(&v);
    for (unsigned n = 0; n < under_k->count; n++)
        assert_false(under_k->findings[n].withheld); /* K sets how the hart behaves, and takes nothing away */
    for (unsigned n = 0; n < under_k->count; n++)
        if (under_k->findings[n].confidence == TOUCHED)
            fail_msg("%s touches control state in user mode, and nothing shows for it", under_k->findings[n].subject);
}

/* A CSR counts once, and not at all where it can hold one value only [priv 3.1.1-3.1.5, 3.1.10, 3.7]. */
static void each_thing_counts_once(void **state)
{
    static const struct {
        const char *read;
        bool constant;
    } is[] = {{"csrr.misa", true},      {"csrr.mvendorid", true},  {"csrr.mhpmcounter3", true}, {"csrr.hpmcounter3", true},
              {"csrr.pmpaddr16", true}, {"csrr.pmpaddr15", false}, {"csrr.mhartid", false},     {"csrr.sstatus", false},
              {"csrr.cycle", false},    {"csrr.tinfo", true},      {"csrr.tdata1", false}};
    (void)state;
    struct census s;
    unsigned rows = 0, csrs = 0;
    for (unsigned n = 0; n < sizeof is / sizeof *is; n++)
        if (finding_of(under_k, is[n].read)->constant != is[n].constant)
            fail_msg("%s is %sa constant", is[n].read, is[n].constant ? "not " : "");
    for (unsigned n = 0; n < under_k->count; n++) {
        rows += under_k->findings[n].csr < 0 && !under_k->findings[n].sum;
        csrs += strncmp(under_k->findings[n].subject, "csrr.", 5) == 0;
    }
    classification_census(under_k, &s);
    assert_int_equal(s.instructions, rows);
    assert_int_equal(s.csrs + s.constant + s.absent, csrs);
    assert_int_equal(s.neither + s.privileged + s.guarded + s.critical, s.instructions + s.csrs);
    assert_int_equal(s.grade[GRADE_SAMPLED] + s.grade[GRADE_EXHAUSTED] + s.grade[GRADE_PROVED], s.instructions + s.csrs);
    assert_int_equal(s.privileged, 0); /* what traps for privilege is sensitive, once constants are apart */
    assert_int_equal(s.absent, 1);     /* ustate, which the pin reserved-traps hides */
}

/* Verdict and claims are of other harts, too; what is constant or absent there is another matter. */
static void other_harts(void **state)
{
    (void)state;
    unsigned harts = 0, constant[8];
    for (const struct theory_hart *h = theory_riscv.harts; h->name; h++, harts++) {
        struct classification *c = classify((struct classify_options){.seed = 1, .hart = h->name, .brief = true});
        struct verdict v;
        struct census s;
        for (unsigned n = 0; n < c->count; n++)
            if (!c->findings[n].agrees)
                fail_msg("hart %s: %s: %s", h->name, c->findings[n].subject, c->findings[n].disagreement);
        assert_null(c->unsound);
        assert_string_equal(c->hart, h->name);
        assert_int_equal(theorem_decide(c, &v), 0);
        assert_true(v.theorem1);
        verdict_free(&v);
        classification_census(c, &s);
        assert_true(harts < 8);
        constant[harts] = s.constant;
        classification_destroy(c);
    }
    assert_int_equal(harts, 4);
    assert_true(constant[0] < constant[1]); /* without PMP those of its CSRs that are constants are absent */
    struct classification *cbo = classify((struct classify_options){.seed = 1, .hart = "cbo", .subject = "cbo.zero"});
    assert_true(cbo->findings[0].privileged && cbo->findings[0].sensitive == SENSITIVE_STATE);
    classification_destroy(cbo);
    struct classification *c = NULL;
    struct error e = {""};
    assert_int_equal(theory_riscv.classify(&(struct classify_options){.seed = 1, .hart = "pmp64"}, &c, &e), -EINVAL);
}

static bool is_float(const struct finding *f)
{
    static const char *const csr[] = {"fflags", "frm", "fcsr"};
    const struct insn_desc *row = f->row == INSN_NONE ? NULL : &isa_riscv.rows[f->row];
    for (unsigned n = 0; n < sizeof csr / sizeof *csr; n++)
        if (f->csr >= 0 && strcmp(strchr(f->subject, '.') + 1, csr[n]) == 0)
            return true;
    return f->csr < 0 && row && (*row->ext == 'F' || *row->ext == 'D' || strncmp(row->name, "c.f", 3) == 0);
}

/* [priv 2.2 table 4]: the counters for reading. */
static bool is_counter_read(const struct finding *f)
{
    return f->csr >= 0xc00 && f->csr <= 0xc1f && strncmp(f->subject, "csrr.", 5) == 0;
}
static bool is_wfi(const struct finding *f) { return strcmp(f->subject, "wfi") == 0; }
static bool is_cbo(const struct finding *f) { return strncmp(f->subject, "cbo.", 4) == 0; }
static bool is_custom(const struct finding *f) { return strcmp(f->subject, "csrr.ustate") == 0; }

/* What comes to real S-mode instead: whatever traps in user mode under K. */
static bool is_trapping(const struct finding *f) { return !f->sum && finding_of(under_k, f->subject)->traps != MEASURED_NEVER; }

/* What reaches data: by its opcode [unpriv 34, RVC 27.8]. */
static bool is_access(const struct finding *f)
{
    const struct insn_desc *row = f->row == INSN_NONE || f->csr >= 0 ? NULL : &isa_riscv.rows[f->row];
    if (!row)
        return false;
    if (row->length == 2)
        return strncmp(row->name, "c.f", 3) == 0 || (strchr("ls", row->name[2]) && strchr("wd", row->name[3]));
    switch (row->match & 0x7f) {
    case 0x03:
    case 0x07:
    case 0x23:
    case 0x27:
    case 0x2f: return true;
    default: return false;
    }
}

static void check_pin(enum riscv_pin pin, bool (*guards)(const struct finding *), bool theorem3)
{
    struct pin_effect p;
    struct error e;
    assert_int_equal(pin_effect_measure(&theory_riscv, NULL, under_k, &riscv_pins[pin], &p, &e), 0);
    for (unsigned n = 0; n < p.c->count; n++)
        if (p.c->findings[n].critical != guards(&p.c->findings[n]))
            fail_msg("without %s: %s is %scritical", p.pin->name, p.c->findings[n].subject, p.c->findings[n].critical ? "" : "not ");
    assert_true(p.just);
    assert_int_equal(p.guarded_count, p.verdict.critical_count);
    assert_true(p.verdict.critical_count > 0);
    assert_false(p.verdict.theorem1);
    assert_false(p.verdict.theorem2);
    assert_int_equal(p.verdict.theorem3, theorem3);
    assert_null(p.c->unsound);
    assert_null(strstr(p.c->k, p.pin->name));
    pin_effect_free(&p);
}

static void pin_counters_off(void **state) { (void)state, check_pin(PIN_COUNTERS_OFF, is_counter_read, false); }
/* In user mode it completes, and that is all: sensitive only where it is a VMM's business. A hybrid monitor would do. */
static void pin_wfi_traps(void **state) { (void)state, check_pin(PIN_WFI_TRAPS, is_wfi, true); }
static void pin_cbo_off(void **state) { (void)state, check_pin(PIN_CBO_OFF, is_cbo, false); }
static void pin_reserved_traps(void **state) { (void)state, check_pin(PIN_RESERVED_TRAPS, is_custom, false); }
static void pin_fs_identity(void **state) { (void)state, check_pin(PIN_FS_IDENTITY, is_float, false); }
static void pin_no_delegation(void **state) { (void)state, check_pin(PIN_NO_DELEGATION, is_trapping, false); }

static void pin_vector_owned(void **state) { (void)state, check_pin(PIN_VECTOR_OWNED, is_trapping, false); }
static void pin_satp_owned(void **state) { (void)state, check_pin(PIN_SATP_OWNED, is_access, false); }
static void pin_pmp_owned(void **state) { (void)state, check_pin(PIN_PMP_OWNED, is_access, false); }

/* --- by hand, from the manual */

struct expected {
    const char *subject;
    enum measured_traps traps;
    unsigned sensitive;
    bool user, supervisor, hidden;
};

static void check(const struct classification *c, const struct expected *x)
{
    const struct finding *f = finding_of(c, x->subject);
    if (f->traps != x->traps || f->sensitive != x->sensitive || f->user_sensitive != x->user ||
        f->supervisor_sensitive != x->supervisor || f->hidden_sensitive != x->hidden)
        fail_msg("%s: traps %u, sensitive %u, user %d, supervisor %d, hidden %d", f->subject, f->traps, f->sensitive,
                 f->user_sensitive, f->supervisor_sensitive, f->hidden_sensitive);
}

static void by_hand(void **state)
{
    (void)state;
    enum { CONTROL = SENSITIVE_CONTROL, LOCATION = SENSITIVE_LOCATION, STATE = SENSITIVE_STATE };
    static const struct expected expected[] = {
        {"sret", MEASURED_ALWAYS, CONTROL | STATE, false, true, false},                  /* [priv 3.3.2] mode, SIE; sepc, TSR */
        {"csrrw.satp", MEASURED_ALWAYS, CONTROL | LOCATION | STATE, false, true, false}, /* [priv 12.1.11, 3.1.6.5] TVM */
        {"csrr.sstatus", MEASURED_ALWAYS, STATE, false, true, false},                    /* [priv 12.1.1] */
        {"csrw.sstatus", MEASURED_ALWAYS, CONTROL, false, true, false},
        {"csrr.mhartid", MEASURED_ALWAYS, STATE, false, true, false},         /* [priv 3.1.5] */
        {"csrr.misa", MEASURED_ALWAYS, 0, false, false, false},               /* constant: privileged all the same */
        {"sfence.vma", MEASURED_ALWAYS, CONTROL | STATE, false, true, false}, /* [priv 12.2.1] */
        {"wfi", MEASURED_ALWAYS, CONTROL | STATE, false, true, false},        /* [priv 3.3.3] */
        {"fadd.s", MEASURED_NEVER, 0, false, false, false},                   /* FS is the program's */
        {"lr.d", MEASURED_NEVER, 0, false, false, false},                     /* [unpriv 14.2] */
        {"sc.d", MEASURED_NEVER, 0, false, false, true},
        {"ecall", MEASURED_REQUESTED, 0, false, false, false}, /* [priv 3.3.1] */
        {"c.ebreak", MEASURED_REQUESTED, 0, false, false, false},
        {"csrr.cycle", MEASURED_ALWAYS, STATE, true, true, false},  /* [priv 3.1.11] */
        {"csrw.cycle", MEASURED_UNDEFINED, 0, false, false, false}, /* [priv 2.1] read-only */
        {"csrrw.fcsr", MEASURED_NEVER, 0, false, false, false},     /* [unpriv 20.2] */
        {"auipc", MEASURED_NEVER, 0, false, false, false},
        {"cbo.zero", MEASURED_UNDEFINED, 0, false, false, false},
    };
    for (unsigned n = 0; n < sizeof expected / sizeof *expected; n++)
        check(under_k, &expected[n]);
}

static void by_hand_counters_on(void **state)
{
    (void)state;
    const struct expected expected = {"csrr.cycle", MEASURED_CONDITION, SENSITIVE_STATE, true, true, false};
    struct classification *c = classify((struct classify_options){.seed = 1, .subject = "csrr.cycle", .without = "counters-off"});
    check(c, &expected);
    assert_true(c->findings[0].critical);
    assert_string_equal(c->findings[0].condition, "scounteren.CY, mcounteren.CY");
    classification_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(other_seeds_same_classes),
        cmocka_unit_test(every_witness_replays),
        cmocka_unit_test(by_encoding),
        cmocka_unit_test(unknown_words_are_refused),
        cmocka_unit_test(nothing_is_critical_under_k),
        cmocka_unit_test(each_thing_counts_once),
        cmocka_unit_test(other_harts),
        cmocka_unit_test(pin_counters_off),
        cmocka_unit_test(pin_wfi_traps),
        cmocka_unit_test(pin_cbo_off),
        cmocka_unit_test(pin_reserved_traps),
        cmocka_unit_test(pin_fs_identity),
        cmocka_unit_test(pin_no_delegation),
        cmocka_unit_test(pin_vector_owned),
        cmocka_unit_test(pin_satp_owned),
        cmocka_unit_test(pin_pmp_owned),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(by_hand_counters_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
