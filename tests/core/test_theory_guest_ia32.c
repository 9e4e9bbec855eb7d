/* test_theory_guest_ia32.c - what IA-32 with inner mode is found to be, with that as user mode: the theorems hold under K, and without its settings
 * just those rows are critical that exit by them.
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
    o.variant = o.variant ? o.variant : "vt";
    if (theory_ia32.classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
}

/* Of the rows that exit; of those in parts the part that does. */
static const char *const exiting[] = {
    "ins.port",
    "outs.port",
    "call_far.task",
    "call_far_m.task",
    "jmp_far.task",
    "jmp_far_m.task",
    "iret.task",
    "smsw",
    "lmsw",
    "invlpg",
    "clts",
    "mov_r_cr.cr0",
    "mov_r_cr.cr2",
    "mov_r_cr.cr3",
    "mov_r_cr.cr4",
    "mov_cr_r.cr0",
    "mov_cr_r.cr2",
    "mov_cr_r.cr3",
    "mov_cr_r.cr4",
    "mov_r_dr",
    "mov_dr_r",
    "wrmsr.tsc",
    "wrmsr.apic_base",
    "rdmsr.tsc",
    "rdmsr.apic_base",
    "hlt",
    "in_i",
    "out_i",
    "in_dx",
    "out_dx",
};
enum { EXITING = sizeof exiting / sizeof *exiting };

static bool exits(const char *subject)
{
    for (unsigned n = 0; n < EXITING; n++)
        if (strcmp(exiting[n], subject) == 0)
            return true;
    return false;
}

static void theorems_hold_on(const char *variant, uint64_t seed)
{
    struct classification *c = classify((struct classify_options){.seed = seed, .brief = true, .variant = variant});
    struct verdict v;
    unsigned privileged = 0;
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        if (!f->agrees)
            fail_msg("%s, seed %u: %s: %s", variant, (unsigned)seed, f->subject, f->disagreement);
        if (!f->sum && f->privileged != exits(f->subject))
            fail_msg("%s, seed %u: %s is%s privileged", variant, (unsigned)seed, f->subject, f->privileged ? "" : " not");
        privileged += f->privileged && !f->sum;
    }
    if (c->unsound)
        fail_msg("%s, seed %u: %s", variant, (unsigned)seed, c->unsound);
    assert_int_equal(privileged, EXITING);
    assert_int_equal(theorem_decide(c, &v), 0);
    assert_true(v.theorem1 && v.theorem2 && v.theorem3);
    verdict_free(&v);
    classification_destroy(c);
}

static void theorems_hold(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++)
        theorems_hold_on("vt", seed);
}

/* What other variants make trap outside of ring 0 is refused by the guest's own ring, so that the classes are those of vt. */
static void together_with_others(void **state)
{
    (void)state;
    static const char *const variants[] = {"vt+umip", "cpuidf+vt+pushf", "umip+noleak+traps+vt"};
    for (unsigned n = 0; n < sizeof variants / sizeof *variants; n++)
        theorems_hold_on(variants[n], 1 + n);
}

/* What the list of Robin and Irvine has is innocuous there. */
static void given(void **state)
{
    (void)state;
    static const char *const names[] = {"sgdt", "sidt",      "sldt",          "str",  "pushf", "popf", "lar",
                                        "lsl",  "rdtsc",     "verr",          "verw", "cli",   "sti",  "push_cs",
                                        "lgdt", "iret.code", "mov_rm_seg.cs", "retf", "lldt",  "ltr",  "fnsave"};
    struct classification *c = classify((struct classify_options){.seed = 1, .brief = true});
    for (unsigned n = 0; n < c->count; n++)
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(names[i], c->findings[n].subject) == 0 && !c->findings[n].innocuous)
                fail_msg("%s is sensitive", names[i]);
    classification_destroy(c);
}

/* With the settings out, and with each promise. */
static void without(void **state)
{
    (void)state;
    struct classification *c = classify((struct classify_options){.seed = 1, .brief = true, .without = "settings"});
    for (unsigned n = 0; n < c->count; n++)
        if (!c->findings[n].sum && c->findings[n].critical != exits(c->findings[n].subject))
            fail_msg("%s is%s critical", c->findings[n].subject, c->findings[n].critical ? "" : " not");
    classification_destroy(c);
    assert_true(theory_ia32.has_pin("vt", "cr3-owned") && theory_ia32.has_pin("", "iopl-0") && !theory_ia32.has_pin("vt", "iopl-0"));
    assert_true(theory_ia32.has_pin("umip+vt", "cr3-owned") && !theory_ia32.has_pin("umip+vt", "iopl-0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(theorems_hold), cmocka_unit_test(given), cmocka_unit_test(without),
                                       cmocka_unit_test(together_with_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
