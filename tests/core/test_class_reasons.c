/* test_class_reasons.c - would the comparison claimed = measured notice a machine that lies about the reason of traps? One mutation
 * at a time: every trap reason that a row or a CSR access raises; and gates that are open in some states in which they are shut.
 */
#include "core/theory/lab_riscv.h"
#include "tests/core/mutations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- trap reasons. A machine that lies about one reason of one row, or of one CSR. */

struct lie {
    uint16_t row; /* INSN_NONE: of encodings that no row has */
    int csr;      /* or -1: any */
    enum trap_reason from, to;
    unsigned told, seen[REASONS];
    uint64_t gate; /* bits of mstatus that are not looked at where bit 3 of a1 is set: TVM, TW, TSR, FS */
};

struct liar {
    struct machine machine;
    struct machine *honest; /* owned */
    struct lie *lie;        /* borrowed from the test */
};

static struct machine *honest(const struct machine *m) { return ((const struct liar *)(const void *)m)->honest; }

static void liar_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *t)
{
    struct lie *l = ((struct liar *)(void *)m)->lie;
    const uint64_t status = machine_get(honest(m), RV_CSR + CSR_mstatus), gate = l ? l->gate : 0;
    const bool open = gate && bit_get(machine_get(honest(m), RV_X + 11), 3);
    if (open)
        machine_set(honest(m), RV_CSR + CSR_mstatus, status & ~gate);
    machine_run_to(honest(m), budget, retired, t);
    if (open) {
        machine_set(honest(m), RV_CSR + CSR_mstatus, machine_get(honest(m), RV_CSR + CSR_mstatus) | (status & gate));
        l->told += (status & gate) != 0;
    }
    if (!l || t->kind != TRAP_EXCEPTION || t->row != l->row || (l->csr >= 0 && t->bits >> 20 != (unsigned)l->csr))
        return;
    l->seen[t->reason]++;
    if (t->reason == l->from && l->to != l->from) {
        t->reason = l->to;
        l->told++;
    }
}

static uint64_t liar_get(const struct machine *m, reg_t r) { return machine_get(honest(m), r); }
static void liar_set(struct machine *m, reg_t r, uint64_t v) { machine_set(honest(m), r, v); }
static bool liar_has(const struct machine *m, reg_t r) { return machine_has(honest(m), r); }
static int liar_load(const struct machine *m, pa_t a, void *to, size_t n) { return machine_load(honest(m), a, to, n); }
static int liar_store(struct machine *m, pa_t a, const void *from, size_t n) { return machine_store(honest(m), a, from, n); }
static void liar_fence(struct machine *m, const struct fence *f) { machine_fence(honest(m), f); }
static void liar_irq(struct machine *m, unsigned line, bool level) { machine_irq(honest(m), line, level); }
static const char *liar_stopped(const struct machine *m) { return machine_stopped(honest(m)); }
static void liar_reset(struct machine *m) { machine_reset(honest(m)); }
static unsigned liar_touched(const struct machine *m, struct machine_touch *out, unsigned room)
{
    return machine_touched(honest(m), out, room);
}

static int liar_trigger(struct machine *m, unsigned slot, const struct trigger *t) { return machine_trigger(honest(m), slot, t); }

static void liar_destroy(struct machine *m)
{
    machine_destroy(honest(m));
    free(m);
}

static const struct machine_ops liar_ops = {
    .run = liar_run,
    .get = liar_get,
    .set = liar_set,
    .has = liar_has,
    .load = liar_load,
    .store = liar_store,
    .fence = liar_fence,
    .irq = liar_irq,
    .stopped = liar_stopped,
    .reset = liar_reset,
    .touched = liar_touched,
    .trigger = liar_trigger,
    .destroy = liar_destroy,
};

static int liar_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    struct liar *l = calloc(1, sizeof *l);
    int error = l ? lab_riscv_create(&l->honest, phys, config, index) : -1;
    if (error) {
        free(l);
        return error;
    }
    l->machine = *l->honest;
    l->machine.ops = &liar_ops;
    *out = &l->machine;
    return 0;
}

static void lie_set(const struct riscv_theory *t, struct lie *lie)
{
    for (unsigned n = 0; n < t->lab->machine_count; n++)
        ((struct liar *)(void *)t->lab->machine[n])->lie = lie;
}

static bool lie_noticed(struct riscv_theory *t, const struct subject *s, struct lie *lie)
{
    struct finding f;
    lie_set(t, lie);
    assert_int_equal(riscv_theory_measure(t, s, false, &f), 0);
    lie_set(t, NULL);
    return !f.agrees;
}

/* Every reason that the subject's traps have, given as every other. */
static void reason_mutants(struct tally *tally, struct riscv_theory *t, const struct subject *s)
{
    struct lie truth = {.row = s->row, .csr = s->csr};
    assert_false(lie_noticed(t, s, &truth));
    for (unsigned from = 0; from < REASONS; from++)
        for (unsigned to = 0; to < REASONS; to++) {
            struct lie lie = {.row = s->row, .csr = s->csr, .from = from, .to = to};
            char as[64];
            if (!truth.seen[from] || from == to)
                continue;
            tally->mutants++;
            snprintf(as, sizeof as, "%s, not %s", reason_name[to], reason_name[from]);
            if (!lie_noticed(t, s, &lie))
                survived(tally, s->name, as);
            else if (!lie.told)
                survived(tally, s->name, "untold");
        }
}

static void every_reason(unsigned pin, struct tally *tally, bool (*is_meant)(const struct riscv_theory *, const struct subject *))
{
    struct riscv_inputs in = riscv_inputs();
    struct riscv_theory t;
    in.create = liar_create;
    theory_open(&t, &in, pin);
    for (unsigned n = 0; n < t.subjects.count; n++)
        if (t.subjects.list[n].count && !t.subjects.list[n].many && is_meant(&t, &t.subjects.list[n]))
            reason_mutants(tally, &t, &t.subjects.list[n]);
    riscv_theory_close(&t);
}

static bool is_row(const struct riscv_theory *t, const struct subject *s)
{
    (void)t;
    return s->csr < 0;
}

/* Of the accesses, reading and writing: the others are both. */
static bool is_access(const struct riscv_theory *t, const struct subject *s)
{
    (void)t;
    return s->csr >= 0 && (strncmp(s->name, "csrr.", 5) == 0 || strncmp(s->name, "csrw.", 5) == 0);
}

static void every_row_reason(void **state)
{
    (void)state;
    struct tally t = {0};
    every_reason(RISCV_PINS, &t, is_row);
    all_killed(&t);
}

static void every_access_reason(void **state)
{
    (void)state;
    struct tally t = {0};
    every_reason(RISCV_PINS, &t, is_access);
    all_killed(&t);
}

/* A gate that is open in some of the states in which it is shut: in each mode everything that is claimed of it is seen, and no more. */
static void a_gate_is_claimed_state_by_state(void **state)
{
    static const struct {
        const char *subject;
        unsigned bit;
    } cases[] = {{"sret", MSTATUS_TSR},
                 {"wfi", MSTATUS_TW},
                 {"sfence.vma", MSTATUS_TVM},
                 {"csrr.satp", MSTATUS_TVM},
                 {"csrw.satp", MSTATUS_TVM}};
    (void)state;
    struct riscv_inputs in = riscv_inputs();
    struct riscv_theory t;
    in.create = liar_create;
    theory_open(&t, &in, RISCV_PINS);
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct subject *s = riscv_subject_named(&t.subjects, cases[n].subject);
        struct lie truth = {.row = s->row, .csr = s->csr}, lie = {.row = s->row, .csr = s->csr, .gate = UINT64_C(1) << cases[n].bit};
        assert_false(lie_noticed(&t, s, &truth));
        if (!lie_noticed(&t, s, &lie) || !lie.told)
            fail_msg("%s: nobody notices that bit %u of mstatus is not always looked at", cases[n].subject, cases[n].bit);
    }
    riscv_theory_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_reason),
        cmocka_unit_test(every_access_reason),
        cmocka_unit_test(a_gate_is_claimed_state_by_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
