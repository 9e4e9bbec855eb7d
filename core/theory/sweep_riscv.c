/* sweep_riscv.c - the sweep's loop: a page full of encodings, a state, and each encoding executed from it.
 *
 * What an instruction has changed is put back by what it can name (x and f by the field rd; of 16-bit ones all) and by the
 * machine's record. After each page of encodings all control state is read: if it is not as before, the page is done again, this
 * time looking after every encoding. So it is done by careful bodies; then once more by fast ones, one encoding after the other at the
 * one place that is theirs in the laboratory, and that must come to the same. The index of a 32-bit encoding has the opcode first and rd last, so that rows come in runs.
 */
#include "core/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/samples.h"
#include "core/theory/sweep_claims_riscv.h"
#include "core/theory/theory_riscv.h"

enum {
    CHUNK_PAGES = 1024,
    SHORT = 3 << 14, /* 16-bit encodings: one chunk */
    OPCODE_CHUNKS = (1 << 25) / (SWEEP_PAGE * CHUNK_PAGES),
    OPCODES = 32,
    OPCODE_SYSTEM = 0x1c,
    FAST = 2, /* ways: chained and not; by each a page is executed from one of its states, if it has as many */
};

struct sweep {
    struct sweep_config config;
    struct riscv_theory t;
    struct lab_state start[SWEEP_STATES_MAX]; /* in user mode under K */
    uint64_t control[LAB_REGS];               /* bits of each register that are control state */
    unsigned x, f;                            /* where the general and the floating-point registers are in states */
    unsigned row[SWEEP_PAGE];
    struct sweep_claims claims;
    bool fs_off;                       /* in the state at work */
    unsigned way[FAST];                /* of the laboratory */
    unsigned k;                        /* which of a page's states is at work */
    uint8_t outcome[FAST][SWEEP_PAGE]; /* of the page's encodings by careful bodies, from its first states */
};

/* --- which encodings there are */

unsigned sweep_chunks(const struct sweep_config *c) { return 1 + (c->quick ? 1 : OPCODES) * OPCODE_CHUNKS; }

static unsigned chunk_pages(unsigned chunk) { return chunk == 0 ? SHORT / SWEEP_PAGE : CHUNK_PAGES; }

/* opcode, funct3, bits 31:15, rd */
static uint32_t wide_at(uint32_t index)
{
    return 3 | (index >> 25 & 31) << 2 | (index >> 22 & 7) << 12 | (index >> 5 & 0x1ffff) << 15 | (index & 31) << 7;
}

unsigned sweep_chunk_size(unsigned chunk) { return chunk_pages(chunk) * SWEEP_PAGE; }

uint32_t sweep_encoding(const struct sweep_config *c, unsigned chunk, unsigned n)
{
    if (chunk == 0)
        return n % (1 << 14) << 2 | n >> 14;
    return wide_at(((c->quick ? OPCODE_SYSTEM * OPCODE_CHUNKS : 0) + chunk - 1) * (uint32_t)(SWEEP_PAGE * CHUNK_PAGES) + n);
}

uint64_t sweep_tables(void)
{
    const struct riscv_inputs in = riscv_inputs();
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (unsigned n = 0; n < in.row_count; n++)
        for (const char *p = in.rows[n].encoding; *p; p++)
            h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    for (unsigned n = 0; n < in.row_count; n++)
        h = (h ^ in.rows[n].traps) * UINT64_C(0x100000001b3);
    for (unsigned n = 0; n < in.csr_count; n++)
        h = (h ^ in.csrs[n].address) * UINT64_C(0x100000001b3);
    return h;
}

/* --- counts */

static bool fault_before(const struct sweep_fault *a, const struct sweep_fault *b)
{
    return a->bits != b->bits ? a->bits < b->bits : a->kind != b->kind ? a->kind < b->kind : a->reg < b->reg;
}

/* Each encoding, kind and register once; the lowest stay. */
static void fault_tell(struct sweep_counts *c, const struct sweep_fault *f)
{
    unsigned at = c->told;
    for (unsigned n = 0; n < c->told; n++)
        if (!fault_before(&c->fault[n], f) && !fault_before(f, &c->fault[n]))
            return;
    while (at > 0 && fault_before(f, &c->fault[at - 1]))
        at--;
    if (at == SWEEP_FAULTS)
        return;
    if (c->told < SWEEP_FAULTS)
        c->told++;
    memmove(&c->fault[at + 1], &c->fault[at], (c->told - at - 1) * sizeof *f);
    c->fault[at] = *f;
}

void sweep_add(struct sweep_counts *to, const struct sweep_counts *c)
{
    for (unsigned row = 0; row < SWEEP_ROWS; row++)
        for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
            to->runs[row][o] += c->runs[row][o];
    to->encodings += c->encodings;
    to->faults += c->faults;
    for (unsigned n = 0; n < c->told; n++)
        fault_tell(to, &c->fault[n]);
}

static void fault(struct sweep_counts *c, uint32_t bits, enum sweep_fault_kind kind, enum outcome outcome, reg_t reg)
{
    c->faults++;
    fault_tell(c, &(struct sweep_fault){bits, kind, outcome, reg});
}

/* --- the machine */

static struct lab *lab_of(struct sweep *s) { return s->t.lab; }

static struct machine *machine_of(struct sweep *s, const struct lab_state *from)
{
    return lab_of(s)->machine[lab_machine(lab_of(s), from)];
}

/* Registers and data as the state has them. */
static void enter(struct sweep *s, const struct lab_state *from)
{
    struct lab *l = lab_of(s);
    struct lab_state copy = *from;
    const unsigned which = lab_machine(l, from);
    s->fs_off = bits_get(from->reg[lab_find(l, RV_CSR + CSR_mstatus)], MSTATUS_FS, 2) == 0;
    for (unsigned r = 0; r < l->reg_count; r++) /* the laboratory was passed by */
        l->now[which].reg[r] = machine_get(l->machine[which], l->reg[r]);
    lab_settle(l, &copy);
    memcpy(l->data[0], l->pristine, LAB_DATA);
    phys_written(l->phys, l->data_pa[0], LAB_DATA);
}

static uint64_t code_page(struct sweep *s) { return lab_of(s)->code_va & PAGE_MASK; }

static void page_write(struct sweep *s, const uint32_t code[SWEEP_PAGE])
{
    struct lab *l = lab_of(s);
    unsigned length;
    for (unsigned n = 0; n < SWEEP_PAGE; n++) {
        const unsigned row = l->isa->isa->decode(l->config, 0, code[n], &length);
        s->row[n] = row == INSN_NONE ? RV_INSN_COUNT : row;
    }
    memcpy(phys_host(l->phys, code_page(s), PAGE_SIZE), code, PAGE_SIZE);
    phys_written(l->phys, code_page(s), PAGE_SIZE);
}

static enum outcome outcome_of(const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION)
        return t->kind == TRAP_WAIT ? OUTCOME_WAIT : OUTCOME_OK;
    switch (t->reason) {
    case REASON_PRIVILEGE: return OUTCOME_PRIVILEGE;
    case REASON_REQUESTED: return OUTCOME_REQUESTED;
    case REASON_UNDEFINED: return OUTCOME_UNDEFINED;
    default: return OUTCOME_RESOURCE;
    }
}

/* --- one encoding */

/* Where the page's encoding n is executed: in its own place, or by fast bodies in theirs. */
static uint64_t put_in_place(struct sweep *s, unsigned n, uint32_t bits)
{
    struct lab *l = lab_of(s);
    if (!l->way)
        return code_page(s) + 4 * n;
    memcpy(phys_host(l->phys, l->code_va, sizeof bits), &bits, sizeof bits);
    phys_written(l->phys, l->code_va, sizeof bits);
    return l->code_va;
}

static void put_back(struct sweep *s, struct machine *m, const struct lab_state *from, reg_t reg)
{
    const unsigned at = lab_find(lab_of(s), reg);
    if (at < LAB_REGS)
        machine_set(m, reg, from->reg[at]);
}

static void touches_look(struct sweep *s, struct machine *m, const struct lab_state *from, uint32_t bits, enum outcome outcome,
                         struct sweep_counts *c)
{
    struct machine_touch touch[32];
    const unsigned count = machine_touched(m, touch, 32);
    for (unsigned n = 0; n < count && n < 32; n++) {
        const struct machine_touch *t = &touch[n];
        const unsigned at = lab_find(lab_of(s), t->reg);
        if (!(t->how & (TOUCH_READ | TOUCH_WRITE)) || at == LAB_REGS)
            continue;
        if (t->bits & s->control[at])
            fault(c, bits, SWEEP_TOUCHES, outcome, t->reg);
        if (t->how & TOUCH_WRITE)
            put_back(s, m, from, t->reg);
    }
}

/* Everything that an instruction of this length can name. */
static void operands_put_back(struct sweep *s, struct machine *m, const struct lab_state *from, uint32_t bits)
{
    const unsigned rd = bits >> 7 & 31;
    if ((bits & 3) == 3) {
        machine_set(m, RV_X + rd, rd ? from->reg[s->x + rd - 1] : 0);
        machine_set(m, RV_F + rd, from->reg[s->f + rd]);
        return;
    }
    for (unsigned n = 1; n < 32; n++)
        machine_set(m, RV_X + n, from->reg[s->x + n - 1]);
    for (unsigned n = 0; n < 32; n++)
        machine_set(m, RV_F + n, from->reg[s->f + n]);
}

static enum outcome execute(struct sweep *s, struct machine *m, const struct lab_state *from, unsigned n, uint32_t bits,
                            struct sweep_counts *c)
{
    struct trap t;
    machine_set(m, MACHINE_PC, put_in_place(s, n, bits));
    const bool one = lab_once(lab_of(s), m, &t);
    const enum outcome outcome = outcome_of(&t);
    if (!lab_of(s)->way) {
        c->runs[s->row[n]][outcome]++;
        if (s->k < FAST)
            s->outcome[s->k][n] = (uint8_t)outcome;
    } else if (one && outcome != s->outcome[s->k][n]) {
        fault(c, bits, SWEEP_WAYS_DIFFER, outcome, 0);
    }
    if (s->row[n] == RV_INSN_COUNT && outcome != OUTCOME_UNDEFINED)
        fault(c, bits, SWEEP_UNDEFINED_COMPLETES, outcome, 0);
    else if (!(sweep_claimed(&s->claims, s->row[n], bits, s->fs_off) >> outcome & 1))
        fault(c, bits, SWEEP_UNCLAIMED, outcome, 0);
    if (outcome == OUTCOME_OK || outcome == OUTCOME_WAIT) {
        touches_look(s, m, from, bits, outcome, c);
        operands_put_back(s, m, from, bits);
    }
    return outcome;
}

/* --- a page of encodings */

/* A control register that is not as before, or LAB_REGS. */
static unsigned control_changed(struct sweep *s, const struct machine *m, const struct lab_state *from)
{
    const struct lab *l = lab_of(s);
    for (unsigned r = 0; r < l->reg_count; r++)
        if (s->control[r] && ((machine_get(m, l->reg[r]) ^ from->reg[r]) & s->control[r]))
            return r;
    return LAB_REGS;
}

/* Again, and this time who did it. What was counted is not counted again. */
static void page_search(struct sweep *s, const struct lab_state *from, const uint32_t *code, struct sweep_counts *c)
{
    struct sweep_counts *again = calloc(1, sizeof *again);
    struct machine *m = machine_of(s, from);
    bool found = false;
    for (unsigned n = 0; n < SWEEP_PAGE && again; n++) {
        enter(s, from);
        const enum outcome outcome = execute(s, m, from, n, code[n], again);
        const unsigned r = control_changed(s, m, from);
        if (r == LAB_REGS)
            continue;
        fault(c, code[n], SWEEP_CHANGES, outcome, lab_of(s)->reg[r]);
        found = true;
    }
    if (!found) /* none by itself: the first of the page stands for them */
        fault(c, code[0], SWEEP_CHANGES, OUTCOME_OK, MACHINE_MODE);
    free(again);
}

/*T:540 And what is not in the table? All encodings there are, executed one by one: whatever is not an instruction has to trap. :*/
static void page_execute(struct sweep *s, unsigned k, const struct lab_state *from, unsigned way, const uint32_t *code,
                         struct sweep_counts *c)
{
    lab_of(s)->way = way;
    s->k = k;
    struct machine *m = machine_of(s, from);
    enter(s, from);
    for (unsigned n = 0; n < SWEEP_PAGE; n++)
        (void)execute(s, m, from, n, code[n], c);
    if (control_changed(s, m, from) < LAB_REGS)
        page_search(s, from, code, c);
    lab_of(s)->way = 0;
}

void sweep_page(struct sweep *s, const uint32_t code[SWEEP_PAGE], unsigned first, struct sweep_counts *c)
{
    page_write(s, code);
    for (unsigned k = 0; k < s->config.states; k++)
        page_execute(s, k, &s->start[(first + k) % SWEEP_STATES_MAX], 0, code, c);
    for (unsigned k = 0; k < s->config.states && k < FAST; k++)
        page_execute(s, k, &s->start[(first + k) % SWEEP_STATES_MAX], s->way[(first + k) % FAST], code, c);
    c->encodings += SWEEP_PAGE;
}

void sweep_chunk(struct sweep *s, unsigned chunk, struct sweep_counts *c)
{
    uint32_t code[SWEEP_PAGE];
    for (unsigned page = 0; page < chunk_pages(chunk); page++) {
        uint64_t seed = s->config.seed ^ ((uint64_t)chunk << 32 | page) << 8;
        for (unsigned n = 0; n < SWEEP_PAGE; n++)
            code[n] = sweep_encoding(&s->config, chunk, page * SWEEP_PAGE + n);
        sweep_page(s, code, (unsigned)(lab_next(&seed) % SWEEP_STATES_MAX), c);
    }
}

/* --- opening */

static void control_find(struct sweep *s)
{
    const struct lab *l = lab_of(s);
    for (unsigned n = 0; n < l->field_count; n++)
        if (l->field[n].part == PART_VIRTUAL || l->field[n].part == PART_RELOCATED)
            s->control[l->field[n].reg] |= l->field[n].mask;
}

static void ways_find(struct sweep *s)
{
    const struct lab_isa *isa = lab_of(s)->isa;
    for (unsigned way = 0, n = 0; way < isa->way_count && n < FAST; way++)
        if (isa->ways[way].fast)
            s->way[n++] = way;
}

int sweep_open(struct sweep **out, const struct sweep_config *config,
               int (*create)(struct machine **, struct phys *, const void *config, unsigned index))
{
    struct riscv_inputs in = riscv_inputs();
    const struct classify_options o = {.seed = config->seed, .states = SWEEP_STATES_MAX};
    struct sweep *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return -ENOMEM;
    s->config = *config;
    in.create = create ? create : in.create;
    int error = riscv_theory_open(&s->t, &in, RISCV_PINS, &o);
    if (error) {
        sweep_close(s);
        *out = NULL;
        return error;
    }
    for (unsigned n = 0; n < SWEEP_STATES_MAX; n++) {
        s->start[n] = s->t.classifier->sample[n].guarded;
        lab_put(lab_of(s), &s->start[n], USER, PLACE_BARE);
        lab_settle(lab_of(s), &s->start[n]);
    }
    s->x = lab_find(lab_of(s), RV_X + 1);
    s->f = lab_find(lab_of(s), RV_F);
    control_find(s);
    ways_find(s);
    sweep_claims_make(&s->claims, &in, lab_of(s)->machine[0]);
    return 0;
}

void sweep_close(struct sweep *s)
{
    if (s)
        riscv_theory_close(&s->t);
    free(s);
}

const struct theory *sweep_theory(void) { return &theory_riscv; }

int sweep_k(char *text, size_t size)
{
    const struct riscv_inputs in = riscv_inputs();
    struct riscv_k k;
    struct arena *a = arena_create();
    int error = a ? riscv_k_make(&k, RISCV_PINS, &in.tables, a) : -ENOMEM;
    if (!error)
        snprintf(text, size, "%s", k.text);
    arena_destroy(a);
    return error;
}
