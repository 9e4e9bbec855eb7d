/* witness_pg.c - a witness on the paper's machine: P and R, the cells that were read, and what is not the same afterwards. Cells
 * are named from where the window begins, so that both sides of a pair name the same one: E[l+2] on the bare machine, E[k+2] of a
 * guest. */
#include <errno.h>

#include "core/theory/evidence.h"
#include "core/theory/theory_pg.h"

enum { FIELDS = 5 + 2 * EXHAUST_CELLS };

struct telling {
    enum evidence kind;
    const struct exhaust_case *c;
    const struct exhaust_run *a, *b; /* one and the same for CTRL */
    struct arena *arena;
    struct witness *w;
};

static bool completed(enum outcome o) { return o == OUTCOME_OK || o == OUTCOME_WAIT; }
static bool is_control(const struct telling *t) { return t->kind == EVIDENCE_CTRL || t->kind == EVIDENCE_SILENT; }
static bool is_behaviour(const struct telling *t) { return t->kind == EVIDENCE_MODE || t->kind == EVIDENCE_LOC; }

static void add(struct telling *t, struct witness_field f, bool always)
{
    f.differs_before = f.s1 != f.s2;
    if (f.name && (always || f.differs_before || f.differs_after))
        t->w->fields[t->w->count++] = f;
}

/* M, l, b and the console are control; P is what a program sees. */
static void registers_add(struct telling *t)
{
    const struct exhaust_run *a = t->a, *b = t->b;
    const bool control = is_control(t), both = completed(a->outcome) && completed(b->outcome);
    add(t, (struct witness_field){"p", t->c->p, t->c->p, a->p2, b->p2, false, is_behaviour(t) && both && a->p2 != b->p2}, true);
    add(t, (struct witness_field){"l", a->l, b->l, a->l2, b->l2, false, control && (a->l2 != a->l || b->l2 != b->l)}, true);
    add(t, (struct witness_field){"b", a->b, b->b, a->b2, b->b2, false, control && (a->b2 != a->b || b->b2 != b->b)}, true);
    if (control)
        add(t, (struct witness_field){"mode", a->m, b->m, a->m2, b->m2, false, a->m2 != a->m || b->m2 != b->m}, false);
    add(t, (struct witness_field){"bytes to the console", 0, 0, a->printed, b->printed, false, control && (a->printed || b->printed)},
        false);
}

/* Of cells that a program has, what it finds in them afterwards is behaviour; the host's two of a trap are no guest's. */
static void window_add(struct telling *t, unsigned n)
{
    const struct exhaust_run *a = t->a, *b = t->b;
    const unsigned in_a = a->base + n, in_b = b->base + n;
    const bool known = bit_get(t->c->visible_known, n) && n != t->c->at;
    const bool trap_cell = t->kind == EVIDENCE_CTRL && t->c->guest && in_a < 2 && bit_get(a->written, in_a);
    const bool differs = is_behaviour(t) && completed(a->outcome) && completed(b->outcome) && a->after[in_a] != b->after[in_b];
    const char *name = arena_text(t->arena, "E[%s+%u]", t->c->guest ? "k" : "l", n);
    add(t, (struct witness_field){name, a->before[in_a], b->before[in_b], a->after[in_a], b->after[in_b], false, trap_cell || differs},
        known);
}

static void outside_add(struct telling *t, unsigned cell)
{
    const struct exhaust_run *a = t->a, *b = t->b;
    const bool in_a = cell >= a->base && cell - a->base < a->size, in_b = cell >= b->base && cell - b->base < b->size;
    const bool written = t->kind == EVIDENCE_CTRL && !in_a && bit_get(a->written, cell);
    if (in_a && in_b)
        return;
    const char *name = arena_text(t->arena, "E[%u]", cell);
    add(t, (struct witness_field){name, a->before[cell], b->before[cell], a->after[cell], b->after[cell], false, written},
        bit_get(t->c->outside_known, cell));
}

/* Words are short on these machines: who reads the instruction, or a PSW, must be told how. */
static const struct pg_config *config_copy(const struct exhaust *x, struct arena *arena)
{
    struct pg_config *config = arena_alloc(arena, sizeof *config);
    struct pg_word *word = arena_alloc(arena, sizeof *word);
    if (!config || !word)
        return NULL;
    *config = x->config;
    *word = x->word;
    config->word = word;
    return config;
}

int pg_witness(const struct exhaust *x, enum evidence kind, const struct exhaust_case *c, const struct exhaust_run *a,
               const struct exhaust_run *b, struct arena *arena, struct witness *w)
{
    struct telling t = {.kind = kind, .c = c, .a = a, .b = b, .arena = arena, .w = w};
    const struct pg_word *word = &x->word;
    *w = (struct witness){
        .present = true,
        .mode1 = (unsigned)a->m,
        .mode2 = (unsigned)b->m,
        .bits = c->bits,
        .length = PG_CELL,
        .outcome1 = a->outcome,
        .outcome2 = b->outcome,
        .clause = evidence_clause(kind, NULL),
        .config = config_copy(x, arena),
        .about = arena_text(arena, "%u cells of %u bits; instruction: opcode %u, operands %u and %u; PSW: M, P, l, b of 1, %u each",
                            x->cells, word->bits, word->opcode, word->a, word->b, word->field)};
    w->fields = arena_array(arena, FIELDS, sizeof *w->fields);
    if (!w->fields || !w->config || !w->about)
        return -ENOMEM;
    registers_add(&t);
    for (unsigned n = 0; n < a->size && n < b->size; n++)
        window_add(&t, n);
    for (unsigned cell = 0; cell < EXHAUST_CELLS; cell++)
        if (bit_get(c->outside_known, cell) || bit_get(a->written, cell))
            outside_add(&t, cell);
    return 0;
}
