/* plain.c - see plain.h. */
#include "core/plain.h"

#include "isa/insn.h"

#include <stdio.h>

enum { LOOP_DELIVERIES = 8 }; /* no machine is still on its way to a handler after so many traps in a row */

static bool console_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}

static bool console_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    const struct plain *p = opaque;
    const uint8_t byte = (uint8_t)value;

    if (offset || size != 1)
        return false;
    p->console.write(p->console.opaque, &byte, 1);
    return true;
}

int plain_init(struct plain *p, struct machine *machine, pa_t console, struct chardev out)
{
    static const struct phys_io io = {.read = console_read, .write = console_write};

    *p = (struct plain){.machine = machine, .console = out};
    return phys_add_io(machine->phys, "console", console, 1, &io, p);
}

void plain_finish(struct plain *p, pa_t console) { phys_remove(p->machine->phys, console); }

static void end(struct plain *p, enum system_end how, const char *why)
{
    p->ended = true;
    p->result = (struct system_result){.end = how};
    snprintf(p->result.why, sizeof p->result.why, "%s", why);
}

static void deliver(struct plain *p, const struct trap *t)
{
    va_t pc = machine_get(p->machine, MACHINE_PC);
    if (p->loop_retired != p->retired) {
        p->loop_retired = p->retired;
        p->loop_count = 0;
    }
    if (++p->loop_count > LOOP_DELIVERIES) {
        char why[sizeof p->result.why];
        snprintf(why, sizeof why,
                 "the guest is in a trap loop at pc 0x%llx: each trap leads to the next, and no instruction completes",
                 (unsigned long long)machine_get(p->machine, MACHINE_PC));
        end(p, END_STUCK, why);
        return;
    }
    p->machine->isa->deliver(p->machine, t);
    p->traps_delivered++;
    if (p->watch.trap && p->watch.trap(p->watch.opaque, t, pc))
        p->paused = true;
}

struct system_result plain_run(struct plain *p, uint64_t limit)
{
    uint64_t to = limit > UINT64_MAX - p->retired ? UINT64_MAX : p->retired + limit;

    while (!p->ended && p->retired < to) {
        if (p->paused) {
            p->paused = false;
            return (struct system_result){.end = END_PAUSED};
        }
        struct trap t = machine_run(p->machine, to - p->retired, &p->retired);
        switch (t.kind) {
        case TRAP_NONE:
        case TRAP_BUDGET:
        case TRAP_YIELD: break;
        case TRAP_TRIGGER: return (struct system_result){.end = END_TRIGGER, .trap = t};
        case TRAP_WAIT: end(p, END_POWEROFF, ""); break;
        case TRAP_STOP: end(p, END_STOPPED, machine_stopped(p->machine)); break;
        case TRAP_EXCEPTION:
        case TRAP_INTERRUPT: deliver(p, &t); break;
        }
    }
    return p->ended ? p->result : (struct system_result){.end = END_RUNNING};
}
