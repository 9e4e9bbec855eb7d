/* classify.c - the quantifiers. "Sensitive" is existential: one pair is enough, and is kept as a witness. "Privileged" and
 * "innocuous" are universal: sampling can only fail to refute them, so the machine's own record of what user-mode runs touched
 * is asked, too. What is executed from which states is in experiments.c.
 */
#include "core/theory/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/derive.h"
#include "core/theory/evidence.h"

/* --- verdicts on one subject */

static enum measured_traps traps_of(const struct measurement *m)
{
    unsigned n = 0, completed = m->guarded[OUTCOME_OK] + m->guarded[OUTCOME_WAIT];
    for (unsigned o = 0; o < OUTCOMES; o++)
        n += o == OUTCOME_RESOURCE ? 0 : m->guarded[o];
    if (!completed && m->guarded[OUTCOME_RESOURCE])
        return MEASURED_WITHHELD;
    if (n == completed)
        return MEASURED_NEVER;
    if (n == m->guarded[OUTCOME_PRIVILEGE] && m->raised)
        return MEASURED_ALWAYS;
    if (n == m->guarded[OUTCOME_REQUESTED])
        return MEASURED_REQUESTED;
    if (n == m->guarded[OUTCOME_UNDEFINED])
        return MEASURED_UNDEFINED;
    return MEASURED_CONDITION;
}

/* Does the execution that completed trap once this field is another? */
static bool field_closes(struct measurement *m, const struct lab_field *f)
{
    struct lab *l = m->l;
    const struct sample *x = &m->c->sample[m->condition.sample];
    struct lab_state s = x->guarded;
    struct lab_result r;
    if (f->part != PART_VIRTUAL || l->isa->is_put(l->reg[f->reg]))
        return false;
    s.reg[f->reg] ^= f->mask;
    lab_settle(l, &s);
    lab_put(l, &s, USER, PLACE_BARE);
    lab_run(l, &s, true, x->cold, &r, NULL);
    return is_trap(&r);
}

/* The condition is named by the fields that by themselves decide. */
static int condition_name(struct measurement *m, struct arena *a)
{
    const struct encoding *e = &m->subject->encodings[m->condition.encoding];
    char text[256] = "";
    if (m->condition.completed && m->condition.trapped) {
        lab_insert(m->l, e->bits, e->length);
        for (unsigned n = 0; n < m->l->field_count; n++) {
            const struct lab_field *f = &m->l->field[n];
            if (strlen(text) + strlen(f->name) + 3 < sizeof text && field_closes(m, f)) {
                strcat(text, *text ? ", " : "");
                strcat(text, f->name);
            }
        }
    }
    m->f->condition = *text ? arena_text(a, "%s", text) : "the operands";
    return m->f->condition ? 0 : -ENOMEM;
}

static int witnesses_make(struct measurement *m, struct arena *a)
{
    for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++) {
        if (!m->found[kind])
            continue;
        m->f->witness[kind].seed = m->c->seed;
        if (!trial_minimise(m->l, &m->trial[kind])) { /* what showed it was cached by runs before; it may show without */
            m->trial[kind].cold = !m->trial[kind].cold;
            (void)trial_minimise(m->l, &m->trial[kind]);
        }
        int error = trial_witness(m->l, &m->trial[kind], a, &m->f->witness[kind]);
        if (error)
            return error;
    }
    return 0;
}

static int conclude(struct measurement *m, bool witnesses, struct arena *a)
{
    struct finding *f = m->f;
    const unsigned control = 1u << PART_VIRTUAL | 1u << PART_RELOCATED;
    int error = 0;
    f->traps = traps_of(m);
    f->confidence = f->sensitive                      ? WITNESSED
                    : !m->l->machine[0]->ops->touched ? UNRECORDED
                    : m->user_touches & control       ? TOUCHED
                                                      : CLEAN;
    f->disagreement = m->odd;
    if (!m->odd && m->beside.seen) {
        f->disagreement = arena_text(a, "measured: in mode %s it %s, from a state in which another outcome is claimed (%s)",
                                     m->l->isa->mode_name[m->beside.mode], outcome_words(m->beside.outcome),
                                     outcome_words((unsigned)__builtin_ctz(m->beside.claimed)));
        error = f->disagreement ? 0 : -ENOMEM;
    }
    finding_derive(f);
    if (f->traps == MEASURED_CONDITION && !error)
        error = condition_name(m, a);
    return !error && witnesses ? witnesses_make(m, a) : error;
}

/*T:510 The quantifiers. An instruction is sensitive if there is a pair of states that shows it; it is privileged if it traps in user
 * mode in all of them, and not in the other. :*/
int classifier_run(struct classifier *c, const struct subject *subject, bool witnesses, struct arena *a, struct finding *out)
{
    struct measurement m = {.c = c, .l = c->lab, .subject = subject, .f = out};
    uint64_t before = c->lab->runs;
    *out = (struct finding){.subject = subject->name, .row = subject->row, .csr = subject->csr};
    lab_renew(m.l); /* what runs before have left depends on which subjects there were */
    m.trial = calloc(EVIDENCE_COUNT, sizeof *m.trial);
    if (!m.trial)
        return -ENOMEM;
    m.l->operands = subject->operands;
    m.l->scheme = subject->scheme;
    for (unsigned e = 0; e < subject->count; e++)
        experiments_run(&m, e);
    int error = conclude(&m, witnesses, a);
    m.l->operands = NULL;
    out->runs = c->lab->runs - before;
    free(m.trial);
    return error;
}
