/* theory_pg.c - the theory of the paper's machine <E, M, P, R>: of instances with a few cells of a few bits every state is examined, so that
 * what is said of all states holds of all of them there.
 *
 * PG_CELLS = 5 is the least q at which everything can happen: an instruction touches four cells at most (stx: its own, the
 * pointer's, the value's and the target), and with one more all of them can be moved.
 */
#include "core/theory/theory_pg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/theory/crew.h"

const struct k_pin pg_pins[PG_PINS + 1] = {
    [PG_PIN_BOUND_CLIPPED] = {"bound-clipped",
                              "R' = (l + k, min(b, w - l)); taken out: R' = (l + k, b), which may reach beyond the guest's memory",
                              false},
    [PG_PIN_TRAP_CELLS] = {"trap-cells", "E[0] and E[1] of the host are the VMM's; taken out: the guest's memory begins there", false},
    [PG_PIN_ONE_GUEST] = {"one-guest", "the processor is no resource; taken out: other guests want it, too", false},
    {NULL, NULL, false},
};

static const char extent[] =
    "machines of 5 cells, and guests of 4 on hosts of 9; words of 6 bits for rows that read two cells, 8 for one (10 "
    "and 13 if a PSW may be in it), 16 for none: each word in each cell that is read, each P, l, b and operand, "
    "both modes";

static const char reserved_name[] = "reserved";

/* A row by name, PG_INSN_COUNT for what is reserved; by an encoding, the row it belongs to. */
static int subject_find(const char *name, unsigned *out, struct error *e)
{
    char *end;
    unsigned length;
    for (*out = 0; *out < PG_INSN_COUNT; ++*out)
        if (strcasecmp(isa_pg.rows[*out].name, name) == 0)
            return 0;
    if (strcasecmp(name, reserved_name) == 0)
        return 0;
    if (name[0] != '0' || (name[1] | 0x20) != 'x')
        return error_set(e, ENOENT, "there is no instruction '%s' of pg", name);
    errno = 0;
    const unsigned long long bits = strtoull(name, &end, 16);
    if (errno || *end || end == name + 2)
        return error_set(e, EINVAL, "%s is no encoding of pg: a cell has 64 bits", name);
    *out = isa_pg.decode(NULL, 0, bits, &length);
    if (*out == INSN_NONE)
        *out = PG_INSN_COUNT;
    return 0;
}

/* --- putting together */

/* A proof may start from earlier ones: of the base machine, whose whole finding may do here, too, and of the same
 * variant under the whole of K, whose part about the bare machine does. A disagreement is not taken over: it is
 * found anew. */
static const struct finding *known(const struct classification *c, unsigned n)
{
    const struct finding *f = c ? &c->findings[n] : NULL;
    return f && !f->disagreement ? f : NULL;
}

/* What never asks which variant it runs on does the same on all of them, and need not be run again. */
static bool take_over(const struct pg_proof *p, unsigned n, struct finding *out)
{
    const struct finding *f = known(p->base, n);
    if (!f || f->asked >> p->in->variant & 1)
        return false;
    *out = *f;
    return true;
}

static int prove_one(struct pg_proof *p, unsigned n, struct finding *out)
{
    const bool reserved = n == PG_INSN_COUNT;
    const struct insn_desc *r = &p->in->row[reserved ? 0 : n];
    const struct claim claim = reserved ? (struct claim){.traps = MEASURED_UNDEFINED} : claim_of_row(r);
    int error = 0;
    if (!take_over(p, n, out))
        error = pg_prove(p, reserved ? INSN_NONE : n, reserved ? reserved_name : r->name, known(p->whole, n), out);
    return error ? error : finding_compare(out, &claim, p->arena);
}

/* Rows do not depend on each other. */
struct proving {
    struct pg_proof member[CREW_MAX]; /* each with an arena of its own */
    int error[CREW_MAX];
    unsigned first;
    struct finding *findings;
};

static void prove_job(void *context, unsigned member, unsigned job)
{
    struct proving *w = context;
    if (!w->error[member])
        w->error[member] = prove_one(&w->member[member], w->first + job, &w->findings[job]);
}

/* What they have found is the proof's. */
static int members_join(struct proving *w, unsigned members, struct pg_proof *p)
{
    int error = 0;
    for (unsigned n = 0; n < members; n++) {
        error = error ? error : w->error[n];
        if (w->member[n].arena)
            arena_join(p->arena, w->member[n].arena);
    }
    return error;
}

/* Each member of the crew has a copy of the proof with an arena of its own, so that no lock is needed; what they
 * made is joined to the proof's arena, where the findings point. */
static int prove(struct pg_proof *p, const struct classify_options *o, unsigned first, unsigned count, struct classification *c)
{
    const unsigned members = crew_size(o->jobs, count);
    struct proving *w = calloc(1, sizeof *w);
    c->findings = arena_array(p->arena, count, sizeof *c->findings);
    if (!w || !c->findings) {
        free(w);
        return -ENOMEM;
    }
    w->first = first;
    w->findings = c->findings;
    for (unsigned n = 0; n < members; n++) {
        w->member[n] = *p;
        w->member[n].arena = arena_create();
        w->error[n] = w->member[n].arena ? 0 : -ENOMEM;
    }
    crew_run(members, count, prove_job, w, o);
    int error = members_join(w, members, p);
    free(w);
    c->count = error ? 0 : count;
    for (unsigned n = 0; n < c->count; n++)
        c->states_examined += c->findings[n].runs;
    return error;
}

static const char *k_text(unsigned without, struct arena *a)
{
    const char *text = "";
    for (unsigned n = 0; n < PG_PINS && text; n++)
        if (n != without)
            text = arena_text(a, "%s%s%s", text, *text ? ", " : "", pg_pins[n].name);
    return text;
}

static int pin_find(const char *name, unsigned *pin, struct error *e)
{
    for (*pin = 0; name && *pin < PG_PINS; ++*pin)
        if (strcmp(pg_pins[*pin].name, name) == 0)
            return 0;
    *pin = PG_PINS;
    return name ? error_set(e, EINVAL, "K of pg has no pin '%s'", name) : 0;
}

static bool same_pin(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool is_whole(const struct classification *c) { return c && c->count == PG_INSN_COUNT + 1; }

/* One thing may be another: the variant, or K. */
static void known_set(struct pg_proof *p, const struct classify_options *o)
{
    const struct classification *b = o->base, *w = o->whole;
    if (!o->subject && is_whole(b) && !*b->variant && same_pin(b->without, o->without))
        p->base = b;
    if (!o->subject && is_whole(w) && !w->without && strcmp(w->variant, pg_variants[p->in->variant].name) == 0)
        p->whole = w;
}

int pg_classify(const struct pg_inputs *in, const struct classify_options *o, struct classification **out, struct error *e)
{
    struct pg_proof p = {.in = in, .witnesses = !o->brief};
    unsigned first = 0, count = PG_INSN_COUNT + 1;
    int error = pin_find(o->without, &p.without, e);
    if (!error && o->subject) {
        error = subject_find(o->subject, &first, e);
        count = 1;
    }
    if (error)
        return error;
    known_set(&p, o);
    p.arena = arena_create();
    struct classification *c = p.arena ? arena_alloc(p.arena, sizeof *c) : NULL;
    const char *k = c ? k_text(p.without, p.arena) : NULL;
    error = k ? prove(&p, o, first, count, c) : -ENOMEM;
    if (error) {
        arena_destroy(p.arena);
        return error_set(e, -error, "the laboratory cannot be set up: %s", strerror(-error));
    }
    c->isa = isa_pg.name;
    c->variant = pg_variants[in->variant].name;
    c->k = k;
    c->exhaustive = true;
    c->extent = extent;
    c->seed = o->seed;
    c->without = p.without < PG_PINS ? pg_pins[p.without].name : NULL;
    c->arena = p.arena;
    *out = c;
    return 0;
}

struct pg_inputs pg_inputs(enum pg_variant variant)
{
    struct pg_inputs in = {.variant = variant, .create = pg_create, .cells = PG_CELLS};
    for (unsigned n = 0; n < PG_INSN_COUNT; n++)
        in.row[n] = pg_row_of(variant, n);
    return in;
}

/* --- the theory */

static int classify(const struct classify_options *o, struct classification **out, struct error *e)
{
    const enum pg_variant variant = o->variant ? pg_variant_find(o->variant) : PG_BASE;
    if (variant == PG_VARIANT_COUNT)
        return error_set(e, EINVAL, "pg has no variant '%s'", o->variant);
    const struct pg_inputs in = pg_inputs(variant);
    return pg_classify(&in, o, out, e);
}

static bool subject(unsigned n, char *name, size_t size)
{
    if (n <= PG_INSN_COUNT)
        snprintf(name, size, "%s", n < PG_INSN_COUNT ? isa_pg.rows[n].name : reserved_name);
    return n <= PG_INSN_COUNT;
}

static const char *mode_name(unsigned mode) { return mode == PG_S ? "s" : "u"; }

/* The base machine is named by no variant. */
static const char *const names[] = {
#define VARIANT(id, name, row, traps, sensitive, about) name,
#include "isa/pg/variants.def"
#undef VARIANT
    NULL,
};

static const char aside[] =
    "Not covered: memory traps, which the definitions set aside, beyond what the pin bound-clipped says of them; and other "
    "word lengths and numbers of cells.";

const struct theory theory_pg = {
    .isa = "pg",
    .variants = names + 1,
    .pins = pg_pins,
    .classify = classify,
    .set = &isa_pg,
    .mode_name = mode_name,
    .aside = aside,
    .exhaustive = true,
    .subject = subject,
};
