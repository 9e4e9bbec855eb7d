/* experiments.c - what is done with one encoding of a subject.
 *
 * Every encoding of a subject is executed from a number of random states, the same for all subjects:
 *
 *   free      in each mode, with no regard to K: the states of the bare machine              CTRL MODE SILENT
 *   guarded   in user mode under K, as the VMM runs it; and the same with the mode raised    PRIV, "traps in user mode"
 *   varied    in each mode, from states that differ in control state and counters            STATE
 *   moved     translated, with the same memory in other frames                               LOC CTRL
 *   hidden    in each mode, from states that differ in hidden state                          "hidden-sensitive"
 *   probed    translated, with tables changed behind the machine's back                      CTRL
 *   disowned  in user mode under K, with a resource as a guest has it that K does not keep   STATE
 *
 * Every second state finds the machine cold (translations fenced off), the others as the runs before it left it.
 */
#include "core/theory/samples.h"

enum { TRANSLATION_STATES = 3, TRANSLATION_ENCODINGS = 2 };

/* Among several pieces of evidence the most telling is kept: from user mode, and of completed runs. */
static void found(struct measurement *m, const struct trial *t, bool user, bool completed)
{
    static const unsigned bit[EVIDENCE_COUNT] = {
        [EVIDENCE_CTRL] = SENSITIVE_CONTROL,
        [EVIDENCE_MODE] = SENSITIVE_MODE,
        [EVIDENCE_LOC] = SENSITIVE_LOCATION,
        [EVIDENCE_STATE] = SENSITIVE_STATE,
    };
    unsigned rank = 1u + user + 2u * completed;
    m->f->sensitive |= bit[t->kind];
    if (t->kind == EVIDENCE_CTRL || t->kind == EVIDENCE_LOC || t->kind == EVIDENCE_STATE) {
        m->f->user_sensitive |= user;
        m->f->supervisor_sensitive |= !user;
    }
    if (rank <= m->rank[t->kind])
        return;
    m->found[t->kind] = true;
    m->rank[t->kind] = rank;
    m->trial[t->kind] = *t;
}

static struct trial trial_make(const struct measurement *m, enum evidence kind, const struct lab_state *s1, const struct lab_state *s2,
                               bool guarded, bool cold)
{
    return (struct trial){.kind = kind,
                          .s1 = *s1,
                          .s2 = *s2,
                          .guarded = guarded,
                          .cold = cold,
                          .way = m->way,
                          .bits = m->l->bits,
                          .length = m->l->length};
}

/* Every run counts here. A trap for an access is a matter of resources, whatever else it is. */
static void note(struct measurement *m, unsigned mode, const struct lab_result *r)
{
    if (r->memory && r->reason != REASON_RESOURCE)
        m->odd = "a memory trap is not given as a resource trap";
    m->passed |= lab_completed(r) || r->memory;
    if (!r->executed)
        return;
    if (!r->lost && !lab_completed(r) && r->reason == REASON_NONE)
        m->odd = "a trap is given without a reason";
    m->f->outcomes[m->l->isa->modes[mode]] |= 1u << r->outcome;
    m->resource |= r->outcome == OUTCOME_RESOURCE;
    if (lab_completed(r)) {
        for (unsigned w = 0; w < LAB_REGS / 64; w++)
            if (r->touched[w] & m->c->faulty[w])
                m->odd = "it touches a register that is not what the tables call it";
        m->f->touches |= r->touches;
        if (mode == USER)
            m->user_touches |= r->touches;
    }
}

/* Pointwise: not only what can become of it in the mode, but of it in this state. */
static void compare_with_claim(struct measurement *m, const struct lab_state *s, unsigned mode, const struct lab_result *r)
{
    const unsigned claimed = m->subject->from && r->executed && !r->lost ? m->subject->from(m->l, m->subject, s) : 0;
    if (!claimed || claimed >> r->outcome & 1)
        return;
    m->beside.seen = true;
    m->beside.mode = mode;
    m->beside.outcome = r->outcome;
    m->beside.claimed = claimed;
}

/* Also in other ways. What runs is what is classified: where one of them does something else than the first, that is what counts. */
static void run(struct measurement *m, const struct sample *x, struct lab_state *s, unsigned mode, enum lab_place place, bool guarded,
                struct lab_result *r)
{
    const bool own = place == PLACE_BARE || place == PLACE_HERE;
    struct lab_result q;
    lab_put(m->l, s, mode, place);
    lab_run(m->l, s, guarded, x->cold, r, NULL);
    note(m, mode, r);
    compare_with_claim(m, s, mode, r);
    if (mode == USER && !r->lost)
        changes_note(m->c, s, r, m->c->by_user);
    for (unsigned way = 0; lab_way_next(m->l, m->turn, own && !m->varying, &way);) {
        bool differs = lab_run_otherwise(m->l, way, s, guarded, x->cold, r, &q);
        note(m, mode, &q);
        if (!differs)
            continue;
        m->odd = m->l->isa->ways[way].differs;
        m->way = way;
        *r = q;
    }
}

/* In each mode, from one and the same state. */
static void measure_free(struct measurement *m, const struct sample *x, struct lab_state s[LAB_MODES], struct lab_result r[LAB_MODES])
{
    bool control[LAB_MODES];
    for (unsigned mode = 0; mode < m->l->isa->mode_count; mode++) {
        s[mode] = x->base;
        run(m, x, &s[mode], mode, PLACE_BARE, false, &r[mode]);
        control[mode] = evidence_control(m->l, &s[mode], &r[mode], &x->nop[mode]);
        if (control[mode]) {
            struct trial t = trial_make(m, EVIDENCE_CTRL, &s[mode], &s[mode], false, x->cold);
            found(m, &t, mode == USER, true);
        }
    }
    for (unsigned mode = 1; mode < m->l->isa->mode_count; mode++) {
        if (evidence_behaviour(m->l, &r[USER], &r[mode])) {
            struct trial t = trial_make(m, EVIDENCE_MODE, &s[USER], &s[mode], false, x->cold);
            found(m, &t, false, true);
        }
        if (evidence_silent(lab_completed(&r[USER]), control[USER], lab_completed(&r[mode]), control[mode])) {
            struct trial t = trial_make(m, EVIDENCE_SILENT, &s[USER], &s[mode], false, x->cold);
            found(m, &t, false, true);
        }
    }
}

/* Why it trapped was set where the trap was raised; raising the mode is the proof [THEORY 6.3 item 4]. */
static void check_reason(struct measurement *m, const struct lab_result *user, const struct lab_result *raised)
{
    if (!user->executed || !raised->executed || lab_completed(user))
        return;
    if (m->c->withholds && user->outcome == OUTCOME_PRIVILEGE && raised->outcome == OUTCOME_RESOURCE)
        return; /* the mode is asked for first, and then the resource */
    if (user->outcome == OUTCOME_PRIVILEGE && !lab_completed(raised))
        m->odd = "a trap is given as one for privilege, but stays with the mode raised";
    if (user->outcome != OUTCOME_PRIVILEGE && lab_completed(raised))
        m->odd = "a trap goes away with the mode raised, but is not given as one for privilege";
    if (!lab_completed(raised) && user->outcome != raised->outcome)
        m->odd = "a trap that every mode takes has one reason in this mode and another in that";
}

/* In the most privileged mode; if it traps there for a resource, and K is what has taken that away, with what K withholds. */
static void run_raised(const struct measurement *m, const struct sample *x, bool for_privilege, struct lab_state *top,
                       struct lab_result *raised)
{
    *top = x->guarded;
    lab_put(m->l, top, lab_top(m->l), PLACE_BARE);
    lab_run(m->l, top, false, x->cold, raised, NULL);
    if (!for_privilege || !m->c->withholds || !raised->executed || raised->outcome != OUTCOME_RESOURCE)
        return;
    *top = x->given;
    lab_put(m->l, top, lab_top(m->l), PLACE_BARE);
    lab_run(m->l, top, false, x->cold, raised, NULL);
}

static void measure_guarded(struct measurement *m, const struct sample *x, unsigned number, unsigned encoding)
{
    struct lab_state user = x->guarded, top;
    struct lab_result r, raised;
    run(m, x, &user, USER, PLACE_BARE, true, &r);
    run_raised(m, x, r.executed && r.outcome == OUTCOME_PRIVILEGE, &top, &raised);
    check_reason(m, &r, &raised);
    if (!r.executed)
        return;
    m->guarded[r.outcome]++;
    if (lab_completed(&r) && !m->condition.completed) {
        m->condition.completed = true;
        m->condition.sample = number;
        m->condition.encoding = encoding;
    }
    m->condition.trapped |= is_trap(&r);
    if (evidence_privileged(&r, &raised)) {
        struct trial t = trial_make(m, EVIDENCE_PRIV, &user, &top, true, x->cold);
        m->raised++;
        found(m, &t, true, true);
    }
    /* What is lost to the VMM, or completes, under K: may it change control? */
    if (evidence_control(m->l, &user, &r, &x->nop_guarded)) {
        struct trial t = trial_make(m, EVIDENCE_CTRL, &user, &user, true, x->cold);
        found(m, &t, true, true);
    }
}

static void measure_varied(struct measurement *m, const struct sample *x, const struct lab_state s[LAB_MODES],
                           const struct lab_result r[LAB_MODES])
{
    for (unsigned mode = 0; mode < m->l->isa->mode_count; mode++)
        for (unsigned v = 0; v < VARIATIONS; v++) {
            struct lab_state other = x->varied[v];
            struct lab_result q;
            run(m, x, &other, mode, PLACE_BARE, false, &q);
            if (evidence_state(m->l, &r[mode], &q)) {
                struct trial t = trial_make(m, EVIDENCE_STATE, &s[mode], &other, false, x->cold);
                found(m, &t, mode == USER, lab_completed(&r[mode]) && lab_completed(&q));
            }
        }
}

static void measure_hidden(struct measurement *m, const struct sample *x, const struct lab_result r[LAB_MODES])
{
    for (unsigned mode = 0; mode < m->l->isa->mode_count; mode++) {
        struct lab_state other = x->hidden;
        struct lab_result q;
        run(m, x, &other, mode, PLACE_BARE, false, &q);
        m->f->hidden_sensitive |= evidence_state(m->l, &r[mode], &q);
    }
}

/* Modes that translate are the first so many. */
static unsigned translating(const struct lab *l) { return lab_top(l) + l->isa->top_translates; }

static void measure_moved(struct measurement *m, const struct sample *x)
{
    for (unsigned mode = 0; mode < translating(m->l); mode++) {
        struct lab_state here = x->base, there = x->moved;
        struct lab_result r, q;
        run(m, x, &here, mode, PLACE_HERE, false, &r);
        run(m, x, &there, mode, PLACE_THERE, false, &q);
        if (evidence_control(m->l, &here, &r, &x->nop[mode])) {
            struct trial t = trial_make(m, EVIDENCE_CTRL, &here, &here, false, x->cold);
            found(m, &t, mode == USER, true);
        }
        if (m->c->moved_shows && evidence_behaviour(m->l, &r, &q)) {
            struct trial t = trial_make(m, m->c->moved_kind, &here, &there, false, x->cold);
            found(m, &t, mode == USER, true);
        }
    }
    /* What else the tables of the classification call relocated shows without translation, and in the mode that has none. */
    struct lab_state a = x->base, b = x->moved;
    struct lab_result r, q;
    run(m, x, &a, lab_top(m->l), PLACE_BARE, false, &r);
    run(m, x, &b, lab_top(m->l), PLACE_BARE, false, &q);
    if (evidence_behaviour(m->l, &r, &q)) {
        struct trial t = trial_make(m, EVIDENCE_LOC, &a, &b, false, x->cold);
        found(m, &t, false, true);
    }
}

/* From few states: what an instruction does to cached translations does not hang on the rest. */
static void measure_translation(struct measurement *m, const struct sample *x)
{
    for (unsigned mode = 0; mode < translating(m->l); mode++) {
        struct lab_state s = x->base;
        struct lab_result r;
        uint64_t probe, nop_probe;
        lab_put(m->l, &s, mode, PLACE_HERE);
        lab_run(m->l, &s, false, false, &r, NULL);
        if (lab_completed(&r) && evidence_translation(m->l, &s, mode, &probe, &nop_probe)) {
            struct trial t = trial_make(m, EVIDENCE_CTRL, &s, &s, false, false);
            t.translation = true;
            found(m, &t, mode == USER, true);
        }
    }
}

/* What K keeps for the VMM nobody can vary; what it does not, the guest has as it likes. */
static void measure_disowned(struct measurement *m, const struct sample *x)
{
    for (unsigned n = 0; n < m->l->isa->owned_count; n++) {
        struct lab_state kept = x->guarded, other = x->guarded;
        struct lab_result r, q;
        if (!(m->l->disowned >> n & 1))
            continue;
        run(m, x, &kept, USER, PLACE_HERE, true, &r);
        run(m, x, &other, USER, m->l->isa->disown(m->l, &other, n), true, &q);
        if (evidence_owned(m->l, &r, &q)) {
            struct trial t = trial_make(m, EVIDENCE_STATE, &kept, &other, true, x->cold);
            t.owned = true;
            found(m, &t, true, lab_completed(&q));
        }
    }
}

void experiments_run(struct measurement *m, unsigned e)
{
    const struct encoding *encoding = &m->subject->encodings[e];
    const unsigned states = m->c->states;
    m->resource = m->passed = false;
    lab_insert(m->l, encoding->bits, encoding->length);
    m->turn = e / states;
    if (m->subject->many)
        measure_guarded(m, &m->c->sample[e % states], e % states, e);
    for (unsigned n = 0; n < states && !m->subject->many; n++) {
        const struct sample *x = &m->c->sample[n];
        struct lab_state s[LAB_MODES];
        struct lab_result r[LAB_MODES];
        m->turn = n + e;
        measure_free(m, x, s, r);
        measure_guarded(m, x, n, e);
        m->varying = true;
        measure_varied(m, x, s, r);
        measure_hidden(m, x, r);
        m->varying = false;
        measure_moved(m, x);
        measure_disowned(m, x);
        if (n < TRANSLATION_STATES && e < TRANSLATION_ENCODINGS)
            measure_translation(m, x);
    }
    if (m->resource && !m->passed)
        m->odd = "a trap is given as one for a resource, but there is no state in which it is not taken";
}
