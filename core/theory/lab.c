/* lab.c - states into machines, one instruction, and back. */
#include "core/theory/lab.h"

#include <errno.h>
#include <string.h>

enum { FRAME_FOREIGN = LAB_FRAMES - 1 };

uint64_t lab_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* --- registers by number */

static struct lab_slot *slot_of(const struct lab *l, reg_t reg)
{
    unsigned at = (reg * 2654435761u) >> 22;
    while ((l->slot[at].desc || l->slot[at].index) && l->slot[at].reg != reg)
        at = (at + 1) % LAB_SLOTS;
    return (struct lab_slot *)&l->slot[at];
}

unsigned lab_find(const struct lab *l, reg_t reg)
{
    const struct lab_slot *s = slot_of(l, reg);
    return s->index ? s->index - 1u : LAB_REGS;
}

unsigned lab_partitions(const struct lab *l, reg_t reg, uint64_t bits)
{
    const struct lab_slot *s = slot_of(l, reg);
    unsigned set = 0;
    if (!s->desc)
        return 0;
    for (unsigned n = 0; n < l->tables->field_count; n++) {
        const struct reg_field *f = &l->tables->fields[n];
        uint64_t mask = f->width < 64 ? ((UINT64_C(1) << f->width) - 1) << f->low : UINT64_MAX;
        if (f->reg != reg)
            continue;
        if (bits & mask)
            set |= 1u << f->part;
        bits &= ~mask;
    }
    return bits ? set | 1u << l->tables->regs[s->desc - 1].part : set;
}

/* --- the field table */

static bool is_view(const struct lab *l, reg_t reg)
{
    for (unsigned n = 0; n < l->isa->view_count; n++)
        if (l->isa->views[n] == reg)
            return true;
    return false;
}

bool lab_is_constant(const struct lab *l, reg_t reg)
{
    return machine_has(l->machine[0], reg) && lab_find(l, reg) == LAB_REGS && !is_view(l, reg);
}

/* Can software change it at all? What it cannot is no state. */
static bool is_constant(struct lab *l, reg_t reg)
{
    uint64_t seed = 1, first[LAB_MACHINES], changed = 0;
    for (unsigned n = 0; n < LAB_MACHINES; n++)
        first[n] = machine_get(l->machine[n], reg);
    for (unsigned n = 0; n < 16; n++) {
        machine_set(l->machine[0], reg, l->isa->generate(reg, &seed));
        changed |= machine_get(l->machine[0], reg) ^ first[0];
    }
    machine_reset(l->machine[0]);
    return !changed && first[0] == first[1];
}

static int field_add(struct lab *l, const char *name, unsigned reg, uint64_t mask, enum reg_partition part)
{
    if (l->field_count == LAB_FIELDS)
        return -E2BIG;
    l->field[l->field_count++] = (struct lab_field){.name = name, .reg = reg, .mask = mask, .part = part};
    return 0;
}

static int fields_add(struct lab *l, const struct reg_desc *r, unsigned index)
{
    uint64_t rest = UINT64_MAX;
    int error = 0;
    for (unsigned n = 0; n < l->tables->field_count && !error; n++) {
        const struct reg_field *f = &l->tables->fields[n];
        uint64_t mask = (f->width < 64 ? (UINT64_C(1) << f->width) - 1 : UINT64_MAX) << f->low;
        if (f->reg != r->reg)
            continue;
        error = field_add(l, f->name, index, mask, f->part);
        rest &= ~mask;
    }
    return error ? error : field_add(l, r->name, index, rest, r->part);
}

static int register_add(struct lab *l, const struct reg_desc *r, unsigned desc)
{
    struct lab_slot *s = slot_of(l, r->reg);
    s->reg = r->reg;
    s->desc = (uint16_t)desc;
    if (is_view(l, r->reg) || !machine_has(l->machine[0], r->reg) || is_constant(l, r->reg))
        return 0;
    if (l->reg_count == LAB_REGS)
        return -E2BIG;
    s->index = (uint16_t)(l->reg_count + 1);
    l->reg[l->reg_count] = r->reg;
    l->name[l->reg_count] = r->name;
    return fields_add(l, r, l->reg_count++);
}

static int registers_add(struct lab *l)
{
    int error = 0;
    for (unsigned n = 0; n < l->isa->extra_count && !error; n++) /* first: others are read relative to them */
        error = register_add(l, &l->isa->extra[n], 0);
    for (unsigned n = 0; n < l->tables->reg_count && !error; n++)
        error = register_add(l, &l->tables->regs[n], n + 1);
    for (unsigned r = l->reg_count; r-- > 0;)
        l->block[r] = r + 1 < l->reg_count && l->reg[r + 1] == l->reg[r] + 1 ? l->block[r + 1] + 1 : 1;
    l->pc = lab_find(l, MACHINE_PC);
    l->mode = lab_find(l, MACHINE_MODE);
    return error;
}

/* Somebody else's data are none of the same. */
static void data_restore(struct lab *l, unsigned frame)
{
    for (unsigned n = 0; n < LAB_DATA; n++)
        l->data[frame][n] = l->pristine[n] ^ (frame == FRAME_FOREIGN ? 0xff : 0);
}

int lab_open(struct lab *l)
{
    int error = l->isa->open(l);
    uint64_t seed = 7;
    if (!error)
        error = lab_ways_open(l);
    if (error)
        return error;
    for (unsigned n = 0; n < LAB_DATA; n++)
        l->pristine[n] = (uint8_t)lab_next(&seed);
    if (l->isa->fill)
        l->isa->fill(l->pristine);
    for (unsigned f = 0; f < LAB_FRAMES; f++)
        data_restore(l, f);
    error = registers_add(l);
    for (unsigned n = 0; n < l->machine_count && !error; n++)
        lab_registers_get(l, l->machine[n], l->now[n].reg);
    return error;
}

void lab_close(struct lab *l)
{
    for (unsigned n = 0; n < l->machine_count; n++)
        machine_destroy(l->machine[n]);
    phys_destroy(l->phys);
    ram_destroy(l->ram);
}

/* --- states */

void lab_put(const struct lab *l, struct lab_state *s, unsigned mode, enum lab_place place)
{
    s->reg[l->mode] = l->isa->modes[mode];
    s->place = place;
    l->isa->put(l, s, place);
    if (l->operands)
        l->operands(l, s, l->scheme);
}

static void state_fill(struct lab *l, struct lab_state *s)
{
    s->reg[l->pc] = l->code_va;
    lab_put(l, s, lab_top(l), PLACE_BARE);
    lab_settle(l, s);
}

void lab_plain(struct lab *l, struct lab_state *s)
{
    *s = (struct lab_state){0};
    for (unsigned r = 0; r < l->reg_count; r++)
        s->reg[r] = l->isa->plain(l->reg[r]);
    state_fill(l, s);
}

void lab_sample(struct lab *l, struct lab_state *s, unsigned number, uint64_t *seed)
{
    *s = (struct lab_state){0};
    for (unsigned r = 0; r < l->reg_count; r++)
        s->reg[r] = number % LAB_CYCLE < 2 ? l->isa->extreme(l->reg[r], number % LAB_CYCLE == 0) : l->isa->generate(l->reg[r], seed);
    l->isa->arrange(l, s, number, seed);
    state_fill(l, s);
}

void lab_vary(struct lab *l, struct lab_state *s, const struct lab_field *f, bool off, uint64_t *seed)
{
    uint64_t old = s->reg[f->reg] & f->mask, v = old;
    int bits = __builtin_popcountll(f->mask);
    if (bits == 1)
        v = old ^ f->mask;
    else if (bits <= 4 && off)
        v = 0;
    else if (off && l->isa->is_gate(l->reg[f->reg]))
        v = old ^ f->mask;
    for (unsigned attempt = 0; attempt < 4 && v == old; attempt++)
        v = l->isa->generate(l->reg[f->reg], seed) & f->mask;
    s->reg[f->reg] = (s->reg[f->reg] & ~f->mask) | v;
}

/* Registers that differ are set; some follow from others, so all are read again, twice if need be; what software has locked is free
 * again after a reset. */
static struct machine *machine_for(struct lab *l, const struct lab_state *s)
{
    const unsigned which = lab_machine(l, s);
    struct machine *m = l->machine[which];
    struct lab_state *now = &l->now[which];
    for (unsigned attempt = 0; attempt < 4; attempt++) {
        lab_registers_set(l, m, now->reg, s->reg, attempt == 2);
        lab_registers_get(l, m, now->reg);
        if (!lab_registers_differ(l, now->reg, s->reg))
            break;
        if (attempt == 1)
            machine_reset(m);
    }
    if (l->isa->hide)
        l->isa->hide(l, m, s);
    return m;
}

void lab_renew(struct lab *l)
{
    for (unsigned n = 0; n < l->machine_count; n++) {
        machine_reset(l->machine[n]);
        machine_fence(l->machine[n], &(struct fence){.cold = true});
        lab_registers_get(l, l->machine[n], l->now[n].reg);
    }
}

void lab_settle(struct lab *l, struct lab_state *s)
{
    if (l->operands)
        l->operands(l, s, l->scheme);
    (void)machine_for(l, s);
    memcpy(s->reg, l->now[lab_machine(l, s)].reg, sizeof s->reg);
}

/* --- execution */

void lab_insert(struct lab *l, insn_t bits, unsigned length)
{
    uint8_t bytes[sizeof bits] = {0}; /* nothing is left of a longer one before */
    const unsigned all = l->length > length ? l->length : length;
    for (unsigned n = 0; n < length; n++)
        bytes[n] = (uint8_t)(bits >> (8 * n));
    l->bits = bits;
    l->length = length;
    for (unsigned f = 0; f < LAB_FRAMES; f++) {
        uint8_t *at = phys_host(l->phys, l->code_pa[f], all);
        memcpy(at, bytes, all);
        phys_written(l->phys, l->code_pa[f], all);
    }
}

static unsigned frame_of(const struct lab_state *s) { return s->place == PLACE_THERE ? 1 : 0; }

static uint64_t digest(const uint8_t *data)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (unsigned n = 0; n < LAB_DATA; n += 8) {
        uint64_t word;
        memcpy(&word, data + n, sizeof word);
        h = (h ^ word) * UINT64_C(0x100000001b3);
    }
    return h;
}

/* What was done to somebody else's data is undone, too. */
static void foreign_restore(struct lab *l)
{
    data_restore(l, FRAME_FOREIGN);
    phys_written(l->phys, l->data_pa[FRAME_FOREIGN], LAB_DATA);
}

/* What the data pages hold goes into the result; then they are as before. */
static void data_collect(struct lab *l, unsigned frame, struct lab_result *out, uint8_t *copy)
{
    if (copy)
        memcpy(copy, l->data[frame], LAB_DATA);
    if (memcmp(l->data[frame], l->pristine, LAB_DATA) == 0)
        return;
    out->data = digest(l->data[frame]);
    memcpy(l->data[frame], l->pristine, LAB_DATA);
    phys_written(l->phys, l->data_pa[frame], LAB_DATA);
}

static void touches_collect(const struct lab *l, const struct machine *m, struct lab_result *out)
{
    struct machine_touch t[64];
    unsigned count = machine_touched(m, t, 64);
    for (unsigned n = 0; n < count && n < 64; n++) {
        unsigned index = lab_find(l, t[n].reg);
        if (index < LAB_REGS)
            out->touched[index / 64] |= UINT64_C(1) << index % 64;
        if (t[n].how & (TOUCH_READ | TOUCH_WRITE))
            out->touches |= lab_partitions(l, t[n].reg, t[n].bits);
    }
}

static enum outcome outcome_of_reason(enum trap_reason reason)
{
    switch (reason) {
    case REASON_PRIVILEGE: return OUTCOME_PRIVILEGE;
    case REASON_REQUESTED: return OUTCOME_REQUESTED;
    case REASON_UNDEFINED: return OUTCOME_UNDEFINED;
    default: return OUTCOME_RESOURCE;
    }
}

/* Architectural trap entry: does it come to the mode in which the VMM runs, and to where the VMM is? */
static bool comes_to_vmm(struct lab *l, struct machine *m, const struct trap *t)
{
    if (l->isa->vmm_sees)
        return l->isa->vmm_sees(l, m, t);
    return machine_deliver(m, t) == DELIVERED && machine_get(m, MACHINE_MODE) == l->isa->modes[lab_top(l)] &&
           (!l->isa->entry || machine_get(m, MACHINE_PC) == l->isa->entry);
}

static void classify_trap(struct lab *l, struct machine *m, const struct trap *t, bool guarded, struct lab_result *out)
{
    switch (t->kind) {
    case TRAP_BUDGET:
    case TRAP_TRIGGER: /* before what follows it */
    case TRAP_YIELD: out->outcome = OUTCOME_OK; break;
    case TRAP_WAIT: out->outcome = OUTCOME_WAIT; break;
    case TRAP_EXCEPTION:
        out->reason = t->reason;
        out->cause = t->cause;
        out->tval = t->tval;
        out->outcome = outcome_of_reason(t->reason);
        out->memory = l->isa->memory_trap(t);
        out->executed = !out->memory;
        if (guarded && out->executed && t->reason != REASON_RESOURCE && !comes_to_vmm(l, m, t)) {
            out->lost = true;
            out->outcome = OUTCOME_OK;
        }
        break;
    default: out->executed = false;
    }
}

/*T:500 The paper's definitions as an experiment. A state is built through the contract, one instruction is run on the unmodified
 * machine, and what has become of everything is collected. :*/
void lab_run(struct lab *l, const struct lab_state *s, bool guarded, bool cold, struct lab_result *out, uint8_t *data)
{
    struct machine *m = machine_for(l, s);
    struct lab_state *now = &l->now[lab_machine(l, s)];
    struct trap t;
    if (cold)
        machine_fence(m, &(struct fence){.has_va = false});
    *out = (struct lab_result){.executed = true};
    const bool one = lab_once(l, m, &t);
    l->runs++;
    touches_collect(l, m, out);
    classify_trap(l, m, &t, guarded, out);
    out->executed &= one;
    lab_registers_get(l, m, now->reg);
    memcpy(out->reg, now->reg, l->reg_count * sizeof out->reg[0]);
    data_collect(l, frame_of(s), out, data);
    if (s->place == PLACE_FOREIGN)
        foreign_restore(l);
}
