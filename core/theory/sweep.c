/* sweep.c - the sweep's loop: a page full of encodings, a state, and each encoding executed from it.
 *
 * What an instruction has changed is put back by what it can name (sweep_isa.restore) and by the machine's record. After each page of
 * encodings all control state is read: if it is not as before, the page is done again, this time looking after every encoding. So it is done
 * by careful bodies; then once more by fast ones, one encoding after the other at the one place that is theirs in the laboratory, and that
 * must come to the same.
 */
#include "core/theory/sweep_isa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/samples.h"

/* --- asked of the instruction set */

unsigned sweep_chunks(const struct sweep_config *c) { return c->isa->chunks(c); }
unsigned sweep_chunk_size(const struct sweep_config *c, unsigned chunk) { return c->isa->chunk_pages(c, chunk) * c->isa->page; }
uint32_t sweep_encoding(const struct sweep_config *c, unsigned chunk, unsigned n) { return c->isa->encoding(c, chunk, n); }
const struct theory *sweep_theory(const struct sweep_config *c) { return c->isa->theory; }
unsigned sweep_rows(const struct sweep_config *c) { return c->isa->rows; }
const char *sweep_extent(const struct sweep_config *c) { return c->isa->extent(c); }
void sweep_print_encoding(const struct sweep_config *c, uint32_t encoding, FILE *f) { c->isa->print(encoding, f); }
int sweep_k(const struct sweep_config *c, char *text, size_t size) { return c->isa->k(text, size); }
uint64_t sweep_tables(const struct sweep_config *c) { return c->isa->tables(); }
void sweep_sizes(const struct sweep_config *c, uint64_t encodings, char *text, size_t size) { c->isa->sizes(encodings, text, size); }

uint64_t sweep_sum(uint64_t sum, const char *text)
{
    for (; *text; text++)
        sum = (sum ^ (uint8_t)*text) * SWEEP_PRIME;
    return sum;
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

static const struct sweep_isa *isa_of(const struct sweep *s) { return s->config.isa; }

static struct machine *machine_of(struct sweep *s) { return s->lab->machine[lab_machine(s->lab, s->from)]; }

/* Registers and data as the state has them. */
static void enter(struct sweep *s)
{
    struct lab *l = s->lab;
    struct lab_state copy = *s->from;
    const unsigned which = lab_machine(l, s->from);
    for (unsigned r = 0; r < l->reg_count; r++) /* the laboratory was passed by */
        l->now[which].reg[r] = machine_get(l->machine[which], l->reg[r]);
    lab_settle(l, &copy);
    memcpy(l->data[0], l->pristine, LAB_DATA);
    phys_written(l->phys, l->data_pa[0], LAB_DATA);
}

static uint64_t code_page(const struct sweep *s) { return s->lab->code_va & PAGE_MASK; }
static unsigned slot_size(const struct sweep *s) { return PAGE_SIZE / isa_of(s)->page; }

static void page_write(struct sweep *s, const uint32_t *code)
{
    struct lab *l = s->lab;
    uint8_t *page = phys_host(l->phys, code_page(s), PAGE_SIZE);
    for (unsigned n = 0; n < isa_of(s)->page; n++) {
        const insn_t bits = isa_of(s)->bits(code[n]);
        s->row[n] = isa_of(s)->row(s, code[n]);
        memcpy(page + n * slot_size(s), &bits, slot_size(s));
    }
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
static uint64_t put_in_place(struct sweep *s, unsigned n, uint32_t encoding)
{
    struct lab *l = s->lab;
    const insn_t bits = isa_of(s)->bits(encoding);
    if (!l->way)
        return code_page(s) + n * slot_size(s);
    memcpy(phys_host(l->phys, l->code_va, slot_size(s)), &bits, slot_size(s));
    phys_written(l->phys, l->code_va, slot_size(s));
    return l->code_va;
}

static void put_back(struct sweep *s, struct machine *m, reg_t reg)
{
    const unsigned at = lab_find(s->lab, reg);
    if (at < LAB_REGS)
        machine_set(m, reg, s->from->reg[at]);
}

static void touches_look(struct sweep *s, struct machine *m, uint32_t bits, enum outcome outcome, struct sweep_counts *c)
{
    struct machine_touch touch[32];
    const unsigned count = machine_touched(m, touch, 32);
    for (unsigned n = 0; n < count && n < 32; n++) {
        const struct machine_touch *t = &touch[n];
        const unsigned at = lab_find(s->lab, t->reg);
        if (!(t->how & (TOUCH_READ | TOUCH_WRITE)) || at == LAB_REGS)
            continue;
        if (t->bits & s->control[at])
            fault(c, bits, SWEEP_TOUCHES, outcome, t->reg);
        if (t->how & TOUCH_WRITE)
            put_back(s, m, t->reg);
    }
}

static enum outcome execute(struct sweep *s, struct machine *m, unsigned n, uint32_t bits, struct sweep_counts *c)
{
    struct trap t;
    machine_set(m, MACHINE_PC, isa_of(s)->pc(s, put_in_place(s, n, bits)));
    const uint64_t before = machine_get(m, MACHINE_RETIRED);
    const bool one = lab_once(s->lab, m, &t);
    const bool repeats = t.kind == TRAP_EXCEPTION && machine_get(m, MACHINE_RETIRED) != before; /* and traps some other time */
    const enum outcome outcome = outcome_of(&t);
    if (!s->lab->way) {
        c->runs[s->row[n]][outcome]++;
        if (s->k < SWEEP_WAYS)
            s->outcome[s->k][n] = (uint8_t)outcome;
    } else if (one && !repeats && outcome != s->outcome[s->k][n]) {
        fault(c, bits, SWEEP_WAYS_DIFFER, outcome, 0);
    }
    if (s->row[n] == isa_of(s)->rows && outcome != OUTCOME_UNDEFINED)
        fault(c, bits, SWEEP_UNDEFINED_COMPLETES, outcome, 0);
    else if (!(isa_of(s)->claimed(s, s->row[n], bits) >> outcome & 1))
        fault(c, bits, SWEEP_UNCLAIMED, outcome, 0);
    if (outcome == OUTCOME_OK || outcome == OUTCOME_WAIT || repeats) {
        touches_look(s, m, bits, outcome, c);
        isa_of(s)->restore(s, m, bits);
    }
    return outcome;
}

/* --- a page of encodings */

/* A control register that is not as before, or LAB_REGS. */
static unsigned control_changed(struct sweep *s, const struct machine *m)
{
    const struct lab *l = s->lab;
    for (unsigned r = 0; r < l->reg_count; r++)
        if (s->control[r] && ((machine_get(m, l->reg[r]) ^ s->from->reg[r]) & s->control[r]))
            return r;
    return LAB_REGS;
}

/* Again, and this time who did it. What was counted is not counted again. */
static void page_search(struct sweep *s, const uint32_t *code, struct sweep_counts *c)
{
    struct sweep_counts *again = calloc(1, sizeof *again);
    struct machine *m = machine_of(s);
    bool found = false;
    for (unsigned n = 0; n < isa_of(s)->page && again; n++) {
        enter(s);
        const enum outcome outcome = execute(s, m, n, code[n], again);
        const unsigned r = control_changed(s, m);
        if (r == LAB_REGS)
            continue;
        fault(c, code[n], SWEEP_CHANGES, outcome, s->lab->reg[r]);
        found = true;
    }
    if (!found) /* none by itself: the first of the page stands for them */
        fault(c, code[0], SWEEP_CHANGES, OUTCOME_OK, MACHINE_MODE);
    free(again);
}

/*T:540 And what is not in the table? All encodings there are, executed one by one: whatever is not an instruction has to trap. :*/
static void page_execute(struct sweep *s, unsigned k, const struct lab_state *start, unsigned way, const uint32_t *code,
                         struct sweep_counts *c)
{
    struct lab_state from = *start;
    s->lab->way = way;
    s->k = k;
    s->from = &from;
    isa_of(s)->enter(s, &from, code[0]);
    struct machine *m = machine_of(s);
    enter(s);
    for (unsigned n = 0; n < isa_of(s)->page; n++)
        (void)execute(s, m, n, code[n], c);
    if (control_changed(s, m) < LAB_REGS)
        page_search(s, code, c);
    s->lab->way = 0;
    s->from = NULL;
}

void sweep_page(struct sweep *s, const uint32_t *code, unsigned first, struct sweep_counts *c)
{
    page_write(s, code);
    for (unsigned k = 0; k < s->config.states; k++)
        page_execute(s, k, &s->start[(first + k) % SWEEP_STATES_MAX], 0, code, c);
    for (unsigned k = 0; k < s->config.states && k < SWEEP_WAYS && s->ways; k++)
        page_execute(s, k, &s->start[(first + k) % SWEEP_STATES_MAX], s->way[(first + k) % s->ways], code, c);
    c->encodings += isa_of(s)->page;
}

void sweep_chunk(struct sweep *s, unsigned chunk, struct sweep_counts *c)
{
    const unsigned each = isa_of(s)->page;
    uint32_t code[SWEEP_PAGE];
    for (unsigned page = 0; page < isa_of(s)->chunk_pages(&s->config, chunk); page++) {
        uint64_t seed = s->config.seed ^ ((uint64_t)chunk << 32 | page) << 8;
        for (unsigned n = 0; n < each; n++)
            code[n] = sweep_encoding(&s->config, chunk, page * each + n);
        sweep_page(s, code, (unsigned)(lab_next(&seed) % SWEEP_STATES_MAX), c);
    }
}

/* --- opening */

static void control_find(struct sweep *s)
{
    const struct lab *l = s->lab;
    for (unsigned n = 0; n < l->field_count; n++)
        if (l->field[n].part == PART_VIRTUAL || l->field[n].part == PART_RELOCATED)
            s->control[l->field[n].reg] |= l->field[n].mask;
}

static void ways_find(struct sweep *s)
{
    const struct lab_isa *isa = s->lab->isa;
    for (unsigned way = 0; way < isa->way_count && s->ways < SWEEP_WAYS; way++)
        if (isa->ways[way].fast && !isa->ways[way].own_page) /* a page full of encodings is more than one */
            s->way[s->ways++] = way;
}

int sweep_open(struct sweep **out, const struct sweep_config *config, sweep_create_fn *create)
{
    struct sweep *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return -ENOMEM;
    s->config = *config;
    const int error = config->isa->open(s, create);
    if (error) {
        free(s);
        return error;
    }
    control_find(s);
    ways_find(s);
    *out = s;
    return 0;
}

void sweep_close(struct sweep *s)
{
    if (s)
        isa_of(s)->close(s);
    free(s);
}
