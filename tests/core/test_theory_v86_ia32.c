/* test_theory_v86_ia32.c - what virtual-8086 mode is found to be, as user mode of a program that believes to be in real mode: the corner of IA-32
 * that nearly could be virtualized from the beginning. Three instructions of 1982 are left, and UMIP has these trap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/theory/theory_ia32.h"

static struct classification *classify(struct classify_options o)
{
    struct classification *c = NULL;
    struct error e = {""};
    o.variant = o.variant ? o.variant : "v86";
    if (theory_ia32.classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
}

static const struct finding *finding_of(const struct classification *c, const char *subject)
{
    for (unsigned n = 0; n < c->count; n++)
        if (strcmp(c->findings[n].subject, subject) == 0)
            return &c->findings[n];
    return NULL;
}

/* Just these are critical, and the claims agree. */
static void critical_are(const struct classification *c, const char *const *list, unsigned size)
{
    unsigned count = 0;
    for (unsigned n = 0; n < c->count; n++) {
        if (!c->without && !c->findings[n].agrees)
            fail_msg("%s, seed %u: %s: %s", c->variant, (unsigned)c->seed, c->findings[n].subject, c->findings[n].disagreement);
        count += c->findings[n].critical;
    }
    for (unsigned n = 0; n < size; n++)
        if (!finding_of(c, list[n])->critical)
            fail_msg("%s: %s is not critical", c->variant, list[n]);
    assert_int_equal(count, size);
    if (c->unsound)
        fail_msg("%s", c->unsound);
}

static void three_are_left(void **state)
{
    static const char *const list[] = {"sgdt", "sidt", "smsw"};
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct classification *c = classify((struct classify_options){.seed = seed});
        struct verdict v;
        critical_are(c, list, 3);
        for (unsigned n = 0; n < 3; n++)
            assert_true(finding_of(c, list[n])->witness[EVIDENCE_STATE].present &&
                        finding_of(c, list[n])->witness[EVIDENCE_STATE].holds);
        assert_true(finding_of(c, "smsw")->witness[EVIDENCE_MODE].present);
        assert_null(finding_of(c, "lar")); /* there are no rows of protected mode */
        assert_int_equal(theorem_decide(c, &v), 0);
        assert_false(v.theorem1 || v.theorem2 || v.theorem3);
        verdict_free(&v);
        classification_destroy(c);
    }
}

static void none_with_umip(void **state)
{
    static const char *const variants[] = {"v86+umip", "pushf+v86+umip", "v86+traps"};
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        struct classification *c = classify((struct classify_options){.seed = 1 + n, .brief = true, .variant = variants[n]});
        struct verdict v;
        critical_are(c, NULL, 0);
        assert_int_equal(theorem_decide(c, &v), 0);
        assert_true(v.theorem1 && v.theorem2 && v.theorem3);
        verdict_free(&v);
        classification_destroy(c);
    }
}

/* At IOPL 3 what works on IF goes through, and shows IF and IOPL. Ports are a matter of the task's map alone there. */
static void iopl_and_the_map_of_ports(void **state)
{
    static const char *const by_iopl[] = {"sgdt", "sidt", "smsw", "pushf", "popf", "iret", "cli", "sti"};
    static const char *const by_map[] = {"sgdt", "sidt", "smsw", "in_i", "in_dx", "out_i", "out_dx", "ins.port", "outs.port"};
    (void)state;
    struct classification *c = classify((struct classify_options){.seed = 1, .brief = true, .without = "iopl-0"});
    critical_are(c, by_iopl, sizeof by_iopl / sizeof *by_iopl);
    assert_int_equal(finding_of(c, "int_i")->traps, MEASURED_REQUESTED); /* by #GP or by its own vector, but to the VMM */
    classification_destroy(c);
    c = classify((struct classify_options){.seed = 1, .brief = true, .without = "tss-empty"});
    critical_are(c, by_map, sizeof by_map / sizeof *by_map);
    classification_destroy(c);
    assert_true(theory_ia32.has_pin("v86", "iopl-0") && !theory_ia32.has_pin("v86", "tables-empty"));
}

/* What a person is told of an instruction in virtual-8086 mode, on any CPU, is this classification; in rings it is that of the rings. */
static void told_by_mode(void **state)
{
    const struct ia32_config config = {.model = IA_MODEL_686};
    struct classification *c = classify((struct classify_options){.seed = 1, .brief = true});
    struct machine *m;
    struct phys *phys;
    struct finding f;
    unsigned compared = 0;
    (void)state;
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(ia32_create(&m, phys, NULL, &config), 0);
    machine_set(m, MACHINE_MODE, IA_V86);
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *is = &c->findings[n];
        const insn_t bits = is->row == INSN_NONE ? 0 : isa_ia32.rows[is->row].match;
        ia32_claimed(NULL, false, m, bits, &f);
        if (is->row == INSN_NONE || f.row != is->row || is->sum || f.sum || strchr(is->subject, '.'))
            continue;
        if (f.traps != is->traps || f.sensitive != is->sensitive || f.critical != is->critical || f.privileged != is->privileged)
            fail_msg("%s is told otherwise than it is", is->subject);
        compared++;
    }
    assert_true(compared > 200);
    machine_set(m, MACHINE_MODE, IA_RING3);
    ia32_claimed("v86", false, m, isa_ia32.rows[IA_INSN_pushf].match, &f);
    assert_true(f.critical);
    machine_destroy(m);
    phys_destroy(phys);
    classification_destroy(c);
}

static void not_with_a_guest_mode(void **state)
{
    const struct classify_options o = {.seed = 1, .variant = "v86+vt"};
    struct classification *c = NULL;
    struct error e = {""};
    (void)state;
    assert_int_not_equal(theory_ia32.classify(&o, &c, &e), 0);
    assert_non_null(strstr(e.text, "vt and v86 do not go together"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_are_left), cmocka_unit_test(none_with_umip),
                                       cmocka_unit_test(iopl_and_the_map_of_ports), cmocka_unit_test(told_by_mode),
                                       cmocka_unit_test(not_with_a_guest_mode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
