/* classify.c - the quantifiers. "Sensitive" is existential: one pair is enough, and is kept as a witness. "Privileged" and "innocuous" are
 * universal: sampling can only fail to refute them, so the machine's own record of what user-mode runs touched is asked, too.
 *
 * Every encoding of a subject is executed from a number of random states, the same for all subjects:
 *
 *   free     in each mode, with no regard to K: the states of the bare machine            CTRL MODE SILENT
 *   guarded  in user mode under K, as the VMM runs it; and the same with the mode raised  PRIV, "traps in user mode"
 *   varied   in each mode, from states that differ in control state and counters          STATE
 *   moved    translated, with the same memory in other frames                             LOC CTRL
 *   probed   translated, with tables changed behind the machine's back                    CTRL
 *
 * Every second state finds the machine cold (translations fenced off), the others as the runs before it left it.
 */
#include "core/theory/classify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/derive.h"
#include "core/theory/evidence.h"

enum { VARIATIONS = 2, VARIED_ONE_IN = 4 /* in all but the first, which varies all */, STATES_DEFAULT = LAB_CYCLE, USER = 0, TOP = LAB_MODES - 1, TRANSLATION_STATES = 3, TRANSLATION_ENCODINGS = 2, OUTCOMES = OUTCOME_WAIT + 1 };

/* The states made of one random state; a mode is put in when they are used. */
struct sample {
    struct lab_state base, varied[VARIATIONS], moved, guarded;
    struct lab_result nop[LAB_MODES], nop_guarded;
    bool cold;
};

struct classifier {
    struct lab *lab;
    const struct k_setting *k;
    unsigned k_count;
    uint64_t seed;
    enum evidence moved_kind; /* what it shows when the place shows: LOC, unless the tables call the place's registers otherwise */
    bool moved_shows;
    unsigned states;
    struct sample sample[];
};

/* --- samples */

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

static void k_apply(const struct classifier *c, struct lab_state *s)
{
    for (unsigned n = 0; n < c->k_count; n++) {
        unsigned r = lab_find(c->lab, c->k[n].reg);
        if (r < LAB_REGS)
            s->reg[r] = (s->reg[r] & ~c->k[n].mask) | c->k[n].value;
    }
    lab_settle(c->lab, s);
}

static void sample_make(struct classifier *c, struct sample *x, unsigned number, uint64_t *seed)
{
    struct lab *l = c->lab;
    x->cold = number / 2 % 2 == 0;
    lab_sample(l, &x->base, number, seed);
    for (unsigned v = 0; v < VARIATIONS; v++) {
        x->varied[v] = x->base;
        vary(c, &x->varied[v], 1u << PART_NONDET, 1, seed);
        vary(c, &x->varied[v], 1u << PART_VIRTUAL, v == 0 ? 1 : VARIED_ONE_IN, seed);
    }
    x->moved = x->base;
    vary(c, &x->moved, 1u << PART_RELOCATED, 1, seed);
    x->guarded = x->base;
    k_apply(c, &x->guarded);
    lab_insert(l, l->isa->nop, l->isa->nop_length);
    for (unsigned m = 0; m < LAB_MODES; m++) {
        struct lab_state s = x->base;
        lab_put(l, &s, m, PLACE_BARE);
        lab_run(l, &s, false, x->cold, &x->nop[m], NULL);
    }
    struct lab_state s = x->guarded;
    lab_put(l, &s, USER, PLACE_BARE);
    lab_run(l, &s, true, x->cold, &x->nop_guarded, NULL);
}

/* The registers that choose the place are all of one partition, or the tables say something odd; then it is no relocation. */
static void place_partition(struct classifier *c)
{
    struct lab *l = c->lab;
    struct lab_state bare, there;
    lab_plain(l, &bare);
    there = bare;
    lab_put(l, &there, USER, PLACE_THERE);
    lab_put(l, &bare, USER, PLACE_BARE);
    unsigned set = 0;
    for (unsigned n = 0; n < l->field_count; n++)
        if ((bare.reg[l->field[n].reg] ^ there.reg[l->field[n].reg]) & l->field[n].mask)
            set |= 1u << l->field[n].part;
    c->moved_kind = set == 1u << PART_RELOCATED ? EVIDENCE_LOC : EVIDENCE_STATE;
    c->moved_shows = set == 1u << PART_RELOCATED || set == 1u << PART_VIRTUAL;
}

int classifier_create(struct classifier **out, struct lab *lab, const struct k_setting *k, unsigned k_count, uint64_t seed, unsigned states)
{
    if (!states)
        states = STATES_DEFAULT;
    struct classifier *c = calloc(1, sizeof *c + states * sizeof c->sample[0]);
    if (!c)
        return -ENOMEM;
    *c = (struct classifier){.lab = lab, .k = k, .k_count = k_count, .seed = seed, .states = states};
    place_partition(c);
    for (unsigned n = 0; n < states; n++)
        sample_make(c, &c->sample[n], n, &seed);
    *out = c;
    return 0;
}

void classifier_destroy(struct classifier *c) { free(c); }

/* --- one subject */

struct measurement {
    struct classifier *c;
    struct lab *l;
    const struct subject *subject;
    struct finding *f;
    unsigned guarded[OUTCOMES]; /* runs in user mode under K */
    unsigned raised;            /* of those that trapped for privilege, how many complete with the mode raised */
    unsigned user_touches;      /* partitions that completed user-mode runs read or wrote */
    const char *odd;            /* the reason of a trap is not what the experiment shows */
    bool found[EVIDENCE_COUNT];
    unsigned rank[EVIDENCE_COUNT];
    struct trial *trial;        /* [EVIDENCE_COUNT] */
    struct {
        bool completed, trapped;    /* under K, both are seen ... */
        unsigned sample, encoding;  /* ... and here it completes */
    } condition;
};

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
    return (struct trial){
        .kind = kind, .s1 = *s1, .s2 = *s2, .guarded = guarded, .cold = cold, .bits = m->l->bits, .length = m->l->length};
}

/* Every run counts here. A trap for an access is a matter of resources, whatever else it is. */
static void note(struct measurement *m, unsigned mode, const struct lab_result *r)
{
    if (r->memory && r->reason != REASON_RESOURCE)
        m->odd = "a memory trap is not given as a resource trap";
    if (!r->executed)
        return;
    m->f->outcomes[m->l->isa->modes[mode]] |= 1u << r->outcome;
    if (lab_completed(r)) {
        m->f->touches |= r->touches;
        if (mode == USER)
            m->user_touches |= r->touches;
    }
}

static void run(struct measurement *m, const struct sample *x, struct lab_state *s, unsigned mode, enum lab_place place, bool guarded,
                struct lab_result *r)
{
    lab_put(m->l, s, mode, place);
    lab_run(m->l, s, guarded, x->cold, r, NULL);
    note(m, mode, r);
}

/* In each mode, from one and the same state. */
static void measure_free(struct measurement *m, const struct sample *x, struct lab_state s[LAB_MODES], struct lab_result r[LAB_MODES])
{
    bool control[LAB_MODES];
    for (unsigned mode = 0; mode < LAB_MODES; mode++) {
        s[mode] = x->base;
        run(m, x, &s[mode], mode, PLACE_BARE, false, &r[mode]);
        control[mode] = evidence_control(m->l, &s[mode], &r[mode], &x->nop[mode]);
        if (control[mode]) {
            struct trial t = trial_make(m, EVIDENCE_CTRL, &s[mode], &s[mode], false, x->cold);
            found(m, &t, mode == USER, true);
        }
    }
    for (unsigned mode = 1; mode < LAB_MODES; mode++) {
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
    if (user->outcome == OUTCOME_PRIVILEGE && !lab_completed(raised))
        m->odd = "a trap is given as one for privilege, but stays with the mode raised";
    if (user->outcome != OUTCOME_PRIVILEGE && lab_completed(raised))
        m->odd = "a trap goes away with the mode raised, but is not given as one for privilege";
    if (!lab_completed(raised) && user->outcome != raised->outcome)
        m->odd = "a trap that every mode takes has one reason in this mode and another in that";
}

static bool is_trap(const struct lab_result *r) { return r->executed && !lab_completed(r) && r->outcome != OUTCOME_RESOURCE; }

static void measure_guarded(struct measurement *m, const struct sample *x, unsigned number, unsigned encoding)
{
    struct lab_state user = x->guarded, top = x->guarded;
    struct lab_result r, raised;
    run(m, x, &user, USER, PLACE_BARE, true, &r);
    lab_put(m->l, &top, TOP, PLACE_BARE);
    lab_run(m->l, &top, false, x->cold, &raised, NULL);
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
    for (unsigned mode = 0; mode < LAB_MODES; mode++)
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

/* User and supervisor mode translate; the most privileged one does not. */
static void measure_moved(struct measurement *m, const struct sample *x)
{
    for (unsigned mode = 0; mode < TOP; mode++) {
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
    run(m, x, &a, TOP, PLACE_BARE, false, &r);
    run(m, x, &b, TOP, PLACE_BARE, false, &q);
    if (evidence_behaviour(m->l, &r, &q)) {
        struct trial t = trial_make(m, EVIDENCE_LOC, &a, &b, false, x->cold);
        found(m, &t, false, true);
    }
}

/* From few states: what an instruction does to cached translations does not hang on the rest. */
static void measure_translation(struct measurement *m, const struct sample *x)
{
    for (unsigned mode = 0; mode < TOP; mode++) {
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

/* --- verdicts on one subject */

static enum measured_traps traps_of(const struct measurement *m)
{
    unsigned n = 0, completed = m->guarded[OUTCOME_OK] + m->guarded[OUTCOME_WAIT];
    for (unsigned o = 0; o < OUTCOMES; o++)
        n += o == OUTCOME_RESOURCE ? 0 : m->guarded[o];
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
        trial_minimise(m->l, &m->trial[kind]);
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
    f->confidence = f->sensitive ? WITNESSED : m->user_touches & control ? TOUCHED : CLEAN;
    f->disagreement = m->odd;
    finding_derive(f);
    if (f->traps == MEASURED_CONDITION)
        error = condition_name(m, a);
    return !error && witnesses ? witnesses_make(m, a) : error;
}

int classifier_run(struct classifier *c, const struct subject *subject, bool witnesses, struct arena *a, struct finding *out)
{
    struct measurement m = {.c = c, .l = c->lab, .subject = subject, .f = out};
    struct lab_state s[LAB_MODES];
    struct lab_result r[LAB_MODES];
    uint64_t before = c->lab->runs;
    *out = (struct finding){.subject = subject->name, .row = subject->row, .csr = subject->csr};
    m.trial = calloc(EVIDENCE_COUNT, sizeof *m.trial);
    if (!m.trial)
        return -ENOMEM;
    for (unsigned e = 0; e < subject->count; e++) {
        lab_insert(m.l, subject->encodings[e].bits, subject->encodings[e].length);
        if (subject->many) {
            measure_guarded(&m, &c->sample[e % c->states], e % c->states, e);
            continue;
        }
        for (unsigned n = 0; n < c->states; n++) {
            const struct sample *x = &c->sample[n];
            measure_free(&m, x, s, r);
            measure_guarded(&m, x, n, e);
            measure_varied(&m, x, s, r);
            measure_moved(&m, x);
            if (n < TRANSLATION_STATES && e < TRANSLATION_ENCODINGS)
                measure_translation(&m, x);
        }
    }
    int error = conclude(&m, witnesses, a);
    out->runs = c->lab->runs - before;
    free(m.trial);
    return error;
}

/* --- against the claim */

static const char *traps_word(enum measured_traps t)
{
    switch (t) {
    case MEASURED_NEVER: return "never traps in user mode";
    case MEASURED_ALWAYS: return "always traps in user mode";
    case MEASURED_CONDITION: return "traps in user mode under a condition";
    case MEASURED_REQUESTED: return "traps in every mode because it asks to";
    case MEASURED_UNDEFINED: return "is undefined in every mode";
    }
    return "";
}

static const char *sensitive_words(unsigned set, char *out, size_t size)
{
    static const char *const word[] = {"control", "location", "mode", "state"};
    out[0] = '\0';
    for (unsigned n = 0; n < sizeof word / sizeof *word; n++)
        if (set >> n & 1 && strlen(out) + strlen(word[n]) + 4 < size) {
            strcat(out, *out ? ", " : "");
            strcat(out, word[n]);
        }
    return *out ? out : "not";
}

int finding_compare(struct finding *f, const struct claim *claim, struct arena *a)
{
    char measured[64], claimed[64];
    if (!f->disagreement && f->traps != claim->traps)
        f->disagreement = arena_text(a, "measured: %s; claimed: %s", traps_word(f->traps), traps_word(claim->traps));
    else if (!f->disagreement && f->sensitive != claim->sensitive)
        f->disagreement = arena_text(a, "measured: %s sensitive; claimed: %s", sensitive_words(f->sensitive, measured, sizeof measured),
                                     sensitive_words(claim->sensitive, claimed, sizeof claimed));
    else {
        f->agrees = !f->disagreement;
        return 0;
    }
    f->agrees = false;
    return f->disagreement ? 0 : -ENOMEM;
}
