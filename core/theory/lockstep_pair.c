/* lockstep_pair.c - making the two sides, and letting both go on. */
#include "core/theory/lockstep_pair.h"

#include "core/vmm/vmm.h"
#include "devices/clock.h"
#include "isa/insn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Registers numbered from 0 on without a gap are those that programs name: they are compared each time, as a block. */
static unsigned general_of(const struct isa *isa)
{
    unsigned general = 0;
    bool found = true;

    while (found && general < GENERAL_MAX) {
        found = false;
        for (unsigned i = 0; i < isa->reg_count && !found; i++)
            found = isa->regs[i].reg == general && isa->regs[i].part != PART_HIDDEN;
        general += found;
    }
    return general;
}

/* On either side, in any hart. */
static bool somebody_has(const struct pair *p, reg_t reg)
{
    for (unsigned n = 0; n < p->harts; n++)
        if (machine_has(p->side[0].hart[n], reg) || machine_has(p->side[1].hart[n], reg))
            return true;
    return false;
}

/* All others are compared when something has trapped: they change by traps and by what traps. */
static int find_registers(struct pair *p)
{
    p->isa = p->side[LOCKSTEP_BARE].hart[0]->isa;
    p->general = p->side[LOCKSTEP_BARE].general;
    p->control = calloc(p->isa->reg_count, sizeof *p->control);
    if (!p->control)
        return -ENOMEM;
    for (unsigned i = 0; i < p->isa->reg_count; i++) {
        reg_t reg = p->isa->regs[i].reg;
        if (reg >= p->general && somebody_has(p, reg))
            p->control[p->controls++] = reg;
    }
    return 0;
}

/* What is gone again by the next comparison may have been there when the guest took a trap. What of a trap the guest cannot see is left
 * out. */
static bool note_trap(void *opaque, const struct trap *t, va_t pc)
{
    struct pair_side *s = opaque;
    const struct system *system = s->is.system;
    uint64_t value[GENERAL_MAX], sum = 0;

    machine_get_block(s->hart[system->at], 0, s->general, value);
    for (unsigned i = 0; i < s->general; i++)
        sum += value[i] * (UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)i * 0x1000193 * 2);
    stream_add(&s->trapped, sum);
    stream_add(&s->trapped, pc ^ t->cause << 32 ^ (uint64_t)t->kind << 56);
    stream_add(&s->trapped, system->retired);
    return false;
}

/* The tap sits between the bus and the devices, so that what each side says to its devices can be compared, too. */
static int make_side(struct pair *p, unsigned i, struct error *e)
{
    struct pair_side *s = &p->side[i];
    int r = p->maker->make(p->maker->opaque, i, &s->tap, &s->is, e);

    if (r)
        return r;
    s->made = true;
    for (unsigned n = 0; n < s->is.system->harts; n++)
        s->hart[n] = system_hart(s->is.system, n);
    s->general = general_of(s->hart[0]->isa);
    s->is.system->watch = (struct system_watch){.trap = note_trap, .opaque = s};
    r = tap_devices(&s->tap, s->hart[0]->phys);
    if (r == 0 && s->hart[0]->ports)
        r = tap_devices(&s->tap, s->hart[0]->ports);
    return r ? error_set(e, -r, "the devices of a machine cannot be listened to") : 0;
}

static int count_harts(struct pair *p, struct error *e)
{
    const unsigned virtual = p->side[LOCKSTEP_VIRTUAL].is.system->harts;

    p->harts = p->side[LOCKSTEP_BARE].is.system->harts;
    return p->harts == virtual ? 0 : error_set(e, EINVAL, "one machine has %u harts and the other %u", p->harts, virtual);
}

static const char no_memory[] = "there is not enough memory to compare the machines";

/* The life of a pair: make both sides, each with its board; run both to the same count and compare, again and
 * again; where they differ, make them anew and come close with smaller steps; unmake. Half made, it is unmade as
 * far as it was. */
int pair_make(struct pair *p, const struct lockstep_maker *maker, bool often, struct error *e)
{
    int r = 0;

    *p = (struct pair){.maker = maker};
    for (unsigned i = 0; r == 0 && i < LOCKSTEP_SIDES; i++)
        r = make_side(p, i, e);
    if (r == 0)
        r = count_harts(p, e);
    if (r == 0)
        r = pair_renew_memory(p, often, e);
    if (r == 0 && find_registers(p) != 0)
        r = error_set(e, ENOMEM, no_memory);
    if (r)
        pair_unmake(p);
    return r;
}

int pair_renew_memory(struct pair *p, bool often, struct error *e)
{
    struct phys *const phys[LOCKSTEP_SIDES] = {p->side[0].hart[0]->phys, p->side[1].hart[0]->phys};
    int r;

    memory_pair_destroy(p->memory);
    p->memory = NULL;
    r = memory_pair_create(&p->memory, phys, p->side[0].is.ram_base, p->side[0].is.ram_size, often);
    return r ? error_set(e, -r, no_memory) : 0;
}

void pair_unmake(struct pair *p)
{
    memory_pair_destroy(p->memory);
    free(p->control);
    for (unsigned i = LOCKSTEP_SIDES; i-- > 0;)
        if (p->side[i].made)
            p->maker->unmake(p->maker->opaque, i);
    *p = (struct pair){0};
}

uint64_t pair_retired(const struct pair *p, unsigned side) { return p->side[side].is.system->retired; }

const struct system_result *pair_result(const struct pair *p, unsigned side)
{
    const struct system *s = p->side[side].is.system;

    return s->ended ? &s->result : NULL;
}

static int reboot(struct pair *p, unsigned side, struct error *e)
{
    const int r = p->maker->reboot(p->maker->opaque, side, e);

    p->reboots += r == 0 && side == LOCKSTEP_BARE;
    return r;
}

enum { PATIENCE = 600 }; /* seconds of the guest's time */

static uint64_t patience(const struct system *s) { return (uint64_t)s->clock.units_per_tick * CLOCK_TICK_HZ * PATIENCE; }

/* Of two that are equal none waits for longer than the other has: the bare one goes first. After a reboot of either their clocks are not
 * to be compared. */
static bool follows(const struct pair *p, unsigned side)
{
    return side == LOCKSTEP_VIRTUAL && p->side[side].is.system->resets == p->side[LOCKSTEP_BARE].is.system->resets;
}

/* Either may wait for ever, as the bare machine with a timer that goes on and is not heard. What comes late, all else being quiet, is no such
 * thing: time has not moved then, and it is waited for. *bound grows until it is there. */
static bool waits_on(const struct system *s, uint64_t retired, uint64_t at, uint64_t *bound)
{
    const bool moves = s->retired != retired;

    *bound = moves ? patience(s) : *bound > UINT64_MAX / 2 ? UINT64_MAX : 2 * *bound;
    return !moves && clock_now(&s->clock) != at;
}

/* A pause, which somebody who looks on may ask for, is no end. */
int pair_run_side(struct pair *p, unsigned side, uint64_t limit, struct error *e)
{
    struct system *s = p->side[side].is.system;
    uint64_t to = limit > UINT64_MAX - pair_retired(p, side) ? UINT64_MAX : pair_retired(p, side) + limit, bound = patience(s);
    struct system_result r;
    int failed = 0;

    do {
        const uint64_t before = s->retired, at = clock_now(&s->clock), late = at > UINT64_MAX - bound ? UINT64_MAX : at + bound;
        s->waits_to = follows(p, side) ? clock_now(&p->side[LOCKSTEP_BARE].is.system->clock) : late;
        r = system_run(s, to - before);
        if (r.end == END_WAITING && !follows(p, side)) {
            p->side[side].waits = waits_on(s, before, at, &bound);
            r.end = p->side[side].waits ? END_WAITING : END_PAUSED;
        }
        if (r.end != END_REBOOT || !p->maker->reboot)
            continue;
        failed = reboot(p, side, e);
        r.end = failed > 0 ? END_REBOOT : END_PAUSED;
    } while (failed == 0 && r.end == END_PAUSED && pair_retired(p, side) < to);
    return failed < 0 ? failed : 0;
}

/* One side after the other, each as far as the limit: they share nothing that the order could show in. */
int pair_run(struct pair *p, uint64_t limit, struct error *e)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < LOCKSTEP_SIDES; i++)
        r = pair_run_side(p, i, limit, e);
    return r;
}

/* A machine in front of the machine, which notes what goes through it: traps, and what the VMM did with them. From
 * here on only, as it makes each run slower. */
void pair_spy(struct pair *p, unsigned side)
{
    struct pair_side *s = &p->side[side];
    struct system *system = s->is.system;

    for (unsigned n = 0; n < p->harts; n++) {
        s->doing[n] = (struct lockstep_doing){.v_i = INSN_NONE};
        spy_init(&s->spy[n], s->hart[n], &s->doing[n]);
        system->hart[n].machine = &s->spy[n].machine;
    }
    system->machine = system->hart[system->at].machine; /* whose turn it is */
}

void pair_unspy(struct pair *p, unsigned side)
{
    struct pair_side *s = &p->side[side];

    for (unsigned n = 0; n < p->harts; n++)
        s->is.system->hart[n].machine = s->hart[n];
    s->is.system->machine = s->hart[s->is.system->at];
}
