/* traplog.c - see traplog.h. */
#include "monitor/debug/debugger_private.h"
#include "monitor/debug/traplog_private.h"

#include "core/sbi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is kept */

/* What a trap may change, by the instruction set's own word (ABOUT_STATE), up to KEPT_MAX. `block` counts how many of
 * the first have consecutive numbers. */
static void choose_kept(struct traplog *t)
{
    const struct isa *isa = debugger_isa(t->d);
    for (unsigned i = 0; i < isa->reg_count && t->kept_count < KEPT_MAX; i++)
        if (about_register(isa, &isa->regs[i]) & ABOUT_STATE)
            t->kept[t->kept_count++] = &isa->regs[i];
    while (t->block < t->kept_count && t->kept[t->block]->reg == t->kept[0]->reg + t->block)
        t->block++;
}

/* Each trap pays for this, so what is a block is read as one: the general registers come first. */
static void keep(const struct traplog *t, const struct machine *m, uint64_t *out)
{
    unsigned i = 0;
    if (t->block) {
        machine_get_block(m, t->kept[0]->reg, t->block, out);
        i = t->block;
    }
    for (; i < t->kept_count; i++)
        out[i] = machine_get(m, t->kept[i]->reg);
}

const struct reg_desc *traplog_register(const struct traplog *t, unsigned i) { return i < t->kept_count ? t->kept[i] : NULL; }
const struct traplog_counts *traplog_counts(const struct traplog *t) { return &t->counts; }

const struct traplog_entry *traplog_last(const struct traplog *t, unsigned level)
{
    const struct level *l = traplog_level(t, level, t->d->hart);
    return l->any ? &l->entry : NULL;
}

/* --- machines: of several harts that one carries, the first one's entry is the machine's */

static struct machine *machine_at(const struct traplog *t, unsigned level, unsigned hart)
{
    return debugger_machine_of(t->d, level, hart);
}

static unsigned first_hart(const struct traplog *t, unsigned level, unsigned hart)
{
    unsigned first = 0;
    while (machine_at(t, level, first) != machine_at(t, level, hart))
        first++;
    return first;
}

struct level *traplog_level(const struct traplog *t, unsigned level, unsigned hart)
{
    return &t->level[level][first_hart(t, level, hart)];
}

/* --- observers */

/* Before D decides: what it changes can be seen by comparing only if the registers of before are kept now. */
static void taken(void *opaque)
{
    struct level *l = opaque;
    keep(l->log, machine_at(l->log, l->level, l->hart), l->before);
}

/* The levels below have told of the same instruction first. */
/* What one instruction of vm2 costs at depth 2, as it is told, from the innermost host outwards:
 *
 *     vm1's D: trap of the bare machine, once or several times      level 1, exits 1 ... n
 *     vm2's D: trap of vm1                                          level 2, exits[2] = 1, exits[1] = n
 *
 * The retired count is the same at all levels, by which those that belong together are known. */
static void count_exits(struct level *l, const struct vm_event *e)
{
    bool same = l->any && l->entry.event.retired == e->retired && l->entry.event.pc == e->pc;
    l->exits = e->trap.kind == TRAP_NONE ? 0 : same ? l->exits + 1 : 1;
    for (unsigned i = 1; i < l->level; i++) {
        const struct level *below = traplog_level(l->log, i, l->hart);
        bool with_it = below->any && below->entry.event.retired == e->retired;
        l->entry.exits[i] = with_it ? (unsigned)below->exits : 0;
    }
    l->entry.exits[l->level] = (unsigned)l->exits;
}

/* The number of an exit is its place in the course: what lies further on is none of the past, and is overwritten as it comes again. */
static void remember(struct traplog *t, const struct level *l, const struct vm_event *e)
{
    t->exit[t->exits % TRAPLOG_EXITS] = (struct traplog_exit){.number = t->exits, .level = l->level, .event = *e};
    t->exits++;
}

const struct traplog_exit *traplog_exit(const struct traplog *t, uint64_t back)
{
    if (back == 0 || back > t->exits || back > TRAPLOG_EXITS)
        return NULL;
    const struct traplog_exit *x = &t->exit[(t->exits - back) % TRAPLOG_EXITS];
    return x->event.vm && x->number == t->exits - back ? x : NULL;
}

uint64_t traplog_exits(const struct traplog *t) { return t->exits; }

/* Where the host did not trap, as at a virtual interrupt, taken() was not called: what is read now is the state of
 * before, for nobody has delivered anything yet. */
static void observed(void *opaque, const struct vm_event *e)
{
    struct level *l = opaque;
    bool host_trapped = e->trap.kind != TRAP_NONE;
    count_exits(l, e);
    if (e->action == VM_FILLED) /* a leaf is no register */
        memcpy(l->after, l->before, sizeof l->after);
    else
        keep(l->log, e->vm, l->after);
    if (!host_trapped)
        memcpy(l->before, l->after, sizeof l->before);
    l->entry.event = *e;
    l->entry.delivered = l->entry.by_firmware = false;
    l->entry.before = l->before;
    l->entry.after = l->after;
    l->any = true;
    remember(l->log, l, e);
    traplog_tell(l->log, l->level, e);
    (void)debugger_saw_exit(l->log->d, l->level, l->hart, e);
}

static bool is_served(const struct traplog *t, const struct trap *trap) { return t->d->system->firmware && firmware_serves(trap); }

static void delivered_bare(struct traplog *t, const struct trap *trap, va_t pc, bool by_firmware)
{
    struct level *l = traplog_level(t, 0, t->d->hart);
    struct machine *m = machine_at(t, 0, t->d->hart);
    l->entry = (struct traplog_entry){.delivered = true, .by_firmware = by_firmware, .after = l->after};
    l->entry.event = (struct vm_event){
        .vm = m, .retired = debugger_retired(t->d), .clock = machine_get(m, MACHINE_CLOCK), .pc = pc, .trap = *trap, .result = *trap};
    l->entry.event.virtual_mode = debugger_mode_before(t->d, trap);
    l->entry.event.real_mode = l->entry.event.virtual_mode;
    keep(t, m, l->after);
    l->any = true;
    traplog_tell(t, 0, &l->entry.event);
}

/* Delivery comes after D's event, and changes the state once more: `after` is taken anew. It belongs to the event of the
 * same pc; another one is not D's, and its registers are not touched. */
void traplog_delivered(struct traplog *t, const struct trap *trap, va_t pc)
{
    unsigned top = t->d->stack->depth;
    struct level *l = traplog_level(t, top, t->d->hart);
    bool by_firmware = is_served(t, trap);
    if (trap->cause < 16)
        (trap->kind == TRAP_INTERRUPT ? t->counts.interrupt : t->counts.exception)[trap->cause]++;
    t->counts.served += by_firmware;
    if (!top) {
        delivered_bare(t, trap, pc, by_firmware);
    } else if (l->any && l->entry.event.pc == pc) {
        l->entry.delivered = true;
        l->entry.by_firmware = by_firmware;
        keep(t, machine_at(t, top, t->d->hart), l->after);
    }
}

/* --- taken back with the course (core/checkpoint.h) */

static void trap_state(struct state *s, struct trap *t)
{
    unsigned kind = t->kind, reason = t->reason;
    state_unsigned(s, &kind, TRAP_TRIGGER + 1);
    state_unsigned(s, &reason, REASON_UNDEFINED + 1);
    t->kind = (enum trap_kind)kind;
    t->reason = (enum trap_reason)reason;
    state_u16(s, &t->row);
    state_u8(s, &t->length);
    state_u64(s, &t->cause);
    state_u64(s, &t->tval);
    state_u64(s, &t->bits);
}

static void fill_state(struct state *s, struct vm_event *e)
{
    state_bool(s, &e->filled);
    state_u64(s, &e->fill.va);
    state_u64(s, &e->fill.guest);
    state_u64(s, &e->fill.host);
    state_bool(s, &e->fill.r);
    state_bool(s, &e->fill.w);
    state_bool(s, &e->fill.x);
    state_u32(s, &e->fill.root);
}

static void event_state(struct state *s, struct vm_event *e)
{
    unsigned owner = e->owner, action = e->action;
    state_u64(s, &e->retired);
    state_u64(s, &e->clock);
    state_u64(s, &e->pc);
    state_u64(s, &e->virtual_mode);
    state_u64(s, &e->real_mode);
    trap_state(s, &e->trap);
    state_unsigned(s, &owner, VM_OWNER_GUEST + 1);
    state_unsigned(s, &action, VM_STOPPED + 1);
    e->owner = (enum vm_owner)owner;
    e->action = (enum vm_action)action;
    trap_state(s, &e->result);
    fill_state(s, e);
}

/* Which registers are known goes with the entry. */
static void level_state(struct state *s, struct level *l)
{
    bool before = l->entry.before, after = l->entry.after;
    state_bool(s, &l->any);
    event_state(s, &l->entry.event);
    state_bool(s, &l->entry.delivered);
    state_bool(s, &l->entry.by_firmware);
    for (unsigned i = 0; i < sizeof l->entry.exits / sizeof l->entry.exits[0]; i++)
        state_u32(s, &l->entry.exits[i]);
    state_u64(s, &l->exits);
    state_bool(s, &before);
    state_bool(s, &after);
    state_bytes(s, l->before, l->log->kept_count * sizeof l->before[0]);
    state_bytes(s, l->after, l->log->kept_count * sizeof l->after[0]);
    l->entry.event.vm = machine_at(l->log, l->level, l->hart);
    l->entry.before = before ? l->before : NULL;
    l->entry.after = after ? l->after : NULL;
}

/* One function saves and restores (devices/state.h), and always in as many bytes, so pointers go as whether they are
 * set. The ring of exits stays out: it is many times larger than all else here, and what it lacks after going back is
 * run through again (exits.c). */
void traplog_state(void *opaque, struct state *s)
{
    struct traplog *t = opaque;
    for (unsigned i = 0; i < 16; i++) {
        state_u64(s, &t->counts.exception[i]);
        state_u64(s, &t->counts.interrupt[i]);
    }
    state_u64(s, &t->counts.served);
    state_u64(s, &t->exits);
    for (unsigned i = 0; i <= t->d->stack->depth; i++)
        for (unsigned n = 0; n < t->harts; n++)
            if (first_hart(t, i, n) == n)
                level_state(s, &t->level[i][n]);
}

static void observe(struct traplog *t, struct level *l)
{
    l->observer = (struct vm_observer){.taken = taken, .trap = observed, .opaque = l};
    vm_observe(machine_at(t, l->level, l->hart), &l->observer);
}

int traplog_create(struct traplog **out, struct debugger *d)
{
    struct traplog *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return -ENOMEM;
    t->d = d;
    choose_kept(t);
    for (unsigned i = 0; i <= d->stack->depth; i++) {
        t->level[i] = calloc(d->system->harts, sizeof *t->level[i]);
        if (!t->level[i])
            return -ENOMEM;
    }
    t->harts = d->system->harts;
    for (unsigned i = 0; i <= d->stack->depth; i++)
        for (unsigned n = 0; n < t->harts; n++) {
            t->level[i][n].log = t;
            t->level[i][n].level = i;
            t->level[i][n].hart = n;
            if (i && first_hart(t, i, n) == n)
                observe(t, &t->level[i][n]);
        }
    return 0;
}

void traplog_destroy(struct traplog *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i <= t->d->stack->depth; i++) {
        for (unsigned n = 0; i && n < t->harts; n++)
            if (first_hart(t, i, n) == n)
                vm_unobserve(machine_at(t, i, n), &t->level[i][n].observer);
        free(t->level[i]);
    }
    traplog_end(t);
    free(t);
}
