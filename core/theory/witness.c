/* witness.c - from a trial to a witness a person can read: the smallest pair, the fields that matter, and the text. */
#include "core/theory/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* --- minimising. A list of fields is reset in one go if the evidence stands that; else each half of it by itself. */

struct reduction {
    struct lab *l;
    struct trial *t;
    const struct lab_state *plain; /* NULL: make s2 as s1 */
};

static void field_copy(struct lab_state *to, const struct lab_state *from, const struct lab_field *f)
{
    to->reg[f->reg] = (to->reg[f->reg] & ~f->mask) | (from->reg[f->reg] & f->mask);
}

static bool is_pair(const struct trial *t) { return t->kind != EVIDENCE_CTRL; }

/* Both states are settled again, since registers depend on others; what no longer shows the evidence is not taken. */
static bool try_without(const struct reduction *x, const unsigned *list, unsigned count)
{
    struct trial candidate = *x->t;
    struct trial_result r;
    for (unsigned n = 0; n < count; n++) {
        const struct lab_field *f = &x->l->field[list[n]];
        field_copy(&candidate.s2, x->plain ? x->plain : &candidate.s1, f);
        if (x->plain)
            field_copy(&candidate.s1, x->plain, f);
    }
    lab_settle(x->l, &candidate.s1);
    if (is_pair(x->t))
        lab_settle(x->l, &candidate.s2);
    if (!trial_holds(x->l, &candidate, &r))
        return false;
    *x->t = candidate;
    return true;
}

/* Halving: of 200 fields of which three matter some fifty trials are made, where one by one it would be 200. */
static void reduce(const struct reduction *x, const unsigned *list, unsigned count)
{
    if (count == 0 || try_without(x, list, count) || count == 1)
        return;
    reduce(x, list, count / 2);
    reduce(x, list + count / 2, count - count / 2);
}

/* Is there nothing to do about this field? Registers that choose the place stay. So do fields in which a pair differs when
 * both states are made plain: only the round that makes s2 as s1 may take a difference away. */
static bool is_reset(const struct reduction *x, const struct lab_field *f)
{
    const uint64_t *a = x->t->s1.reg, *b = x->t->s2.reg;
    uint64_t differs = (a[f->reg] ^ b[f->reg]) & f->mask;
    if (x->l->isa->is_put(x->l->reg[f->reg]))
        return true;
    if (!x->plain)
        return !differs;
    return (is_pair(x->t) && differs) || !((a[f->reg] ^ x->plain->reg[f->reg]) & f->mask);
}

/* Those the instruction never touched first: they go in one step. */
static void reduce_all(const struct reduction *x, const uint64_t *touched)
{
    unsigned list[LAB_FIELDS], count = 0, first;
    for (unsigned n = 0; n < x->l->field_count; n++)
        if (!is_reset(x, &x->l->field[n]) && !bit_get(touched[x->l->field[n].reg / 64], x->l->field[n].reg % 64))
            list[count++] = n;
    first = count;
    for (unsigned n = 0; n < x->l->field_count; n++)
        if (!is_reset(x, &x->l->field[n]) && bit_get(touched[x->l->field[n].reg / 64], x->l->field[n].reg % 64))
            list[count++] = n;
    reduce(x, list, first);
    reduce(x, list + first, count - first);
}

/*T:530 A witness is made small: fields of the two states that do not matter are put back to what they are after reset, one group after
 * the other, as long as the outcome stays. :*/
bool trial_minimise(struct lab *l, struct trial *t)
{
    struct lab_state plain;
    struct trial_result r;
    lab_insert(l, t->bits, t->length);
    if (!trial_holds(l, t, &r))
        return false;
    lab_plain(l, &plain);
    for (unsigned n = 0; n < 2; n++) { /* some fields can only be reset once others are */
        if (is_pair(t))
            reduce_all(&(struct reduction){l, t, NULL}, r.r1.touched);
        reduce_all(&(struct reduction){l, t, &plain}, r.r1.touched);
    }
    return true;
}

/* --- the witness */

static unsigned mode_index(const struct lab *l, const struct lab_state *s)
{
    for (unsigned m = 0; m < l->isa->mode_count; m++)
        if (l->isa->modes[m] == lab_mode(l, s))
            return m;
    return 0;
}

static uint64_t value(const struct lab_state *s, const struct lab_field *f)
{
    return (s->reg[f->reg] & f->mask) >> __builtin_ctzll(f->mask);
}

/* A field is worth a line when it is not as in the plain state, or differs before, or is what the evidence consists of. */
static bool field_matters(const struct lab *l, const struct trial *t, bool completed, const struct lab_state *plain,
                          const struct lab_field *f, struct witness_field *out)
{
    bool control = t->kind == EVIDENCE_CTRL || t->kind == EVIDENCE_SILENT;
    bool special = out->s1 != value(plain, f) && !l->isa->is_put(l->reg[f->reg]);
    unsigned changed = 1u << PART_VIRTUAL | 1u << PART_RELOCATED | 1u << PART_NONDET;
    out->differs_before = is_pair(t) && out->s1 != out->s2;
    if (control)
        out->differs_after = (changed >> f->part & 1) && (out->after1 != out->s1 || out->after2 != out->s2);
    else
        out->differs_after = f->part == PART_IDENTITY && completed && out->after1 != out->after2;
    return special || out->differs_before || out->differs_after;
}

/* Of counters only what a run does beside counting is told.
 * A counter counts: what it would have counted behind a NOP is no effect of the instruction, and is told as
 * unchanged. */
static uint64_t after(const struct lab_state *s, const struct lab_result *r, const struct lab_result *nop, const struct lab_field *f)
{
    bool counted = f->part == PART_NONDET && ((r->reg[f->reg] ^ nop->reg[f->reg]) & f->mask) == 0;
    uint64_t v = lab_completed(r) && !counted ? r->reg[f->reg] : s->reg[f->reg];
    return (v & f->mask) >> __builtin_ctzll(f->mask);
}

static bool matters(const struct lab *l, const struct trial *t, const struct trial_result *r, const struct lab_state *plain,
                    const struct lab_field *f, struct witness_field *out)
{
    const bool pair = is_pair(t);
    if (!f->mask)
        return false;
    *out = (struct witness_field){.name = f->name, .s1 = value(&t->s1, f), .after1 = after(&t->s1, &r->r1, &r->nop1, f)};
    out->s2 = pair ? value(&t->s2, f) : out->s1;
    out->after2 = pair ? after(&t->s2, &r->r2, &r->nop2, f) : out->after1;
    return field_matters(l, t, lab_completed(&r->r1) && lab_completed(&r->r2), plain, f, out);
}

/* The first word of data that is not the same in both, or, of one execution, not as before. */
static bool data_field(const struct lab *l, const struct trial *t, const uint8_t *d1, const uint8_t *d2, struct arena *a,
                       struct witness_field *out)
{
    const uint8_t *other = is_pair(t) ? d2 : l->pristine;
    for (unsigned at = 0; at < LAB_DATA && t->kind != EVIDENCE_CTRL; at += 8)
        if (memcmp(d1 + at, other + at, 8) != 0) {
            memcpy(&out->s1, l->pristine + at, 8);
            out->s2 = out->s1;
            memcpy(&out->after1, d1 + at, 8);
            memcpy(&out->after2, d2 + at, 8);
            out->differs_after = true;
            out->name = arena_text(a, "E[0x%" PRIx64 "]", l->data_va + at);
            return true;
        }
    return false;
}

int trial_witness(struct lab *l, const struct trial *t, struct arena *a, struct witness *w)
{
    struct trial_result r;
    struct lab_state plain;
    struct lab_result again;
    uint8_t d1[LAB_DATA], d2[LAB_DATA];
    memset(&r, 0, sizeof r);
    lab_plain(l, &plain);
    lab_insert(l, t->bits, t->length);
    w->holds = trial_holds(l, t, &r);
    w->fields = arena_array(a, l->field_count + 2, sizeof *w->fields);
    if (!w->fields)
        return -ENOMEM;
    for (unsigned n = 0; n < l->field_count; n++)
        if (matters(l, t, &r, &plain, &l->field[n], &w->fields[w->count]))
            w->count++;
    if (t->translation)
        w->fields[w->count++] = (struct witness_field){.name = "what a load finds behind a changed table",
                                                       .s1 = r.nop_probe,
                                                       .s2 = r.nop_probe,
                                                       .after1 = r.probe,
                                                       .after2 = r.probe,
                                                       .differs_after = true};
    l->way = t->way;
    lab_run(l, &t->s1, t->guarded, t->cold, &again, d1);
    if (is_pair(t))
        lab_run(l, &t->s2, t->guarded, t->cold, &again, d2);
    l->way = 0;
    if (is_pair(t)) {
        if (lab_completed(&r.r1) && lab_completed(&r.r2) && data_field(l, t, d1, d2, a, &w->fields[w->count])) {
            if (!w->fields[w->count].name)
                return -ENOMEM;
            w->count++;
        }
    }
    w->present = true;
    w->about = t->way ? l->isa->ways[t->way].name : NULL;
    w->mode1 = l->isa->modes[mode_index(l, &t->s1)];
    w->mode2 = is_pair(t) ? l->isa->modes[mode_index(l, &t->s2)] : w->mode1;
    w->place1 = t->s1.place;
    w->place2 = is_pair(t) ? t->s2.place : t->s1.place;
    w->bits = t->bits;
    w->length = (uint8_t)t->length;
    w->outcome1 = r.r1.outcome;
    w->outcome2 = is_pair(t) ? r.r2.outcome : r.r1.outcome;
    w->clause = evidence_clause(t->kind, l->isa->user);
    return 0;
}
