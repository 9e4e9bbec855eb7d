/* lockstep_compare.c - f, checked: is the state of the virtual machine that of the bare one?
 *
 * Comparing two hundred control registers after each instruction would take ten times as long as executing it twice. They change
 * when an instruction writes one, which the bare machine notes (machine_touched), when a trap is delivered, when firmware or a
 * device acts, or when the VMM is entered. After such an instruction all are compared, on whichever side it happened; and now and
 * then without a reason, because reasons may be wrong.
 */
#include "core/sbi.h"
#include "core/theory/lockstep_pair.h"
#include "core/vmm/vmm.h"
#include "devices/drive.h"
#include "isa/insn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const reg_t always[] = {MACHINE_PC, MACHINE_MODE, MACHINE_CLOCK, MACHINE_RETIRED};
enum { ALWAYS = sizeof always / sizeof *always };

static uint64_t delivered(const struct pair_side *s) { return s->is.system->traps_delivered; }

static uint64_t firmware(const struct pair_side *s)
{
    return s->is.system && s->is.system->firmware ? firmware_calls(s->is.system->firmware) : 0;
}

/* --- May control registers have changed? */

static struct events events_of(const struct pair_side *s)
{
    struct events e = {
        .delivered = delivered(s), .firmware = firmware(s), .accesses = s->tap.accesses.count, .input = s->tap.input.count};

    for (unsigned n = 0; n < s->is.system->harts && machine_is_vm(s->hart[n]); n++) {
        struct vm_stats stats;
        vm_stats(s->hart[n], &stats);
        e.vmm += stats.traps + stats.emulated + stats.interpreted;
    }
    return e;
}

/* A machine without a record, but not a virtual one, is asked each time. */
static bool wrote_control(const struct machine *m)
{
    enum { ROOM = 32 };
    struct machine_touch touch[ROOM];
    unsigned count;

    if (!m->ops->touched)
        return !machine_is_vm(m);
    count = machine_touched(m, touch, ROOM);
    for (unsigned i = 0; i < count && i < ROOM; i++)
        if (touch[i].how & TOUCH_WRITE)
            return true;
    return count > ROOM;
}

/* A hart that did not run since says again what it did last: one look too many. */
static bool some_wrote_control(const struct pair_side *s)
{
    bool wrote = false;

    for (unsigned n = 0; n < s->is.system->harts && !wrote; n++)
        wrote = wrote_control(s->hart[n]);
    return wrote;
}

static bool changed_control(struct pair *p)
{
    bool changed = ++p->unexamined >= CONTROL_EVERY;

    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++) {
        struct pair_side *s = &p->side[i];
        const struct events now = events_of(s);
        changed = memcmp(&now, &s->events, sizeof now) != 0 || some_wrote_control(s) || changed;
        s->events = now;
    }
    return changed;
}

/* --- Parts */

/* Of hart n: */
static bool general_equal(const struct pair *p, unsigned n)
{
    uint64_t value[LOCKSTEP_SIDES][GENERAL_MAX];

    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++)
        machine_get_block(p->side[i].hart[n], 0, p->general, value[i]);
    return memcmp(value[0], value[1], p->general * sizeof value[0][0]) == 0;
}

static bool registers_equal(const struct pair *p, unsigned n, const reg_t *reg, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (machine_get(p->side[0].hart[n], reg[i]) != machine_get(p->side[1].hart[n], reg[i]))
            return false;
    return true;
}

static bool has_equal(const struct pair *p, unsigned n)
{
    for (unsigned i = 0; i < p->controls; i++)
        if (machine_has(p->side[0].hart[n], p->control[i]) != machine_has(p->side[1].hart[n], p->control[i]))
            return false;
    return true;
}

/* Of all: what is always looked at. */
static bool harts_equal(const struct pair *p)
{
    for (unsigned n = 0; n < p->harts; n++)
        if (!registers_equal(p, n, always, ALWAYS) || !general_equal(p, n))
            return false;
    return true;
}

static bool controls_equal(const struct pair *p)
{
    for (unsigned n = 0; n < p->harts; n++)
        if (!registers_equal(p, n, p->control, p->controls))
            return false;
    return true;
}

static bool all_have_equal(const struct pair *p)
{
    for (unsigned n = 0; n < p->harts; n++)
        if (!has_equal(p, n))
            return false;
    return true;
}

static bool stream_equal(const struct stream *a, const struct stream *b) { return a->count == b->count && a->digest == b->digest; }

static bool ends_equal(const struct pair *p)
{
    const struct system_result *a = pair_result(p, 0), *b = pair_result(p, 1);

    return !a || !b ? a == b : a->end == b->end && a->status == b->status;
}

/* The same time on both boards, and the turn of the same hart? */
static bool moments_equal(const struct pair *p)
{
    const struct system_moment a = system_now(p->side[0].is.system), b = system_now(p->side[1].is.system);

    return system_moment_compare(&a, &b) == 0;
}

static bool outside_equal(const struct pair *p)
{
    const struct pair_side *a = &p->side[0], *b = &p->side[1];

    return stream_equal(&a->tap.output, &b->tap.output) && stream_equal(&a->tap.input, &b->tap.input) &&
           stream_equal(&a->tap.accesses, &b->tap.accesses) && stream_equal(&a->trapped, &b->trapped) &&
           delivered(a) == delivered(b) && firmware(a) == firmware(b) && pair_retired(p, 0) == pair_retired(p, 1) &&
           moments_equal(p) && ends_equal(p);
}

/* --- Disks: what each side wrote over its image. */

static uint64_t blocks_of(const struct drive *d) { return (d->size + DRIVE_BLOCK - 1) / DRIVE_BLOCK; }

/* Has either side a block of its own among the eight from `block` on? */
static bool is_written(const struct drive *a, const struct drive *b, uint64_t block)
{
    return (a->present && a->present[block / 8]) || (b->present && b->present[block / 8]);
}

/* Where they differ first, in bytes; UINT64_MAX: nowhere. A block that cannot be read differs. */
static uint64_t drive_difference(const struct drive *a, const struct drive *b)
{
    uint8_t bytes[LOCKSTEP_SIDES][DRIVE_BLOCK];

    for (uint64_t block = 0; block < blocks_of(a); block++) {
        uint64_t at = block * DRIVE_BLOCK;
        size_t length = a->size - at < DRIVE_BLOCK ? (size_t)(a->size - at) : DRIVE_BLOCK;
        if (block % 8 == 0 && !is_written(a, b, block)) {
            block += 7;
            continue;
        }
        if (drive_read(a, at, bytes[0], length) != 0 || drive_read(b, at, bytes[1], length) != 0 ||
            memcmp(bytes[0], bytes[1], length) != 0)
            return at;
    }
    return UINT64_MAX;
}

static uint64_t disk_difference(const struct pair *p, unsigned n)
{
    const struct system *a = p->side[0].is.system, *b = p->side[1].is.system;
    const struct drive *x = board_drive(a->board, n), *y = board_drive(b->board, n);

    if (!x || !y)
        return x == y ? UINT64_MAX : 0;
    return drive_difference(x, y);
}

/* Disks change only by what a driver tells their device. */
static bool disks_equal(struct pair *p)
{
    if (p->disks_at == p->side[0].tap.accesses.count)
        return true;
    p->disks_at = p->side[0].tap.accesses.count;
    for (unsigned n = 0; n < BOARD_DRIVES; n++)
        if (disk_difference(p, n) != UINT64_MAX)
            return false;
    return true;
}

/* --- All of it */

bool pair_equal(struct pair *p, enum depth depth, bool *full)
{
    bool equal = harts_equal(p) && outside_equal(p) && memory_pair_look(p->memory);

    *full = changed_control(p) || depth >= LOOK_FULL;
    if (*full) {
        p->unexamined = 0;
        p->comparisons++;
        equal = equal && controls_equal(p) && disks_equal(p);
    }
    return equal && (depth < LOOK_DEEP || (all_have_equal(p) && memory_pair_look_at_all(p->memory)));
}

/* --- The differences, one by one */

static struct lockstep_difference *add(struct lockstep_report *r, enum lockstep_kind kind, uint64_t bare, uint64_t virtual)
{
    static const unsigned last = LOCKSTEP_DIFFERENCES - 1;
    struct lockstep_difference *d = &r->difference[r->differences < last ? r->differences : last];

    r->differences++;
    *d = (struct lockstep_difference){.kind = kind, .value = {bare, virtual}};
    return d;
}

/* One hart's; that of the only one goes without saying. */
static void add_register(const struct pair *p, unsigned n, const char *name, uint64_t bare, uint64_t virtual,
                         struct lockstep_report *r)
{
    struct lockstep_difference *d = add(r, DIFFERS_REGISTER, bare, virtual);

    d->hart = n;
    if (p->harts == 1)
        snprintf(d->name, sizeof d->name, "%s", name);
    else
        snprintf(d->name, sizeof d->name, "hart %u: %s", n, name);
}

static void list_fields(const struct pair *p, unsigned n, reg_t reg, uint64_t bare, uint64_t virtual, struct lockstep_report *r)
{
    const struct isa *isa = p->isa;

    for (unsigned i = 0; i < isa->field_count; i++) {
        const struct reg_field *f = &isa->fields[i];
        uint64_t a = bits_get(bare, f->low, f->width), b = bits_get(virtual, f->low, f->width);
        if (f->reg == reg && a != b)
            add_register(p, n, f->name, a, b, r);
    }
}

static void list_register(const struct pair *p, unsigned n, const char *name, reg_t reg, struct lockstep_report *r)
{
    uint64_t bare = machine_get(p->side[0].hart[n], reg), virtual = machine_get(p->side[1].hart[n], reg);

    if (bare == virtual)
        return;
    add_register(p, n, name, bare, virtual, r);
    list_fields(p, n, reg, bare, virtual, r);
}

static void list_memory(struct pair *p, struct lockstep_report *r)
{
    struct memory_difference m[LOCKSTEP_DIFFERENCES];
    uint64_t count = memory_pair_differences(p->memory, m, LOCKSTEP_DIFFERENCES);

    for (uint64_t i = 0; i < count && i < LOCKSTEP_DIFFERENCES; i++)
        snprintf(add(r, DIFFERS_MEMORY, m[i].value[0], m[i].value[1])->name, sizeof r->difference->name, "memory at 0x%" PRIx64,
                 p->side[0].is.ram_base + m[i].offset);
    if (count > LOCKSTEP_DIFFERENCES)
        r->differences += (unsigned)(count - LOCKSTEP_DIFFERENCES < 1000000 ? count - LOCKSTEP_DIFFERENCES : 1000000);
}

static void list_count(const char *name, uint64_t bare, uint64_t virtual, struct lockstep_report *r)
{
    if (bare != virtual)
        snprintf(add(r, DIFFERS_COUNT, bare, virtual)->name, sizeof r->difference->name, "%s", name);
}

static void list_stream(const char *name, const struct stream *a, const struct stream *b, struct lockstep_report *r)
{
    char text[40];

    snprintf(text, sizeof text, a->count == b->count ? "%s, digest" : "%s", name);
    list_count(text, a->count == b->count ? a->digest : a->count, a->count == b->count ? b->digest : b->count, r);
}

/* The clock is a register. */
static void list_moment(const struct pair *p, struct lockstep_report *r)
{
    const struct system_moment a = system_now(p->side[0].is.system), b = system_now(p->side[1].is.system);

    list_count("resets of the board", a.resets, b.resets, r);
    list_count("round of turns, began at", a.round, b.round, r);
    list_count("hart whose turn it is", a.hart, b.hart, r);
}

static void list_outside(const struct pair *p, struct lockstep_report *r)
{
    const struct pair_side *a = &p->side[0], *b = &p->side[1];
    const struct system_result *x = pair_result(p, 0), *y = pair_result(p, 1);

    if (!ends_equal(p))
        snprintf(add(r, DIFFERS_END, x ? x->end : END_RUNNING, y ? y->end : END_RUNNING)->name, sizeof r->difference->name, "end");
    list_count("instructions retired", pair_retired(p, 0), pair_retired(p, 1), r);
    list_moment(p, r);
    list_count("traps delivered", delivered(a), delivered(b), r);
    list_count("firmware calls", firmware(a), firmware(b), r);
    list_stream("console output", &a->tap.output, &b->tap.output, r);
    list_stream("console input", &a->tap.input, &b->tap.input, r);
    list_stream("registers at traps", &a->trapped, &b->trapped, r);
    list_stream("device accesses", &a->tap.accesses, &b->tap.accesses, r);
    for (unsigned n = 0; n < BOARD_DRIVES; n++) {
        uint64_t at = disk_difference(p, n);
        if (at != UINT64_MAX)
            snprintf(add(r, DIFFERS_COUNT, at, at)->name, sizeof r->difference->name, "contents of drive %u, at byte", n);
    }
}

void pair_differences(struct pair *p, struct lockstep_report *r)
{
    r->differences = 0;
    for (unsigned n = 0; n < p->harts; n++) {
        for (unsigned i = 0; i < p->isa->reg_count; i++)
            list_register(p, n, p->isa->regs[i].name, p->isa->regs[i].reg, r);
        list_register(p, n, "clock", MACHINE_CLOCK, r);
    }
    list_memory(p, r);
    list_outside(p, r);
}
