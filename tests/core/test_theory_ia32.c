/* test_theory_ia32.c - what IA-32 is found to be: under K, with pins out, and without all that K sets, against the manual and the list of
 * Robin and Irvine [USENIX Security 2000, table 2].
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "core/theory/theory_ia32.h"

static struct classification *classify(struct classify_options o)
{
    struct classification *c = NULL;
    struct error e = {""};
    if (theory_ia32.classify(&o, &c, &e) != 0)
        fail_msg("%s", e.text);
    return c;
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

static const struct finding *finding_of(const struct classification *c, const char *subject)
{
    for (unsigned n = 0; n < c->count; n++)
        if (strcmp(c->findings[n].subject, subject) == 0)
            return &c->findings[n];
    fail_msg("no finding of %s", subject);
    return NULL;
}

/* Is the word in the list, which has blanks between its words? */
static bool listed(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static void critical_are(const struct classification *c, const char *list)
{
    unsigned words = 1, count = 0;
    for (const char *at = list; *at; at++)
        words += *at == ' ';
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        if (f->critical != listed(list, f->subject))
            fail_msg("seed %u: %s is%s critical", (unsigned)c->seed, f->subject, f->critical ? "" : " not");
        count += f->critical;
    }
    assert_int_equal(count, words);
}

/* --- */

#define CRITICAL "sgdt sidt sldt smsw str pushf popf lar lsl verr verw mov_rm_seg.cs mov_rm_seg.ss push_cs push_ss fnstenv fnsave"

static void claims_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct classification *c = seed == 1 ? under_k : classify((struct classify_options){.seed = seed, .brief = true});
        for (unsigned n = 0; n < c->count; n++)
            if (!c->findings[n].agrees)
                fail_msg("seed %u: %s: %s", (unsigned)seed, c->findings[n].subject, c->findings[n].disagreement);
        if (c->unsound)
            fail_msg("seed %u: %s", (unsigned)seed, c->unsound);
        critical_are(c, CRITICAL);
        if (c != under_k)
            classification_destroy(c);
    }
}

/* In ring compression, where user mode is ring 1: what runs unseen is the same, though it shows a 1 where ring 3 shows a 3. */
static void the_same_in_ring_1(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct classification *c = classify((struct classify_options){.seed = seed, .ring = 1, .brief = seed > 1});
        const struct finding *f = finding_of(c, "push_cs");
        assert_string_equal(c->k, "ring 0 in real ring 1 under CR0.WP, iopl-0, tsd, tables-empty, tss-empty, idt-owned, "
                                  "selectors-kept, ts-identity, cr3-owned");
        for (unsigned n = 0; n < c->count; n++)
            if (!c->findings[n].agrees || c->findings[n].withheld != under_k->findings[n].withheld)
                fail_msg("seed %u: %s: %s", (unsigned)seed, c->findings[n].subject, c->findings[n].disagreement);
        assert_null(c->unsound);
        critical_are(c, CRITICAL);
        assert_true(f->outcomes[IA_RING1] && f->outcomes[IA_RING0] && !f->outcomes[IA_RING3]);
        for (unsigned kind = 0; kind < EVIDENCE_COUNT && seed == 1; kind++)
            assert_true(!f->witness[kind].present || f->witness[kind].holds);
        classification_destroy(c);
    }
}

/* On CPUs that close a gap in ring 3 it is closed in ring 1. */
static void variants_in_ring_1(void **state)
{
    (void)state;
    static const char *const none[] = {"vt", "v86", "vt+umip"};
    struct error e = {""};
    struct classification *c = classify((struct classify_options){.seed = 1, .ring = 1, .brief = true, .variant = "umip"});
    critical_are(c, "pushf popf lar lsl verr verw mov_rm_seg.cs mov_rm_seg.ss push_cs push_ss fnstenv fnsave");
    classification_destroy(c);
    c = classify((struct classify_options){.seed = 1, .ring = 1, .brief = true, .variant = "traps"});
    struct verdict v;
    assert_int_equal(theorem_decide(c, &v), 0);
    assert_true(v.theorem1 && v.theorem3);
    verdict_free(&v);
    classification_destroy(c);
    for (unsigned n = 0; n < sizeof none / sizeof *none; n++)
        assert_int_equal(theory_ia32.classify(&(struct classify_options){.seed = 1, .ring = 1, .variant = none[n]}, &c, &e), -EINVAL);
}

static void theorems_fail(void **state)
{
    (void)state;
    struct verdict v;
    assert_int_equal(theorem_decide(under_k, &v), 0);
    assert_false(v.theorem1 || v.theorem2 || v.theorem3);
    assert_int_equal(v.user_critical_count, 11); /* but MOV and PUSH of CS and SS, FNSTENV and FNSAVE, which show the mode alone */
    verdict_free(&v);
}

/* What the hybrid monitor promises makes flags and questions about selectors right; UMIP does the rest. */
static void theorem_3_under_promises(void **state)
{
    (void)state;
    static const struct {
        const char *variant, *critical;
        unsigned left;
    } with[] = {
        {NULL, "sgdt sidt sldt smsw str popf mov_rm_seg.cs mov_rm_seg.ss push_cs push_ss fnstenv fnsave", 5},
        {"umip", "popf mov_rm_seg.cs mov_rm_seg.ss push_cs push_ss fnstenv fnsave", 0},
    };
    for (unsigned n = 0; n < 2; n++)
        for (uint64_t seed = 1; seed <= 1 + n; seed++) {
            struct classification *c =
                classify((struct classify_options){.seed = seed, .brief = true, .hybrid = true, .variant = with[n].variant});
            struct verdict v;
            assert_int_equal(theorem_decide(c, &v), 0);
            assert_null(c->unsound);
            critical_are(c, with[n].critical);
            assert_int_equal(v.user_critical_count, with[n].left);
            assert_int_equal(v.theorem3, with[n].left == 0);
            for (unsigned i = 0; i < v.critical_count; i++) /* of each that is left there is something to say */
                assert_int_equal(ia32_remains(v.critical[i]) != NULL, v.critical[i]->user_sensitive);
            for (unsigned i = 0; i < c->count; i++)
                if (strcmp(c->findings[i].subject, "lar") == 0)
                    assert_true(c->findings[i].withheld);
            verdict_free(&v);
            classification_destroy(c);
        }
}

/* What is claimed of an instruction at hand in ring 3, under either K, is what is measured there. Bits: the last byte first. */
static void claims_of_ring_3_alone(void **state)
{
    (void)state;
    static const char *const bits[] = {"0x03010f", "0x0b010f", "0xc0000f", "0xc8000f", "0xe0010f", "0x9c",   "0x9d",   "0xc8020f",
                                       "0xc8030f", "0xe0000f", "0xe8000f", "0xc88c",   "0xd08c",   "0x0e",   "0x16",   "0xfa",
                                       "0xcf",     "0xd88e",   "0x33d9",   "0x33dd",   "0x80cd",   "0x310f", "0xc003", "0xc0200f"};
    static const char *const variants[] = {NULL, "umip", "noleak"};
    const struct ia32_config config = ia32_config_default;
    struct phys *phys;
    struct machine *m;
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(ia32_create(&m, phys, NULL, &config), 0);
    machine_set(m, IA_CR0, machine_get(m, IA_CR0) | CR0_PE);
    machine_set(m, IA_SEG + 4 * IA_CS + IA_RIGHTS, 0xc0fb);
    machine_set(m, MACHINE_MODE, IA_RING3);
    assert_int_equal(machine_get(m, MACHINE_MODE), IA_RING3);
    for (unsigned n = 0; n < 2 * 3 * sizeof bits / sizeof *bits; n++) {
        const char *b = bits[n / 6], *variant = variants[n / 2 % 3];
        const bool alone = n % 2;
        struct classification *c =
            classify((struct classify_options){.seed = 1, .brief = true, .subject = b, .hybrid = alone, .variant = variant});
        const struct finding *f = &c->findings[0];
        struct finding claimed;
        insn_t insn;
        assert_true(insn_parse(b + 2, &insn));
        ia32_claimed(variant, alone, m, insn, &claimed);
        if (claimed.critical != (f->critical && (!alone || f->user_sensitive)) || (!claimed.sum && claimed.withheld != f->withheld))
            fail_msg("%s of %s, alone %d: claimed critical %d, withheld %d", b, variant ? variant : "ia32", alone, claimed.critical,
                     claimed.withheld);
        classification_destroy(c);
    }
    machine_destroy(m);
    phys_destroy(phys);
}

/* Of a CPU with a guest mode that the monitor does not use, and that its virtual machine does not offer, all is as without one. */
static void guest_mode_unused(void **state)
{
    (void)state;
    static const struct classify_options under[] = {{.hybrid = false}, {.hybrid = true}, {.ring = 1}};
    const struct ia32_config config = ia32_config_default;
    struct phys *phys;
    struct machine *m;
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(ia32_create(&m, phys, NULL, &config), 0);
    for (unsigned n = 0; n < sizeof under / sizeof *under; n++) {
        struct classify_options o = under[n];
        struct finding claimed;
        o.seed = 1;
        o.brief = o.unaided = true;
        o.subject = "0x03010f"; /* SGDT */
        o.variant = "umip+vt";
        struct classification *c = classify(o);
        assert_true(c->findings[0].privileged && c->findings[0].sensitive); /* in guest mode it runs, and is right */
        classification_destroy(c);
        o.variant = "vt";
        c = classify(o);
        assert_true(c->findings[0].critical);
        classification_destroy(c);
        ia32_claimed("vt", o.hybrid, m, 0x03010f, &claimed);
        assert_true(claimed.critical);
    }
    machine_destroy(m);
    phys_destroy(phys);
}

/* Under K of all monitors UMIP leaves what shows flags and tables; if that traps, too, Theorem 3 holds, for what shows the ring alone is right in ring 3. */
static void theorem_3_needs_more_than_umip(void **state)
{
    (void)state;
    static const struct {
        const char *variant;
        unsigned left;
    } with[] = {{"umip", 6}, {"umip+pushf", 4}, {"umip+pushf+noleak", 0}};
    for (unsigned n = 0; n < sizeof with / sizeof *with; n++) {
        struct classification *c = classify((struct classify_options){.seed = 1, .brief = true, .variant = with[n].variant});
        struct verdict v;
        assert_int_equal(theorem_decide(c, &v), 0);
        assert_int_equal(v.user_critical_count, with[n].left);
        assert_int_equal(v.theorem3, with[n].left == 0);
        verdict_free(&v);
        classification_destroy(c);
    }
}

/* What asks for a descriptor does not complete while the tables are empty; with the mode raised it traps, too. */
static void withheld(void **state)
{
    (void)state;
    static const char list[] =
        "pop_es.selector pop_ss pop_ds.selector pop_fs.selector pop_gs.selector call_far call_far_m jmp_far jmp_far_m "
        "retf retf_i iret mov_seg_rm.ss mov_seg_rm.data les.selector lds.selector lss lfs.selector lgs.selector";
    for (unsigned n = 0; n < under_k->count; n++) {
        const struct finding *f = &under_k->findings[n];
        assert_int_equal(f->withheld, listed(list, f->subject));
        assert_int_equal(f->withheld, f->traps == MEASURED_WITHHELD);
        if (f->withheld)
            assert_true(f->sensitive && !f->privileged && !f->critical && !f->witness[EVIDENCE_PRIV].present);
    }
    assert_true(finding_of(under_k, "mov_seg_rm.null")->innocuous); /* a null selector asks no table */
}

static void witnesses_hold(void **state)
{
    (void)state;
    unsigned count = 0;
    for (unsigned n = 0; n < under_k->count; n++) {
        const struct finding *f = &under_k->findings[n];
        for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++) {
            const struct witness *w = &f->witness[kind];
            if (w->present && !w->holds)
                fail_msg("%s: witness %u does not hold when run again", f->subject, kind);
            count += w->present;
        }
        if (!f->innocuous && !f->sum)
            assert_true(f->witness[EVIDENCE_CTRL].present || f->witness[EVIDENCE_MODE].present || f->witness[EVIDENCE_LOC].present ||
                        f->witness[EVIDENCE_STATE].present);
    }
    assert_true(count > 100);
}

/* The line that a witness prints: the subject by itself, with the seed. */
static void alone_as_among_others(void **state)
{
    (void)state;
    static const char *const subject[] = {"sgdt", "popf", "iret", "mov_rm_seg.cs", "lar", "cli", "mov_cr_r.cr3", "fnsave"};
    for (unsigned n = 0; n < sizeof subject / sizeof *subject; n++) {
        struct classification *c = classify((struct classify_options){.seed = 1, .subject = subject[n]});
        const struct finding *a = &c->findings[0], *b = finding_of(under_k, subject[n]);
        assert_int_equal(a->traps, b->traps);
        assert_int_equal(a->sensitive, b->sensitive);
        assert_int_equal(a->runs, b->runs);
        for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++) {
            assert_int_equal(a->witness[kind].present, b->witness[kind].present);
            assert_int_equal(a->witness[kind].count, b->witness[kind].count);
        }
        classification_destroy(c);
    }
}

/* By its bits, the last byte first: SGDT [ebx], PUSHFD, MOV DS, AX, and what is reserved. */
static void by_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *bits, *subject;
    } is[] = {{"0x03010f", "sgdt"}, {"0x9c", "pushf"}, {"0xd88e", "mov_seg_rm.data"}, {"0x040f", "0x040f"}};
    for (unsigned n = 0; n < sizeof is / sizeof *is; n++) {
        struct classification *c = classify((struct classify_options){.seed = 1, .subject = is[n].bits, .brief = true});
        assert_string_equal(c->findings[0].subject, is[n].subject);
        assert_true(c->findings[0].agrees);
        classification_destroy(c);
    }
}

static void unknown_words_are_refused(void **state)
{
    (void)state;
    static const struct classify_options bad[] = {{.subject = "sret"},
                                                  {.subject = "0x"},
                                                  {.subject = "0x11223344556677889900112233445566"},
                                                  {.without = "umip"},
                                                  {.variant = "no"}};
    for (unsigned n = 0; n < sizeof bad / sizeof *bad; n++) {
        struct classification *c = NULL;
        struct error e = {""};
        assert_int_not_equal(theory_ia32.classify(&bad[n], &c, &e), 0);
        assert_null(c);
        assert_string_not_equal(e.text, "");
    }
}

/* --- K */

/* Robin and Irvine's 18, by the rows that they are here; PUSH, POP and MOV are of segment registers. */
static void the_published_names(void **state)
{
    (void)state;
    static const char published[] =
        "sgdt sidt sldt smsw pushf popf lar lsl verr verw pop_es.selector pop_ss pop_ds.selector pop_fs.selector "
        "pop_gs.selector push_cs push_ss call_far call_far_m jmp_far jmp_far_m int_i retf retf_i str "
        "mov_rm_seg.cs mov_rm_seg.ss mov_seg_rm.ss mov_seg_rm.data";
    struct classification *c = classify((struct classify_options){.seed = 1, .without = THEORY_SETTINGS, .brief = true});
    unsigned count = 0;
    struct verdict v;
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        if (listed(published, f->subject) != (f->critical && !f->note))
            fail_msg("%s: critical %d, reason: %s", f->subject, f->critical, f->note ? f->note : "none");
        count += listed(published, f->subject);
    }
    assert_int_equal(count, 29);
    assert_string_equal(c->without, THEORY_SETTINGS);
    assert_int_equal(theorem_decide(c, &v), 0);
    assert_false(v.theorem1 || v.theorem3);
    verdict_free(&v);
    classification_destroy(c);
}

static void guards(const struct classification *full, enum ia32_pin pin, const char *list)
{
    struct pin_effect p;
    struct error e;
    assert_int_equal(pin_effect_measure(&theory_ia32, NULL, full, &ia32_pins[pin], &p, &e), 0);
    assert_int_equal(p.c->ring, full->ring);
    for (unsigned n = 0; n < p.guarded_count; n++)
        if (!p.guarded[n]->critical)
            fail_msg("without %s %s changes, but is not critical", ia32_pins[pin].name, p.guarded[n]->subject);
    assert_true(p.just);
    unsigned words = 1, floating = 0;
    for (unsigned n = 0; n < p.guarded_count; n++) {
        const bool of_x87 = pin == IA32_PIN_SELECTORS_KEPT && p.guarded[n]->subject[0] == 'f'; /* it keeps the operand's selector */
        floating += of_x87;
        if (list && !of_x87 && !listed(list, p.guarded[n]->subject))
            fail_msg("%s guards %s", ia32_pins[pin].name, p.guarded[n]->subject);
    }
    for (const char *at = list; list && *at; at++)
        words += *at == ' ';
    if (list)
        assert_int_equal(p.guarded_count - floating, words);
    assert_true(p.guarded_count > 0);
    pin_effect_free(&p);
}

static void pin_guards(enum ia32_pin pin, const char *list) { guards(under_k, pin, list); }

/* IOPL 0 shuts CLI out of ring 1, too, and an empty table IRET, which would else go from real ring 1 to ring 3 by itself. */
static void pins_in_ring_1(void **state)
{
    (void)state;
    struct classification *c = classify((struct classify_options){.seed = 1, .ring = 1, .brief = true});
    guards(c, IA32_PIN_IOPL_0, "cli sti ins.port outs.port in_i in_dx out_i out_dx");
    guards(c, IA32_PIN_TSD, "rdtsc");
    guards(c, IA32_PIN_TSS_EMPTY, "ins.port outs.port in_i in_dx out_i out_dx");
    guards(c, IA32_PIN_IDT_OWNED, "int3 int_i into int1");
    guards(c, IA32_PIN_TABLES_EMPTY,
           "pop_es.selector pop_ss pop_ds.selector pop_fs.selector pop_gs.selector call_far call_far_m jmp_far jmp_far_m retf retf_i "
           "iret mov_seg_rm.ss mov_seg_rm.data les.selector lds.selector lss lfs.selector lgs.selector");
    classification_destroy(c);
    c = classify((struct classify_options){.seed = 1, .ring = 1, .without = THEORY_SETTINGS, .subject = "cli", .brief = true});
    assert_string_equal(c->k, "ring 0 in real ring 1 under CR0.WP, selectors-kept, ts-identity, cr3-owned"); /* WP has no pin */
    assert_true(c->findings[0].critical);
    classification_destroy(c);
}

static void each_pin_guards_its_own(void **state)
{
    (void)state;
    pin_guards(IA32_PIN_IOPL_0, "cli sti ins.port outs.port in_i in_dx out_i out_dx");
    pin_guards(IA32_PIN_TSD, "rdtsc");
    pin_guards(
        IA32_PIN_TABLES_EMPTY,
        "pop_es.selector pop_ss pop_ds.selector pop_fs.selector pop_gs.selector call_far call_far_m jmp_far jmp_far_m retf retf_i "
        "iret mov_seg_rm.ss mov_seg_rm.data les.selector lds.selector lss lfs.selector lgs.selector");
    pin_guards(IA32_PIN_TSS_EMPTY, "ins.port outs.port in_i in_dx out_i out_dx");
    pin_guards(IA32_PIN_IDT_OWNED, "int3 int_i into int1");
    pin_guards(IA32_PIN_SELECTORS_KEPT,
               "push_es push_ds push_fs push_gs pop_es.null pop_ds.null pop_fs.null pop_gs.null mov_rm_seg.data "
               "mov_seg_rm.null les.null lds.null lfs.null lgs.null");
    pin_guards(IA32_PIN_TS_IDENTITY, NULL); /* what the unit for floating point does */
    pin_guards(IA32_PIN_CR3_OWNED, NULL);   /* what reaches memory */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_agree),
        cmocka_unit_test(the_same_in_ring_1),
        cmocka_unit_test(variants_in_ring_1),
        cmocka_unit_test(theorems_fail),
        cmocka_unit_test(theorem_3_under_promises),
        cmocka_unit_test(claims_of_ring_3_alone),
        cmocka_unit_test(guest_mode_unused),
        cmocka_unit_test(theorem_3_needs_more_than_umip),
        cmocka_unit_test(withheld),
        cmocka_unit_test(witnesses_hold),
        cmocka_unit_test(alone_as_among_others),
        cmocka_unit_test(by_encoding),
        cmocka_unit_test(unknown_words_are_refused),
        cmocka_unit_test(the_published_names),
        cmocka_unit_test(each_pin_guards_its_own),
        cmocka_unit_test(pins_in_ring_1),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
