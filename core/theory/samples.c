/* samples.c - the states of a classification, and the partition held against them.
 *
 * Counters change while nothing is done, other state does not; identity state is what completes in user mode changes. A
 * partition that says otherwise is wrong, and so is whatever follows from it.
 */
#include "core/theory/samples.h"

#include <errno.h>
#include <stdlib.h>

#include "core/theory/evidence.h"

enum {
    VARIED_ONE_IN = 4, /* in all but the first, which varies all */
    VARIED_ATTEMPTS = 32,
    STATES_DEFAULT = LAB_CYCLE
};

/* --- samples */

/* Changes fields of these partitions: one in `one_in`, by chance, so that what a few of them do is not hidden by
 * the rest; with 1 it is all. The registers that choose the place stay as they are. */
static void vary(struct classifier *c, struct lab_state *s, unsigned partitions, unsigned one_in, uint64_t *seed)
{
    struct lab *l = c->lab;
    for (unsigned n = 0; n < l->field_count; n++) {
        const struct lab_field *f = &l->field[n];
        if ((partitions >> f->part & 1) && !l->isa->is_put(l->reg[f->reg]) && lab_next(seed) % one_in == 0)
            lab_vary(l, s, f, one_in == 1, seed);
    }
    lab_settle(l, s);
}

/* Sets what K demands. `withhold`: also what K holds back from the guest; without it the state is as the guest may
 * make it. */
static void k_apply(const struct classifier *c, struct lab_state *s, bool withhold)
{
    for (unsigned n = 0; n < c->k_count; n++) {
        unsigned r = lab_find(c->lab, c->k[n].reg);
        if (r < LAB_REGS && (withhold || !c->k[n].withholds))
            s->reg[r] = (s->reg[r] & ~c->k[n].mask) | c->k[n].value;
    }
    lab_settle(c->lab, s);
}

/* --- what the tables call a field, and what it does */

void changes_note(const struct classifier *c, const struct lab_state *s, const struct lab_result *r, bool *changed)
{
    for (unsigned n = 0; n < c->lab->field_count && lab_completed(r); n++) {
        const struct lab_field *f = &c->lab->field[n];
        changed[n] |= ((s->reg[f->reg] ^ r->reg[f->reg]) & f->mask) != 0;
    }
}

/* Counters change while nothing is done, other state does not; the mode is the paper's M, and the pc its P. */
static const char *field_fault(const struct classifier *c, unsigned n)
{
    const struct lab_field *f = &c->lab->field[n];
    if (f->reg == c->lab->mode)
        return !f->mask || f->part == PART_VIRTUAL ? NULL : "is the mode, which is virtual";
    if (f->reg == c->lab->pc)
        return !f->mask || f->part == PART_IDENTITY ? NULL : "is the program counter, which is identity";
    if (f->part == PART_NONDET)
        return !f->mask || c->by_itself[n] ? NULL : "is called nondeterministic, but does not change by itself";
    return c->by_itself[n] ? "changes by itself, but is not called nondeterministic" : NULL;
}

static void faults_note(struct classifier *c)
{
    struct lab_state plain;
    struct lab_result r;
    lab_plain(c->lab, &plain);
    lab_insert(c->lab, c->lab->isa->nop, c->lab->isa->nop_length);
    lab_run(c->lab, &plain, false, true, &r, NULL);
    changes_note(c, &plain, &r, c->by_itself);
    for (unsigned n = 0; n < c->lab->field_count; n++)
        if (field_fault(c, n))
            c->faulty[c->lab->field[n].reg / 64] |= UINT64_C(1) << c->lab->field[n].reg % 64;
}

/* Identity state is what programs work on: some instruction that completes in user mode changes it. */
const char *classifier_field_fault(const struct classifier *c, unsigned n)
{
    const char *fault = field_fault(c, n);
    bool (*promised)(const char *) = c->lab->tables->promised;
    if (!fault && c->lab->field[n].part == PART_IDENTITY && !(promised && promised(c->lab->field[n].name)) && c->can_change[n] &&
        !c->by_user[n])
        fault = c->lab->isa->user ? "is called identity, but nothing that completes in the guest's ring changes it"
                                  : "is called identity, but nothing that completes in user mode changes it";
    return fault;
}

int classifier_audit(const struct classifier *c, struct arena *a, const char **sentence)
{
    *sentence = NULL;
    for (unsigned n = 0; n < c->lab->field_count && !*sentence; n++) {
        const struct lab_field *f = &c->lab->field[n];
        const char *fault = classifier_field_fault(c, n);
        if (fault && !(*sentence = arena_text(a, "%s %s", f->name, fault)))
            return -ENOMEM;
    }
    return 0;
}

/* Nothing comes before an instruction in user mode: no interrupt. */
static bool user_runs(struct lab *l, const struct lab_state *s)
{
    struct lab_state user = *s;
    struct lab_result r;
    lab_insert(l, l->isa->nop, l->isa->nop_length);
    lab_put(l, &user, USER, PLACE_BARE);
    lab_run(l, &user, false, true, &r, NULL);
    return lab_completed(&r);
}

/* Of every second sample the variations run in user mode, too. */
static void varied_make(struct classifier *c, struct sample *x, unsigned number, unsigned v, uint64_t *seed)
{
    for (unsigned attempt = 0; attempt < VARIED_ATTEMPTS; attempt++) {
        x->varied[v] = x->base;
        vary(c, &x->varied[v], 1u << PART_NONDET, 1, seed);
        vary(c, &x->varied[v], 1u << PART_VIRTUAL, v == 0 ? 1 : VARIED_ONE_IN, seed);
        if (number % 2 || user_runs(c->lab, &x->varied[v]))
            return;
    }
}

static void sample_make(struct classifier *c, struct sample *x, unsigned number, uint64_t *seed)
{
    struct lab *l = c->lab;
    x->cold = number / 2 % 2 == 0;
    lab_sample(l, &x->base, number, seed);
    for (unsigned n = 0; n < l->field_count; n++)
        c->can_change[n] |= ((x->base.reg[l->field[n].reg] ^ c->sample[0].base.reg[l->field[n].reg]) & l->field[n].mask) != 0;
    for (unsigned v = 0; v < VARIATIONS; v++)
        varied_make(c, x, number, v, seed);
    x->hidden = x->base;
    vary(c, &x->hidden, 1u << PART_HIDDEN, 1, seed);
    x->moved = x->base;
    vary(c, &x->moved, 1u << PART_RELOCATED, 1, seed);
    x->guarded = x->given = x->base;
    k_apply(c, &x->guarded, true);
    if (c->withholds)
        k_apply(c, &x->given, false);
    lab_insert(l, l->isa->nop, l->isa->nop_length);
    for (unsigned m = 0; m < l->isa->mode_count; m++) {
        struct lab_state s = x->base;
        lab_put(l, &s, m, PLACE_BARE);
        lab_run(l, &s, false, x->cold, &x->nop[m], NULL);
        changes_note(c, &s, &x->nop[m], c->by_itself);
    }
    struct lab_state s = x->guarded;
    lab_put(l, &s, USER, PLACE_BARE);
    lab_run(l, &s, true, x->cold, &x->nop_guarded, NULL);
}

/* The registers that choose the place are all of one partition, or the tables say something odd; then it is no relocation. */
static void place_partition(struct classifier *c)
{
    struct lab *l = c->lab;
    struct lab_state here, there;
    lab_plain(l, &here);
    there = here;
    lab_put(l, &there, USER, PLACE_THERE);
    lab_put(l, &here, USER, l->isa->top_translates ? PLACE_HERE : PLACE_BARE); /* whichever differs in the place alone */
    unsigned set = 0;
    for (unsigned n = 0; n < l->field_count; n++)
        if ((here.reg[l->field[n].reg] ^ there.reg[l->field[n].reg]) & l->field[n].mask)
            set |= 1u << l->field[n].part;
    c->moved_kind = set == 1u << PART_RELOCATED ? EVIDENCE_LOC : EVIDENCE_STATE;
    c->moved_shows = set == 1u << PART_RELOCATED || set == 1u << PART_VIRTUAL;
}

int classifier_create(struct classifier **out, struct lab *lab, const struct k_setting *k, unsigned k_count, uint64_t seed,
                      unsigned states)
{
    if (!states)
        states = STATES_DEFAULT;
    struct classifier *c = calloc(1, sizeof *c + states * sizeof c->sample[0]);
    if (!c)
        return -ENOMEM;
    *c = (struct classifier){.lab = lab, .k = k, .k_count = k_count, .seed = seed, .states = states};
    for (unsigned n = 0; n < k_count; n++)
        c->withholds |= k[n].withholds;
    place_partition(c);
    for (unsigned n = 0; n < states; n++)
        sample_make(c, &c->sample[n], n, &seed);
    faults_note(c);
    c->runs_before = lab->runs;
    *out = c;
    return 0;
}

void classifier_join(struct classifier *c, const struct classifier *other)
{
    for (unsigned n = 0; n < c->lab->field_count; n++)
        c->by_user[n] |= other->by_user[n];
    c->lab->runs += other->lab->runs - other->runs_before;
}

void classifier_destroy(struct classifier *c) { free(c); }
