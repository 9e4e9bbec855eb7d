/* proof_pg.c - the definitions [PG74 pp.414-415], decided over every state of small machines; nothing is sampled.
 *
 *   privileged         for every <e,s,p,r>, <e,u,p,r> neither of which traps for memory: in u it traps, in s it does not
 *   control-sensitive  for some state: no trap, and M or R is not as before; or E[0], E[1] are written regardless of R
 *                      (footnote 2); or a byte goes to the console, which is a resource
 *   location-sensitive for some pair in the same mode, <e|r,m,p,r> and <e|r+x,m,p,r+x>: no trap, M and R as before, and what is
 *   mode-sensitive     visible afterwards differs; or for a pair that differs in M only
 *
 * Control is judged by executions that do not trap, or every supervisor call would be sensitive. HALT is no change of control, for
 * the processor is no resource (footnote 3). The same is asked of a guest in real user mode, as K has it: does it change what is
 * not its own, and does it show where in the host it lies?
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/derive.h"
#include "core/theory/evidence.h"
#include "core/theory/evidence_pg.h"
#include "core/theory/theory_pg.h"

struct kept {
    bool present;
    unsigned weight, one, two; /* which runs of the case */
    struct exhaust_case *c;
    struct exhaust *x; /* where it was run */
};

struct measure {
    struct pg_proof *proof;
    struct finding *f;
    struct exhaust *x; /* at work */
    struct kept kept[EVIDENCE_COUNT];
    unsigned most;              /* cells that a run of the bare machine reads */
    unsigned second;            /* enum stage */
    const struct finding *like; /* NULL, or of which the bare machine's part is taken over, ... */
    bool known[EVIDENCE_COUNT]; /* ... witnesses of these kinds with it */
    /* Of pairs that differ in the mode only, neither with a memory trap: how many there are, how many trap in u, ... */
    uint64_t pairs, trapped, privileged, requested, undefined;
    bool user_control, user_does_more; /* in u control changes; otherwise than by a smaller b */
    bool user_waits;
    struct kept mixed; /* differs, but mode and place both do */
    unsigned asked;    /* a bit for each variant */
    const char *odd;
    int error; /* -ENOMEM: evidence could not be kept */
};

static bool control(const struct measure *m, const struct exhaust_case *c, const struct exhaust_run *r)
{
    return pg_control(c, r, m->proof->without == PG_PIN_ONE_GUEST);
}

/* --- evidence */

/* Of the bare machine rather than of a guest, then from user mode, then the simplest. */
static unsigned weight_of(const struct pg_word *w, const struct exhaust_case *c, const struct exhaust_run *a,
                          const struct exhaust_run *b)
{
    const uint64_t operand_a = pg_operand_a_in(w, c->bits), operand_b = pg_operand_b_in(w, c->bits);
    const bool on_itself = operand_a == c->p || operand_b == c->p || operand_a + 1 == c->p;
    const bool user = a->m == PG_U && b->m == PG_U;
    return (unsigned)((c->guest ? 1u << 20 : 0) + (user ? 0 : 1u << 19) + (on_itself ? 64u : 0) + c->weight + operand_a + operand_b +
                      c->p + a->l + b->l + a->b);
}

static int keep(struct kept *k, struct exhaust *x, const struct exhaust_case *c, unsigned one, unsigned two)
{
    if (k->present && k->weight <= c->weight) /* which is only a part of it */
        return 0;
    const unsigned weight = weight_of(&x->word, c, &c->run[one], &c->run[two]);
    if (k->present && k->weight <= weight)
        return 0;
    if (!k->c && !(k->c = malloc(sizeof *k->c)))
        return -ENOMEM;
    *k->c = *c;
    k->x = x;
    k->present = true;
    k->weight = weight;
    k->one = one;
    k->two = two;
    return 0;
}

static void found(struct measure *m, enum evidence kind, const struct exhaust_case *c, unsigned one, unsigned two)
{
    static const unsigned bit[EVIDENCE_COUNT] = {
        [EVIDENCE_CTRL] = SENSITIVE_CONTROL,
        [EVIDENCE_MODE] = SENSITIVE_MODE,
        [EVIDENCE_LOC] = SENSITIVE_LOCATION,
    };
    const bool user = c->run[one].m == PG_U;
    m->f->sensitive |= bit[kind];
    if (kind == EVIDENCE_CTRL || kind == EVIDENCE_LOC) {
        m->f->user_sensitive |= user;
        m->f->supervisor_sensitive |= !user;
    }
    if (m->proof->witnesses && keep(&m->kept[kind], m->x, c, one, two))
        m->error = -ENOMEM;
}

static void look_at_run(struct measure *m, const struct exhaust_case *c, unsigned n)
{
    const struct exhaust_run *r = &c->run[n];
    if (r->memory)
        return;
    m->f->outcomes[r->m] |= 1u << r->outcome;
    m->user_waits |= r->m == PG_U && r->outcome == OUTCOME_WAIT;
    if (!control(m, c, r))
        return;
    found(m, EVIDENCE_CTRL, c, n, n);
    if (r->m == PG_U) {
        m->user_control = true;
        m->user_does_more |= r->m2 != PG_U || r->l2 != r->l || r->b2 >= r->b || pg_writes_beyond(c, r) || r->printed;
    }
}

/* The reason of a trap was given where it was raised; the other mode is the proof. */
static void check_reason(struct measure *m, const struct exhaust_run *u, const struct exhaust_run *s)
{
    if (pg_completed(u))
        return;
    if ((u->outcome == OUTCOME_PRIVILEGE) != pg_completed(s))
        m->odd = "a trap that goes away in supervisor mode is not given as one for privilege, or one that stays is";
    else if (!pg_completed(s) && u->outcome != s->outcome)
        m->odd = "a trap that both modes take has one reason in this mode and another in that";
}

static void look_at_modes(struct measure *m, const struct exhaust_case *c, unsigned user, unsigned supervisor)
{
    const struct exhaust_run *u = &c->run[user], *s = &c->run[supervisor];
    m->pairs++;
    m->trapped += !pg_completed(u);
    check_reason(m, u, s);
    if (!pg_completed(u) && pg_completed(s)) {
        m->privileged++;
        found(m, EVIDENCE_PRIV, c, user, supervisor);
    }
    if (!pg_completed(u) && !pg_completed(s)) {
        m->requested += u->outcome == OUTCOME_REQUESTED;
        m->undefined += u->outcome == OUTCOME_UNDEFINED;
    }
    if (pg_completed(u) && pg_completed(s) && control(m, c, u) != control(m, c, s))
        found(m, EVIDENCE_SILENT, c, user, supervisor);
    if (pg_behaviour(u, s))
        found(m, EVIDENCE_MODE, c, user, supervisor);
}

static void look_at_places(struct measure *m, const struct exhaust_case *c)
{
    for (unsigned n = 0; n < c->count; n++)
        for (unsigned k = n + 1; k < c->count; k++) {
            const struct exhaust_run *a = &c->run[n], *b = &c->run[k];
            if (a->memory || b->memory || a->base == b->base)
                continue;
            if (a->m == b->m && pg_behaviour(a, b))
                found(m, EVIDENCE_LOC, c, n, k);
            else if (a->m != b->m && pg_behaviour(a, b) && keep(&m->mixed, m->x, c, n, k))
                m->error = -ENOMEM;
        }
}

/* With a pin out what counts is what is critical then; one state is enough for that, and where guests reach each other's cells there are
 * billions. */
static bool is_decided(const struct measure *m)
{
    const struct pg_proof *p = m->proof;
    return p->without < PG_PINS && m->x->cells == PG_HOST_CELLS && m->f->sensitive && m->privileged != m->pairs;
}

/* Every run, and every two of them. User mode stands before supervisor mode at each place. */
static void look(void *ctx, const struct exhaust_case *c)
{
    struct measure *m = ctx;
    m->x->enough = is_decided(m);
    for (unsigned n = 0; n < c->count; n++)
        look_at_run(m, c, n);
    for (unsigned n = 0; n + 1 < c->count; n++)
        if (c->run[n].base == c->run[n + 1].base && !c->run[n].memory && !c->run[n + 1].memory)
            look_at_modes(m, c, n, n + 1);
    if (!pg_all_twins(c))
        look_at_places(m, c);
}

/* --- all encodings of a row */

static void operands(struct measure *m, uint64_t opcode)
{
    const struct pg_proof *p = m->proof;
    const struct pg_word *w = &m->x->word;
    const bool clip = p->without != PG_PIN_BOUND_CLIPPED;
    for (uint64_t a = 0; a >> w->a == 0 && !m->x->odd && !m->x->enough; a++)
        for (uint64_t b = 0; b >> w->b == 0 && !m->x->odd && !m->x->enough; b++) {
            const uint64_t bits = pg_encode_in(w, opcode, a, b);
            if (m->x->cells == PG_HOST_CELLS)
                exhaust_guest(m->x, bits, p->without == PG_PIN_TRAP_CELLS ? 0 : 2, PG_GUEST_CELLS, clip, look, m);
            else
                exhaust_bare(m->x, bits, look, m);
        }
}

/* Of a machine with all rows their numbers are opcodes; of one with a single row there is just one. */
static void encodings(struct measure *m, unsigned row)
{
    const struct pg_word *w = &m->x->word;
    unsigned length;
    if (w->only != INSN_NONE) {
        operands(m, w->opcode ? 1 : 0);
        return;
    }
    for (uint64_t opcode = 0; opcode >> w->opcode == 0; opcode++)
        if (isa_pg.decode(&m->x->config, 0, pg_encode_in(w, opcode, 0, 0), &length) == row)
            operands(m, opcode);
}

/* --- all machines. The more cells a row reads, the shorter the words of which all can be had. */

enum stage { SHORT, BYTE, PSW, LONG, OPCODES, STAGES };

static const struct pg_word stage[PG_MACHINES][STAGES] = {
    {[SHORT] = {.bits = 6, .opcode = 0, .a = 3, .b = 3, .field = 3},
     [BYTE] = {.bits = 8, .opcode = 2, .a = 3, .b = 3, .field = 3},
     [PSW] = {.bits = 10, .opcode = 4, .a = 3, .b = 3, .field = 3},
     [LONG] = {.bits = 16, .opcode = 5, .a = 3, .b = 8, .field = 3, .only = INSN_NONE},
     [OPCODES] = {.bits = 11, .opcode = 5, .a = 3, .b = 3, .field = 3, .only = INSN_NONE}},
    {[SHORT] = {.bits = 6, .opcode = 0, .a = 3, .b = 3, .field = 4},
     [BYTE] = {.bits = 8, .opcode = 2, .a = 3, .b = 3, .field = 4},
     [PSW] = {.bits = 13, .opcode = 7, .a = 3, .b = 3, .field = 4},
     [LONG] = {.bits = 16, .opcode = 5, .a = 3, .b = 8, .field = 4, .only = INSN_NONE},
     [OPCODES] = {.bits = 11, .opcode = 5, .a = 3, .b = 3, .field = 4, .only = INSN_NONE}},
};

static const char *const extent[STAGES] = {
    [SHORT] = "5 cells of 6 bits: all 64 words of each cell that is read, all P, l, b, operands, both modes",
    [BYTE] = "5 cells of 8 bits: all 256 words of each cell that is read, all P, l, b, operands, both modes",
    [PSW] = "5 cells of 10 bits: all 1024 words of each cell that is read, all P, l, b, operands, both modes",
    [LONG] = "5 cells of 16 bits: no cell is read; all P, l, b, operands, both modes",
    [OPCODES] = "5 cells of 11 bits: no cell is read; all P, l, b, opcodes, operands, both modes",
};

static int machine_examine(struct measure *m, unsigned row, enum pg_machine which, enum stage s)
{
    const unsigned cells[PG_MACHINES] = {m->proof->in->cells, PG_HOST_CELLS};
    struct pg_word word = stage[which][s];
    struct exhaust *x = m->x = &m->proof->machine[m->proof->machines++];
    if (word.only != INSN_NONE)
        word.only = (uint16_t)row;
    int error = exhaust_open(x, m->proof->in->create, m->proof->in->variant, cells[which], &word);
    if (error)
        return error;
    if (which == PG_BARE)
        exhaust_unfetched(x);
    encodings(m, row);
    if (which == PG_BARE)
        m->most = x->most_read;
    m->f->runs += x->examined;
    if (which == PG_BARE)
        m->f->extent = extent[s];
    m->asked |= x->asked;
    m->odd = m->odd ? m->odd : x->odd;
    return 0;
}

/* Six bits; eight where no run reads more than a cell, or as many as a PSW has if control changes by it; sixteen where none is read. */
static enum stage second_stage(const struct measure *m)
{
    if (m->most > 1)
        return SHORT;
    return m->most == 0 ? LONG : m->f->sensitive & SENSITIVE_CONTROL ? PSW : BYTE;
}

static int examine(struct measure *m, unsigned row, enum pg_machine which)
{
    const enum stage first = row == INSN_NONE ? OPCODES : SHORT;
    int error = machine_examine(m, row, which, first);
    if (which == PG_BARE)
        m->second = row == INSN_NONE ? OPCODES : second_stage(m);
    if (!error && !m->odd && m->second != first)
        error = machine_examine(m, row, which, m->second);
    return error;
}

/* --- verdict */

static enum measured_traps traps_of(const struct measure *m)
{
    if (m->trapped == 0)
        return MEASURED_NEVER;
    if (m->privileged == m->pairs)
        return MEASURED_ALWAYS;
    if (m->requested == m->pairs)
        return MEASURED_REQUESTED;
    return m->undefined == m->pairs ? MEASURED_UNDEFINED : MEASURED_CONDITION;
}

static const char *note_of(const struct measure *m)
{
    if (m->user_control && !m->user_does_more)
        return "all it does in user mode is to lower b, which takes memory from none but who executes it: the theorems promise no "
               "monitor, "
               "and yet there can be one [PG74 p.417]";
    if (m->user_waits && m->proof->without != PG_PIN_ONE_GUEST)
        return "it halts the processor, which is no resource as long as there is one guest [PG74, footnote 3]; with the pin "
               "one-guest "
               "taken out it "
               "is control-sensitive, and Theorems 1 and 3 fail";
    return NULL;
}

static int conclude(struct measure *m)
{
    struct finding *f = m->f;
    if (m->mixed.present && !(f->sensitive & (SENSITIVE_LOCATION | SENSITIVE_MODE))) {
        f->sensitive |= SENSITIVE_MODE;
        found(m, EVIDENCE_LOC, m->mixed.c, m->mixed.one, m->mixed.two);
    }
    f->traps = traps_of(m);
    f->condition = f->traps == MEASURED_CONDITION ? "the operands" : NULL;
    f->confidence = m->x->enough ? WITNESSED : EXHAUSTED;
    f->disagreement = m->odd;
    f->note = note_of(m);
    finding_derive(f);
    int error = m->error;
    for (unsigned kind = 0; kind < EVIDENCE_COUNT && !error; kind++) {
        struct kept *k = &m->kept[kind];
        if (m->like && m->known[kind])
            f->witness[kind] = m->like->witness[kind];
        if (!k->present || f->witness[kind].present)
            continue;
        exhaust_again(k->x, k->c);
        error = pg_witness(k->x, kind, k->c, &k->c->run[k->one], &k->c->run[k->two], m->proof->arena, &f->witness[kind]);
    }
    return error;
}

/* K is about guests: what the bare machine does is the same under another. */
struct bare {
    struct measure measure;
    struct finding finding;
};

static void bare_take_over(struct measure *m, const struct finding *like)
{
    const struct bare *b = like->bare;
    struct pg_proof *p = m->proof;
    struct finding *f = m->f;
    *m = b->measure;
    *f = b->finding;
    m->proof = p;
    m->f = f;
    m->like = like;
}

static int bare_examine(struct measure *m, unsigned row)
{
    int error = examine(m, row, PG_BARE);
    struct bare *b = error ? NULL : arena_alloc(m->proof->arena, sizeof *b);
    if (!b)
        return error ? error : -ENOMEM;
    *b = (struct bare){.measure = *m, .finding = *m->f};
    for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++) {
        b->measure.known[kind] = b->measure.kept[kind].present;
        b->measure.kept[kind] = (struct kept){0};
    }
    m->f->bare = m->mixed.present ? NULL : b; /* what is to be judged at the end has its states with it */
    return 0;
}

int pg_prove(struct pg_proof *p, unsigned row, const char *name, const struct finding *like, struct finding *out)
{
    struct measure m = {.proof = p, .f = out};
    *out = (struct finding){.subject = name, .row = (uint16_t)row, .csr = -1};
    p->machines = 0;
    int error = 0;
    if (like && like->bare)
        bare_take_over(&m, like);
    else
        error = bare_examine(&m, row);
    if (!error && !m.odd)
        error = examine(&m, row, PG_HOST);
    if (!error)
        error = conclude(&m);
    out->asked = m.asked;
    while (p->machines > 0)
        exhaust_close(&p->machine[--p->machines]);
    for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++)
        free(m.kept[kind].c);
    free(m.mixed.c);
    return error;
}
