/* proof_pg.c - the definitions [PG74 pp.414-415], decided over every state of a small machine; nothing is sampled.
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
#include "core/theory/theory_pg.h"

struct kept {
    bool present;
    unsigned weight, one, two; /* which runs of the case */
    struct exhaust_case *c;
};

struct measure {
    struct pg_proof *proof;
    struct finding *f;
    struct kept kept[EVIDENCE_COUNT];
    /* Of pairs that differ in the mode only, neither with a memory trap: how many there are, how many trap in u, ... */
    uint64_t pairs, trapped, privileged, requested, undefined;
    bool user_control, user_does_more; /* in u control changes; otherwise than by a smaller b */
    bool user_waits;
    struct kept mixed; /* differs, but mode and place both do */
    const char *odd;
    int error; /* -ENOMEM: evidence could not be kept */
};

static bool completed(const struct exhaust_run *r) { return r->outcome == OUTCOME_OK || r->outcome == OUTCOME_WAIT; }

/* --- of one run */

static bool map_changed(const struct exhaust_run *r) { return r->m2 != r->m || r->l2 != r->l || r->b2 != r->b; }

/* Cells that are not the program's: outside the window; and of the host, the two of a trap. */
static bool writes_beyond(const struct exhaust_case *c, const struct exhaust_run *r)
{
    const uint64_t window = bits_get(UINT64_MAX, 0, r->size) << r->base, trap_cells = 3;
    return (r->written & ~window) || (c->guest && (r->written & trap_cells));
}

static bool control(const struct measure *m, const struct exhaust_case *c, const struct exhaust_run *r)
{
    const bool processor = c->guest && m->proof->without == PG_PIN_ONE_GUEST;
    return completed(r) && (map_changed(r) || writes_beyond(c, r) || r->printed || (processor && r->outcome == OUTCOME_WAIT));
}

/* --- of two */

/* Cells of its window, a bit each. */
static uint64_t written(const struct exhaust_run *r) { return r->written >> r->base & bits_get(UINT64_MAX, 0, r->size); }

static bool visible_differs(const struct exhaust_run *a, const struct exhaust_run *b)
{
    const unsigned both = a->size < b->size ? a->size : b->size;
    for (unsigned n = 0; n < both; n++)
        if (a->after[a->base + n] != b->after[b->base + n])
            return true;
    /* Where memory ends within one of the windows, a cell that only the other has must not have been written. */
    return written(a) >> both != 0 || written(b) >> both != 0;
}

static bool behaviour(const struct exhaust_run *a, const struct exhaust_run *b)
{
    if (!completed(a) || !completed(b) || map_changed(a) || map_changed(b))
        return false;
    return a->outcome != b->outcome || a->p2 != b->p2 || a->printed != b->printed || a->byte != b->byte || visible_differs(a, b);
}

/* --- evidence */

/* Of the bare machine rather than of a guest, then from user mode, then the simplest. */
static unsigned weight_of(const struct exhaust_case *c, const struct exhaust_run *a, const struct exhaust_run *b)
{
    const uint64_t operand_a = bits_get(c->bits, 28, 28), operand_b = bits_get(c->bits, 0, 28);
    const bool on_itself = operand_a == c->p || operand_b == c->p || operand_a + 1 == c->p;
    const bool user = a->m == PG_U && b->m == PG_U;
    return (unsigned)((c->guest ? 4096u : 0) + (user ? 0 : 2048u) + (on_itself ? 64u : 0) + c->weight + operand_a + operand_b + c->p +
                      a->l + b->l + a->b);
}

static int keep(struct kept *k, const struct exhaust_case *c, unsigned one, unsigned two)
{
    const unsigned weight = weight_of(c, &c->run[one], &c->run[two]);
    if (k->present && k->weight <= weight)
        return 0;
    if (!k->c && !(k->c = malloc(sizeof *k->c)))
        return -ENOMEM;
    *k->c = *c;
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
    if (m->proof->witnesses && keep(&m->kept[kind], c, one, two))
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
        m->user_does_more |= r->m2 != PG_U || r->l2 != r->l || r->b2 >= r->b || writes_beyond(c, r) || r->printed;
    }
}

/* The reason of a trap was given where it was raised; the other mode is the proof. */
static void check_reason(struct measure *m, const struct exhaust_run *u, const struct exhaust_run *s)
{
    if (completed(u))
        return;
    if ((u->outcome == OUTCOME_PRIVILEGE) != completed(s))
        m->odd = "a trap that goes away in supervisor mode is not given as one for privilege, or one that stays is";
    else if (!completed(s) && u->outcome != s->outcome)
        m->odd = "a trap that both modes take has one reason in this mode and another in that";
}

static void look_at_modes(struct measure *m, const struct exhaust_case *c, unsigned user, unsigned supervisor)
{
    const struct exhaust_run *u = &c->run[user], *s = &c->run[supervisor];
    m->pairs++;
    m->trapped += !completed(u);
    check_reason(m, u, s);
    if (!completed(u) && completed(s)) {
        m->privileged++;
        found(m, EVIDENCE_PRIV, c, user, supervisor);
    }
    if (!completed(u) && !completed(s)) {
        m->requested += u->outcome == OUTCOME_REQUESTED;
        m->undefined += u->outcome == OUTCOME_UNDEFINED;
    }
    if (completed(u) && completed(s) && control(m, c, u) != control(m, c, s))
        found(m, EVIDENCE_SILENT, c, user, supervisor);
    if (behaviour(u, s))
        found(m, EVIDENCE_MODE, c, user, supervisor);
}

/* Every run, and every two of them. User mode stands before supervisor mode at each place. */
static void look(void *ctx, const struct exhaust_case *c)
{
    struct measure *m = ctx;
    for (unsigned n = 0; n < c->count; n++)
        look_at_run(m, c, n);
    for (unsigned n = 0; n < c->count; n++)
        for (unsigned k = n + 1; k < c->count; k++) {
            const struct exhaust_run *a = &c->run[n], *b = &c->run[k];
            if (a->memory || b->memory)
                continue;
            if (a->base == b->base)
                look_at_modes(m, c, n, k);
            else if (a->m == b->m && behaviour(a, b))
                found(m, EVIDENCE_LOC, c, n, k);
            else if (a->m != b->m && behaviour(a, b) && keep(&m->mixed, c, n, k))
                m->error = -ENOMEM;
        }
}

/* --- all encodings of a row */

/* Operands that the row ignores take their least and their greatest value; the others every one. */
static void operands(struct measure *m, unsigned opcode, unsigned used)
{
    struct pg_proof *p = m->proof;
    const bool clip = p->without != PG_PIN_BOUND_CLIPPED;
    const unsigned k = p->without == PG_PIN_TRAP_CELLS ? 0 : 2;
    for (unsigned host = 0; host <= 1; host++) {
        struct exhaust *x = host ? &p->host : &p->bare;
        for (uint64_t a = 0; a <= x->reach; a += used >= 1 ? 1 : x->reach)
            for (uint64_t b = 0; b <= x->reach; b += used >= 2 ? 1 : x->reach) {
                const uint64_t bits = (uint64_t)opcode << 56 | a << 28 | b;
                if (host)
                    exhaust_guest(x, bits, k, PG_GUEST_CELLS, clip, look, m);
                else
                    exhaust_bare(x, bits, look, m);
            }
    }
}

static void encodings(struct measure *m, unsigned row)
{
    const struct insn_desc *rows = m->proof->in->row;
    if (row != INSN_NONE) {
        operands(m, (unsigned)(rows[row].match >> 56), rows[row].format[0] == 'N' ? 0 : (unsigned)strlen(rows[row].format));
        return;
    }
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        unsigned n = 0;
        while (n < PG_INSN_COUNT && rows[n].match >> 56 != opcode)
            n++;
        if (n == PG_INSN_COUNT)
            operands(m, opcode, 0);
    }
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
    f->confidence = PROVED;
    f->disagreement = m->odd;
    f->note = note_of(m);
    finding_derive(f);
    int error = m->error;
    for (unsigned kind = 0; kind < EVIDENCE_COUNT && !error; kind++) {
        struct kept *k = &m->kept[kind];
        if (!k->present)
            continue;
        struct exhaust *x = k->c->guest ? &m->proof->host : &m->proof->bare;
        exhaust_again(x, k->c);
        error = pg_witness(kind, k->c, &k->c->run[k->one], &k->c->run[k->two], m->proof->arena, &f->witness[kind]);
    }
    return error;
}

int pg_prove(struct pg_proof *p, unsigned row, const char *name, struct finding *out)
{
    struct measure m = {.proof = p, .f = out};
    const uint64_t before = p->bare.examined + p->host.examined;
    *out = (struct finding){.subject = name, .row = (uint16_t)row, .csr = -1};
    p->bare.odd = p->host.odd = NULL;
    encodings(&m, row);
    if (!m.odd)
        m.odd = p->bare.odd ? p->bare.odd : p->host.odd;
    int error = conclude(&m);
    out->runs = p->bare.examined + p->host.examined - before;
    for (unsigned kind = 0; kind < EVIDENCE_COUNT; kind++)
        free(m.kept[kind].c);
    free(m.mixed.c);
    return error;
}
